"""One incident for 10,000 subscribed channels, each with a filter: how long until it is matched and committed, and how
long a command takes meanwhile and while all of the cards are delivered.

Commands come ten a second, each answered as the app does it: on the store's threads, from the store. The channels'
chat takes everything at once, so delivery runs as fast as it can: the worst case for whoever asks something.
"""

from __future__ import annotations

import asyncio
import gc
import time
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from statistics import median

from bench import pages
from bench.chat import PLATFORM, Noting
from bench.result import Result, Say, at_most, quantile
from bench.world import START, Clock, World, polling, slug, subscribe, vendors
from bot import catalog as catalogs
from bot import routing
from bot.app.command_service import CommandService
from bot.app.own_pages import OwnPageFinder
from bot.catalog import Catalog
from bot.commands.dispatch import parse_line
from bot.commands.request import Request
from bot.delivery.worker import Delivery
from bot.domain import Channel, Filter, Impact, Incident, IncidentKind, Level, Phase, Update
from bot.monitor.probe import Prober
from bot.monitor.provider import Body
from bot.monitor.providers.statuspage import PROVIDER
from bot.monitor.responses import Answer, FetchFailed, FetchFailure
from bot.store.values import PollOutcome, Recording, Validator

CHANNELS = 10_000
COMMANDS_A_SECOND = 10.0
LINES = (
    "status vendor0",
    "status",
    "incidents vendor0",
    "list",
    "components vendor0",
    "history vendor0",
    "why vendor0",
    "help",
    "status nobody",
)


class Nobody:
    """No page is asked for here."""

    async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Answer:
        return FetchFailed(FetchFailure.CONNECT, "nobody is asked")


def measure(quick: bool, say: Say) -> list[Result]:
    return asyncio.run(_measure(2_000 if quick else CHANNELS, say))


async def _measure(channels: int, say: Say) -> list[Result]:
    clock = Clock()
    catalog = catalogs.load().plus(vendors(1, lambda _: "https://v0.pages.example"))
    async with polling(tuple(catalog), Nobody(), clock) as world:
        page = Page()
        world.store.records.record(page.recording(), routing.route)
        say(f"{channels:,} channels subscribe")
        everyone = [Channel(PLATFORM, "T1", f"c{number}") for number in range(channels)]
        subscribe(world, everyone, slug(0), [_filter(number, page) for number in range(channels)])
        alone = []
        for round_ in range(1, 4):
            say(f"an incident for all of them: {round_} of 3")
            alone.append(await _timed(world, page.recording(page.opened())))
        asking = Asking(world, catalog)
        quiet = await asking.until(asyncio.create_task(asyncio.sleep(3)))
        say(f"{len(alone) + 1} incidents for {channels:,} channels, delivered while commands come in")
        chat = Noting()
        began, stop = time.perf_counter(), asyncio.Event()
        busy = await asking.until(asyncio.create_task(_announce(world, page, chat, stop)))
        took = time.perf_counter() - began
    matched = chat.count // (len(alone) + 1)
    return [
        at_most(
            f"One incident, {channels:,} subscribed channels with filters: matched and committed",
            median(alone),
            0.5,
            " s",
            f"{matched:,} of them get a card",
        ),
        at_most(
            "— commands meanwhile and during the delivery of all the cards, p99",
            quantile(busy, 0.99) * 1e3,
            200,
            " ms",
            f"p50 {quantile(busy, 0.5) * 1e3:.0f} ms over {len(busy)} commands in {took:.0f} s; "
            f"with nothing else to do p50 {quantile(quiet, 0.5) * 1e3:.0f}, p99 {quantile(quiet, 0.99) * 1e3:.0f} ms",
        ),
    ]


async def _timed(world: World, recording: Recording) -> float:
    gc.collect()
    began = time.perf_counter()
    due = await world.threads(lambda: world.store.records.record(recording, routing.route))
    if not due:
        raise AssertionError("no channel gets a card: the measurement is void")
    return time.perf_counter() - began


async def _announce(world: World, page: Page, chat: Noting, stop: asyncio.Event) -> None:
    """One more incident; then that and those before it go to every channel."""
    await _timed(world, page.recording(page.opened()))
    await Delivery(world.store, [chat], world.threads, world.clock).run_until_quiet()


class Page:
    """A page of 55 KB with its components, as the parser reads it."""

    def __init__(self) -> None:
        number = next(n for n in range(1_000) if 50 < pages.size_kb(n) < 60)
        body = Body("https://v0.pages.example/api/v2/summary.json", pages.summary(number, START))
        self._read = PROVIDER.parse(slug(0), (body,), START)
        self.components = self._read.components
        self._incidents: list[Incident] = []

    def opened(self) -> Incident:
        """A new incident that names three components."""
        number = len(self._incidents)
        incident = Incident(
            slug(0),
            f"inc{number}",
            IncidentKind.INCIDENT,
            "Errors in the API",
            Phase.INVESTIGATING,
            Impact.MAJOR,
            START,
            level=Level.PARTIAL_OUTAGE,
            components=tuple(component.id for component in self.components[:3]),
            updates=(Update(f"u{number}", Phase.INVESTIGATING, START, "We look into errors of requests. " * 8),),
        )
        self._incidents.append(incident)
        return incident

    def went_on(self, count: int) -> Incident:
        """The newest incident with so many more updates."""
        before = self._incidents[-1]
        count_before = len(before.updates)
        more = [
            Update(
                f"{before.id}u{number}", Phase.IDENTIFIED, START + timedelta(minutes=number), f"Still at it: {number}."
            )
            for number in range(count_before, count_before + count)
        ]
        self._incidents[-1] = replace(before, phase=Phase.IDENTIFIED, updates=(*before.updates, *more))
        return self._incidents[-1]

    def recording(self, *news: Incident) -> Recording:
        snapshot = replace(self._read, incidents=tuple(self._incidents))
        settled = PollOutcome(slug(0), START + timedelta(days=1), 60, read_at=START)
        return Recording(snapshot, settled, news, frozenset(incident.id for incident in news))


class Asking:
    """A channel that asks one thing after another, whether it has been answered or not."""

    def __init__(self, world: World, catalog: Catalog) -> None:
        prober = Prober(world.getter, world.threads, world.clock)
        own_pages = OwnPageFinder(world.store, catalog, world.threads, prober, max_pages=1)
        self._commands = CommandService(world.store, catalog, world.threads, world.poller, own_pages, world.clock)

    async def until(self, work: asyncio.Task[None]) -> list[float]:
        """Seconds that each answer took, from its planned time, until the work is done."""
        loop = asyncio.get_running_loop()
        begun, lines = loop.time(), cycle(LINES)
        answers: list[asyncio.Task[float]] = []
        while not work.done():
            planned = begun + len(answers) / COMMANDS_A_SECOND
            await asyncio.wait([work], timeout=max(0.0, planned - loop.time()))
            answers.append(asyncio.create_task(self._answered(next(lines), planned)))
        await work
        return await asyncio.gather(*answers)

    async def _answered(self, line: str, planned: float) -> float:
        request = Request(*parse_line(line), Channel(PLATFORM, "T1", "c1"), "U1")
        reply = await self._commands.answer(request)
        if not reply.messages:
            raise AssertionError(f"{line} was not answered")
        return asyncio.get_running_loop().time() - planned


def _filter(number: int, page: Page) -> Filter:
    """Every other channel wants everything; the others have one of a few hundred filters."""
    named = page.components[number % len(page.components)].name
    return (
        Filter(),
        Filter(components=(named,)),
        Filter(),
        Filter(components=(f"{named.split()[0]}*", "*api*")),
        Filter(),
        Filter(min_level=Level.PARTIAL_OUTAGE, excluded=(named,)),
        Filter(),
        Filter(match="errors", min_level=Level.DEGRADED),
    )[number % 8]
