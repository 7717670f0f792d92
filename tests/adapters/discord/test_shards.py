"""Processes that divide Discord's shards, with the real discord.py on a local gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from discord.http import Route
from structlog.testing import capture_logs

from bot.adapters.discord.api.internals import API_URL
from bot.adapters.discord.platform import Discord
from bot.adapters.discord.shards import SessionLimits, Shards
from bot.adapters.reconnect import Pacing
from bot.app.shard_leases import StoreShardLeases
from bot.delivery.port import Undeliverable
from bot.domain import Channel
from bot.store import Store
from bot.store.processes import SILENT_S
from bot.store.values import ProcessReport
from bot.threads import Threads
from tests.adapters.discord.gateway import Gateway, gateway, interaction
from tests.adapters.discord.sim import FakeEvents
from tests.databases import Postgres
from tests.store.given import at
from tests.store.test_processes import identity, silence

LIMITS = SessionLimits(2, 999, 0.0, 1)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


async def until(reached: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not reached():  # noqa: ASYNC110 (it looks at what discord.py keeps)
            await asyncio.sleep(0.01)


@dataclass
class Process:
    url: str
    name: str
    there: Gateway
    events: FakeEvents = field(default_factory=FakeEvents)

    def __post_init__(self) -> None:
        self.store, self.threads = Store(self.url, identity(self.name)), Threads(1)
        self.store.shards.identify_s = 0.05
        leases = StoreShardLeases(self.store, self.threads, lambda: datetime.now(UTC), lambda: lambda: True)
        self.platform = Discord(
            "token", self.events, time.monotonic, self.there.url, leases=leases, shards=2, look_s=0.02
        )

    @property
    def shards(self) -> set[int]:
        return set(self.platform.client.guild_cache.shards)


@asynccontextmanager
async def running(process: Process) -> AsyncIterator[Process]:
    """It ends without a word: what it holds stays its own until it is found dead."""
    stop = asyncio.Event()
    await process.platform.check()
    task = asyncio.create_task(process.platform.run(stop))
    try:
        yield process
    finally:
        stop.set()
        await task
        await process.platform.aclose()
        process.threads.close()
        process.store.close()


def test_shards_are_connected_one_by_one_shared_out_and_taken_over_from_one_that_died(postgres: Postgres) -> None:
    async def story(url: str) -> None:
        async with gateway() as there:
            there.frames = [[interaction(id=f"500000000000000000{number}")] for number in range(9)]
            async with running(Process(url, "two", there)) as two:
                async with running(Process(url, "one", there)) as one:
                    await until(lambda: len(one.shards) == len(two.shards) == 1 and len(one.shards | two.shards) == 2)
                    await until(lambda: one.platform.connected and two.platform.connected)
                    assert set(there.identified) == {(0, 2), (1, 2)}
                    (mine,), (theirs,) = one.shards, two.shards
                    cache = one.platform.client.guild_cache
                    with pytest.raises(Undeliverable):
                        cache.check(Channel("discord", str((mine + 4) << 22), "5"))
                    cache.check(Channel("discord", str((theirs + 4) << 22), "5"))
                    await until(lambda: one.events.asked)
                sessions, asked = len(there.identified), len(two.events.asked)
                silence(two.store, "one", SILENT_S + 1)
                assert two.store.processes.beat(ProcessReport(), at(1))
                await until(lambda: len(there.identified) > sessions)
                assert there.identified[sessions:] == [(mine, 2)]
                await until(lambda: len(two.events.asked) > asked)
                assert two.shards == {0, 1}

    with postgres.database() as url:
        try:
            run(story(url))
        finally:
            Route.BASE = API_URL


@dataclass
class Leases:
    """``mine``: what this process holds; ``None``: nobody knows."""

    mine: set[int] | None
    give: int | None = None
    alive: bool = True
    released: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    async def agree(self, count: int) -> int:
        return count

    async def hold(self) -> tuple[Collection[int], int | None]:
        if self.mine is None:
            raise OSError("the database is away")
        return frozenset(self.mine), self.give

    async def release(self, number: int) -> None:
        assert self.mine is not None
        self.mine.discard(number)
        self.give = None
        self.released.append(number)

    async def turn(self, bucket: int, limits: SessionLimits) -> float:
        return self.waits.pop(0) if self.waits else 0.0

    def is_alive(self) -> bool:
        return self.alive


@asynccontextmanager
async def dividing(leases: Leases) -> AsyncIterator[set[int]]:
    """Yields those that are connected."""
    connected = set[int]()

    async def connect(number: int, count: int) -> None:
        connected.add(number)
        try:
            await asyncio.Event().wait()
        finally:
            connected.discard(number)

    async def limits() -> SessionLimits:
        return LIMITS

    shards = Shards(leases, connect, limits, Pacing(time.monotonic), (), look_s=0.005)
    task = asyncio.create_task(shards.run(0))
    try:
        yield connected
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert connected == set()


def test_a_shard_is_closed_before_another_process_may_have_it() -> None:
    async def story() -> None:
        leases = Leases({0, 1})
        async with dividing(leases) as connected:
            await until(lambda: connected == {0, 1})
            leases.give = 1
            await until(lambda: leases.released == [1])
            assert connected == {0}

    run(story())


def test_while_the_database_is_away_shards_stay_until_others_may_have_taken_them() -> None:
    async def story() -> None:
        leases = Leases({0, 1})
        async with dividing(leases) as connected:
            await until(lambda: connected == {0, 1})
            leases.mine = None
            await asyncio.sleep(0.05)
            assert connected == {0, 1}, "a short outage costs nothing"
            leases.alive = False
            await until(lambda: connected == set())
            leases.mine, leases.alive = {1}, True
            await until(lambda: connected == {1})

    run(story())


def test_a_session_waits_for_its_turn() -> None:
    async def story() -> None:
        leases = Leases(set(), waits=[0.001, 0.001])

        async def limits() -> SessionLimits:
            return LIMITS

        async def connect(number: int, count: int) -> None:
            raise AssertionError("nothing is held")

        await Shards(leases, connect, limits, Pacing(time.monotonic), ()).turn(1)
        assert leases.waits == []

    run(story())
