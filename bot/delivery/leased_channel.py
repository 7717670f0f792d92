"""One leased channel: what its platform is asked, what is recorded of that before and after, and how the lease ends.
Decides nothing about cards, leases no channel itself, and keeps nothing once the lease is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

import structlog

from bot.cards import Act, kept_back, too_late
from bot.cards.views import TogetherAct
from bot.delivery.group_commit import GroupCommit
from bot.delivery.health import FailureOutcome, after_failure
from bot.delivery.port import Adapter, LookupUnsupported, MessageRejected, RetryLater, Undeliverable
from bot.domain import ActKind, Card, ChannelState, Health, next_reminder_at
from bot.message import Message
from bot.store.values import ChannelLease, DeliveryWrite, DueCard, Intent, RecordOutcome, Release

Clock = Callable[[], datetime]
IsAlive = Callable[[], bool]
"""False once another process may have taken this one for dead, and what it had leased with it."""
Life = Callable[[], IsAlive]
"""Asked before something is leased."""
OnAct = Callable[[datetime, DueCard, Act, Message], None]
"""Called after each act that an adapter has carried out."""

log = structlog.get_logger(__name__)
_level = logging.getLogger(__name__)
"""Asked before a line for debugging: to make one that nobody reads takes as long as to put an act on record."""


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """What holds for every channel."""

    call_s: float
    """The deadline of one call, in seconds."""
    max_run_s: float
    """No act begins later than this after the lease, in seconds."""
    pause_s: float
    """The shortest wait before an act of unknown outcome is looked at again, in seconds."""
    late_limit: timedelta | None
    """An incident that ended longer ago is posted to no new channel; ``None``: every one is."""
    max_pause_s: float
    """The longest; it grows with the act's age, in seconds."""
    retry_waits: Sequence[timedelta]
    """Before each new try of a channel that cannot be reached."""
    on_act: OnAct | None = None


class Released(Exception):
    """The channel was released before all of its cards were done."""


class EditLater(Exception):
    """The platform takes no such edit for ``delay_s`` seconds; what is news goes on."""

    def __init__(self, delay_s: float) -> None:
        super().__init__()
        self.delay_s = delay_s


class _TooLate(Exception):
    """The lease may be another's by now, or is about to be: no call begins."""


class LeasedChannel:
    """Whatever is recorded is queued, and committed with the next write."""

    def __init__(
        self,
        lease: ChannelLease,
        adapter: Adapter,
        commits: GroupCommit,
        now: Clock,
        options: DeliveryOptions,
        stop: asyncio.Event,
        is_alive: IsAlive,
        leased_at: float,
    ) -> None:
        """``leased_at``: a moment before the lease, by the event loop's time."""
        self.lease = lease
        self.adapter = adapter
        self.now = now
        self.options = options
        self._commits = commits
        self._stop = stop
        self._is_alive = is_alive
        self._deadline = leased_at + options.max_run_s
        self._state = lease.state
        self._pending: list[DeliveryWrite] = []

    @property
    def log(self) -> Any:
        """For what is told of this channel."""
        return log.bind(platform=self.lease.channel.platform, channel=self.lease.channel.id)

    @property
    def is_debugged(self) -> bool:
        """Whether anybody reads lines for debugging."""
        return _level.isEnabledFor(logging.DEBUG)

    # --- calls -----------------------------------------------------------------------------------------------------

    async def attempt(
        self, about: Sequence[tuple[DueCard, Card]], act: Act | TogetherAct, message: Message, *, recovered: bool
    ) -> str | None:
        """Carry the act out, ``about`` these cards; returns the message's reference. What surely was not done leaves no
        intent behind, unless it is ``recovered``: of an earlier run, which may have done it. Raises :class:`Released`,
        :class:`EditLater`, and what the adapter raises."""
        try:
            ref = await self._deliver(act, message)
        except RetryLater as later:
            self.log.info("delivery.retry_later", error=str(later), whole_workspace=later.whole_workspace)
            self._abandon(about, recovered=recovered)
            if act.kind is ActKind.EDIT and not later.whole_workspace:
                raise EditLater(later.delay_s) from later
            await self.release_now(later.delay_s, whole_workspace=later.whole_workspace)
        except _TooLate:
            self._abandon(about, recovered=recovered)
            await self.release_now()
        except Undeliverable:
            self._abandon(about, recovered=recovered)
            raise
        if self._state.health is not Health.ACTIVE:
            self._state = ChannelState()
        return ref

    async def find(self, intent: Intent) -> tuple[str | None, bool]:
        """The message of an intent, and whether it counts as sent."""
        await self.write()
        try:
            async with asyncio.timeout(self.options.call_s):
                ref = await self.adapter.find(self.lease.channel, intent.key)
        except LookupUnsupported:
            return None, intent.post == 0
        except RetryLater as later:
            await self.release_now(later.delay_s, whole_workspace=later.whole_workspace)
        except Undeliverable:
            raise
        except Exception as error:
            await self.abort_uncertain(error, intent)
        return ref, ref is not None

    async def end_if_over(self) -> None:
        """Raises :class:`Released` where no act may begin any more."""
        if self._is_over():
            await self.release_now()

    async def _deliver(self, act: Act | TogetherAct, message: Message) -> str | None:
        """The message's reference. A message that the platform rejects is sent once more as its summary alone; if that
        is rejected too, it counts as shown."""
        try:
            return await self._call(act, message)
        except MessageRejected as refusal:
            self.log.error("delivery.message_rejected", error=str(refusal), act=act.kind.value, key=act.key)
        try:
            return await self._call(act, Message(message.summary, url=message.url, mention=message.mention))
        except MessageRejected as refusal:
            self.log.error("delivery.summary_rejected", error=str(refusal), act=act.kind.value, key=act.key)
            return act.ref if act.kind is ActKind.EDIT else None

    def _is_over(self) -> bool:
        late = asyncio.get_running_loop().time() > self._deadline
        return self._stop.is_set() or late or not self._is_alive()

    async def _call(self, act: Act | TogetherAct, message: Message) -> str | None:
        if self._is_over():
            raise _TooLate
        channel, port = self.lease.channel, self.adapter
        async with asyncio.timeout(self.options.call_s):
            match act.kind, act.ref:
                case ActKind.POST, _:
                    return await port.post(channel, message, act.key)
                case ActKind.REPLY, str(root):
                    return await port.reply(channel, root, message, act.key, broadcast=act.broadcast)
                case ActKind.EDIT, str(ref):
                    await port.edit(channel, ref, message, act.key)
                    return ref
                case _:
                    raise AssertionError(f"{act.kind} of nothing")

    # --- what is recorded ------------------------------------------------------------------------------------------

    async def write(self, *entries: DeliveryWrite) -> None:
        """Commit these after what is queued. Raises :class:`bot.delivery.group_commit.LeaseLost`."""
        entries, self._pending = (*self._pending, *entries), []
        if entries:
            await self._commits.write(*entries)

    async def write_intents(self, about: Sequence[tuple[DueCard, Card]], *entries: DeliveryWrite) -> None:
        """The same for the intents of acts ``about`` these cards: cut off in between, none was begun."""
        try:
            await self.write(*entries)
        except asyncio.CancelledError:
            self._abandon(about, recovered=False)
            raise

    def record_outcome(
        self,
        due: DueCard,
        card: Card,
        *,
        done: bool,
        posted_at: datetime | None = None,
        deleted: int = 0,
        mute: bool = False,
        again_after_s: float | None = None,
        publish: tuple[str, ...] = (),
    ) -> None:
        """A card that is done is due again when what holds it back ends, and for the next reminder; one that is not, at
        once, or after ``again_after_s``."""
        now = self.now()
        muted = card.mute is not None and card.mute.applies_to(due.incident, now)
        held, since = card.held, card.held_since
        retry_at = None if again_after_s is None else now + timedelta(seconds=again_after_s)
        if done:
            settings = card.settings(self.lease.settings)
            late = too_late(due.incident, card, now, self.options.late_limit)
            facts = (due.incident, card, settings, due.vendor, due.components, now, due.wishes)
            kept = None if late else kept_back(*facts)
            reason = kept.reason if kept else None
            held, since = reason, (since if reason == held else now) if reason else None
            left = card.mute.of(due.incident) if card.mute and muted else None
            free_at = kept.until if kept else left.until if left else None
            reminder_at = next_reminder_at(due.incident, due.wishes.leads(settings), now)
            retry_at = min((at for at in (free_at, reminder_at) if at is not None), default=None)
        last = self._pending[-1] if self._pending else None
        if isinstance(last, RecordOutcome) and last.card == card.id:
            posted_at, deleted, mute = posted_at or last.posted_at, deleted + last.deleted, mute or last.mute
            publish = (*last.publish, *publish)
            self._pending.pop()
        unmute = card.mute is not None and not muted
        self._pending.append(
            RecordOutcome(
                self.lease,
                card.id,
                card.state,
                due.version,
                done,
                posted_at,
                retry_at,
                unmute,
                deleted,
                mute,
                held,
                since,
                publish,
            )
        )

    def _abandon(self, about: Sequence[tuple[DueCard, Card]], *, recovered: bool) -> None:
        for due, card in () if recovered else about:
            self.record_outcome(due, card, done=False)

    # --- how the lease ends ----------------------------------------------------------------------------------------

    async def release(self, not_before: datetime | None) -> None:
        """All of its cards are done, or cannot be before then."""
        await self.write(self._release(not_before))

    async def release_now(self, delay_s: float | None = None, *, whole_workspace: bool = False) -> NoReturn:
        """Not all of them are. Raises :class:`Released`."""
        not_before = None if delay_s is None else self.now() + timedelta(seconds=delay_s)
        await self.write(self._release(not_before, whole_workspace=whole_workspace))
        raise Released

    async def abort_uncertain(self, error: Exception, intent: Intent) -> NoReturn:
        """Nobody knows whether this act was carried out. Raises :class:`Released`."""
        age = self.now() - intent.at
        delay_s = min(max(self.options.pause_s, age.total_seconds()), self.options.max_pause_s)
        self.log.warning("delivery.uncertain", error=repr(error), act=intent.kind.value, again_in_s=delay_s)
        await self.release_now(delay_s)

    async def suspend(self, failure: Undeliverable) -> FailureOutcome:
        """The channel cannot be reached."""
        outcome = after_failure(
            self._state,
            failure.reason,
            self.now(),
            self.options.retry_waits,
            whole_workspace=failure.whole_workspace,
        )
        self.log.warning("delivery.unreachable", error=failure.reason, health=outcome.state.health.value)
        self._state = outcome.state
        await self.write(self._release(outcome.not_before, whole_workspace=failure.whole_workspace))
        return outcome

    def cut_off(self) -> None:
        """The run is cancelled: what is queued is committed by whoever closes the queue, and the channel released."""
        self._commits.put(*self._pending, self._release(self.now() + timedelta(seconds=self.options.pause_s)))

    def _release(self, not_before: datetime | None = None, *, whole_workspace: bool = False) -> Release:
        state = self._state if self._state != self.lease.state else None
        return Release(self.lease, not_before, state, whole_workspace)
