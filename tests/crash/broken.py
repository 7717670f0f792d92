"""Stores that break a promise of delivery each: with one of them the story must go wrong, or the harness is blind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.domain import Channel
from bot.domain.digests import DigestState
from bot.store import Store
from bot.store.cards import Cards
from bot.store.digests import Digests
from bot.store.values import ChannelLease, DeliveryWrite, RecordIntent, RecordOutcome


class ForgetsIntents(Cards):
    """An act that was cut short is not known to have begun."""

    def commit(self, entries: Sequence[DeliveryWrite]) -> frozenset[Channel]:
        return super().commit([entry for entry in entries if not isinstance(entry, RecordIntent)])


class SettlesFirst(Cards):
    """An act counts as done before it is carried out."""

    def commit(self, entries: Sequence[DeliveryWrite]) -> frozenset[Channel]:
        return super().commit([_settled(entry) if isinstance(entry, RecordIntent) else entry for entry in entries])


class ForgetsWhatWaits(Cards):
    """What quiet hours keep back is not known to wait, so that no message tells it together."""

    def commit(self, entries: Sequence[DeliveryWrite]) -> frozenset[Channel]:
        return super().commit([replace(e, held=None) if isinstance(e, RecordOutcome) else e for e in entries])


class HoldsNothingBack(Cards):
    """Whether it is quiet is not known to who delivers."""

    def lease_channels(self, *args: Any, **options: Any) -> tuple[ChannelLease, ...]:
        return tuple(_loud(lease) for lease in super().lease_channels(*args, **options))


class ForgetsWhatWasOpen(Digests):
    """What the last digest told as open is not known to the next."""

    def settle(self, digest: DigestState, not_before: datetime | None) -> bool:
        return super().settle(replace(digest, told_open=()), not_before)


class TellsAllAgain(Digests):
    """Each digest begins where the first one did."""

    def claim(self, *args: Any, **options: Any) -> tuple[DigestState, ...]:
        return tuple(replace(one, covered_until=_LONG_AGO) for one in super().claim(*args, **options))


_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_OF_CARDS: dict[str, type[Cards]] = {
    "forgets intents": ForgetsIntents,
    "settles first": SettlesFirst,
    "forgets what waits": ForgetsWhatWaits,
    "holds nothing back": HoldsNothingBack,
}
_OF_DIGESTS: dict[str, type[Digests]] = {
    "forgets what was open": ForgetsWhatWasOpen,
    "tells all again": TellsAllAgain,
}
BROKEN = (*_OF_CARDS, *_OF_DIGESTS)


def make_broken(store: Store, name: str) -> None:
    if name in _OF_CARDS:
        store.cards = _OF_CARDS[name](store._database)
    else:
        store.digests = _OF_DIGESTS[name](store._database)


def _loud(lease: ChannelLease) -> ChannelLease:
    return replace(lease, settings=replace(lease.settings, quiet=None))


def _settled(begun: RecordIntent) -> RecordOutcome:
    return RecordOutcome(begun.channel_lease, begun.card, begun.intent.after, version=0, done=False)
