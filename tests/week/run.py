"""Lets the time pass, and counts what the channels were sent against what happened on the pages."""

from __future__ import annotations

import asyncio
import gc
import random
import re
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

from bot import routing
from bot.app.run import freeze_loaded_objects
from bot.delivery.worker import Delivery
from bot.domain import Channel, ChannelSettings, Filter, Mode, Slug, Subscription, Vendor
from bot.message import Message
from bot.monitor.poller import Policy, Poller
from bot.monitor.schedule import PollIntervals
from bot.store import Store
from bot.threads import Threads
from tests.fakes import Clock
from tests.text import read
from tests.week.pages import VICES, Page, Web, happenings

PACE = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)
STEP_S = 30
SUBSCRIPTIONS = 6
"""Pages that a channel subscribes to."""
SLACK = timedelta(minutes=3)
"""What was posted later than this before the end need not have been told."""
VENDOR = re.compile(r"\bv\d+\b")
TOKEN = re.compile(r"\[[a-z0-9-]+\.\d\]")


def note_of(channel: str, token: str) -> int:
    return int.from_bytes(blake2b(f"{channel} {token}".encode(), digest_size=8).digest(), "big")


class Counting:
    """A chat platform that keeps counts and no messages."""

    platform = "count"

    def __init__(self) -> None:
        self.told = array("Q")
        """Each text that a channel was sent, in a message of its own: :func:`note_of` it. Tens of thousands in a week,
        which as texts would be a growth of memory to see."""
        self.sent: Counter[tuple[str, str]] = Counter()
        """Messages by channel and vendor."""
        self.edits = 0
        self._refs = 0

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        return self._send(channel, message)

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        return self._send(channel, message)

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        self.edits += 1

    async def find(self, channel: Channel, key: str) -> str | None:
        return None

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        raise AssertionError("no channel is lost here")

    def _send(self, channel: Channel, message: Message) -> str:
        text = read([message])
        self.told.extend(note_of(channel.id, token) for token in set(TOKEN.findall(text)))
        if about := VENDOR.search(message.summary):
            self.sent[channel.id, about[0]] += 1
        self._refs += 1
        return str(self._refs)


@dataclass
class Report:
    hours: float
    due: int = 0
    """Texts that well-behaved pages told and channels had to be sent."""
    lost: list[tuple[str, str]] = field(default_factory=list)
    doubled: list[tuple[str, str]] = field(default_factory=list)
    """Of all pages: however a page misbehaves, a channel is sent no text twice."""
    by_vice: dict[str, float] = field(default_factory=dict)
    """Messages a channel and day, by how a page misbehaves."""
    requests: int = 0
    edits: int = 0
    memory_mb: list[float] = field(default_factory=list)
    database_mb: list[float] = field(default_factory=list)
    """As often as the memory was looked at."""

    @property
    def memory_grew(self) -> float:
        """From a quarter of the time to the end, as a share."""
        if len(self.memory_mb) < 4:
            return 0.0
        return self.memory_mb[-1] / self.memory_mb[len(self.memory_mb) // 4] - 1

    def __str__(self) -> str:
        lines = [f"{self.hours:g} hours, {self.requests:,} requests, {self.edits:,} edits"]
        lines.append(f"{self.due:,} texts due: {len(self.lost)} lost, {len(self.doubled)} doubled")
        lines += [f"  lost {one}" for one in self.lost[:5]] + [f"  doubled {one}" for one in self.doubled[:5]]
        lines += [f"  {vice}: {rate:.1f} messages a channel and day" for vice, rate in sorted(self.by_vice.items())]
        if self.memory_mb:
            grown = self.database_mb[-1] - self.database_mb[0]
            lines.append(f"memory {self.memory_mb[0]:.0f} to {self.memory_mb[-1]:.0f} MB ({self.memory_grew:+.1%})")
            lines.append(f"database {self.database_mb[-1]:.1f} MB, {24 * grown / self.hours:.2f} MB a day")
        return "\n".join(lines)


def run(hours: float, page_count: int, channel_count: int, seed: int, memory_mb: Callable[[], float]) -> Report:
    """``memory_mb`` is asked now and then."""
    with tempfile.TemporaryDirectory(prefix="lookout-week-") as folder:
        path = Path(folder, "lookout.db")
        return asyncio.run(_run(path, hours, page_count, channel_count, random.Random(seed), memory_mb))


async def _run(
    path: Path, hours: float, page_count: int, channel_count: int, dice: random.Random, memory_mb: Callable[[], float]
) -> Report:
    clock, chat, report = Clock(), Counting(), Report(hours)
    pages = []
    for n in range(page_count):
        slug, vice = f"v{n}", VICES[n] if n < len(VICES) else ""
        known = happenings(slug, clock(), hours, dice)
        pages.append(Page(slug, f"https://status.{slug}.example", clock(), known, vice))
    web = Web(pages, clock)
    store, threads = Store(f"sqlite:///{path}"), Threads()
    poller = Poller(store, threads, web, routing.route, clock, Policy(PACE))
    delivery = Delivery(store, [chat], threads, clock, linger_s=0)
    try:
        store.pages.sync_catalog([_vendor(page) for page in pages], clock(), 0)
        await poller.tick()
        wanted: dict[str, list[Channel]] = {}
        for number in range(channel_count):
            channel = Channel("count", "w", f"c{number}")
            # In this mode no message repeats a text that another one holds.
            store.channels.set_settings(channel, ChannelSettings(Mode.FLAT))
            for page in dice.sample(pages, SUBSCRIPTIONS):
                wish = Subscription(channel, Slug(page.slug), Filter(), "U1", clock())
                store.channels.subscribe(wish, routing.route)
                wanted.setdefault(page.slug, []).append(channel)
        freeze_loaded_objects()
        end, look = clock() + timedelta(hours=hours), clock()
        while clock() < end:
            await poller.tick()
            await delivery.run_until_quiet()
            if clock() >= look:
                look = clock() + timedelta(hours=hours) / 20
                gc.collect()
                report.memory_mb.append(memory_mb())
                report.database_mb.append(sum(f.stat().st_size for f in path.parent.glob(f"{path.name}*")) / 1e6)
            clock.turn(seconds=STEP_S)
    finally:
        await poller.aclose()
        threads.close()
        store.close()
    report.requests, report.edits = web.asked, chat.edits
    _judge(report, chat, pages, wanted, clock)
    return report


def _judge(report: Report, chat: Counting, pages: list[Page], wanted: dict[str, list[Channel]], clock: Clock) -> None:
    times = Counter(chat.told)
    for page in pages:
        channels = wanted.get(page.slug, [])
        for happening in page.happenings:
            told = [(channel.id, happening.token(n)) for channel in channels for n in range(len(happening.at))]
            report.doubled += [one for one in told if times[note_of(*one)] > 1]
        if page.vice:
            sent = sum(chat.sent[channel.id, page.slug] for channel in channels)
            if channels:
                report.by_vice[page.vice] = sent / len(channels) / (report.hours / 24)
            continue
        for happening in page.happenings:
            for number in range(happening.updates(clock() - SLACK)):
                for channel in channels:
                    report.due += 1
                    if not times[note_of(channel.id, happening.token(number))]:
                        report.lost.append((channel.id, happening.token(number)))


def _vendor(page: Page) -> Vendor:
    return Vendor(Slug(page.slug), page.slug, page.url, page.url, "cloud", "hosting", kind="statuspage")
