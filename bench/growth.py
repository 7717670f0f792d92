"""Whether a page costs more to poll where there are many: CPU of one page among 50,000 against one among 2,500.

Both stores spread their pages over one round, and in both a look finds as many that are due, so that as many rows share
a transaction: as many as the poller's four looks a second find among the 50,000. Before, both were asked for 2,500 at
once. Those were all rows of the small store, and a backlog in the large one, which no running bot has. A round is as
many looks as it takes until the store is searched for wrong times again, which walks through all pages.

First the store's part alone, with a stand-in that answers "not modified"; then the whole way, with real requests, on a
smaller share. Every row is that of a page that has been read; components and histories are left out, for an unchanged
page touches neither. Says nothing about pages that changed.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from bench.machine import pin
from bench.result import Result, Say, at_most, ratio
from bench.server import PageServer, summary_etag
from bench.world import START, Clock, World, fetching, polling, vendors
from bot.monitor.providers.statuspage import PROVIDER
from bot.monitor.responses import Answer, Getter, NotModified
from bot.monitor.schedule import share
from bot.store.clock import LOOK_EVERY
from bot.store.values import PollOutcome, Validator

FEW, MANY = 2_500, 50_000
INTERVAL_S = 300.0
LOOKS_A_SECOND = 4
AT_A_LOOK = MANY / INTERVAL_S / LOOKS_A_SECOND
"""Pages that are due."""
LOOKS = int(LOOK_EVERY.total_seconds() * LOOKS_A_SECOND)
"""In a round, without requests: the large store is searched for wrong times once, the small one as often as it takes
for as many rows."""
LOOKS_WITH_REQUESTS = 6


class Switch:
    """A getter that asks nobody until it is given a fetcher; counts what it was asked."""

    def __init__(self) -> None:
        self.fetcher: Getter | None = None
        self.asked = 0

    async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Answer:
        self.asked += 1
        if self.fetcher is not None:
            return await self.fetcher.get(url, rate_limit_group, validator)
        return NotModified(validator or Validator())


def measure(quick: bool, say: Say) -> list[Result]:
    pin(0)
    with PageServer(START) as server:
        return asyncio.run(_measure(server, 4 if quick else 10, say))


async def _measure(server: PageServer, rounds: int, say: Say) -> list[Result]:
    async with AsyncExitStack() as stack:
        arms = []
        for size in (FEW, MANY):
            say(f"{size:,} pages into a store")
            clock, getter = Clock(), Switch()
            arms.append(Arm(size, clock, getter, await stack.enter_async_context(_filled(server, size, getter, clock))))
        stub = await _compare(arms, rounds, LOOKS, lambda round_: say(f"the store's part: round {round_} of {rounds}"))
        for arm in arms:
            arm.getter.fetcher = await stack.enter_async_context(fetching(server, arm.clock, arm.size))
        real = await _compare(
            arms, rounds, LOOKS_WITH_REQUESTS, lambda round_: say(f"with real requests: round {round_} of {rounds}")
        )
    return [
        at_most(
            f"Cost per page at {MANY:,} pages ÷ at {FEW:,}",
            ratio(real[MANY], real[FEW]),
            1.2,
            detail=f"{median(real[MANY]) * 1e6:,.0f} µs of CPU a page",
        ),
        at_most(
            "— of which claim, settle and all between, without the request",
            ratio(stub[MANY], stub[FEW]),
            1.1,
            detail=f"{median(stub[MANY]) * 1e6:,.0f} µs of CPU a page",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Arm:
    size: int
    clock: Clock
    getter: Switch
    world: World


async def _compare(arms: Sequence[Arm], rounds: int, looks: int, say: Callable[[int], None]) -> dict[int, list[float]]:
    """CPU seconds a page, by the size of the store, round by round; the first round warms up."""
    spent: dict[int, list[float]] = {arm.size: [] for arm in arms}
    for round_ in range(rounds + 1):
        say(round_)
        for arm in arms if round_ % 2 else reversed(arms):
            gc.collect()
            asked, before = arm.getter.asked, time.process_time()
            for _ in range(looks):
                arm.clock.now += timedelta(seconds=INTERVAL_S * AT_A_LOOK / arm.size)
                await arm.world.poller.tick()
            cost = (time.process_time() - before) / max(1, arm.getter.asked - asked)
            if round_:
                spent[arm.size].append(cost)
    return spent


@asynccontextmanager
async def _filled(server: PageServer, size: int, getter: Getter, clock: Clock) -> AsyncIterator[World]:
    """A store as it stands when every page has been read, the next readings spread over one interval."""
    catalog = vendors(size, server.url)
    async with polling(catalog, getter, clock) as world:
        settled = [
            PollOutcome(
                slug=vendor.slug,
                due=clock.now + timedelta(seconds=INTERVAL_S * share(vendor.slug, "bench")),
                interval_s=INTERVAL_S,
                read_at=clock.now,
                validators={url: Validator(summary_etag(page), None, f"{page:064x}")},
                history_read_at=clock.now,
                page_updated_at="2026-02-11T09:00:00.000Z",
            )
            for page, vendor in enumerate(catalog)
            for url in PROVIDER.state_urls(vendor.page_url)
        ]
        world.store.pages.settle(settled)
        yield world
