"""What is about no incident: each channel that a moved page concerns is told once, through crashes and refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta

import pytest
from structlog.testing import capture_logs

from bot.delivery.port import MessageRejected, OutcomeUnknown, RetryLater, Undeliverable
from bot.domain import (
    ChannelSettings,
    Component,
    Dependency,
    Filter,
    Level,
    QuietHours,
    Service,
    Snapshot,
    Subscription,
)
from bot.domain.digests import DigestSchedule
from bot.routing import route
from bot.store.values import PageMove, PollOutcome, Recording
from tests.delivery.story import ACME, Story, channel, story

A, B = channel("a"), channel("b")
LOST = ("Webhooks", "Europe*")


@pytest.fixture(name="told")
def _told(database_url: str) -> Iterator[Story]:
    with capture_logs(), story(database_url) as told:
        for one in (A, B):
            wanted = Filter(components=LOST)
            told.store.channels.subscribe(Subscription(one, ACME.slug, wanted, "ann", told.clock()), route)
        move(told)
        yield told


def move(told: Story) -> None:
    now = told.clock()
    seen, settled = Snapshot(ACME.slug, None, "", (), (), now), PollOutcome(ACME.slug, now, 60, read_at=now)
    told.store.records.record(Recording(seen, settled), route)
    moved = PageMove({}, {}, {}, (), lambda typed: (typed, LOST))
    told.store.records.record(Recording(seen, settled, move=moved), route)


def posts(told: Story, *, minutes: float = 0) -> list[int]:
    told.clock.turn(minutes=minutes)
    told.deliver()
    return [len(told.chat.sent(one)) for one in (A, B)]


def test_every_channel_is_told_once(told: Story) -> None:
    assert posts(told) == [1, 1]
    assert posts(told, minutes=60) == [1, 1]
    (message,) = told.chat.messages[A].values()
    told_of = "This channel's subscription names “Webhooks” and “Europe*”, which it does not list."
    assert message.summary == f"Acme has a new status page. {told_of}"
    assert message.url == ACME.human_url


def test_a_limit_is_waited_out(told: Story) -> None:
    told.chat.trouble(A, RetryLater(90))
    assert posts(told) == [0, 1]
    assert posts(told, minutes=1) == [0, 1]
    assert posts(told, minutes=1) == [1, 1]


@pytest.mark.parametrize("after", [True, False])
def test_what_may_have_been_sent_is_looked_for(told: Story, after: bool) -> None:
    told.chat.trouble(A, OutcomeUnknown("cut"), after=after)
    assert posts(told) == [int(after), 1]
    assert posts(told, minutes=5) == [int(after), 1]
    assert posts(told, minutes=6) == [1, 1]
    assert posts(told, minutes=60) == [1, 1]


def test_where_nobody_can_look_it_is_not_sent_again(told: Story) -> None:
    told.chat.finds = False
    told.chat.trouble(A, OutcomeUnknown("cut"), after=True)
    assert posts(told) == [1, 1]
    assert posts(told, minutes=60) == [1, 1]


@pytest.mark.parametrize("error", [Undeliverable("Invite me."), MessageRejected("too odd")])
def test_what_cannot_be_told_is_left(told: Story, error: Exception) -> None:
    told.chat.trouble(A, error)
    assert posts(told) == [0, 1]
    assert posts(told, minutes=60) == [0, 1]
    assert told.store.channels.unhealthy() == ()


NIGHT = QuietHours(time(9), time(10), except_level=Level.DEGRADED)
"""The clock of the stories begins at nine."""


def test_it_waits_until_quiet_hours_are_over_whatever_they_except(told: Story) -> None:
    told.store.channels.set_settings(A, ChannelSettings(quiet=NIGHT))
    assert posts(told) == [0, 1]
    assert posts(told, minutes=59) == [0, 1]
    assert posts(told, minutes=1) == [1, 1]
    assert posts(told, minutes=60) == [1, 1]


def test_it_is_told_at_once_when_quiet_hours_are_ended(told: Story) -> None:
    told.store.channels.set_settings(A, ChannelSettings(quiet=NIGHT))
    assert posts(told) == [0, 1]
    told.store.channels.set_settings(A, ChannelSettings())
    assert posts(told) == [1, 1]


def test_it_waits_while_a_channel_gets_its_digest_alone(told: Story) -> None:
    plan = DigestSchedule(time(12), only=True)
    when = {"covered_until": told.clock(), "due": told.clock() + timedelta(hours=3)}
    told.store.digests.set(A, plan, "ann", told.clock(), **when)
    assert posts(told) == [0, 1]
    told.store.digests.end(A, told.clock())
    assert posts(told) == [1, 1]


def test_a_worker_that_runs_on_tells_them_too(told: Story) -> None:
    async def run() -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(told.delivery().run(stop))
        for _ in range(500):
            if len(told.chat.calls) == 2:
                break
            await asyncio.sleep(0.01)
        stop.set()
        await work

    asyncio.run(run())
    assert posts(told) == [1, 1]


# --- what services need ----------------------------------------------------------------------------------------------

API, WEB = Component("c1", "API", Level.OPERATIONAL), Component("c2", "Web", Level.OPERATIONAL)


@pytest.fixture(name="needed")
def _needed(database_url: str) -> Iterator[Story]:
    """A service of two channels' workspace that needs the API, defined in the first."""
    with capture_logs(), story(database_url) as told:
        lists(told, API, WEB)
        needs = (Dependency(ACME.slug, Filter(components=("API",))),)
        told.store.services.define(A, Service("checkout", needs, "ann", told.clock()), route)
        yield told


def lists(told: Story, *components: Component) -> None:
    now = told.clock()
    seen, settled = Snapshot(ACME.slug, None, "", components, (), now), PollOutcome(ACME.slug, now, 60, read_at=now)
    told.store.records.record(Recording(seen, settled), route)


def test_a_part_that_a_service_needs_is_told_as_missing_once(needed: Story) -> None:
    lists(needed, replace(API, level=Level.DEGRADED), WEB)
    assert posts(needed, minutes=60) == [0, 0], "it is there"
    lists(needed, WEB)
    assert posts(needed) == [0, 0], "pages leave a part out for a moment"
    assert posts(needed, minutes=11) == [1, 0]
    (message,) = needed.chat.messages[A].values()
    assert message.summary == "Service checkout needs “API”, which the page of Acme does not list any more."
    assert posts(needed, minutes=60) == [1, 0]
    lists(needed, replace(WEB, name="Site"))
    assert posts(needed, minutes=60) == [1, 0], "it was told"
    lists(needed, API)
    assert posts(needed, minutes=60) == [1, 0]
    lists(needed, WEB)
    assert posts(needed, minutes=60) == [2, 0], "it came back and went again"


def test_a_missing_part_waits_until_quiet_hours_are_over(needed: Story) -> None:
    needed.store.channels.set_settings(A, ChannelSettings(quiet=NIGHT))
    lists(needed, WEB)
    assert posts(needed, minutes=11) == [0, 0]
    assert posts(needed, minutes=49) == [1, 0]


def test_a_part_that_comes_back_is_not_told_as_missing(needed: Story) -> None:
    lists(needed, WEB)
    needed.clock.turn(minutes=5)
    lists(needed, API, WEB)
    assert posts(needed, minutes=60) == [0, 0]


def test_a_page_that_lists_nothing_is_not_held_to_it(needed: Story) -> None:
    lists(needed)
    assert posts(needed, minutes=60) == [0, 0]


@pytest.mark.parametrize("after", [True, False])
def test_a_missing_part_that_may_have_been_told_is_looked_for(needed: Story, after: bool) -> None:
    lists(needed, WEB)
    needed.chat.trouble(A, OutcomeUnknown("cut"), after=after)
    assert posts(needed, minutes=11) == [int(after), 0]
    assert posts(needed, minutes=11) == [1, 0]
    assert posts(needed, minutes=60) == [1, 0]


def test_a_service_that_is_defined_anew_is_not_held_to_what_it_needed(needed: Story) -> None:
    lists(needed, WEB)
    needs = (Dependency(ACME.slug, Filter(components=("Web",))),)
    needed.store.services.define(A, Service("checkout", needs, "ann", needed.clock()), route)
    assert posts(needed, minutes=60) == [0, 0]
