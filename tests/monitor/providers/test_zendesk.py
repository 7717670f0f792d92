"""Zendesk: incidents joined with the services that they are about; no service has a state of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase, Snapshot
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page

ZENDESK = BY_KIND["zendesk"]
INCIDENTS, SERVICES = page("zendesk/incidents.json"), page("zendesk/services.json")
API = "https://status.zendesk.com/api/ssp"


def parse(*bodies: Body) -> Snapshot:
    return ZENDESK.parse(ACME, bodies, NOW)


def told() -> Row:
    found: Row = json.loads(INCIDENTS.content)
    return found


def only(**changes: object) -> Snapshot:
    """The first incident alone, changed, without its services."""
    row = json.loads(INCIDENTS.content)["data"][0]
    return parse(body({"data": [row | {"attributes": row["attributes"] | changes}], "included": []}))


def test_nothing_open_is_green() -> None:
    snapshot = parse(body({"data": [], "included": []}), SERVICES)
    assert snapshot.level is Level.OPERATIONAL
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("1", "Support", Level.OPERATIONAL),
        ("31", "Voice", Level.OPERATIONAL),
        ("58", "Analytics", Level.OPERATIONAL),
    ]


def test_services_alone_say_nothing() -> None:
    snapshot = parse(SERVICES)
    assert (snapshot.level, {c.level for c in snapshot.components}) == (None, {None})


def test_an_open_incident_service_by_service() -> None:
    snapshot = parse(INCIDENTS, SERVICES)
    assert snapshot.level is Level.MAJOR_OUTAGE
    calls = snapshot.incidents[0]
    assert (calls.id, calls.phase, calls.impact, calls.resolved) == ("501", Phase.IDENTIFIED, Impact.MAJOR, None)
    assert calls.components == ("31", "33", "1")
    assert calls.started == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert [(c.id, c.label, c.level) for c in snapshot.components] == [
        ("1", "Support", Level.OPERATIONAL),
        ("31", "Voice", Level.MAJOR_OUTAGE),
        ("58", "Analytics", Level.OPERATIONAL),
        ("33", "Voice / Outbound Calls", Level.DEGRADED),
    ]


def test_incidents_alone_do() -> None:
    assert {c.name: c.level for c in parse(INCIDENTS).components} == {
        "Voice": Level.MAJOR_OUTAGE,
        "Outbound Calls": Level.DEGRADED,
        "Support": Level.OPERATIONAL,
    }


def test_the_end_is_its_time_and_never_the_status() -> None:
    stale, written_up, work = parse(INCIDENTS, SERVICES).incidents[1:]
    assert (stale.phase, stale.resolved) == (Phase.RESOLVED, datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert (written_up.phase, written_up.url) == (Phase.POSTMORTEM, "https://support.zendesk.example/articles/1")
    assert (work.kind, work.phase, work.planned_end) == (
        IncidentKind.MAINTENANCE,
        Phase.SCHEDULED,
        datetime(2026, 7, 5, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize(("status", "level"), [("scheduled", Level.OPERATIONAL), ("in_progress", Level.MAINTENANCE)])
def test_a_maintenance_marks_its_services_while_it_is_under_way(status: str, level: Level) -> None:
    row = json.loads(INCIDENTS.content)["data"][3]
    link = {"incidentId": 498, "serviceId": 31, "outage": False, "degradation": False, "resolvedAt": None}
    row["attributes"]["status"] = status
    snapshot = parse(body({"data": [row], "included": [{"type": "incidentService", "attributes": link}]}))
    assert (snapshot.components[0].level, snapshot.level) == (level, level)


@pytest.mark.parametrize(
    ("changes", "phase", "level"),
    [
        ({"status": None}, Phase.INVESTIGATING, Level.PARTIAL_OUTAGE),
        ({"status": "wobbly"}, None, None),
        ({"status": "resolved"}, Phase.MONITORING, Level.PARTIAL_OUTAGE),
        ({"impact": "wobbly", "degradation": False}, Phase.IDENTIFIED, None),
        ({"impact": "minor"}, Phase.IDENTIFIED, Level.DEGRADED),
        ({"impact": "minor", "outage": True}, Phase.IDENTIFIED, Level.MAJOR_OUTAGE),
    ],
)
def test_words(changes: Row, phase: Phase | None, level: Level | None) -> None:
    snapshot = only(**changes)
    assert (snapshot.incidents[0].phase, snapshot.level) == (phase, level)


@pytest.mark.parametrize(
    "value", [{}, {"data": []}, {"data": [{"type": "x"}]}, {"data": [{"type": "incident", "attributes": {}}]}, []]
)
def test_what_is_not_zendesks_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        parse(body(value))


def test_what_has_no_time_fails() -> None:
    with pytest.raises(ParseFailed):
        only(startedAt="soon")


def test_what_is_asked_for() -> None:
    assert ZENDESK.state_urls("https://status.zendesk.com") == (f"{API}/incidents.json", f"{API}/services.json")
    assert ZENDESK.state_urls("https://status.zendesk.com/?subdomain=a%26b") == (
        f"{API}/incidents.json?subdomain=a%26b",
        f"{API}/services.json?subdomain=a%26b",
    )
    assert ZENDESK.state_urls("https://status.acme.example/") == ("https://status.acme.example/",)
