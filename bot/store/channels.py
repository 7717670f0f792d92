"""Channels: their subscriptions, settings and health."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import Channel, ChannelSettings, Slug, Subscription
from bot.store.values import ChannelState, Listed, Route


class Channels:
    def subscribe(self, subscription: Subscription, route: Route) -> bool:
        """Add the subscription, or replace the channel's one for this vendor. Cards fall due for the open incidents
        that ``route`` lets through and that the channel has no card for. Returns whether it was replaced."""
        raise NotImplementedError

    def unsubscribe(self, channel: Channel, slugs: Sequence[Slug] | None) -> tuple[Slug, ...]:
        """End these subscriptions, all with ``None``; returns those that stood. Their cards are no longer due."""
        raise NotImplementedError

    def subscriptions(self, channel: Channel) -> tuple[Listed, ...]:
        """By vendor."""
        raise NotImplementedError

    def settings(self, channel: Channel) -> ChannelSettings:
        """The defaults for a channel that was never seen."""
        raise NotImplementedError

    def set_settings(self, channel: Channel, settings: ChannelSettings) -> None:
        """Cards of open incidents fall due, so that they take the new mode."""
        raise NotImplementedError

    def state(self, channel: Channel) -> ChannelState:
        raise NotImplementedError

    def in_trouble(self) -> tuple[tuple[Channel, ChannelState], ...]:
        """Channels that are not active."""
        raise NotImplementedError

    def revive(self, channel: Channel) -> bool:
        """The channel can be reached again: make it active at once; what it missed is to be folded. False if it was."""
        raise NotImplementedError

    def purge(self, suspended_before: datetime) -> int:
        """Delete channels that have been suspended since before then, with all that hangs on them."""
        raise NotImplementedError
