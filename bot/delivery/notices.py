"""Notices about no incident: a page moved, and lacks parts that the channel's filter names. Each is sent once; one that
cannot be sent does not suspend its channel, and the same stands in ``list``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot import wording
from bot.delivery.port import Adapter, LookupUnsupported, MessageRejected, RetryLater, Undeliverable
from bot.domain import digest
from bot.store import Store
from bot.store.values import Notice
from bot.threads import Threads

MAX_BATCH = 20
LEASE_S = 600.0
"""A notice of unknown outcome is looked at again after this long."""

log = structlog.get_logger(__name__)


class Notices:
    """``call_s``: the deadline of one call. Several may work on one store: each notice is leased."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        threads: Threads,
        now: Callable[[], datetime],
        call_s: float,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._threads = threads
        self._now = now
        self._call_s = call_s

    async def send_due(self) -> None:
        """Send the notices that are due, one after another."""
        moves, platforms, now = self._store.moves, tuple(self._adapters), self._now()
        for notice in await self._threads(lambda: moves.claim_notices(platforms, now, MAX_BATCH, LEASE_S)):
            try:
                async with asyncio.timeout(self._call_s):
                    await self._send(notice)
            except RetryLater as later:
                await self._record(notice, self._now() + timedelta(seconds=later.delay_s))
            except (Undeliverable, MessageRejected) as failure:
                log.warning("notice.failed", channel=notice.channel.id, error=repr(failure))
                await self._record(notice, None)
            except Exception as error:
                log.warning("notice.uncertain", channel=notice.channel.id, error=repr(error))
            else:
                await self._record(notice, None)

    async def _send(self, notice: Notice) -> None:
        channel, adapter = notice.channel, self._adapters[notice.channel.platform]
        where = (channel.platform, channel.workspace, channel.id, notice.vendor.slug)
        key = digest("lost", *where, notice.at.isoformat(), *notice.unmatched)
        if notice.attempts:
            try:
                if await adapter.find(channel, key) is not None:
                    return
            except LookupUnsupported:
                return
        await adapter.post(channel, wording.unmatched_message(notice.vendor, notice.unmatched), key)

    async def _record(self, notice: Notice, retry_at: datetime | None) -> None:
        await self._threads(lambda: self._store.moves.settle_notice(notice, retry_at))
