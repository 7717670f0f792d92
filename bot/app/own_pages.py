"""Adopts status pages that no catalog has: finds out what is at a pasted address, and gives it to the workspace."""

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
"""So many addresses are looked at for one workspace at a time; each may cost a dozen requests."""
MAX_REFUSALS = 1_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Wish:
    platform: str
    workspace: str
    url: str


class OwnPageFinder:
    """Use it from one event loop, and close it there. ``most``: how many pages of its own a workspace may have."""

    def __init__(self, store: Store, catalog: Catalog, threads: Threads, prober: Prober, *, most: int) -> None:
        self._store = store
        self._catalog = catalog
        self._threads = threads
        self._prober = prober
        self._most = most
        self._looks: dict[_Wish, asyncio.Task[None]] = {}
        self._refusals: dict[_Wish, str] = {}

    async def adopt(self, channel: Channel, user: str, urls: Sequence[str], wait_s: float) -> Mapping[str, str]:
        """The addresses of these that are no page to adopt, each with one sentence that says why.

        What is not known after ``wait_s`` goes on: the page is there, or the sentence, when it is asked for again.
        """
        wishes = {_Wish(channel.platform, channel.workspace, url): url for url in urls}
        for wish in wishes:
            if wish not in self._looks and wish not in self._refusals and self._may_begin(wish):
                task = asyncio.create_task(self._look(wish, channel, user))
                self._looks[wish] = task
                task.add_done_callback(partial(self._ended, wish))
        if begun := [self._looks[wish] for wish in wishes if wish in self._looks]:
            await asyncio.wait(begun, timeout=wait_s)
        return {url: self._refusals.pop(wish) for wish, url in wishes.items() if wish in self._refusals}

    async def aclose(self) -> None:
        """Leave off."""
        tasks = list(self._looks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _may_begin(self, wish: _Wish) -> bool:
        of_workspace = (wish.platform, wish.workspace)
        return sum((other.platform, other.workspace) == of_workspace for other in self._looks) < MAX_CONCURRENT

    def _ended(self, wish: _Wish, task: asyncio.Task[None]) -> None:
        del self._looks[wish]

    async def _look(self, wish: _Wish, channel: Channel, user: str) -> None:
        try:
            refusal = await self._adopted(wish.url, channel, user)
        except Exception:
            log.exception("adoption.failed")
            refusal = f"Something went wrong on my side while I looked at {wish.url}: try again."
        if refusal is not None:
            while len(self._refusals) >= MAX_REFUSALS:
                del self._refusals[next(iter(self._refusals))]
            self._refusals[wish] = refusal

    async def _adopted(self, url: str, channel: Channel, user: str) -> str | None:
        looked = await self._prober.look_at(url)
        if isinstance(looked, NotRead):
            return looked.reason
        listed = self._catalog.exact(looked.url)
        if listed is not None and listed.page_url.rstrip("/") == looked.url.rstrip("/"):
            return f"{url} is the page of {listed.name}, which I know: subscribe {listed.slug}."
        called = looked.name or await self._prober.title_of(url)
        name = await self._threads(lambda: self._name(called, looked.url, url, channel))
        page = OwnPage(
            channel, url, name, looked.kind, looked.url, human_url(url, looked.url), user, self._prober.now()
        )
        slug = await self._threads(lambda: self._store.own.add(page, self._most))
        if slug is None:
            return f"This workspace has {self._most} pages of its own, as many as it may: unsubscribe from one first."
        log.info("adoption.adopted", vendor=slug, kind=looked.kind)
        return None

    def _name(self, called: str | None, page_url: str, url: str, channel: Channel) -> str:
        """What the page calls itself, with its host where another vendor is called so."""
        host = urlsplit(url).netloc
        if called is None:
            return host
        namesake = self._catalog.plus(self._store.own.of(channel)).exact(called)
        return called if namesake is None or namesake.page_url == page_url else f"{called} ({host})"


def human_url(typed: str, page_url: str) -> str:
    """What to open in a browser: the page itself, or what was typed where that is read from somewhere else."""
    bare = typed.partition("?")[0].rstrip("/")
    return page_url if bare.startswith(page_url.rstrip("/")) else bare
