"""Keeps the messages of floods equal to their lists: sent once, looked for after a crash, edited as incidents end.

Beside the channel runs, as boards are: thousands of lines in one message have no order to keep with cards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.delivery.port import LookupUnsupported, MessageGone, MessageRejected, RetryLater, Undeliverable
from bot.delivery.side_work import LeaseLost, Means, SideWork
from bot.domain import Level, digest
from bot.domain.flood import Flood
from bot.store import Store, StoreUnavailable
from bot.wording.flood import flood_fingerprint, flood_message

MAX_BATCH = 20
LEASE_S = 120.0
"""Longer than the calls that one list needs."""
MIN_EDIT_INTERVAL = timedelta(seconds=30)
BLOCKED_RETRY = timedelta(hours=1)
UNCERTAIN_RETRY = timedelta(seconds=30)

log = structlog.get_logger(__name__)


class Floods(SideWork[Flood]):
    """Each list is leased."""

    def __init__(self, store: Store, means: Means) -> None:
        super().__init__(means)
        self._floods = store.floods

    async def run_due(self) -> None:
        """Bring all that are due up to date. Not to be called again before it has returned."""
        await asyncio.gather(*(self._run(flood) for flood in await self._claimed()))

    def _claim(self) -> Sequence[Flood]:
        return self._floods.claim(tuple(self._adapters), self._now(), MAX_BATCH, LEASE_S)

    def _free_mine(self) -> None:
        self._floods.free_mine()

    async def _run(self, flood: Flood) -> None:
        facts, now = flood_fingerprint(flood), self._now()
        if flood.ref is None and not flood.maybe_sent:
            quiet_until = _quiet_until(flood, now)
            if quiet_until and flood.total and not flood.open:
                # A list that nothing is left to change in is a part of what quiet hours kept.
                await self._threads.persist(lambda: self._floods.dissolve(flood, now), StoreUnavailable)
                return
            waits = [until for until in (_held_until(flood, now), quiet_until) if until and until > now]
            if waits:
                await self._settle(flood, max(waits) - now, done=False)
                return
            if flood.hold is not None and not flood.open:
                await self._settle(flood, MIN_EDIT_INTERVAL, done=True)
                return
        try:
            async with asyncio.timeout(2 * self._call_s):
                await self._settle(await self._show(flood, facts), MIN_EDIT_INTERVAL, done=True)
        except LeaseLost:
            log.debug("flood.lease_lost", channel=flood.channel.id)
        except RetryLater as later:
            await self._settle(flood, timedelta(seconds=later.delay_s), done=False)
        except MessageGone:
            # Who deletes it does not want it; what gets worse has a message of its own.
            log.info("flood.message_gone", channel=flood.channel.id)
            await self._settle(replace(flood, fingerprint=facts), MIN_EDIT_INTERVAL, done=True)
        except (Undeliverable, MessageRejected) as failure:
            log.warning("flood.undeliverable", channel=flood.channel.id, error=str(failure))
            await self._settle(flood, BLOCKED_RETRY, done=False)
        except Exception as error:
            log.warning("flood.uncertain", channel=flood.channel.id, error=repr(error))
            await self._settle(replace(flood, maybe_sent=flood.ref is None), UNCERTAIN_RETRY, done=False)

    async def _show(self, flood: Flood, facts: str) -> Flood:
        """The list as it is shown afterwards."""
        adapter, key = self._adapters[flood.channel.platform], _key(flood)
        if flood.ref is None:
            if not flood.total:
                return flood
            ref = await self._find(flood) if flood.maybe_sent else None
            if ref is None:
                self._require_lease()
                ref = await adapter.post(flood.channel, flood_message(flood), key)
                return replace(flood, ref=ref, maybe_sent=False, fingerprint=facts)
            flood = replace(flood, ref=ref, maybe_sent=False)
        if flood.fingerprint != facts and flood.total and flood.ref is not None:
            self._require_lease()
            await adapter.edit(flood.channel, flood.ref, flood_message(flood), key)
        return replace(flood, fingerprint=facts)

    async def _find(self, flood: Flood) -> str | None:
        try:
            return await self._adapters[flood.channel.platform].find(flood.channel, _key(flood))
        except LookupUnsupported:
            return None

    async def _settle(self, flood: Flood, wait: timedelta, *, done: bool) -> None:
        settle = partial(self._floods.settle, flood, self._now() + wait, done=done)
        await self._threads.persist(settle, StoreUnavailable)


def _quiet_until(flood: Flood, now: datetime) -> datetime | None:
    """When the quiet hours end that keep the list back; ``None``: nothing does, or something in it is excepted."""
    settings, quiet = flood.settings, flood.settings.quiet
    if quiet is None:
        return None
    return None if _reaches(flood, quiet.except_level) else quiet.end_after(now, settings.zone)


def _held_until(flood: Flood, now: datetime) -> datetime | None:
    """When the hold of the subscription is over for what came last, as far as it is listed; ``None``: nothing is held,
    or something in it passes."""
    if flood.hold is None or _reaches(flood, flood.hold.passes_at):
        return None
    ends = (one.started + flood.hold.span for one in flood.listed if one.open)
    # A start that lies further ahead is a plan or a mistake of the page's, and no reason to wait for it.
    return max((end for end in ends if end <= now + 2 * flood.hold.span), default=None)


def _reaches(flood: Flood, level: Level | None) -> bool:
    """Whether something open in the list is at this level or worse."""
    open_levels = (one.level for one in flood.listed if one.open and one.level is not None)
    return level is not None and any(one >= level for one in open_levels)


def _key(flood: Flood) -> str:
    channel = flood.channel
    where = (channel.platform, channel.workspace, channel.id)
    return digest("flood", *where, flood.vendor.slug, flood.created_at.isoformat())
