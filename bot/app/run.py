"""The composition root: builds every part from the settings and runs them. The only scheduler, the only real clock."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from rich.console import Console
from rich.text import Text

from bot import catalog, routing
from bot.adapters.console import ConsoleAdapter, converse
from bot.adapters.discord import options as discord
from bot.adapters.memory import OwnMemory
from bot.adapters.reconnect import Pacing, stay_connected
from bot.adapters.slack import options as slack
from bot.app import housekeeping as housekeeping_jobs
from bot.app import memory as memory_jobs
from bot.app import page_headers
from bot.app.command_service import CommandService
from bot.app.connections import Connections
from bot.app.events import PlatformEvents
from bot.app.heartbeat import Heartbeat, this_process
from bot.app.housekeeping import Housekeeping
from bot.app.own_pages import OwnPageFinder
from bot.app.platforms import Platform, discord_platform, slack_platform
from bot.app.ports import Ports, take_ports
from bot.app.shard_leases import StoreShardLeases
from bot.app.shared_limits import SharedLimits
from bot.app.store_memory import StoreMemory
from bot.app.wakeups import Wakeups
from bot.app.watch import Watch
from bot.commands.context import Site
from bot.commands.dispatch import parse_line
from bot.commands.request import Reply, Request
from bot.commands.table import COMMANDS
from bot.config import Settings
from bot.delivery.boards import Cadence
from bot.delivery.worker import Delivery
from bot.domain import Channel
from bot.domain.role import ALL_ROLES, Role
from bot.keyring import Keyring, SecretKeyError
from bot.limits.shared import Limited
from bot.monitor import fast_transport
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Poller
from bot.monitor.poller.pages import DETECTION
from bot.monitor.poller.policy import Policy
from bot.monitor.probe import Prober
from bot.monitor.providers import PROVIDERS
from bot.monitor.schedule import PollIntervals
from bot.monitor.workers import Workers
from bot.store import Store
from bot.store.database import takes_one_process
from bot.store.signals import Signal
from bot.store.values import PageCounts, ProcessReport
from bot.threads import Threads
from bot.web.listening import CannotListen
from bot.web.metrics import Metrics

CONSOLE_CHANNEL = Channel("console", "local", "console")
CONSOLE_USER = "you"
TICK_S = 0.25
"""Between two looks for due pages."""
AHEAD_S = 2 * TICK_S
"""So long before it falls due a page is claimed: a look that is late delays none."""
DRILL_INTERVAL_S = 1
"""Between two looks for tests that go on."""
COUNT_INTERVAL_S = 2
"""Between two counts of the pages, for the console's toolbar."""
REFUSED = (slack.SlackOptionsError, discord.SetupError)
"""A platform does not take its credentials."""
FIRST_READINGS_SPREAD_S = 5.0
"""On the first start every page is due at once: their due times are spread over this."""

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


def freeze_loaded_objects() -> None:
    """Keep the garbage collector from going through what is loaded by now and stays until the end. A fan-out, which
    makes many short-lived objects, is a third faster for it."""
    gc.freeze()
    gc.enable()


def build_fetcher(settings: Settings, now: Callable[[], datetime]) -> Fetcher:
    """The HTTP client, from the settings. Raises :class:`bot.app.page_headers.HeadersError`."""
    return Fetcher(
        now,
        contact=settings.contact,
        concurrency=settings.poll_concurrency,
        per_group=settings.poll_concurrency_per_platform,
        deadline_s=settings.fetch_deadline_seconds,
        max_bytes=settings.fetch_max_bytes,
        group_max_bytes={DETECTION: settings.detect_max_bytes},
        allow_hosts=settings.fetch_allow_hosts,
        proxy=settings.fetch_proxy.get_secret_value(),
        credentials=page_headers.load(settings.page_headers_file),
        posts=[post for provider in PROVIDERS for post in provider.posts],
        fast=fast_transport.is_installed(),
    )


def _site(settings: Settings, ports: Ports, *, serves_pages: bool) -> Site | None:
    public = settings.web_public_url.rstrip("/")
    url = public or (ports.link if serves_pages else "")
    return Site(url, bool(public), settings.dashboard_link_days) if url else None


@dataclass(slots=True)
class PageToolbar:
    """The console's bottom line: how far the first readings are, then how many pages cannot be read."""

    counts: PageCounts | None = None

    def line(self) -> str:
        if self.counts is None:
            return "starting"
        seen = self.counts.read + self.counts.unreadable
        if seen < self.counts.total:
            return f"reading the pages for the first time: {seen:,} of {self.counts.total:,}"
        return f"{self.counts.total:,} vendors, {self.counts.unreadable:,} of them cannot be read now"


class CannotStart(Exception):
    """One sentence that names the wrong setting and says what to do."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The running bot's parts, connected to each other."""

    fetcher: Fetcher
    poller: Poller
    prober: Prober
    own_pages: OwnPageFinder
    commands: CommandService
    platforms: Sequence[Platform]
    """Those with credentials in the settings: Slack, then Discord."""
    delivery: Delivery
    wake: Callable[[], None]
    """There may be something to post, or news for a dashboard that somebody has open."""

    async def aclose(self) -> None:
        """Once delivery has ended."""
        await self.own_pages.aclose()
        self.prober.workers.close()
        await self.poller.aclose()
        for platform in self.platforms:
            await platform.aclose()
        await self.fetcher.aclose()


class App:
    """``lookout run``: polls, delivers and answers until it is stopped. Raises :class:`CannotStart`.

    ``with_console``: converse on the console although a chat platform is set up.
    """

    def __init__(
        self, settings: Settings, console: Console, now: Callable[[], datetime] = utc_now, *, with_console: bool = False
    ) -> None:
        self.settings = settings
        self.roles = frozenset(settings.roles)
        """What this process does of it all."""
        self.now = now
        self.with_console = with_console
        if self.roles != ALL_ROLES and takes_one_process(settings.database_url):
            raise CannotStart(
                "On SQLite one process has all roles: leave --role and LOOKOUT_ROLES out, or name a PostgreSQL "
                "database in LOOKOUT_DATABASE_URL."
            )
        try:
            self.catalog = catalog.load(settings.catalog_file)
        except catalog.CatalogError as error:
            raise CannotStart(str(error)) from error
        self.keyring = Keyring(settings.secret_key.get_secret_value(), Path(settings.secret_key_file))
        process = this_process(now(), settings.roles)
        self.store = Store(settings.database_url, process, flood_limit=settings.flood_incidents)
        self.threads = Threads()
        self.heartbeat = Heartbeat(self.store, self.threads, now, process)
        self.console = ConsoleAdapter(
            console,
            now,
            zone=lambda channel: self.store.channels.settings(channel).zone,
            first=self.store.cards.count(CONSOLE_CHANNEL) + 1,
        )
        self.toolbar = PageToolbar()
        self.metrics = Metrics()
        self.site: Site | None = None
        """Known once its port is taken."""

    async def run(self, stop: asyncio.Event | None = None) -> None:
        """Until the console's conversation ends, or ``stop`` is set; without one, until SIGINT or SIGTERM. Raises
        :class:`CannotStart`."""
        if stop is None:
            stop = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        try:
            async with AsyncExitStack() as stack:
                parts = self.build()
                ports = await self._take_ports(parts, stack.enter_context(ExitStack()))
                self.site = _site(self.settings, ports, serves_pages=Role.WEB in self.roles)
                await stack.enter_async_context(self._started(parts, stop))
                # Slow to import: the first pages are being read meanwhile.
                from bot.app import serving

                serve = serving.start(
                    self.settings,
                    self.store,
                    self.catalog,
                    self.threads,
                    self.now,
                    self.metrics,
                    stop,
                    ports,
                    self.keyring,
                    self.site,
                )
                if ports.link and Role.WEB in self.roles:
                    self._announce(f"Pages: {ports.link}")
                freeze_loaded_objects()
                running = [
                    asyncio.create_task(_keep_running(platform, parts.platforms, stop)) for platform in parts.platforms
                ]
                waiting: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait())]
                if self._converses(parts):
                    waiting.append(asyncio.create_task(self._converse(parts.commands)))
                await asyncio.wait([*running, *waiting], return_when=asyncio.FIRST_COMPLETED)
                stop.set()
                for task in waiting:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
                await asyncio.gather(*running, *serve)
        except (*REFUSED, page_headers.HeadersError, SecretKeyError) as error:
            raise CannotStart(str(error)) from error

    async def _take_ports(self, parts: Parts, stack: ExitStack) -> Ports:
        try:
            return take_ports(self.settings, [one.served for one in parts.platforms if one.served], stack)
        except CannotListen as error:
            await parts.aclose()
            self.close()
            raise CannotStart(str(error)) from error

    def _announce(self, line: str) -> None:
        """On the console, whatever is logged."""
        self.console.write([Text(line)])

    def build(self) -> Parts:
        """Connect the parts, inside the event loop; nothing runs yet. Raises the platforms' ``SetupError`` and
        :class:`bot.app.page_headers.HeadersError`."""
        settings = self.settings
        late_limit = timedelta(hours=settings.late_limit_hours)
        fetcher = build_fetcher(settings, self.now)

        def wake() -> None:
            delivery.wake()
            for platform in platforms:
                platform.wake()

        intervals = PollIntervals(
            watched_s=settings.poll_watched_seconds,
            open_s=settings.poll_open_seconds,
            idle_s=settings.poll_idle_seconds,
            max_backoff_s=settings.poll_max_backoff_seconds,
        )
        poller = Poller(
            self.store,
            self.threads,
            fetcher,
            routing.route,
            self.now,
            Policy(intervals, late_limit=late_limit, canaries=settings.canary_urls),
            concurrency=settings.poll_concurrency,
            deadline_s=settings.fetch_deadline_seconds,
            ahead_s=AHEAD_S,
            workers=Workers(settings.parse_cpu_seconds),
            on_due=lambda _: wake(),
            on_poll=self.metrics.polled,
        )
        # Its own worker: what somebody pastes must not hold up the pages that are watched.
        prober = Prober(fetcher, self.threads, self.now, Workers(settings.parse_cpu_seconds))
        own_pages = OwnPageFinder(self.store, self.catalog, self.threads, prober, max_pages=settings.own_pages)
        commands = CommandService(
            self.store, self.catalog, self.threads, poller, own_pages, self.now, lambda: self.site
        )

        def events(platform: str) -> PlatformEvents:
            return PlatformEvents(platform, commands, self.store, self.threads, self.now, wake, self._announce)

        platforms = self._platforms(events)
        adapters = [platform.adapter for platform in platforms]
        if self.with_console or not platforms:
            adapters.append(self.console)
        boards = Cadence(settings.board_edit_seconds, settings.board_refresh_seconds)
        delivery = Delivery(
            self.store,
            adapters,
            self.threads,
            self.now,
            late_limit=late_limit,
            on_act=self.metrics.acted,
            boards=boards,
            life=self.heartbeat.life,
        )
        return Parts(fetcher, poller, prober, own_pages, commands, platforms, delivery, wake)

    def _platforms(self, events: Callable[[str], PlatformEvents]) -> list[Platform]:
        """Those that are set up, and that this process listens to or posts to."""
        settings, deliver = self.settings, Role.DELIVER in self.roles
        found: list[Platform | None] = []
        several = self.store.has_several_processes
        memory = StoreMemory(self.store, self.threads, self.now) if several else OwnMemory()
        if deliver or Role.SLACK in self.roles:
            how = (settings, self.store, self.threads, self.now, events, self.keyring, memory)
            found.append(slack_platform(*how, listens=Role.SLACK in self.roles))
        if deliver or Role.DISCORD in self.roles:
            leases = StoreShardLeases(self.store, self.threads, self.now, self.heartbeat.life) if several else None
            found.append(discord_platform(settings, events, memory, listens=Role.DISCORD in self.roles, leases=leases))
        return [platform for platform in found if platform]

    @asynccontextmanager
    async def _started(self, parts: Parts, stop: asyncio.Event) -> AsyncIterator[None]:
        beating = asyncio.create_task(self.heartbeat.run(stop))
        await self.threads(lambda: self.store.secrets.change_all(self.keyring.seal))
        await self.threads(
            lambda: self.store.pages.sync_catalog(tuple(self.catalog), self.now(), FIRST_READINGS_SPREAD_S)
        )
        if self._converses(parts):
            await self._count()
        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None})

        async def pulse() -> None:
            parts.poller.pulse()

        jobs: list[tuple[timedelta, Callable[[], Awaitable[None]]]] = [
            (memory_jobs.EVERY, lambda: self.threads(memory_jobs.give_back))
        ]
        if Role.POLL in self.roles:
            housekeeping = Housekeeping(self.store, self.threads, self.now, self.settings)
            jobs += [(timedelta(seconds=TICK_S), pulse), (housekeeping_jobs.LOOK_EVERY, housekeeping.look)]
        if Role.DELIVER in self.roles:
            jobs.append((timedelta(seconds=DRILL_INTERVAL_S), partial(self._advance_drills, parts.delivery)))
        if self._converses(parts):
            jobs.append((timedelta(seconds=COUNT_INTERVAL_S), self._count))
        for every, job in jobs:
            scheduler.add_job(_ignore_cancellation, Every(every), args=[job])

        def on_step(step: timedelta) -> None:
            run_all_now(scheduler)

        watch = Watch(self.now, asyncio.get_running_loop().time, on_step)
        connections = Connections([one for one in parts.platforms if one.listens], time.monotonic)
        self.heartbeat.report = lambda: ProcessReport(watch.max_lag_s, connections.report(), connections.weaknesses())
        watching = asyncio.create_task(watch.run())
        try:
            for platform in parts.platforms:
                await _check(platform)
            sharing = asyncio.create_task(self._share_limits(parts, stop))
            hearing = asyncio.create_task(self._hear(parts, stop))
            delivering = asyncio.create_task(self._deliver(parts.delivery, stop))
            scheduler.start()
            try:
                yield
            finally:
                watching.cancel()
                scheduler.shutdown(wait=False)
                stop.set()
                await asyncio.gather(delivering, sharing, hearing)
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await parts.aclose()
            self.close()

    async def _share_limits(self, parts: Parts, stop: asyncio.Event) -> None:
        if self.store.has_several_processes:
            limited: list[Limited] = [platform.limited for platform in parts.platforms]
            limited += [parts.fetcher] if Role.POLL in self.roles else []
            if limited:
                await SharedLimits(self.store, self.threads, self.now, limited).run(stop)

    async def _hear(self, parts: Parts, stop: asyncio.Event) -> None:
        """What other processes have for this one."""
        if self.store.has_several_processes:
            wake = {Signal.CARDS: parts.wake}
            if Role.POLL in self.roles:
                wake[Signal.PAGES] = parts.poller.pulse
            await Wakeups(self.store.listener(), Threads(1), wake).run(stop)

    async def _deliver(self, delivery: Delivery, stop: asyncio.Event) -> None:
        if Role.DELIVER in self.roles:
            await delivery.run(stop)

    def _converses(self, parts: Parts) -> bool:
        """Whether somebody may type here."""
        return self.with_console or (self.roles == ALL_ROLES and not parts.platforms)

    def close(self) -> None:
        """Once the parts are closed: the store and its threads."""
        self.threads.close()
        self.store.close(self.now())

    async def _converse(self, commands: CommandService) -> None:
        async def answer(line: str) -> Reply:
            command, text = parse_line(line)
            return await commands.answer(Request(command, text, CONSOLE_CHANNEL, CONSOLE_USER))

        def complete(prefix: str) -> tuple[str, ...]:
            return tuple(found.vendor.name for found in commands.context(CONSOLE_CHANNEL).catalog.complete(prefix))

        names = tuple(command.name for command in COMMANDS)
        await converse(
            answer, self.console, CONSOLE_CHANNEL, commands=names, complete=complete, toolbar=self.toolbar.line
        )

    async def _count(self) -> None:
        self.toolbar.counts = await self.threads(self.store.pages.counts)

    async def _advance_drills(self, delivery: Delivery) -> None:
        if await self.threads(lambda: self.store.drills.advance(self.now())):
            delivery.wake()


def run_all_now(scheduler: AsyncIOScheduler) -> None:
    """After a step of the clock: it planned by the clock as it was, and would sleep until that time comes again."""
    for job in scheduler.get_jobs():
        job.modify(next_run_time=datetime.now(UTC))


async def _check(platform: Platform) -> None:
    """Raises only for credentials that are refused: whatever else is wrong is tried again once the platform runs."""
    try:
        await platform.check()
    except REFUSED:
        raise
    except Exception:
        log.exception("platform.check_failed", platform=platform.adapter.platform)


async def _keep_running(platform: Platform, platforms: Sequence[Platform], stop: asyncio.Event) -> None:
    """Whatever ends one platform, the others go on; credentials that are refused end the only one."""
    await stay_connected(
        platform.adapter.platform,
        lambda: platform.run(stop),
        stop,
        Pacing(time.monotonic),
        fatal=REFUSED if len(platforms) == 1 else (),
    )


class Every(BaseTrigger):  # type: ignore[misc] # APScheduler is untyped
    """At once, then at every interval. APScheduler's own interval lists each run that was missed, four a second since
    the machine fell asleep or its clock was set forward, and blocks the event loop while it does."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return now if previous is None else now + self._interval


async def _ignore_cancellation(job: Callable[[], Awaitable[None]]) -> None:
    """The scheduler cancels running jobs when it is shut down, and would log each as an error."""
    with contextlib.suppress(asyncio.CancelledError):
        await job()
