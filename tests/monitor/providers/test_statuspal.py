"""StatusPal: a tree of services, types that are words of several kinds, and times without a zone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase, Slug
from bot.monitor.detect import recognise
from bot.monitor.parsing.assemble import EPOCH
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from bot.monitor.providers.statuspal import api_url_in
from tests.monitor.providers.bodies import ACME, NOW, body, page, read
from tests.shelf import needs_pages, recorded

STATUSPAL = BY_KIND["statuspal"]
SUMMARY, HTML = page("statuspal/summary.json"), page("statuspal/page.html")
API = "https://statuspal.io/api/v2/status_pages/ferry/summary"


def whole(said: object = None, **changes: object) -> dict[str, Any]:
    found = json.loads(SUMMARY.content) | changes
    found["status_page"]["current_incident_type"] = said
    return dict(found)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


QUIET: dict[str, Any] = {
    "services": [],
    "incidents": [],
    "maintenances": [],
    "upcoming_maintenances": [],
    "info_notices": [],
}


def test_quiet() -> None:
    snapshot = read(body(whole(**QUIET)), "statuspal")
    assert (snapshot.level, snapshot.components, snapshot.incidents) == (Level.OPERATIONAL, (), ())


def test_a_service_with_others_below_it_is_one_too() -> None:
    snapshot = read(SUMMARY, "statuspal")
    assert [(c.id, c.label, c.level) for c in snapshot.components] == [
        ("1", "North", Level.DEGRADED),
        ("2", "North / Ramp & Deck", Level.DEGRADED),
        ("3", "North / Engine", Level.OPERATIONAL),
        ("4", "Tickets", Level.MAINTENANCE),
        ("5", "Radio", None),
    ]
    assert (snapshot.level, snapshot.status_text) == (Level.DEGRADED, "performance")


def test_an_incident_with_several_updates() -> None:
    slow = read(SUMMARY, "statuspal").incidents[0]
    assert (slow.phase, slow.impact, slow.level) == (Phase.MONITORING, Impact.MINOR, Level.DEGRADED)
    assert (slow.started, slow.components) == (utc("2026-06-03T10:00"), ("1", "2"))
    assert [(u.id, u.at, u.phase, u.text) for u in slow.updates] == [
        ("701", utc("2026-06-03T10:00"), Phase.INVESTIGATING, "The ramp is slow."),
        ("702", utc("2026-06-03T11:30"), Phase.MONITORING, "It moves again."),
    ]


def test_maintenances_and_notices() -> None:
    printer, paint, notice = read(SUMMARY, "statuspal").incidents[1:]
    assert (printer.kind, printer.phase, printer.effective_level) == (
        IncidentKind.MAINTENANCE,
        Phase.IN_PROGRESS,
        Level.MAINTENANCE,
    )
    assert (paint.phase, paint.planned_end, paint.updates[0].text) == (
        Phase.SCHEDULED,
        utc("2026-08-01T12:00"),
        "We paint.",
    )
    # Something to know has no stages: it neither opens nor ends.
    assert (notice.id, notice.phase, notice.impact, notice.effective_level) == (
        "notice-80",
        None,
        Impact.NONE,
        Level.OPERATIONAL,
    )


@pytest.mark.parametrize(
    ("said", "level"),
    [
        (None, Level.OPERATIONAL),
        ("info", Level.OPERATIONAL),
        ("performance", Level.DEGRADED),
        ("minor", Level.PARTIAL_OUTAGE),
        ("major", Level.MAJOR_OUTAGE),
        ("scheduled", Level.MAINTENANCE),
        ("emergency-maintenance", Level.MAINTENANCE),
        ("wobbly", None),
        (7, None),
    ],
)
def test_types(said: object, level: Level | None) -> None:
    assert read(body(whole(said, **QUIET)), "statuspal").level == level


def test_a_service_that_tells_no_type_is_not_green() -> None:
    found = read(body(whole(**(QUIET | {"services": [{"id": 1, "name": "A"}]}))), "statuspal")
    assert [c.level for c in found.components] == [None]


@pytest.mark.parametrize(
    ("changes", "phase", "resolved"),
    [
        ({"ends_at": "2026-06-03T12:00:00"}, Phase.RESOLVED, "2026-06-03T12:00"),
        ({"ends_at": "2026-07-03T12:00:00"}, Phase.MONITORING, None),
        (
            {"updates": [{"id": 1, "type": "resolved", "posted_at": "2026-06-03T13:00:00"}]},
            Phase.RESOLVED,
            "2026-06-03T13:00",
        ),
        ({"updates": [{"id": 1, "type": "essential", "posted_at": "2026-06-03T13:00:00"}]}, Phase.INVESTIGATING, None),
    ],
)
def test_ends(changes: dict[str, object], phase: Phase, resolved: str | None) -> None:
    row = json.loads(SUMMARY.content)["incidents"][0] | changes
    (found,) = read(body(whole(**(QUIET | {"incidents": [row]}))), "statuspal").incidents
    assert (found.phase, found.resolved) == (phase, resolved and utc(resolved))


def test_a_maintenance_has_the_stages_of_one() -> None:
    told = json.loads(page("statuspal/summary.json").content)
    words = ("issue", "identified", "monitoring", "essential", "resolved")
    told["maintenances"][0]["updates"] = [
        {"id": i, "type": word, "description": word, "posted_at": f"2026-06-03T1{i}:00:00"}
        for i, word in enumerate(words)
    ][::-1]
    work = read(told, "statuspal").incident("71")
    assert work is not None
    assert [u.phase for u in work.updates] == [
        Phase.IN_PROGRESS,
        Phase.IN_PROGRESS,
        Phase.VERIFYING,
        None,
        Phase.COMPLETED,
    ]
    assert (work.phase, work.resolved) == (Phase.COMPLETED, datetime(2026, 6, 3, 14, tzinfo=UTC))


def test_a_second_reading_tells_that_what_it_lacks_is_over() -> None:
    assert STATUSPAL.history_urls(API) == (API,)
    history = STATUSPAL.parse_history(ACME, (SUMMARY,))
    assert ([i.id for i in history.incidents], history.complete_since) == (["70", "71", "72", "notice-80"], EPOCH)


def test_html_tells_the_state_alone_and_where_the_rest_is() -> None:
    snapshot = read(HTML, "statuspal")
    assert (snapshot.level, snapshot.status_text, snapshot.components) == (Level.MAJOR_OUTAGE, "major", ())
    assert api_url_in(HTML) == API
    assert api_url_in(Body("", b"<!DOCTYPE html><p class='system-status type-none'></html>")) is None


@pytest.mark.parametrize(
    "value",
    [
        {"status_page": {"name": "x"}, "services": []},
        whole(services={}),
        whole(services=[{"name": "no id", "current_incident_type": None}]),
        whole(incidents=[{"id": 1, "type": "minor", "updates": []}]),
        whole(maintenances="x"),
        HTML.content[:-3],
        b"<!DOCTYPE html><html></html>",
    ],
)
def test_what_cannot_be_read_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "statuspal")


@pytest.mark.parametrize(
    ("page_url", "url"),
    [
        (API, API),
        ("https://ferry.statuspal.io", API),
        ("https://ferry.statuspal.eu/", API.replace(".io", ".eu")),
        ("https://statuspal.io/status-pages/ferry", API),
        ("https://status.ferry.example", "https://status.ferry.example"),
    ],
)
def test_where_the_data_is(page_url: str, url: str) -> None:
    assert STATUSPAL.state_urls(page_url) == (url,)


# --- recorded -------------------------------------------------------------------------------------------------------

LEVELS = {None: 0, "info": 0, "performance": 2, "minor": 3, "major": 4, "scheduled": 1, "emergency-maintenance": 1}
STAGES: dict[str, str | None] = {
    "issue": "investigating",
    "monitoring": "monitoring",
    "scheduled": "scheduled",
    "info": None,
    "essential": None,
}


@needs_pages
@pytest.mark.parametrize("path", recorded("statuspal/*.json", "examples/statuspal/*.json"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    given = Body(str(path), path.read_bytes())
    assert recognise(given) == "statuspal"
    snapshot = STATUSPAL.parse(Slug("acme"), (given,), NOW)

    def flat(rows: list[dict[str, Any]], group: str | None) -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for row in filter(None, rows):
            found.append((str(row["id"]), row["name"], group, LEVELS[row["current_incident_type"]]))
            found += flat(row["children"], row["name"])
        return found

    assert [(c.id, c.name, c.group, c.level) for c in snapshot.components] == flat(raw["services"], None)
    listed = [*raw["incidents"], *raw["maintenances"], *raw["upcoming_maintenances"]]
    by_id = {str(row["id"]): row for row in reversed(listed)}
    found = [incident for incident in snapshot.incidents if not incident.id.startswith("notice-")]
    assert len(found) == len(by_id)
    assert len(snapshot.incidents) - len(found) == len(raw.get("info_notices", []))
    for incident in found:
        row = by_id[incident.id]
        assert (incident.title, incident.url) == (row["title"].strip(), row["url"])
        assert incident.started == utc(row["starts_at"])
        assert list(incident.components) == [str(each) for each in row["service_ids"]]
        planned_end = row in raw["upcoming_maintenances"] and row not in raw["incidents"]
        assert incident.is_open is (row["ends_at"] is None or planned_end)
        assert incident.level == LEVELS[row["type"]]
        assert [(u.id, u.at, u.phase) for u in incident.updates] == [
            (str(each["id"]), utc(each["posted_at"]), STAGES[each["type"]]) for each in reversed(row["updates"])
        ]
        assert [u.text.split() for u in incident.updates] == [
            each["description"].split() for each in reversed(row["updates"])
        ]
    assert snapshot.level == LEVELS[raw["status_page"]["current_incident_type"]]
