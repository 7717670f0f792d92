"""A channel's digest: sent once a period whatever happens, whole, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from bot.delivery.port import MessageRejected, OutcomeUnknown, RetryLater, Undeliverable
from bot.digests.schedule import last_digest, next_digest
from bot.domain import ChannelSettings, Filter, Hold, Incident, Mode, Phase, Subscription, Wishes
from bot.domain.digests import DigestSchedule
from bot.message import MessageKind, Tone
from bot.routing import route
from tests.delivery.story import ACME, Story, channel, incident, story
from tests.fakes import Clock, Cut
from tests.text import read

A, B = channel("a"), channel("b")
DAILY = DigestSchedule(time(9))
NINE = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@pytest.fixture(name="told")
def _told(database_url: str) -> Iterator[Story]:
    with capture_logs(), story(database_url) as told:
        told.clock = Clock(NINE - timedelta(hours=4))
        told.subscribe(A)
        yield told


def digest(told: Story, schedule: DigestSchedule = DAILY, zone: str = "UTC") -> None:
    now, place = told.clock(), ZoneInfo(zone)
    covered, due = last_digest(schedule, place, now), next_digest(schedule, place, now)
    told.store.digests.set(A, schedule, "ann", now, covered_until=covered, due=due)


def over(name: str, start: datetime) -> Incident:
    return incident(name, start, "It began.", "It is over.", phase=Phase.RESOLVED)


def digests(told: Story, **span: float) -> list[tuple[str, str]]:
    """What the channel is sent of digests once all is delivered that is due after this time."""
    before = len(told.chat.calls)
    told.clock.turn(**span)
    told.deliver()
    calls = [call for call in told.chat.calls[before:] if call.channel == A and call.ref is not None]
    return [(call.verb, call.message.summary) for call in calls if "igest" in call.message.summary]


def many(told: Story, count: int = 40) -> None:
    """More than one message tells."""
    told.record(*(over(f"i{n:02}", told.clock() - timedelta(hours=1)) for n in range(count)))
    told.deliver()


def test_it_comes_at_its_time_each_day_and_tells_each_incident_once(told: Story) -> None:
    digest(told)
    told.record(over("one", told.clock()))
    assert digests(told, hours=3, minutes=59) == []
    assert digests(told, minutes=1) == [("post", "Daily digest: 1 over.")]
    assert digests(told, hours=12) == []
    assert digests(told, hours=12) == [("post", "Daily digest: quiet, nothing happened to this channel's 1 vendor.")]


def test_a_weekly_one_comes_once_a_week(told: Story) -> None:
    digest(told, DigestSchedule(time(9), weekday=3))
    told.record(over("one", told.clock()))
    assert digests(told, days=2, hours=3) == []
    assert digests(told, hours=1) == [("post", "Weekly digest: 1 over.")]
    assert digests(told, days=6) == []
    assert [verb for verb, _ in digests(told, days=1)] == ["post"]


def test_what_is_open_is_told_each_time_and_its_end_once(told: Story) -> None:
    digest(told)
    told.record(incident("one", told.clock(), "It began."))
    assert digests(told, hours=4) == [("post", "Daily digest: 1 open.")]
    # The page dates the end before the digest; it was read after it.
    told.record(over("one", NINE - timedelta(minutes=5)))
    assert digests(told, days=1) == [("post", "Daily digest: 1 over.")]
    assert digests(told, days=1)[0][1].startswith("Daily digest: quiet")


def test_after_a_downtime_one_covers_all_that_was_missed(told: Story) -> None:
    digest(told)
    told.record(over("one", told.clock()))
    told.clock.turn(days=2)
    told.record(over("two", told.clock()))
    assert digests(told, days=1, hours=7) == [("post", "Daily digest: 2 over.")]
    assert digests(told, hours=21) == [("post", "Daily digest: quiet, nothing happened to this channel's 1 vendor.")]


def test_a_long_one_goes_on_in_its_thread(told: Story) -> None:
    digest(told)
    many(told)
    sent = digests(told, hours=4)
    assert sent[0] == ("post", "Daily digest: 40 over.")
    assert [verb for verb, _ in sent[1:]] == ["reply"] * (len(sent) - 1)
    assert len(sent) > 2
    texts = [read([message]) for message in told.chat.messages[A].values() if "igest" in message.summary]
    assert [sum(f"Trouble i{n:02}" in text for text in texts) for n in range(40)] == [1] * 40
    assert {m.kind for m in told.chat.messages[A].values() if m.summary.startswith("Daily")} == {MessageKind.DIGEST}


def test_where_messages_stand_alone_it_goes_on_in_the_channel(told: Story) -> None:
    digest(told)
    told.store.channels.set_settings(A, ChannelSettings(Mode.FLAT))
    many(told)
    assert {verb for verb, _ in digests(told, hours=4)} == {"post"}


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("error", [Cut(), OutcomeUnknown("cut")])
def test_whatever_call_breaks_off_each_message_comes_once(
    told: Story, error: BaseException, number: int, after: bool
) -> None:
    digest(told)
    many(told)
    told.clock.turn(hours=4)
    told.chat.trouble(A, *[None] * number, error, after=after)
    try:
        told.deliver()
    except Cut:
        told.store.digests.free_mine()
    told.record(over("later", told.clock()))
    told.clock.turn(minutes=3)
    told.deliver()
    told.clock.turn(minutes=3)
    told.deliver()
    texts = [read([message]) for message in told.chat.messages[A].values() if "igest" in message.summary]
    assert [sum(f"Trouble i{n:02}" in text for text in texts) for n in range(40)] == [1] * 40
    assert sum("Daily digest" in text for text in texts) == 1
    assert digests(told, days=1) == [("post", "Daily digest: 1 over.")]


def test_an_end_that_comes_while_it_is_sent_is_told_by_the_next(told: Story) -> None:
    digest(told)
    told.record(incident("one", told.clock(), "It began."))
    told.deliver()
    many(told)
    told.clock.turn(hours=4)
    told.chat.trouble(A, None, OutcomeUnknown("cut"))
    told.deliver()
    # The page dates the end before the digest.
    told.record(over("one", NINE - timedelta(minutes=5)))
    assert len(digests(told, minutes=5)) > 1
    assert digests(told, days=1) == [("post", "Daily digest: 1 over.")]


def test_a_limit_and_a_closed_channel_are_waited_out_and_the_newest_is_told(told: Story) -> None:
    digest(told)
    told.chat.trouble(A, RetryLater(90))
    assert digests(told, hours=4) == []
    told.record(over("one", told.clock()))
    assert digests(told, minutes=1) == []
    told.chat.trouble(A, Undeliverable("Invite me."))
    assert digests(told, minutes=1) == []
    state = told.store.digests.of(A)
    assert state
    assert state.error == "Invite me."
    assert digests(told, minutes=15) == [("post", "Daily digest: 1 over.")]
    state = told.store.digests.of(A)
    assert state
    assert (state.error, state.due) == (None, NINE + timedelta(days=1))
    assert told.store.channels.unhealthy() == ()


def test_what_the_platform_does_not_take_is_sent_as_its_summary(told: Story) -> None:
    digest(told)
    told.chat.trouble(A, MessageRejected("too odd"))
    assert [verb for verb, _ in digests(told, hours=4)] == ["post"]
    (message,) = told.chat.messages[A].values()
    assert message.blocks == ()


def test_who_deletes_it_does_not_get_the_rest(told: Story) -> None:
    digest(told)
    many(told)
    told.clock.turn(hours=4)
    told.chat.trouble(A, None, OutcomeUnknown("cut"))
    told.deliver()
    root = next(ref for ref, message in told.chat.messages[A].items() if message.summary.startswith("Daily"))
    told.chat.delete(A, root)
    assert digests(told, minutes=5) == []
    assert digests(told, days=1) == [("post", "Daily digest: quiet, nothing happened to this channel's 1 vendor.")]


def test_a_channel_without_subscriptions_gets_none(told: Story) -> None:
    digest(told)
    told.store.channels.unsubscribe(A, None)
    assert digests(told, hours=4) == []
    told.subscribe(A)
    assert [verb for verb, _ in digests(told, days=1)] == ["post"]


def test_one_that_is_ended_or_changed_comes_no_more(told: Story) -> None:
    digest(told)
    told.clock.turn(hours=1)
    digest(told, DigestSchedule(time(11)))
    assert digests(told, hours=3) == []
    assert [verb for verb, _ in digests(told, hours=2)] == ["post"]
    assert told.store.digests.end(A, told.clock())
    assert not told.store.digests.end(A, told.clock())
    assert digests(told, days=2) == []


ONLY = DigestSchedule(time(9), only=True)


def posted(told: Story, **span: float) -> list[tuple[str, str]]:
    """All that the channel is sent after this time, edits aside."""
    before = len(told.chat.calls)
    told.clock.turn(**span)
    told.deliver()
    calls = [call for call in told.chat.calls[before:] if call.channel == A and call.ref is not None]
    return [(call.verb, call.message.summary) for call in calls if call.verb != "edit"]


def test_it_can_be_all_that_a_channel_gets(told: Story) -> None:
    digest(told, ONLY)
    told.record(incident("one", told.clock(), "It began."))
    assert posted(told, hours=1) == []
    assert posted(told, hours=3) == [("post", "Daily digest: 1 open.")]
    told.record(over("one", NINE - timedelta(hours=2)))
    assert posted(told, hours=23) == []
    assert posted(told, hours=1) == [("post", "Daily digest: 1 over.")]


def test_once_it_is_not_what_is_open_and_what_no_digest_told_is_told_once(told: Story) -> None:
    digest(told, ONLY)
    told.record(over("before", told.clock()))
    assert posted(told, hours=4) == [("post", "Daily digest: 1 over.")]
    told.record(incident("open", told.clock(), "It began.", "It goes on."), over("since", told.clock()))
    assert posted(told, hours=1) == []
    digest(told, DAILY)
    assert sorted(summary[:19] for verb, summary in posted(told) if verb == "post") == [
        "Acme: Trouble open ",
        "Acme: Trouble since",
    ]
    assert posted(told, hours=1) == []
    told.record(replace(over("before", NINE - timedelta(hours=4)), title="Trouble before, explained"), announced=False)
    assert posted(told, hours=1) == []


def test_one_that_ends_lets_the_others_through(told: Story) -> None:
    digest(told, ONLY)
    told.record(incident("open", told.clock(), "It began."))
    assert posted(told, hours=1) == []
    told.store.digests.end(A, told.clock())
    assert [summary[:18] for _, summary in posted(told)] == ["Acme: Trouble open"]
    assert posted(told, days=2) == []


def test_a_message_that_stands_is_kept_true(told: Story) -> None:
    told.record(incident("one", told.clock(), "It began."))
    assert [verb for verb, _ in posted(told)] == ["post"]
    digest(told, ONLY)
    told.record(over("one", told.clock()))
    assert posted(told, hours=1) == []
    (root,) = told.chat.messages[A].values()
    assert root.tone is Tone.ENDED


def test_what_was_over_within_its_hold_is_told_as_kept_back(told: Story) -> None:
    held = Subscription(A, ACME.slug, Filter(), "ann", told.clock(), wishes=Wishes(hold=Hold(timedelta(minutes=5))))
    told.store.channels.subscribe(held, route)
    digest(told)
    told.record(over("blip", told.clock()))
    assert posted(told, hours=1) == []
    assert posted(told, hours=3) == [("post", "Daily digest: 1 kept back.")]
    (message,) = told.chat.messages[A].values()
    assert "Acme: Trouble blip — degraded performance, resolved after 1 min" in read([message])
    assert "· over within its hold" in read([message])
    assert posted(told, hours=24) == [("post", "Daily digest: quiet, nothing happened to this channel's 1 vendor.")]


def test_many_at_once_wait_for_it_too(told: Story) -> None:
    digest(told, ONLY)
    many(told)
    assert told.chat.sent(A) == []
    assert posted(told, hours=4)[0] == ("post", "Daily digest: 40 over.")
    digest(told, DAILY)
    assert posted(told, hours=1) == []


def test_of_many_what_no_digest_told_as_over_is_listed_once_others_come_through_again(told: Story) -> None:
    digest(told, ONLY)
    told.record(*(incident(f"i{n:02}", told.clock(), "It began.") for n in range(40)))
    told.deliver()
    assert posted(told, hours=4)[0] == ("post", "Daily digest: 40 open.")
    told.record(*(over(f"i{n:02}", NINE) for n in range(40)))
    assert posted(told, hours=1) == []
    told.store.digests.end(A, told.clock())
    assert len(posted(told, minutes=1)) == 11
    assert posted(told, hours=1) == []


def test_a_clock_that_stood_ahead_costs_no_digest(told: Story) -> None:
    told.clock.turn(days=40)
    digest(told)
    told.store.clock.look(told.clock())
    told.clock.turn(days=-40)
    told.store.clock.look(told.clock())
    assert digests(told, hours=3) == []
    assert [verb for verb, _ in digests(told, hours=1)] == ["post"]


def test_what_was_read_too_late_for_the_last_digest_is_not_lost_when_others_come_through_again(told: Story) -> None:
    digest(told, ONLY)
    told.record(incident("open", told.clock(), "It began."))
    assert posted(told, hours=4) == [("post", "Daily digest: 1 open.")]
    minute = timedelta(minutes=1)
    told.clock.turn(minutes=1)
    told.record(over("open", NINE - 2 * minute), over("late", NINE - 3 * minute))
    assert posted(told) == []
    told.store.digests.end(A, told.clock())
    assert sorted(summary[:19] for verb, summary in posted(told) if verb == "post") == [
        "Acme: Trouble late ",
        "Acme: Trouble open ",
    ]
    assert posted(told, hours=1) == []


def test_what_a_digest_tells_that_is_being_sent_is_not_told_twice(told: Story) -> None:
    digest(told, ONLY)
    told.record(over("one", told.clock()))
    told.chat.trouble(A, OutcomeUnknown("cut"), after=True)
    told.clock.turn(hours=4)
    told.deliver()
    digest(told, DAILY)
    posted(told, hours=1)
    assert [m.summary for m in told.chat.messages[A].values()] == ["Daily digest: 1 over."]
