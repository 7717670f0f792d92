"""Notices about no incident: a page moved, and lacks parts that the channel's filter names, or a page lists a part no
more that a service needs. Each is sent once; one that cannot be sent does not suspend its channel, and the same stands
in ``list`` and ``services``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot import wording
from bot.delivery.port import LookupUnsupported, MessageRejected, RetryLater, Undeliverable
from bot.delivery.side_work import LeaseLost, Means, SideWork
from bot.domain import Channel, digest
from bot.message import Message
from bot.routing import unmatched
from bot.store import Store, StoreUnavailable
from bot.store.values import Notice, PartCheck

MAX_BATCH = 20
LEASE_S = 600.0
"""A notice of unknown outcome is looked at again after this long."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _DueNotice:
    """What is to be sent, or only to be put on record."""

    channel: Channel
    key: str
    message: Message | None
    attempts: int
    settle: Callable[[datetime | None], None]


class Notices(SideWork[_DueNotice]):
    """Each notice is leased."""

    def __init__(self, store: Store, means: Means) -> None:
        super().__init__(means)
        self._moves, self._checks = store.moves, store.part_checks

    async def send_due(self) -> None:
        """Send the notices that are due, one after another. Not to be called again before it has returned."""
        for notice in await self._claimed():
            try:
                self._require_lease()
                async with asyncio.timeout(self._call_s):
                    await self._send(notice)
            except LeaseLost:
                return
            except RetryLater as later:
                await self._record(notice, self._now() + timedelta(seconds=later.delay_s))
            except (Undeliverable, MessageRejected) as failure:
                log.warning("notice.failed", channel=notice.channel.id, error=repr(failure))
                await self._record(notice, None)
            except Exception as error:
                log.warning("notice.uncertain", channel=notice.channel.id, error=repr(error))
            else:
                await self._record(notice, None)

    def _claim(self) -> Sequence[_DueNotice]:
        moves, checks = self._moves, self._checks
        how = (tuple(self._adapters), self._now(), MAX_BATCH, LEASE_S)
        moved = [_of_move(notice, moves.settle_notice) for notice in moves.claim_notices(*how)]
        return [*moved, *(_of_parts(check, checks.settle) for check in checks.claim(*how))]

    def _free_mine(self) -> None:
        now = self._now()
        self._moves.free_mine(now)
        self._checks.free_mine(now)

    async def _send(self, notice: _DueNotice) -> None:
        adapter = self._adapters[notice.channel.platform]
        if notice.message is None:
            return
        if notice.attempts:
            try:
                if await adapter.find(notice.channel, notice.key) is not None:
                    return
            except LookupUnsupported:
                return
        await adapter.post(notice.channel, notice.message, notice.key)

    async def _record(self, notice: _DueNotice, retry_at: datetime | None) -> None:
        await self._threads.persist(partial(notice.settle, retry_at), StoreUnavailable)


def _of_move(notice: Notice, settle: Callable[[Notice, datetime | None], None]) -> _DueNotice:
    channel = notice.channel
    where = (channel.platform, channel.workspace, channel.id, notice.vendor.slug)
    key = digest("lost", *where, notice.at.isoformat(), *notice.unmatched)
    message = wording.unmatched_message(notice.vendor, notice.unmatched)
    return _DueNotice(channel, key, message, notice.attempts, partial(settle, notice))


def _of_parts(check: PartCheck, settle: Callable[[PartCheck, Sequence[str], datetime | None], None]) -> _DueNotice:
    """What was told before is not told again."""
    missing = unmatched(check.filter, check.components)
    news = [name for name in missing if name not in check.told]
    channel = check.channel
    key = digest("parts", channel.platform, channel.workspace, channel.id, check.service, check.vendor.slug, *missing)
    message = wording.missing_parts_message(check.service, check.vendor, news) if news else None
    return _DueNotice(channel, key, message, check.attempts, partial(settle, check, missing))
