"""A running bot for a browser: the demo's pages over HTTP are polled by the real poller, and the site is served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes
from threading import Thread
from typing import Any, TypeVar

from bot.catalog import Catalog, load
from bot.cli.demo.story import SITES
from bot.commands.request import Reply
from bot.domain import Channel
from bot.store.dashboards import SECRET_BYTES
from bot.threads import Threads
from bot.web.api.routes import Api, Settings
from bot.web.dashboards.routes import DashboardLimits, DashboardPages
from bot.web.listening import address, listen
from bot.web.metrics import Metrics
from bot.web.pages import Pages
from bot.web.server import serve
from bot.web.site import Site
from tests.pictures.stage import Screen, Stage, stage

CHANNEL = Channel("slack", "T1", "C1")
LIMIT_S = 60
T = TypeVar("T")


@dataclass
class Bot:
    """``url``: where the site is. It runs in a loop of its own, in a thread."""

    url: str
    _stage: Stage
    _loop: asyncio.AbstractEventLoop

    def until(self, end: datetime) -> None:
        """Plays on: the pages change, and are read."""
        self._do(self._stage.until(end))

    def ask(self, line: str) -> Reply:
        """Types a command in the channel."""
        return self._stage.ask(CHANNEL, line)

    def dashboard(self) -> str:
        """The path of the channel's."""
        store, now = self._stage.store, self._stage.clock[0]
        return f"/d/{store.dashboards.create(CHANNEL, 'U1', token_bytes(SECRET_BYTES), now, timedelta(days=30))}"

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(LIMIT_S)


@contextmanager
def running_bot() -> Iterator[Bot]:
    """On the morning before the outage, with the demo's vendors subscribed to in :data:`CHANNEL`."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="bot", daemon=True)
    thread.start()
    bot = _bot(loop)
    try:
        yield asyncio.run_coroutine_threadsafe(bot.__aenter__(), loop).result(LIMIT_S)
    finally:
        asyncio.run_coroutine_threadsafe(bot.__aexit__(None, None, None), loop).result(LIMIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT_S)
        loop.close()


@asynccontextmanager
async def _bot(loop: asyncio.AbstractEventLoop) -> AsyncIterator[Bot]:
    async with stage(lambda now: {CHANNEL: Screen(CHANNEL.platform, lambda message: message, now)}) as play:
        stop, threads, listening = asyncio.Event(), Threads(2), listen("127.0.0.1", 0)
        serving = asyncio.create_task(serve(_site(play, threads, stop).app(), listening, stop))
        try:
            yield Bot(address(listening), play, loop)
        finally:
            stop.set()
            await serving
            threads.close()


def _site(play: Stage, threads: Threads, stop: asyncio.Event) -> Site:
    def now() -> datetime:
        return play.clock[0]

    catalog = _catalog(play)
    return Site(
        play.store,
        threads,
        now,
        Metrics(),
        60,
        Pages(play.store, catalog, threads, now, ""),
        Api(play.store, catalog, threads, now, Settings(public=True)),
        DashboardPages(play.store, catalog, threads, now, stop, DashboardLimits(kept_s=0.1)),
    )


def _catalog(play: Stage) -> Catalog:
    """What is shipped, and the demo's vendors among it."""
    return load().plus([vendor for site in SITES if (vendor := play.catalog.get(site.slug))])
