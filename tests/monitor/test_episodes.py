"""A worse level that no incident explains."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from bot.domain import IncidentKind, Level, Phase, Snapshot
from bot.monitor.episodes import EpisodeChanges, decide
from tests.monitor.facts import at, component, incident, snapshot, snapshots

GREEN = snapshot(components=(component("A", group="EU"), component("B")))
A_DOWN = snapshot(components=(component("A", Level.PARTIAL_OUTAGE, "EU"), component("B")), level=Level.PARTIAL_OUTAGE)
BOTH_DOWN = snapshot(
    components=(component("A", Level.PARTIAL_OUTAGE, "EU"), component("B", Level.DEGRADED)), level=Level.PARTIAL_OUTAGE
)
OPENED = decide(GREEN, A_DOWN, at(1)).after


def episodes(reading: Snapshot) -> list[str]:
    return [i.id for i in reading.incidents if i.kind is IncidentKind.EPISODE and i.is_open]


def test_an_episode_opens_at_once_and_names_what_is_wrong() -> None:
    (episode,) = OPENED.incidents
    assert episode.id == "episode-20260302T120100Z"
    assert (episode.kind, episode.phase, episode.level) == (
        IncidentKind.EPISODE,
        Phase.INVESTIGATING,
        Level.PARTIAL_OUTAGE,
    )
    assert episode.title == "EU / A: partial outage"
    assert episode.components == ("a",)
    assert [u.text for u in episode.updates] == ["EU / A: partial outage"]


def test_it_goes_on_without_a_word_while_nothing_changes() -> None:
    assert decide(OPENED, A_DOWN, at(2)).after.incidents == OPENED.incidents


def test_it_tells_when_more_goes_wrong() -> None:
    (episode,) = decide(OPENED, BOTH_DOWN, at(2)).after.incidents
    assert episode.components == ("a", "b")
    assert episode.updates[-1].text == "EU / A: partial outage\nB: degraded"
    assert len({u.id for u in episode.updates}) == 2


def test_it_resolves_when_all_is_well() -> None:
    (episode,) = decide(OPENED, GREEN, at(3)).after.incidents
    assert (episode.phase, episode.resolved) == (Phase.RESOLVED, at(3))
    assert episode.updates[-1].phase is Phase.RESOLVED


def test_an_incident_that_names_the_component_takes_it_over() -> None:
    posted = incident("i1", components=("a",), minutes=2)
    decided = decide(OPENED, replace(A_DOWN, incidents=(posted,)), at(2))
    assert decided.merged == (("episode-20260302T120100Z", "i1"),)
    assert decided.after.incidents == (posted,)


def test_an_incident_that_names_nothing_takes_it_over() -> None:
    decided = decide(OPENED, replace(A_DOWN, incidents=(incident("i1"),)), at(2))
    assert decided.merged == (("episode-20260302T120100Z", "i1"),)


def test_an_incident_posted_as_all_turns_green_takes_it_over() -> None:
    posted = incident("i1", components=("a",))
    assert decide(OPENED, replace(GREEN, incidents=(posted,)), at(2)).merged


def told(minutes: float, after: Snapshot, *then: tuple[float, Snapshot]) -> EpisodeChanges:
    """Green, then these readings, one after the other."""
    decided = decide(None, GREEN_FOUR, at(0))
    for when, reading in ((minutes, after), *then):
        decided = decide(decided.after, reading, at(when), decided.memory)
    return decided


DAYS = 6 * 24 * 60
GREEN_FOUR = snapshot(components=tuple(component(name) for name in "ABCD"))
DOWN = snapshot(components=tuple(component(name, Level.MAJOR_OUTAGE) for name in "ABCD"), level=Level.MAJOR_OUTAGE)
SLOW = snapshot(components=(component("A", Level.DEGRADED), *GREEN_FOUR.components[1:]), level=Level.DEGRADED)


@pytest.mark.parametrize(
    ("minutes", "parts", "is_one"),
    [
        (30, "a", True),
        (119, "ab", True),
        (121, "a", False),
        (30, "abcd", False),
        (DAYS, "abcd", False),
    ],
)
def test_an_incident_takes_over_what_began_with_it_and_is_mostly_the_same(
    minutes: int, parts: str, is_one: bool
) -> None:
    posted = incident("i1", components=tuple(parts), minutes=1 + minutes)
    worse = replace(
        SLOW,
        components=tuple(
            c if c.id in parts else g for c, g in zip(DOWN.components, GREEN_FOUR.components, strict=True)
        ),
    )
    decided = told(1, SLOW, (1 + minutes, replace(worse, incidents=(posted,))))
    pair = (("episode-20260302T120100Z", "i1"),)
    assert (decided.merged, decided.explained) == ((pair, ()) if is_one else ((), pair))
    assert not episodes(decided.after)


def test_an_incident_without_parts_explains_what_changed_with_it_alone() -> None:
    late = incident("i1", minutes=17 * 60, level=Level.OPERATIONAL)
    decided = told(1, SLOW, (17 * 60, replace(SLOW, incidents=(late,))))
    assert (decided.merged, decided.explained) == ((), ())
    assert episodes(decided.after)
    worse = replace(SLOW, components=(SLOW.components[0], *DOWN.components[1:]))
    decided = told(1, SLOW, (17 * 60, replace(worse, incidents=(late,))))
    (episode,) = (i for i in decided.after.incidents if i.kind is IncidentKind.EPISODE)
    assert (episode.title, len(episode.updates)) == ("A: degraded", 1)


def test_an_episode_keeps_neither_title_nor_part_that_left_the_page() -> None:
    both = snapshot(components=(component("A", Level.DEGRADED), component("B", Level.DEGRADED)), level=Level.DEGRADED)
    without = snapshot(components=(component("B", Level.DEGRADED),), level=Level.DEGRADED)
    (episode,) = told(1, both, (2, without)).after.incidents
    assert (episode.title, episode.components, episode.is_open) == ("B: degraded", ("b",), True)


def test_an_incident_about_something_else_does_not() -> None:
    decided = decide(OPENED, replace(A_DOWN, incidents=(incident("i1", components=("b",)),)), at(2))
    assert not decided.merged
    assert episodes(decided.after)


def test_it_goes_on_with_what_the_incident_leaves_unexplained() -> None:
    before = decide(GREEN, BOTH_DOWN, at(1)).after
    decided = decide(before, replace(BOTH_DOWN, incidents=(incident("i1", components=("a",)),)), at(2))
    episode = decided.after.incidents[-1]
    assert not decided.merged
    assert (episode.is_open, episode.updates[-1].text, episode.level) == (True, "B: degraded", Level.DEGRADED)


def test_an_old_incident_about_something_else_leaves_it_to_resolve() -> None:
    other = incident("i1", components=("b",))
    before = replace(OPENED, incidents=(*OPENED.incidents, other))
    decided = decide(before, replace(GREEN, incidents=(other,)), at(3))
    assert not decided.merged
    assert not episodes(decided.after)


def test_a_maintenance_under_way_explains_what_it_names_and_a_planned_one_nothing() -> None:
    work = incident("m1", kind=IncidentKind.MAINTENANCE, phase=Phase.IN_PROGRESS, components=("a",))
    assert not episodes(decide(GREEN, replace(A_DOWN, incidents=(work,)), at(1)).after)
    planned = replace(work, phase=Phase.SCHEDULED)
    assert episodes(decide(GREEN, replace(A_DOWN, incidents=(planned,)), at(1)).after)


def test_a_page_that_is_red_without_a_component_is_an_episode() -> None:
    before = decide(GREEN, replace(GREEN, level=Level.MAJOR_OUTAGE), at(1)).after
    (episode,) = before.incidents
    assert episode.title == "The page as a whole: major outage"
    assert decide(before, replace(GREEN, level=Level.MAJOR_OUTAGE, incidents=(incident("i1"),)), at(2)).merged


def test_maintenance_and_unknown_levels_are_no_episode() -> None:
    for level in (Level.MAINTENANCE, None):
        reading = snapshot(components=(component("A", level),), level=level)
        assert decide(GREEN, reading, at(1)).after == reading


def test_a_page_that_tells_no_level_any_more_ends_nothing() -> None:
    before = decide(GREEN, replace(GREEN, level=Level.MAJOR_OUTAGE), at(1)).after
    silent = replace(GREEN, level=None, components=())
    assert decide(before, silent, at(2)).after.incidents == before.incidents
    assert decide(before, replace(silent, incidents=(incident("i1"),)), at(2)).merged


def test_a_word_that_is_not_known_ends_nothing() -> None:
    page = decide(GREEN, replace(GREEN, level=Level.MAJOR_OUTAGE), at(1)).after
    assert decide(page, replace(GREEN, level=None), at(2)).after.incidents == page.incidents
    parts = tuple(replace(c, level=None) if c.id == "a" else c for c in GREEN.components)
    assert decide(OPENED, replace(GREEN, components=parts, level=None), at(2)).after.incidents == OPENED.incidents
    other = tuple(replace(c, level=None) if c.id == "b" else c for c in GREEN.components)
    assert not episodes(decide(OPENED, replace(GREEN, components=other, level=None), at(2)).after)


@given(snapshots(), snapshots())
def test_at_most_one_is_open_and_deciding_again_changes_nothing(a: Snapshot, b: Snapshot) -> None:
    first = decide(None, a, at(0))
    second = decide(first.after, b, at(1), first.memory)
    # The second reading of what got a little worse.
    third = decide(second.after, b, at(2), second.memory)
    assert len(episodes(third.after)) <= 1
    again = decide(third.after, b, at(3), third.memory)
    assert again.after.incidents == tuple(i for i in third.after.incidents if i.is_open or i.kind != "episode")
    assert not again.merged


@given(snapshots(), snapshots())
def test_an_episode_never_ends_without_a_word(a: Snapshot, b: Snapshot) -> None:
    before = decide(None, a, at(0))
    decided = decide(before.after, b, at(1), before.memory)
    for episode in episodes(before.after):
        merged = episode in {e for e, _ in (*decided.merged, *decided.explained)}
        assert merged != (decided.after.incident(episode) is not None)
