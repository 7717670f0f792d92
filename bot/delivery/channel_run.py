"""One leased channel: brings its due cards up to date with their incidents, act by act, and decides what follows an
error."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import assert_never

from bot import wording
from bot.cards import Act, NewsView, ReminderView, ReplyView, RootView, View, next_act, resume, too_late
from bot.delivery.group_commit import LeaseLost
from bot.delivery.health import FailureOutcome
from bot.delivery.leased_channel import EditLater, LeasedChannel, Released
from bot.delivery.port import MessageGone, Publishing, Undeliverable
from bot.delivery.together import Together
from bot.domain import ENDED, ActKind, Card, CardState, Mute
from bot.message import Message
from bot.routing import hits, judge
from bot.store.values import DueCard, Intent, RecordIntent

MESSAGE_CACHE_SIZE = 256
"""Thousands of channels get the same message."""
UNWANTED_AFTER = 2
"""Somebody who deletes a card so often does not want it: it comes back once."""
BUG_PAUSE = timedelta(minutes=1)
"""After a bug of ours met in a card: its whole channel is left for this long."""


class ChannelRun:
    """Works through the due cards of one channel once, then releases it whatever happens, unless its lease was lost."""

    def __init__(self, channel: LeasedChannel, publishing: Publishing | None) -> None:
        """``publishing``: the channel's adapter, where others can follow channels of its platform."""
        self._channel = channel
        self._publishing = publishing
        self._settings = channel.lease.settings

    async def run(self, due_cards: Sequence[DueCard]) -> FailureOutcome | None:
        """Act until these cards show what is true. Returns what became of the channel if it could not be reached."""
        channel = self._channel
        not_before: datetime | None = None
        due_cards = [_with_followed_mention(due) if due.followed else due for due in due_cards]
        together = Together(channel, due_cards)
        try:
            for due in due_cards:
                try:
                    await self._reconcile_card(await together.told(due))
                except (LeaseLost, Released):
                    raise
                except Undeliverable as failure:
                    return await channel.suspend(failure)
                except Exception:
                    channel.log.exception("delivery.card_failed", card=due.card.id)
                    not_before = channel.now() + BUG_PAUSE
            await channel.release(not_before)
        except Released:
            pass
        except LeaseLost:
            channel.log.info("delivery.lease_lost")
        except asyncio.CancelledError:
            channel.cut_off()
            raise
        return None

    async def _reconcile_card(self, due: DueCard) -> None:
        channel, now = self._channel, self._channel.now
        if due.services:
            found = hits(due.incident, due.components, due.services)
            due = replace(due, card=replace(due.card, hits=found))
        card, intent, act = due.card, due.intent, None
        if intent is None and too_late(due.incident, card, now(), channel.options.late_limit):
            channel.log.debug("delivery.too_late", incident=due.incident.id)
            channel.record_outcome(due, card, done=True)
            return
        if intent is not None and intent.kind is not ActKind.EDIT:
            card, act = await self._recover_intent(due, intent)
        while act := act or self._next(due, card):
            await channel.end_if_over()
            message = _render(act.view, act.mention or act.mentioned)
            if intent is None or intent.key != act.key:
                intent = Intent(act.key, act.kind, act.post, act.after, now())
                await channel.write_intents([(due, card)], RecordIntent(channel.lease, card.id, intent))
            try:
                card = await self._perform(due, card, act, message, intent)
            except EditLater as later:
                # Only edits follow an edit: those to come until then are one with it.
                channel.record_outcome(due, card, done=False, again_after_s=later.delay_s)
                return
            intent = act = None
        channel.record_outcome(due, card, done=True)

    def _next(self, due: DueCard, card: Card) -> Act | None:
        settings, now = card.settings(self._settings), self._channel.now()
        return next_act(due.incident, card, settings, due.vendor, due.components, due.mention, now, due.wishes)

    async def _perform(self, due: DueCard, card: Card, act: Act, message: Message, intent: Intent) -> Card:
        """The card as it is after the call. The intent of an earlier run stays when its act fails: that run may have
        carried it out."""
        channel = self._channel
        try:
            ref = await channel.attempt([(due, card)], act, message, recovered=intent is due.intent)
        except (Released, EditLater, Undeliverable, LeaseLost):
            raise
        except Exception as error:
            state = _without_refs(card.state, {error.ref, act.ref}) if isinstance(error, MessageGone) else card.state
            if state == card.state:
                await channel.abort_uncertain(error, intent)
            return self._after_deletion(due, card, state)
        now = channel.now()
        if channel.is_debugged:
            channel.log.debug("delivery.done", incident=due.incident.id, act=act.kind.value)
        card = replace(card, state=act.after.with_ref(act.post, ref), root_at=card.root_at or now)
        announced = self._announced(due, act, ref, broadcast=act.broadcast)
        posted_at = None if act.kind is ActKind.EDIT else now
        channel.record_outcome(due, card, done=False, posted_at=posted_at, publish=announced)
        if channel.options.on_act:
            channel.options.on_act(now, due, act, message)
        return card

    def _announced(self, due: DueCard, act: Act | Intent, ref: str | None, *, broadcast: bool) -> tuple[str, ...]:
        """The message, if those who follow the channel are to see it: it opens the card, or tells its end."""
        if self._publishing is None or not self._publishing.publishes(self._channel.lease.channel):
            return ()
        if ref is None or act.kind is ActKind.EDIT or due.card.mode is not None or not self._settings.publish:
            return ()
        in_channel = broadcast or act.kind is ActKind.POST
        return (ref,) if act.post == 0 or (in_channel and due.incident.phase in ENDED) else ()

    def _after_deletion(self, due: DueCard, card: Card, state: CardState) -> Card:
        """The card without messages that somebody deleted; muted if its root was, once more."""
        root, left = card.state.root, state.root
        deleted = int(root is not None and root.ref is not None and (left is None or left.ref is None))
        deletions = card.deletions + deleted
        unwanted = bool(deleted) and deletions >= UNWANTED_AFTER
        self._channel.log.info("delivery.message_gone", incident=due.incident.id, muted=unwanted)
        card = replace(card, state=state, deletions=deletions, mute=Mute() if unwanted else card.mute)
        self._channel.record_outcome(due, card, done=False, deleted=deleted, mute=unwanted)
        return card

    async def _recover_intent(self, due: DueCard, intent: Intent) -> tuple[Card, Act | None]:
        """Find out whether the message was sent: the card that shows it, or else the act to send again."""
        channel = self._channel
        ref, sent = await channel.find(intent)
        channel.log.info("delivery.intent_recovered", incident=due.incident.id, act=intent.kind.value, sent=sent)
        if sent:
            root_at = due.card.root_at or channel.now()
            card = replace(due.card, state=intent.after.with_ref(intent.post, ref), root_at=root_at)
            announced = self._announced(due, intent, ref, broadcast=False)
            channel.record_outcome(due, card, done=False, posted_at=channel.now(), publish=announced)
            return card, None
        again = resume(
            due.incident,
            due.card,
            due.card.settings(self._settings),
            due.vendor,
            due.components,
            due.mention,
            kind=intent.kind,
            key=intent.key,
            after=intent.after,
            post=intent.post,
        )
        return due.card, again


@lru_cache(maxsize=MESSAGE_CACHE_SIZE)
def _render(view: View, mention: str | None) -> Message:
    match view:
        case RootView():
            message = wording.root_message(view)
        case ReplyView():
            message = wording.reply_message(view)
        case NewsView():
            message = wording.news_message(view)
        case ReminderView():
            message = wording.reminder_message(view)
        case _:
            assert_never(view)
    return replace(message, mention=mention)


def _with_followed_mention(due: DueCard) -> DueCard:
    """With whom a service wants mentioned about what hits it."""
    hitting = (m for m, wanted in due.followed if judge(due.incident, due.components, wanted).deliver)
    return replace(due, mention=next(hitting, None))


def _without_refs(state: CardState, refs: set[str | None]) -> CardState:
    return replace(state, posts=tuple(replace(p, ref=None) if p.ref in refs else p for p in state.posts))
