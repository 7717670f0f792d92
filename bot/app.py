"""The composition root: builds every part from the settings and runs them. The only scheduler, the only real clock."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from rich.console import Console

from bot import catalog, routing
from bot.adapters.console import ConsoleAdapter, converse
from bot.catalog import Catalog
from bot.commands.desk import Desk
from bot.commands.dispatch import handle, parse_line
from bot.commands.request import Reply, Request
from bot.commands.table import COMMANDS
from bot.config import Settings
from bot.delivery.worker import Delivery
from bot.domain import Channel
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Poller
from bot.monitor.poller.visit import Rules
from bot.monitor.schedule import Pace
from bot.store import Store
from bot.store.values import Counts
from bot.threads import Threads

CONSOLE_CHANNEL = Channel("console", "local", "console")
CONSOLE_USER = "you"
READ_NOW_S = 2.5
"""A chat platform wants its answer within 3 s; a page that takes longer is reported as still being read."""
TICK_S = 1
COUNT_S = 2
SPREAD_S = 5.0
"""On the first start every page is due at once; this is how far their first due times lie apart."""

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


def fetcher(settings: Settings, now: Callable[[], datetime]) -> Fetcher:
    """The one door to the web, as the settings want it."""
    return Fetcher(
        now,
        contact=settings.contact,
        concurrency=settings.poll_concurrency,
        per_house=settings.poll_house_concurrency,
        deadline_s=settings.fetch_deadline_seconds,
        max_bytes=settings.fetch_max_bytes,
        allow_hosts=settings.fetch_allow_hosts,
    )


@dataclass(frozen=True, slots=True)
class Desks:
    """Answers commands, from any adapter, within the time that chat platforms allow."""

    store: Store
    catalog: Catalog
    threads: Threads
    poller: Poller
    now: Callable[[], datetime]

    async def answer(self, request: Request) -> Reply:
        """The handler's reply; a vendor that was never read is read first, as long as that takes no longer than
        :data:`READ_NOW_S`."""
        reply = await self._handle(request)
        if not reply.unread:
            return reply
        readings = [asyncio.create_task(self.poller.read_now(slug)) for slug in reply.unread]
        # What is not done by then goes on: its result is there for the next question.
        await asyncio.wait(readings, timeout=READ_NOW_S)
        return await self._handle(request)

    async def _handle(self, request: Request) -> Reply:
        return await self.threads(lambda: handle(request, Desk(self.store, self.catalog, self.now())))


@dataclass(slots=True)
class Standing:
    """The line at the bottom of the console: how far the first readings are, then how many pages cannot be read."""

    counts: Counts | None = None

    def line(self) -> str:
        if self.counts is None:
            return "starting"
        seen = self.counts.read + self.counts.unreadable
        if seen < self.counts.total:
            return f"reading the pages for the first time: {seen:,} of {self.counts.total:,}"
        return f"{self.counts.total:,} vendors, {self.counts.unreadable:,} of them cannot be read now"


class App:
    """``lookout run``: polls, delivers and answers until told to stop."""

    def __init__(self, settings: Settings, console: Console, now: Callable[[], datetime] = utc_now) -> None:
        self.settings = settings
        self.now = now
        self.catalog = catalog.load()
        self.store = Store(settings.database_url)
        self.threads = Threads()
        self.console = ConsoleAdapter(
            console,
            now,
            zone=lambda channel: self.store.channels.settings(channel).zone,
            first=self.store.cards.count(CONSOLE_CHANNEL) + 1,
        )
        self.standing = Standing()

    async def run(self) -> None:
        """Until the console's conversation ends, or SIGINT or SIGTERM."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with self._parts(stop) as desks:
            talk = asyncio.create_task(self._converse(desks))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({talk, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            for task in (talk, stopped):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    @asynccontextmanager
    async def _parts(self, stop: asyncio.Event) -> AsyncIterator[Desks]:
        settings = self.settings
        late_limit = timedelta(hours=settings.late_limit_hours)
        web = fetcher(settings, self.now)
        delivery = Delivery(self.store, [self.console], self.threads, self.now, late_limit=late_limit)
        pace = Pace(
            watched_s=settings.poll_watched_seconds,
            open_s=settings.poll_open_seconds,
            idle_s=settings.poll_idle_seconds,
            max_backoff_s=settings.poll_max_backoff_seconds,
        )
        poller = Poller(
            self.store,
            self.threads,
            web,
            routing.route,
            self.now,
            Rules(pace, late_limit=late_limit),
            concurrency=settings.poll_concurrency,
            deadline_s=settings.fetch_deadline_seconds,
            on_due=lambda _: delivery.wake(),
        )
        await self.threads(lambda: self.store.pages.sync_catalog(tuple(self.catalog), self.now(), SPREAD_S))
        await self._count()
        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None})

        async def pulse() -> None:
            poller.pulse()

        scheduler.add_job(_uncut, "interval", seconds=TICK_S, args=[pulse], next_run_time=self.now())
        scheduler.add_job(_uncut, "interval", seconds=COUNT_S, args=[self._count])
        purge = partial(self._purge, delivery)
        scheduler.add_job(_uncut, "interval", days=1, args=[purge], next_run_time=self.now())
        delivering = asyncio.create_task(delivery.run(stop))
        scheduler.start()
        try:
            yield Desks(self.store, self.catalog, self.threads, poller, self.now)
        finally:
            scheduler.shutdown(wait=False)
            stop.set()
            await poller.aclose()
            await delivering
            await web.aclose()
            self.threads.close()
            self.store.close()

    async def _converse(self, desks: Desks) -> None:
        async def answer(line: str) -> Reply:
            command, text = parse_line(line)
            return await desks.answer(Request(command, text, CONSOLE_CHANNEL, CONSOLE_USER))

        def complete(prefix: str) -> tuple[str, ...]:
            return tuple(vendor.name for vendor in self.catalog.complete(prefix))

        names = tuple(command.name for command in COMMANDS)
        await converse(
            answer, self.console, CONSOLE_CHANNEL, commands=names, complete=complete, toolbar=self.standing.line
        )

    async def _count(self) -> None:
        self.standing.counts = await self.threads(self.store.pages.counts)

    async def _purge(self, delivery: Delivery) -> None:
        forgotten = await delivery.purge(self.now() - timedelta(days=self.settings.suspended_purge_days))
        if forgotten:
            log.info("channels forgotten", count=forgotten)


async def _uncut(job: Callable[[], Awaitable[None]]) -> None:
    """The scheduler cancels what runs when it is shut down, and would log each as an error."""
    with contextlib.suppress(asyncio.CancelledError):
        await job()
