"""Cachet: rows of versions 1 and 2, JSON:API of version 3, one page out of several lists."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase, Snapshot
from bot.monitor.parsing.assemble import EPOCH
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read
from tests.shelf import needs_pages, recorded

CACHET = BY_KIND["cachet"]
LISTS = ("components", "groups", "incidents", "schedules", "status")


def whole(*names: str) -> Snapshot:
    return CACHET.parse(ACME, tuple(page(f"cachet/{name}.json") for name in names), NOW)


def listing(*rows: Row, more: object = None) -> Row:
    return {"meta": {"pagination": {"links": {"next_page": more, "previous_page": None}}}, "data": list(rows)}


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_components_in_groups_without_those_that_are_switched_off() -> None:
    snapshot = whole(*LISTS)
    assert [(c.id, c.name, c.group, c.level) for c in snapshot.components] == [
        ("1", "Harbour & Quay", "Port", Level.OPERATIONAL),
        ("2", "Ferry", "Port", Level.PARTIAL_OUTAGE),
        ("3", "Lighthouse", None, None),
    ]
    assert (snapshot.level, snapshot.status_text) == (Level.PARTIAL_OUTAGE, "Some systems are experiencing issues")


def test_an_incident_starts_with_its_own_text_and_its_newest_update_decides() -> None:
    late = whole(*LISTS).incident("12")
    assert late is not None
    assert (late.title, late.phase, late.level, late.components) == (
        "Ferry late",
        Phase.MONITORING,
        Level.PARTIAL_OUTAGE,
        ("2",),
    )
    assert (late.started, late.resolved, late.url) == (
        at(2026, 6, 2, 8),
        None,
        "https://status.acme.example/incidents/12",
    )
    assert [(u.id, u.phase, u.at, u.text) for u in late.updates] == [
        ("0", None, at(2026, 6, 2, 8), "The **ferry** is late."),
        ("31", Phase.IDENTIFIED, at(2026, 6, 2, 9), "A rope is torn."),
        ("32", Phase.MONITORING, at(2026, 6, 2, 10), "It sails again."),
    ]


def test_one_without_updates_ended_when_it_was_changed_last() -> None:
    fog = whole(*LISTS).incident("11")
    assert fog is not None
    assert (fog.phase, fog.resolved, fog.components) == (Phase.RESOLVED, at(2026, 5, 1, 11), ())


def test_planned_work_is_a_schedule_or_an_incident_with_a_planned_time() -> None:
    snapshot = whole(*LISTS)
    dredging, bollards, paint = (snapshot.incident(key) for key in ("10", "schedule-12", "schedule-2"))
    assert dredging is not None
    assert bollards is not None
    assert paint is not None
    assert {i.kind for i in (dredging, bollards, paint)} == {IncidentKind.MAINTENANCE}
    assert (dredging.phase, dredging.started, dredging.updates[0].at) == (
        Phase.SCHEDULED,
        at(2026, 7, 9, 6),
        at(2026, 5, 1, 7),
    )
    assert (bollards.phase, bollards.impact, bollards.components) == (Phase.IN_PROGRESS, Impact.MAINTENANCE, ("1",))
    assert (paint.phase, paint.resolved, paint.updates) == (Phase.COMPLETED, at(2026, 6, 1, 9), ())


def test_version_3_tells_the_same_in_another_shape() -> None:
    snapshot = whole("v3_components", "v3_incidents", "v3_schedules")
    assert [(c.id, c.group, c.level) for c in snapshot.components] == [("1", "Port", Level.DEGRADED), ("2", None, None)]
    waves, storm, dock = snapshot.incidents
    assert (waves.id, waves.phase, waves.level, waves.components) == (
        "5",
        Phase.INVESTIGATING,
        Level.PARTIAL_OUTAGE,
        ("1",),
    )
    assert (storm.phase, storm.resolved, [u.id for u in storm.updates]) == (
        Phase.RESOLVED,
        at(2026, 5, 3, 12),
        ["0", "9"],
    )
    assert (dock.id, dock.phase, dock.planned_end) == ("schedule-3", Phase.SCHEDULED, at(2026, 8, 1, 9))
    assert (snapshot.level, snapshot.complete_since) == (Level.PARTIAL_OUTAGE, EPOCH)


def test_how_far_back_the_lists_go() -> None:
    incident: Row = {"id": 9, "status": 1, "name": "x", "message": "x", "created_at": "2026-05-01 00:00:00"}
    schedules = body(listing(), "https://status.acme.example/api/v1/schedules?per_page=100")
    cut = CACHET.parse(ACME, (body(listing(incident, more="https://x")), schedules), NOW)
    assert cut.complete_since == at(2026, 5, 1)
    assert CACHET.parse(ACME, (body(listing(incident)), schedules), NOW).complete_since == EPOCH
    assert read(listing(incident), "cachet").complete_since is None


@pytest.mark.parametrize(
    ("status", "level"),
    [
        *((0, None), (1, Level.OPERATIONAL), (2, Level.DEGRADED), (3, Level.PARTIAL_OUTAGE), (4, Level.MAJOR_OUTAGE)),
        *(
            (6, Level.MAINTENANCE),
            (5, None),
            (99, None),
            ("2", Level.DEGRADED),
            (None, None),
            (1.5, None),
            (True, None),
        ),
    ],
)
def test_a_component_alone_is_the_page(status: object, level: Level | None) -> None:
    snapshot = read(listing({"id": 1, "name": "API", "status": status, "group_id": 0}), "cachet")
    assert (snapshot.components[0].level, snapshot.level) == (level, level)


@pytest.mark.parametrize(
    ("status", "level"),
    [
        *(("success", Level.OPERATIONAL), ("info", Level.DEGRADED), ("danger", Level.MAJOR_OUTAGE)),
        *(("operational", Level.OPERATIONAL), ("partial_outage", Level.PARTIAL_OUTAGE)),
        *(("major_outage", Level.MAJOR_OUTAGE), ("under_maintenance", Level.MAINTENANCE)),
    ],
)
def test_the_page_s_own_word(status: str, level: Level) -> None:
    snapshot = read({"data": {"status": status, "message": "So it is."}}, "cachet")
    assert (snapshot.level, snapshot.status_text) == (level, "So it is.")


def test_an_unknown_status_of_an_incident_is_not_green() -> None:
    rows = [{"id": 1, "name": "API", "status": 1, "group_id": 0}]
    told: Row = {"id": 2, "status": 7, "name": "x", "message": "x", "created_at": "2026-05-01 00:00:00"}
    snapshot = CACHET.parse(ACME, (body(listing(*rows)), body(listing(told))), NOW)
    assert (snapshot.incidents[0].phase, snapshot.level) == (None, None)


@pytest.mark.parametrize(("said", "level"), [("success", 0), ("info", 2), ("danger", 4), ("wet", None), (7, None)])
def test_a_state_that_is_not_understood_costs_the_page_its_green_and_nothing_else(said: object, level: object) -> None:
    parts = body(listing({"id": 1, "name": "API", "status": 1, "group_id": 0}))
    snapshot = CACHET.parse(ACME, (parts, body({"data": {"status": said, "message": "All is said."}})), NOW)
    assert (snapshot.level, snapshot.status_text) == (level, "All is said.")
    assert [(c.name, c.level) for c in snapshot.components] == [("API", Level.OPERATIONAL)]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (listing(), "no components"),
        (listing({"status": 1, "group_id": 0}), "no id"),
        (listing({"id": 1, "message": "x", "status": 1}), "time"),
        ({"data": []}, "format"),
        ({"data": {"status": "wet", "message": ""}}, "format"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "cachet")


def test_what_is_asked_for() -> None:
    old = CACHET.state_urls("https://status.acme.example/")
    assert old[0] == "https://status.acme.example/api/v1/components?per_page=500"
    assert CACHET.state_urls("https://status.acme.example/api/v1/incidents?sort=id") == old
    new = CACHET.state_urls("https://status.acme.example/api")
    assert new[1] == "https://status.acme.example/api/incidents?include=components,updates&per_page=20"
    assert CACHET.state_urls(new[0]) == new
    assert {CACHET.state_urls(root) for root in CACHET.pages_at("https://status.acme.example")} == {old, new}


def utc(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


@needs_pages
@pytest.mark.parametrize("path", recorded("examples/cachet/*.json"), ids=lambda path: path.name)
def test_recorded_lists(path: Path) -> None:
    raw: dict[str, Any] = json.loads(path.read_bytes())
    snapshot = read(Body(path.name, path.read_bytes()), "cachet")
    if path.name.startswith("status"):
        assert (snapshot.status_text, snapshot.level) == (raw["data"]["message"], Level.DEGRADED)
    elif path.name.startswith("components"):
        assert [(c.id, c.name) for c in snapshot.components] == [(str(r["id"]), r["name"]) for r in raw["data"]]
        assert {r["status"] for r in raw["data"]} == {1}
        assert {c.level for c in snapshot.components} == {Level.OPERATIONAL} == {snapshot.level}
    elif path.name.startswith("incidents"):
        for told, incident in zip(raw["data"], snapshot.incidents, strict=True):
            assert (incident.id, incident.title, incident.url) == (str(told["id"]), told["name"], told["permalink"])
            assert (told["latest_status"], incident.phase, incident.resolved) == (2, Phase.IDENTIFIED, None)
            assert incident.started == utc(told["occurred_at"])
            assert incident.components == (str(told["component_id"]),)
            first, *updates = incident.updates
            assert (first.text, first.at) == (told["message"], utc(told["occurred_at"]))
            assert [(u.id, u.text, u.at) for u in updates] == [
                (str(u["id"]), u["message"], utc(u["created_at"])) for u in told["updates"]
            ]
    elif path.name.startswith("schedules"):
        for told, incident in zip(raw["data"], snapshot.incidents, strict=True):
            assert (told["status"], incident.phase, incident.kind) == (2, Phase.COMPLETED, IncidentKind.MAINTENANCE)
            assert (incident.title, incident.started) == (told["name"], utc(told["scheduled_at"]))
            assert incident.resolved == utc(told["completed_at"])
            assert [u.text for u in incident.updates] == [told["message"]]
    elif path.name.startswith("incident_updates"):
        (update,) = raw["data"]
        (incident,) = snapshot.incidents
        assert incident.id == str(update["incident_id"])
        assert [(u.id, u.text) for u in incident.updates] == [(str(update["id"]), update["message"])]
        assert (update["status"], incident.phase) == (4, Phase.RESOLVED)
    else:
        assert path.name.startswith("component_groups")
        assert snapshot.level is None
