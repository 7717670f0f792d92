"""The database goes away in the middle of readings, and comes back: the clock stands, so no lease lapses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from structlog.testing import capture_logs

from bot.monitor.poller import Poller
from bot.store import Store
from bot.store.values import ProcessIdentity
from tests.monitor.acme import SUMMARY
from tests.monitor.facts import NOON
from tests.monitor.poller.world import World, state, until
from tests.servers import PageServer
from tests.weather import Away, weather


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with capture_logs(), PageServer() as server:
        yield World(database_url, server)


def play(world: World, story: Callable[[Poller, Store, Away], Awaitable[None]]) -> None:
    async def begin(poller: Poller, store: Store) -> None:
        poller._threads.retry_s = 0.01
        store.processes.join(ProcessIdentity("me", "here", 1, NOON))
        store.clock.look(NOON)
        with weather(store) as away:
            await story(poller, store, away)

    world.run(begin)


@pytest.mark.parametrize("during", ["writes", "on"])
def test_a_page_that_was_being_read_is_on_record_once_the_database_is_back(world: World, during: str) -> None:
    async def story(poller: Poller, store: Store, away: Away) -> None:
        gate = world.server.hold(SUMMARY)
        reading = asyncio.create_task(poller.tick())
        await until(lambda: world.server.count(SUMMARY) == 1)
        setattr(away, during, True)
        gate.set()
        poller.pulse()
        await until(lambda: away.met > 0)
        if during == "writes":
            await until(lambda: away.met > 5)
        setattr(away, during, False)
        await reading
        await poller.tick()
        await poller.tick()
        assert state(store).read_at == NOON
        assert world.server.count(SUMMARY) <= (1 if during == "writes" else 2)

    play(world, story)


def test_a_page_whose_claim_was_granted_unheard_is_read_once_the_database_is_back(world: World) -> None:
    async def story(poller: Poller, store: Store, away: Away) -> None:
        away.after = True
        await poller.tick()
        assert away.met == 1
        away.after = False
        await poller.tick()
        assert state(store).read_at == NOON

    play(world, story)


def test_it_stops_although_the_database_is_away(world: World) -> None:
    async def story(poller: Poller, store: Store, away: Away) -> None:
        gate = world.server.hold(SUMMARY)
        reading = asyncio.create_task(poller.tick())
        await until(lambda: world.server.count(SUMMARY) == 1)
        away.writes = True
        gate.set()
        await until(lambda: away.met > 0)
        async with asyncio.timeout(30):
            await poller.aclose()
        reading.cancel()
        away.writes = False

    play(world, story)
