"""Several cards of one leased channel in one message: what quiet hours kept back, told when they are over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

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
from bot.delivery.group_commit import LeaseLost
from bot.delivery.leased_channel import LeasedChannel, Released
from bot.delivery.port import MessageGone, Undeliverable
from bot.domain import ActKind, Card, CardState, HeldReason, Mode
from bot.domain.flood import ListedIncident
from bot.store.values import DueCard, Intent, RecordIntent
from bot.wording.flood import together_message

ToldCard = tuple[DueCard, CardState]
"""A card that a list tells, and what it shows once it has."""


class Together:
    """The list of one run. It waits for the first of its cards: what comes before that keeps its place."""

    def __init__(self, channel: LeasedChannel, due_cards: Sequence[DueCard]) -> None:
        self._channel = channel
        self._settings = channel.lease.settings
        self._waiting = {due.card.id: due for due in due_cards if self._waits(due)}
        self._told: dict[int, DueCard] = {}

    async def told(self, due: DueCard) -> DueCard:
        """The card as it is once the list is sent, if it stands there."""
        if due.card.id in self._waiting:
            waiting, self._waiting = tuple(self._waiting.values()), {}
            await self._tell(waiting)
        return self._told.get(due.card.id, due)

    def _waits(self, due: DueCard) -> bool:
        if due.intent is not None and due.intent.kind is not ActKind.EDIT:
            return due.intent.kind is ActKind.TOGETHER
        return self._was_quiet(due)

    def _was_quiet(self, due: DueCard) -> bool:
        if due.card.held is not HeldReason.QUIET_HOURS:
            return False
        settings, now = due.card.settings(self._settings), self._channel.now()
        return waits_for_list(due.incident, due.card, settings, due.vendor, due.components, now, due.wishes)

    async def _tell(self, waiting: Sequence[DueCard]) -> None:
        """One message for what quiet hours kept back of these cards, and below it what finds no room there. Those of an
        earlier run, of which nobody knows whether they were sent, are looked for first, and else sent again as they
        were."""
        begun: defaultdict[str, list[ToldCard]] = defaultdict(list)
        for due in waiting:
            if due.intent is not None and due.intent.kind is ActKind.TOGETHER:
                begun[whole_key(due.intent.key)].append((due, due.intent.after))
        for key, told in begun.items():
            parts = groupby(sorted(told, key=_part_of), key=_part_of)
            await self._send(key, {part: list(its) for part, its in parts}, begun=True)
        cards = [due for due in waiting if due.card.id not in self._told and self._was_quiet(due)]
        if cards:
            told = sorted(((due, self._state_after(due)) for due in cards), key=lambda one: rank(_listed(one)))
            key = list_key(self._channel.lease.channel, map(_listed, told), self._channel.now())
            await self._send(key, dict(enumerate(parts_of(told))), begun=False)

    def _state_after(self, due: DueCard) -> CardState:
        return told_together(
            due.incident,
            due.card,
            due.card.settings(self._settings),
            due.vendor,
            due.components,
            self._channel.now(),
            due.wishes,
            mentioned=due.mention is not None and due.mention.is_due(due.incident),
        )

    async def _send(self, key: str, parts: Mapping[int, Sequence[ToldCard]], *, begun: bool) -> None:
        """``parts``: by their places the cards that each message tells, with what they show afterwards. ``begun``: an
        earlier run may have sent the first of these."""
        channel, now = self._channel, self._channel.now
        await channel.end_if_over()
        everything = [one for told in parts.values() for one in told]
        intents = {
            part: [Intent(part_key(key, part), ActKind.TOGETHER, part, state, now()) for _, state in told]
            for part, told in parts.items()
        }
        if not begun:
            pairs = [pair for part, told in parts.items() for pair in zip(told, intents[part], strict=True)]
            entries = [RecordIntent(channel.lease, due.card.id, one) for (due, _), one in pairs]
            await channel.write_intents([(due, due.card) for due, _ in everything], *entries)
        root = (
            None
            if 0 in parts or not begun
            else (await channel.find(Intent(key, ActKind.TOGETHER, 0, CardState(), now())))[0]
        )
        for part, told in parts.items():
            intent = (told[0][0].intent if begun else None) or intents[part][0]
            ref, sent = await channel.find(intent) if begun else (None, False)
            if begun:
                channel.log.info("delivery.list_recovered", cards=len(told), sent=sent)
            if not sent:
                below = [_listed(one) for at, others in parts.items() if at > part for one in others]
                act = list_act(key, part, [_listed(one) for one in told], below)
                act = replace(act, mention=_calling(everything) if not part else None)
                if part and root and self._settings.mode is not Mode.FLAT:
                    act = replace(act, kind=ActKind.REPLY, ref=root)
                # What stands below a message that was sent is sent below it, if later.
                about = [] if part else [(due, due.card) for due, _ in everything]
                try:
                    ref = await self._send_part(act, about, intent, recovered=begun)
                except MessageGone:
                    # Who deletes the list does not want the rest of it.
                    self._record([one for at, others in parts.items() if at >= part for one in others])
                    return
            root = root if part else ref
            self._record(told)

    async def _send_part(
        self, act: TogetherAct, about: Sequence[tuple[DueCard, Card]], intent: Intent, *, recovered: bool
    ) -> str | None:
        message = replace(together_message(act), mention=act.mention)
        try:
            return await self._channel.attempt(about, act, message, recovered=recovered)
        except (Released, Undeliverable, LeaseLost, MessageGone):
            raise
        except Exception as error:
            await self._channel.abort_uncertain(error, intent)

    def _record(self, told: Sequence[ToldCard]) -> None:
        for due, state in told:
            card = replace(due.card, state=state, held=None, held_since=None, catch_up=True)
            self._channel.record_outcome(due, card, done=False, posted_at=self._channel.now())
            self._told[card.id] = replace(due, card=card, intent=None)


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
