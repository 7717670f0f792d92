"""How long a command takes while pages are polled as fast as one core can: p50 and p99, from its planned time.

Every page is always due again; what the commands ask for was read with its history before.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from bench.fanout import Asking
from bench.result import Result, Say, at_most, quantile
from bench.server import PageServer
from bench.world import ROUND, START, Clock, World, fetching, polling, vendors
from bot.catalog import Catalog

PAGES = 300
CHANGED = 5
"""So many pages say something new in every round, a hundred times what real ones do."""


def measure(quick: bool, say: Say) -> list[Result]:
    with PageServer(START) as server:
        return asyncio.run(_measure(server, 6 if quick else 25, say))


async def _measure(server: PageServer, seconds: float, say: Say) -> list[Result]:
    clock = Clock()
    catalog = vendors(PAGES, server.url)
    async with fetching(server, clock, PAGES) as fetcher, polling(catalog, fetcher, clock) as world:
        for round_ in range(1, 6):
            say(f"first readings and histories: {round_} of 5")
            clock.now += ROUND
            await world.poller.tick()
        asking = Asking(world, Catalog(catalog))
        say("commands alone")
        quiet = await asking.until(asyncio.create_task(asyncio.sleep(seconds / 4)))
        say(f"commands while polling: {seconds:.0f} s")
        before = server.answered()
        polls = asyncio.create_task(_poll(world, clock, server))
        busy = await asking.until(asyncio.create_task(asyncio.sleep(seconds)))
        polls.cancel()
        with suppress(asyncio.CancelledError):
            await polls
        rate = (sum(server.answered().values()) - sum(before.values())) / seconds
    return [
        at_most(
            "Command while polling at full speed, p99",
            quantile(busy, 0.99) * 1e3,
            200,
            " ms",
            f"p50 {quantile(busy, 0.5) * 1e3:.0f} ms over {len(busy)} commands at {rate:,.0f} requests per second; "
            f"alone p50 {quantile(quiet, 0.5) * 1e3:.0f}, p99 {quantile(quiet, 0.99) * 1e3:.0f} ms",
        )
    ]


async def _poll(world: World, clock: Clock, server: PageServer) -> None:
    while True:
        server.post_everywhere(CHANGED)
        clock.now += ROUND
        await world.poller.tick()
