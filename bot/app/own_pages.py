"""Status pages that are not in the catalog: finds out what is at a pasted address and adds it to the workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import structlog

from bot.catalog import Catalog
from bot.domain import Channel
from bot.monitor.probe import NotRead, Prober
from bot.store import Store
from bot.store.values import OwnPage
from bot.threads import Threads

MAX_CONCURRENT = 5
"""Searches per workspace at a time; each may cost a dozen requests."""
MAX_REFUSALS = 1_000
"""Refusals kept until they are asked for; the oldest go first."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _SearchKey:
    platform: str
    workspace: str
    url: str


class OwnPageFinder:
    """Use it from one event loop, and close it there. ``max_pages``: how many own pages a workspace may have."""

    def __init__(self, store: Store, catalog: Catalog, threads: Threads, prober: Prober, *, max_pages: int) -> None:
        self._store = store
        self._catalog = catalog
        self._threads = threads
        self._prober = prober
        self._max_pages = max_pages
        self._searches: dict[_SearchKey, asyncio.Task[None]] = {}
        self._refusals: dict[_SearchKey, str] = {}

    async def add(self, channel: Channel, user: str, urls: Sequence[str], wait_s: float) -> Mapping[str, str]:
        """Add the pages at these addresses. Returns those that cannot be added, each with one sentence that says why.

        A search that takes longer than ``wait_s`` goes on: its page, or its sentence, is there at the next call.
        """
        wanted = {_SearchKey(channel.platform, channel.workspace, url): url for url in urls}
        for key in wanted:
            if key not in self._searches and key not in self._refusals and self._may_start(key):
                task = asyncio.create_task(self._search(key, channel, user))
                self._searches[key] = task
                task.add_done_callback(partial(self._on_done, key))
        if running := [self._searches[key] for key in wanted if key in self._searches]:
            await asyncio.wait(running, timeout=wait_s)
        return {url: self._refusals.pop(key) for key, url in wanted.items() if key in self._refusals}

    async def aclose(self) -> None:
        """Cancel the searches that are running."""
        tasks = list(self._searches.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _may_start(self, key: _SearchKey) -> bool:
        of_workspace = (key.platform, key.workspace)
        return sum((other.platform, other.workspace) == of_workspace for other in self._searches) < MAX_CONCURRENT

    def _on_done(self, key: _SearchKey, task: asyncio.Task[None]) -> None:
        del self._searches[key]

    async def _search(self, key: _SearchKey, channel: Channel, user: str) -> None:
        try:
            refusal = await self._add(key.url, channel, user)
        except Exception:
            log.exception("own_page.failed")
            refusal = f"Something went wrong on my side while I looked at {key.url}: try again."
        if refusal is not None:
            while len(self._refusals) >= MAX_REFUSALS:
                del self._refusals[next(iter(self._refusals))]
            self._refusals[key] = refusal

    async def _add(self, url: str, channel: Channel, user: str) -> str | None:
        found = await self._prober.detect_and_read(url)
        if isinstance(found, NotRead):
            return found.reason
        known = self._catalog.exact(found.url)
        if known is not None and known.page_url.rstrip("/") == found.url.rstrip("/"):
            return f"{url} is the page of {known.name}, which I know: subscribe {known.slug}."
        title = found.name or await self._prober.title_of(url)
        name = await self._threads(lambda: self._name(title, found.url, url, channel))
        page = OwnPage(channel, url, name, found.kind, found.url, human_url(url, found.url), user, self._prober.now())
        slug = await self._threads(lambda: self._store.own.add(page, self._max_pages))
        if slug is None:
            return (
                f"This workspace has {self._max_pages} pages of its own, as many as it may: unsubscribe from one first."
            )
        log.info("own_page.added", vendor=slug, kind=found.kind)
        return None

    def _name(self, title: str | None, page_url: str, url: str, channel: Channel) -> str:
        """The page's title, with its host where another vendor has that name."""
        host = urlsplit(url).netloc
        if title is None:
            return host
        namesake = self._catalog.plus(self._store.own.of(channel)).exact(title)
        return title if namesake is None or namesake.page_url == page_url else f"{title} ({host})"


def human_url(typed: str, page_url: str) -> str:
    """What to open in a browser: the page, or the typed address where the page's data is at another one."""
    without_query = typed.partition("?")[0].rstrip("/")
    return page_url if without_query.startswith(page_url.rstrip("/")) else without_query
