"""A running bot for a browser: the demo's pages over HTTP are polled by the real poller, and the site is served."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from threading import Thread
from typing import Any, TypeVar

from cryptography.fernet import Fernet

from bot.catalog import Catalog, load
from bot.cli.demo.story import SITES
from bot.commands.request import Reply
from bot.domain import Channel, Workspace
from bot.keyring import Keyring
from bot.store.dashboards import SECRET_BYTES
from bot.threads import Threads
from bot.web.api.routes import Api, Settings
from bot.web.dashboards.routes import DashboardLimits, DashboardPages
from bot.web.listening import address, listen
from bot.web.metrics import Metrics
from bot.web.pages import Pages
from bot.web.server import serve
from bot.web.signin.provider import Client, Provider
from bot.web.signin.routes import SigningIn
from bot.web.signin.sessions import Sessions
from bot.web.site import Site
from tests.pictures.stage import Screen, Stage, stage
from tests.web.openid import CLIENT, SECRET, OpenIdProvider

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
def running_bot(openid: OpenIdProvider | None = None) -> Iterator[Bot]:
    """On the morning before the outage, with the demo's vendors subscribed to in :data:`CHANNEL`. ``openid``: where
    people sign in."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="bot", daemon=True)
    thread.start()
    bot = _bot(loop, openid)
    try:
        yield asyncio.run_coroutine_threadsafe(bot.__aenter__(), loop).result(LIMIT_S)
    finally:
        asyncio.run_coroutine_threadsafe(bot.__aexit__(None, None, None), loop).result(LIMIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT_S)
        loop.close()


@asynccontextmanager
async def _bot(loop: asyncio.AbstractEventLoop, openid: OpenIdProvider | None) -> AsyncIterator[Bot]:
    async with stage(lambda now: {CHANNEL: Screen(CHANNEL.platform, lambda message: message, now)}) as play:
        stop, threads, listening = asyncio.Event(), Threads(2), listen("127.0.0.1", 0)
        site = _site(play, threads, stop)
        if openid:
            openid.clock = play.clock[0].timestamp()
            site = replace(site, signing_in=_signing_in(site, openid, address(listening)))
        serving = asyncio.create_task(serve(site.app(), listening, stop))
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


def _signing_in(site: Site, openid: OpenIdProvider, url: str) -> SigningIn:
    provider = Provider(Client(openid.issuer, CLIENT, SECRET, ("acme.example",)), site.now, time.monotonic)
    keyring = Keyring(Fernet.generate_key().decode(), Path())
    sessions = Sessions(keyring, site.now, timedelta(hours=8), is_secure=False)
    shown = [Workspace(CHANNEL.platform, CHANNEL.workspace)]
    return SigningIn(provider, sessions, site.dashboards, site.store, site.threads, shown, url)


def _catalog(play: Stage) -> Catalog:
    """What is shipped, and the demo's vendors among it."""
    return load().plus([vendor for site in SITES if (vendor := play.catalog.get(site.slug))])
