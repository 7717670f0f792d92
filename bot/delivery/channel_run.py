"""One leased channel: brings its due cards up to date with their incidents, act by act, and decides what follows an
error. Leases no channel itself, and keeps nothing once the lease is over."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import NoReturn, assert_never

import structlog

from bot import wording
from bot.cards import Act, NewsView, ReminderView, ReplyView, RootView, View, kept_back, reconcile, resume, too_late
from bot.cards.together import (
    list_act,
    list_key,
    listed,
    part_key,
    parts_of,
    rank,
    told_together,
    waits_for_list,
    whole_key,
)
from bot.cards.views import TogetherAct
from bot.delivery.group_commit import GroupCommit, LeaseLost
from bot.delivery.health import FailureOutcome, after_failure
from bot.delivery.port import (
    Adapter,
    LookupUnsupported,
    MessageGone,
    MessageRejected,
    Publishing,
    RetryLater,
    Undeliverable,
)
from bot.domain import ENDED, ActKind, Card, CardState, ChannelState, Health, Mode, Mute, next_reminder_at
from bot.domain.flood import ListedIncident
from bot.message import Message
from bot.routing import hits, judge
from bot.store.values import ChannelLease, DeliveryWrite, DueCard, Intent, RecordIntent, RecordOutcome, Release
from bot.wording.flood import together_message

MESSAGE_CACHE_SIZE = 256
"""Thousands of channels get the same message."""
UNWANTED_AFTER = 2
"""Somebody who deletes a card so often does not want it: it comes back once."""
BUG_PAUSE = timedelta(minutes=1)
"""After a bug of ours met in a card: its whole channel is left for this long."""

Clock = Callable[[], datetime]
IsAlive = Callable[[], bool]
"""False once another process may have taken this one for dead, and what it had leased with it."""
OnAct = Callable[[datetime, DueCard, Act, Message], None]
"""Called after each act that an adapter has carried out."""

ToldCard = tuple[DueCard, CardState]
"""A card that a list tells, and what it shows once it has."""

log = structlog.get_logger(__name__)


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


class _TooLate(Exception):
    """The lease may be another's by now, or is about to be: no call begins."""


class _Released(Exception):
    """The channel was released before all of its cards were done."""


class _EditLater(Exception):
    """The platform takes no such edit for ``delay_s`` seconds; what is news goes on."""

    def __init__(self, delay_s: float) -> None:
        super().__init__()
        self.delay_s = delay_s


class ChannelRun:
    """Works through the due cards of one channel once, then releases it whatever happens, unless its lease was lost."""

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
        self._lease = lease
        self._adapter = adapter
        self._commits = commits
        self._now = now
        self._options = options
        self._stop = stop
        self._is_alive = is_alive
        self._deadline = leased_at + options.max_run_s
        self._state = lease.state
        self._pending: list[DeliveryWrite] = []
        self._waiting: dict[int, DueCard] = {}
        """Cards that quiet hours kept back, until the message that tells them is sent; by their ids."""
        self._told: dict[int, DueCard] = {}
        """The same once it was."""
        self._log = log.bind(platform=lease.channel.platform, channel=lease.channel.id)

    async def run(self, due_cards: Sequence[DueCard]) -> FailureOutcome | None:
        """Act until these cards show what is true. Returns what became of the channel if it could not be reached."""
        not_before: datetime | None = None
        due_cards = [_with_followed_mention(due) for due in due_cards]
        self._waiting = {due.card.id: due for due in due_cards if self._waits(due)}
        try:
            for due in due_cards:
                try:
                    await self._reconcile_card(due)
                except (LeaseLost, _Released):
                    raise
                except Undeliverable as failure:
                    return await self._on_unreachable(failure)
                except Exception:
                    self._log.exception("delivery.card_failed", card=due.card.id)
                    not_before = self._now() + BUG_PAUSE
            await self._write(self._release(not_before))
        except _Released:
            pass
        except LeaseLost:
            self._log.info("delivery.lease_lost")
        except asyncio.CancelledError:
            self._commits.put(*self._pending, self._release(self._now() + timedelta(seconds=self._options.pause_s)))
            raise
        return None

    # --- one card --------------------------------------------------------------------------------------------------

    async def _reconcile_card(self, due: DueCard) -> None:
        if due.card.id in self._waiting:
            waiting, self._waiting = tuple(self._waiting.values()), {}
            await self._tell_together(waiting)
        due = self._told.get(due.card.id, due)
        if due.services:
            found = hits(due.incident, due.components, due.services)
            due = replace(due, card=replace(due.card, hits=found))
        card, intent, act = due.card, due.intent, None
        if intent is None and too_late(due.incident, card, self._now(), self._options.late_limit):
            self._log.debug("delivery.too_late", incident=due.incident.id)
            self._record_outcome(due, card, done=True)
            return
        if intent is not None and intent.kind is not ActKind.EDIT:
            card, act = await self._recover_intent(due, intent)
        while act := act or self._next(due, card):
            if self._is_over():
                await self._release_now()
            message = _render(act.view)
            message = replace(message, mention=act.mention or act.mentioned)
            if intent is None or intent.key != act.key:
                intent = Intent(act.key, act.kind, act.post, act.after, self._now())
                await self._record_intent(due, card, intent)
            try:
                card = await self._perform(due, card, act, message, intent)
            except _EditLater as later:
                # Only edits follow an edit: those to come until then are one with it.
                self._record_outcome(due, card, done=False, again_after_s=later.delay_s)
                return
            intent = act = None
        self._record_outcome(due, card, done=True)

    def _next(self, due: DueCard, card: Card) -> Act | None:
        settings, now = card.settings(self._lease.settings), self._now()
        return reconcile(due.incident, card, settings, due.vendor, due.components, due.mention, now, due.wishes)

    async def _record_intent(self, due: DueCard, card: Card, intent: Intent) -> None:
        try:
            await self._write(RecordIntent(self._lease, card.id, intent))
        except asyncio.CancelledError:
            self._record_outcome(due, card, done=False)
            raise

    # --- several cards in one message --------------------------------------------------------------------------------

    def _waits(self, due: DueCard) -> bool:
        if due.intent is not None and due.intent.kind is not ActKind.EDIT:
            return due.intent.kind is ActKind.TOGETHER
        return self._was_quiet(due)

    def _was_quiet(self, due: DueCard) -> bool:
        settings = due.card.settings(self._lease.settings)
        return waits_for_list(due.incident, due.card, settings, due.vendor, due.components, self._now(), due.wishes)

    async def _tell_together(self, waiting: Sequence[DueCard]) -> None:
        """One message for what quiet hours kept back of these cards, and below it what finds no room there. Those of an
        earlier run, of which nobody knows whether they were sent, are looked for first, and else sent again as they
        were."""
        begun: defaultdict[str, list[ToldCard]] = defaultdict(list)
        for due in waiting:
            if due.intent is not None and due.intent.kind is ActKind.TOGETHER:
                begun[whole_key(due.intent.key)].append((due, due.intent.after))
        for key, told in begun.items():
            parts = groupby(sorted(told, key=_part_of), key=_part_of)
            await self._send_list(key, {part: list(its) for part, its in parts}, begun=True)
        cards = [due for due in waiting if due.card.id not in self._told and self._was_quiet(due)]
        if cards:
            told = sorted(((due, self._told_together(due)) for due in cards), key=lambda one: rank(_listed(one)))
            key = list_key(self._lease.channel, map(_listed, told), self._now())
            await self._send_list(key, dict(enumerate(parts_of(told))), begun=False)

    def _told_together(self, due: DueCard) -> CardState:
        return told_together(
            due.incident,
            due.card,
            due.card.settings(self._lease.settings),
            due.vendor,
            due.components,
            self._now(),
            due.wishes,
            mentioned=due.mention is not None and due.mention.is_due(due.incident),
        )

    async def _send_list(self, key: str, parts: Mapping[int, Sequence[ToldCard]], *, begun: bool) -> None:
        """``parts``: by their places the cards that each message tells, with what they show afterwards. ``begun``: an
        earlier run may have sent the first of these."""
        if self._is_over():
            await self._release_now()
        everything = [one for told in parts.values() for one in told]
        intents = {
            part: [Intent(part_key(key, part), ActKind.TOGETHER, part, state, self._now()) for _, state in told]
            for part, told in parts.items()
        }
        if not begun:
            pairs = [pair for part, told in parts.items() for pair in zip(told, intents[part], strict=True)]
            try:
                await self._write(*(RecordIntent(self._lease, due.card.id, one) for (due, _), one in pairs))
            except asyncio.CancelledError:
                self._abandon([(due, due.card) for due, _ in everything], recovered=False)
                raise
        root = (
            None
            if 0 in parts or not begun
            else (await self._find(Intent(key, ActKind.TOGETHER, 0, CardState(), self._now())))[0]
        )
        for part, told in parts.items():
            intent = (told[0][0].intent if begun else None) or intents[part][0]
            ref, sent = await self._find(intent) if begun else (None, False)
            if begun:
                self._log.info("delivery.list_recovered", cards=len(told), sent=sent)
            if not sent:
                below = [_listed(one) for at, others in parts.items() if at > part for one in others]
                act = list_act(key, part, [_listed(one) for one in told], below)
                act = replace(act, mention=_calling(everything) if not part else None)
                if part and root and self._lease.settings.mode is not Mode.FLAT:
                    act = replace(act, kind=ActKind.REPLY, ref=root)
                # What stands below a message that was sent is sent below it, if later.
                about = [] if part else [(due, due.card) for due, _ in everything]
                try:
                    ref = await self._send_part(act, about, intent, recovered=begun)
                except MessageGone:
                    # Who deletes the list does not want the rest of it.
                    self._record_told([one for at, others in parts.items() if at >= part for one in others])
                    return
            root = root if part else ref
            self._record_told(told)

    async def _send_part(
        self, act: TogetherAct, about: Sequence[tuple[DueCard, Card]], intent: Intent, *, recovered: bool
    ) -> str | None:
        message = replace(together_message(act), mention=act.mention)
        try:
            return await self._attempt(about, act, message, recovered=recovered)
        except (_Released, Undeliverable, LeaseLost, MessageGone):
            raise
        except Exception as error:
            await self._abort_uncertain(error, intent)

    def _record_told(self, told: Sequence[ToldCard]) -> None:
        for due, state in told:
            card = replace(due.card, state=state, held=None, held_since=None, catch_up=True)
            self._record_outcome(due, card, done=False, posted_at=self._now())
            self._told[card.id] = replace(due, card=card, intent=None)

    # --- an act ----------------------------------------------------------------------------------------------------

    async def _perform(self, due: DueCard, card: Card, act: Act, message: Message, intent: Intent) -> Card:
        """The card as it is after the call. The intent of an earlier run stays when its act fails: that run may have
        carried it out."""
        try:
            ref = await self._attempt([(due, card)], act, message, recovered=intent is due.intent)
        except (_Released, _EditLater, Undeliverable, LeaseLost):
            raise
        except Exception as error:
            state = _without_refs(card.state, {error.ref, act.ref}) if isinstance(error, MessageGone) else card.state
            if state == card.state:
                await self._abort_uncertain(error, intent)
            return self._after_deletion(due, card, state)
        self._state = ChannelState() if self._state.health is not Health.ACTIVE else self._state
        self._log.debug("delivery.done", incident=due.incident.id, act=act.kind.value)
        card = replace(card, state=act.after.with_ref(act.post, ref), root_at=card.root_at or self._now())
        announced = self._announced(due, act, ref, broadcast=act.broadcast)
        posted_at = None if act.kind is ActKind.EDIT else self._now()
        self._record_outcome(due, card, done=False, posted_at=posted_at, publish=announced)
        if self._options.on_act:
            self._options.on_act(self._now(), due, act, message)
        return card

    def _announced(self, due: DueCard, act: Act | Intent, ref: str | None, *, broadcast: bool) -> tuple[str, ...]:
        """The message, if those who follow the channel are to see it: it opens the card, or tells its end."""
        if ref is None or act.kind is ActKind.EDIT or due.card.mode is not None or not self._lease.settings.publish:
            return ()
        if not isinstance(self._adapter, Publishing) or not self._adapter.publishes(self._lease.channel):
            return ()
        in_channel = broadcast or act.kind is ActKind.POST
        return (ref,) if act.post == 0 or (in_channel and due.incident.phase in ENDED) else ()

    async def _attempt(
        self, about: Sequence[tuple[DueCard, Card]], act: Act | TogetherAct, message: Message, *, recovered: bool
    ) -> str | None:
        """Carry it out. What surely was not done leaves no intent behind."""
        try:
            return await self._deliver(act, message)
        except RetryLater as later:
            self._log.info("delivery.retry_later", error=str(later), whole_workspace=later.whole_workspace)
            self._abandon(about, recovered=recovered)
            if act.kind is ActKind.EDIT and not later.whole_workspace:
                raise _EditLater(later.delay_s) from later
            await self._release_now(later.delay_s, whole_workspace=later.whole_workspace)
        except _TooLate:
            self._abandon(about, recovered=recovered)
            await self._release_now()
        except Undeliverable:
            self._abandon(about, recovered=recovered)
            raise

    def _abandon(self, about: Sequence[tuple[DueCard, Card]], *, recovered: bool) -> None:
        for due, card in () if recovered else about:
            self._record_outcome(due, card, done=False)

    def _after_deletion(self, due: DueCard, card: Card, state: CardState) -> Card:
        """The card without messages that somebody deleted; muted if its root was, once more."""
        root, left = card.state.root, state.root
        deleted = int(root is not None and root.ref is not None and (left is None or left.ref is None))
        deletions = card.deletions + deleted
        unwanted = bool(deleted) and deletions >= UNWANTED_AFTER
        self._log.info("delivery.message_gone", incident=due.incident.id, muted=unwanted)
        card = replace(card, state=state, deletions=deletions, mute=Mute() if unwanted else card.mute)
        self._record_outcome(due, card, done=False, deleted=deleted, mute=unwanted)
        return card

    async def _recover_intent(self, due: DueCard, intent: Intent) -> tuple[Card, Act | None]:
        """Find out whether the message was sent: the card that shows it, or else the act to send again."""
        ref, sent = await self._find(intent)
        self._log.info("delivery.intent_recovered", incident=due.incident.id, act=intent.kind.value, sent=sent)
        if sent:
            root_at = due.card.root_at or self._now()
            card = replace(due.card, state=intent.after.with_ref(intent.post, ref), root_at=root_at)
            announced = self._announced(due, intent, ref, broadcast=False)
            self._record_outcome(due, card, done=False, posted_at=self._now(), publish=announced)
            return card, None
        again = resume(
            due.incident,
            due.card,
            due.card.settings(self._lease.settings),
            due.vendor,
            due.components,
            due.mention,
            kind=intent.kind,
            key=intent.key,
            after=intent.after,
            post=intent.post,
        )
        return due.card, again

    async def _find(self, intent: Intent) -> tuple[str | None, bool]:
        """The message of an intent, and whether it counts as sent."""
        await self._write()
        try:
            async with asyncio.timeout(self._options.call_s):
                ref = await self._adapter.find(self._lease.channel, intent.key)
        except LookupUnsupported:
            return None, intent.post == 0
        except RetryLater as later:
            await self._release_now(later.delay_s, whole_workspace=later.whole_workspace)
        except Undeliverable:
            raise
        except Exception as error:
            await self._abort_uncertain(error, intent)
        return ref, ref is not None

    # --- calls -----------------------------------------------------------------------------------------------------

    async def _deliver(self, act: Act | TogetherAct, message: Message) -> str | None:
        """The message's reference. A message that the platform rejects is sent once more as its summary alone; if that
        is rejected too, it counts as shown."""
        try:
            return await self._call(act, message)
        except MessageRejected as refusal:
            self._log.error("delivery.message_rejected", error=str(refusal), act=act.kind.value, key=act.key)
        try:
            return await self._call(act, Message(message.summary, url=message.url, mention=message.mention))
        except MessageRejected as refusal:
            self._log.error("delivery.summary_rejected", error=str(refusal), act=act.kind.value, key=act.key)
            return act.ref if act.kind is ActKind.EDIT else None

    def _is_over(self) -> bool:
        late = asyncio.get_running_loop().time() > self._deadline
        return self._stop.is_set() or late or not self._is_alive()

    async def _call(self, act: Act | TogetherAct, message: Message) -> str | None:
        if self._is_over():
            raise _TooLate
        channel, port = self._lease.channel, self._adapter
        async with asyncio.timeout(self._options.call_s):
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

    async def _write(self, *entries: DeliveryWrite) -> None:
        entries, self._pending = (*self._pending, *entries), []
        if entries:
            await self._commits.write(*entries)

    def _record_outcome(
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
        """Queued for the next write. A card that is done is due again when what holds it back ends, and for the next
        reminder; one that is not, at once, or after ``again_after_s``."""
        now = self._now()
        muted = card.mute is not None and card.mute.applies_to(due.incident, now)
        held, since = card.held, card.held_since
        retry_at = None if again_after_s is None else now + timedelta(seconds=again_after_s)
        if done:
            settings = card.settings(self._lease.settings)
            late = too_late(due.incident, card, now, self._options.late_limit)
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
                self._lease,
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

    def _release(self, not_before: datetime | None = None, *, whole_workspace: bool = False) -> Release:
        state = self._state if self._state != self._lease.state else None
        return Release(self._lease, not_before, state, whole_workspace)

    async def _release_now(self, delay_s: float | None = None, *, whole_workspace: bool = False) -> NoReturn:
        not_before = None if delay_s is None else self._now() + timedelta(seconds=delay_s)
        await self._write(self._release(not_before, whole_workspace=whole_workspace))
        raise _Released

    async def _abort_uncertain(self, error: Exception, intent: Intent) -> NoReturn:
        age = self._now() - intent.at
        delay_s = min(max(self._options.pause_s, age.total_seconds()), self._options.max_pause_s)
        self._log.warning("delivery.uncertain", error=repr(error), act=intent.kind.value, again_in_s=delay_s)
        await self._release_now(delay_s)

    async def _on_unreachable(self, failure: Undeliverable) -> FailureOutcome:
        outcome = after_failure(
            self._state,
            failure.reason,
            self._now(),
            self._options.retry_waits,
            whole_workspace=failure.whole_workspace,
        )
        self._log.warning("delivery.unreachable", error=failure.reason, health=outcome.state.health.value)
        self._state = outcome.state
        await self._write(self._release(outcome.not_before, whole_workspace=failure.whole_workspace))
        return outcome


@lru_cache(maxsize=MESSAGE_CACHE_SIZE)
def _render(view: View) -> Message:
    match view:
        case RootView():
            return wording.root_message(view)
        case ReplyView():
            return wording.reply_message(view)
        case NewsView():
            return wording.news_message(view)
        case ReminderView():
            return wording.reminder_message(view)
        case _:
            assert_never(view)


def _with_followed_mention(due: DueCard) -> DueCard:
    """With whom a service wants mentioned about what hits it."""
    hitting = (m for m, wanted in due.followed if judge(due.incident, due.components, wanted).deliver)
    return replace(due, mention=next(hitting, None)) if due.followed else due


def _listed(told: ToldCard) -> ListedIncident:
    due, _ = told
    return listed(due.incident, due.vendor)


def _part_of(told: ToldCard) -> int:
    """Which message of the list tells it, as its intent says."""
    intent = told[0].intent
    return intent.post if intent else 0


def _calling(told: Sequence[ToldCard]) -> str | None:
    """Whom the list is to mention."""
    calling = [due.mention for due, state in told if due.mention and state.mentioned and not due.card.state.mentioned]
    return " ".join(dict.fromkeys(mention.target for mention in calling)) or None


def _without_refs(state: CardState, refs: set[str | None]) -> CardState:
    return replace(state, posts=tuple(replace(p, ref=None) if p.ref in refs else p for p in state.posts))
