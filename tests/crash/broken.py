"""Stores that break a promise of delivery each: with one of them the story must go wrong, or the harness is blind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain import Channel
from bot.store import Store
from bot.store.cards import Cards
from bot.store.values import DeliveryWrite, RecordIntent, RecordOutcome


class _Broken(Cards):
    def __init__(self, store: Store) -> None:
        super().__init__(store._database)


class ForgetsIntents(_Broken):
    """An act that was cut short is not known to have begun."""

    def commit(self, entries: Sequence[DeliveryWrite]) -> frozenset[Channel]:
        return super().commit([entry for entry in entries if not isinstance(entry, RecordIntent)])


class SettlesFirst(_Broken):
    """An act counts as done before it is carried out."""

    def commit(self, entries: Sequence[DeliveryWrite]) -> frozenset[Channel]:
        return super().commit([_settled(entry) if isinstance(entry, RecordIntent) else entry for entry in entries])


class ForgetsWhatWaits(_Broken):
    """What quiet hours keep back is not known to wait, so that no message tells it together."""

    def commit(self, entries: Sequence[DeliveryWrite]) -> frozenset[Channel]:
        return super().commit([replace(e, held=None) if isinstance(e, RecordOutcome) else e for e in entries])


BROKEN = {
    "forgets intents": ForgetsIntents,
    "settles first": SettlesFirst,
    "forgets what waits": ForgetsWhatWaits,
}


def _settled(begun: RecordIntent) -> RecordOutcome:
    return RecordOutcome(begun.channel_lease, begun.card, begun.intent.after, version=0, done=False)
