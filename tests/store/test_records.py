"""Records: what a reading leaves behind, and what is told of it later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import (
    EVERY_INCIDENT,
    Component,
    Impact,
    Incident,
    IncidentChoice,
    IncidentKind,
    IncidentPlace,
    Level,
    LevelSpan,
    Phase,
    Revision,
    Slug,
    Update,
)
from bot.store import Store
from tests.store.given import (
    ACME,
    API,
    BOLT,
    NOON,
    WEB,
    Route,
    at,
    catalog,
    incident,
    reading,
    resolved,
    update,
    vendor,
)

_words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_ids = st.text("abcXYZ09:/-_ %", min_size=1, max_size=12)
_times = st.datetimes(timezones=st.just(UTC))
_levels = st.none() | st.sampled_from(Level)
_phases = st.none() | st.sampled_from(Phase)
_updates = st.lists(
    st.builds(Update, _ids, _phases, _times, _words), max_size=4, unique_by=(lambda u: u.id, lambda u: u.at)
).map(lambda updates: tuple(sorted(updates, key=lambda u: u.at)))
_incidents = st.builds(
    Incident,
    vendor=st.just(ACME),
    id=_ids,
    kind=st.sampled_from(IncidentKind),
    title=_words,
    phase=_phases,
    impact=st.none() | st.sampled_from(Impact),
    started=_times,
    resolved=st.none() | _times,
    planned_end=st.none() | _times,
    url=st.none() | _words,
    level=_levels,
    components=st.lists(_ids, max_size=3).map(tuple),
    regions=st.lists(_words, max_size=3).map(tuple),
    updates=_updates,
    vanished=st.booleans(),
)
_readings = st.lists(st.lists(_incidents, max_size=4, unique_by=lambda i: i.id), min_size=1, max_size=3)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(readings=_readings)
def test_what_was_recorded_last_is_what_stands_before_the_next(store: Store, readings: list[list[Incident]]) -> None:
    """Each example in one store, with a page of its own."""
    slug = Slug(f"acme-{store.pages.counts().total}")
    store.pages.sync_catalog([vendor(f"acme-{n}") for n in range(store.pages.counts().total + 1)], NOON, 0)
    expected: dict[str, Incident] = {}
    for minutes, incidents in enumerate(readings):
        mine = [replace(one, vendor=slug) for one in incidents]
        store.records.record(reading(*mine, slug=slug, minutes=minutes), Route())
        expected |= {one.id: one for one in mine}
    before = store.records.before(slug, list(expected), None)
    assert before is not None
    assert {one.id: one for one in before.incidents} == expected


def test_a_page_that_was_never_read_has_nothing_before_it(store: Store) -> None:
    catalog(store)
    assert store.records.before(ACME, ["inc1"], NOON) is None
    assert store.records.before(Slug("nobody"), [], None) is None


def test_before_holds_what_is_open_asked_for_or_recent(store: Store) -> None:
    catalog(store)
    old, asked, recent = (resolved(incident(id, minutes=m), m) for id, m in [("old", -90), ("asked", -80), ("new", -5)])
    gone = replace(incident("gone", minutes=-4), vanished=True)
    going_on = incident("open", minutes=-99)
    store.records.record(reading(old, asked, recent, gone, going_on), Route())

    def before(*ids: str, since: datetime | None = None) -> list[str]:
        snapshot = store.records.before(ACME, ids, since)
        assert snapshot is not None
        return [one.id for one in snapshot.incidents]

    assert before() == ["open"]
    assert before("asked", "nobody") == ["open", "asked"]
    assert before(since=at(-5)) == ["open", "new", "gone"]


def test_components_keep_the_page_s_order_and_leave_with_it(store: Store) -> None:
    catalog(store)
    store.records.record(reading(components=(API, WEB)), Route())
    moved = (Component("c0", "New", None), WEB, replace(API, level=Level.DEGRADED, group=None))
    store.records.record(reading(minutes=1, components=moved), Route())
    before = store.records.before(ACME, [], None)
    assert before is not None
    assert before.components == moved
    store.records.record(reading(minutes=2, components=(WEB,)), Route())
    [state] = store.pages.states([ACME])
    assert state.snapshot is not None
    assert state.snapshot.components == (WEB,)


def test_updates_of_one_time_stand_as_they_were_told(store: Store) -> None:
    catalog(store)
    updates = (update("u9"), update("u10"), update("u1", 1))
    store.records.record(reading(incident("inc1", *updates)), Route())
    [kept] = store.records.before(ACME, [], None).incidents  # type: ignore[union-attr]
    assert kept.updates == updates


def test_an_edit_keeps_the_old_text(store: Store) -> None:
    catalog(store)
    first = update("u1", 0, "We look.")
    store.records.record(reading(incident("inc1", first)), Route())
    for minutes, text in [(5, "We looked."), (9, "We saw.")]:
        store.records.record(
            reading(incident("inc1", replace(first, text=text), update("u2", 7)), minutes=minutes), Route()
        )
    record = store.records.incident(ACME, "inc1")
    assert record is not None
    assert [u.text for u in record.incident.updates] == ["We saw.", "We look into it."]
    assert record.revisions == (Revision(first, at(5)), Revision(replace(first, text="We looked."), at(9)))


def test_a_time_put_right_is_no_edit(store: Store) -> None:
    catalog(store)
    store.records.record(reading(incident("inc1", update("u1", 0))), Route())
    store.records.record(reading(incident("inc1", update("u1", 1))), Route())
    record = store.records.incident(ACME, "inc1")
    assert record is not None
    assert record.incident.updates == (update("u1", 1),)
    assert record.revisions == ()


def test_an_update_that_the_page_took_down_is_left_out_and_can_come_back(store: Store) -> None:
    catalog(store)
    one, two = update("u1", 0), update("u2", 1)
    for minutes, updates, expected in [
        (0, (one, two), ["u1", "u2"]),
        (1, (one,), ["u1"]),
        (2, (one, two), ["u1", "u2"]),
    ]:
        store.records.record(reading(incident("inc1", *updates), minutes=minutes), Route())
        record = store.records.incident(ACME, "inc1")
        assert record is not None
        assert [u.id for u in record.incident.updates] == expected
        assert record.revisions == ()


def test_a_record_keeps_its_first_sight_and_its_worst_level(store: Store) -> None:
    catalog(store)
    for minutes, level in enumerate([None, Level.MAJOR_OUTAGE, Level.DEGRADED]):
        store.records.record(reading(replace(incident(), level=level), minutes=minutes), Route())
    record = store.records.incident(ACME, "inc1")
    assert record is not None
    assert (record.first_seen, record.peak, record.incident.level) == (NOON, Level.MAJOR_OUTAGE, Level.DEGRADED)
    assert store.records.incident(BOLT, "inc1") is None


def test_incidents_of_a_window_come_newest_first(store: Store) -> None:
    catalog(store)
    ended_before = resolved(incident("before", minutes=-90), -80)
    ended_inside = resolved(incident("inside", minutes=-90), -1)
    vanished = replace(incident("gone", minutes=-50), vanished=True)
    still_open = incident("open", minutes=-100)
    other = incident("other", slug=BOLT, minutes=-2)
    store.records.record(reading(ended_before, ended_inside, vanished, still_open), Route())
    store.records.record(reading(other, slug=BOLT), Route())
    found = store.records.incidents([ACME, BOLT], at(-10))
    assert [record.incident.id for record in found] == ["other", "gone", "inside", "open"]
    assert [record.incident.id for record in store.records.incidents([BOLT], at(5))] == ["other"]
    assert store.records.incidents([], at(-10)) == ()


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        (EVERY_INCIDENT, ["works", "one", "two", "over"]),
        (IncidentChoice(kind=IncidentKind.MAINTENANCE), ["works"]),
        (IncidentChoice(open=False), ["over"]),
        (IncidentChoice(level=Level.PARTIAL_OUTAGE), ["one", "two"]),
    ],
)
def test_the_chosen_incidents_are_counted_and_listed_page_by_page(
    store: Store, choice: IncidentChoice, found: list[str]
) -> None:
    catalog(store)
    two, one = (incident(id, minutes=-50, level=Level.PARTIAL_OUTAGE) for id in ("two", "one"))
    over = resolved(incident("over", minutes=-90, level=Level.DEGRADED), -80)
    works = replace(incident("works", minutes=-5, level=Level.MAINTENANCE), kind=IncidentKind.MAINTENANCE)
    store.records.record(reading(over, two, one, works), Route())

    listed: list[str] = []
    after: IncidentPlace | None = None
    while page := store.records.overview([ACME], at(-100), None, newest=1, choice=choice, after=after).newest:
        after = IncidentPlace(page[0].incident.started, ACME, page[0].incident.id)
        listed.append(after.id)
    assert listed == found
    counted = store.records.overview([ACME], at(-100), None, newest=0, choice=choice).counts
    assert sum(counted.values()) == len(found)


def test_parts_that_changed_on_record_since_the_reading_was_compared_are_recorded_though_it_changed_none(
    store: Store,
) -> None:
    catalog(store)
    store.records.record(reading(components=(API, WEB)), Route())
    compared = store.records.before(ACME, [], None)
    store.records.record(reading(minutes=1, components=(WEB,)), Route())
    store.records.record(replace(reading(minutes=2, components=(API, WEB)), before=compared), Route())
    before = store.records.before(ACME, [], None)
    assert before is not None
    assert before.components == (API, WEB)
    # Where it still is what is on record, nothing is looked for: the level of the page is recorded all the same.
    worse = reading(minutes=3, level=Level.MAJOR_OUTAGE, components=(API, WEB))
    store.records.record(replace(worse, before=before), Route())
    after = store.records.before(ACME, [], None)
    assert after is not None
    assert (after.level, after.components) == (Level.MAJOR_OUTAGE, (API, WEB))


def test_level_spans_of_the_page_and_of_its_components(store: Store) -> None:
    catalog(store)
    bad = replace(API, level=Level.MAJOR_OUTAGE)
    store.records.record(reading(minutes=0), Route())
    store.records.record(reading(minutes=1), Route())
    store.records.record(reading(minutes=2, level=Level.MAJOR_OUTAGE, components=(bad, WEB)), Route())
    store.records.record(reading(minutes=3, level=None, components=(WEB,)), Route())

    ok, down = Level.OPERATIONAL, Level.MAJOR_OUTAGE
    assert store.records.spans(ACME, at(-9)) == (
        LevelSpan(None, ok, at(0), at(2)),
        LevelSpan(None, down, at(2), at(3)),
        LevelSpan(None, None, at(3), None),
    )
    assert store.records.spans(ACME, at(2.5)) == (
        LevelSpan(None, down, at(2), at(3)),
        LevelSpan(None, None, at(3), None),
    )
    assert store.records.spans(ACME, at(-9), components=True) == (
        LevelSpan("c1", ok, at(0), at(2)),
        LevelSpan("c2", ok, at(0), None),
        LevelSpan("c1", down, at(2), at(3)),
    )


def test_a_merged_episode_leaves_the_readings_and_stays_on_record(store: Store) -> None:
    catalog(store)
    episode = replace(incident("episode-1"), kind=IncidentKind.EPISODE)
    store.records.record(reading(episode), Route())
    store.records.record(reading(resolved(episode, 5), incident(), minutes=5, merged=(("episode-1", "inc1"),)), Route())
    before = store.records.before(ACME, ["episode-1"], at(-90))
    assert before is not None
    assert [one.id for one in before.incidents] == ["inc1"]
    assert [record.incident.id for record in store.records.incidents([ACME], at(-90))] == ["inc1"]
    record = store.records.incident(ACME, "episode-1")
    assert record is not None
    assert record.merged_into == "inc1"
    store.records.record(reading(episode, minutes=6), Route())
    [state] = store.pages.states([ACME])
    assert state.snapshot is not None
    assert [one.id for one in state.snapshot.incidents] == ["inc1"]


def test_a_planned_maintenance_does_not_keep_its_page_open(store: Store) -> None:
    catalog(store, ACME)
    planned = replace(incident(), kind=IncidentKind.MAINTENANCE, phase=Phase.SCHEDULED, level=Level.MAINTENANCE)
    for phase, is_open in [(Phase.SCHEDULED, False), (Phase.IN_PROGRESS, True), (Phase.COMPLETED, False)]:
        store.records.record(reading(replace(planned, phase=phase)), Route())
        claim = store.pages.claim(ACME, NOON, 60)
        assert claim is not None
        assert claim.open is is_open


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("acme/abcdef1", ["acme/abcdef1"]),
        ("ACME/abcdef1", ["acme/abcdef1"]),
        ("bolt/abcdef1", ["bolt/abcdef1"]),
        ("abcdef1", ["bolt/abcdef1", "acme/abcdef1"]),
        ("ABCDEF", ["bolt/abcdef1", "acme/abcdef1", "acme/abcdef2"]),
        ("acme/abcd", ["acme/abcdef1", "acme/abcdef2"]),
        ("abc", []),
        ("%%%%", []),
        ("", []),
        ("https://stspg.example/s2", ["acme/abcdef2"]),
        ("<http://STSPG.example/s2/?utm=1#top>", ["acme/abcdef2"]),
        ("stspg.example/s2", ["acme/abcdef2"]),
        ("https://acme.example/incidents/abcdef1", ["acme/abcdef1"]),
        ("https://status.bolt.example/incidents/abcdef1/write-up", ["bolt/abcdef1"]),
        ("https://elsewhere.example/incidents/abcdef1", ["bolt/abcdef1", "acme/abcdef1"]),
        ("https://[broken/abcdef1", ["bolt/abcdef1", "acme/abcdef1"]),
        ("tag:acme.example,2005:Incident/77", ["acme/tag:acme.example,2005:Incident/77"]),
    ],
)
def test_an_incident_is_found_by_what_a_person_has(store: Store, text: str, expected: list[str]) -> None:
    catalog(store)
    tag = "tag:acme.example,2005:Incident/77"
    store.records.record(
        reading(
            incident("abcdef1", minutes=5),
            replace(incident("abcdef2"), url="https://stspg.example/s2"),
            replace(incident(tag, minutes=-1), url=None),
        ),
        Route(),
    )
    store.records.record(reading(incident("abcdef1", slug=BOLT, minutes=6), slug=BOLT), Route())
    found = store.records.find_incident(text)
    assert [f"{record.incident.vendor}/{record.incident.id}" for record in found] == expected


def test_at_most_five_incidents_are_offered(store: Store) -> None:
    catalog(store)
    store.records.record(reading(*(incident(f"same-start-{n}", minutes=n) for n in range(9))), Route())
    found = store.records.find_incident("same-start")
    assert [record.incident.id for record in found] == [f"same-start-{n}" for n in (8, 7, 6, 5, 4)]


def test_times_come_back_in_utc_whatever_zone_they_went_in(store: Store) -> None:
    catalog(store)
    from_far = NOON.astimezone(timezone(timedelta(hours=9)))
    store.records.record(reading(replace(incident(), started=from_far)), Route())
    record = store.records.incident(ACME, "inc1")
    assert record is not None
    assert record.incident.started == NOON
    assert record.incident.started.tzinfo is UTC
