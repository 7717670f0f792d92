"""Days on which a part comes and goes, an outage in the middle of them, and ids that come and go."""

from __future__ import annotations

import random
import re
from bisect import bisect
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain import IncidentKind, Level, Phase, Snapshot
from bot.monitor.trouble import CONFIRM_AFTER
from tests.monitor.days import Day
from tests.monitor.facts import NOON, at, component, incident, snapshot, update

OUTAGE = NOON + timedelta(hours=6), NOON + timedelta(hours=6, minutes=40)
TOLD_WITHIN = timedelta(minutes=2)
MAX_ROOTS, MAX_REPLIES, MAX_EDITS = 2, 24, 100

Levels = Callable[[datetime, int], Level]


def each_reading(bad: Level, good: Level = Level.OPERATIONAL) -> Levels:
    return lambda now, n: bad if n % 2 == 0 else good


def every(minutes: float, bad: Level) -> Levels:
    return lambda now, n: bad if n > 1 and (now - NOON) // timedelta(minutes=minutes) % 2 == 0 else Level.OPERATIONAL


def day(levels: Levels, outage: Level | None = None) -> Day:
    def page(now: datetime, n: int) -> Snapshot:
        level = levels(now, n)
        if outage is not None and OUTAGE[0] <= now < OUTAGE[1]:
            level = outage
        return snapshot(components=(component("API", level), component("Web")), level=level)

    return Day(page)


@pytest.mark.parametrize(
    "levels",
    [
        each_reading(Level.PARTIAL_OUTAGE),
        each_reading(Level.DEGRADED),
        each_reading(Level.PARTIAL_OUTAGE, Level.DEGRADED),
        every(1, Level.MAJOR_OUTAGE),
        every(10, Level.PARTIAL_OUTAGE),
        every(35, Level.DEGRADED),
    ],
    ids=["each reading", "a little", "between two levels", "each minute", "ten minutes", "half an hour"],
)
def test_a_day_of_flapping_is_a_card_and_some_edits(levels: Levels) -> None:
    seen = day(levels)
    seen.run(hours=24)
    roots, replies, edits = seen.counts()
    assert 1 <= roots <= MAX_ROOTS
    assert replies <= MAX_REPLIES
    assert edits <= MAX_EDITS
    assert re.search(r"turns since ([-\d]+ )?12:0", seen.told[-1].text)


@pytest.mark.parametrize(
    ("levels", "outage"),
    [
        (each_reading(Level.PARTIAL_OUTAGE), Level.PARTIAL_OUTAGE),
        (each_reading(Level.DEGRADED), Level.DEGRADED),
        (each_reading(Level.DEGRADED), Level.MAJOR_OUTAGE),
        (every(1, Level.PARTIAL_OUTAGE), Level.PARTIAL_OUTAGE),
        (every(11, Level.PARTIAL_OUTAGE), Level.MAJOR_OUTAGE),
    ],
)
def test_an_outage_in_the_middle_of_it_is_told_and_so_is_its_end(levels: Levels, outage: Level) -> None:
    seen = day(levels, outage)
    seen.run(hours=24)
    assert all(told <= most for told, most in zip(seen.counts(), (MAX_ROOTS, MAX_REPLIES, MAX_EDITS), strict=True))
    begun, over = ([t for t in seen.news() if when <= t.at <= when + TOLD_WITHIN] for when in OUTAGE)
    assert [t.text.partition(" · ")[0] for t in begun] == ["Seen on the page"]
    # Where the part is no better than it was in turn before, that is what is told.
    assert re.match(r"Back to normal|Seen on the page.*\n> API: (?:partial outage|degraded)", over[0].text)


def between(least: int, most: int, seed: int) -> Levels:
    """Bad and good in turn, each time for another number of minutes; before and after the outage it was good."""
    dice, turns, now = random.Random(seed), [NOON], NOON
    while now < NOON + timedelta(days=1):
        turns.append(now := now + timedelta(minutes=dice.uniform(least, most)))

    def level(now: datetime, n: int) -> Level:
        near = timedelta(minutes=least)
        is_bad = n > 1 and bisect(turns, now) % 2 == 0 and not OUTAGE[0] - near <= now < OUTAGE[1] + near
        return Level.PARTIAL_OUTAGE if is_bad else Level.OPERATIONAL

    return level


@pytest.mark.parametrize("seed", range(5))
def test_inside_of_long_turns_the_card_says_within_two_minutes_how_it_is_now(seed: int) -> None:
    """No message can: 10 to 30 minutes bad and as many good are 36 times a day, of which 24 replies tell neither the
    beginnings nor the ends; and for 30 minutes an outage is one of them."""
    seen = day(between(10, 30, seed), Level.PARTIAL_OUTAGE)
    seen.run(hours=24)
    assert all(told <= most for told, most in zip(seen.counts(), (MAX_ROOTS, MAX_REPLIES, MAX_EDITS), strict=True))
    begun, over = ([t for t in seen.told if when <= t.at <= when + TOLD_WITHIN] for when in OUTAGE)
    assert [re.findall("turns since .*?, (.*?) since", t.text) for t in begun] == [["partial outage"]]
    assert any("back to normal since" in t.text for t in over)
    news = [t.text.partition(" · ")[0] for t in seen.news() if OUTAGE[0] <= t.at <= OUTAGE[1] + TOLD_WITHIN]
    assert news == ["Seen on the page", "Back to normal"], "once it is longer than before, and at its end"


def test_an_hour_of_quiet_ends_it() -> None:
    seen = day(lambda now, n: Level.PARTIAL_OUTAGE if n % 2 == 0 and now < at(60) else Level.OPERATIONAL)
    seen.run(hours=3)
    last = seen.told[-1]
    assert at(118) < last.at < at(122)
    assert last.text.startswith("Acme: API · back to normal after")
    assert re.search(r"\d+ turns", last.text)


def test_what_returns_within_an_hour_goes_on_in_its_card_and_later_has_a_new_one() -> None:
    def roots(gap_minutes: float) -> int:
        returns = at(30 + gap_minutes)
        seen = day(
            lambda now, n: Level.PARTIAL_OUTAGE if at(10) <= now < at(30) or now >= returns else Level.OPERATIONAL
        )
        seen.run(hours=4)
        assert not seen.news()[-1].text.startswith("Back to normal")
        return seen.counts()[0]

    assert (roots(55), roots(65)) == (1, 2)


def test_a_little_worse_waits_for_a_second_reading_where_it_was_not_steady() -> None:
    """A blip of a steady part is told at once; the next one, hours later, only when it is seen twice."""

    def told(blip_s: float) -> list[float]:
        again = at(120)

        def level(now: datetime, n: int) -> Level:
            is_bad = n == 2 or again <= now < again + timedelta(seconds=blip_s)
            return Level.DEGRADED if is_bad else Level.OPERATIONAL

        seen = day(level)
        seen.run(hours=3)
        return [(t.at - NOON).total_seconds() for t in seen.news()]

    first, over = 30, 60
    assert told(blip_s=10) == [first, over]
    later = told(blip_s=60)[2:]
    assert len(later) == 2
    assert later[0] == 120 * 60 + CONFIRM_AFTER.total_seconds()


def test_ids_that_come_and_go_are_one_incident() -> None:
    def page(now: datetime, n: int) -> Snapshot:
        posted = update(f"u{n}", 0, "We look into it.")
        listed = incident(f"id{n}", posted, components=("api",), minutes=0)
        return snapshot(*([listed] if n > 1 else []), components=(component("API"),))

    seen = Day(page)
    seen.run(hours=2)
    assert seen.counts() == (1, 0, 0)


def test_a_plan_that_is_made_anew_with_another_end_is_another() -> None:
    def page(now: datetime, n: int) -> Snapshot:
        planned = incident(
            f"m{n}", update(f"u{n}", 0), kind=IncidentKind.MAINTENANCE, phase=Phase.SCHEDULED, minutes=90
        )
        return snapshot(replace(planned, planned_end=at(120 + n)))

    seen = Day(page)
    seen.read()
    seen.read()
    assert [t.incident for t in seen.news()] == ["m1", "m2"]


def test_the_next_incident_in_the_same_words_is_another() -> None:
    def page(now: datetime, n: int) -> Snapshot:
        first = incident("id1", update("u1", 0, "We look into it."), minutes=0)
        second = incident("id2", update("u2", 45, "We look into it."), minutes=45)
        return snapshot(first if now < at(60) else second)

    seen = Day(page)
    seen.read()
    seen.now = at(60)
    seen.read()
    assert [t.incident for t in seen.news()] == ["id1", "id2"]


def test_a_level_that_follows_a_flapping_part_edits_no_card_at_each_turn() -> None:
    def page(now: datetime, n: int) -> Snapshot:
        level = Level.PARTIAL_OUTAGE if n % 2 else Level.DEGRADED
        listed = incident("i1", update("u1", 0), components=("api",), level=level, phase=Phase.IDENTIFIED)
        return snapshot(listed, components=(component("API", level),), level=level)

    seen = Day(page)
    seen.run(hours=24)
    assert seen.counts()[0] == 1
    assert seen.counts()[2] <= 5


def test_one_version_in_turn_with_another_is_no_news() -> None:
    old = incident("i1", update("u1", 0), minutes=0)
    new = replace(old, updates=(*old.updates, update("u2", 20, "Found it.", Phase.IDENTIFIED)), phase=Phase.IDENTIFIED)
    seen = Day(lambda now, n: snapshot(new if n % 2 else old))
    seen.run(hours=24)
    assert seen.counts() == (1, 2, 1), "what the root drops, and the new text"


def test_a_part_gets_bad_though_an_old_version_of_an_incident_elsewhere_is_served() -> None:
    old = incident("i1", update("u1", 0), minutes=0, components=("api",))
    new = replace(old, updates=(*old.updates, update("u2", 20, "Found it.", Phase.IDENTIFIED)), phase=Phase.IDENTIFIED)

    def page(now: datetime, n: int) -> Snapshot:
        web = Level.MAJOR_OUTAGE if now >= at(30) else Level.OPERATIONAL
        parts = component("API", Level.OPERATIONAL if now < at(30) else Level.MAJOR_OUTAGE), component("Web", web)
        return snapshot(new if at(20) <= now < at(30) else old, components=parts)

    seen = Day(page)
    seen.run(minutes=35)
    assert [(t.at, t.text.split(chr(10))[0]) for t in seen.news() if t.at >= at(30)][:1] == [
        (at(30), seen.news()[-1].text.split(chr(10))[0])
    ]
    assert "API" not in seen.news()[-1].text
    assert "Web" in seen.news()[-1].text


def test_numbers_that_run_on_in_a_text_are_some_edits_and_the_last_is_told() -> None:
    def page(now: datetime, n: int) -> Snapshot:
        minutes = min(now, at(23 * 60)) - NOON
        text = (
            f"Affected: {1204 + minutes // timedelta(minutes=1):,} users. Updated {minutes.seconds // 60} minutes ago."
        )
        return snapshot(incident("i1", update("u1", 0, text), minutes=0))

    seen = Day(page)
    seen.run(hours=24)
    assert seen.counts()[:2] == (1, 0)
    assert 50 < seen.counts()[2] <= 100
    assert "2,584" in seen.told[-1].text


def test_a_number_that_is_corrected_is_told_at_once() -> None:
    def page(now: datetime, n: int) -> Snapshot:
        return snapshot(incident("i1", update("u1", 0, f"Back at {14 if now < at(5) else 15}:00."), minutes=0))

    seen = Day(page)
    seen.run(minutes=10)
    assert [t.at for t in seen.told] == [NOON, at(5)]


@pytest.mark.parametrize("news", ["update", "stamp", "neither"])
def test_a_reopening_is_news_at_once_with_a_new_update_or_a_newer_stamp(news: str) -> None:
    going_on = incident("i1", update("u1", 0), minutes=0)
    end = update("u2", 5, "Fixed.", Phase.RESOLVED)
    over = replace(going_on, updates=(*going_on.updates, end), phase=Phase.RESOLVED, resolved=at(5))
    again = going_on
    if news == "update":
        again = replace(over, updates=(*over.updates, update("u3", 10, "It is back.")), phase=Phase.INVESTIGATING)

    def page(now: datetime, n: int) -> Snapshot:
        listed, stamp = (going_on, at(0)) if now < at(5) else (over, at(5)) if now < at(10) else (again, at(5))
        if news == "stamp" and now >= at(10):
            stamp = at(10)
        return replace(snapshot(listed), page_updated_at=stamp.isoformat())

    seen = Day(page)
    seen.run(minutes=15)
    assert [t.at for t in seen.told if t.at >= at(10)][:1] == ([] if news == "neither" else [at(10)])
    seen.run(minutes=10)
    believed = [t.at for t in seen.told if t.at >= at(20)]
    assert bool(believed) is (news == "neither")
