"""Sends every channel its digest: one message, and below it what finds no room there, each once whatever happens.

What a digest tells is put on record before its first message is sent; whoever goes on after a crash looks that message
up and sends the rest of the same. After a downtime one digest covers all the time since the last.

A digest that cannot be sent does not suspend its channel: it waits, and ``digest`` gives the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from bot.delivery.port import (
    DeliveryError,
    LookupUnsupported,
    MessageGone,
    MessageRejected,
    RetryLater,
    Undeliverable,
)
from bot.delivery.side_work import LeaseLost, Means, SideWork
from bot.digests.build import KEPT_FOR, LAG, Material, build, rebuild
from bot.digests.schedule import next_digest, period
from bot.domain import Mode, digest
from bot.domain.digests import Digest, DigestEntry, DigestItem, DigestSection, DigestState
from bot.message import Message
from bot.store import Store, StoreUnavailable
from bot.wording.digest import digest_message, digest_part_message, digest_parts

MAX_BATCH = 20
LEASE_S = 120.0
"""Longer than the calls that one message needs; each message that was sent renews it."""
BLOCKED_RETRY = timedelta(minutes=15)
"""Before the next try of a digest that its channel does not take: it is wanted at its time."""
UNCERTAIN_RETRY_S = 30.0
"""Before a call of unknown outcome is looked at again."""
UNKNOWN_REF = ""

log = structlog.get_logger(__name__)


class Digests(SideWork[DigestState]):
    """Each digest is leased."""

    def __init__(self, store: Store, means: Means, uncertain_retry_s: float = UNCERTAIN_RETRY_S) -> None:
        super().__init__(means)
        self._store = store
        self._uncertain_retry = timedelta(seconds=uncertain_retry_s)

    async def run_due(self) -> None:
        """Send all that are due. Not to be called again before it has returned."""
        while True:
            claimed = await self._claimed()
            await asyncio.gather(*(self._run(state) for state in claimed))
            if len(claimed) < MAX_BATCH:
                return

    def _claim(self) -> Sequence[DigestState]:
        return self._store.digests.claim(tuple(self._adapters), self._now(), MAX_BATCH, LEASE_S)

    def _free_mine(self) -> None:
        self._store.digests.free_mine()

    async def _run(self, state: DigestState) -> None:
        try:
            await self._send(state)
        except LeaseLost:
            self._may_hold_some = True
            log.debug("digest.lease_lost", channel=state.channel.id)
        except StoreUnavailable:
            self._may_hold_some = True
        except Exception:
            log.exception("digest.failed", channel=state.channel.id)

    # --- one digest ------------------------------------------------------------------------------------------------

    async def _send(self, state: DigestState) -> None:
        zone, now = ZoneInfo(state.zone), self._now()
        began_before = state.until is not None
        if not began_before and (upcoming := next_digest(state.schedule, zone, state.counted_from)) > now:
            await self._settle(replace(state, due=upcoming), None)
            return
        state, told = await self._threads(lambda: self._decided(state, now))
        if not told.vendors:
            await self._settle(_done(state, zone, told), None)
            return
        if not began_before:
            await self._save(state)
        for number in range(len(state.refs), len(state.parts)):
            first = number == len(state.refs)
            try:
                ref = await self._find(state, number) if began_before and first else None
                ref = ref if ref is not None else await self._deliver(state, told, number)
            except MessageGone:
                # Who deletes a digest does not want the rest of it.
                log.info("digest.message_gone", channel=state.channel.id)
                break
            except (RetryLater, Undeliverable) as failure:
                await self._put_off(state, failure, nothing_sent=not began_before and not number)
                return
            except LeaseLost:
                raise
            except Exception as error:
                log.warning("digest.uncertain", channel=state.channel.id, error=repr(error))
                await self._settle(state, self._now() + self._uncertain_retry)
                return
            state = replace(state, refs=(*state.refs, ref))
            await self._save(state)
            began_before = False
        await self._settle(_done(state, zone, told), None)

    def _decided(self, state: DigestState, now: datetime) -> tuple[DigestState, Digest]:
        """What it tells: what was decided before if it is under way, else all up to now."""
        material, length = self._material(state), period(state.schedule)
        if state.until is not None:
            items = [item for part in state.parts for item in part]
            return state, rebuild(material, state.covered_until, state.until, length, items, state.more)
        told = build(material, state.covered_until, now, length, told_open=state.told_open)
        parts = tuple(tuple(entry.item for entry in part) for part in digest_parts(told))
        return replace(state, until=now, parts=parts, more=told.more, refs=()), told

    def _material(self, state: DigestState) -> Material:
        subscriptions = [s.subscription for s in self._store.channels.subscriptions(state.channel)]
        slugs = [s.vendor for s in subscriptions]
        kept_back = self._store.held.between(state.channel, state.covered_until - KEPT_FOR, self._now())
        return Material(
            subscriptions,
            {s.vendor.slug: s for s in self._store.pages.states(slugs)},
            self._store.records.incidents(slugs, state.covered_until - LAG),
            {(held.incident.vendor, held.incident.id): held.reason for held in kept_back},
        )

    async def _deliver(self, state: DigestState, told: Digest, number: int) -> str:
        """What is rejected is sent once more as its summary alone; if that is rejected too, it counts as sent."""
        adapter, key, root = self._adapters[state.channel.platform], _key(state, number), next(iter(state.refs), "")
        message = _message(state, told, number)
        for shown in (message, Message(message.summary, subject=message.subject, kind=message.kind)):
            self._require_lease()
            try:
                async with asyncio.timeout(self._call_s):
                    if number and root and state.mode is not Mode.FLAT:
                        return await adapter.reply(state.channel, root, shown, key, broadcast=False)
                    return await adapter.post(state.channel, shown, key)
            except MessageRejected as refusal:
                log.error("digest.rejected", channel=state.channel.id, error=str(refusal))
        return UNKNOWN_REF

    async def _find(self, state: DigestState, number: int) -> str | None:
        """Where nobody can look, the digest's own message counts as sent, and one below it is sent again: rather twice
        than never."""
        adapter = self._adapters[state.channel.platform]
        try:
            async with asyncio.timeout(self._call_s):
                return await adapter.find(state.channel, _key(state, number))
        except LookupUnsupported:
            return None if number else UNKNOWN_REF

    async def _put_off(self, state: DigestState, failure: DeliveryError, *, nothing_sent: bool) -> None:
        if isinstance(failure, RetryLater):
            wait, error = timedelta(seconds=failure.delay_s), state.error
        else:
            wait, error = BLOCKED_RETRY, failure.reason if isinstance(failure, Undeliverable) else state.error
            log.warning("digest.undeliverable", channel=state.channel.id, error=error)
        if nothing_sent:
            state = replace(state, until=None, parts=(), more=0)
        await self._settle(replace(state, error=error), self._now() + wait)

    # --- what is recorded ------------------------------------------------------------------------------------------

    async def _save(self, state: DigestState) -> None:
        until = self._now() + timedelta(seconds=LEASE_S)
        if not await self._threads.persist(partial(self._store.digests.save, state, until), StoreUnavailable):
            raise LeaseLost

    async def _settle(self, state: DigestState, not_before: datetime | None) -> None:
        settle = partial(self._store.digests.settle, state, not_before)
        if not await self._threads.persist(settle, StoreUnavailable):
            raise LeaseLost


def _done(state: DigestState, zone: ZoneInfo, told: Digest) -> DigestState:
    """The same once it was sent."""
    until = told.until
    still_open = tuple(entry.item for entry in told.entries if entry.section is DigestSection.OPEN)
    upcoming = next_digest(state.schedule, zone, until)
    done = replace(state, counted_from=until, covered_until=until, told_open=still_open, due=upcoming, error=None)
    return replace(done, until=None, parts=(), more=0, refs=())


def _message(state: DigestState, told: Digest, number: int) -> Message:
    entries = _entries(told, state.parts[number])
    if number:
        return digest_part_message(entries, number, len(state.parts) - 1, told.until)
    return digest_message(told, entries, below=len(state.parts) > 1)


def _entries(told: Digest, items: Sequence[DigestItem]) -> list[DigestEntry]:
    known = {(entry.incident.vendor, entry.incident.id): entry for entry in told.entries}
    return [known[i.vendor, i.incident] for i in items if (i.vendor, i.incident) in known]


def _key(state: DigestState, number: int) -> str:
    """The same whenever this message of this digest is sent."""
    channel, until = state.channel, state.until.isoformat() if state.until else ""
    return digest("digest", channel.platform, channel.workspace, channel.id, until, str(number))
