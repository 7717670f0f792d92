"""Heroku: colours of systems, incidents, and scheduled rows that go stale."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import IncidentKind, Level, Phase
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, Row, body, page, read
from tests.shelf import needs_pages, recorded

HEROKU = BY_KIND["heroku"]
COLOURS = {
    "green": Level.OPERATIONAL,
    "blue": Level.MAINTENANCE,
    "yellow": Level.DEGRADED,
    "red": Level.MAJOR_OUTAGE,
}


def test_quiet() -> None:
    snapshot = read(page("heroku/quiet.json"), "heroku")
    assert snapshot.level is Level.OPERATIONAL
    assert [(c.id, c.level) for c in snapshot.components] == [
        ("Apps", Level.OPERATIONAL),
        ("Data", Level.OPERATIONAL),
        ("Tools", Level.OPERATIONAL),
    ]


def test_incidents() -> None:
    snapshot = read(page("heroku/current.json"), "heroku")
    assert snapshot.level is Level.MAJOR_OUTAGE
    assert [c.level for c in snapshot.components] == [Level.MAJOR_OUTAGE, Level.MAINTENANCE, Level.OPERATIONAL]
    routing, builds = snapshot.incidents[:2]
    assert (routing.id, routing.phase, routing.level) == ("3001", Phase.INVESTIGATING, Level.MAJOR_OUTAGE)
    assert routing.started == datetime(2026, 6, 1, 10, 0, 0, 100_000, tzinfo=UTC)
    assert [(u.id, u.text) for u in routing.updates] == [("9002", "We look into it."), ("9003", "Routers\nrestart.")]
    # "resolved" is false here; the state is what counts.
    assert (builds.phase, builds.level) == (Phase.RESOLVED, Level.DEGRADED)
    assert builds.resolved == datetime(2026, 5, 31, 12, tzinfo=UTC)
    assert [u.phase for u in builds.updates] == [Phase.INVESTIGATING, Phase.RESOLVED]


def test_maintenances() -> None:
    stale, under_way, planned = read(page("heroku/current.json"), "heroku").incidents[2:]
    assert {i.kind for i in (stale, under_way, planned)} == {IncidentKind.MAINTENANCE}
    assert (stale.phase, stale.resolved) == (Phase.COMPLETED, datetime(2026, 3, 2, 10, tzinfo=UTC))
    assert stale.components == ("Data",)
    assert [u.id for u in stale.updates] == ["2900:20260301T100000Z.01", "2900:20260302T100000Z.01"]
    assert (under_way.phase, [u.phase for u in under_way.updates]) == (
        Phase.IN_PROGRESS,
        [Phase.SCHEDULED, Phase.IN_PROGRESS],
    )
    assert (planned.phase, planned.updates) == (Phase.SCHEDULED, ())


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("The maintenance has been completed.", Phase.COMPLETED),
        ("Maintenance is now complete", Phase.COMPLETED),
        ("The update will take an hour, until it is complete.", Phase.SCHEDULED),
        ("Maintenance is planned.", Phase.SCHEDULED),
    ],
)
def test_words_tell_the_end_of_a_stale_row(text: str, phase: Phase) -> None:
    whole = json.loads(page("heroku/current.json").content)
    row = whole["scheduled"][0] | {"updates": [whole["scheduled"][0]["updates"][0] | {"contents": text}]}
    assert read(body(whole | {"scheduled": [row], "incidents": []}), "heroku").incidents[0].phase is phase


def test_older_rows() -> None:
    """Without a state, with ``resolved``; and updates of one time keep their order."""
    at = "2020-01-01T10:00:00Z"
    updates = [{"contents": text, "update_type": "issue", "created_at": at} for text in ("second", "first")]
    old = {"id": 1, "created_at": at, "updates": updates}
    whole: Row = {"status": [{"system": "Apps", "status": "green"}], "incidents": [old | {"resolved": True}]}
    (incident,) = read(body(whole), "heroku").incidents
    assert (incident.phase, incident.resolved) == (Phase.RESOLVED, incident.started)
    assert [u.text for u in incident.updates] == ["first", "second"]
    assert read(body(whole | {"incidents": [old]}), "heroku").incidents[0].phase is Phase.INVESTIGATING


def test_a_maintenance_starts_when_it_is_under_way_not_when_it_is_written_down() -> None:
    updates = [
        {"contents": word, "update_type": word, "created_at": at}
        for word, at in (("maintenance", "2026-06-09T19:01:00Z"), ("scheduled", "2026-06-01T10:00:00Z"))
    ]
    ahead = {"id": 1, "created_at": "2026-06-01T10:00:00Z", "updates": updates[1:]}
    green = [{"system": "Apps", "status": "green"}]
    listed = {"status": green, "incidents": [], "scheduled": [ahead, ahead | {"id": 2, "updates": updates}]}
    announced, begun = read(body(listed), "heroku").incidents
    assert (announced.phase, announced.started) == (Phase.SCHEDULED, datetime(2026, 6, 1, 10, tzinfo=UTC))
    assert (begun.phase, begun.started) == (Phase.IN_PROGRESS, datetime(2026, 6, 9, 19, 1, tzinfo=UTC))


def test_an_unknown_colour_and_state_are_unknown() -> None:
    whole: Row = {
        "status": [{"system": "Apps", "status": "mauve"}],
        "incidents": [{"id": 1, "state": "wobbly", "created_at": "2026-06-01T10:00:00Z"}],
    }
    snapshot = read(body(whole), "heroku")
    assert (snapshot.level, snapshot.components[0].level, snapshot.incidents[0].phase) == (None, None, None)


def test_the_history_is_a_list_of_incidents() -> None:
    rows = json.loads(page("heroku/current.json").content)["incidents"]
    history = HEROKU.parse_history(ACME, (body(rows),))
    assert [i.id for i in history.incidents] == ["3001", "3000"]


UNNAMED = {"status": [{"system": "Apps", "status": "green"}, {"system": None, "status": "red"}]}


@pytest.mark.parametrize("value", [{}, [], {"status": []}, {"status": "green"}, {"status": [{"name": "x"}]}, UNNAMED])
def test_what_is_not_herokus_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "heroku")


def test_what_is_asked_for() -> None:
    assert HEROKU.state_urls("https://status.heroku.com/") == ("https://status.heroku.com/api/v4/current-status",)
    assert HEROKU.history_urls("https://status.heroku.com") == ("https://status.heroku.com/api/v4/incidents?limit=50",)
    assert HEROKU.state_urls("https://status.acme.example/") == ("https://status.acme.example/",)


@needs_pages
@pytest.mark.parametrize("path", recorded("heroku/*.json", "examples/heroku/*.json"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    told = json.loads(path.read_bytes())
    snapshot = read(Body(str(path), path.read_bytes()), "heroku")
    expected = {each["system"]: COLOURS[each["status"]] for each in told["status"]}
    assert {c.name: c.level for c in snapshot.components} == expected
    assert snapshot.level is max(expected.values())
    rows = [(each, "incident") for each in told["incidents"]] + [(each, "maintenance") for each in told["scheduled"]]
    for (each, kind), incident in zip(rows, snapshot.incidents, strict=True):
        assert (incident.id, incident.title, incident.kind) == (str(each["id"]), each["title"], kind)
        begun = [u["created_at"] for u in each["updates"] if u["update_type"] == "maintenance"]
        assert incident.started == datetime.fromisoformat(min(begun, default=each["created_at"]))
        assert incident.url == each["full_url"]
        oldest_first = sorted(each["updates"], key=lambda update: update["created_at"])
        assert [(u.at, u.text) for u in incident.updates] == [
            (datetime.fromisoformat(u["created_at"]), u["contents"].replace("\r\n", "\n").strip()) for u in oldest_first
        ]
        done = (
            any("complete" in update["contents"] for update in each["updates"])
            or each.get("state", "resolved") == "resolved"
        )
        assert incident.is_open is not done
