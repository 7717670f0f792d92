"""Instatus: a state in two answers and a feed, or in the page's HTML, and what its own word hides."""

from __future__ import annotations

import json
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

INSTATUS = BY_KIND["instatus"]
SUMMARY, COMPONENTS, FEED, HTML = (
    page(name)
    for name in ("instatus/summary.json", "instatus/components.json", "feeds/instatus.atom", "instatus/page.html")
)
QUIET = {"page": {"name": "Harbour", "url": "https://status.harbour.example", "status": "UP"}}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def components(*said: str) -> dict[str, object]:
    return {"components": [{"id": f"c{n}", "name": f"C{n}", "status": each} for n, each in enumerate(said)]}


def test_quiet() -> None:
    snapshot = read(body(QUIET), "instatus")
    assert (snapshot.level, snapshot.status_text, snapshot.components, snapshot.incidents) == (
        Level.OPERATIONAL,
        "UP",
        (),
        (),
    )


def test_a_group_is_no_component() -> None:
    assert [(c.label, c.level) for c in read(COMPONENTS, "instatus").components] == [
        ("Europe / Quay & Crane", Level.MAJOR_OUTAGE),
        ("Europe / Login", Level.OPERATIONAL),
        ("Ferry", Level.MAINTENANCE),
        ("Lighthouse", None),
    ]
    assert [(c.label, c.level) for c in read(page("instatus/components_of_the_docs.json"), "instatus").components] == [
        ("Ferry", Level.OPERATIONAL),
        ("Europe / Login", Level.DEGRADED),
    ]


def test_incidents_get_texts_and_components_from_the_feed() -> None:
    snapshot = INSTATUS.parse(ACME, (SUMMARY, COMPONENTS, FEED), NOW)
    slow, gulls = snapshot.incidents[:2]
    assert (slow.phase, slow.impact, slow.level) == (Phase.MONITORING, Impact.MAJOR, Level.MAJOR_OUTAGE)
    assert (slow.started, slow.components) == (utc("2026-06-03T11:02:11.105"), ("cm00000000000000000000aa1",))
    assert [(u.at, u.phase, u.text) for u in slow.updates] == [
        (utc("2026-06-03T11:02:11"), Phase.INVESTIGATING, "We look at the cranes."),
        (utc("2026-06-03T12:30"), Phase.MONITORING, "We wait."),
    ]
    assert (gulls.title, gulls.started, gulls.level) == ("Gulls & ropes", utc("2026-06-03T11:00"), Level.OPERATIONAL)
    assert gulls.updates == ()


def test_without_feed_or_components_the_rest_is_told() -> None:
    snapshot = INSTATUS.parse(ACME, (SUMMARY,), NOW)
    assert (snapshot.level, snapshot.status_text) == (Level.PARTIAL_OUTAGE, "HASISSUES")
    assert [(i.updates, i.components) for i in snapshot.incidents] == [((), ())] * 4


def test_maintenances() -> None:
    planned, running = read(SUMMARY, "instatus").incidents[2:]
    assert (planned.kind, planned.phase, planned.effective_level) == (
        IncidentKind.MAINTENANCE,
        Phase.SCHEDULED,
        Level.OPERATIONAL,
    )
    assert (planned.started, planned.planned_end) == (utc("2026-06-09T23:00"), utc("2026-06-10T00:30"))
    assert (running.phase, running.effective_level) == (Phase.IN_PROGRESS, Level.MAINTENANCE)


def test_the_html_page_carries_all_of_it() -> None:
    snapshot = read(HTML, "instatus")
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "SOMEMAJOROUTAGE")
    assert [(c.label, c.level) for c in snapshot.components] == [
        ("Europe / Quay & Crane", Level.MAJOR_OUTAGE),
        ("Ferry", Level.MAINTENANCE),
    ]
    slow, paint, fog = snapshot.incidents
    assert [(u.id[-4:], u.phase, u.text) for u in slow.updates] == [
        ("upd1", Phase.INVESTIGATING, "We look at the cranes."),
        ("upd2", Phase.MONITORING, "We wait."),
    ]
    assert (paint.kind, paint.planned_end) == (IncidentKind.MAINTENANCE, utc("2026-06-03T11:00"))
    assert (fog.phase, fog.resolved, fog.level) == (Phase.RESOLVED, utc("2026-05-01T12:00"), Level.PARTIAL_OUTAGE)


def test_the_feed_tells_what_is_over() -> None:
    history = INSTATUS.parse_history(ACME, (FEED,))
    slow, quay = history.incidents
    assert history.complete_since == utc("2026-05-20T08:00")
    assert [u.id for u in slow.updates] == [
        u.id for u in INSTATUS.parse(ACME, (SUMMARY, FEED), NOW).incidents[0].updates
    ]
    assert (quay.kind, quay.phase, quay.resolved) == (
        IncidentKind.MAINTENANCE,
        Phase.COMPLETED,
        utc("2026-05-20T09:42"),
    )
    assert [(u.at, u.phase, u.text) for u in quay.updates] == [
        (utc("2026-05-20T08:00:30"), Phase.IN_PROGRESS, "We take it down."),
        (utc("2026-05-20T09:42"), Phase.COMPLETED, "Gone."),
    ]


@pytest.mark.parametrize(
    ("word", "said", "level"),
    [
        ("UP", ["MAJOROUTAGE"], Level.MAJOR_OUTAGE),
        ("UP", ["FLICKERING"], None),
        ("HASISSUES", [], None),
        ("HASISSUES", ["MINOROUTAGE", "OPERATIONAL"], Level.PARTIAL_OUTAGE),
        ("HASISSUES", ["DEGRADEDPERFORMANCE"], Level.DEGRADED),
        ("HASISSUES", ["FLICKERING"], None),
        # The page contradicts itself; it is not for us to call it green.
        ("HASISSUES", ["OPERATIONAL"], Level.DEGRADED),
        ("UNDERMAINTENANCE", [], Level.MAINTENANCE),
        ("ALLDEGRADEDPERFORMANCE", [], Level.DEGRADED),
        ("WOBBLY", [], None),
    ],
)
def test_components_outweigh_the_pages_own_word(word: str, said: list[str], level: Level | None) -> None:
    state = body({"page": {"name": "A", "url": "https://a.example", "status": word}})
    bodies = (state, body(components(*said))) if said else (state,)
    assert INSTATUS.parse(ACME, bodies, NOW).level == level


def test_unknown_words_of_an_incident_are_not_green() -> None:
    row = {"id": "i1", "name": "x", "started": "2026-06-03T11:00:00Z", "status": "WOBBLY", "impact": "ODD"}
    found = read(body(QUIET | {"activeIncidents": [row]}), "instatus")
    assert (found.level, found.incidents[0].phase, found.incidents[0].impact) == (None, None, None)


def test_it_answers_on_statuspages_path_too() -> None:
    given = Body("https://status.harbour.example/api/v2/summary.json", SUMMARY.content)
    assert recognise(given) == "instatus"


@pytest.mark.parametrize(
    "value",
    [
        {"components": []},
        [],
        {"page": {"status": "up"}},
        {"page": {"id": "x"}, "status": {"indicator": "none"}},
        QUIET | {"activeIncidents": {}},
        QUIET | {"activeIncidents": [{"id": "i1", "status": "MONITORING"}]},
        {"components": [{"id": "c1", "status": "operational"}]},
        FEED.content,
        HTML.content[:-2],
    ],
)
def test_what_cannot_be_read_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "instatus")


def test_what_is_asked_for() -> None:
    root = "https://status.harbour.example"
    asked = (f"{root}/summary.json", f"{root}/v2/components.json", f"{root}/history.atom")
    for url in (root, f"{root}/", f"{root}/v3/summary.json", f"{root}/history.rss"):
        assert INSTATUS.state_urls(url) == asked
    assert INSTATUS.partial


@pytest.mark.parametrize("children", [None, [], "c1"])
def test_a_parent_without_children_stands_for_itself(children: object) -> None:
    europe = {"id": "p1", "name": "Europe", "status": "MAJOROUTAGE", "isParent": True, "children": children}
    snapshot = read([europe, {"id": "c2", "name": "Ferry", "status": "OPERATIONAL"}], "instatus")
    assert [(c.id, c.group, c.level) for c in snapshot.components] == [
        ("p1", None, Level.MAJOR_OUTAGE),
        ("c2", None, Level.OPERATIONAL),
    ]
    assert snapshot.level is Level.MAJOR_OUTAGE


def test_links_are_made_from_the_host_that_html_tells() -> None:
    told = {
        "id": "cl0",
        "name": "Quay",
        "status": "MONITORING",
        "impact": "OPERATIONAL",
        "started": "2026-06-01T09:00:00Z",
    }
    planned = {"id": "cm0", "name": "Rails", "status": "NOTSTARTEDYET", "start": "2026-08-01T09:00:00Z", "duration": 60}
    site: dict[str, object] = {"mainStatus": "UP", "subdomain": "harbour", "customDomain": None, "components": []}

    def links(**changes: object) -> list[str | None]:
        page = {"site": site | changes, "activeIncidents": [told], "activeMaintenances": [planned]}
        return [incident.url for incident in read(page, "instatus").incidents]

    own, shared = "https://status.harbour.example", "https://harbour.instatus.com"
    assert links() == [f"{shared}/incident/cl0", f"{shared}/maintenance/cm0"]
    assert links(customDomain="status.harbour.example") == [f"{own}/incident/cl0", f"{own}/maintenance/cm0"]
    assert links(customDomain="not a host") == [None, None]
    assert links(subdomain="") == [None, None]


# --- recorded -------------------------------------------------------------------------------------------------------

LEVELS = {"OPERATIONAL": Level.OPERATIONAL, "MAJOROUTAGE": Level.MAJOR_OUTAGE}


def parsed(path: Path) -> tuple[Any, Any]:
    given = Body(str(path), path.read_bytes())
    assert recognise(given) == "instatus"
    return json.loads(given.content) if path.suffix == ".json" else None, INSTATUS.parse(Slug("acme"), (given,), NOW)


@needs_pages
@pytest.mark.parametrize("path", recorded("examples/instatus/summary*.json"), ids=lambda path: path.name)
def test_recorded_summaries(path: Path) -> None:
    raw, snapshot = parsed(path)
    listed = [*raw.get("activeIncidents", []), *raw.get("activeMaintenances", [])]
    assert [(i.id, i.title, i.url) for i in snapshot.incidents] == [(r["id"], r["name"], r["url"]) for r in listed]
    assert [i.started for i in snapshot.incidents] == [
        datetime.fromisoformat(row.get("started") or row["start"]) for row in listed
    ]
    impacts = [LEVELS[row["impact"]] for row in raw.get("activeIncidents", [])]
    assert snapshot.level == max([Level.OPERATIONAL, *impacts])


@needs_pages
@pytest.mark.parametrize("path", recorded("examples/instatus/components*.json"), ids=lambda path: path.name)
def test_recorded_components(path: Path) -> None:
    raw, snapshot = parsed(path)
    assert snapshot.components == tuple(
        Component(row["id"], row["name"], LEVELS[row["status"]]) for row in raw["components"]
    )


@needs_pages
@pytest.mark.parametrize("path", recorded("instatus/*"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    raw = json.loads(next(iter(path.parent.glob("*.embedded.json"))).read_bytes())
    _, snapshot = parsed(path)
    shown = sorted(raw["site"]["components"], key=lambda row: int(row["order"]))
    assert snapshot.components == tuple(
        Component(row["id"], row["name"]["default"], LEVELS[row["status"]]) for row in shown
    )
    assert (snapshot.level, snapshot.status_text) == (Level.OPERATIONAL, raw["site"]["mainStatus"])
    assert not any(incident.is_open for incident in snapshot.incidents)
    assert [i.phase for i in snapshot.incidents] == [Phase.RESOLVED] * (3 if path.suffix == ".html" else 0)
