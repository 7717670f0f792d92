"""Slack's rate limits: methods closed by a 429, and a message a second per channel. Never waits itself.

Several processes share them: what is closed to one is closed to all, and a channel, which one of them has at a time,
gets no larger burst for passing from hand to hand.
"""

from __future__ import annotations

from collections.abc import Callable

from cachetools import LRUCache

from bot.delivery.port import RetryLater
from bot.limits.shared import Ask, Closures, Share

BURST = 4
"""Messages that a channel may get at once; Slack tolerates short bursts.
https://docs.slack.dev/apis/web-api/rate-limits"""
PAUSE_PER_CHANNEL_S = 1.0
"""After a burst, one message per channel in this many seconds."""
MAX_CHANNELS = 20_000
"""Channels that are remembered; those posted to longest ago are forgotten first."""


class RateLimiter:
    """``clock``: seconds that only go forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.closures = Closures(clock)
        """By workspace and method."""
        self._burst = BURST
        self._next_free: LRUCache[tuple[str, str], float] = LRUCache(MAX_CHANNELS)
        """By workspace and channel: from when on it may get a message without using up its burst."""

    def check(self, workspace: str, method: str) -> None:
        """Raises :class:`RetryLater` while this method is closed for this workspace."""
        if left_s := self.closures.left_s(f"{workspace} {method}"):
            raise RetryLater(left_s)

    def close(self, workspace: str, method: str, seconds: float) -> None:
        """After a 429: no calls of this method for so many seconds."""
        self.closures.close(f"{workspace} {method}", seconds)

    def take(self, workspace: str, channel: str) -> None:
        """One message for this channel. Raises :class:`RetryLater` when it has had its burst."""
        now, key = self._clock(), (workspace, channel)
        free = max(self._next_free.get(key, now), now)
        ahead_s = (self._burst - 1) * PAUSE_PER_CHANNEL_S
        if free - now > ahead_s:
            raise RetryLater(free - now - ahead_s, "about one message a second per channel")
        self._next_free[key] = free + PAUSE_PER_CHANNEL_S

    # --- shared with other processes ---------------------------------------------------------------------------------

    def ask(self) -> Ask:
        return Ask("slack", BURST, BURST)

    def grant(self, share: Share) -> None:
        """Of the burst; each has one message at least, whatever others have had."""
        self._burst = max(1, share.units)
