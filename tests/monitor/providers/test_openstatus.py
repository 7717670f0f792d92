"""OpenStatus: the feed, the summary that looks like Statuspage's, both together."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain import IncidentKind, Level, Phase, Snapshot
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read
from tests.monitor.providers.bodies import summary as statuspage_summary

OPENSTATUS = BY_KIND["openstatus"]


def whole(*names: str) -> Snapshot:
    return OPENSTATUS.parse(ACME, tuple(page(f"openstatus/{name}.json") for name in names), NOW)


def feed(**changes: object) -> Row:
    return {"title": "Acme", "status": "success", "monitors": [], "maintenances": [], "statusReports": []} | changes


def test_states_come_from_monitors_and_from_the_summary_by_name() -> None:
    snapshot = whole("feed", "summary")
    assert [(c.id, c.label, c.level) for c in snapshot.components] == [
        ("21", "Port / Crane", Level.MAJOR_OUTAGE),
        ("22", "Gate", Level.OPERATIONAL),
        ("23", "Office", Level.DEGRADED),
    ]
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "Degraded Performance")
    assert whole("feed").components[2].level is None
    assert [c.id for c in whole("summary").components] == ["Crane", "Gate", "Office"]


def test_reports_oldest_update_first() -> None:
    crane, gate = whole("feed", "summary").incidents[:2]
    assert (crane.id, crane.phase, crane.level, crane.components) == (
        "1",
        Phase.MONITORING,
        Level.MAJOR_OUTAGE,
        ("21",),
    )
    assert [(u.id, u.phase, u.at.hour, u.text) for u in crane.updates] == [
        ("11", Phase.INVESTIGATING, 9, "We look."),
        ("12", Phase.MONITORING, 10, "It **moves**."),
    ]
    assert (gate.phase, gate.resolved) == (Phase.RESOLVED, datetime(2026, 5, 1, 9, 30, tzinfo=UTC))


def test_the_window_of_a_maintenance_tells_its_stage() -> None:
    planned = [i for i in whole("feed").incidents if i.kind is IncidentKind.MAINTENANCE]
    assert [(i.id, i.phase, i.resolved) for i in planned] == [
        ("maintenance-1", Phase.IN_PROGRESS, None),
        ("maintenance-2", Phase.SCHEDULED, None),
        ("maintenance-3", Phase.COMPLETED, datetime(2026, 6, 1, 13, tzinfo=UTC)),
    ]
    assert planned[0].components == ("22",)


def test_the_window_is_held_against_the_time_at_which_the_feed_was_written() -> None:
    long_after = datetime(2026, 12, 1, tzinfo=UTC)
    snapshot = OPENSTATUS.parse(ACME, (page("openstatus/feed.json"),), long_after)
    assert snapshot == replace(whole("feed"), taken_at=long_after)
    undated = feed(maintenances=[{"id": 1, "name": "x", "from": "2026-07-01T11:00:00Z", "to": "2026-07-01T13:00:00Z"}])
    assert OPENSTATUS.parse(ACME, (body(undated),), long_after).incidents[0].phase is Phase.COMPLETED


@pytest.mark.parametrize(
    ("status", "phase"),
    [("scheduled", Phase.SCHEDULED), ("in_progress", Phase.IN_PROGRESS), ("wet", None), (None, Phase.COMPLETED)],
)
def test_the_summary_tells_a_stage_itself(status: object, phase: Phase | None) -> None:
    told = json.loads(page("openstatus/summary.json").content)
    told["scheduled_maintenances"][0]["status"] = status
    long_after = datetime(2026, 12, 1, tzinfo=UTC)
    rails = OPENSTATUS.parse(ACME, (body(told),), long_after).incidents[1]
    assert (rails.id, rails.phase) == ("maintenance-1", phase)


def test_the_summary_alone() -> None:
    snapshot = whole("summary")
    assert [(i.id, i.phase) for i in snapshot.incidents] == [
        ("1", Phase.MONITORING),
        ("maintenance-1", Phase.IN_PROGRESS),
    ]
    assert [u.text for u in snapshot.incidents[0].updates] == ["We look.", "It moves."]
    assert (snapshot.complete_since, whole("feed").complete_since) == (None, datetime(2026, 5, 1, 9, tzinfo=UTC))


def test_an_old_feed_names_monitors() -> None:
    monitors = [{"id": 5, "name": "Crane", "status": "degraded"}]
    report = {
        "id": 1,
        "title": "x",
        "status": "identified",
        "monitors": [5],
        "statusReportUpdates": [],
        "updatedAt": "2026-07-01T10:00:00Z",
    }
    snapshot = read(feed(monitors=monitors, statusReports=[report]), "openstatus")
    assert ([c.level for c in snapshot.components], snapshot.incidents[0].components) == ([Level.DEGRADED], ("5",))
    assert snapshot.level is Level.DEGRADED


@pytest.mark.parametrize(
    ("status", "level"),
    [("success", 0), ("info", 1), ("degraded", 2), ("error", 4), ("wet", None), (None, None)],
)
def test_levels(status: object, level: int | None) -> None:
    assert read(feed(status=status), "openstatus").level == level


def test_statuspage_has_ids_and_this_has_not() -> None:
    statuspage = BY_KIND["statuspage"]
    assert OPENSTATUS.recognises(page("openstatus/summary.json"))
    assert not statuspage.recognises(page("openstatus/summary.json"))
    assert statuspage.recognises(body(statuspage_summary()))
    assert not OPENSTATUS.recognises(body(statuspage_summary()))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (feed(pageComponents=[{"name": "x"}]), "no id"),
        (feed(statusReports=[{"id": 1, "title": "x"}]), "time"),
        (feed(maintenances=[{"id": 1}]), "time"),
        ({"error": "Not Found"}, "format"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "openstatus")


def test_what_is_asked_for() -> None:
    urls = OPENSTATUS.state_urls("https://acme.openstatus.dev/")
    assert urls == ("https://acme.openstatus.dev/feed/json", "https://acme.openstatus.dev/api/status/summary.json")
    assert all(OPENSTATUS.state_urls(url) == urls for url in (*urls, "https://acme.openstatus.dev/summary.json"))
