"""The database goes away in the middle of deliveries, and comes back: the clock stands, so no lease lapses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from bot.delivery.worker import Delivery
from bot.store.values import ProcessIdentity
from tests.delivery.story import Story, channel, incident, story
from tests.weather import Away, weather

A, B = channel("a"), channel("b")


@pytest.fixture(name="told")
def _told(database_url: str) -> Iterator[Story]:
    """Two channels are to be told of an incident; the store is a process's."""
    with capture_logs(), story(database_url) as told:
        told.threads.retry_s = 0.01
        told.subscribe(A, B)
        told.record(incident("i1", told.clock(), "one", "two"))
        told.store.processes.join(ProcessIdentity("me", "here", 1, told.clock()))
        yield told


@pytest.fixture(name="away")
def _away(told: Story) -> Iterator[Away]:
    with weather(told.store) as away:
        yield away


async def until(wish: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not wish():  # noqa: ASYNC110 (what is waited for is in a database and a list)
            await asyncio.sleep(0.002)


@asynccontextmanager
async def delivering(told: Story) -> AsyncIterator[Delivery]:
    stop, delivery = asyncio.Event(), told.delivery()
    running = asyncio.create_task(delivery.run(stop))
    yield delivery
    await until(lambda: told.store.cards.next_wake(["list"], told.clock()) is None)
    stop.set()
    await running


def verbs(told: Story) -> list[tuple[str, str]]:
    return sorted((call.channel.id, call.verb) for call in told.chat.calls)


WHOLE = [(name, verb) for name in ("a", "b") for verb in ("edit", "post", "reply", "reply")]
"""The root, the text that it drops as a reply, the update, and the root again."""


def test_what_was_done_while_it_was_away_is_recorded_once_it_is_back(told: Story, away: Away) -> None:
    async def run() -> None:
        told.chat.held = {A: asyncio.Event(), B: asyncio.Event()}
        async with delivering(told):
            await until(lambda: told.chat.waiting == 2)
            away.on = True
            for held in told.chat.held.values():
                held.set()
            await until(lambda: away.met > 5)
            away.on = False

    asyncio.run(run())
    assert verbs(told) == WHOLE


def test_leases_that_were_granted_unheard_are_taken_anew_once_it_is_back(told: Story, away: Away) -> None:
    told.store.clock.look(told.clock())

    async def run() -> None:
        away.after = True
        async with delivering(told) as delivery:
            await until(lambda: away.met > 5)
            away.after = False
            delivery.wake()

    asyncio.run(run())
    assert verbs(told) == WHOLE


def test_a_commit_of_unknown_outcome_is_made_again_and_doubles_nothing(told: Story, away: Away) -> None:
    async def run() -> None:
        told.chat.held = {A: asyncio.Event(), B: asyncio.Event()}
        async with delivering(told) as delivery:
            await until(lambda: told.chat.waiting == 2)
            away.after = True
            for held in told.chat.held.values():
                held.set()
            await until(lambda: away.met > 5)
            away.after = False
            delivery.wake()

    asyncio.run(run())
    assert verbs(told) == WHOLE


def test_it_stops_although_the_database_is_away(told: Story, away: Away) -> None:
    async def run() -> None:
        stop, held = asyncio.Event(), asyncio.Event()
        told.chat.held = {A: held, B: held}
        running = asyncio.create_task(told.delivery().run(stop))
        await until(lambda: told.chat.waiting == 2)
        away.on = True
        held.set()
        await until(lambda: away.met > 5)
        stop.set()
        async with asyncio.timeout(30):
            await running

    asyncio.run(run())
    away.on = False


def test_a_process_that_may_have_been_taken_for_dead_begins_no_call(told: Story) -> None:
    alive = [True]
    told.chat.held = {A: asyncio.Event()}

    async def run() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(told.delivery(life=lambda: lambda: alive[0]).run(stop))
        await until(lambda: told.chat.waiting == 1)
        alive[0] = False
        told.chat.held[A].set()
        await until(lambda: told.store.cards.lease_channels(["list"], told.clock(), 9, 60) != ())
        stop.set()
        await running

    asyncio.run(run())
    assert [call.verb for call in told.chat.sent(A)] == ["post"]
