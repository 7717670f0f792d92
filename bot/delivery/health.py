"""What becomes of a channel that cannot be reached. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import ChannelState, Health

RETRY_WAITS = (timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=30))
"""Before each of the three tries that follow a first failure: a platform in trouble refuses healthy channels too."""


@dataclass(frozen=True, slots=True)
class FailureOutcome:
    """A channel after one more failure."""

    state: ChannelState
    not_before: datetime | None = None
    """When it is tried again; ``None``: not before somebody uses the bot there."""
    notify_subscriber: bool = False
    """Its subscribers are to be notified now."""


def after_failure(
    state: ChannelState, reason: str, now: datetime, waits: Sequence[timedelta] = RETRY_WAITS
) -> FailureOutcome:
    """The channel's health after one more failure in a row. ``reason`` is a sentence for its subscribers."""
    tries = state.tries + 1
    since = now if state.health is Health.ACTIVE or state.since is None else state.since
    if state.health is not Health.SUSPENDED and tries <= len(waits):
        return FailureOutcome(
            ChannelState(Health.DEGRADED, reason, since, tries, state.subscriber_notified), now + waits[tries - 1]
        )
    if state.health is not Health.SUSPENDED:
        since = now
    return FailureOutcome(
        ChannelState(Health.SUSPENDED, reason, since, tries, subscriber_notified=True),
        notify_subscriber=not state.subscriber_notified,
    )
