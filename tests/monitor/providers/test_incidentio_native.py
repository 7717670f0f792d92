"""incident.io's own formats: the page's JSON, the same in its HTML, the widget's, and all of them joined."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase, Slug
from bot.monitor.detect import recognise
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, body, page, read
from tests.shelf import needs_pages, recorded

INCIDENTIO = BY_KIND["incidentio"]
SUMMARY, NATIVE, HTML, WIDGET = (
    page(f"incidentio/{name}") for name in ("summary.json", "native.json", "page.html", "widget.json")
)


def native(**changes: object) -> dict[str, Any]:
    found = json.loads(NATIVE.content)
    found["summary"] |= changes
    return dict(found)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_quiet() -> None:
    quiet = native(affected_components=[], ongoing_incidents=[], scheduled_maintenances=[])
    snapshot = read(body(quiet), "incidentio")
    assert (snapshot.level, snapshot.incidents) == (Level.OPERATIONAL, ())
    assert {c.level for c in snapshot.components} == {Level.OPERATIONAL}


def test_components_stand_in_groups_and_are_green_unless_named() -> None:
    found = read(NATIVE, "incidentio").components
    assert [(c.id[-2:], c.label, c.level, c.hidden_when_ok) for c in found] == [
        ("A1", "Passengers / Login", Level.OPERATIONAL, False),
        ("A2", "Drivers & crew / Login", Level.MAJOR_OUTAGE, True),
        ("A3", "Depot", Level.DEGRADED, False),
        ("A4", "Ticket machines", Level.OPERATIONAL, False),
    ]


def test_an_incident_with_several_updates() -> None:
    still = read(NATIVE, "incidentio").incidents[0]
    assert (still.kind, still.phase, still.impact) == (IncidentKind.INCIDENT, Phase.MONITORING, None)
    assert still.level is Level.MAJOR_OUTAGE
    assert [each[-2:] for each in still.components] == ["A2", "A3"]
    assert still.started == utc("2026-04-15T09:43:28.123")
    assert still.url == "https://status.tramway.example/incidents/01HZZZZZZZ00000000000000B1"
    assert [(u.id[-2:], u.phase, u.text) for u in still.updates] == [
        ("C1", Phase.INVESTIGATING, "We look at the trams.\n\nSorry."),
        ("C2", Phase.RESOLVED, "Resolved, we thought."),
        ("C3", Phase.MONITORING, "Back again; costs $5 & <1 hour."),
    ]


def test_a_maintenance_has_its_planned_window() -> None:
    rails = read(NATIVE, "incidentio").incidents[1]
    assert (rails.kind, rails.phase, rails.impact) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED, Impact.MAINTENANCE)
    assert (rails.started, rails.planned_end) == (utc("2026-04-20T22:00"), utc("2026-04-21T04:00"))
    assert rails.effective_level is Level.OPERATIONAL


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        # All has recovered while the incident goes on: grey on the page, and no reason to be red.
        ({"affected_components": [{"component_id": "a", "status": "full_outage", "current_status": "operational"}]}, 0),
        ({"affected_components": []}, 4),
        ({"affected_components": [], "status_summaries": [{"worst_component_status": "operational"}]}, 0),
        ({"affected_components": [], "status_summaries": []}, None),
        ({"affected_components": [{"component_id": "a", "status": "wobbly"}]}, None),
        ({"status": "wobbly"}, None),
    ],
)
def test_an_incident_weighs_what_is_affected_now(changes: dict[str, object], level: int | None) -> None:
    row = native()["summary"]["ongoing_incidents"][0] | {"status": "identified"} | changes
    given = native(affected_components=[], ongoing_incidents=[row], scheduled_maintenances=[])
    assert read(body(given), "incidentio").level == level


def test_the_html_page_tells_the_same_and_what_is_over() -> None:
    given, found = read(NATIVE, "incidentio"), read(HTML, "incidentio")
    assert (found.level, found.components, found.incidents[:2]) == (given.level, given.components, given.incidents)
    over = found.incidents[2]
    assert (over.phase, over.resolved, over.level) == (
        Phase.POSTMORTEM,
        utc("2026-04-01T11:00"),
        Level.PARTIAL_OUTAGE,
    )
    assert over.updates[1].text.startswith(
        'It is over, and nothing was lost; it took 3 hours. Ünder the bridge:\n1:"not'
    )


def test_the_widget_tells_the_newest_text() -> None:
    snapshot = read(WIDGET, "incidentio")
    assert [(c.label, c.level) for c in snapshot.components] == [
        ("Drivers / Login", Level.PARTIAL_OUTAGE),
        ("Depot", Level.MAINTENANCE),
    ]
    still, roof, rails = snapshot.incidents
    assert (still.phase, still.level, still.title) == (Phase.IDENTIFIED, Level.PARTIAL_OUTAGE, "Trams stand still")
    # The widget tells no start, but its ids hold the time at which they were made.
    assert still.started == utc("2026-04-15T09:43:28.453")
    assert [(u.id, u.at, u.text) for u in still.updates] == [
        (f"{still.id}:20260415T180000Z.01", utc("2026-04-15T18:00"), "A wire is down.")
    ]
    assert (roof.phase, roof.started, roof.planned_end) == (
        Phase.IN_PROGRESS,
        utc("2026-04-15T07:00"),
        utc("2026-04-16T07:00"),
    )
    assert (rails.phase, rails.started, rails.planned_end) == (
        Phase.SCHEDULED,
        utc("2026-04-20T22:00"),
        utc("2026-04-21T04:00"),
    )
    assert snapshot.level is Level.PARTIAL_OUTAGE


def test_a_quiet_widget_is_green() -> None:
    quiet = {"page_title": "A", "page_url": "https://a.example/", "ongoing_incidents": []}
    assert read(body(quiet), "incidentio").level is Level.OPERATIONAL


def test_the_shared_format_tells_state_and_impact_and_the_native_one_the_rest() -> None:
    shared, own = read(SUMMARY, "incidentio"), read(NATIVE, "incidentio")
    both = INCIDENTIO.parse(ACME, (SUMMARY, NATIVE), NOW)
    assert (both.status_text, both.page_updated_at) == (shared.status_text, shared.page_updated_at)
    assert both.components == own.components
    assert both.incidents == (replace(own.incidents[0], impact=Impact.MINOR), own.incidents[1])
    assert INCIDENTIO.parse(ACME, (SUMMARY,), NOW) == shared
    assert INCIDENTIO.parse(ACME, (NATIVE,), NOW) == own


def test_a_state_that_the_native_format_does_not_explain_is_not_lost() -> None:
    quiet = body(native(affected_components=[], ongoing_incidents=[], scheduled_maintenances=[]))
    assert INCIDENTIO.parse(ACME, (SUMMARY, quiet), NOW).level is Level.MAJOR_OUTAGE


def test_ended_incidents_get_their_texts_from_the_page() -> None:
    row = {
        "id": "01HZZZZZZZ00000000000000B9",
        "name": "Old trouble",
        "status": "resolved",
        "impact": "major",
        "created_at": "2026-04-01T08:00:00Z",
        "resolved_at": "2026-04-01T11:00:00Z",
        "incident_updates": [],
    }
    lists = body({"page": {"id": "01HZZZZZZZ0000000000000000"}, "incidents": [row]})
    history = INCIDENTIO.parse_history(ACME, (lists, HTML))
    assert [(i.impact, len(i.updates)) for i in history.incidents] == [(Impact.MAJOR, 2)]
    bare = INCIDENTIO.parse_history(ACME, (lists, replace(HTML, content=HTML.content[:900])))
    assert [len(i.updates) for i in bare.incidents] == [0]


def test_what_is_asked_for() -> None:
    assert INCIDENTIO.partial
    assert INCIDENTIO.state_urls("https://status.tramway.example/") == (
        "https://status.tramway.example/api/v2/summary.json",
        "https://status.tramway.example/proxy/status.tramway.example",
    )
    assert INCIDENTIO.state_urls("https://statuspage.incident.io/tramway")[1] == (
        "https://statuspage.incident.io/proxy/tramway"
    )
    assert INCIDENTIO.history_urls("https://status.tramway.example")[-1] == "https://status.tramway.example/"


@pytest.mark.parametrize(
    "value",
    [
        native(ongoing_incidents={}),
        native(components="x"),
        native(ongoing_incidents=[{"id": "x", "name": "no time", "updates": []}]),
        {"page_title": "A", "ongoing_incidents": [{"id": "x"}]},
        HTML.content[:-3],
        HTML.content.replace(b"1c:T", b"1d:T"),
        HTML.content.replace(b"ongoing_incidents", b"other"),
    ],
)
def test_what_cannot_be_read_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "incidentio")


def test_a_list_of_incidents_alone_tells_no_state() -> None:
    told = json.loads(page("incidentio/native.json").content)["summary"]["ongoing_incidents"]
    over = [row | {"status": "resolved", "component_impacts": []} for row in told if row["type"] == "incident"]
    snapshot = read({"incidents": over}, "incidentio")
    assert recognise(body({"incidents": over})) == "incidentio"
    assert (snapshot.level, snapshot.components) == (None, ())
    assert [(i.id, i.phase, len(i.updates)) for i in snapshot.incidents] == [
        (row["id"], Phase.RESOLVED, len(row["updates"])) for row in over
    ]


def test_pages_below_this_one_are_parts_of_it() -> None:
    html = page("incidentio/page.html").content
    below = [
        {"id": "01HZZZZZZZ00000000000000P1", "name": "Harbour &amp; quay", "worst_component_status": "partial_outage"},
        {"id": "01HZZZZZZZ00000000000000P2", "name": "Hills", "worst_component_status": "operational"},
        {"id": "01HZZZZZZZ00000000000000P3", "name": "Lake", "worst_component_status": "frozen"},
    ]
    told = json.dumps(f'ff:["$","$L1c",null,{json.dumps({"initialSubpages": below})}]\n')
    parent = html.replace(b"</body>", f"<script>self.__next_f.push([1,{told}])</script></body>".encode())
    found = read(Body("https://status.tramway.example/", parent), "incidentio").components
    assert [(c.id[-2:], c.name, c.group, c.level) for c in found][:4] == [
        ("P1", "Harbour & quay", None, Level.PARTIAL_OUTAGE),
        ("P2", "Hills", None, Level.OPERATIONAL),
        ("P3", "Lake", None, None),
        ("A1", "Login", "Passengers", Level.OPERATIONAL),
    ]
    assert [c.id[-2:] for c in found][3:] == [
        c.id[-2:] for c in read(Body("https://status.tramway.example/", html), "incidentio").components
    ]


# --- recorded -------------------------------------------------------------------------------------------------------

LEVELS = {
    "operational": Level.OPERATIONAL,
    "under_maintenance": Level.MAINTENANCE,
    "degraded_performance": Level.DEGRADED,
    "partial_outage": Level.PARTIAL_OUTAGE,
    "full_outage": Level.MAJOR_OUTAGE,
}


@needs_pages
@pytest.mark.parametrize("path", recorded("incidentio/*.embedded.json"), ids=lambda path: path.name)
@pytest.mark.parametrize("suffix", [".embedded.json", ".html"])
def test_recorded_pages(path: Path, suffix: str) -> None:
    raw = json.loads(path.read_bytes())["summary"]
    file = path.with_name(path.name.replace(".embedded.json", suffix))
    given = Body(str(file), file.read_bytes())
    assert recognise(given) == "incidentio"
    snapshot = INCIDENTIO.parse(Slug("acme"), (given,), NOW)
    affected = {each["component_id"]: LEVELS[each["status"]] for each in raw["affected_components"]}
    names = {each["id"]: each["name"] for each in raw["components"]}
    order = [item["component"]["component_id"] for item in raw["structure"]["items"]]
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        (key, names[key], affected.get(key, Level.OPERATIONAL)) for key in order
    ]
    assert set(order) == names.keys()
    assert snapshot.level == max([*affected.values(), Level.OPERATIONAL])
    open_now = [incident for incident in snapshot.incidents if incident.is_open]
    assert [i.id for i in open_now] == [row["id"] for row in raw["ongoing_incidents"]]
    for row, incident in zip(raw["ongoing_incidents"], open_now, strict=True):
        assert (incident.title, incident.phase) == (row["name"], row["status"])
        assert incident.started == datetime.fromisoformat(row["published_at"])
        assert list(incident.components) == [each["component_id"] for each in row["affected_components"]]
        assert incident.level == max(LEVELS[each["current_status"]] for each in row["affected_components"])
        assert incident.url == f"{raw['public_url']}incidents/{row['id']}"
        assert [(u.id, u.phase, u.at, u.text) for u in incident.updates] == [
            (
                each["id"],
                each["to_status"],
                datetime.fromisoformat(each["published_at"]),
                each["message_string"].strip(),
            )
            for each in row["updates"]
        ]
    assert bool(len(snapshot.incidents) - len(open_now)) is (file.name == "linear_good.html")


@needs_pages
@pytest.mark.parametrize("path", recorded("incidentio/linear_good.html"), ids=lambda path: path.name)
def test_the_recorded_page_tells_what_is_over(path: Path) -> None:
    snapshot = INCIDENTIO.parse(Slug("acme"), (Body(str(path), path.read_bytes()),), NOW)
    assert {incident.phase for incident in snapshot.incidents} == {Phase.RESOLVED}
    links = json.loads(path.with_name("linear_good.embedded.json").read_bytes())["incident_links"]
    titles = {link["id"]: (link["name"], datetime.fromisoformat(link["published_at"])) for link in links}
    assert len(snapshot.incidents) == 6
    for incident in snapshot.incidents:
        title, published = titles[incident.id]
        assert (incident.title, incident.started) == (title, min(published, incident.updates[0].at))
    assert all(incident.updates[-1].at == incident.resolved for incident in snapshot.incidents)


@needs_pages
@pytest.mark.parametrize("path", recorded("examples/incidentio/widget*.json"), ids=lambda path: path.name)
def test_the_recorded_widget(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    snapshot = INCIDENTIO.parse(Slug("acme"), (Body(str(path), path.read_bytes()),), NOW)
    lists = ("ongoing_incidents", "in_progress_maintenances", "scheduled_maintenances")
    listed = [row for key in lists for row in raw[key]]
    assert [(i.id, i.title, i.url) for i in snapshot.incidents] == [(r["id"], r["name"], r["url"]) for r in listed]
    assert [i.updates[0].at for i in snapshot.incidents] == [
        datetime.fromisoformat(row["last_update_at"]) for row in listed
    ]
    assert snapshot.level is Level.PARTIAL_OUTAGE
