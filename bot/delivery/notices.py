"""Notices about no incident: a page moved, and lacks parts that the channel's filter names. Each is sent once; one that
cannot be sent does not suspend its channel, and the same stands in ``list``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot import wording
from bot.delivery.channel_run import IsAlive
from bot.delivery.port import Adapter, LookupUnsupported, MessageRejected, RetryLater, Undeliverable
from bot.domain import digest
from bot.store import Store, StoreUnavailable
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
        life: Callable[[], IsAlive],
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._threads = threads
        self._now = now
        self._call_s = call_s
        self._life = life
        self._may_hold_some = False
        """The database was away in the middle of a claim."""

    async def send_due(self) -> None:
        """Send the notices that are due, one after another. Not to be called again before it has returned."""
        is_alive = self._life()
        try:
            claimed = await self._threads(self._claim)
        except StoreUnavailable:
            self._may_hold_some = True
            return
        for notice in claimed:
            if not is_alive():
                return
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

    def _claim(self) -> tuple[Notice, ...]:
        moves, now = self._store.moves, self._now()
        if self._may_hold_some:
            moves.free_mine(now)
            self._may_hold_some = False
        return moves.claim_notices(tuple(self._adapters), now, MAX_BATCH, LEASE_S)

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
        settle = partial(self._store.moves.settle_notice, notice, retry_at)
        await self._threads.persist(settle, StoreUnavailable)
