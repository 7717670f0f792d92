"""One incident for 1,000,000 subscribed channels on PostgreSQL: when all have their card on record, when the first act
reaches a chat, what it takes in memory and CPU, and how long commands take meanwhile.

One process does it all: it records, delivers to a chat that takes 200 posts a second, four times what Discord allows,
and answers ten commands a second. The server is PostgreSQL as it comes, with every commit on disk.
"""

from __future__ import annotations

import asyncio
import gc
import time
from dataclasses import dataclass, field

from bench.chat import PLATFORM, Noting
from bench.fanout import Asking, Nobody, Page
from bench.machine import memory_mb
from bench.postgres import Server, copies, server
from bench.result import Result, Say, at_most, quantile
from bench.world import Clock, World, polling, slug, vendors
from bot import catalog as catalogs
from bot import routing
from bot.delivery.worker import Delivery
from bot.domain import Channel, Filter, Incident, Subscription
from bot.message import Message

CHANNELS = 1_000_000
ANSWER_S = 1.0
"""Of the chat; 200 channels are served at once."""


def measure(quick: bool, say: Say) -> list[Result]:
    with server() as database:
        return asyncio.run(_measure(database, CHANNELS // 10 if quick else CHANNELS, say))


async def _measure(database: Server, channels: int, say: Say) -> list[Result]:
    clock, page = Clock(), Page()
    catalog = catalogs.load().plus(vendors(1, lambda _: "https://v0.pages.example"))
    async with polling(tuple(catalog), Nobody(), clock, url=database.url) as world:
        world.store.records.record(page.recording(), routing.route)
        say(f"{channels:,} channels subscribe")
        first = Subscription(Channel(PLATFORM, "T0", "c0"), slug(0), Filter(), "U1", clock())
        world.store.channels.subscribe(first, routing.route)
        database.run(*copies(channels), "VACUUM ANALYZE", "CHECKPOINT")
        asking = Asking(world, catalog)
        quiet = await asking.until(asyncio.create_task(asyncio.sleep(3)))
        say("an incident for all of them")
        opened = await _observed(world, database, asking, page, page.opened())
        say("an update of it")
        updated = await _observed(world, database, asking, page, page.went_on(1))
        memory = memory_mb()[1]
    if opened.cards != channels:
        raise AssertionError(f"{opened.cards} cards for {channels} channels: the measurement is void")
    name = f"One incident, {channels:,} channels on PostgreSQL"
    return [
        at_most(f"{name}: all cards committed", opened.wall_s, 20, " s", opened.cost),
        at_most("— the first act reaches the chat after", opened.first_act_s, 1, " s"),
        at_most("— memory, at its most", memory, 500, " MB"),
        at_most(
            "— commands meanwhile, p99",
            quantile(opened.waits, 0.99) * 1e3,
            200,
            " ms",
            f"p50 {quantile(opened.waits, 0.5) * 1e3:.0f} ms over {len(opened.waits)} commands; with nothing else to "
            f"do p50 {quantile(quiet, 0.5) * 1e3:.0f}, p99 {quantile(quiet, 0.99) * 1e3:.0f} ms",
        ),
        Result("— a later update of it: all cards due", f"{updated.wall_s:.2f} s  ({updated.cost})"),
    ]


@dataclass(slots=True)
class Observed:
    cards: int | None = 0
    wall_s: float = 0
    cpu_s: float = 0
    database_cpu_s: float = 0
    first_act_s: float = 0
    acts: int = 0
    waits: list[float] = field(default_factory=list)

    @property
    def cost(self) -> str:
        return (
            f"{self.database_cpu_s:.1f} s of CPU of the database, {self.cpu_s:.1f} s of the process, "
            f"which made {self.acts:,} acts meanwhile"
        )


class Slow(Noting):
    """Answers each post after a while, and keeps when the first one came."""

    def __init__(self) -> None:
        super().__init__(self._note_time)
        self.first_at: float | None = None

    def _note_time(self, _: str, __: Channel, ___: Message) -> None:
        self.first_at = self.first_at or time.perf_counter()

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        ref = await super().post(channel, message, key)
        await asyncio.sleep(ANSWER_S)
        return ref

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        return await self.post(channel, message, key)


async def _observed(world: World, database: Server, asking: Asking, page: Page, incident: Incident) -> Observed:
    recording, seen, chat, stop = page.recording(incident), Observed(), Slow(), asyncio.Event()
    delivery = Delivery(world.store, [chat], world.threads, world.clock)
    loop = asyncio.get_running_loop()
    gc.collect()
    delivering = asyncio.create_task(delivery.run(stop))
    await asyncio.sleep(0.1)
    cpu, wall, its_cpu = time.process_time(), time.perf_counter(), database.cpu_s()

    def record() -> None:
        def wake(_: int) -> None:
            loop.call_soon_threadsafe(delivery.wake)

        seen.cards = world.store.records.record(recording, routing.route, wake)
        seen.wall_s = time.perf_counter() - wall

    seen.waits = await asking.until(asyncio.create_task(world.threads(record)))
    seen.cpu_s, seen.database_cpu_s = time.process_time() - cpu, database.cpu_s() - its_cpu
    seen.first_act_s, seen.acts = (chat.first_at or time.perf_counter()) - wall, chat.count
    stop.set()
    await delivering
    return seen
