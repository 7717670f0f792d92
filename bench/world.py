"""The bot's own parts, put together as the app does it, against the local server. Nothing in here is measured."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.server import PageServer, host
from bot import routing
from bot.app import keep_out_of_collections
from bot.domain import Slug, Vendor
from bot.monitor.answers import Getter
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Poller, Rules
from bot.monitor.schedule import Pace
from bot.store import Store
from bot.threads import Threads

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PACE = Pace(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)
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


def vendors(count: int, url: Callable[[int], str]) -> tuple[Vendor, ...]:
    return tuple(
        Vendor(Slug(f"v{n}"), f"Vendor {n}", url(n), url(n), "Cloud", "Compute", kind="statuspage")
        for n in range(count)
    )


@dataclass(frozen=True, slots=True)
class World:
    store: Store
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
    pace: Pace = PACE,
    on_due: Callable[[int], None] | None = None,
) -> AsyncIterator[World]:
    """A poller with a store of its own, in a folder that goes away."""
    with TemporaryDirectory(prefix="lookout-bench-") as folder:
        store, threads = Store(f"sqlite:///{Path(folder, 'bench.db')}"), Threads()
        store.pages.sync_catalog(catalog, clock(), spread_s)
        poller = Poller(
            store, threads, getter, routing.route, clock, Rules(pace), concurrency=CONCURRENCY, on_due=on_due
        )
        keep_out_of_collections()
        try:
            yield World(store, threads, getter, poller, clock)
        finally:
            await poller.aclose()
            threads.close()
            store.close()


@asynccontextmanager
async def fetching(server: PageServer, clock: Callable[[], datetime], pages: int) -> AsyncIterator[Fetcher]:
    """The real fetcher; all pages are of one house here, so that house may use every place."""
    hosts = [host(page) for page in range(pages)]
    fetcher = Fetcher(
        clock, concurrency=CONCURRENCY, per_house=CONCURRENCY, allow_hosts=hosts, resolve=loopback, tls=server.tls
    )
    try:
        yield fetcher
    finally:
        await fetcher.aclose()
