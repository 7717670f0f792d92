"""What is held back for a while: not told before, and told at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import Channel, ChannelSettings, Filter, HeldReason, Hold, Level, Mode, Phase, Subscription, Wishes
from bot.routing import route
from tests.delivery.story import ACME, Story, channel, incident, story

OPS = channel("ops")
FIVE = Wishes(Hold(timedelta(minutes=5)))


@pytest.fixture(name="told")
def _told(database_url: str) -> Iterator[Story]:
    with story(database_url) as told:
        yield told


def subscribe(told: Story, wishes: Wishes, where: Channel = OPS, mode: Mode = Mode.THREAD) -> None:
    told.store.channels.subscribe(Subscription(where, ACME.slug, Filter(), "ann", told.clock(), wishes=wishes), route)
    told.store.channels.set_settings(where, ChannelSettings(mode))


def minutes(told: Story, number: float) -> None:
    told.clock.turn(minutes=number)


def test_what_is_still_open_after_the_hold_is_told_once_then(told: Story) -> None:
    subscribe(told, FIVE)
    start = told.clock()
    told.record(incident("a", start, "first"))
    told.deliver()
    minutes(told, 2)
    told.record(incident("a", start, "first", "second"))
    told.deliver()
    assert told.texts(OPS) == []
    wake = told.store.cards.next_wake(["list"], told.clock())
    assert wake == start + timedelta(minutes=5), "it falls due by itself"
    minutes(told, 3)
    told.deliver()
    assert told.texts(OPS) == ["first", "second"], "in one message"
    assert [call.verb for call in told.chat.sent(OPS)] == ["post"]
    told.record(incident("a", start, "first", "second", "third"))
    told.deliver()
    assert told.texts(OPS) == ["first", "second", "third"]


def test_what_ended_within_the_hold_is_never_posted_but_on_record(told: Story) -> None:
    subscribe(told, FIVE)
    start = told.clock()
    told.record(incident("a", start, "first"))
    told.deliver()
    minutes(told, 2)
    told.record(incident("a", start, "first", "over", phase=Phase.RESOLVED))
    told.deliver()
    minutes(told, 60)
    told.record(incident("a", start, "first", "over", "what it was", phase=Phase.POSTMORTEM))
    told.deliver()
    assert told.texts(OPS) == []
    hour = timedelta(hours=1)
    (kept,) = told.store.held.between(OPS, start, told.clock())
    assert (kept.incident.id, kept.reason, kept.since) == ("a", HeldReason.ENDED_WITHIN_HOLD, start + hour / 30)
    assert told.store.held.between(OPS, start - hour, start) == ()


def test_what_gets_major_within_the_hold_is_told_at_once(told: Story) -> None:
    subscribe(told, FIVE)
    start = told.clock()
    first = incident("a", start, "first")
    told.record(first)
    told.deliver()
    told.record(replace(first, level=Level.PARTIAL_OUTAGE))
    told.deliver()
    assert told.texts(OPS) == ["first"]


def test_a_subscription_without_the_hold_lets_go_of_what_it_held(told: Story) -> None:
    subscribe(told, FIVE)
    told.record(incident("a", told.clock(), "first"))
    told.deliver()
    subscribe(told, Wishes())
    told.deliver()
    assert told.texts(OPS) == ["first"]


def test_a_hold_waits_no_longer_under_a_clock_that_stood_ahead(told: Story) -> None:
    subscribe(told, FIVE)
    start = told.clock()
    told.record(incident("a", start, "first"))
    told.deliver()
    for _ in range(4):
        minutes(told, 1)
        assert told.store.clock.look(told.clock()) == 0, "it is meant to wait"
    minutes(told, 1)
    told.deliver()
    assert told.texts(OPS) == ["first"]
