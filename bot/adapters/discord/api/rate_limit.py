"""The global rate limit: requests a second over all servers, and none after too many refusals.

Limits of single routes are :mod:`~bot.adapters.discord.api.buckets`.
https://discord.com/developers/docs/topics/rate-limits#global-rate-limit
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from bot.adapters.discord.api.buckets import RouteLimits
from bot.delivery.port import RetryLater

RATE_PER_SECOND = 50
"""Discord's own limit."""
HEADROOM = 0.02
"""The share of the limit that is left unused, so that small delays cost nothing."""
MAX_REFUSED = 5_000
"""Answers 401, 403 and 429 within :data:`WINDOW_S`; Discord bans an address at 10,000."""
WINDOW_S = 600.0
MAX_CATCH_UP = 0.5
"""The share of a period's requests that may go at once after a busy machine was late."""


class RateLimiter:
    """``clock``: monotonic, in seconds. ``limit``: requests in any ``per_s`` seconds, evenly spread. ``max_refused``:
    refusals within :data:`WINDOW_S`."""

    def __init__(
        self,
        clock: Callable[[], float],
        limit: int = RATE_PER_SECOND,
        *,
        per_s: float = 1.0,
        max_refused: int = MAX_REFUSED,
    ) -> None:
        self.clock = clock
        self.routes = RouteLimits(clock)
        self._per_s = per_s
        self._gap_s = per_s / limit / (1 - HEADROOM)
        self._max_refused = max_refused
        self._next_at = 0.0
        self._paused_until = 0.0
        self._sent_at: deque[float] = deque(maxlen=limit)
        self._refused_at: deque[float] = deque()
        self._lock = asyncio.Lock()

    async def acquire(self) -> None:
        """Waits for the next request's turn, first come, first served. Raises :class:`RetryLater` while Discord takes
        none, and after too many refusals."""
        late_s = MAX_CATCH_UP * self._per_s if self._lock.locked() else 0.0
        async with self._lock:
            self._raise_if_paused()
            now = self.clock()
            at = max(self._next_at, now - late_s)
            if len(self._sent_at) == self._sent_at.maxlen:
                at = max(at, self._sent_at[0] + self._per_s)
            if at > now:
                await asyncio.sleep(at - now)
                self._raise_if_paused()
            self._next_at = at + self._gap_s
            self._sent_at.append(max(at, self.clock()))

    def note_refusal(self) -> None:
        """A refusal that Discord counts."""
        self._refused_at.append(self.clock())

    def pause(self, seconds: float) -> None:
        """No requests for so long: Discord would refuse and count them."""
        self._paused_until = max(self._paused_until, self.clock() + seconds)

    def _raise_if_paused(self) -> None:
        now = self.clock()
        while self._refused_at and self._refused_at[0] <= now - WINDOW_S:
            self._refused_at.popleft()
        if len(self._refused_at) >= self._max_refused:
            raise RetryLater(self._refused_at[0] + WINDOW_S - now, "too many refusals: a ban is near")
        if now < self._paused_until:
            raise RetryLater(self._paused_until - now, "the limit over all servers")
