"""The composition root: builds every part from the settings and runs them. The only real clock."""

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
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from rich.console import Console
from rich.text import Text

from bot import catalog
from bot.adapters.console import ConsoleAdapter, converse, may_be_typed_into
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
from bot.app.late_readers import LateReaders
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
from bot.commands.sentence import read_line
from bot.commands.table import COMMANDS
from bot.config import Settings
from bot.delivery.boards import Cadence
from bot.delivery.worker import Delivery
from bot.domain import Channel
from bot.domain.role import ALL_ROLES, Role
from bot.keyring import Keyring, SecretKeyError
from bot.limits.shared import Limited
from bot.store import Store
from bot.store.database import takes_one_process
from bot.store.signals import Signal
from bot.store.values import PageCounts, ProcessReport
from bot.threads import Threads
from bot.web.listening import CannotListen

if TYPE_CHECKING:
    from bot.app.readers import Readers
    from bot.web.metrics import Metrics

CONSOLE_CHANNEL = Channel("console", "local", "console")
CONSOLE_USER = "you"
DRILL_INTERVAL_S = 1
"""Between two looks for tests that go on."""
COUNT_INTERVAL_S = 2
"""Between two counts of the pages, for the console's toolbar."""
REFUSED = (slack.SlackOptionsError, discord.SetupError)
"""A platform does not take its credentials."""
FIRST_ANSWER_S = 0.5
"""At the start whoever types has the processor alone for so long, or until there is an answer."""
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

    readers: LateReaders
    commands: CommandService
    platforms: Sequence[Platform]
    """Those with credentials in the settings: Slack, then Discord."""
    delivery: Delivery
    limits: SharedLimits | None
    """``None``: the process is the only one."""
    wake: Callable[[], None]
    """There may be something to post, or news for a dashboard that somebody has open."""

    async def aclose(self) -> None:
        """Once delivery has ended."""
        await self.readers.aclose()
        for platform in self.platforms:
            await platform.aclose()


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
        self.site: Site | None = None
        """Known once its port is taken."""

    @cached_property
    def metrics(self) -> Metrics:
        # Not needed before the first page is read or the first message sent.
        from bot.web.metrics import Metrics

        return Metrics()

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
                if Role.DELIVER in self.roles and not (parts.platforms or self._converses(parts)):
                    log.warning("platform.none_set_up", remedy="set the tokens of Slack or of Discord")
                await stack.enter_async_context(self._started(parts, stop))
                running = [
                    asyncio.create_task(_keep_running(platform, parts.platforms, stop)) for platform in parts.platforms
                ]
                waiting: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait())]
                if self._converses(parts):
                    waiting.append(asyncio.create_task(self._converse(parts)))
                working = await stack.enter_async_context(self._working(parts, ports, stop))
                await asyncio.wait([*running, *waiting, working], return_when=asyncio.FIRST_COMPLETED)
                stop.set()
                for task in waiting:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
                await asyncio.gather(*running)
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
        """Connect the parts, inside the event loop; nothing runs yet. Raises the platforms' ``SetupError``."""
        settings = self.settings

        def wake() -> None:
            delivery.wake()
            for platform in platforms:
                platform.wake()

        readers = LateReaders()
        commands = CommandService(self.store, self.catalog, self.threads, readers, readers, self.now, lambda: self.site)

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
            late_limit=timedelta(hours=settings.late_limit_hours),
            on_act=lambda *act: self.metrics.acted(*act),
            boards=boards,
            life=self.heartbeat.life,
        )
        limited: list[Limited] = [platform.limited for platform in platforms]
        several = self.store.has_several_processes
        limits = SharedLimits(self.store, self.threads, self.now, limited) if several else None
        return Parts(readers, commands, platforms, delivery, limits, wake)

    def add_readers(self, parts: Parts) -> Readers:
        """Connect what reads pages, inside the event loop. Raises :class:`bot.app.page_headers.HeadersError`."""
        # Slow to import: until it is there, all but pages that were never read can be asked for.
        from bot.app.readers import build_readers

        readers = build_readers(
            self.settings, self.store, self.catalog, self.threads, self.now, parts.wake, self.metrics.polled
        )
        parts.readers.begin(readers)
        return readers

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
        """All that has to be known or done before anything is answered; within, ``parts`` are open."""
        beating = asyncio.create_task(self.heartbeat.run(stop))
        try:
            await self.threads(lambda: self.store.secrets.change_all(self.keyring.seal))
            await self.threads(
                lambda: self.store.pages.sync_catalog(tuple(self.catalog), self.now(), FIRST_READINGS_SPREAD_S)
            )
            if self._converses(parts):
                await self._count()
            for platform in parts.platforms:
                await _check(platform)
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await parts.aclose()
            self.close()

    @asynccontextmanager
    async def _working(self, parts: Parts, ports: Ports, stop: asyncio.Event) -> AsyncIterator[asyncio.Task[None]]:
        working = asyncio.create_task(self._work(parts, ports, stop))
        try:
            yield working
        finally:
            stop.set()
            await working

    async def _work(self, parts: Parts, ports: Ports, stop: asyncio.Event) -> None:
        """Whatever the bot does but answer, until ``stop``. Raises :class:`bot.app.page_headers.HeadersError`."""
        if self._converses(parts):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_ANSWER_S):
                    await parts.readers.wanted.wait()
        await self.threads(self._get_ready)
        if stop.is_set():
            return
        from bot.app import schedule, serving

        readers = self.add_readers(parts)
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
        scheduler = schedule.schedule(self._jobs(parts, readers))
        watch = Watch(self.now, asyncio.get_running_loop().time, lambda _: schedule.run_all_now(scheduler, self.now()))
        connections = Connections([one for one in parts.platforms if one.listens], time.monotonic)
        self.heartbeat.report = lambda: ProcessReport(watch.max_lag_s, connections.report(), connections.weaknesses())
        watching = asyncio.create_task(watch.run())
        sharing = asyncio.create_task(self._share_limits(parts, readers, stop))
        hearing = asyncio.create_task(self._hear(parts, readers, stop))
        delivering = asyncio.create_task(self._deliver(parts.delivery, stop))
        scheduler.start()
        await stop.wait()
        watching.cancel()
        scheduler.shutdown(wait=False)
        await asyncio.gather(*serve, delivering, sharing, hearing)

    def _get_ready(self) -> None:
        """Beside the event loop, which answers meanwhile: what takes long and is needed from then on."""
        # What the first sentence is read with is made for it. Whoever types it is not to wait for that.
        read_line("how was github yesterday", self.catalog)
        from bot.app import readers, schedule, serving  # noqa: F401

    def _jobs(self, parts: Parts, readers: Readers) -> list[tuple[timedelta, Callable[[], Awaitable[None]]]]:
        from bot.app.readers import TICK_S

        async def pulse() -> None:
            readers.poller.pulse()

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
        return jobs

    async def _share_limits(self, parts: Parts, readers: Readers, stop: asyncio.Event) -> None:
        if parts.limits is None:
            return
        if Role.POLL in self.roles:
            parts.limits.add(readers.fetcher)
        if parts.platforms or Role.POLL in self.roles:
            await parts.limits.run(stop)

    async def _hear(self, parts: Parts, readers: Readers, stop: asyncio.Event) -> None:
        """What other processes have for this one."""
        if self.store.has_several_processes:
            wake = {Signal.CARDS: parts.wake}
            if Role.POLL in self.roles:
                wake[Signal.PAGES] = readers.poller.pulse
            await Wakeups(self.store.listener(), Threads(1), wake).run(stop)

    async def _deliver(self, delivery: Delivery, stop: asyncio.Event) -> None:
        if Role.DELIVER in self.roles:
            await delivery.run(stop)

    def _converses(self, parts: Parts) -> bool:
        """Whether somebody may type here."""
        return self.with_console or (self.roles == ALL_ROLES and not parts.platforms and may_be_typed_into())

    def close(self) -> None:
        """Once the parts are closed: the store and its threads."""
        self.threads.close()
        self.store.close(self.now())

    async def _converse(self, parts: Parts) -> None:
        async def answer(line: str) -> Reply:
            command, text = parse_line(line)
            reply = await parts.commands.answer(Request(command, text, CONSOLE_CHANNEL, CONSOLE_USER))
            parts.readers.wanted.set()
            return reply

        def complete(prefix: str) -> tuple[str, ...]:
            catalog = parts.commands.context(CONSOLE_CHANNEL).catalog
            return tuple(found.vendor.name for found in catalog.complete(prefix))

        names = tuple(command.name for command in COMMANDS)
        try:
            await converse(
                answer, self.console, CONSOLE_CHANNEL, commands=names, complete=complete, toolbar=self.toolbar.line
            )
        finally:
            parts.readers.wanted.set()

    async def _count(self) -> None:
        self.toolbar.counts = await self.threads(self.store.pages.counts)

    async def _advance_drills(self, delivery: Delivery) -> None:
        if await self.threads(lambda: self.store.drills.advance(self.now())):
            delivery.wake()


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
