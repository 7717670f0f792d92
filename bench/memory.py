"""Resident memory of a process that has read every vendor of the catalog once, histories too, and now idles.

The parts are the app's, and so is what is imported; the vendors are the catalog's own, served from here: pages of 5 to
300 KB, and 50 incidents in each history.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import bot.app.run  # noqa: F401 (a running bot has imported all of it)
from bench.machine import memory_mb, pin
from bench.result import Result, Say, at_most
from bench.server import PageServer
from bench.world import ROUND, START, Clock, World, fetching, polling
from bot import catalog
from bot.app.memory import give_back
from bot.delivery.worker import Delivery

LIMIT_MB = 150.0


def measure(quick: bool, say: Say) -> list[Result]:
    pin(0)
    with PageServer(START) as server:
        return asyncio.run(_measure(server, 500 if quick else None, say))


async def _measure(server: PageServer, max_pages: int | None, say: Say) -> list[Result]:
    clock = Clock()
    known = catalog.load()
    served = [
        replace(vendor, kind="statuspage", page_url=server.url(page), enabled=True)
        for page, vendor in enumerate(tuple(known)[:max_pages])
    ]
    begun, _ = memory_mb()
    async with fetching(server, clock, len(served)) as fetcher, polling(served, fetcher, clock) as world:
        stop = asyncio.Event()
        delivering = asyncio.create_task(Delivery(world.store, [], world.threads, clock).run(stop))
        await _turn(world, clock, timedelta(), say, f"first readings of {len(served):,} pages")
        first, _ = memory_mb()
        for _ in range(4):
            await _turn(world, clock, ROUND, say, f"histories of {len(served):,} pages")
        gc.collect()
        kept, peak = memory_mb()
        give_back()
        idle, _ = memory_mb()
        incidents = len(world.store.records.incidents([v.slug for v in served[:10]], START - timedelta(days=999)))
        stop.set()
        with suppress(asyncio.CancelledError):
            await delivering
    return [
        at_most(
            f"Memory, {len(served):,} vendors read and idle",
            idle,
            LIMIT_MB,
            " MB",
            f"{begun:.0f} MB at the start, {first:.0f} after the first readings, {peak:.0f} at most, {kept:.0f} before "
            "the C library gave back what was free, as it is told to every ten minutes; "
            f"{incidents // 10} incidents a page on record",
        )
    ]


async def _turn(world: World, clock: Clock, span: timedelta, say: Say, what: str) -> None:
    clock.now += span
    reading = asyncio.create_task(world.poller.tick())
    while not reading.done():
        say(f"{what}; {memory_mb()[0]:.0f} MB")
        await asyncio.wait([reading], timeout=1)
    await reading
