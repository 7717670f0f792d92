"""How long a command takes while pages are polled: the whole catalog in a minute, then as fast as can be.

p50 and p99, from the planned time of each. What the commands ask for was read with its history before. At full speed
every page is always due again, as after a long stop; then a hundred connections share the event loop with whoever asks.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

from bench.fanout import Asking
from bench.result import Result, Say, quantile
from bench.server import PageServer
from bench.world import ROUND, START, Clock, World, fetching, polling, vendors
from bot.catalog import Catalog

PAGES = 300
USUAL_RATE = 45
"""Pages a second: 2,700 vendors a minute."""
CHANGED = 5
"""So many pages say something new in every round of all pages, a hundred times what real ones do."""


def measure(quick: bool, say: Say) -> list[Result]:
    with PageServer(START) as server:
        return asyncio.run(_measure(server, 6 if quick else 20, say))


async def _measure(server: PageServer, seconds: float, say: Say) -> list[Result]:
    clock = Clock()
    catalog = vendors(PAGES, server.url)
    async with fetching(server, clock, PAGES) as fetcher, polling(catalog, fetcher, clock) as world:
        for round_ in range(1, 6):
            say(f"first readings and histories: {round_} of 5")
            clock.now += ROUND
            await world.poller.tick()
        asking = Asking(world, Catalog(catalog))
        results = []
        for name, polls in (
            ("with nothing else to do", None),
            (f"while {USUAL_RATE} pages a second are polled", usually(world, clock, server, PAGES)),
            ("while polling at full speed", _at_full_speed(world, clock, server)),
        ):
            say(f"commands {name}")
            before = sum(server.answered().values())
            polling_ = asyncio.create_task(polls) if polls else None
            took = await asking.until(asyncio.create_task(asyncio.sleep(seconds)))
            rate = (sum(server.answered().values()) - before) / seconds
            if polling_:
                polling_.cancel()
                with suppress(asyncio.CancelledError):
                    await polling_
            p50, p99 = (quantile(took, share) * 1e3 for share in (0.5, 0.99))
            figures = f"p50 {p50:.0f} ms, p99 {p99:.0f} ms  ({len(took)} commands; {rate:,.0f} requests a second)"
            results.append(Result(f"Commands {name}", figures))
    return results


async def usually(world: World, clock: Clock, server: PageServer, pages: int, interval_s: float = 300) -> None:
    """In steps of a quarter of a second, as the app ticks; the virtual clock brings as many pages due, each of which is
    read every ``interval_s``."""
    step_s = 0.25
    span = timedelta(seconds=interval_s * USUAL_RATE * step_s / pages)
    loop = asyncio.get_running_loop()
    planned = loop.time()
    while True:
        if int(planned) % 2:
            server.post(int(planned) % pages)
        clock.now += span
        await world.poller.tick()
        planned += step_s
        await asyncio.sleep(max(0.0, planned - loop.time()))


async def _at_full_speed(world: World, clock: Clock, server: PageServer) -> None:
    while True:
        server.post_everywhere(CHANGED)
        clock.now += ROUND
        await world.poller.tick()
