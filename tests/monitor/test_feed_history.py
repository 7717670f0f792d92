"""Feeds as they really are, reading after reading: no incident twice, none lost, no end that nobody stated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import ENDED, Phase
from tests.monitor.feed_days import EIGHT, HOST, OLD, FeedDays, Item, feed, later

LATE = Item()
OVER = "The ferries are back to normal."


def started_with(*items: Item) -> FeedDays:
    """A page that was quiet, and then listed these."""
    days = FeedDays()
    days.read(OLD)
    days.read(*items, OLD)
    return days


# --- which are the same ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda n: {"id": f"new-{n}"},
        lambda n: {"id": None},
        lambda n: {"link": f"http{HOST[5:]}/n/1/#{n}"},
        lambda n: {"link": None},
        lambda n: {"link": f"{HOST}/moved/{n}"},
        lambda n: {"title": f"{['Resolved later', 'Update', 'Investigating'][n % 3]}: Ferries late"},
        lambda n: {"title": f"Ferries are late {n}"},
        lambda n: {"at": EIGHT + timedelta(minutes=n)},
        lambda n: {"at": "soon"},
        lambda n: {"at": None},
        lambda n: {"id": f"new-{n}", "at": EIGHT + timedelta(minutes=n)},
        lambda n: {"link": None, "at": EIGHT + timedelta(minutes=n)},
        lambda n: {"link": f"{HOST}/moved/{n}", "title": "[Investigating] Ferries late"},
        lambda n: {"id": f"new-{n}", "link": None},
        lambda n: {"id": f"new-{n}", "link": f"https://new.example/n/{n}"},
    ],
    ids=range(15),
)
def test_two_marks_in_common_are_enough(change: Callable[[int], dict[str, object]]) -> None:
    days = started_with(LATE)
    for number in range(1, 8):
        days.read(later(LATE, **change(number)), OLD)
    days.read(LATE, OLD)
    assert sum(days.told.values()) == 1
    assert (days.only.started, days.only.is_open) == (EIGHT, True)
    assert (days.updates.count(LATE.text), days.edits, days.taken_down, days.ended) == (1, 0, [], [])


def test_an_id_and_a_link_that_all_entries_share_are_none() -> None:
    shared = {"id": "the-feed", "link": f"{HOST}/status"}
    others = [later(OLD, **shared), Item("Ice", "Resolved.", EIGHT - timedelta(days=1), **shared)]
    days = FeedDays()
    days.read(*others)
    days.read(later(LATE, **shared), *others)
    days.read(later(LATE, text=OVER, **shared), *others, minutes=60)
    assert list(days.told.values()) == [1]
    assert len(days.known) == 3
    assert [at - EIGHT for _, at in days.ended] == [timedelta(minutes=61)]


def test_two_incidents_of_one_title_and_time_are_two() -> None:
    days = started_with(LATE, later(LATE, id="g2", link=f"{HOST}/n/2"))
    for number in range(3):
        fresh = [later(LATE, id=f"x{number}"), later(LATE, id=f"y{number}", link=f"{HOST}/n/2")]
        days.read(*fresh, OLD)
    assert list(days.told.values()) == [1, 1]


def test_entries_for_each_update_under_one_link_are_one_incident() -> None:
    posts = [
        later(LATE, title=f"{stage}: Ferries late", text=text, id=f"u{number}", at=EIGHT + timedelta(hours=number))
        for number, (stage, text) in enumerate([("Investigating", "A."), ("Identified", "B."), ("Gelöst", "C.")])
    ]
    days = started_with(posts[0])
    for number in (2, 3):
        days.read(*reversed(posts[:number]), OLD, minutes=60)
        days.read(*posts[:number], OLD)
    assert list(days.told.values()) == [1]
    assert [u.phase for u in days.only.updates] == [Phase.INVESTIGATING, Phase.IDENTIFIED, Phase.RESOLVED]
    assert (days.only.title, days.only.resolved) == ("Ferries late", EIGHT + timedelta(hours=2))


def test_all_known_ones_under_other_names_are_the_known_ones() -> None:
    days = started_with(LATE, later(LATE, title="Trains late", id="g2", link=f"{HOST}/n/2"))
    days.read(
        later(LATE, id="a", link=f"{HOST}/x/a", at=EIGHT + timedelta(hours=1)),
        later(LATE, title="Trains late", id="b", link=f"{HOST}/x/b", at=EIGHT + timedelta(hours=2)),
        later(OLD, id="c", link=f"{HOST}/x/c", at=OLD.at + timedelta(hours=1)),  # type: ignore[operator]
    )
    assert (len(days.known), list(days.told.values())) == (3, [1, 1])


def test_another_incident_at_the_same_minute_is_another() -> None:
    days = started_with(LATE)
    days.read(Item("Trains late", id="g2", link=f"{HOST}/n/2"), OLD)
    assert list(days.told.values()) == [1, 1]


# --- an id that comes back ------------------------------------------------------------------------------------------


def ended_at_nine() -> FeedDays:
    days = started_with(LATE)
    days.read(later(LATE, text=OVER, at=EIGHT + timedelta(hours=1)), OLD, minutes=60)
    return days


def test_an_id_that_comes_back_with_other_words_a_day_later_is_a_new_incident() -> None:
    days = ended_at_nine()
    again = later(LATE, text="The ferries stand still once more.", at=EIGHT + timedelta(days=2))
    days.read(again, OLD, minutes=2 * 24 * 60)
    days.read(again, OLD)
    assert list(days.told.values()) == [1, 1]
    assert sorted(i.started for i in days.known.values() if i.title == LATE.title) == [EIGHT, again.at]
    days.read(later(again, text=OVER), OLD, minutes=30)
    assert [i.phase for i in days.known.values() if i.title == LATE.title] == [Phase.RESOLVED] * 2


def test_an_id_that_comes_back_after_it_was_gone_is_a_new_incident() -> None:
    days = ended_at_nine()
    for _ in range(4):
        days.read(OLD, minutes=10 * 60)
    again = later(LATE, at=days.now)
    days.read(again, OLD)
    assert list(days.told.values()) == [1, 1]


def test_within_a_day_it_is_open_again() -> None:
    days = ended_at_nine()
    days.read(later(LATE, text="We are investigating them again.", at=EIGHT + timedelta(hours=3)), OLD, minutes=120)
    assert (days.only.phase, days.only.resolved, list(days.told.values())) == (Phase.INVESTIGATING, None, [1])


def test_a_date_that_moves_and_a_word_about_the_cause_open_nothing_again() -> None:
    days = ended_at_nine()
    days.read(later(LATE, text=OVER, at=EIGHT + timedelta(days=2)), OLD, minutes=2 * 24 * 60)
    days.read(later(LATE, text=f"{OVER} A sluice was shut.", at=EIGHT + timedelta(days=3)), OLD, minutes=24 * 60)
    assert (days.only.phase, list(days.told.values()), len(days.ended)) == (Phase.RESOLVED, [1], 1)


# --- texts and times ------------------------------------------------------------------------------------------------


def test_another_text_under_the_same_date_is_told_when_it_was_seen() -> None:
    days = started_with(LATE)
    days.read(later(LATE, text=OVER), OLD, minutes=64)
    assert [(u.text, u.at) for u in days.only.updates] == [(LATE.text, EIGHT), (OVER, days.now)]
    assert (days.only.resolved, days.edits) == (days.now, 0)


def test_a_slip_of_the_pen_that_is_mended_is_an_edit() -> None:
    days = started_with(later(LATE, text="We are investigating late feries on all the lines."))
    days.read(later(LATE, text="We are investigating late ferries on all the lines."), OLD)
    assert (days.edits, len(days.only.updates)) == (1, 1)
    days.read(later(LATE, text="We are investigating late ferries on 3 of the lines."), OLD)
    assert (days.edits, len(days.only.updates)) == (1, 2)


def test_an_older_text_from_another_node_is_no_news() -> None:
    days = started_with(LATE)
    second = later(LATE, text="The cause is found: fog.", at=EIGHT + timedelta(minutes=30))
    for item in (second, LATE, second, LATE, second):
        days.read(item, OLD, minutes=20)
    assert [u.text for u in days.only.updates] == [LATE.text, second.text]


def test_a_start_only_moves_back() -> None:
    days = started_with(later(LATE, at=EIGHT + timedelta(minutes=1)))
    days.read(later(LATE, at=EIGHT + timedelta(minutes=9)), OLD)
    assert days.only.started == EIGHT + timedelta(minutes=1)
    days.read(later(LATE, at=EIGHT - timedelta(minutes=9)), OLD)
    assert days.only.started == EIGHT - timedelta(minutes=9)


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_several_updates_in_a_minute_the_end_is_the_last_word(newest_first: bool) -> None:
    posts = [("08:00", "Investigating"), ("08:30", "Resolved"), ("08:30", "Monitoring")]
    listed = [f"<p><small>Mar 3, {at} UTC</small><br><strong>{label}</strong> - {label}.</p>" for at, label in posts]
    days = FeedDays()
    days.read(OLD)
    days.read(later(LATE, text="".join(listed if newest_first else listed[::-1])), OLD, minutes=40)
    assert (days.only.phase, days.only.resolved) == (Phase.RESOLVED, EIGHT + timedelta(minutes=30))


def test_an_entry_without_a_date_is_told_at_its_first_sight_and_keeps_that_time() -> None:
    days = started_with(later(LATE, at=None))
    first = days.now
    days.read(later(LATE, at=None), OLD)
    days.read(later(LATE, at="31.31.2026"), OLD)
    assert (days.only.started, list(days.told.values()), days.memory.undated) == (first, [1], 1)


# --- what is not listed ---------------------------------------------------------------------------------------------


def test_nodes_that_disagree_take_nothing_down() -> None:
    days = started_with(LATE)
    for _ in range(20):
        days.read(OLD)
        days.read(LATE, OLD)
    assert (days.taken_down, days.only.is_open, list(days.told.values())) == ([], True, [1])


def test_what_is_gone_for_three_readings_and_five_minutes_was_taken_down() -> None:
    days = started_with(LATE)
    days.read(OLD)
    assert days.memory.look_at is not None
    days.read(OLD, minutes=1)
    days.read(OLD, minutes=1)
    assert days.taken_down == []
    days.read(OLD, minutes=3)
    assert days.taken_down == ["g1"]
    assert days.memory.look_at is None
    for _ in range(2):
        days.read(LATE, OLD, minutes=10)
    assert (days.only.is_open, list(days.told.values())) == (True, [1])


def test_two_readings_far_apart_take_nothing_down() -> None:
    days = started_with(LATE)
    days.read(OLD)
    days.read(OLD, minutes=600)
    assert days.taken_down == []


def others(count: int) -> list[Item]:
    return [
        Item(f"Other {n}", "Resolved.", EIGHT + timedelta(days=n), f"o{n}", f"{HOST}/n/{n + 50}")
        for n in reversed(range(1, count + 1))
    ]


def test_what_leaves_at_the_bottom_is_closed_without_an_end() -> None:
    days = started_with(LATE)
    days.now = EIGHT + timedelta(days=9)
    for _ in range(4):
        days.read(*others(9), minutes=2)
    late = days.known["g1"]
    assert (late.unlisted, late.vanished, late.is_open, late.phase) == (True, False, False, Phase.INVESTIGATING)
    assert days.taken_down == []
    days.read(*others(9), LATE)
    assert days.known["g1"].unlisted
    days.read(*others(9), later(LATE, text="We are investigating late ferries and trams since noon."))
    assert days.known["g1"].is_open


def test_a_feed_that_is_emptied_takes_nothing_down() -> None:
    days = started_with(LATE)
    for _ in range(6):
        days.read(minutes=2)
    assert (days.taken_down, days.only.unlisted) == ([], True)


def test_what_is_old_and_slides_in_is_recorded_and_not_told() -> None:
    days = started_with(LATE)
    ancient = Item("Storm", "We are investigating.", EIGHT - timedelta(days=90), "s", f"{HOST}/n/9")
    ended = Item("Hail", "Resolved.", EIGHT - timedelta(days=80), "h", f"{HOST}/n/8")
    days.read(LATE, OLD, ended, ancient)
    days.read(LATE, OLD, ended, ancient)
    assert list(days.told.values()) == [1]
    assert (days.known["s"].is_open, days.known["s"].unlisted, days.known["h"].phase) == (False, True, Phase.RESOLVED)


def test_what_is_entered_a_little_late_is_told() -> None:
    days = started_with(LATE)
    days.read(Item("Trams late", at=EIGHT - timedelta(hours=5), id="t", link=f"{HOST}/n/7"), LATE, OLD)
    assert sum(days.told.values()) == 2


# --- the law --------------------------------------------------------------------------------------------------------

STORY = (
    ("We are investigating.", None),
    ("We have identified the issue and expect it to be resolved soon.", None),
    ("A fix has been deployed, we are monitoring.", None),
    ("This incident has been resolved.", "over"),
)
"""What each incident of the law tells, an hour apart."""
INCIDENTS = 3
FAULTS = ("ids", "dates", "twice", "stage", "byte")


def item(number: int, step: int) -> Item:
    began = EIGHT + timedelta(hours=number)
    return Item(
        title=f"Line {'ABC'[number]} is late",
        text=STORY[step][0],
        at=began + timedelta(hours=step),
        id=f"id-{number}",
        link=f"{HOST}/news/line-{'abc'[number]}",
    )


def broken(items: list[Item], fault: str | None, reading: int) -> list[Item]:
    match fault:
        case "ids":
            return [later(each, id=f"{reading}-{each.id}") for each in items]
        case "dates":
            return [later(each, at=EIGHT + timedelta(days=1, minutes=reading)) for each in items]
        case "twice":
            return [each for each in items for _ in range(2)]
        case "stage":
            labels = ("Update", "[Monitoring]", "Investigating")
            return [later(each, title=f"{labels[reading % 3]}: {each.title}".replace("]:", "]")) for each in items]
        case _:
            return items


@settings(max_examples=60)
@given(st.data())
def test_whatever_goes_wrong_once_a_reading_each_incident_is_told_once_and_ends_when_it_is_over(
    data: st.DataObject,
) -> None:
    faults = data.draw(st.lists(st.sampled_from(FAULTS), min_size=2, max_size=2), label="faults")
    linked = data.draw(st.booleans(), label="linked")
    days = FeedDays()
    days.read(OLD)
    hours = INCIDENTS + len(STORY)
    wrong_at = dict(zip(data.draw(st.permutations(range(hours)))[:2], faults, strict=True))
    for hour in range(hours):
        steps = {n: min(hour - n, len(STORY) - 1) for n in range(INCIDENTS) if hour >= n}
        listed = [item(n, step) for n, step in steps.items()]
        listed = listed if linked else [later(each, link=None) for each in listed]
        items = data.draw(st.permutations([*listed, OLD]))
        fault = wrong_at.get(hour)
        content = bytearray(feed(*broken(list(items), fault, hour)))
        if fault == "byte":
            at = content.index(b"<description>") + data.draw(st.integers(13, 30))
            content[at] = data.draw(st.sampled_from([0, 11, 0x8A, 0xFF, ord("&")]))
        days.read(content=bytes(content), minutes=60)
        for n, step in steps.items():
            (found,) = [i for i in days.known.values() if i.title == item(n, 0).title]
            if STORY[step][1] is None:
                assert found.phase not in ENDED
    titles = [days.known[id].title for id in days.told]
    assert sorted(titles) == [item(n, 0).title for n in range(INCIDENTS)]
    assert set(days.told.values()) == {1}
    assert [i.phase in ENDED for i in days.known.values()] == [True] * (INCIDENTS + 1)
    assert (days.taken_down, len(days.known)) == ([], INCIDENTS + 1)


def test_a_list_built_anew_with_a_clock_that_is_ahead_brings_no_incident_twice() -> None:
    days, first = FeedDays(), later(item(0, 0), id="a", link=None)
    days.read(OLD)
    days.read(first, OLD, minutes=60)
    ahead = days.now + timedelta(days=1)
    days.read(later(first, id="b", at=ahead), later(OLD, id="old-b", at=ahead), minutes=60)
    assert days.only.title == first.title
    assert set(days.told.values()) == {1}
