"""Sorry: three answers of a page, or two of the hosted API, and words that are worse than they sound."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, body, page, read

SORRY = BY_KIND["sorryapp"]
STATUS, COMPONENTS, NOTICES, HOSTED = (
    page(f"sorryapp/{name}.json") for name in ("status", "components", "notices", "hosted")
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def state(said: object) -> object:
    return {"page": {"name": "P", "state": said, "url": "https://p.example"}}


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("operational", Level.OPERATIONAL),
        ("under_maintenance", Level.MAINTENANCE),
        ("partially-degraded", Level.DEGRADED),
        ("degraded", Level.MAJOR_OUTAGE),
        ("asleep", None),
    ],
)
def test_states(said: str, level: Level | None) -> None:
    assert read(body(state(said)), "sorryapp").level == level


def test_components_stand_below_their_parents() -> None:
    snapshot = SORRY.parse(ACME, (STATUS, COMPONENTS, NOTICES), NOW)
    assert [(c.id, c.label, c.level) for c in snapshot.components] == [
        ("1", "Letters", Level.DEGRADED),
        ("2", "Letters / Sorting & stamps", Level.MAJOR_OUTAGE),
        ("3", "Parcels", Level.OPERATIONAL),
        ("4", "Telegraph", None),
    ]
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "Some services are degraded")
    assert [(c.id, c.level) for c in read(HOSTED, "sorryapp").components] == [
        ("2", Level.DEGRADED),
        ("1", Level.OPERATIONAL),
    ]


def test_notices() -> None:
    still, stamps, smoke = read(NOTICES, "sorryapp").incidents
    assert (still.phase, still.level, still.components) == (Phase.MONITORING, Level.MAJOR_OUTAGE, ("2",))
    assert [(u.id, u.text) for u in still.updates] == [
        ("9001", "We look at the belt."),
        ("9002", "The belt runs & hums."),
    ]
    assert (stamps.kind, stamps.phase, stamps.impact) == (
        IncidentKind.MAINTENANCE,
        Phase.SCHEDULED,
        Impact.MAINTENANCE,
    )
    assert (stamps.started, stamps.planned_end) == (utc("2026-07-11T08:00"), utc("2026-07-11T09:00"))
    # A false alarm is over, and says that it was one.
    assert (smoke.title, smoke.phase, smoke.resolved) == (
        "False alarm: Smoke",
        Phase.RESOLVED,
        utc("2026-06-01T10:20"),
    )


def test_a_quiet_page_has_no_notices() -> None:
    quiet = body({"notices": [], "meta": {"count": 0}})
    assert SORRY.recognises(quiet)
    assert SORRY.parse(ACME, (body(state("operational")), quiet), NOW).incidents == ()
    assert SORRY.parse_history(ACME, (quiet,)).incidents == ()


def test_an_unknown_state_is_not_green() -> None:
    row = {
        "id": 1,
        "type": "unplanned",
        "state": "asleep",
        "timeline_state": "present",
        "began_at": "2026-06-03T10:00Z",
    }
    found = read(body({"notices": [row], "meta": {}}), "sorryapp")
    assert (found.level, found.incidents[0].phase) == (None, None)


@pytest.mark.parametrize(
    "value",
    [
        {"page": {"state": "operational"}, "status": {"indicator": "none"}},
        {"components": []},
        {"components": [{"state": "operational", "parent_id": None, "name": "no id"}]},
        {"notices": [{"id": 1, "state": "investigating", "timeline_state": "present"}]},
        {"notices": {}, "meta": {}, "page": {"state": "operational"}},
    ],
)
def test_what_cannot_be_read_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "sorryapp")


def test_what_is_asked_for() -> None:
    root = "https://status.post.example"
    asked = tuple(f"{root}/api/v1/{each}" for each in ("status", "components", "notices"))
    assert SORRY.state_urls(root) == SORRY.state_urls(f"{root}/api/v1/status") == asked
    assert SORRY.history_urls(root) == asked[-1:]
    hosted = "https://api.sorryapp.com/v1/pages/12ab34cd"
    assert SORRY.state_urls(hosted) == (f"{hosted}/components", f"{hosted}/notices?include=updates,components")
