"""What reads pages for the running bot: the HTTP client, the poller, and what looks at an address that was pasted.

Slow to import: the bot answers before it is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import routing
from bot.app import page_headers
from bot.app.own_pages import OwnPageFinder
from bot.catalog import Catalog
from bot.config import Settings
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
from bot.threads import Threads

TICK_S = 0.25
"""Between two looks for due pages."""
AHEAD_S = 2 * TICK_S
"""So long before it falls due a page is claimed: a look that is late delays none."""


@dataclass(frozen=True, slots=True)
class Readers:
    """The parts that read, connected to each other."""

    fetcher: Fetcher
    poller: Poller
    prober: Prober
    own_pages: OwnPageFinder

    async def aclose(self) -> None:
        await self.own_pages.aclose()
        self.prober.workers.close()
        await self.poller.aclose()
        await self.fetcher.aclose()


def build_readers(
    settings: Settings,
    store: Store,
    catalog: Catalog,
    threads: Threads,
    now: Callable[[], datetime],
    on_due: Callable[[], None],
    on_poll: Callable[[str, str, float], None],
) -> Readers:
    """Inside the event loop. ``on_due`` is called when there are cards to deliver, ``on_poll`` with each outcome.
    Raises :class:`bot.app.page_headers.HeadersError`."""
    fetcher = build_fetcher(settings, now)
    intervals = PollIntervals(
        watched_s=settings.poll_watched_seconds,
        open_s=settings.poll_open_seconds,
        idle_s=settings.poll_idle_seconds,
        max_backoff_s=settings.poll_max_backoff_seconds,
    )
    poller = Poller(
        store,
        threads,
        fetcher,
        routing.route,
        now,
        Policy(intervals, late_limit=timedelta(hours=settings.late_limit_hours), canaries=settings.canary_urls),
        concurrency=settings.poll_concurrency,
        deadline_s=settings.fetch_deadline_seconds,
        ahead_s=AHEAD_S,
        workers=Workers(settings.parse_cpu_seconds),
        on_due=lambda _: on_due(),
        on_poll=on_poll,
    )
    # Its own worker: what somebody pastes must not hold up the pages that are watched.
    prober = Prober(fetcher, threads, now, Workers(settings.parse_cpu_seconds))
    own_pages = OwnPageFinder(store, catalog, threads, prober, max_pages=settings.own_pages)
    return Readers(fetcher, poller, prober, own_pages)


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
