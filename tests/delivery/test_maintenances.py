"""A planned maintenance in a channel: reminded of in time, its start and end told once, whatever its vendor says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from structlog.testing import capture_logs

from bot.delivery.port import OutcomeUnknown
from bot.domain import (
    ChannelSettings,
    Filter,
    Incident,
    IncidentKind,
    Level,
    Mode,
    Mute,
    Phase,
    QuietHours,
    Subscription,
    Update,
    Wishes,
)
from bot.routing import route
from tests.delivery.story import ACME, Story, channel, story
from tests.fakes import Clock

A = channel("a")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
START = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAN = Incident(
    ACME.slug,
    "p",
    IncidentKind.MAINTENANCE,
    "New racks",
    Phase.SCHEDULED,
    None,
    START,
    planned_end=START + 2 * HOUR,
    level=Level.MAINTENANCE,
)
DAY_BEFORE = "Acme: New racks — maintenance begins within 1 d"
HOUR_BEFORE = "Acme: New racks — maintenance begins within 1 h"
BEGUN = "Acme: New racks — maintenance has begun"
DONE = "Acme: New racks — maintenance completed after 2 h"


@pytest.fixture(name="told")
def _told(database_url: str) -> Iterator[Story]:
    with capture_logs(), story(database_url) as told:
        told.clock = Clock(NOON)
        wanted = Filter(maintenance="on")
        told.store.channels.subscribe(Subscription(A, ACME.slug, wanted, "ann", told.clock()), route)
        choose(told, Mode.THREAD)
        yield told


def choose(told: Story, mode: Mode, *leads: timedelta) -> None:
    told.store.channels.set_settings(A, ChannelSettings(mode, remind=leads))


def news(told: Story, until: datetime, *, plan: Incident | None = None) -> list[tuple[str, str, bool]]:
    """What the channel is sent up to then, edits aside, every half hour in the end; ``plan``: is read first."""
    before = len(told.chat.calls)
    if plan:
        told.record(plan)
    told.deliver()
    while told.clock() < until:
        left = until - told.clock()
        told.clock.now += max(left - 3 * HOUR, HOUR / 2)
        told.deliver()
    calls = [call for call in told.chat.calls[before:] if call.ref is not None and call.verb != "edit"]
    return [(call.verb, call.message.summary, call.broadcast) for call in calls]


def test_it_is_reminded_of_in_its_thread_each_time_once(told: Story) -> None:
    choose(told, Mode.THREAD, HOUR, DAY)
    assert [verb for verb, *_ in news(told, START - DAY - HOUR, plan=PLAN)] == ["post"]
    assert news(told, START - DAY + HOUR) == [("reply", DAY_BEFORE, False)]
    assert news(told, START - timedelta(minutes=30)) == [("reply", HOUR_BEFORE, False)]
    assert news(told, START + DAY) == []


@pytest.mark.parametrize(
    ("mode", "verb", "broadcast"),
    [(Mode.THREAD_KEY, "reply", True), (Mode.FLAT, "post", False), (Mode.EDIT, "post", False)],
)
def test_in_every_mode_the_channel_sees_it(told: Story, mode: Mode, verb: str, broadcast: bool) -> None:
    choose(told, mode, HOUR)
    news(told, START - DAY, plan=PLAN)
    assert news(told, START - timedelta(minutes=30)) == [(verb, HOUR_BEFORE, broadcast)]


def test_nobody_is_reminded_who_did_not_ask(told: Story) -> None:
    news(told, START - DAY, plan=PLAN)
    assert news(told, START - timedelta(minutes=30)) == []


def test_who_asks_later_is_reminded_of_what_is_still_ahead(told: Story) -> None:
    news(told, START - timedelta(hours=3), plan=PLAN)
    choose(told, Mode.THREAD, HOUR)
    assert news(told, START) == [("reply", HOUR_BEFORE, False)]


def test_a_subscription_has_the_last_word(told: Story) -> None:
    choose(told, Mode.THREAD, HOUR)
    news(told, START - 2 * DAY + HOUR, plan=PLAN)
    wanted, wishes = Filter(maintenance="on"), Wishes(remind=(DAY,))
    again = Subscription(A, ACME.slug, wanted, "ann", told.clock(), wishes=wishes)
    told.store.channels.subscribe(again, route)
    assert news(told, START) == [("reply", DAY_BEFORE, False)]


def test_a_plan_that_moves_is_reminded_of_again_and_says_so(told: Story) -> None:
    choose(told, Mode.THREAD, HOUR)
    news(told, START - timedelta(minutes=30), plan=PLAN)
    note = Update("note-plan-1", Phase.SCHEDULED, told.clock(), "Planned time changed: was …, now …")
    moved = replace(PLAN, started=START + DAY, planned_end=START + DAY + 2 * HOUR, updates=(note,))
    assert [verb for verb, *_ in news(told, START + DAY - 2 * HOUR, plan=moved)] == ["reply"]
    assert news(told, START + DAY) == [("reply", HOUR_BEFORE, False)]


def test_one_that_is_cancelled_is_not_reminded_of(told: Story) -> None:
    choose(told, Mode.THREAD, HOUR)
    news(told, START - DAY, plan=PLAN)
    sent = news(told, START, plan=replace(PLAN, vanished=True))
    assert HOUR_BEFORE not in [summary for _, summary, _ in sent]


def test_a_mute_holds_and_after_it_the_last_one_comes(told: Story) -> None:
    choose(told, Mode.THREAD, HOUR, DAY)
    news(told, START - 2 * DAY + HOUR, plan=PLAN)
    told.store.mutes.mute(A, ACME.slug, "p", Mute(START - timedelta(minutes=45)), told.clock())
    assert news(told, START - HOUR) == []
    assert news(told, START) == [("reply", HOUR_BEFORE, False)]


@pytest.mark.parametrize("after", [True, False])
def test_through_a_crash_it_comes_once(told: Story, after: bool) -> None:
    choose(told, Mode.THREAD, HOUR)
    news(told, START - 2 * HOUR, plan=PLAN)
    told.chat.trouble(A, OutcomeUnknown("cut"), after=after)
    sent = news(told, START)
    reminders = [message for message in told.chat.messages[A].values() if message.summary == HOUR_BEFORE]
    assert len(reminders) == 1
    assert len(sent) == 1


@pytest.mark.parametrize("mode", [Mode.THREAD, Mode.THREAD_KEY, Mode.FLAT])
def test_its_start_and_its_end_are_told_where_the_vendor_says_nothing(told: Story, mode: Mode) -> None:
    choose(told, mode)
    news(told, START, plan=PLAN)
    verb = "post" if mode is Mode.FLAT else "reply"
    under_way = replace(PLAN, phase=Phase.IN_PROGRESS)
    assert [(v, said[: len(BEGUN)], b) for v, said, b in news(told, START, plan=under_way)] == [(verb, BEGUN, False)]
    assert news(told, START + HOUR, plan=under_way) == []
    over = replace(PLAN, phase=Phase.COMPLETED, resolved=START + 2 * HOUR)
    assert news(told, START + 2 * HOUR, plan=over) == [(verb, DONE, mode is Mode.THREAD_KEY)]
    assert news(told, START + DAY, plan=over) == []


@pytest.mark.parametrize("mode", [Mode.THREAD, Mode.FLAT])
def test_what_the_vendor_says_itself_is_not_said_again(told: Story, mode: Mode) -> None:
    choose(told, mode)
    news(told, START, plan=PLAN)
    began = Update("u1", Phase.IN_PROGRESS, START, "We begin.")
    under_way = replace(PLAN, phase=Phase.IN_PROGRESS, updates=(began,))
    assert len(news(told, START, plan=under_way)) == 1
    ended = Update("u2", Phase.COMPLETED, START + HOUR, "We are done.")
    over = replace(under_way, phase=Phase.COMPLETED, resolved=START + HOUR, updates=(began, ended))
    assert len([sent for sent in news(told, START + HOUR, plan=over) if "done" in sent[1]]) == 1
    assert news(told, START + DAY, plan=over) == []


def test_one_that_was_seen_under_way_has_begun_already(told: Story) -> None:
    told.clock = Clock(START + HOUR)
    sent = news(told, START + HOUR, plan=replace(PLAN, phase=Phase.IN_PROGRESS))
    assert [verb for verb, *_ in sent] == ["post"]


def test_a_clock_that_goes_back_keeps_its_reminders(told: Story) -> None:
    choose(told, Mode.THREAD, HOUR)
    news(told, NOON + HOUR, plan=PLAN)
    told.store.clock.look(told.clock())
    told.clock.turn(hours=-1)
    assert told.store.clock.look(told.clock()) >= 0
    assert news(told, START) == [("reply", HOUR_BEFORE, False)]


def test_no_mode_reminds_before_what_keeps_messages_back_is_over(told: Story) -> None:
    choose(told, Mode.EDIT, HOUR)
    news(told, START - DAY, plan=PLAN)
    told.store.mutes.mute(A, ACME.slug, "p", Mute(START - timedelta(minutes=30)), told.clock())
    assert news(told, START - timedelta(minutes=45)) == []
    assert news(told, START) == [("post", HOUR_BEFORE, False)]


@pytest.mark.parametrize(("mode", "began"), [(Mode.THREAD, False), (Mode.EDIT, False), (Mode.EDIT, True)])
def test_a_reminder_that_was_kept_back_past_the_start_is_told_when_that_ends(
    told: Story, mode: Mode, began: bool
) -> None:
    night = QuietHours(time(12), time(15))
    told.store.channels.set_settings(A, ChannelSettings(mode, quiet=night, remind=(HOUR,)))
    told.clock.now = START - 4 * HOUR
    assert len(news(told, START - 2 * HOUR, plan=PLAN)) == 1
    assert news(told, START) == []
    assert news(told, START + HOUR / 2, plan=replace(PLAN, phase=Phase.IN_PROGRESS) if began else None) == []
    assert [summary for _, summary, _ in news(told, START + 2 * HOUR)] == ["While it was quiet here: 1 still open."]
    assert news(told, START + DAY) == []


def test_a_reminder_that_a_mute_kept_back_past_the_start_says_so(told: Story) -> None:
    choose(told, Mode.EDIT, HOUR)
    assert len(news(told, START - 2 * HOUR, plan=PLAN)) == 1
    told.store.mutes.mute_vendor(A, ACME.slug, Mute(START + HOUR), told.clock())
    assert news(told, START) == []
    assert news(told, START + HOUR / 2, plan=replace(PLAN, phase=Phase.IN_PROGRESS)) == []
    assert [summary for _, summary, _ in news(told, START + DAY)] == [
        "Acme: New racks — maintenance was to begin meanwhile"
    ]
