"""Salesforce Trust: instances, each with what goes on there."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot.domain import Impact, Incident, IncidentKind, Level, Phase, Snapshot
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read

SALESFORCE = BY_KIND["salesforce"]
API = "https://api.status.salesforce.com/v1"
INSTANCES = page("salesforce/instances.json")
TEXTS = [
    {"id": 1, "modelKey": "slowPageLoads", "text": "Pages load slowly", "locale": "en"},
    {"id": 2, "modelKey": "diskTrouble", "text": "A disk makes trouble", "locale": "en"},
]


def parse(*bodies: Body) -> Snapshot:
    return SALESFORCE.parse(ACME, bodies, NOW)


def instances() -> list[Row]:
    found: list[Row] = json.loads(INSTANCES.content)
    return found


def first(**changes: object) -> Incident:
    """The first incident of the first instance, changed."""
    told = json.loads(INSTANCES.content)[0]
    told["Incidents"][0] |= changes
    (incident,) = parse(body([told])).incidents
    return incident


def test_quiet_instances() -> None:
    snapshot = parse(body(instances()[-2:]))
    assert snapshot.level is Level.OPERATIONAL
    # The retired one is left out.
    assert [(c.id, c.region, c.level) for c in snapshot.components] == [("XX4", "NA", Level.OPERATIONAL)]
    assert snapshot.status_text == ""
    assert parse(body(instances()[-1])).status_text == "OK"


def test_an_incident_repeats_under_each_instance() -> None:
    snapshot = parse(INSTANCES)
    assert snapshot.level is Level.MAJOR_OUTAGE
    assert [(c.id, c.level) for c in snapshot.components] == [
        ("XX1", Level.MAJOR_OUTAGE),
        ("XX2", Level.DEGRADED),
        ("XX3", Level.MAINTENANCE),
        ("XX4", Level.OPERATIONAL),
    ]
    incident = snapshot.incidents[0]
    assert [i.id for i in snapshot.incidents] == ["700001", "80", "81"]
    assert (incident.title, incident.phase, incident.impact, incident.level) == (
        "Slow page loads",
        Phase.IDENTIFIED,
        Impact.MAJOR,
        Level.MAJOR_OUTAGE,
    )
    assert (incident.components, incident.regions) == (("XX1", "XX2"), ("NA", "EMEA"))
    assert incident.started == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert [(u.id, u.phase, u.text) for u in incident.updates] == [
        ("51", None, "diskTrouble"),
        ("52", Phase.IDENTIFIED, "It is a disk."),
    ]


def test_keys_become_texts_where_these_are_known() -> None:
    incident = parse(INSTANCES, body(TEXTS)).incidents[0]
    assert (incident.title, incident.updates[0].text) == ("Pages load slowly", "A disk makes trouble")


@pytest.mark.parametrize(
    ("said", "phase"),
    [
        ("investigatingCauseOfIssueNoSiteSwitch", Phase.INVESTIGATING),
        ("issueIsolatedDatabaseTier", Phase.IDENTIFIED),
        ("implementingSolutionSiteSwitch", Phase.IDENTIFIED),
        ("monitoringGeneric", Phase.MONITORING),
        ("correction", None),
        ("update", None),
        (7, None),
    ],
)
def test_events_have_types_by_the_dozen(said: object, phase: Phase | None) -> None:
    event = {"id": 5, "type": said, "message": "x y", "createdAt": "2026-06-01T11:00Z"}
    incident = first(IncidentEvents=[event])
    assert ([u.phase for u in incident.updates], incident.phase) == ([phase], phase or Phase.INVESTIGATING)


def test_what_is_written_beside_the_events_is_an_update_too() -> None:
    message = {
        "rootCause": "diskTrouble",
        "actionPlan": None,
        "pathToResolution": "We <b>swap</b> it.\n\nThen we test.",
    }
    incident = first(message=message, updatedAt="2026-06-01T12:00:00.000Z")
    assert (incident.updates[-1].id, incident.updates[-1].at.hour, incident.updates[-1].text) == (
        "700001:message",
        12,
        "Root cause: Disk trouble\n\nPath to resolution: We swap it.\n\nThen we test.",
    )
    assert incident.phase is Phase.IDENTIFIED


def test_maintenances() -> None:
    now, later = parse(INSTANCES).incidents[1:]
    assert (now.kind, now.title, now.planned_end) == (
        IncidentKind.MAINTENANCE,
        "Made-up release",
        datetime(2026, 7, 1, 13, tzinfo=UTC),
    )
    # Its events stay at "scheduled"; that it is under way is told by the instance.
    assert (now.phase, later.phase) == (Phase.IN_PROGRESS, Phase.SCHEDULED)


def test_the_history_knows_the_end() -> None:
    history = SALESFORCE.parse_history(ACME, (page("salesforce/incidents.json"),))
    (over,) = history.incidents
    assert (over.phase, over.resolved, over.impact) == (
        Phase.RESOLVED,
        datetime(2026, 5, 1, 12, tzinfo=UTC),
        Impact.MAJOR,
    )
    assert history.complete_since is None


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("OK", Level.OPERATIONAL),
        ("MAJOR_INCIDENT_NONCORE", Level.PARTIAL_OUTAGE),
        ("INFORMATIONAL_CORE", Level.OPERATIONAL),
        ("WOBBLY", None),
    ],
)
def test_words(status: str, level: Level | None) -> None:
    snapshot = parse(body(instances()[-1] | {"status": status}))
    assert (snapshot.level, snapshot.status_text) == (level, status)


@pytest.mark.parametrize(
    "value", [{}, [{}], [{"key": "A", "status": "OK"}], TEXTS, "x", [{"key": "", "status": "OK", "Incidents": []}]]
)
def test_what_is_not_trust_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "salesforce")


@pytest.mark.parametrize(
    ("url", "asked", "history"),
    [
        ("https://status.salesforce.com", "/instances/status/preview", "/incidents?limit=100"),
        (
            "https://status.salesforce.com/instances/NA137",
            "/instances/NA137/status",
            "/incidents?limit=100&instance=NA137",
        ),
        (f"{API}/instances/EU1/status", "/instances/EU1/status", "/incidents?limit=100&instance=EU1"),
    ],
)
def test_what_is_asked_for(url: str, asked: str, history: str) -> None:
    assert SALESFORCE.state_urls(url) == (API + asked,)
    assert SALESFORCE.history_urls(url) == (API + history,)
    assert SALESFORCE.state_urls("https://status.acme.example/") == ("https://status.acme.example/",)
