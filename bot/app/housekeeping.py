"""What is let go of once a day, by one process of all that have the role ``poll``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.config import Settings
from bot.store import Store
from bot.store.values import Forgotten
from bot.threads import Threads

JOB = "purge"
EVERY = timedelta(days=1)
LOOK_EVERY = timedelta(minutes=10)
OWN_PAGE_GRACE = timedelta(days=1)
"""A page of a workspace's own that none of its channels subscribes to is forgotten after this."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    store: Store
    threads: Threads
    now: Callable[[], datetime]
    settings: Settings

    async def look(self) -> None:
        """To be called every :data:`LOOK_EVERY`: does it if nobody has today."""
        if await self.threads(lambda: self.store.jobs.claim(JOB, self.now(), EVERY)):
            await self._purge()
            await self.threads(lambda: self.store.jobs.done(JOB, self.now(), EVERY))

    async def _purge(self) -> None:
        suspended_before = self.now() - timedelta(days=self.settings.suspended_purge_days)
        forgotten = await self.threads(lambda: self.store.channels.purge(suspended_before))
        if forgotten:
            log.info("app.channels_purged", count=forgotten)
        pages = await self.threads(lambda: self.store.own.forget(self.now() - OWN_PAGE_GRACE))
        if pages:
            log.info("app.own_pages_purged", count=pages)
        await self.threads(self.store.audit.trim)
        if self.settings.keep_days:
            await self._forget(self.now() - timedelta(days=self.settings.keep_days))

    async def _forget(self, before: datetime) -> None:
        total = Forgotten(0, 0, 0, 0)
        while (forgotten := await self.threads(lambda: self.store.retention.forget(before))).total:
            total = total.plus(forgotten)
        if total.total:
            log.info(
                "app.forgotten",
                cards=total.cards,
                revisions=total.revisions,
                spans=total.spans,
                states=total.states,
                audit=total.audit,
            )
