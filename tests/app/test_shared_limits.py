"""Processes that share limits through the store: requests a second, what a 429 closed, and how many pages at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.adapters.discord.api.buckets import RouteKey
from bot.adapters.discord.api.rate_limit import RateLimiter as DiscordLimits
from bot.adapters.slack.api.rate_limit import BURST
from bot.adapters.slack.api.rate_limit import RateLimiter as SlackLimits
from bot.app.shared_limits import SharedLimits
from bot.delivery.port import RetryLater
from bot.limits.shared import Limited
from bot.monitor.cooldown import Cooldown
from bot.monitor.fetch import MAX_PER_HOST, Fetcher
from bot.monitor.responses import Hints
from bot.store import Store
from bot.store.limits import LASTS_S
from bot.threads import Threads
from tests.databases import Postgres
from tests.store.test_processes import identity

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POST = RouteKey("POST", "/channels/{channel_id}/messages", "3")


@dataclass
class Process:
    store: Store
    threads: Threads
    seconds: list[float] = field(default_factory=lambda: [100.0])

    def __post_init__(self) -> None:
        self.discord, self.slack = DiscordLimits(self.clock), SlackLimits(self.clock)
        self.fetcher = Fetcher(lambda: NOON)
        limited: list[Limited] = [self.discord, self.slack]
        self.shared = SharedLimits(self.store, self.threads, lambda: NOON, limited, self.clock)
        self.shared.add(self.fetcher)

    def clock(self) -> float:
        return self.seconds[0]


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@pytest.fixture
def pair(postgres: Postgres) -> Iterator[tuple[Process, Process]]:
    async def both() -> list[Process]:
        return [Process(Store(url, identity(name)), Threads(1)) for name in ("one", "two")]

    with postgres.database() as url:
        one, two = asyncio.run(both())
        yield one, two
        for process in (one, two):
            process.threads.close()
            process.store.close()


def test_a_process_without_a_share_sends_nothing_and_one_alone_is_held_to_the_limit(
    pair: tuple[Process, Process],
) -> None:
    one, _ = pair

    async def story() -> None:
        with pytest.raises(RetryLater):
            await one.discord.acquire()
        await one.shared.exchange()
        assert one.discord.places is None, "nobody else uses it"
        for _ in range(3):
            await one.discord.acquire()
            one.seconds[0] += 1
        one.seconds[0] += LASTS_S
        with pytest.raises(RetryLater):
            await one.discord.acquire()

    run(story())


async def agree(*pair: Process) -> None:
    """Each asks twice: what one lets go, the other one gets."""
    for process in pair * 2:
        await process.shared.exchange()


def test_two_share_the_limit_and_one_that_is_busy_gets_what_the_other_leaves(pair: tuple[Process, Process]) -> None:
    one, two = pair

    async def story() -> None:
        await agree(one, two)
        assert [process.discord.places for process in pair] == [62, 62], "25 a second each"
        waiting = [asyncio.create_task(one.discord.acquire()) for _ in range(30)]
        await asyncio.sleep(0)
        await agree(one, two)
        assert [process.discord.places for process in pair] == [122, 2], "49 and 1"
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for _ in range(6):
            await agree(one, two)
        assert [process.discord.places for process in pair] == [62, 62], "as at first"

    run(story())


def test_a_429_that_one_process_met_holds_in_the_others(pair: tuple[Process, Process]) -> None:
    one, two = pair

    async def story() -> None:
        await agree(one, two)
        one.slack.close("T1", "chat.update", 30)
        one.discord.routes.begin(POST)
        one.discord.routes.note(
            POST, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "4", "X-RateLimit-Bucket": "b"}
        )
        one.discord.pause(7)
        Cooldown(one.fetcher.closures).note("status.acme.test", 429, Hints(retry_after_s=90), NOON)
        two.slack.check("T1", "chat.update")
        await one.shared.exchange()
        await two.shared.exchange()
        with pytest.raises(RetryLater) as closed:
            two.slack.check("T1", "chat.update")
        assert 29 < closed.value.delay_s <= 30
        two.slack.check("T1", "chat.postMessage")
        two.slack.check("T2", "chat.update")
        with pytest.raises(RetryLater):
            two.discord.routes.begin(POST)
        two.discord.routes.begin(POST._replace(major="4"))
        with pytest.raises(RetryLater) as paused:
            await two.discord.acquire()
        assert 6 < paused.value.delay_s <= 7
        refusal = Cooldown(two.fetcher.closures).refusal("status.acme.test", NOON)
        assert refusal
        assert Cooldown(two.fetcher.closures).refusal("status.bolt.test", NOON) is None

    run(story())


def test_what_is_closed_is_told_at_once_and_not_with_the_next_share(pair: tuple[Process, Process]) -> None:
    one, two = pair

    async def story() -> None:
        stop, limited = asyncio.Event(), [one.slack]
        hourly = SharedLimits(one.store, one.threads, lambda: NOON, limited, one.clock, ask_s=3_600)
        running = asyncio.create_task(hourly.run(stop))
        one.slack.close("T1", "chat.update", 30)
        async with asyncio.timeout(10):
            while not two.slack.closures.left_s("T1 chat.update"):
                await two.shared.exchange()
        stop.set()
        one.slack.close("T2", "chat.update", 30)
        await running

    run(story())


def test_a_channel_gets_no_larger_burst_for_going_from_hand_to_hand(pair: tuple[Process, Process]) -> None:
    one, two = pair

    def burst(process: Process) -> int:
        for sent in range(99):
            try:
                process.slack.take("T1", "C1")
            except RetryLater:
                return sent
        raise AssertionError("there is no end to it")

    run(agree(one, two))
    assert burst(one) + burst(two) == BURST


def test_pages_of_one_platform_and_of_one_host_are_shared_by_all_pollers(pair: tuple[Process, Process]) -> None:
    one, two = pair

    run(agree(one, two))
    assert [process.fetcher._per_group for process in pair] == [10, 10]
    assert [process.fetcher._per_host for process in pair] == [MAX_PER_HOST // 2] * 2
