"""Infomaniak: events in several languages, no severity."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import Row, body, page, read
from tests.shelf import needs_pages, recorded

INFOMANIAK = BY_KIND["infomaniak"]


def test_nothing_listed_is_green() -> None:
    assert read(body({"result": "success", "data": []}), "infomaniak").level is Level.OPERATIONAL


def test_an_event_in_english_with_its_comments() -> None:
    snapshot = read(page("infomaniak/events.json"), "infomaniak")
    assert snapshot.level is Level.DEGRADED
    slow = snapshot.incidents[0]
    assert (slow.id, slow.title, slow.phase, slow.impact, slow.level) == (
        "901",
        "Slow mail",
        Phase.INVESTIGATING,
        None,
        Level.DEGRADED,
    )
    assert (slow.url, slow.components) == ("https://infomaniakstatus.com/abc", ("23", "19"))
    assert [(u.id, u.at.hour, u.text) for u in slow.updates] == [
        ("901:20260601T100000Z.01", 10, "Mail is slow.\n\nSorry."),
        ("901:20260601T110000Z.01", 11, "It gets better."),
    ]
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("23", "email_hosting", Level.DEGRADED),
        ("19", "webmail", Level.DEGRADED),
        ("10", "housing", Level.OPERATIONAL),
    ]


def test_planned_work() -> None:
    done, planned = read(page("infomaniak/events.json"), "infomaniak").incidents[1:]
    assert (done.kind, done.phase, done.impact) == (IncidentKind.MAINTENANCE, Phase.COMPLETED, Impact.MAINTENANCE)
    assert (done.title, done.updates[0].text) == ("Groupe électrogène", "Essai de routine.")
    assert (done.resolved, done.url) == (datetime(2026, 5, 31, 11, tzinfo=UTC), "https://infomaniakstatus.com/xyz")
    assert (planned.phase, planned.resolved, planned.planned_end) == (
        Phase.SCHEDULED,
        None,
        datetime(2026, 7, 25, 18, 20, tzinfo=UTC),
    )


def test_what_is_critical_is_an_outage_and_its_comments_have_the_time_in_switzerland() -> None:
    row = json.loads(page("infomaniak/events.json").content)
    said = [
        {"body": "Repaired.", "started_at": local} for local in ("2026-06-01 12:40:00", "2026-06-01 11:30:00+00:00")
    ]
    event = row["data"][0] | {"type": "critical", "status": "terminated", "ended_at": 1780314000, "comments": said}
    row["data"] = [event | {"id": 902, "status": "inprogress", "ended_at": None}, event]
    snapshot = read(body(row), "infomaniak")
    running, ended = snapshot.incidents
    assert (snapshot.level, snapshot.components[0].level) == (Level.MAJOR_OUTAGE, Level.MAJOR_OUTAGE)
    assert (running.kind, running.impact, running.phase) == (
        IncidentKind.INCIDENT,
        Impact.CRITICAL,
        Phase.INVESTIGATING,
    )
    assert (ended.kind, ended.phase, ended.resolved) == (
        IncidentKind.INCIDENT,
        Phase.RESOLVED,
        datetime(2026, 6, 1, 11, 40, tzinfo=UTC),
    )
    assert [(u.at.hour, u.at.minute) for u in ended.updates] == [(10, 0), (10, 40), (11, 30)]


def test_a_type_that_is_new_is_no_maintenance_and_not_green() -> None:
    row = json.loads(page("infomaniak/events.json").content)
    row["data"] = [row["data"][0] | {"type": "wobbling"}]
    snapshot = read(body(row), "infomaniak")
    assert (snapshot.level, snapshot.incidents[0].kind) == (None, IncidentKind.INCIDENT)


def test_what_is_known_by_its_shape() -> None:
    assert INFOMANIAK.recognises(page("infomaniak/events.json"))
    assert not INFOMANIAK.recognises(body({"result": "success", "data": [{"id": 1}]}))
    assert not INFOMANIAK.recognises(body({"result": "success", "data": []}))


def test_an_unknown_status_is_not_green() -> None:
    row = json.loads(page("infomaniak/events.json").content)
    row["data"] = [row["data"][0] | {"status": "wobbly"}]
    snapshot = read(body(row), "infomaniak")
    assert (snapshot.level, snapshot.incidents[0].phase, snapshot.components[0].level) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"result": "error", "error": {"code": "not_authorized"}}, "token"),
        ({"result": "success"}, "format"),
        ({"data": []}, "format"),
        ({"result": "success", "data": [{"id": 1, "status": "inprogress"}]}, "time"),
        ([], "object"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(body(value), "infomaniak")


def test_what_is_asked_for() -> None:
    assert INFOMANIAK.state_urls("https://infomaniakstatus.com/en") == ("https://api.infomaniak.com/2/events",)
    assert INFOMANIAK.state_urls("https://status.acme.example/") == ("https://status.acme.example/",)


@needs_pages
@pytest.mark.parametrize(
    "path", recorded("infomaniak/*.json", "examples/infomaniak/*.json"), ids=lambda path: path.name
)
def test_recorded_events(path: Path) -> None:
    told = json.loads(path.read_bytes())["data"]
    snapshot = read(Body(str(path), path.read_bytes()), "infomaniak")
    going_on = [each for each in told if each["status"] == "inprogress"]
    hit = {s["name"] for each in going_on for s in each["services"]}
    every = {s["name"] for each in told for s in each["services"]}
    assert {c.name for c in snapshot.components} == every
    assert {c.name for c in snapshot.components if c.level is not Level.OPERATIONAL} == hit
    levels = {"impacting": Level.DEGRADED, "critical": Level.MAJOR_OUTAGE}
    assert snapshot.level is max([Level.OPERATIONAL, *(levels[each["type"]] for each in going_on)])
    for each, incident in zip(told, snapshot.incidents, strict=True):
        english = next(t for t in each["description"]["translations"] if t["language"] == "en")
        assert (incident.id, incident.title) == (str(each["id"]), english["title"])
        assert incident.started.timestamp() == each["started_at"]
        assert (incident.resolved and incident.resolved.timestamp()) == each["ended_at"]
        assert incident.is_open is (each["status"] == "inprogress")
        assert (incident.kind is IncidentKind.INCIDENT) is (each["type"] in levels)
        assert incident.url is not None
        assert incident.url.endswith(each["url"])
        comments = each["comments"] if isinstance(each["comments"], list) else []
        texts: list[Row] = [english, *(next(t for t in c["translation"] if t["language"] == "en") for c in comments)]
        assert [u.text.split() for u in incident.updates] == [str(text["body"]).split() for text in texts]
        times = [each["started_at"], *(comment["started_at"] for comment in comments)]
        for update, time in zip(incident.updates, times, strict=True):
            # What is no number is the time in Switzerland.
            assert time in (
                update.at.timestamp(),
                f"{update.at.astimezone(ZoneInfo('Europe/Zurich')):%Y-%m-%d %H:%M:%S}",
            )
