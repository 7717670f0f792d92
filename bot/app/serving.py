"""What the running bot offers to its operator over HTTP: its server, and a sign of life for a watchdog elsewhere."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from bot.app.watchdog_ping import WatchdogPing
from bot.catalog import Catalog
from bot.config import Settings
from bot.monitor.fetch import Fetcher
from bot.store import Store
from bot.threads import Threads
from bot.web.api.routes import Api
from bot.web.api.routes import Settings as ApiSettings
from bot.web.listening import address
from bot.web.metrics import Metrics
from bot.web.pages import Pages
from bot.web.server import serve
from bot.web.site import Site

MAX_ANSWER_BYTES = 100_000
"""Of a watchdog; mostly it is two letters."""

log = structlog.get_logger(__name__)


def start(
    settings: Settings,
    store: Store,
    catalog: Catalog,
    threads: Threads,
    now: Callable[[], datetime],
    metrics: Metrics,
    stop: asyncio.Event,
    listening: socket.socket | None,
) -> list[asyncio.Task[None]]:
    """Tasks that end after ``stop``. ``listening``: where pages are served; ``None``: nowhere."""
    pages = Pages(store, catalog, threads, now, settings.web_public_url)
    api = Api(store, catalog, threads, now, ApiSettings(settings.api_public, settings.api_requests_per_minute))
    site, tasks = Site(store, threads, now, metrics, settings.poll_watched_seconds, pages, api), []
    if listening is not None:
        log.info("web.listening", address=address(listening))
        tasks.append(asyncio.create_task(serve(site.app(), listening, stop)))
    if url := settings.heartbeat_url.get_secret_value():
        tasks.append(asyncio.create_task(_ping(url, settings, now, site, stop)))
    return tasks


async def _ping(url: str, settings: Settings, now: Callable[[], datetime], site: Site, stop: asyncio.Event) -> None:
    # The operator names it, so it may be on this network.
    host = urlsplit(url).hostname or ""
    fetcher = Fetcher(now, contact=settings.contact, max_bytes=MAX_ANSWER_BYTES, allow_hosts=(host,))
    try:
        await WatchdogPing(url, fetcher, site.is_well).run(stop)
    finally:
        await fetcher.aclose()
