"""Publishes what opens and what ends to those who follow an announcement channel, within the few times an hour that the
platform allows; what had to wait is told in one message.

A crash is harmless anywhere: a message that is published twice is refused the second time, and the message that tells
several has its key on record before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.delivery.port import (
    LookupUnsupported,
    MessageGone,
    MessageRejected,
    Publishing,
    RetryLater,
    Undeliverable,
)
from bot.delivery.side_work import LeaseLost, Means, SideWork
from bot.domain import digest
from bot.domain.publication import Announcing, Publication, plan
from bot.store import Store, StoreUnavailable
from bot.wording.flood import announced_message

MAX_BATCH = 20
"""Channels at once."""
LEASE_S = 300.0
"""So long after its claim a channel is taken up by others."""

log = structlog.get_logger(__name__)


class Publications(SideWork[Announcing]):
    """Each channel is leased."""

    def __init__(self, store: Store, means: Means) -> None:
        super().__init__(means)
        self._publications = store.publications
        self._publishing = {
            platform: (adapter, adapter)
            for platform, adapter in means.adapters.items()
            if isinstance(adapter, Publishing)
        }

    async def run_due(self) -> None:
        """Publish what is due. Not to be called again before it has returned."""
        if not self._publishing:
            return
        await asyncio.gather(*(self._run(announcing) for announcing in await self._claimed()))

    def _claim(self) -> Sequence[Announcing]:
        return self._publications.claim(tuple(self._publishing), self._now(), MAX_BATCH, LEASE_S)

    def _free_mine(self) -> None:
        self._publications.free_mine()

    async def _run(self, announcing: Announcing) -> None:
        now, planned = self._now(), plan(announcing)
        left = list(announcing.pending)
        if planned.free_at is not None:
            await self._postpone(left, max(planned.free_at, now))
            return
        try:
            for one in planned.alone:
                await self._publish(announcing, [one], together=False)
                left.remove(one)
            if planned.together:
                await self._publish(announcing, planned.together, together=True)
                left = [one for one in left if one not in planned.together]
            # What is begun goes first; the rest has its turn with the next look.
            await self._postpone(left, now)
        except RetryLater as later:
            log.info("publication.postponed", channel=announcing.channel.id, error=str(later), waiting=len(left))
            await self._postpone(left, now + timedelta(seconds=later.delay_s))
        except LeaseLost:
            log.debug("publication.lease_lost", channel=announcing.channel.id)
        except Exception as error:
            # Leased for a while yet: whether it was published is found out by doing it again.
            log.warning("publication.uncertain", channel=announcing.channel.id, error=repr(error))

    async def _publish(self, announcing: Announcing, told: Sequence[Publication], *, together: bool) -> None:
        """Messages that stand in the channel, or one that tells them together."""
        published_at: datetime | None = self._now()
        try:
            ref = await self._tell(announcing, told) if together else told[0].ref
            if ref is not None:
                self._require_lease()
                _, publishing = self._publishing[announcing.channel.platform]
                async with asyncio.timeout(self._call_s):
                    await publishing.publish(announcing.channel, ref)
        except (Undeliverable, MessageRejected, MessageGone) as failure:
            log.warning("publication.failed", channel=announcing.channel.id, error=str(failure))
            published_at = None
        keys = [one.key for one in told]
        await self._threads.persist(partial(self._publications.settle, keys, published_at), StoreUnavailable)

    async def _tell(self, announcing: Announcing, told: Sequence[Publication]) -> str | None:
        """The message that tells these; ``None``: it was sent by an earlier life, and cannot be found."""
        channel, (adapter, _) = announcing.channel, self._publishing[announcing.channel.platform]
        where = (channel.platform, channel.workspace, channel.id)
        begun = told[0].summary
        key = begun or digest("announced", *where, *(str(one.key) for one in told))
        if begun is None:
            keys = [one.key for one in told]
            await self._threads(lambda: self._publications.begin_summary(keys, key))
        async with asyncio.timeout(2 * self._call_s):
            if begun is not None:
                try:
                    ref = await adapter.find(channel, key)
                except LookupUnsupported:
                    return None
                if ref is not None:
                    return ref
            self._require_lease()
            return await adapter.post(channel, announced_message([one.about for one in told]), key)

    async def _postpone(self, left: Sequence[Publication], until: datetime) -> None:
        if left:
            keys = [one.key for one in left]
            await self._threads.persist(partial(self._publications.postpone, keys, until), StoreUnavailable)
