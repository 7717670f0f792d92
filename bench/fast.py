"""The poll pipeline over the transport of the extra ``fast``, against a bare client over httpx's own."""

from __future__ import annotations

import asyncio
from statistics import median

from bench.machine import pin
from bench.poll import Arm, Bare, alternate
from bench.result import Result, Say, at_most, ratio
from bench.server import PageServer
from bench.world import ROUND, START, Clock, fetching, polling, vendors
from bot.monitor.fast_transport import is_installed

WHAT = "Poll pipeline with the fast transport ÷ tuned httpx alone, CPU of an unchanged page"
BAR = 0.4


def measure(quick: bool, say: Say) -> list[Result]:
    if not is_installed():
        return [Result(WHAT, "not measured: pyreqwest is not installed", f"≤ {BAR:g}")]
    pin(0)
    with PageServer(START) as server:
        return asyncio.run(_measure(server, 200 if quick else 400, 3 if quick else 5, say))


async def _measure(server: PageServer, pages: int, rounds: int, say: Say) -> list[Result]:
    clock, bare = Clock(), Bare(server, pages)
    async with (
        fetching(server, clock, pages, fast=True) as fetcher,
        polling(vendors(pages, server.url), fetcher, clock) as world,
    ):

        async def pipeline() -> None:
            clock.now += ROUND
            await world.poller.tick()

        say(f"first readings of {pages} pages, with their histories")
        for _ in range(5):
            await pipeline()
        arms: dict[str, Arm] = {"pipeline": pipeline, "client": bare.with_client}
        for arm in arms.values():
            await arm()
        spent = await alternate(arms, rounds, lambda round_: say(f"round {round_} of {rounds}"))
    await bare.aclose()
    rate = pages / median(spent["pipeline"])
    return [at_most(WHAT, ratio(spent["pipeline"], spent["client"]), BAR, "", f"{rate:,.0f} pages per CPU-second")]
