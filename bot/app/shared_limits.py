"""Agrees with the other processes on the limits that all of them keep: asks for this one's shares each second, and
tells and learns what is closed. Alone on an SQLite file a process keeps its limits by itself, and this is not run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from bot.limits.shared import Limited, Share
from bot.store import Store, StoreUnavailable
from bot.store.limits import LASTS_S
from bot.threads import Threads

ASK_S = 1.0
BUSY_ASK_S = 0.5
"""Between two times; sooner while this process could use more than its share."""
TELL_S = 0.1
"""What is closed is told after so long: several refusals at once are one transaction."""

log = structlog.get_logger(__name__)


class SharedLimits:
    """``monotonic``: seconds, the clock of all ``limited``."""

    def __init__(
        self,
        store: Store,
        threads: Threads,
        now: Callable[[], datetime],
        limited: Sequence[Limited],
        monotonic: Callable[[], float] = time.monotonic,
        ask_s: float = ASK_S,
    ) -> None:
        self._store = store
        self._threads = threads
        self._now = now
        self._limited: list[Limited] = []
        self._monotonic = monotonic
        self._ask_s = self._next_s = ask_s
        self._news = asyncio.Event()
        for one in limited:
            self.add(one)

    def add(self, one: Limited) -> None:
        """It keeps its limit with the others from now on."""
        self._limited.append(one)
        one.closures.tell = self._news.set
        # Until there is a share, others may be using all of it.
        one.grant(Share(0, 1, self._monotonic()))

    async def run(self, stop: asyncio.Event) -> None:
        """Again and again until ``stop`` is set. A share that cannot be asked for anew runs out."""
        while not stop.is_set():
            try:
                await self.exchange()
            except StoreUnavailable:
                pass
            except Exception:
                log.exception("limits.not_shared")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._next_s):
                    await self._news.wait()
                    await asyncio.sleep(TELL_S)

    async def exchange(self) -> None:
        """Once."""
        self._news.clear()
        limited = list(self._limited)
        asks = [one.ask() for one in limited]
        met = {ask.limit: one.closures.untold() for ask, one in zip(asks, limited, strict=True)}
        until, now = self._monotonic() + LASTS_S, self._now()
        shared = await self._threads(partial(self._store.limits.exchange, asks, met, now))
        if shared is None:
            return
        lacks = any(ask.wanted > shared.units[ask.limit] for ask in asks)
        self._next_s = min(BUSY_ASK_S, self._ask_s) if lacks else self._ask_s
        for ask, one in zip(asks, limited, strict=True):
            one.grant(Share(shared.units[ask.limit], shared.sharers[ask.limit], until))
            for closure in shared.closed[ask.limit]:
                one.closures.hold(closure.name, closure.seconds)
