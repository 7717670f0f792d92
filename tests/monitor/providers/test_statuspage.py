"""Atlassian's pages: what each part of a body means, and that no part of it makes a page look better than it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Component, Impact, IncidentKind, Level, Phase
from bot.monitor.parsing.assemble import EPOCH
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, PAGES, Row, body, component, incident, page, post, read, summary

PROVIDER = BY_KIND["statuspage"]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_components_stand_as_the_page_shows_them() -> None:
    found = read(page("statuspage/summary.json")).components
    assert [(c.label, c.level) for c in found] == [
        ("Website", Level.OPERATIONAL),
        ("America / Login", Level.OPERATIONAL),
        ("Europe / Quay & Crane", Level.DEGRADED),
        ("Europe / Login", Level.OPERATIONAL),
        ("Lighthouse", Level.OPERATIONAL),
        ("Ferry", None),
    ]
    assert [c.name for c in found if c.hidden_when_ok] == ["Lighthouse"]


def test_an_incident_is_read_whole() -> None:
    snapshot = read(page("statuspage/summary.json"))
    found = snapshot.incident("inci00000001")
    assert found is not None
    assert (found.vendor, found.kind, found.phase, found.impact) == (
        ACME,
        IncidentKind.INCIDENT,
        Phase.IDENTIFIED,
        Impact.MINOR,
    )
    assert found.started == utc("2026-06-03T11:02:11.105")
    assert (found.resolved, found.planned_end) == (None, None)
    assert found.url == "http://stspg.example/abc"
    assert found.components == ("aaaa00000003",)
    assert [(u.id, u.at, u.text) for u in found.updates] == [
        ("updt00000002", utc("2026-06-03T10:45"), "Back-dated by hand."),
        ("updt00000001", utc("2026-06-03T11:02:11.2"), "We look at the cranes."),
        ("updt00000003", utc("2026-06-03T12:00"), "A winch is worn.\n\nWe fetch another;\nit takes <1 hour."),
    ]


def test_maintenances_have_their_planned_times_and_what_their_updates_name() -> None:
    snapshot = read(page("statuspage/summary.json"))
    planned, running = snapshot.incidents[1:]
    assert planned.kind is running.kind is IncidentKind.MAINTENANCE
    assert (planned.started, planned.planned_end) == (utc("2026-06-09T23:00"), utc("2026-06-10T03:00"))
    assert planned.components == ("aaaa00000001", "aaaa00000004")
    assert (planned.effective_level, running.effective_level) == (Level.OPERATIONAL, Level.MAINTENANCE)
    assert running.phase is Phase.IN_PROGRESS
    assert running.url == "https://status.harbour.example/incidents/main00000002"


def test_the_page_speaks_for_itself() -> None:
    snapshot = read(page("statuspage/summary.json"))
    assert snapshot.status_text == "Partially Degraded Service"
    assert snapshot.page_updated_at == "2026-06-03T14:20:00.250+02:00"
    assert snapshot.complete_since is None


def test_a_webhook_tells_its_incident_and_the_state() -> None:
    snapshot = read(page("statuspage/webhook.json"))
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "Major System Outage")
    (storm,) = snapshot.incidents
    assert (storm.id, storm.kind, storm.components) == ("inci00000009", IncidentKind.INCIDENT, ("aaaa00000001",))
    told = {"page": {"id": "q7h2m4x9c1zd"}, "component": component("c1", "partial_outage"), "component_update": {}}
    assert read(told).components == (Component("c1", "C1", Level.PARTIAL_OUTAGE),)


def test_history_keeps_ends_apart_from_reopenings_and_postmortems() -> None:
    history = PROVIDER.parse_history(
        ACME, (page("statuspage/incidents.json"), page("statuspage/scheduled-maintenances.json"))
    )
    fog, closed, dredging = history.incidents
    assert (fog.phase, fog.resolved, fog.is_open) == (Phase.MONITORING, None, True)
    assert (closed.phase, closed.resolved) == (Phase.POSTMORTEM, utc("2026-06-08T03:30"))
    assert (dredging.kind, dredging.resolved) == (IncidentKind.MAINTENANCE, utc("2026-06-03T09:15"))
    assert history.complete_since == EPOCH


def listing(count: int, **changes: object) -> Row:
    rows = [
        incident(f"i{n}", "resolved", started_at=f"2026-06-{n // 2 + 1:02}T00:00:00Z", created_at=None) | changes
        for n in range(count, 0, -1)
    ]
    return {"page": {"id": "q7h2m4x9c1zd"}, "incidents": rows}


NO_MAINTENANCES: Row = {"page": {"id": "q7h2m4x9c1zd"}, "scheduled_maintenances": []}


def test_fifty_incidents_are_all_since_the_oldest_and_fewer_are_all_there_ever_were() -> None:
    def since(count: int, **changes: object) -> datetime | None:
        return PROVIDER.parse_history(ACME, (body(listing(count, **changes)), body(NO_MAINTENANCES))).complete_since

    assert since(49) == EPOCH
    assert since(50) == utc("2026-06-01T00:00")
    # Entered afterwards with an early start: the list is sorted by when they were entered, and cut there.
    assert since(50, created_at="2026-06-28T00:00:00Z") == utc("2026-06-28T00:00")


@pytest.mark.parametrize("second", [None, body(b"<html>"), body(b""), body({"error": "not found"})])
def test_history_without_the_maintenances_promises_nothing(second: Body | None) -> None:
    bodies = (page("statuspage/incidents.json"), *([second] if second else []))
    history = PROVIDER.parse_history(ACME, bodies)
    assert len(history.incidents) == 2
    assert history.complete_since is None


@pytest.mark.parametrize("bodies", [(), (body(b"<html>"),), (body({"error": "no"}),), (body(NO_MAINTENANCES),)])
def test_history_needs_the_incidents(bodies: tuple[Body, ...]) -> None:
    with pytest.raises(ParseFailed):
        PROVIDER.parse_history(ACME, bodies)


def test_the_list_alone_is_whole_since_its_oldest_only_if_it_holds_ended_ones() -> None:
    assert read(page("statuspage/incidents.json")).complete_since == utc("2026-06-08T00:00")
    assert read({"page": {"id": "q7h2m4x9c1zd"}, "incidents": [incident("i1")]}).complete_since is None


# --- the level ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, Level.OPERATIONAL),
        ({"components": []}, Level.OPERATIONAL),
        ({"status": {"indicator": "major"}}, Level.PARTIAL_OUTAGE),
        ({"components": [component("c1", "major_outage")]}, Level.MAJOR_OUTAGE),
        ({"incidents": [incident("i1", impact="critical")]}, Level.MAJOR_OUTAGE),
        ({"incidents": [incident("i1", impact="none")]}, Level.OPERATIONAL),
        ({"incidents": [incident("i1", "resolved", "critical")]}, Level.OPERATIONAL),
        ({"scheduled_maintenances": [incident("m1", "verifying", "major")]}, Level.MAINTENANCE),
        ({"scheduled_maintenances": [incident("m1", "scheduled", "major")]}, Level.OPERATIONAL),
        ({"components": [component("g1", "major_outage", group=True)]}, Level.MAJOR_OUTAGE),
        # What cannot be understood is never green, and never an outage.
        ({"status": None}, Level.OPERATIONAL),
        ({"status": None, "components": [component("c1", "wobbly")]}, None),
        ({"status": None, "components": None, "incidents": [incident("i1", "resolved")]}, None),
        ({"status": {"description": "Fine"}}, Level.OPERATIONAL),
        ({"status": {"indicator": ""}, "components": [component("c1", "wobbly")]}, None),
        ({"status": {"indicator": "wobbly"}}, None),
        ({"status": "fine"}, None),
        ({"status": {"indicator": 7}}, None),
        ({"status": {"indicator": "wobbly"}, "components": [component("c1", "partial_outage")]}, Level.PARTIAL_OUTAGE),
        ({"incidents": [incident("i1", "wobbly")]}, None),
        ({"incidents": [incident("i1", "wobbly", "none")]}, Level.OPERATIONAL),
    ],
)
def test_the_level_is_the_worst_that_is_known(changes: Row, level: Level | None) -> None:
    assert read(summary(**changes)).level == level


def test_an_open_incident_weighs_as_much_as_what_it_names() -> None:
    named = incident("i1", components=[{"id": "c1", "status": "operational"}, {"id": "far", "status": "major_outage"}])
    (found,) = read(summary(components=[component("c1", "partial_outage")], incidents=[named])).incidents
    assert found.level is Level.MAJOR_OUTAGE
    named["components"] = [{"id": "c1", "status": "operational"}]
    (found,) = read(summary(components=[component("c1", "partial_outage")], incidents=[named])).incidents
    assert found.level is Level.PARTIAL_OUTAGE


def test_an_ended_incident_does_not_worsen_with_what_happens_later() -> None:
    ended = incident("i1", "resolved", "minor", components=[{"id": "c1", "status": "major_outage"}])
    (found,) = read(summary(components=[component("c1", "major_outage")], incidents=[ended])).incidents
    assert found.level is Level.DEGRADED
    affected = [{"code": "c1", "new_status": "partial_outage"}, {"code": "c1", "new_status": "operational"}]
    ended |= {"impact": None, "incident_updates": [post("u1", affected_components=affected)]}
    (found,) = read(summary(incidents=[ended])).incidents
    assert found.level is Level.PARTIAL_OUTAGE


# --- parts that are odd, missing, or of the wrong type --------------------------------------------------------------


@pytest.mark.parametrize("odd", [None, 7, [], {}, True, "", "wobbly", 1e400])
def test_an_odd_field_costs_itself_alone(odd: object) -> None:
    row = incident("i1") | {"impact": odd, "shortlink": odd, "components": odd, "resolved_at": odd, "updated_at": odd}
    (found,) = read(summary(incidents=[row])).incidents
    assert (found.id, found.phase, found.impact, found.level) == ("i1", Phase.INVESTIGATING, None, None)
    assert found.url == "https://status.acme.example/incidents/i1"
    assert found.components == ()
    odd_post = post("u1", odd, odd, display_at=odd, affected_components=odd)
    (found,) = read(summary(incidents=[incident("i1", incident_updates=[odd, odd_post])])).incidents
    assert [(u.id, u.phase, u.at) for u in found.updates] == [("u1", None, found.started)]
    (found_component,) = read(
        summary(components=[component("c1", odd, position=odd, only_show_if_degraded=odd)])
    ).components
    assert (found_component.id, found_component.level, found_component.hidden_when_ok) == ("c1", None, odd is True)


@pytest.mark.parametrize("gone", ["started_at", "name", "impact", "incident_updates", "status"])
def test_an_absent_field_costs_itself_alone(gone: str) -> None:
    row = incident("i1")
    del row[gone]
    (found,) = read(summary(incidents=[row])).incidents
    assert found.id == "i1"
    assert found.started == utc("2026-06-30T10:00")
    assert found.phase is Phase.INVESTIGATING


def test_a_missing_status_is_the_newest_updates_and_an_unknown_one_is_unknown() -> None:
    row = incident(
        "i1", None, incident_updates=[post("u2", "monitoring", display_at="2026-06-30T11:00:00Z"), post("u1")]
    )
    (found,) = read(summary(incidents=[row])).incidents
    assert found.phase is Phase.MONITORING
    (found,) = read(summary(incidents=[row | {"status": "wobbly"}])).incidents
    assert found.phase is None


@pytest.mark.parametrize(
    "row", [None, 7, "i1", [], incident(""), incident("i1", created_at="x", started_at="y", incident_updates=[])]
)
def test_an_incident_that_cannot_be_held_apart_or_placed_fails_the_reading(row: object) -> None:
    for key in ("incidents", "scheduled_maintenances"):
        with pytest.raises(ParseFailed, match=r"^[A-Z][^\n]*\.$"):
            read(summary(**{key: [row, incident("i2")]}))


def test_such_a_row_is_left_out_when_it_is_over() -> None:
    snapshot = read(summary(incidents=[incident("", "resolved"), incident("i2")]))
    assert [i.id for i in snapshot.incidents] == ["i2"]


@pytest.mark.parametrize("row", [None, 7, "c1", [], {"status": "operational"}])
def test_a_component_without_any_name_fails_the_reading(row: object) -> None:
    with pytest.raises(ParseFailed, match=r"^[A-Z][^\n]*\.$"):
        read(summary(components=[component("c1"), row]))


@pytest.mark.parametrize("key", ["components", "incidents", "scheduled_maintenances"])
def test_lists_may_be_absent_or_null_but_nothing_else(key: str) -> None:
    assert read(summary(**{key: None})).level is not None
    assert read(summary() | {key: None}).level is not None
    with pytest.raises(ParseFailed, match="list"):
        read(summary(**{key: "x"}))


def test_ids_that_come_twice_count_once_and_the_worse_level_stands() -> None:
    twins = [component("c1"), component("c1", "major_outage"), component("c1", "wobbly")]
    snapshot = read(summary(components=twins, incidents=[incident("i1"), incident("i1", "resolved")]))
    assert snapshot.components == (Component("c1", "C1", Level.MAJOR_OUTAGE),)
    assert [(i.id, i.phase) for i in snapshot.incidents] == [("i1", Phase.INVESTIGATING)]


def test_clones_without_ids_are_told_apart_by_name_and_time() -> None:
    nameless = component("c1")
    del nameless["id"]
    bare = [{"status": "identified", "body": "B"}, {"status": "investigating", "body": "A"}]
    posts = [row | {"display_at": "2026-06-30T10:00:00Z"} for row in bare]
    snapshot = read(summary(components=[nameless], incidents=[incident("i1", incident_updates=posts)]))
    assert snapshot.components[0].id == "C1"
    assert [(u.id, u.text) for u in snapshot.incidents[0].updates] == [
        ("i1:20260630T100000Z.01", "A"),
        ("i1:20260630T100000Z.02", "B"),
    ]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "//x", "http://[", "stspg.io/x", "https://a b"])
def test_only_web_addresses_become_links(link: str) -> None:
    (found,) = read(summary(page={"id": "x", "url": link}, incidents=[incident("i/1", shortlink=link)])).incidents
    assert found.url == "https://status.acme.example/incidents/i%2F1"


@pytest.mark.parametrize(
    "time", ["99999-01-01T00:00:00Z", "0000-00-00", "yesterday", "9999-12-31T23:59:59-23:59", 17, ""]
)
def test_an_absurd_time_is_no_time(time: object) -> None:
    (found,) = read(summary(incidents=[incident("i1", started_at=time)])).incidents
    assert found.started == utc("2026-06-30T10:00")


# --- what is asked for ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://status.acme.example",
        "https://status.acme.example/",
        "https://status.acme.example/#",
        "https://status.acme.example/history?page=2",
        "https://status.acme.example/incidents/abc123",
        "https://status.acme.example/api/v2/status.json",
        "https://status.acme.example/history.atom",
    ],
)
def test_every_link_into_a_page_leads_to_its_api(url: str) -> None:
    assert PROVIDER.state_urls(url) == ("https://status.acme.example/api/v2/summary.json",)
    assert PROVIDER.history_urls(url) == (
        "https://status.acme.example/api/v2/incidents.json",
        "https://status.acme.example/api/v2/scheduled-maintenances.json",
    )


def test_a_page_below_a_path_keeps_it() -> None:
    assert PROVIDER.state_urls("https://acme.example/status/") == ("https://acme.example/status/api/v2/summary.json",)


# --- laws -----------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage", "?"]
)


@given(st.lists(WORDS, min_size=1, max_size=6), WORDS)
def test_a_worse_component_never_makes_a_better_page(words: list[str], worse: str) -> None:
    rows = [component(f"c{n}", status) for n, status in enumerate(words)]
    before = read(summary(components=rows)).level
    after = read(summary(components=[*rows, component("new", worse)])).level
    assert before is not None
    assert after is not None
    assert after >= before


@given(st.permutations(range(5)))
def test_updates_stand_oldest_first_however_they_are_listed(order: list[int]) -> None:
    start = utc("2026-06-30T10:00")
    posts = [post(f"u{n}", display_at=(start + timedelta(minutes=n)).isoformat()) for n in order]
    (found,) = read(summary(incidents=[incident("i1", incident_updates=posts)])).incidents
    assert [u.id for u in found.updates] == ["u0", "u1", "u2", "u3", "u4"]


@given(st.permutations(["statuspage/incidents.json", "statuspage/scheduled-maintenances.json"]))
def test_the_order_of_the_history_bodies_tells_nothing(names: list[str]) -> None:
    history = PROVIDER.parse_history(ACME, tuple(page(name) for name in names))
    assert {i.id for i in history.incidents} == {"inci00000002", "inci00000003", "main00000002"}
    assert history.complete_since == EPOCH


def test_every_fixture_is_read_by_its_own_kind() -> None:
    assert [
        path.name for path in PAGES.glob("statuspage/*") if not PROVIDER.recognises(page(f"statuspage/{path.name}"))
    ] == []
