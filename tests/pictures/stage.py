"""The demo's day, played to a channel of each platform; what each shows, as the platform would be sent it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot import routing
from bot.catalog import Catalog
from bot.cli.demo.run import HISTORY_READ_AFTER, INTERVALS, READ_AFTER
from bot.cli.demo.server import HOST, serve
from bot.cli.demo.story import BEGIN, SITES, change_times
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle, parse_line
from bot.commands.request import Reply, Request
from bot.delivery.worker import Delivery
from bot.domain import Channel
from bot.message import Message
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Poller
from bot.monitor.poller.policy import Policy
from bot.store import Store
from bot.threads import Threads

_AGO = re.compile(r"\x02(\d+)\x02")


def ago_mark(at: datetime) -> str:
    """Where a platform writes how long ago something was; see :func:`with_ages`."""
    return f"\x02{int(at.timestamp())}\x02"


def with_ages(inside: str, now: datetime) -> str:
    return _AGO.sub(lambda found: _age(int(now.timestamp()) - int(found[1])), inside)


def _age(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if count := seconds // length:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "a few seconds ago"


@dataclass
class Shown:
    """A message as it stands; ``body`` is the platform's JSON. ``replies`` stand in its thread, which ``subject``
    names."""

    at: datetime
    body: Any
    replies: list[Shown] = field(default_factory=list)
    subject: str = ""


@dataclass
class Screen:
    """One channel. ``render``: a message as the platform's JSON, ``alone``: not a reply."""

    platform: str
    render: Callable[[Message], Any]
    now: Callable[[], datetime]
    roots: list[Shown] = field(default_factory=list)
    _all: list[Shown] = field(default_factory=list)

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        return self._keep(self.roots, message)

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        if broadcast:
            self.roots.append(Shown(self.now(), self.render(message), subject=message.subject or ""))
        return self._keep(self._all[int(root)].replies, message)

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        self._all[int(ref)].body = self.render(message)

    async def find(self, channel: Channel, key: str) -> str | None:
        return None

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        raise AssertionError("nothing is posted in this story")

    def _keep(self, among: list[Shown], message: Message) -> str:
        shown = Shown(self.now(), self.render(message), subject=message.subject or "")
        among.append(shown)
        self._all.append(shown)
        return str(len(self._all) - 1)


@dataclass
class Stage:
    """``until`` plays on; ``ask`` types a command there."""

    clock: list[datetime]
    store: Store
    catalog: Catalog
    poller: Poller
    delivery: Delivery

    async def until(self, end: datetime) -> None:
        for change in change_times(SITES, self.clock[0], end):
            await self._read(change + READ_AFTER)
        await self._read(end)

    async def _read(self, at: datetime) -> None:
        self.clock[0] = at
        await self.poller.tick()
        await self.delivery.run_until_quiet()

    def context(self) -> CommandContext:
        return CommandContext(self.store, self.catalog, self.clock[0])

    def ask(self, channel: Channel, line: str) -> Reply:
        return handle(Request(*parse_line(line), channel, "U1"), self.context())


@asynccontextmanager
async def stage(screens: Callable[[Callable[[], datetime]], dict[Channel, Screen]]) -> AsyncIterator[Stage]:
    """Before the outage, with every screen's channel subscribed to both vendors."""
    clock = [BEGIN]
    with serve(SITES, lambda: clock[0]) as url, TemporaryDirectory(prefix="lookout-pictures-") as folder:
        catalog = Catalog(site.vendor(url(site)) for site in SITES)
        store, threads = Store(f"sqlite:///{Path(folder, 'day.db')}"), Threads(2)
        fetcher = Fetcher(lambda: clock[0], allow_hosts=[HOST])
        poller = Poller(store, threads, fetcher, routing.route, lambda: clock[0], Policy(INTERVALS))
        shown = screens(lambda: clock[0])
        delivery = Delivery(store, list(shown.values()), threads, lambda: clock[0], linger_s=0)
        play = Stage(clock, store, catalog, poller, delivery)
        try:
            store.pages.sync_catalog(tuple(catalog), BEGIN, 0)
            await play._read(BEGIN)
            for channel in shown:
                play.ask(channel, "subscribe pigeonry kelpcloud")
            await play._read(BEGIN + HISTORY_READ_AFTER)
            yield play
        finally:
            await poller.aclose()
            await fetcher.aclose()
            threads.close()
            store.close()
