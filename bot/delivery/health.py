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
    state: ChannelState,
    reason: str,
    now: datetime,
    waits: Sequence[timedelta] = RETRY_WAITS,
    *,
    whole_workspace: bool = False,
) -> FailureOutcome:
    """The channel's health after one more failure in a row. ``reason`` is a sentence for its subscribers. They are
    notified at the first: an outage begins in minutes, and what they have to do takes some, too. Where the failure is
    about the ``whole_workspace``, nobody there can be reached before it is over, and they are notified at the last."""
    tries = state.tries + 1
    since = now if state.health is Health.ACTIVE or state.since is None else state.since
    is_last = state.health is Health.SUSPENDED or tries > len(waits)
    notify = not state.subscriber_notified and (is_last or not whole_workspace)
    notified = state.subscriber_notified or notify
    if not is_last:
        degraded = ChannelState(Health.DEGRADED, reason, since, tries, notified)
        return FailureOutcome(degraded, now + waits[tries - 1], notify)
    if state.health is not Health.SUSPENDED:
        since = now
    return FailureOutcome(ChannelState(Health.SUSPENDED, reason, since, tries, notified), notify_subscriber=notify)
