"""The bot's own parts, put together as the app does it, against the local server. Nothing in here is measured."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.server import PageServer, host
from bot import routing
from bot.app.run import freeze_loaded_objects
from bot.domain import Channel, Filter, Slug, Subscription, Vendor
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Policy, Poller
from bot.monitor.responses import Getter
from bot.monitor.schedule import PollIntervals
from bot.store import Store
from bot.store.json_columns import dump_filter
from bot.threads import Threads

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PACE = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)
ROUND = timedelta(seconds=331)
"""After so long every page is due again, whatever its jitter."""
CONCURRENCY = 100


class Clock:
    """Stands still until it is turned."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now


async def loopback(name: str, port: int) -> Sequence[str]:
    """The address of every name."""
    return ("127.0.0.1",)


def slug(page: int) -> Slug:
    return Slug(f"vendor{page}")


def vendors(count: int, url: Callable[[int], str]) -> tuple[Vendor, ...]:
    return tuple(
        Vendor(slug(n), f"Vendor {n}", url(n), url(n), "Cloud", "Compute", kind="statuspage") for n in range(count)
    )


@dataclass(frozen=True, slots=True)
class World:
    store: Store
    path: Path
    threads: Threads
    getter: Getter
    poller: Poller
    clock: Callable[[], datetime]


@asynccontextmanager
async def polling(
    catalog: Sequence[Vendor],
    getter: Getter,
    clock: Callable[[], datetime],
    *,
    spread_s: float = 0,
    pace: PollIntervals = PACE,
    on_due: Callable[[int], None] | None = None,
    ahead_s: float = 0,
    url: str | None = None,
) -> AsyncIterator[World]:
    """A poller with a store of its own, in a folder that goes away, or of the database that ``url`` names."""
    with TemporaryDirectory(prefix="lookout-bench-") as folder:
        path = Path(folder, "bench.db")
        store, threads = Store(url or f"sqlite:///{path}"), Threads()
        store.pages.sync_catalog(catalog, clock(), spread_s)
        poller = Poller(
            store,
            threads,
            getter,
            routing.route,
            clock,
            Policy(pace),
            concurrency=CONCURRENCY,
            ahead_s=ahead_s,
            on_due=on_due,
        )
        freeze_loaded_objects()
        try:
            yield World(store, path, threads, getter, poller, clock)
        finally:
            await poller.aclose()
            threads.close()
            store.close()


@asynccontextmanager
async def fetching(
    server: PageServer, clock: Callable[[], datetime], pages: int, *, fast: bool = False
) -> AsyncIterator[Fetcher]:
    """The real fetcher; all pages are of one platform here, which may use every slot."""
    hosts = [host(page) for page in range(pages)]
    fetcher = Fetcher(
        clock,
        concurrency=CONCURRENCY,
        per_group=CONCURRENCY,
        allow_hosts=hosts,
        resolve=loopback,
        tls=server.tls,
        fast=fast,
    )
    try:
        yield fetcher
    finally:
        await fetcher.aclose()


def subscribe(world: World, channels: Sequence[Channel], vendor: Slug, filters: Sequence[Filter]) -> None:
    """One channel through the store; the others, by the ten thousand, as copies of its rows."""
    first = Subscription(channels[0], vendor, filters[0], "U1", world.clock())
    world.store.channels.subscribe(first, routing.route)
    with closing(sqlite3.connect(world.path)) as database, database:
        database.row_factory = sqlite3.Row
        channel = dict(database.execute("SELECT * FROM channel").fetchone())
        subscription = dict(database.execute("SELECT * FROM subscription").fetchone())
        for pk, (copy, wanted) in enumerate(zip(channels[1:], filters[1:], strict=True), channel["pk"] + 1):
            _insert(database, "channel", channel | {"pk": pk, "id": copy.id, "workspace": copy.workspace})
            _insert(database, "subscription", subscription | {"pk": pk, "channel": pk, "filter": dump_filter(wanted)})


def _insert(database: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    columns, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" for _ in row)
    database.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(row.values()))
