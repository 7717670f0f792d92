"""What the running bot offers to its operator over HTTP: its server, and a sign of life for a watchdog elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from bot.app.ports import Ports
from bot.app.watchdog_ping import WatchdogPing
from bot.catalog import Catalog
from bot.commands.context import Site as Links
from bot.config import Settings
from bot.domain import Workspace
from bot.domain.role import Role
from bot.keyring import Keyring
from bot.monitor.fetch import Fetcher
from bot.store import Store
from bot.threads import Threads
from bot.web.api.routes import Api
from bot.web.api.routes import Settings as ApiSettings
from bot.web.dashboards.routes import DashboardPages
from bot.web.metrics import Metrics
from bot.web.pages import Pages
from bot.web.server import by_prefix, serve
from bot.web.site import Site

if TYPE_CHECKING:
    from bot.web.signin.routes import SigningIn

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
    ports: Ports,
    keyring: Keyring,
    links: Links | None,
) -> list[asyncio.Task[None]]:
    """Tasks that end after ``stop``. What chat platforms want served is served with the pages, too. ``links``: to
    these."""
    pages = Pages(store, catalog, threads, now, settings.web_public_url)
    api_settings = ApiSettings(settings.api_public, settings.api_requests_per_minute)
    api = Api(store, catalog, threads, now, api_settings, stop=stop, site=links)
    dashboards = DashboardPages(store, catalog, threads, now, stop)
    signing_in, roles = None, frozenset(settings.roles)
    if settings.oidc_issuer:
        signing_in = _signing_in(settings, store, threads, now, dashboards, keyring, ports)
    watched_s = settings.poll_watched_seconds
    site = Site(store, threads, now, metrics, watched_s, pages, api, dashboards, signing_in, roles)
    tasks: list[asyncio.Task[None]] = []
    proxies = settings.web_trusted_proxies
    if ports.pages is not None:
        log.info("web.listening", address=ports.link)
        app = by_prefix(site.app(), {one.prefix: one.app for one in ports.served})
        tasks.append(asyncio.create_task(serve(app, ports.pages, stop, trusted_proxies=proxies)))
    for one, listening in ports.own:
        host, port = listening.getsockname()[:2]
        log.info("slack.http_listening", host=host, port=port)
        tasks.append(asyncio.create_task(serve(one.app, listening, stop, trusted_proxies=proxies)))
    url = settings.heartbeat_url.get_secret_value()
    if url and Role.WEB in roles:
        tasks.append(asyncio.create_task(_ping(url, settings, now, site, stop)))
    return tasks


def _signing_in(
    settings: Settings,
    store: Store,
    threads: Threads,
    now: Callable[[], datetime],
    dashboards: DashboardPages,
    keyring: Keyring,
    ports: Ports,
) -> SigningIn:
    # Its libraries are needed by nobody who has no provider.
    from bot.web.signin.provider import Client, Provider
    from bot.web.signin.routes import SigningIn
    from bot.web.signin.sessions import Sessions

    secret = settings.oidc_client_secret.get_secret_value()
    client = Client(settings.oidc_issuer, settings.oidc_client_id, secret, settings.oidc_domains, settings.oidc_groups)
    url = settings.web_public_url or ports.link
    span = timedelta(hours=settings.oidc_session_hours)
    return SigningIn(
        Provider(client, now, time.monotonic),
        Sessions(keyring, now, span, is_secure=url.startswith("https://")),
        dashboards,
        store,
        threads,
        [Workspace(platform, id) for platform, _, id in (one.partition(":") for one in settings.oidc_workspaces)],
        url,
    )


async def _ping(url: str, settings: Settings, now: Callable[[], datetime], site: Site, stop: asyncio.Event) -> None:
    # The operator names it, so it may be on this network.
    host = urlsplit(url).hostname or ""
    fetcher = Fetcher(now, contact=settings.contact, max_bytes=MAX_ANSWER_BYTES, allow_hosts=(host,))
    try:
        await WatchdogPing(url, fetcher, site.is_well).run(stop)
    finally:
        await fetcher.aclose()
