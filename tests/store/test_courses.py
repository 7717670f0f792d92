"""How incidents stood over time, as it is kept and read back."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import IncidentCourse, IncidentKind, Level, Phase
from bot.store import Store
from bot.store.values import PageMove
from tests.store.given import ACME, API, NOON, WEB, Route, at, catalog, incident, reading, resolved, update

FIRST, SECOND = update("u1", 0, "Slow."), update("u2", 10, "Slower.", Phase.IDENTIFIED)


def courses(store: Store, minutes: float = 0) -> dict[str, IncidentCourse]:
    _, found = store.courses.of_vendor(ACME, at(minutes), 100)
    return {course.record.incident.id: course for course in found}


def test_each_change_is_a_state_with_the_texts_of_its_time(store: Store) -> None:
    catalog(store)
    opened = incident("inc1", FIRST, level=Level.DEGRADED)
    worse = replace(opened, level=Level.PARTIAL_OUTAGE, phase=Phase.IDENTIFIED, updates=(FIRST, SECOND))
    edited = replace(worse, components=("c1", "c2"), updates=(replace(FIRST, text="Very slow."), SECOND))
    over = replace(resolved(replace(edited, updates=(SECOND,)), 30), title="API was slow")
    for minutes, stands in ((0, opened), (10, worse), (20, edited), (30, over)):
        store.records.record(reading(stands, minutes=minutes), Route())
    course = courses(store)["inc1"]
    assert course.record.incident == over
    assert [state.at for state in course.states] == [at(0), at(10), at(20), at(30)]
    assert [(s.incident.title, s.incident.phase, s.incident.level, s.incident.components) for s in course.states] == [
        ("API errors", Phase.INVESTIGATING, Level.DEGRADED, ("c1",)),
        ("API errors", Phase.IDENTIFIED, Level.PARTIAL_OUTAGE, ("c1",)),
        ("API errors", Phase.IDENTIFIED, Level.PARTIAL_OUTAGE, ("c1", "c2")),
        ("API was slow", Phase.RESOLVED, Level.PARTIAL_OUTAGE, ("c1", "c2")),
    ]
    assert [[u.text for u in s.incident.updates] for s in course.states] == [
        ["Slow."],
        ["Slow.", "Slower."],
        ["Very slow.", "Slower."],
        ["Slower.", "All is well."],
    ]


def test_what_channels_were_not_asked_about_has_no_states_until_it_opens_again(store: Store) -> None:
    catalog(store)
    over = resolved(incident(), 5)
    store.records.record(reading(over, announce=(), minutes=60), Route())
    assert [course.states for course in courses(store).values()] == [()]
    again = replace(over, phase=Phase.INVESTIGATING, resolved=None, updates=(*over.updates, update("u3", 90)))
    store.records.record(reading(again, announce=(), minutes=90), Route())
    ended = replace(again, phase=Phase.RESOLVED, resolved=at(100))
    store.records.record(reading(ended, announce=(), minutes=100), Route())
    assert [(state.at, state.offered) for state in courses(store)["inc1"].states] == [(at(90), True), (at(100), False)]


def test_an_episode_that_becomes_part_of_an_incident_says_of_which_and_when(store: Store) -> None:
    catalog(store)
    episode = replace(incident("episode-1"), kind=IncidentKind.EPISODE)
    store.records.record(reading(episode), Route())
    store.records.record(reading(incident("inc1", minutes=5), minutes=6, merged=(("episode-1", "inc1"),)), Route())
    states = courses(store)["episode-1"].states
    assert [(state.at, state.offered, state.merged_into) for state in states] == [
        (at(0), True, None),
        (at(6), False, "inc1"),
    ]
    assert states[1].incident == states[0].incident
    assert not states[0].incident.explained_by


def test_what_is_long_over_is_left_out_and_the_newest_come_first(store: Store) -> None:
    catalog(store)
    old, ended, new = (
        resolved(incident("old"), 10),
        resolved(incident("ended", minutes=5), 50),
        incident("new", minutes=7),
    )
    store.records.record(reading(old, ended, new, minutes=60), Route())
    assert list(courses(store, 40)) == ["new", "ended"]
    assert [c.record.incident.id for c in store.courses.of_vendor(ACME, at(40), 1)[1]] == ["new"]


def test_parts_that_left_the_page_are_still_named(store: Store) -> None:
    catalog(store)
    store.records.record(reading(incident(), components=(API, WEB)), Route())
    store.records.record(reading(components=(WEB,), minutes=5), Route())
    assert set(store.courses.of_vendor(ACME, NOON, 100)[0]) == {"c1", "c2"}


def test_states_go_on_under_the_new_ids_of_a_page_that_moved(store: Store) -> None:
    catalog(store)
    store.records.record(reading(incident("inc1", FIRST, SECOND)), Route())
    updates = {"new1": {"u1": ("n-u1",), "u2": ("n-u2",)}}
    moved = PageMove({"c1": "n1"}, {"inc1": "new1"}, updates, (), lambda wanted: (wanted, ()))
    here = replace(incident("new1", replace(FIRST, id="n-u1"), replace(SECOND, id="n-u2")), components=("n1",))
    store.records.record(replace(reading(here, minutes=20, components=(replace(API, id="n1"),)), move=moved), Route())
    first, second = courses(store)["new1"].states
    assert (first.incident.components, [u.text for u in first.incident.updates]) == (("n1",), ["Slow.", "Slower."])
    assert second.incident == here
