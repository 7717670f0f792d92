"""Pulsetic: one answer with monitors, incidents and maintenances."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import IncidentKind, Level, Phase
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import Row, page, read

PULSETIC = BY_KIND["pulsetic"]
API = "https://api.pulsetic.com/public/status/"


def whole(**changes: object) -> Row:
    return {"data": {"monitors": [{"id": 1, "name": "X", "status": "online"}], "incidents": []} | changes}


@pytest.mark.parametrize(
    ("page_url", "asked"),
    [
        ("https://status.acme.example", "status.acme.example"),
        ("https://status.acme.example/incidents/7", "status.acme.example"),
        ("https://app.pulsetic.com/status/hA7bour1", "hA7bour1"),
        (f"{API}hA7bour1", "hA7bour1"),
        ("https://app.pulsetic.com/status/a%2Fb", "a%2Fb"),
    ],
)
def test_a_page_is_asked_for_by_its_host_or_its_slug(page_url: str, asked: str) -> None:
    assert PULSETIC.state_urls(page_url) == (API + asked,)
    assert PULSETIC.posts == ((API, b'{"password":null}'),)


def test_a_quiet_page() -> None:
    snapshot = read(page("pulsetic/quiet.json"), "pulsetic")
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("41", "Crane", Level.OPERATIONAL),
        ("42", "Gate", Level.OPERATIONAL),
    ]
    assert (snapshot.level, snapshot.incidents, snapshot.complete_since) == (Level.OPERATIONAL, (), None)


def test_monitors_in_trouble() -> None:
    snapshot = read(page("pulsetic/trouble.json"), "pulsetic")
    assert [(c.id, c.level, c.raw_status) for c in snapshot.components] == [
        ("41", Level.MAJOR_OUTAGE, None),
        ("42", Level.DEGRADED, None),
        ("44", None, "flickers"),
    ]
    assert snapshot.level is Level.MAJOR_OUTAGE


def test_incidents_and_maintenances() -> None:
    crane, gate, fog, ropes, paint = read(page("pulsetic/trouble.json"), "pulsetic").incidents
    assert (crane.id, crane.title, crane.kind, crane.phase) == (
        "7",
        "Crane stuck",
        IncidentKind.INCIDENT,
        Phase.IDENTIFIED,
    )
    assert (crane.started, crane.resolved, crane.components) == (datetime(2026, 6, 30, 9, tzinfo=UTC), None, ("41",))
    assert [(u.id, u.phase, u.text) for u in crane.updates] == [
        ("71", Phase.INVESTIGATING, "We pull."),
        ("72", Phase.IDENTIFIED, "A bolt."),
    ]
    assert (gate.title, gate.phase, gate.resolved) == (
        "Gate slow",
        Phase.RESOLVED,
        datetime(2026, 6, 29, 8, 45, tzinfo=UTC),
    )
    assert (fog.phase, fog.started, fog.resolved) == (Phase.RESOLVED, *2 * (datetime(2026, 6, 28, 7, tzinfo=UTC),))
    assert (ropes.id, ropes.kind, ropes.phase, ropes.level) == (
        "maintenance-7",
        IncidentKind.MAINTENANCE,
        Phase.IN_PROGRESS,
        Level.MAINTENANCE,
    )
    assert (ropes.started, ropes.planned_end, ropes.components) == (
        datetime(2026, 7, 1, 11, tzinfo=UTC),
        datetime(2026, 7, 1, 13, tzinfo=UTC),
        ("42",),
    )
    assert [u.text for u in ropes.updates] == ["The gate stays shut."]
    assert (paint.phase, paint.updates) == (Phase.SCHEDULED, ())


@pytest.mark.parametrize(
    ("fields", "phase", "raw"),
    [
        ({"status": "Pondering"}, None, "Pondering"),
        ({}, None, None),
        ({"resolved_at": "2026-06-30T10:00:00Z"}, Phase.RESOLVED, None),
        ({"status": "monitoring", "resolved_at": None}, Phase.MONITORING, None),
    ],
)
def test_where_an_incident_stands(fields: Row, phase: Phase | None, raw: str | None) -> None:
    entry = {"id": 1, "title": "X", "started_at": "2026-06-30T09:00:00Z"} | fields
    (incident,) = read(whole(incidents=[entry]), "pulsetic").incidents
    assert (incident.phase, incident.raw_phase) == (phase, raw)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"data": {"private": True}}, "not in Pulsetic's format: it may have moved, or want a password"),
        (whole(monitors=[{"name": "X"}]), "no id"),
        (whole(incidents=[{"id": 1, "title": "X"}]), "Of an incident of the page"),
        (whole(upcoming_maintenances=[{"id": 1}]), "Of a maintenance of the page"),
        (whole(live_maintenances={}), "not a list"),
    ],
)
def test_what_cannot_be_read_is_said(value: Row, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "pulsetic")


def test_one_that_is_listed_twice_counts_once() -> None:
    entry = {"id": 1, "title": "X", "status": "monitoring", "started_at": "2026-06-30T09:00:00Z"}
    (incident,) = read(whole(incidents=[entry, entry | {"title": "Y"}]), "pulsetic").incidents
    assert incident.title == "X"


def test_one_that_is_over_and_has_no_time_is_left_out() -> None:
    assert read(whole(incidents=[{"id": 1, "status": "resolved"}]), "pulsetic").incidents == ()
