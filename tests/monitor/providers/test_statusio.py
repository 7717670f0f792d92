"""Status.io: codes that mean other things as states than as severities, regions, and ends that nothing tells."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Component, Impact, IncidentKind, Level, Phase, Slug
from bot.monitor.detect import recognise
from bot.monitor.parsing.assemble import EPOCH
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from bot.monitor.providers.statusio import api_url_in
from tests.monitor.providers.bodies import ACME, NOW, body, page, read
from tests.shelf import needs_pages, recorded

STATUSIO = BY_KIND["statusio"]
ID = "5123456789abcdef01234567"
API = f"https://api.status.io/1.0/status/{ID}"


def whole(**changes: object) -> dict[str, Any]:
    found = json.loads(page("statusio/status.json").content)
    found["result"] |= changes
    return dict(found)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_quiet() -> None:
    overall = {"status": "Operational", "status_code": 100, "updated": "2026-06-03T12:30:00Z"}
    rows = [{"id": "c1", "name": "Kiln", "status": "Operational", "status_code": 100, "containers": []}]
    quiet: dict[str, object] = {"active": [], "upcoming": []}
    snapshot = read(body(whole(status_overall=overall, status=rows, incidents=[], maintenance=quiet)), "statusio")
    assert (snapshot.level, snapshot.status_text, snapshot.incidents) == (Level.OPERATIONAL, "Operational", ())
    assert snapshot.components == (Component("c1", "Kiln", Level.OPERATIONAL),)
    assert (snapshot.page_updated_at, snapshot.complete_since) == ("2026-06-03T12:30:00Z", None)


def test_components_have_a_region_where_all_of_them_is_in_one() -> None:
    snapshot = read(page("statusio/status.json"), "statusio")
    assert [(c.id[-1], c.name, c.level, c.region) for c in snapshot.components] == [
        ("1", "Kiln & Oven", Level.PARTIAL_OUTAGE, "Leeds"),
        ("2", "Glaze Shop", Level.OPERATIONAL, None),
        ("3", "Clay Store", Level.MAINTENANCE, None),
        ("4", "Wheel", None, None),
    ]


@pytest.mark.parametrize(
    ("own", "inner", "level"),
    [
        (100, 500, Level.MAJOR_OUTAGE),
        (600, 100, Level.MAJOR_OUTAGE),
        (300, 100, Level.DEGRADED),
        (7, 100, None),
        (7, 400, Level.PARTIAL_OUTAGE),
        ("300", None, Level.DEGRADED),
        (None, 100, None),
        (True, 100, None),
    ],
)
def test_a_component_is_as_bad_as_its_worst_container(own: object, inner: object, level: Level | None) -> None:
    rows = [{"id": "c1", "name": "Kiln", "status_code": own, "containers": [{"name": "Leeds", "status_code": inner}]}]
    said = "7" if level is None and own == 7 else None
    assert read(body(whole(status=rows)), "statusio").components == (
        Component("c1", "Kiln", level, region="Leeds", raw_status=said),
    )


def test_an_incident_with_several_updates() -> None:
    cold = read(page("statusio/status.json"), "statusio").incidents[0]
    assert (cold.id[-1], cold.kind, cold.title) == ("1", IncidentKind.INCIDENT, "Kilns run cold")
    assert (cold.phase, cold.impact, cold.level) == (Phase.MONITORING, Impact.MAJOR, Level.PARTIAL_OUTAGE)
    assert (cold.started, cold.resolved) == (utc("2026-06-03T10:00:00"), None)
    assert (cold.components, cold.regions) == (("5a0000000000000000000001",), ("Leeds",))
    assert [(u.phase, u.at, u.text) for u in cold.updates] == [
        (Phase.INVESTIGATING, utc("2026-06-03T10:00:00.100"), "We look at the kilns."),
        (Phase.IDENTIFIED, utc("2026-06-03T11:00"), "A valve sticks.\n\nWe free it; see below."),
        (Phase.MONITORING, utc("2026-06-03T12:30"), "We watch & wait."),
    ]


def test_maintenances() -> None:
    _, running, planned = read(page("statusio/status.json"), "statusio").incidents
    assert (running.kind, running.phase) == (IncidentKind.MAINTENANCE, Phase.IN_PROGRESS)
    assert (running.started, running.planned_end) == (utc("2026-06-03T12:00"), utc("2026-06-03T14:00"))
    assert (running.impact, running.effective_level) == (Impact.MAINTENANCE, Level.MAINTENANCE)
    assert running.updates[0].phase is Phase.SCHEDULED
    assert (planned.phase, planned.effective_level, planned.updates) == (Phase.SCHEDULED, Level.OPERATIONAL, ())
    assert (planned.started, planned.regions) == (utc("2026-06-20T12:00"), ("Delft",))


def test_an_update_keeps_its_id_when_its_text_is_edited() -> None:
    given = whole()
    before = read(body(given), "statusio").incidents[0]
    given["result"]["incidents"][0]["messages"][1]["details"] = "A valve stuck."
    after = read(body(given), "statusio").incidents[0]
    assert [u.id for u in before.updates] == [u.id for u in after.updates]
    assert before.updates[1].digest != after.updates[1].digest


def test_an_end_that_the_page_tells() -> None:
    given = whole()
    messages = given["result"]["incidents"][0]["messages"]
    messages.append({"details": "Hot.", "state": 400, "status": 100, "datetime": "2026-06-03T13:00:00Z"})
    over = read(body(given), "statusio").incidents[0]
    # What it was at its worst, not what it is now that nothing is left of it.
    assert (over.phase, over.resolved, over.level) == (Phase.RESOLVED, utc("2026-06-03T13:00"), Level.MAJOR_OUTAGE)


def test_a_second_reading_tells_that_what_it_lacks_is_over() -> None:
    assert STATUSIO.history_urls(API) == STATUSIO.state_urls(API) == (API,)
    history = STATUSIO.parse_history(ACME, (page("statusio/status.json"),))
    assert (len(history.incidents), history.complete_since) == (3, EPOCH)


@pytest.mark.parametrize(("state", "status"), [(150, 400), (100, 450), (None, None)])
def test_unknown_codes_are_not_green(state: object, status: object) -> None:
    row = {
        "name": "Odd",
        "_id": "i1",
        "datetime_open": "2026-06-03T10:00:00Z",
        "messages": [{"details": "x", "state": state, "status": status, "datetime": "2026-06-03T10:00:00Z"}],
    }
    overall = {"status": "Wobbling", "status_code": 450}
    snapshot = read(body(whole(status_overall=overall, status=[], incidents=[row], maintenance={})), "statusio")
    assert (snapshot.level, snapshot.status_text) == (None, "Wobbling")


@pytest.mark.parametrize(
    "value",
    [
        {"result": {}},
        {"result": {"status_overall": {"status_code": 100}}},
        whole(status="x"),
        whole(status=[{"name": "no id", "status_code": 100}]),
        whole(incidents={}),
        whole(incidents=[{"_id": "i1", "messages": []}]),
        whole(maintenance={"active": ["x"]}),
        b"<!DOCTYPE html><script>var statuspage_id = '5123456789abcdef01234567';</script>",
    ],
)
def test_what_cannot_be_read_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "statusio")


@pytest.mark.parametrize(
    ("page_url", "url"),
    [
        (API, API),
        (f"{API}/", API),
        (f"https://status.acme.example/1.0/status/{ID}", f"https://status.acme.example/1.0/status/{ID}"),
        (f"https://status.io/pages/{ID}", API),
        (f"https://acme.status.io/pages/history/{ID}", API),
        ("https://acme.status.io", "https://acme.status.io"),
    ],
)
def test_where_the_data_is(page_url: str, url: str) -> None:
    assert STATUSIO.state_urls(page_url) == (url,)


@pytest.mark.parametrize(
    ("markup", "url"),
    [
        (f"<script>var statuspage_id = '{ID}';</script>", API),
        (f'<script>statuspageId:"{ID}"</script>', API),
        (f"<a href='https://api.status.io/1.0/status/{ID}'>API</a>", API),
        (f"<a href='/pages/history/{ID}'>History</a>", API),
        (f"<p>{ID}</p>", None),
        (f"<script>var statuspage_id = '{ID}0';</script>", None),
    ],
)
def test_an_html_page_tells_its_id(markup: str, url: str | None) -> None:
    assert api_url_in(Body("https://acme.status.io/", f"<!DOCTYPE html><html>{markup}".encode())) == url


# --- recorded -------------------------------------------------------------------------------------------------------

WORDS = {100: "OPERATIONAL", 200: "MAINTENANCE", 300: "DEGRADED", 400: "PARTIAL_OUTAGE", 500: "MAJOR_OUTAGE"}
WORDS[600] = WORDS[500]
STATES = {100: "investigating", 200: "identified", 300: "monitoring", 400: "resolved"}
OF_MAINTENANCE = {100: "scheduled", 200: "in_progress"}


def said(text: str) -> str:
    return html.unescape(text.replace("\r\n", "\n")).strip()


@needs_pages
@pytest.mark.parametrize("path", recorded("statusio/*.json", "examples/statusio/*.json"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    raw = json.loads(path.read_bytes())["result"]
    given = Body(str(path), path.read_bytes())
    assert recognise(given) == "statusio"
    snapshot = STATUSIO.parse(Slug("acme"), (given,), NOW)
    assert snapshot.status_text == raw["status_overall"]["status"]
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        (row["id"], row["name"], Level[WORDS[row["status_code"]]]) for row in raw["status"]
    ]
    listed: list[tuple[Any, Phase | None]] = [(row, None) for row in raw["incidents"]]
    listed += [(row, Phase.IN_PROGRESS) for row in raw["maintenance"]["active"]]
    listed += [(row, Phase.SCHEDULED) for row in raw["maintenance"]["upcoming"]]
    assert len(snapshot.incidents) == len(listed)
    for (row, planned), incident in zip(listed, snapshot.incidents, strict=True):
        messages = row["messages"]
        assert (incident.id, incident.title) == (row["_id"], row["name"].strip())
        assert incident.phase == (planned or STATES[messages[-1]["state"]])
        assert incident.started == datetime.fromisoformat(row.get("datetime_planned_start") or row["datetime_open"])
        assert incident.level == Level[WORDS[messages[-1]["status"]]]
        assert list(incident.components) == [each["_id"] for each in row["components_affected"]]
        assert list(incident.regions) == [each["name"] for each in row["containers_affected"]]
        words = OF_MAINTENANCE if planned else STATES
        assert [(u.at, u.phase, u.text) for u in incident.updates] == [
            (datetime.fromisoformat(each["datetime"]), words[each["state"]], said(each["details"])) for each in messages
        ]
    levels = [Level[WORDS[raw["status_overall"]["status_code"]]]]
    levels += [Level[WORDS[row["messages"][-1]["status"]]] for row in raw["incidents"]]
    assert snapshot.level == max(levels)
