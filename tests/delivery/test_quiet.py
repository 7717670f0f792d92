"""Quiet hours: nothing new before they end, one message then, and everything as always after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta

import pytest
from structlog.testing import capture_logs

from bot.delivery.port import MessageGone, OutcomeUnknown, RetryLater
from bot.domain import (
    ChannelSettings,
    Filter,
    Hold,
    Incident,
    IncidentKind,
    Level,
    Mode,
    Mute,
    Phase,
    QuietHours,
    Subscription,
    Wishes,
)
from bot.message import Items, Message, plain_text
from bot.routing import route
from tests.delivery.story import ACME, Story, channel, incident, story
from tests.fakes import Call
from tests.text import read

OPS = channel("ops")
MORNING = QuietHours(time(9), time(10))
"""The clock of the stories begins at nine."""
OVER = Phase.RESOLVED


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture(name="told")
def _told(database_url: str) -> Iterator[Story]:
    with story(database_url) as told:
        yield told


def subscribe(
    told: Story,
    quiet: QuietHours | None = MORNING,
    mode: Mode = Mode.THREAD_KEY,
    mention: str | None = None,
    hold: Hold | None = None,
) -> None:
    wanted = Subscription(OPS, ACME.slug, Filter(), "ann", told.clock(), mention, wishes=Wishes(hold))
    told.store.channels.subscribe(wanted, route)
    told.store.channels.set_settings(OPS, ChannelSettings(mode, quiet=quiet))


def record(told: Story, *incidents: Incident) -> None:
    told.record(*incidents)
    told.deliver()


def turn(told: Story, minutes: float) -> None:
    told.clock.turn(minutes=minutes)
    told.deliver()


def sent(told: Story) -> list[Call]:
    """New messages, no edits."""
    return [call for call in told.chat.sent(OPS) if call.verb != "edit"]


def lines(message: Message) -> list[str]:
    return [plain_text(line) for block in message.blocks if isinstance(block, Items) for line in block.lines]


def test_what_came_is_one_message_at_the_end_and_goes_on_from_there(told: Story) -> None:
    subscribe(told)
    start = told.clock()
    record(told, incident("a", start, "a1"), incident("b", start, "b1"))
    turn(told, 20)
    record(told, incident("a", start, "a1", "a2"), incident("b", start, "b1", "b2", phase=OVER))
    assert sent(told) == []
    assert told.store.cards.next_wake(["list"], told.clock()) == start + timedelta(hours=1)
    turn(told, 40)
    (summary,) = sent(told)
    assert summary.message.title == "While it was quiet here: 1 still open and 1 over."
    assert [line.partition(" — ")[0] for line in lines(summary.message)] == ["Acme: Trouble a", "Acme: Trouble b"]
    turn(told, 30)
    assert len(sent(told)) == 1, "nothing of it is told again"
    record(told, incident("a", start, "a1", "a2", "a3"))
    assert [call.verb for call in sent(told)] == ["post", "post"], "the next news opens its card"
    record(told, incident("a", start, "a1", "a2", "a3", "a4"))
    assert sent(told)[-1].verb == "reply"


def test_what_gets_worse_or_ends_without_a_text_is_news_of_what_was_listed(told: Story) -> None:
    subscribe(told)
    start = told.clock()
    facts = incident("a", start, "a1")
    record(told, facts)
    turn(told, 60)
    record(told, replace(facts, level=Level.MAJOR_OUTAGE))
    assert [call.verb for call in sent(told)] == ["post", "post"]
    record(told, replace(facts, level=Level.MAJOR_OUTAGE, phase=OVER, resolved=told.clock()))
    assert sent(told)[-1].verb == "reply"


@pytest.mark.parametrize("mode", [Mode.THREAD_KEY, Mode.THREAD])
def test_a_card_that_stood_is_kept_true_and_its_thread_gets_the_texts_later(told: Story, mode: Mode) -> None:
    subscribe(told, QuietHours(time(9, 30), time(10)), mode)
    start = told.clock()
    record(told, incident("a", start, "a1"))
    turn(told, 30)
    record(told, incident("a", start, "a1", "a2"))
    turn(told, 5)
    record(told, incident("a", start, "a1", "a2", "a3", phase=OVER))
    assert told.chat.sent(OPS)[0].verb == "post"
    assert {call.verb for call in told.chat.sent(OPS)[1:]} == {"edit"}, "the root shows what is true"
    turn(told, 25)
    later = sent(told)[1:]
    in_channel = [call for call in later if call.verb == "post" or call.broadcast]
    assert [call.message.title for call in in_channel] == ["While it was quiet here: 1 over."]
    assert {call.verb for call in later if call is not in_channel[0]} == {"reply"}
    assert told.texts(OPS) == ["a1", "a2", "a3"]


def test_without_threads_the_root_shows_what_came(told: Story) -> None:
    subscribe(told, QuietHours(time(9, 30), time(10)), Mode.FLAT)
    start = told.clock()
    record(told, incident("a", start, "a1"))
    turn(told, 30)
    record(told, incident("a", start, "a1", "a2"))
    turn(told, 30)
    assert [call.verb for call in sent(told)] == ["post", "post"]
    record(told, incident("a", start, "a1", "a2", "a3"))
    assert told.texts(OPS) == ["a1", "a3"]


def test_what_is_excepted_goes_through(told: Story) -> None:
    subscribe(told, replace(MORNING, except_level=Level.PARTIAL_OUTAGE))
    start = told.clock()
    facts = incident("a", start, "a1")
    record(told, facts)
    assert sent(told) == []
    record(told, replace(facts, level=Level.PARTIAL_OUTAGE))
    assert told.texts(OPS) == ["a1"]
    turn(told, 60)
    assert len(sent(told)) == 1, "and is not told again"


def test_who_is_to_be_mentioned_is_so_at_the_end_once_for_what_is_open(told: Story) -> None:
    subscribe(told, mention="@oncall@minor")
    told.record()
    start = told.clock()
    record(told, incident("a", start, "a1"), incident("b", start, "b1", "b2", phase=OVER))
    turn(told, 60)
    assert [call.message.mention for call in sent(told)] == ["@oncall"]
    record(told, incident("a", start, "a1", "a2"))
    assert [call.message.mention for call in sent(told)] == ["@oncall", None]


def test_nobody_is_mentioned_for_what_is_over(told: Story) -> None:
    subscribe(told, mention="@oncall@minor")
    told.record()
    record(told, incident("b", told.clock(), "b1", "b2", phase=OVER))
    turn(told, 60)
    assert [call.message.mention for call in sent(told)] == [None]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_message_of_unknown_outcome_is_there_once(told: Story, after: bool) -> None:
    subscribe(told)
    start = told.clock()
    record(told, incident("a", start, "a1"), incident("b", start, "b1"))
    told.chat.trouble(OPS, OutcomeUnknown("cut"), after=after)
    turn(told, 60)
    turn(told, 1)
    assert len(told.chat.messages[OPS]) == 1
    record(told, incident("a", start, "a1", "a2"))
    assert len(told.chat.messages[OPS]) == 2


def test_a_platform_that_asks_to_wait_gets_it_later(told: Story) -> None:
    subscribe(told)
    record(told, incident("a", told.clock(), "a1"))
    told.chat.trouble(OPS, RetryLater(30))
    turn(told, 60)
    assert sent(told) == []
    turn(told, 1)
    assert len(sent(told)) == 1


def test_quiet_hours_that_are_ended_are_over_at_once(told: Story) -> None:
    subscribe(told)
    record(told, incident("a", told.clock(), "a1", "a2", phase=OVER))
    told.store.channels.set_settings(OPS, ChannelSettings(Mode.THREAD_KEY))
    told.deliver()
    assert len(sent(told)) == 1


def test_what_was_kept_is_told_however_late_it_is(told: Story) -> None:
    subscribe(told)
    record(told, incident("a", told.clock(), "a1", "a2", phase=OVER))
    turn(told, 30)
    told.clock.turn(minutes=30)
    told.deliver(late_limit=timedelta(minutes=10))
    assert len(sent(told)) == 1


def test_what_was_too_late_in_the_night_already_is_not_told_in_the_morning(told: Story) -> None:
    subscribe(told)
    told.record(incident("a", told.clock(), "a1", "a2", phase=OVER))
    told.clock.turn(minutes=30)
    told.deliver(late_limit=timedelta(minutes=10))
    told.clock.turn(minutes=30)
    told.deliver(late_limit=timedelta(minutes=10))
    assert sent(told) == []


def test_what_is_muted_or_was_taken_down_is_not_listed(told: Story) -> None:
    subscribe(told)
    start = told.clock()
    gone = incident("gone", start, "g1")
    record(told, gone, incident("muted", start, "m1"), incident("a", start, "a1"))
    told.store.mutes.mute(OPS, ACME.slug, "muted", Mute(start + timedelta(hours=2)), told.clock())
    record(told, replace(gone, vanished=True))
    turn(told, 60)
    assert [line.partition(" — ")[0] for line in lines(sent(told)[0].message)] == ["Acme: Trouble a"]
    turn(told, 60)
    assert told.texts(OPS) == ["m1"], "it comes when its mute ends"


def test_what_ended_within_a_hold_is_not_listed(told: Story) -> None:
    subscribe(told, hold=Hold(timedelta(minutes=5)))
    start = told.clock()
    record(told, incident("short", start, "s1", "s2", phase=OVER), incident("long", start, "l1"))
    turn(told, 5)
    turn(told, 55)
    assert [line.partition(" — ")[0] for line in lines(sent(told)[0].message)] == ["Acme: Trouble long"]


def test_many_at_once_wait_with_their_list(told: Story) -> None:
    subscribe(told)
    start = told.clock()
    record(told, *(incident(f"i{number}", start, f"text {number}") for number in range(12)))
    turn(told, 1)
    assert sent(told) == []
    turn(told, 60)
    assert len(sent(told)) == 2, "what quiet hours kept, and the list of the flood"


def test_many_at_once_that_are_over_by_the_end_are_told_with_the_others(told: Story) -> None:
    subscribe(told)
    start = told.clock()
    record(told, *(incident(f"i{number:02}", start, "Hm.") for number in range(18)))
    turn(told, 10)
    record(told, *(incident(f"i{number:02}", start, "Hm.", "Over.", phase=OVER) for number in range(18)))
    turn(told, 50)
    turn(told, 1)
    assert [call.verb for call in sent(told)] == ["post", "reply"]
    assert sent(told)[0].message.title == "While it was quiet here: 18 over."
    assert len({line for call in sent(told) for line in lines(call.message)}) == 18
    turn(told, 60)
    assert len(sent(told)) == 2


def test_many_at_once_come_through_if_they_are_excepted(told: Story) -> None:
    subscribe(told, replace(MORNING, except_level=Level.PARTIAL_OUTAGE))
    bad = [replace(incident(f"i{n}", told.clock(), "Hm."), level=Level.PARTIAL_OUTAGE) for n in range(20)]
    record(told, *bad)
    assert len(sent(told)) == 11


@pytest.mark.parametrize("mode", [Mode.THREAD, Mode.FLAT])
def test_a_maintenance_that_begins_soon_is_listed_and_not_reminded_of_once_more(told: Story, mode: Mode) -> None:
    start = told.clock()
    wanted = Subscription(OPS, ACME.slug, Filter(maintenance="on"), "ann", start)
    told.store.channels.subscribe(wanted, route)
    night, hour = QuietHours(time(9, 30), time(10)), timedelta(hours=1)
    told.store.channels.set_settings(OPS, ChannelSettings(mode, quiet=night, remind=(hour,)))
    plan = incident("m", start, "plan", phase=Phase.SCHEDULED)
    record(told, replace(plan, kind=IncidentKind.MAINTENANCE, started=start + timedelta(minutes=100)))
    turn(told, 40)
    assert len(sent(told)) == 1
    turn(told, 20)
    turn(told, 1)
    assert len(sent(told)) == 2
    assert lines(sent(told)[1].message)[0].startswith("Acme: Trouble m — planned for ")


def long_night(told: Story, mode: Mode = Mode.THREAD_KEY, number: int = 33) -> None:
    subscribe(told, mode=mode)
    start = told.clock()
    for at in range(0, number, 10):
        record(told, *(incident(f"i{n:03}", start, f"text {n}") for n in range(min(number, at + 10))))


@pytest.mark.parametrize(("mode", "verb"), [(Mode.THREAD_KEY, "reply"), (Mode.EDIT, "reply"), (Mode.FLAT, "post")])
def test_a_long_night_is_one_message_and_goes_on_below_it(told: Story, mode: Mode, verb: str) -> None:
    long_night(told, mode)
    turn(told, 60)
    calls = sent(told)
    assert [(call.verb, len(lines(call.message))) for call in calls] == [("post", 15), (verb, 15), (verb, 3)]
    assert calls[0].message.title == "While it was quiet here: 33 still open."
    assert {call.under for call in calls[1:]} == {calls[0].ref if verb == "reply" else None}
    named = {line.partition(" — ")[0] for call in calls for line in lines(call.message)}
    assert len(named) == 33


@pytest.mark.parametrize("finds", [False, True])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("part", range(3))
def test_a_long_night_that_is_cut_short_goes_on_where_it_was(told: Story, part: int, after: bool, finds: bool) -> None:
    long_night(told)
    told.chat.finds = finds
    told.chat.trouble(OPS, *([None] * part), OutcomeUnknown("cut"), after=after)
    turn(told, 60)
    turn(told, 1)
    messages = list(told.chat.messages[OPS].values())
    named = Counter(line.partition(" — ")[0] for message in messages for line in lines(message))
    whole = finds or bool(part) or after
    assert len(named) == (33 if whole else 18), "where nobody can look, the message itself counts as sent"
    assert max(named.values()) == 1 or (part and after and not finds), "and what stands below it is sent again"
    turn(told, 60)
    assert list(told.chat.messages[OPS].values()) == messages


@pytest.mark.parametrize("part", range(3))
def test_a_long_night_that_has_to_wait_goes_on_below_the_same_message(told: Story, part: int) -> None:
    long_night(told)
    told.chat.trouble(OPS, *([None] * part), RetryLater(30))
    turn(told, 60)
    turn(told, 1)
    assert [call.verb for call in sent(told)] == ["post", "reply", "reply"]
    assert len({line.partition(" — ")[0] for call in sent(told) for line in lines(call.message)}) == 33


def test_the_rest_of_a_list_that_is_deleted_is_not_sent(told: Story) -> None:
    long_night(told)
    told.chat.trouble(OPS, None, MessageGone("m1"))
    turn(told, 60)
    turn(told, 60)
    assert [call.verb for call in sent(told)] == ["post"]


def test_more_than_anybody_reads_are_counted(told: Story) -> None:
    long_night(told, number=110)
    turn(told, 60)
    (root, *below) = sent(told)
    assert root.message.title == "While it was quiet here: 110 still open."
    assert "The others are below. And 5 more incidents." in read(root.message)
    assert len(below) == 6
    turn(told, 60)
    assert len(sent(told)) == 7


def test_a_list_that_stays_uncertain_is_tried_less_and_less_often(told: Story) -> None:
    subscribe(told)
    record(told, incident("a", told.clock(), "a1"))
    told.chat.trouble(OPS, *[OutcomeUnknown("cut")] * 50)
    for _ in range(60):
        turn(told, 2)
    assert 5 < len(told.chat.calls) < 20
