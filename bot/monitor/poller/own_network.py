"""Whether it is our own network, or its name server, that is away, and not the pages.

Pages of several unrelated sites fail at once, no other answers, and neither does a canary: an address that is nearly
always there, asked only then. Any answer of it will do. Meanwhile no page is to blame; afterwards all are due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlsplit

import structlog

from bot.domain import Slug
from bot.monitor.addresses import literal
from bot.monitor.responses import NETWORK, Answer, FetchFailed, Getter
from bot.store.values import Claim

CANARIES = ("https://one.one.one.one/", "https://www.google.com/generate_204")
"""Run by different companies: one of them that answers is enough."""
MIN_SITES = 3
CANARY_EVERY = timedelta(seconds=5)
WINDOW = timedelta(minutes=2)
"""Sites that failed longer ago did not fail at once: a watched page is read twice meanwhile."""
CANARY = "canary"
"""The rate limit group of the canaries."""
OWN_NETWORK_AWAY = "Lookout's own network or name server is away; the page is read as soon as it is back."

K = TypeVar("K")

log = structlog.get_logger(__name__)


class OwnNetwork:
    """Use it from one event loop."""

    def __init__(self, getter: Getter, now: Callable[[], datetime], canaries: Iterable[str]) -> None:
        self._getter = getter
        self._now = now
        self._canaries = tuple(canaries)
        self._failed: dict[str, datetime] = {}
        self._answered: dict[str, datetime] = {}
        self._unread: dict[Slug, datetime] = {}
        self._asking = asyncio.Lock()
        self._asked: tuple[datetime, bool] | None = None
        self._back_at: datetime | None = None
        self.away_since: datetime | None = None

    async def is_to_blame(self, claim: Claim, *, since: datetime) -> bool:
        """The page, asked at ``since``, gave no answer at all: is it for our network's sake? Pages that could not be
        read for its sake before this process began tell of it as those do that could be read."""
        now, site = self._now(), _site(claim.vendor.page_url)
        if self.away_since is None and self._back_at is not None and since <= self._back_at <= now:
            return True
        if self.away_since is not None or claim.unreadable is None or claim.unreadable.reason == OWN_NETWORK_AWAY:
            self._failed[site] = self._unread[claim.vendor.slug] = now
            self._answered.pop(site, None)
        if self.away_since is None and self._is_suspect(now) and await self._canary_is_silent():
            self._begin()
        return self.away_since is not None

    def answered(self, claim: Claim) -> None:
        """The page gave an answer, if only that it is not there."""
        site = _site(claim.vendor.page_url)
        self._failed.pop(site, None)
        self._unread.pop(claim.vendor.slug, None)
        self._answered[site] = self._now()

    async def look(self) -> frozenset[Slug]:
        """To be called every few seconds: once the network is back, the pages that could not be read for its sake."""
        if self.away_since is None:
            return frozenset()
        if not self._most_sites_answer(self._now()) and await self._canary_is_silent():
            return frozenset()
        now, since, unread = self._now(), self.away_since, frozenset(self._unread)
        if since is not None:
            log.warning("network.back", after_s=round((now - since).total_seconds()), pages=len(unread))
        self.away_since, self._back_at = None, now
        self._failed.clear()
        self._unread.clear()
        return unread

    def _begin(self) -> None:
        if self.away_since is None:
            self.away_since = min(self._failed.values(), default=self._now())
            log.warning("network.away", sites=len(self._failed))

    def _is_suspect(self, now: datetime) -> bool:
        self._failed, self._answered = _recent(self._failed, now), _recent(self._answered, now)
        self._unread = _recent(self._unread, now)
        first = min(self._failed.values(), default=now)
        answered = sum(at > first for at in self._answered.values())
        return len(self._failed) >= MIN_SITES and len(self._failed) > answered

    def _most_sites_answer(self, now: datetime) -> bool:
        """A canary that is blocked must not keep the network away for ever. What answered before says nothing."""
        since = self.away_since or now
        answered = sum(at > since for at in _recent(self._answered, now).values())
        return answered >= MIN_SITES and answered > len(_recent(self._failed, now))

    async def _canary_is_silent(self) -> bool:
        async with self._asking:
            now = self._now()
            if self._asked is None or not timedelta() <= now - self._asked[0] < CANARY_EVERY:
                answers = [await self._getter.get(url, CANARY, None) for url in self._canaries[:1]]
                if all(_is_silence(answer) for answer in answers):
                    rest = self._canaries[1:]
                    answers += await asyncio.gather(*(self._getter.get(url, CANARY, None) for url in rest))
                self._asked = (now, bool(answers) and all(_is_silence(answer) for answer in answers))
            return self._asked[1]


def _recent(times: dict[K, datetime], now: datetime) -> dict[K, datetime]:
    return {key: at for key, at in times.items() if timedelta() <= now - at <= WINDOW}


def _is_silence(answer: Answer) -> bool:
    return isinstance(answer, FetchFailed) and answer.kind in NETWORK


@lru_cache(maxsize=4096)
def _site(url: str) -> str:
    """The domain that a name was registered under, or near enough: its last two labels."""
    host = urlsplit(url).hostname or ""
    return host if literal(host) else ".".join(host.split(".")[-2:])
