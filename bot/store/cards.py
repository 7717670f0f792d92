"""Cards: what each channel has been shown, what is due, and which act is under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import Card, Channel, Slug
from bot.store.values import Due, Entry, Lane


class Cards:
    def claim_lanes(self, platforms: Sequence[str], now: datetime, limit: int, lease_s: float) -> tuple[Lane, ...]:
        """Lease channels of these platforms that have due cards, are not leased and may be acted on at ``now``;
        suspended ones are left alone. The channel that has waited longest comes first."""
        raise NotImplementedError

    def due(self, lane: Lane) -> tuple[Due, ...]:
        """The lane's due cards in the order in which they fell due, one with an intent first."""
        raise NotImplementedError

    def commit(self, entries: Sequence[Entry]) -> frozenset[Channel]:
        """Write all of these in one transaction, in their order. Returns the channels whose lease had been lost: their
        entries were not written."""
        raise NotImplementedError

    def next_wake(self, platforms: Sequence[str], now: datetime) -> datetime | None:
        """When the next lane can be claimed; ``None`` when none is owed anything."""
        raise NotImplementedError

    def of_channel(self, channel: Channel, since: datetime) -> tuple[Card, ...]:
        """Cards whose root was posted at or after ``since``, newest first."""
        raise NotImplementedError

    def by_ref(self, channel: Channel, ref: str) -> Card | None:
        """The card that this message belongs to."""
        raise NotImplementedError

    def of_incident(self, channel: Channel, slug: Slug, incident_id: str) -> Card | None:
        raise NotImplementedError
