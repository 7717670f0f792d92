"""What a reading is worth: on record silently, or told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Incident, IncidentKind, Level, Phase, Resolved, Snapshot
from bot.monitor.news import Context, News, judge
from bot.monitor.provider import History
from tests.monitor.facts import NOON, at, component, incident, incidents, snapshot, snapshots, update

OPEN = incident("i1", update("u1", 0))
ENDED = incident(
    "i1", update("u1", 0), update("u2", 20, "Fixed.", Phase.RESOLVED), phase=Phase.RESOLVED, resolved=at(20)
)
LIMIT = timedelta(hours=1)


def on_record(before: Snapshot | None, news: News) -> Snapshot:
    """What the store gives back after the news was recorded."""
    known = {i.id: i for i in before.incidents} if before else {}
    known |= {i.id: i for i in news.incidents}
    merged = {episode for episode, _ in (*news.merged, *news.explained)}
    return replace(news.snapshot, incidents=tuple(i for i in known.values() if i.id not in merged), complete_since=None)


def thrice(before: Snapshot, state: Snapshot, history: History | None = None, minutes: float = 0) -> list[News]:
    """The same, read at the beginning, in the middle and at the end of five minutes."""
    told: list[News] = []
    for minute in (minutes, minutes + 2.5, minutes + 5):
        context = Context(told[-1].memory) if told else Context()
        told.append(judge(before, state, at(minute), history=history, context=context))
        before = on_record(before, told[-1])
    return told


@given(snapshots(), snapshots(), st.lists(incidents(), max_size=3, unique_by=lambda i: i.id), st.booleans())
def test_the_same_reading_again_is_worth_nothing(a: Snapshot, b: Snapshot, c: list[object], give_up: bool) -> None:
    history = History(tuple(i for i in c if isinstance(i, type(OPEN))), at(-200))
    first = on_record(None, judge(None, a, NOON))
    # Twice, for what a first reading of another page's past leaves open.
    second = on_record(first, judge(first, b, NOON, history=history, give_up=give_up))
    third = on_record(second, judge(second, b, NOON, history=history, give_up=give_up))
    again = judge(third, b, NOON, history=history, give_up=give_up)
    assert (again.worth_recording, again.changes, again.announce) == (False, (), frozenset())


def test_a_version_of_before_and_the_history_beside_it_take_nothing_down() -> None:
    going_on = incident("i2", update("u1", 0), update("u2", 20, "Found."))
    record = snapshot(ENDED, going_on)
    older = snapshot(ENDED, incident("i2", update("u1", 0)), complete_since=at(-200))
    news = judge(record, older, NOON, history=History((), at(-200)))
    assert (news.changes, news.incidents) == ((), ())


def test_what_a_version_of_before_lists_is_not_taken_from_the_history_beside_it() -> None:
    going_on = incident("i2", update("u1", 0), update("u2", 20, "Found."))
    older = snapshot(ENDED, incident("i2", update("u1", 0)))
    reworded = replace(ENDED, title="Another title")
    news = judge(snapshot(ENDED, going_on), older, NOON, history=History((reworded,), at(-200)))
    assert (news.changes, news.incidents) == ((), ())


def test_what_opens_again_between_the_state_and_the_history_is_not_taken_down() -> None:
    again = incident("i1", update("u1", 0), update("u2", 20, "Fixed.", Phase.RESOLVED), update("u3", 25, "Not yet."))
    news = judge(snapshot(ENDED), snapshot(), NOON, history=History((again,), at(-200)))
    assert (news.changes, news.incidents) == ((), ())
    later = judge(news.snapshot, snapshot(again), NOON)
    assert later.announce == {"i1"}


@given(snapshots(), snapshots())
def test_only_what_is_recorded_is_announced(a: Snapshot, b: Snapshot) -> None:
    news = judge(a, b, NOON)
    assert news.announce <= {i.id for i in news.incidents}
    assert all(i in news.incidents for i in news.snapshot.incidents if a.incident(i.id) != i)


def test_the_first_sight_tells_what_is_open_and_nothing_else() -> None:
    past = replace(ENDED, id="past")
    news = judge(None, snapshot(OPEN, past), NOON)
    assert news.announce == {"i1"}
    assert {i.id for i in news.incidents} == {"i1", "past"}


def test_the_first_history_is_taken_in_silently_and_the_next_is_told() -> None:
    history = History((ENDED,), at(-999))
    assert judge(snapshot(), snapshot(), at(30), history=history, silent_before=at(25)).announce == frozenset()
    assert judge(snapshot(), snapshot(), at(30), history=history).announce == {"i1"}


def test_what_was_not_over_at_the_first_reading_is_news_whenever_the_history_is_read() -> None:
    history = History((ENDED,), at(-999))
    for first in (at(-5), at(10)):
        assert judge(snapshot(), snapshot(), at(900), history=history, silent_before=first).announce == {"i1"}


def listed(name: str = "i1", *, minutes: float = 0) -> Incident:
    """An incident that the page lists under a word that nobody knows."""
    return incident(name, update("u1", minutes, phase=None), phase=None, raw_phase="pondering", minutes=minutes)


@pytest.mark.parametrize("before", [None, snapshot()])
def test_what_is_listed_as_open_is_open_under_any_word(before: Snapshot | None) -> None:
    news = judge(before, snapshot(listed()), NOON)
    assert news.announce == {"i1"}
    assert [(i.is_open, i.phase, i.raw_phase) for i in news.incidents] == [(True, None, "pondering")]


@pytest.mark.parametrize(
    "reading",
    [
        snapshot(listed(), complete_since=at(-999)),
        snapshot(listed(), replace(ENDED, id="i2")),
        snapshot(listed(minutes=-24 * 60)),
        snapshot(replace(listed(), resolved=at(-5))),
        snapshot(replace(listed(), kind=IncidentKind.MAINTENANCE)),
        snapshot(replace(listed(), raw_phase=None)),
    ],
    ids=["a list of all", "ended ones among it", "old", "has an end", "planned", "a feed, without a word"],
)
def test_a_coined_word_opens_nothing_where_it_may_mean_closed(reading: Snapshot) -> None:
    news = judge(None, reading, NOON)
    assert "i1" not in news.announce
    assert not any(i.is_open for i in news.incidents if i.id == "i1")


def test_a_word_that_is_not_known_neither_ends_nor_reopens() -> None:
    assert judge(snapshot(OPEN), snapshot(listed()), at(5)).snapshot.incidents[0].is_open
    assert not judge(snapshot(ENDED), snapshot(listed()), at(25)).snapshot.incidents[0].is_open
    assert not judge(snapshot(ENDED), snapshot(listed(), complete_since=at(-999)), at(25)).announce


@pytest.mark.parametrize("was", [OPEN, replace(listed(), listed_open=True)])
def test_what_left_the_open_ones_under_a_word_that_is_not_known_is_over(was: Incident) -> None:
    left = judge(snapshot(was), snapshot(), at(30))
    assert left.missing == (was,)
    coined = replace(listed(), raw_phase="closed_for_good", updates=(update("u1", 0), update("u2", 20, phase=None)))
    news = judge(snapshot(was), snapshot(), at(30), history=History((coined,), at(-999)))
    assert [(i.phase, i.resolved) for i in news.incidents] == [(Phase.RESOLVED, at(20))]
    assert any(isinstance(change, Resolved) for change in news.changes)


def test_what_ended_too_long_ago_is_recorded_and_not_told() -> None:
    history = History((ENDED,), at(-999))
    news = judge(snapshot(), snapshot(), at(81), history=history, late_limit=LIMIT)
    assert (news.announce, news.incidents) == (frozenset(), (ENDED,))
    assert judge(snapshot(), snapshot(), at(80), history=history, late_limit=LIMIT).announce == {"i1"}


def test_an_entry_of_a_feed_without_a_phase_is_told_while_it_is_fresh() -> None:
    entry = incident("e1", update("u1", 0, phase=None), phase=None, level=None, impact=None)
    assert judge(snapshot(), snapshot(entry), at(30), late_limit=LIMIT).announce == {"e1"}
    assert judge(snapshot(), snapshot(entry), at(90), late_limit=LIMIT).announce == frozenset()


def test_an_open_incident_that_the_complete_history_lacks_three_times_has_vanished() -> None:
    first, second, third = thrice(snapshot(OPEN), snapshot(), History((), at(-1)))
    for news, again in ((first, at(2.5)), (second, at(5))):
        assert (news.incidents, news.missing, news.recheck_at) == ((), (OPEN,), again)
    assert [i.vanished for i in third.incidents] == [True]
    assert not third.missing


def test_a_history_that_is_older_than_an_incident_takes_nothing_down() -> None:
    """A cache of the history may lag behind for longer than the incident took."""
    doubted = judge(snapshot(OPEN), snapshot(), NOON, history=History((), at(-1)))
    found = judge(
        snapshot(OPEN), snapshot(), at(30), history=History((ENDED,), at(-1)), context=Context(doubted.memory)
    )
    assert [(i.phase, i.vanished) for i in found.incidents] == [(Phase.RESOLVED, False)]
    assert not found.memory.absent


def test_an_absence_is_none_where_the_page_lists_it_again() -> None:
    doubted = judge(snapshot(OPEN), snapshot(), NOON, history=History((), at(-1)))
    assert doubted.memory.absent
    assert not judge(snapshot(OPEN), snapshot(OPEN), at(1), context=Context(doubted.memory)).memory.absent


def test_an_open_incident_that_the_history_may_have_forgotten_waits_for_patience() -> None:
    for history in (History((), None), History((), at(1)), None):
        patient = judge(snapshot(OPEN), snapshot(), NOON, history=history)
        assert (patient.missing, patient.worth_recording) == ((OPEN,), False)
        assert [
            i.vanished for i in judge(snapshot(OPEN), snapshot(), NOON, history=history, give_up=True).incidents
        ] == [True]


def test_an_incident_that_only_its_history_still_calls_open_waits_and_never_vanishes() -> None:
    news = judge(snapshot(OPEN), snapshot(), NOON, history=History((OPEN,), at(-1)), give_up=True)
    assert (news.missing, news.worth_recording) == ((OPEN,), False)


def test_an_ended_incident_that_a_complete_reading_lacks_was_taken_down() -> None:
    older = replace(ENDED, id="i0", started=at(-5))
    before = snapshot(older, ENDED)
    first, second, third = thrice(before, snapshot(older, complete_since=at(-5)))
    assert not first.incidents + second.incidents
    assert [(i.id, i.vanished) for i in third.incidents] == [("i1", True)]


def test_a_page_that_moved_to_another_platform_took_nothing_down() -> None:
    before = snapshot(ENDED)
    moved = incident("01JX", update("x1", 300), minutes=300)
    news = judge(before, snapshot(moved), at(301), history=History((), at(-999)))
    assert [i.id for i in news.incidents] == ["01JX"]
    after = on_record(before, news)
    later = judge(after, snapshot(moved), at(400), history=History((moved,), at(-999)))
    assert not later.worth_recording


def test_what_ended_before_a_move_is_not_missed_on_the_new_page() -> None:
    known, ended = replace(OPEN, id="X1", started=at(-5)), replace(ENDED, title="Under its old id")
    reading = snapshot(known, complete_since=at(-9))
    assert not judge(snapshot(known, ended), reading, at(60), context=Context(moved_at=at(50))).incidents
    (gone,) = thrice(snapshot(known, ended), reading, minutes=60)[-1].incidents
    assert (gone.id, gone.vanished) == ("i1", True)


def test_what_was_left_behind_by_a_move_is_waited_for() -> None:
    for reading in (snapshot(), snapshot(complete_since=at(-9))):
        for when, gone in ((60, []), (4 * 24 * 60, [True])):
            news = judge(
                snapshot(OPEN),
                reading,
                at(when),
                give_up=True,
                context=Context(moved_at=at(50), unmatched_open=("i1",)),
            )
            assert [i.vanished for i in news.incidents] == (gone if reading.complete_since is None else [])
            assert bool(news.memory.absent) is bool(gone and reading.complete_since)
            assert not news.missing
    assert judge(snapshot(OPEN), snapshot(), at(60), context=Context(moved_at=at(50))).missing == (OPEN,)


def test_nothing_is_made_of_the_absence_of_what_lies_far_back() -> None:
    older = replace(ENDED, id="i0", started=at(-5))
    reading = snapshot(older, complete_since=at(-5))
    assert not judge(snapshot(older, ENDED), reading, NOON + timedelta(days=15)).incidents


def test_while_an_incident_is_looked_for_it_goes_on_explaining_its_components() -> None:
    posted = replace(OPEN, components=("a",))
    red = snapshot(components=(component("A", Level.MAJOR_OUTAGE),), level=Level.MAJOR_OUTAGE)
    assert not judge(replace(red, incidents=(posted,)), red, NOON).worth_recording
    after = judge(replace(red, incidents=(posted,)), red, at(30), history=History((ENDED,), at(-1))).snapshot
    assert [i.kind for i in after.incidents if i.is_open] == [IncidentKind.EPISODE]


def test_an_end_that_names_more_than_before_is_told_to_those_who_asked_for_that() -> None:
    before = snapshot(replace(OPEN, components=("api",)))
    wider = snapshot(replace(ENDED, components=("api", "web")))
    assert judge(before, wider, at(21), late_limit=LIMIT).announce == {"i1"}
    assert not judge(before, wider, at(600), late_limit=LIMIT).announce
    assert not judge(before, snapshot(replace(ENDED, components=("api",))), at(21), late_limit=LIMIT).announce


WATCHED = replace(OPEN, phase=Phase.MONITORING, level=Level.MAJOR_OUTAGE)


@pytest.mark.parametrize(
    ("level", "parts", "word", "others", "recovering"),
    [
        (Level.DEGRADED, Level.OPERATIONAL, None, (), True),
        (Level.DEGRADED, Level.OPERATIONAL, Level.OPERATIONAL, (), True),
        (Level.DEGRADED, Level.OPERATIONAL, Level.DEGRADED, (), False),
        (Level.DEGRADED, Level.DEGRADED, Level.OPERATIONAL, (), False),
        (Level.MAJOR_OUTAGE, Level.OPERATIONAL, None, (), False),
        (Level.DEGRADED, Level.OPERATIONAL, Level.OPERATIONAL, (incident("i2"),), False),
    ],
)
def test_what_is_only_watched_on_a_green_page_is_recovering_and_keeps_its_level(
    level: Level, parts: Level, word: Level | None, others: tuple[Incident, ...], recovering: bool
) -> None:
    page = replace(snapshot(WATCHED, *others, components=(component("A", parts),), level=level), indicator=word)
    for before in (None, snapshot(OPEN)):
        found = judge(before, page, at(5)).snapshot.incident("i1")
        assert found is not None
        assert (found.recovering, found.level) == (recovering, Level.MAJOR_OUTAGE)
    over = replace(ENDED, level=Level.MAJOR_OUTAGE)
    after = judge(snapshot(replace(WATCHED, recovering=True)), replace(page, incidents=(over,)), at(25))
    assert not after.snapshot.incidents[0].recovering


def work(**changes: object) -> Incident:
    planned = incident(
        "m1", update("u1", -60, "We replace a disk.", Phase.SCHEDULED), phase=Phase.SCHEDULED, minutes=60
    )
    planned = replace(planned, kind=IncidentKind.MAINTENANCE, planned_end=at(120), level=Level.MAINTENANCE)
    return replace(planned, **changes)  # type: ignore[arg-type]


def notes(news: News) -> list[str]:
    return [u.text for i in news.incidents for u in i.updates if u.is_note]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"started": at(180), "planned_end": at(240)}, ["2 Mar 2026 15:00 to 16:00 UTC"]),
        ({"planned_end": at(180)}, ["2 Mar 2026 13:00 to 15:00 UTC"]),
        ({"planned_end": at(13 * 60)}, ["2 Mar 2026 13:00 to 3 Mar 2026 01:00 UTC"]),
        ({"planned_end": at(90)}, ["2 Mar 2026 13:00 to 13:30 UTC"]),
        ({"planned_end": None}, []),
        ({"title": "Disks"}, []),
        ({"phase": Phase.IN_PROGRESS, "started": at(58)}, []),
        ({"phase": Phase.IN_PROGRESS, "planned_end": at(180)}, ["2 Mar 2026 13:00 to 15:00 UTC"]),
        ({"phase": Phase.COMPLETED, "planned_end": at(70), "resolved": at(70)}, []),
    ],
)
def test_a_plan_that_changed_is_told_once(changes: dict[str, object], told: list[str]) -> None:
    news = judge(snapshot(work()), snapshot(work(**changes)), at(5))
    was = "Planned time changed: was 2 Mar 2026 13:00 to 14:00 UTC, now "
    assert notes(news) == [was + each for each in told]
    known = on_record(snapshot(work()), news)
    assert not judge(known, snapshot(work(**changes)), at(6)).worth_recording


@pytest.mark.parametrize(
    ("minutes", "told", "vanished", "phase"),
    [
        (30, ["Cancelled: the vendor took this plan down before it began."], True, Phase.SCHEDULED),
        (90, ["Cancelled: the vendor took this plan down before it began."], True, Phase.SCHEDULED),
        (121, ["It left the page once its planned time was over."], False, Phase.COMPLETED),
    ],
)
def test_a_maintenance_that_left_its_page_is_cancelled_taken_down_or_over(
    minutes: float, told: list[str], vanished: bool, phase: Phase
) -> None:
    news = judge(snapshot(work()), snapshot(), at(minutes), give_up=True)
    assert notes(news) == told
    assert [(i.vanished, i.phase, i.is_open) for i in news.incidents] == [(vanished, phase, False)]


def test_a_maintenance_past_its_planned_end_is_overdue_until_it_ends() -> None:
    under_way = work(phase=Phase.IN_PROGRESS)
    known = snapshot(under_way)
    first = judge(known, known, at(119))
    assert first.memory.look_at == at(122)
    late = judge(known, known, at(122))
    assert [i.overdue for i in late.incidents] == [True]
    known = on_record(known, late)
    over = work(phase=Phase.COMPLETED, resolved=at(150))
    assert [i.overdue for i in judge(known, snapshot(over), at(151)).incidents] == [False]


def test_without_a_history_what_left_its_page_ended_somehow() -> None:
    unrecorded = Context(ends_recorded=False)
    for was in (OPEN, work(phase=Phase.IN_PROGRESS), work()):
        (gone,) = judge(snapshot(was), snapshot(), at(90), give_up=True, context=unrecorded).incidents
        assert (gone.unlisted, gone.vanished, gone.is_open) == (True, False, False)


def test_what_the_parts_of_a_plan_do_before_it_begins_is_not_its_level() -> None:
    planned = work(level=Level.PARTIAL_OUTAGE)
    for before in (None, snapshot(planned)):
        assert judge(before, snapshot(planned), at(5)).incidents[0].level is Level.MAINTENANCE
    under_way = work(level=Level.PARTIAL_OUTAGE, phase=Phase.IN_PROGRESS)
    assert judge(snapshot(), snapshot(under_way), at(65)).incidents[0].level is Level.PARTIAL_OUTAGE
