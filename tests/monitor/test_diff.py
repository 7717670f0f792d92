"""What counts as a change between two readings, and what does not."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from bot.domain import (
    Edited,
    Impact,
    IncidentKind,
    Level,
    LevelChanged,
    Opened,
    Phase,
    Reopened,
    Resolved,
    Snapshot,
    Updated,
    Vanished,
)
from bot.monitor.diff import diff, merge, missing
from tests.monitor.facts import at, component, incident, snapshot, snapshots, update

FIRST = update("u1", 0)
SECOND = update("u2", 10, "Found it.", Phase.IDENTIFIED)
FIXED = update("u3", 20, "Fixed.", Phase.RESOLVED)
OPEN = incident("i1", FIRST)
ENDED = incident("i1", FIRST, FIXED, phase=Phase.RESOLVED, resolved=at(20))


@given(snapshots())
def test_a_reading_held_against_itself_brings_nothing(a: Snapshot) -> None:
    assert diff(a, a) == ()
    assert diff(a, merge(a, a)) == ()
    assert diff(a, merge(a, a, a.incidents)) == ()


@given(snapshots(), snapshots())
def test_what_was_recorded_is_no_news_at_the_next_reading(a: Snapshot, b: Snapshot) -> None:
    recorded = merge(a, b)
    assert diff(recorded, merge(recorded, b)) == ()


@given(snapshots(), snapshots())
def test_the_order_in_which_a_page_lists_its_incidents_is_no_news(a: Snapshot, b: Snapshot) -> None:
    turned = replace(b, incidents=b.incidents[::-1])
    assert [type(change) for change in diff(a, b)] == [type(change) for change in diff(a, turned)]


@given(snapshots(), snapshots())
def test_every_new_update_of_a_known_incident_is_told_once(a: Snapshot, b: Snapshot) -> None:
    told = [(c.incident.id, c.update.id) for c in diff(a, b) if isinstance(c, Updated) and c.update]
    known = {i.id: {u.id for u in i.updates} for i in a.incidents}
    new = [(i.id, u.id) for i in b.incidents for u in i.updates if i.id in known and u.id not in known[i.id]]
    assert sorted(told) == sorted(new)


def test_times_that_move_without_news_are_no_news() -> None:
    before = snapshot(OPEN)
    assert diff(before, replace(before, taken_at=at(5), page_updated_at="later", status_text="Still fine")) == ()


def test_an_incident_opens_with_all_that_it_already_says() -> None:
    now = incident("i1", FIRST, SECOND)
    assert diff(snapshot(), snapshot(now)) == (Opened(now),)


def test_an_incident_that_came_and_went_opens_and_resolves() -> None:
    assert diff(snapshot(), snapshot(ENDED)) == (Opened(ENDED), Resolved(ENDED))


def test_updates_come_oldest_first_before_the_end() -> None:
    now = incident("i1", FIRST, SECOND, FIXED, phase=Phase.RESOLVED)
    assert diff(snapshot(OPEN), snapshot(now)) == (Updated(now, SECOND), Updated(now, FIXED), Resolved(now))


def test_a_changed_text_is_an_edit_and_never_a_new_update() -> None:
    rewritten = replace(FIXED, text="A full disk was the cause.")
    now = replace(ENDED, updates=(FIRST, rewritten))
    assert diff(snapshot(ENDED), snapshot(now)) == (Edited(now, FIXED, rewritten),)


def test_a_postmortem_is_an_update_of_an_ended_incident() -> None:
    report = update("u4", 9999, "What happened.", Phase.POSTMORTEM)
    now = replace(ENDED, phase=Phase.POSTMORTEM, updates=(*ENDED.updates, report))
    assert diff(snapshot(ENDED), snapshot(now)) == (Updated(now, report),)


def test_an_incident_reopens() -> None:
    again = update("u4", 30, "It is back.", Phase.IDENTIFIED)
    now = incident("i1", FIRST, FIXED, again, phase=Phase.IDENTIFIED)
    assert diff(snapshot(ENDED), snapshot(now)) == (Reopened(now), Updated(now, again))


def test_a_new_title_or_impact_is_an_update_without_a_text() -> None:
    for now in (
        replace(OPEN, title="All APIs"),
        replace(OPEN, impact=Impact.CRITICAL),
        replace(OPEN, components=("a",)),
    ):
        assert diff(snapshot(OPEN), snapshot(now)) == (Updated(now, None),)


def test_an_update_that_the_page_took_down_is_told() -> None:
    before = incident("i1", FIRST, SECOND)
    assert diff(snapshot(before), merge(snapshot(before), snapshot(OPEN))) == (Updated(OPEN, None),)


def test_an_update_that_its_vendor_moved_in_time_is_no_news_though_its_id_came_from_its_time() -> None:
    before = snapshot(incident("i1", FIRST, SECOND))
    moved = snapshot(incident("i1", update("u0", -5, FIRST.text, FIRST.phase), SECOND))
    after = merge(before, moved)
    assert [(u.id, u.at) for u in after.incidents[0].updates] == [("u1", at(-5)), ("u2", at(10))]
    assert diff(before, after) == ()


def test_a_source_that_lists_only_the_newest_updates_removes_none() -> None:
    before, after = snapshot(incident("i1", FIRST, SECOND)), snapshot(incident("i1", SECOND))
    assert diff(before, merge(before, after)) == ()


def test_absence_inside_the_complete_window_is_vanishing_and_never_an_end() -> None:
    assert diff(snapshot(ENDED), snapshot(complete_since=at(0))) == (Vanished(replace(ENDED, vanished=True)),)


def test_an_entry_that_aged_out_of_the_window_has_not_vanished() -> None:
    assert diff(snapshot(ENDED), snapshot(complete_since=at(1))) == ()


def test_what_vanished_stays_vanished_and_may_come_back() -> None:
    gone = replace(OPEN, vanished=True)
    assert diff(snapshot(gone), snapshot(complete_since=at(0))) == ()
    assert diff(snapshot(gone), snapshot(OPEN)) == (Reopened(OPEN),)


def test_an_open_incident_that_left_a_page_of_open_ones_is_to_be_looked_up() -> None:
    other = incident("i2")
    before, after = snapshot(OPEN, other), snapshot(other)
    assert missing(before, after) == (OPEN,)
    assert diff(before, merge(before, after)) == ()


def test_a_looked_up_end_is_told_once_and_keeps_what_the_history_does_not_tell() -> None:
    before = snapshot(incident("i1", FIRST, components=("a", "b"), level=Level.PARTIAL_OUTAGE))
    merged = merge(before, snapshot(), (replace(ENDED, level=Level.DEGRADED),))
    (now,) = merged.incidents
    assert diff(before, merged) == (Updated(now, FIXED), Resolved(now))
    assert (now.components, now.level) == (("a", "b"), Level.PARTIAL_OUTAGE)


def test_an_end_that_one_source_dates_and_another_does_not_keeps_its_date() -> None:
    before = snapshot(ENDED)
    assert merge(before, snapshot(), (replace(ENDED, resolved=None, url=None),)).incidents == (ENDED,)
    (reopened,) = merge(before, snapshot(replace(ENDED, phase=Phase.IDENTIFIED, resolved=None))).incidents
    assert reopened.resolved is None


def test_a_planned_end_outlives_a_source_that_has_none() -> None:
    planned = replace(incident("i1", FIRST, kind=IncidentKind.MAINTENANCE), planned_end=at(60))
    for now, expected in ((replace(planned, planned_end=None), at(60)), (replace(planned, planned_end=at(90)), at(90))):
        assert merge(snapshot(planned), snapshot(now)).incidents[0].planned_end == expected


def test_the_components_of_an_open_incident_are_those_of_the_newest_reading() -> None:
    before = snapshot(incident("i1", FIRST, components=("a", "b")))
    for now, expected in ((("c",), ("c",)), ((), ("a", "b")), (("b", "a"), ("a", "b"))):
        assert merge(before, snapshot(replace(OPEN, components=now))).incidents[0].components == expected


def test_an_ended_incident_keeps_every_component_that_it_ever_named() -> None:
    before = snapshot(replace(incident("i1", FIRST, components=("a", "b")), regions=("eu",)))
    ended = replace(ENDED, components=("b", "c"), regions=("us",))
    (now,) = merge(before, snapshot(ended)).incidents
    assert (now.components, now.regions) == (("a", "b", "c"), ("eu", "us"))


def test_the_history_never_overrules_what_the_state_lists() -> None:
    state = snapshot(incident("i1", FIRST, SECOND, phase=Phase.IDENTIFIED))
    assert merge(snapshot(OPEN), state, (ENDED,)).incidents == state.incidents


def test_an_open_incident_known_only_to_the_history_waits_for_the_state() -> None:
    assert merge(snapshot(), snapshot(), (OPEN,)).incidents == ()


def test_levels_of_components_and_page_come_last() -> None:
    before = snapshot(components=(component("A"), component("B")))
    worse = component("B", Level.MAJOR_OUTAGE)
    after = snapshot(OPEN, components=(component("A"), worse), level=Level.MAJOR_OUTAGE)
    assert diff(before, after) == (
        Opened(OPEN),
        LevelChanged(before.vendor, worse, Level.OPERATIONAL, Level.MAJOR_OUTAGE),
        LevelChanged(before.vendor, None, Level.OPERATIONAL, Level.MAJOR_OUTAGE),
    )


def test_a_component_whose_id_changed_is_known_by_its_label() -> None:
    before = snapshot(components=(component("A", Level.DEGRADED, "EU"),))
    moved = replace(before.components[0], id="01J9ZK")
    assert diff(before, replace(before, components=(moved,))) == ()


def test_a_source_that_leaves_texts_out_takes_none_away() -> None:
    silent = replace(ENDED, updates=(replace(FIRST, text=""), replace(FIXED, text="")))
    merged = merge(snapshot(OPEN), snapshot(complete_since=None), [silent])
    assert [update.text for update in merged.incidents[0].updates] == [FIRST.text, ""]
    assert not any(isinstance(change, Edited) for change in diff(snapshot(OPEN), merged))
