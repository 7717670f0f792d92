"""Adobe: events with a history for each product in them, texts beside them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import Row, page, read

ADOBE = BY_KIND["adobe"]
NINE = 1782810000
"""2026-06-30 09:00."""


def event(status: str, **changes: object) -> Row:
    product = {"id": "p1", "name": "Easel", "startedOn": NINE, "history": {str(NINE): {"status": status}}}
    whole = {"id": "i1", "products": {"p1": product}} | changes
    return {
        "incidentEvent": {"incidents": {"i1": whole}, "messages": {}},
        "maintenanceEvent": {"maintenance": {}, "messages": {}},
    }


def at(hour: int, minute: int = 0, day: int = 30) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


def test_an_event_is_as_open_as_the_products_in_it() -> None:
    snapshot = read(page("adobe/events.json"), "adobe")
    easel = snapshot.incidents[0]
    assert (easel.id, easel.kind, easel.title, easel.phase) == (
        "i1",
        IncidentKind.INCIDENT,
        "Easel is slow",
        Phase.INVESTIGATING,
    )
    assert (easel.impact, easel.level, easel.started, easel.resolved) == (
        Impact.MAJOR,
        Level.PARTIAL_OUTAGE,
        at(9),
        None,
    )
    assert easel.components == ("p1", "p2")
    assert [(u.at, u.phase, u.text) for u in easel.updates] == [
        (at(9, 1), Phase.INVESTIGATING, "We look since 2026-06-30 09:00 UTC."),
        (at(9, 20), Phase.RESOLVED, "Brushes work."),
        (at(9, 30), None, "It is worse."),
    ]


def test_an_event_is_over_with_the_last_of_its_products() -> None:
    frames = read(page("adobe/events.json"), "adobe").incidents[1]
    assert (frames.phase, frames.started, frames.resolved) == (Phase.RESOLVED, at(9, day=29), at(10, day=29))
    assert [(u.phase, u.text) for u in frames.updates] == [
        (Phase.INVESTIGATING, "Some fell."),
        (Phase.RESOLVED, "They hang."),
    ]


def test_products_stand_in_their_clouds_with_the_level_of_what_is_open() -> None:
    snapshot = read(page("adobe/events.json"), "adobe")
    assert [(c.id, c.label, c.level, c.raw_status) for c in snapshot.components] == [
        ("p1", "Paint Cloud / Easel", Level.PARTIAL_OUTAGE, None),
        ("p2", "Paint Cloud / Brush", Level.PARTIAL_OUTAGE, None),
        ("p3", "Frame", Level.OPERATIONAL, None),
        ("p4", "Glue", None, "Gigantic"),
    ]
    assert snapshot.level is Level.PARTIAL_OUTAGE


def test_maintenances_have_a_plan() -> None:
    wood, hair = read(page("adobe/events.json"), "adobe").incidents[3:]
    assert (wood.kind, wood.phase, wood.title) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED, "New wood")
    assert (wood.started, wood.planned_end) == (
        datetime(2026, 7, 2, 9, tzinfo=UTC),
        datetime(2026, 7, 2, 11, tzinfo=UTC),
    )
    assert [u.text for u in wood.updates] == ["From 2026-07-02 09:00 UTC to 2026-07-02 11:00 UTC."]
    assert (hair.phase, hair.started, hair.planned_end, hair.resolved) == (
        Phase.COMPLETED,
        at(7),
        at(8),
        datetime(2026, 6, 30, 8, 1, 40, tzinfo=UTC),
    )


def test_no_events_are_all_well() -> None:
    snapshot = read(page("adobe/quiet.json"), "adobe")
    assert (snapshot.level, snapshot.components, snapshot.incidents) == (Level.OPERATIONAL, (), ())


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("Opened", Phase.INVESTIGATING),
        ("Updated", Phase.INVESTIGATING),
        ("Reopened", Phase.INVESTIGATING),
        ("Dismissed", Phase.RESOLVED),
        ("Pondering", None),
    ],
)
def test_phases(status: str, phase: Phase | None) -> None:
    (incident,) = read(event(status), "adobe").incidents
    assert (incident.phase, incident.raw_phase) == (phase, None if phase else status)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"incidentEvent": {"incidents": {}}}, "not in the format"),
        (event("Opened", id=""), "no id"),
        (event("Opened", products={}), "no time"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "adobe")


def test_what_is_asked_for() -> None:
    (url,) = ADOBE.state_urls("https://status.adobe.com/cloud/creative_cloud")
    assert url == "https://data.status.adobe.com/adobestatus/StatusEvents"
