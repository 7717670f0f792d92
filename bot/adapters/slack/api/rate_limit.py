"""Slack's rate limits: methods closed by a 429, and a message a second per channel. Never waits itself."""

from __future__ import annotations

from collections.abc import Callable

from cachetools import LRUCache

from bot.delivery.port import RetryLater

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
        self._closed_until: dict[tuple[str, str], float] = {}
        """By workspace and method."""
        self._next_free: LRUCache[tuple[str, str], float] = LRUCache(MAX_CHANNELS)
        """By workspace and channel: from when on it may get a message without using up its burst."""

    def check(self, workspace: str, method: str) -> None:
        """Raises :class:`RetryLater` while this method is closed for this workspace."""
        until = self._closed_until.get((workspace, method))
        if until is None:
            return
        left = until - self._clock()
        if left > 0:
            raise RetryLater(left)
        del self._closed_until[workspace, method]

    def close(self, workspace: str, method: str, seconds: float) -> None:
        """After a 429: no calls of this method for so many seconds."""
        self._closed_until[workspace, method] = self._clock() + seconds

    def take(self, workspace: str, channel: str) -> None:
        """One message for this channel. Raises :class:`RetryLater` when it has had its burst."""
        now, key = self._clock(), (workspace, channel)
        free = max(self._next_free.get(key, now), now)
        if free - now > (BURST - 1) * PAUSE_PER_CHANNEL_S:
            raise RetryLater(free - now - (BURST - 1) * PAUSE_PER_CHANNEL_S, "about one message a second per channel")
        self._next_free[key] = free + PAUSE_PER_CHANNEL_S
