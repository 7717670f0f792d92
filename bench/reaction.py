"""How long after a page changed its channel hears of it, beyond the poll interval: real time, real requests.

Counted from when the reading that finds the change falls due (or from the change, if that reading was due already) to
the moment when the reply that tells it is handed to the adapter: request, parse, record, delivery. Meanwhile the pages
are polled at 40 a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, cast

from bench.chat import PLATFORM, Noting
from bench.result import Result, Say, at_most, quantile
from bench.server import PageServer
from bench.world import fetching, polling, slug, vendors
from bot import routing
from bot.app.readers import AHEAD_S, TICK_S
from bot.delivery.worker import Delivery
from bot.domain import Channel, Filter, Slug, Subscription
from bot.message import Message, Quote
from bot.monitor.schedule import PollIntervals
from bot.store import Store
from bot.store.values import Claim, Lane

PAGES = 400
INTERVAL_S = 10.0
CHANGES_A_SECOND = 5.0
"""One in eight readings finds one: far more than real pages have."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Planned:
    """The store's pages, and when each page that was claimed had fallen due."""

    def __init__(self, pages: Any) -> None:
        self._pages = pages
        self.due: dict[Slug, float] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pages, name)

    def claim_due(
        self, now: datetime, places: Mapping[Lane, int], lease_s: float, until: datetime | None = None
    ) -> Sequence[Claim]:
        claims = cast(Sequence[Claim], self._pages.claim_due(now, places, lease_s, until))
        self.due |= {claim.vendor.slug: claim.planned.timestamp() for claim in claims}
        return claims


class Watch:
    """Notes, for each change that is posted, how late that is. Only what happens after ``since`` counts."""

    def __init__(self) -> None:
        self.planned: Planned | None = None
        self.since = float("inf")
        self.waits: list[float] = []
        self.whole: list[float] = []
        self._seen: set[tuple[str, str]] = set()
        """A text that its root drops is posted again, as a reply."""

    def __call__(self, verb: str, channel: Channel, message: Message) -> None:
        if verb == "edit" or self.planned is None:
            return
        now = time.time()
        for text in (block.text for block in message.blocks if isinstance(block, Quote)):
            changed = float(text.split(maxsplit=1)[0])
            if changed >= self.since and (channel.id, text) not in self._seen:
                self._seen.add((channel.id, text))
                self.waits.append(now - max(changed, self.planned.due[Slug(channel.id)]))
                self.whole.append(now - changed)


def measure(quick: bool, say: Say) -> list[Result]:
    with PageServer(utc_now()) as server:
        return asyncio.run(_measure(server, 15 if quick else 40, say))


async def _measure(server: PageServer, seconds: int, say: Say) -> list[Result]:
    watch = Watch()
    pace = PollIntervals(watched_s=INTERVAL_S, open_s=INTERVAL_S, idle_s=INTERVAL_S, max_backoff_s=60)
    catalog = vendors(PAGES, server.url)
    deliveries: list[Delivery] = []
    async with (
        fetching(server, utc_now, PAGES) as fetcher,
        polling(
            catalog,
            fetcher,
            utc_now,
            spread_s=INTERVAL_S / 2,
            pace=pace,
            on_due=lambda _: deliveries[0].wake(),
            ahead_s=AHEAD_S,
        ) as world,
    ):
        watch.planned = Planned(world.store.pages)
        cast(Any, world.store).pages = watch.planned
        _subscribe(world.store)
        deliveries.append(Delivery(world.store, [Noting(watch)], world.threads, utc_now))
        stop = asyncio.Event()
        tasks = [
            asyncio.create_task(deliveries[0].run(stop)),
            asyncio.create_task(_every(TICK_S, _once(world.poller.pulse))),
        ]
        say("first readings")
        await asyncio.sleep(INTERVAL_S * 1.2)
        random = Random(1)
        watch.since = time.time()
        changes = 0
        cpu = time.process_time()
        while (left := watch.since + seconds - time.time()) > 0:
            say(f"{len(watch.waits):,} changes posted, {left:.0f} s to go")
            for _ in range(int(CHANGES_A_SECOND)):
                await asyncio.sleep(random.expovariate(CHANGES_A_SECOND))
                server.post(random.randrange(PAGES))
                changes += 1
        busy = (time.process_time() - cpu) / (time.time() - watch.since)
        say("the last ones")
        await asyncio.sleep(INTERVAL_S * 1.3)
        stop.set()
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if len(watch.waits) != changes:
        raise AssertionError(f"{changes} changes were made and {len(watch.waits)} posted: the measurement is void")
    return [
        at_most(
            "Change on a page → act handed to the adapter, beyond the poll interval, p99",
            quantile(watch.waits, 0.99),
            0.3,
            " s",
            f"p50 {quantile(watch.waits, 0.5):.2f} s; {changes:,} changes, {busy:.0%} of a core",
        )
    ]


def _subscribe(store: Store) -> None:
    for page in range(PAGES):
        channel = Channel(PLATFORM, "T1", slug(page))
        store.channels.subscribe(Subscription(channel, slug(page), Filter(), "U1", utc_now()), routing.route)


def _once(call: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def called() -> None:
        call()

    return called


async def _every(seconds: float, call: Callable[[], Awaitable[None]]) -> None:
    while True:
        await call()
        await asyncio.sleep(seconds)
