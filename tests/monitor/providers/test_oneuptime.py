"""OneUptime: one overview, with wrapped times and ids."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import Row, page, read

ONE = BY_KIND["oneuptime"]


def at(hour: int, minute: int = 0, day: int = 30, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def told(**changes: object) -> Row:
    return {"overallStatus": {"name": "Operational"}, "monitorStatuses": [], "statusPageResources": []} | changes


def test_parts_have_the_state_of_what_they_show() -> None:
    snapshot = read(page("oneuptime/overview.json"), "oneuptime")
    assert [(c.id, c.label, c.level, c.raw_status) for c in snapshot.components] == [
        ("r1", "Port / Crane", Level.MAJOR_OUTAGE, None),
        ("r2", "Port / Gate", Level.OPERATIONAL, None),
        ("r3", "Lamps", Level.DEGRADED, None),
        ("r4", "Buoy", None, "Rusty"),
    ]
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "Offline")


def test_an_incident_with_its_notes_and_stages() -> None:
    crane = read(page("oneuptime/overview.json"), "oneuptime").incidents[0]
    assert (crane.id, crane.title, crane.phase, crane.impact) == (
        "i1",
        "Crane stuck",
        Phase.IDENTIFIED,
        Impact.CRITICAL,
    )
    assert (crane.started, crane.level, crane.components) == (at(9), Level.MAJOR_OUTAGE, ("r1",))
    assert [(u.at, u.phase, u.text) for u in crane.updates] == [
        (at(9), Phase.INVESTIGATING, "It **hangs**."),
        (at(9, 20), Phase.IDENTIFIED, ""),
        (at(9, 40), None, "A bolt."),
    ]


def test_a_maintenance_by_the_flag_of_its_state() -> None:
    ropes = read(page("oneuptime/overview.json"), "oneuptime").incidents[1]
    assert (ropes.kind, ropes.phase, ropes.components) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED, ("r2",))
    assert (ropes.started, ropes.planned_end) == (at(2, day=3, month=7), at(4, day=3, month=7))


def test_what_ended_is_named_in_the_timeline() -> None:
    gate = read(page("oneuptime/overview.json"), "oneuptime").incidents[2]
    assert (gate.id, gate.phase, gate.started) == ("i0", Phase.RESOLVED, at(9, day=20))
    assert (gate.impact, gate.raw_impact) == (None, "Drizzle")


def test_all_is_well() -> None:
    snapshot = read(page("oneuptime/quiet.json"), "oneuptime")
    assert (snapshot.level, len(snapshot.components), snapshot.incidents) == (Level.OPERATIONAL, 1, ())


def test_states_may_have_any_name() -> None:
    assert read(told(overallStatus={"name": "Rusty"}), "oneuptime").level is None
    assert read(told(overallStatus=None), "oneuptime").level is None
    state = {"name": "Broken", "isResolvedState": True}
    raw = {"_id": "i", "createdAt": "2026-06-30T09:00:00Z", "currentIncidentState": state}
    assert [i.phase for i in read(told(activeIncidents=[raw]), "oneuptime").incidents] == [Phase.RESOLVED]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"statusPageResources": []}, "not in OneUptime's format"),
        (told(statusPageResources=[{}]), "no id"),
        (told(activeIncidents=[{"_id": "i"}]), "no time"),
        (told(scheduledMaintenanceEvents=[{"_id": "i"}]), "no time"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "oneuptime")


def test_what_is_asked_for() -> None:
    id_ = "9a1c1f0e-0000-4000-8000-000000000000"
    asked = {
        "https://status.acme.example/incidents": "https://status.acme.example/status-page-api/overview/status.acme.example",
        f"https://oneuptime.com/status-page/{id_}": f"https://oneuptime.com/status-page-api/overview/{id_}",
    }
    for url, overview in asked.items():
        assert ONE.state_urls(url) == (overview,)
        assert ONE.state_urls(overview) == (overview,)
