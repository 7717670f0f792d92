"""What is about no incident: each channel that a moved page concerns is told once, through crashes and refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from bot.delivery.port import MessageRejected, OutcomeUnknown, RetryLater, Undeliverable
from bot.domain import Filter, Snapshot, Subscription
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
