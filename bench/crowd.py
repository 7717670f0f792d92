"""One incident for 100,000 subscribed channels: CPU until all have their card, how long another writer waits meanwhile,
when the first card can be delivered, what a later update of the incident costs, and that its cards become another
one's, as an episode's do."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, replace
from statistics import median

from bench.chat import PLATFORM
from bench.fanout import Nobody, Page
from bench.result import Result, Say, at_most
from bench.world import Clock, World, polling, slug, subscribe, vendors
from bot import routing
from bot.domain import Channel, Filter
from bot.store.values import Recording

CHANNELS = 100_000


def measure(quick: bool, say: Say) -> list[Result]:
    return asyncio.run(_measure(CHANNELS // 10 if quick else CHANNELS, 3, say))


async def _measure(channels: int, rounds: int, say: Say) -> list[Result]:
    clock, page = Clock(), Page()
    async with polling(vendors(2, lambda n: f"https://v{n}.pages.example"), Nobody(), clock) as world:
        world.store.records.record(page.recording(), routing.route)
        say(f"{channels:,} channels subscribe")
        everyone = [Channel(PLATFORM, f"T{number // 50}", f"c{number}") for number in range(channels)]
        subscribe(world, everyone, slug(0), [Filter()] * channels)
        opened, updated, merged = [], [], []
        for round_ in range(rounds):
            say(f"an incident for all of them: round {round_ + 1} of {rounds}")
            episode = page.opened()
            opened.append(await _observed(world, page.recording(episode)))
            _delivered(world)
            say(f"an update of it: round {round_ + 1} of {rounds}")
            updated.append(await _observed(world, page.recording(page.went_on(1))))
            _delivered(world)
            say(f"its cards become another one's: round {round_ + 1} of {rounds}")
            explaining = page.opened()
            merging = replace(page.recording(explaining), merged=((episode.id, explaining.id),))
            merged.append(await _observed(world, merging))
            _delivered(world)
    cards = {one.cards for one in (*opened, *updated, *merged)}
    if cards != {channels}:
        raise AssertionError(f"{cards} cards for {channels} channels: the measurement is void")
    return [
        at_most(
            f"One incident, {channels:,} subscribed channels: all cards on record, CPU",
            median(one.cpu_s for one in opened),
            1.5,
            " s",
            f"{median(one.wall_s for one in opened):.2f} s by the wall",
        ),
        at_most(
            "— another writer waits meanwhile, at most",
            max(one.longest_wait_s for one in opened) * 1e3,
            100,
            " ms",
        ),
        at_most("— the first card can be delivered after", max(one.first_card_s for one in opened), 1, " s"),
        at_most(
            "— a later update of it, CPU",
            median(one.cpu_s for one in updated),
            0.4,
            " s",
            f"another writer waits {max(one.longest_wait_s for one in updated) * 1e3:.0f} ms at most",
        ),
        at_most(
            "— its cards become another one's: another writer waits meanwhile, at most",
            max(one.longest_wait_s for one in merged) * 1e3,
            100,
            " ms",
            f"{median(one.cpu_s for one in merged):.2f} s of CPU",
        ),
    ]


def _delivered(world: World) -> None:
    """Nothing is due any more."""
    with closing(sqlite3.connect(world.path)) as database, database:
        for table in ("card", "channel"):
            database.execute(f"UPDATE {table} SET due_since = NULL")


@dataclass(frozen=True, slots=True)
class Observed:
    cards: int | None
    cpu_s: float
    wall_s: float
    longest_wait_s: float
    first_card_s: float


async def _observed(world: World, recording: Recording) -> Observed:
    """Record it, while somebody else writes again and again and asks whether a card is due."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    recorded = asyncio.create_task(world.threads(lambda: world.store.records.record(recording, routing.route)))
    longest, first_card, own_cpu = 0.0, 0.0, 0.0
    while not recorded.done():
        began, began_cpu = time.perf_counter(), time.thread_time()
        await world.threads(lambda: world.store.pages.make_due([slug(1)], world.clock()))
        longest = max(longest, time.perf_counter() - began)
        if not first_card and world.store.cards.next_wake([PLATFORM], world.clock()) is not None:
            first_card = time.perf_counter() - wall
        own_cpu += time.thread_time() - began_cpu
        await asyncio.wait([recorded], timeout=0.02)
    took = time.process_time() - cpu
    return Observed(await recorded, took - own_cpu, time.perf_counter() - wall, longest, first_card)
