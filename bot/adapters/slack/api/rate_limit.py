"""How fast Slack may be written to: what a 429 closed, and a message a second per channel. Never waits itself."""

from __future__ import annotations

from collections.abc import Callable

from bot.delivery.port import RetryLater

BURST = 4
"""Messages that a channel may get at once; Slack tolerates short bursts.
https://docs.slack.dev/apis/web-api/rate-limits"""
PAUSE_PER_CHANNEL_S = 1.0
"""After a burst, one message per channel in this many seconds."""
KEPT = 20_000
"""Channels that are remembered; who was quiet for a burst's time is forgotten first."""


class RateLimiter:
    """``clock``: seconds that only go forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._closed: dict[tuple[str, str], float] = {}
        self._free: dict[tuple[str, str], float] = {}

    def check(self, workspace: str, method: str) -> None:
        """Raises :class:`RetryLater` while this method is closed for this workspace."""
        until = self._closed.get((workspace, method))
        if until is None:
            return
        left = until - self._clock()
        if left > 0:
            raise RetryLater(left)
        del self._closed[workspace, method]

    def close(self, workspace: str, method: str, seconds: float) -> None:
        """Slack said so."""
        self._closed[workspace, method] = self._clock() + seconds

    def take(self, workspace: str, channel: str) -> None:
        """One message for this channel. Raises :class:`RetryLater` when it has had its burst."""
        now, key = self._clock(), (workspace, channel)
        free = max(self._free.get(key, now), now)
        if free - now > (BURST - 1) * PAUSE_PER_CHANNEL_S:
            raise RetryLater(free - now - (BURST - 1) * PAUSE_PER_CHANNEL_S, "about one message a second per channel")
        self._free.pop(key, None)
        self._free[key] = free + PAUSE_PER_CHANNEL_S
        if len(self._free) > KEPT:
            del self._free[next(iter(self._free))]
