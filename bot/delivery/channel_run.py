"""One claimed channel: brings its due cards to their incidents, act by act. Decides what follows an error; claims
nothing and keeps nothing beyond its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NoReturn, assert_never

import structlog

from bot import wording
from bot.cards import Act, ReplyView, RootView, View, reconcile, resume, too_late
from bot.delivery.group_commit import GroupCommit, LeaseLost
from bot.delivery.health import FailureOutcome, after_failure
from bot.delivery.port import Adapter, LookupUnsupported, MessageGone, MessageRejected, RetryLater, Undeliverable
from bot.domain import ActKind, Card, CardState, ChannelState, Health
from bot.message import Message
from bot.store.values import ChannelLease, DeliveryWrite, DueCard, Intent, RecordIntent, RecordOutcome, Release

MAX_PAUSE_S = 300.0
"""The longest wait before an uncertain act is looked at again; the wait grows with the act's age."""
MESSAGES_KEPT = 256
"""Wordings; thousands of channels are told the same."""
BUG_PAUSE = timedelta(minutes=1)
"""A card that cannot be worked out is left for this long, and its channel with it."""

Clock = Callable[[], datetime]
OnAct = Callable[[datetime, DueCard, Act, Message], None]
"""Told of each act that an adapter has carried out."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """``call_s``: the deadline of one call. ``serve_s``: no act begins later than this after the claim. ``pause_s``:
    the least wait before an uncertain act is looked at again. ``waits``: before each new try of a lost channel."""

    call_s: float
    serve_s: float
    pause_s: float
    late_limit: timedelta | None
    waits: Sequence[timedelta]
    on_act: OnAct | None = None


class _GivenBack(Exception):
    """The lane was parked before all of its cards were served."""


class ChannelRun:
    """Serves one lane once, and gives it back whatever happens, unless its lease was lost."""

    def __init__(
        self,
        lane: ChannelLease,
        adapter: Adapter,
        ledger: GroupCommit,
        now: Clock,
        terms: DeliveryOptions,
        stop: asyncio.Event,
    ) -> None:
        self._lane = lane
        self._adapter = adapter
        self._ledger = ledger
        self._now = now
        self._terms = terms
        self._stop = stop
        self._until = asyncio.get_running_loop().time() + terms.serve_s
        self._state = lane.state
        self._pending: list[DeliveryWrite] = []
        self._log = log.bind(platform=lane.channel.platform, channel=lane.channel.id)

    async def serve(self, dues: Sequence[DueCard]) -> FailureOutcome | None:
        """Act until these cards show what is true. Returns the setback that the channel met, if any."""
        not_before: datetime | None = None
        try:
            for due in dues:
                try:
                    await self._reconcile_card(due)
                except (LeaseLost, _GivenBack):
                    raise
                except Undeliverable as failure:
                    return await self._on_unreachable(failure)
                except Exception:
                    self._log.exception("card cannot be brought up to date", card=due.card.id)
                    not_before = self._now() + BUG_PAUSE
            await self._write(self._release(not_before))
        except _GivenBack:
            pass
        except LeaseLost:
            self._log.info("lease lost to another worker")
        except asyncio.CancelledError:
            self._ledger.put(*self._pending, self._release(self._now() + timedelta(seconds=self._terms.pause_s)))
            raise
        return None

    # --- one card --------------------------------------------------------------------------------------------------

    async def _reconcile_card(self, due: DueCard) -> None:
        card, intent, act = due.card, due.intent, None
        if intent is None and too_late(due.incident, card, self._now(), self._terms.late_limit):
            self._log.debug("too late to be told", incident=due.incident.id)
            self._settle(due, card.state, done=True)
            return
        if intent is not None and intent.kind is not ActKind.EDIT:
            card, act = await self._recover_intent(due, intent)
        while act := act or self._next(due, card):
            if self._stop.is_set() or asyncio.get_running_loop().time() > self._until:
                await self._give_back()
            message = _render(act.view)
            message = replace(message, mention=act.mention) if act.mention else message
            if intent is None or intent.key != act.key:
                intent = Intent(act.key, act.kind, act.post, act.after, self._now())
                await self._begin(due, card, intent)
            card = await self._perform(due, card, act, message, intent)
            intent = act = None
        self._settle(due, card.state, done=True)

    def _next(self, due: DueCard, card: Card) -> Act | None:
        settings, now = self._lane.settings, self._now()
        return reconcile(due.incident, card, settings, due.vendor, due.components, due.mention, now)

    async def _begin(self, due: DueCard, card: Card, intent: Intent) -> None:
        try:
            await self._write(RecordIntent(self._lane, card.id, intent))
        except asyncio.CancelledError:
            self._settle(due, card.state, done=False)
            raise

    async def _perform(self, due: DueCard, card: Card, act: Act, message: Message, intent: Intent) -> Card:
        """The card as it is after the call. An act that stands from an earlier life keeps its intent when it fails:
        that life may have carried it out."""
        stands = intent is due.intent
        try:
            ref = await self._deliver(act, message)
        except RetryLater as later:
            self._log.info("told to wait", why=str(later), whole_workspace=later.whole_workspace)
            if not stands:
                self._settle(due, card.state, done=False)
            await self._give_back(later.delay_s, whole_workspace=later.whole_workspace)
        except Undeliverable:
            if not stands:
                self._settle(due, card.state, done=False)
            raise
        except Exception as error:
            shown = _without(card.state, {error.ref, act.ref}) if isinstance(error, MessageGone) else card.state
            if shown == card.state:
                await self._wait_uncertain(error, intent)
            self._log.info("message is gone", incident=due.incident.id)
            self._settle(due, shown, done=False)
            return replace(card, state=shown)
        self._state = ChannelState() if self._state.health is not Health.ACTIVE else self._state
        self._log.debug("told", incident=due.incident.id, act=act.kind)
        shown = _with_ref(act.after, act.post, ref)
        self._settle(due, shown, done=False, posted_at=None if act.kind is ActKind.EDIT else self._now())
        if self._terms.on_act:
            self._terms.on_act(self._now(), due, act, message)
        return replace(card, state=shown)

    async def _recover_intent(self, due: DueCard, intent: Intent) -> tuple[Card, Act | None]:
        """Find out whether the message was sent: the card that shows it, or else the act to send again."""
        await self._write()
        try:
            async with asyncio.timeout(self._terms.call_s):
                ref = await self._adapter.find(self._lane.channel, intent.key)
            sent = ref is not None
        except LookupUnsupported:
            ref, sent = None, intent.post == 0
        except RetryLater as later:
            await self._give_back(later.delay_s, whole_workspace=later.whole_workspace)
        except Undeliverable:
            raise
        except Exception as error:
            await self._wait_uncertain(error, intent)
        self._log.info("act from before taken up", incident=due.incident.id, act=intent.kind, sent=sent)
        if sent:
            card = replace(due.card, state=_with_ref(intent.after, intent.post, ref))
            self._settle(due, card.state, done=False, posted_at=self._now())
            return card, None
        again = resume(
            due.incident,
            due.card,
            self._lane.settings,
            due.vendor,
            due.components,
            due.mention,
            kind=intent.kind,
            key=intent.key,
            after=intent.after,
            post=intent.post,
        )
        return due.card, again

    # --- calls -----------------------------------------------------------------------------------------------------

    async def _deliver(self, act: Act, message: Message) -> str | None:
        """The message's reference. What the platform refuses is sent once more as its bare summary, and then counts
        as shown."""
        try:
            return await self._call(act, message)
        except MessageRejected as refusal:
            self._log.error("message refused", why=str(refusal), act=act.kind, key=act.key)
        try:
            return await self._call(act, Message(message.summary, url=message.url, mention=message.mention))
        except MessageRejected as refusal:
            self._log.error("plain message refused too", why=str(refusal), act=act.kind, key=act.key)
            return act.ref if act.kind is ActKind.EDIT else None

    async def _call(self, act: Act, message: Message) -> str | None:
        channel, port = self._lane.channel, self._adapter
        async with asyncio.timeout(self._terms.call_s):
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

    # --- what goes on record ---------------------------------------------------------------------------------------

    async def _write(self, *entries: DeliveryWrite) -> None:
        entries, self._pending = (*self._pending, *entries), []
        if entries:
            await self._ledger.write(*entries)

    def _settle(self, due: DueCard, shown: CardState, *, done: bool, posted_at: datetime | None = None) -> None:
        """Goes with the next write. A muted card that is done sleeps until its mute is over."""
        mute = due.card.mute
        holds = mute is not None and mute.applies_to(due.incident, self._now())
        again = mute.until if mute and holds else None
        last = self._pending[-1] if self._pending else None
        if isinstance(last, RecordOutcome) and last.card == due.card.id:
            posted_at = posted_at or last.posted_at
            self._pending.pop()
        unmute = mute is not None and not holds
        self._pending.append(RecordOutcome(self._lane, due.card.id, shown, due.version, done, posted_at, again, unmute))

    def _release(self, not_before: datetime | None = None, *, whole_workspace: bool = False) -> Release:
        state = self._state if self._state != self._lane.state else None
        return Release(self._lane, not_before, state, whole_workspace)

    async def _give_back(self, delay_s: float | None = None, *, whole_workspace: bool = False) -> NoReturn:
        not_before = None if delay_s is None else self._now() + timedelta(seconds=delay_s)
        await self._write(self._release(not_before, whole_workspace=whole_workspace))
        raise _GivenBack

    async def _wait_uncertain(self, error: Exception, intent: Intent) -> NoReturn:
        age = self._now() - intent.at
        delay_s = min(max(self._terms.pause_s, age.total_seconds()), MAX_PAUSE_S)
        self._log.warning("cannot tell whether it was sent", why=repr(error), act=intent.kind, again_in_s=delay_s)
        await self._give_back(delay_s)

    async def _on_unreachable(self, failure: Undeliverable) -> FailureOutcome:
        setback = after_failure(self._state, failure.reason, self._now(), self._terms.waits)
        self._log.warning("channel cannot be reached", why=failure.reason, health=setback.state.health.value)
        self._state = setback.state
        await self._write(self._release(setback.not_before, whole_workspace=failure.whole_workspace))
        return setback


@lru_cache(maxsize=MESSAGES_KEPT)
def _render(view: View) -> Message:
    match view:
        case RootView():
            return wording.root_message(view)
        case ReplyView():
            return wording.reply_message(view)
        case _:
            assert_never(view)


def _with_ref(shown: CardState, index: int, ref: str | None) -> CardState:
    posts = shown.posts
    return replace(shown, posts=(*posts[:index], replace(posts[index], ref=ref), *posts[index + 1 :]))


def _without(shown: CardState, refs: set[str | None]) -> CardState:
    return replace(shown, posts=tuple(replace(p, ref=None) if p.ref in refs else p for p in shown.posts))
