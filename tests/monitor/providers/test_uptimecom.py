"""Uptime.com: the data in the HTML, the same in an envelope, and what ended."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import IncidentKind, Level, Phase
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, Row, body, page, read

UPTIME = BY_KIND["uptimecom"]
HTML = page("uptimecom/page.html")


def at(hour: int, minute: int = 0, day: int = 30) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


def told(**changes: object) -> Row:
    part = {"id": 1, "name": "Crane", "status": "operational"}
    return {"global_is_operational": True, "components": [part], "active_incidents": []} | changes


def test_groups_are_told_by_what_is_in_them() -> None:
    snapshot = read(HTML, "uptimecom")
    assert [(c.id, c.label, c.level, c.raw_status) for c in snapshot.components] == [
        ("2", "Port / Crane", Level.MAJOR_OUTAGE, None),
        ("3", "Port / Gate", Level.OPERATIONAL, None),
        ("4", "Buoy", Level.MAINTENANCE, None),
        ("5", "Lamp", None, "flickers"),
    ]
    assert snapshot.level is Level.MAJOR_OUTAGE


def test_an_incident_with_its_updates() -> None:
    crane = read(HTML, "uptimecom").incidents[0]
    assert (crane.id, crane.kind, crane.title, crane.phase) == (
        "90",
        IncidentKind.INCIDENT,
        "Crane stuck",
        Phase.IDENTIFIED,
    )
    assert (crane.started, crane.level, crane.components) == (at(9), Level.MAJOR_OUTAGE, ("2",))
    assert [(u.id, u.at, u.phase, u.text) for u in crane.updates] == [
        ("901", at(9), Phase.INVESTIGATING, "We pull."),
        ("902", at(9, 40), Phase.IDENTIFIED, "A bolt."),
    ]


def test_maintenances_by_their_window() -> None:
    _, buoy, ropes = read(HTML, "uptimecom").incidents
    assert (buoy.kind, buoy.phase, buoy.planned_end) == (IncidentKind.MAINTENANCE, Phase.IN_PROGRESS, at(20))
    assert (ropes.kind, ropes.phase, ropes.components) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED, ())


def test_the_same_in_an_envelope() -> None:
    snapshot = read(page("uptimecom/ajax.json"), "uptimecom")
    assert (snapshot.level, len(snapshot.components)) == (Level.OPERATIONAL, 1)


def test_a_page_that_says_it_is_not_well_is_not_green() -> None:
    assert read(told(), "uptimecom").level is Level.OPERATIONAL
    assert read(told(global_is_operational=False), "uptimecom").level is Level.DEGRADED


def test_what_ended_is_in_the_history() -> None:
    gate, ropes = UPTIME.parse_history(ACME, (page("uptimecom/history.json"),)).incidents
    assert (gate.id, gate.phase, gate.resolved, gate.level) == ("80", Phase.RESOLVED, at(11, day=20), Level.DEGRADED)
    assert [u.text for u in gate.updates] == ["It creeps.", "It moves."]
    assert (ropes.kind, ropes.phase, ropes.resolved) == (IncidentKind.MAINTENANCE, Phase.COMPLETED, at(4, day=10))


def test_a_word_that_nobody_knows_is_kept() -> None:
    raw = {"id": 1, "name": "X", "starts_at": "2026-06-30T09:00:00Z", "latest_update_incident_state": "pondering"}
    (incident,) = read(told(active_incidents=[raw]), "uptimecom").incidents
    assert (incident.phase, incident.raw_phase) == (None, "pondering")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"<!doctype html><html><body>Hello</body></html>", "holds no data of Uptime.com's"),
        (HTML.content[: HTML.content.index(b"Lamp")], "broken or cut off"),
        ({"data": {"components": []}}, "not in Uptime.com's format"),
        (told(components=[{}]), "no id"),
        (told(active_incidents=[{"id": 1}]), "no time"),
        (b"<html>StatusPageDisplayController, " + b'{"a":' * 100_000, "nested too deeply|broken or cut off"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(body(value), "uptimecom")


def test_what_is_asked_for() -> None:
    for url in (
        "https://status.acme.example",
        "https://status.acme.example/history",
        "https://status.acme.example/ajax",
    ):
        assert UPTIME.state_urls(url) == ("https://status.acme.example/",)
    url = "https://uptime.com/statuspage/acme"
    assert (UPTIME.state_urls(url), UPTIME.history_urls(url)) == ((f"{url}/",), (f"{url}/history",))
