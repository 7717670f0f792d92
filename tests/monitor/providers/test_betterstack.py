"""Better Stack: a JSON:API document whose updates have no stage, and an HTML page that tells little."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Component, Impact, IncidentKind, Level, Phase, Slug
from bot.monitor.detect import recognise
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, body, page, read
from tests.shelf import needs_pages, recorded

BETTERSTACK = BY_KIND["betterstack"]
INDEX, HTML = page("betterstack/index.json"), page("betterstack/page.html")


def whole(state: str = "downtime", **reports: Mapping[str, object]) -> dict[str, Any]:
    """The page with another state, and with changed attributes of reports (``r900={...}``)."""
    found = json.loads(INDEX.content)
    found["data"]["attributes"]["aggregate_state"] = state
    for each in found["included"]:
        each["attributes"] |= reports.get(f"r{each['id']}", {})
    return dict(found)


def without(*types: str) -> dict[str, Any]:
    found = whole("operational")
    found["included"] = [each for each in found["included"] if each["type"] not in types]
    return found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_quiet() -> None:
    snapshot = read(body(without("status_report", "status_update", "status_page_resource")), "betterstack")
    assert (snapshot.level, snapshot.status_text, snapshot.incidents) == (Level.OPERATIONAL, "operational", ())


def test_resources_stand_in_sections() -> None:
    snapshot = read(INDEX, "betterstack")
    assert [(c.id, c.label, c.level) for c in snapshot.components] == [
        ("102", "Shop / Till & counter", Level.OPERATIONAL),
        ("103", "Shop / Bench", None),
        ("101", "Ovens / Stone oven", Level.MAJOR_OUTAGE),
    ]
    assert (snapshot.level, snapshot.status_text, snapshot.page_updated_at) == (
        Level.MAJOR_OUTAGE,
        "downtime",
        "2026-06-03T12:30:00.000Z",
    )


def test_an_incident_with_several_updates() -> None:
    cold = read(INDEX, "betterstack").incidents[0]
    assert (cold.phase, cold.impact, cold.level) == (Phase.IDENTIFIED, Impact.CRITICAL, Level.MAJOR_OUTAGE)
    assert (cold.components, cold.resolved) == (("101",), None)
    assert cold.url == "https://status.bakery.example/incident/900"
    assert [(u.id, u.at, u.phase, u.text) for u in cold.updates] == [
        ("9001", utc("2026-06-03T10:00"), Phase.INVESTIGATING, "We are investigating the oven."),
        ("9002", utc("2026-06-03T11:30"), Phase.IDENTIFIED, "Fuse is identified.\nSoon resolved."),
    ]


def test_a_resolved_report_has_no_end_of_its_own() -> None:
    over = read(INDEX, "betterstack").incidents[1]
    assert (over.phase, over.resolved, over.level) == (Phase.RESOLVED, utc("2026-06-01T10:07"), Level.MAJOR_OUTAGE)
    assert [u.phase for u in over.updates] == [None, Phase.RESOLVED]


@pytest.mark.parametrize(
    ("start", "end", "state", "phase", "weight"),
    [
        ("2026-07-10T06:00Z", "2026-07-10T09:00Z", "maintenance", Phase.SCHEDULED, Level.OPERATIONAL),
        ("2026-07-01T06:00Z", "2026-07-10T09:00Z", "maintenance", Phase.IN_PROGRESS, Level.MAINTENANCE),
        ("2026-07-01T06:00Z", "2026-07-01T09:00Z", "maintenance", Phase.COMPLETED, Level.OPERATIONAL),
        ("2026-07-01T06:00Z", None, "resolved", Phase.COMPLETED, Level.OPERATIONAL),
    ],
)
def test_a_maintenance_is_under_way_between_its_times(
    start: str, end: str | None, state: str, phase: Phase, weight: Level
) -> None:
    work = {"starts_at": start, "ends_at": end, "aggregate_state": state}
    found = read(body(whole(r902=work)), "betterstack").incidents[2]
    assert (found.kind, found.phase, found.effective_level) == (IncidentKind.MAINTENANCE, phase, weight)


def test_words_do_not_end_what_is_still_affected() -> None:
    affected = [{"status_page_resource_id": "101", "status": "degraded"}]
    text = {"message": "All is resolved.", "affected_resources": affected}
    found = read(body(whole(r9002=text)), "betterstack").incidents[0]
    assert (found.phase, found.updates[1].phase) == (Phase.INVESTIGATING, None)


@pytest.mark.parametrize(
    ("state", "report", "level"),
    [("operational", "downtime", Level.MAJOR_OUTAGE), ("operational", "wobbly", None), ("wobbly", "resolved", None)],
)
def test_unknown_words_are_not_green(state: str, report: str, level: Level | None) -> None:
    given = whole(state, r900={"aggregate_state": report, "affected_resources": []}, r101={"status": "odd"})
    assert read(body(given), "betterstack").level == level


def test_an_announcement_is_the_pages_own_words() -> None:
    given = whole()
    given["data"]["attributes"]["announcement"] = "Closed on <b>Monday</b>"
    assert read(body(given), "betterstack").status_text == "Closed on Monday"


def test_the_html_tells_the_state_and_names() -> None:
    snapshot = read(HTML, "betterstack")
    assert (snapshot.level, snapshot.status_text) == (Level.DEGRADED, "Some services are degraded & slow")
    assert snapshot.components == (
        Component("25tj/aaa1", "Till", Level.OPERATIONAL, group="Shop"),
        Component("25tj/aaa2", "Stone oven", None, group="Ovens"),
    )


@pytest.mark.parametrize(
    "value",
    [
        {"data": {"type": "status_page"}},
        {"data": {"type": "monitor", "attributes": {}}},
        whole() | {"included": {}},
        whole(r900={"starts_at": None}) | {"included": [{"type": "status_report", "id": "1", "attributes": {}}]},
        HTML.content.replace(b"favicons", b"icons"),
        HTML.content[:-4],
    ],
)
def test_what_cannot_be_read_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "betterstack")


def test_what_is_asked_for() -> None:
    for url in ("https://status.bakery.example", "https://status.bakery.example/index.json"):
        assert BETTERSTACK.state_urls(url) == ("https://status.bakery.example/index.json",)


# --- recorded -------------------------------------------------------------------------------------------------------


@needs_pages
@pytest.mark.parametrize("path", recorded("examples/betterstack/*.json"), ids=lambda path: path.name)
def test_the_recorded_index(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    given = Body(str(path), path.read_bytes())
    assert recognise(given) == "betterstack"
    snapshot = BETTERSTACK.parse(Slug("acme"), (given,), NOW)
    by_type: dict[str, list[dict[str, Any]]] = {}
    for each in raw["included"]:
        by_type.setdefault(each["type"], []).append(each)
    sections = {int(each["id"]): each["attributes"]["name"].strip() for each in by_type["status_page_section"]}
    levels = {"operational": Level.OPERATIONAL}
    assert snapshot.components == tuple(
        Component(
            each["id"],
            each["attributes"]["public_name"],
            levels[each["attributes"]["status"]],
            group=sections[each["attributes"]["status_page_section_id"]],
        )
        for each in by_type["status_page_resource"]
    )
    assert snapshot.level is levels[raw["data"]["attributes"]["aggregate_state"]]
    (report,), (update,), (found,) = by_type["status_report"], by_type["status_update"], snapshot.incidents
    assert (found.id, found.title, found.phase) == (report["id"], report["attributes"]["title"], Phase.RESOLVED)
    assert found.started == datetime.fromisoformat(report["attributes"]["starts_at"])
    assert [(u.id, u.at, u.text) for u in found.updates] == [
        (update["id"], datetime.fromisoformat(update["attributes"]["published_at"]), update["attributes"]["message"])
    ]
    assert found.resolved == found.updates[-1].at


@needs_pages
@pytest.mark.parametrize("path", recorded("betterstack/*.html"), ids=lambda path: path.name)
def test_the_recorded_page(path: Path) -> None:
    given = Body(str(path), path.read_bytes())
    assert recognise(given) == "betterstack"
    snapshot = BETTERSTACK.parse(ACME, (given,), NOW)
    assert (snapshot.level, snapshot.status_text) == (Level.OPERATIONAL, "All services are online")
    names = ["Website", "Dashboard", "GitHub Actions Job Execution"]
    assert [c.label for c in snapshot.components] == [f"Current status by service / {name}" for name in names]
    assert {c.level for c in snapshot.components} == {Level.OPERATIONAL}
