"""How fast Discord may be called: so many requests a second over all servers, and none after too many refusals.

Limits of single routes are the buckets' business.
https://discord.com/developers/docs/topics/rate-limits#global-rate-limit
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from bot.delivery.port import RetryLater

RATE_PER_SECOND = 50
"""Discord's own limit."""
SPARED = 0.02
"""The share of it that is not planned with: so much lateness costs nothing."""
MAX_REFUSED = 5_000
"""Answers 401, 403 and 429 within :data:`WINDOW_S`; Discord bans an address at 10,000."""
WINDOW_S = 600.0
CAUGHT_UP = 0.5
"""The share of a second's requests that a busy machine was late for and that then go at once."""


class RateLimiter:
    """``clock``: seconds that only go forward. ``each``: requests in any ``per_s`` seconds, evenly spread. ``most``:
    refusals within :data:`WINDOW_S`."""

    def __init__(
        self, clock: Callable[[], float], each: int = RATE_PER_SECOND, *, per_s: float = 1.0, most: int = MAX_REFUSED
    ) -> None:
        self.clock = clock
        self._per_s = per_s
        self._gap_s = per_s / each / (1 - SPARED)
        self._most = most
        self._next = 0.0
        self._closed_until = 0.0
        self._went: deque[float] = deque(maxlen=each)
        self._refused: deque[float] = deque()
        self._line = asyncio.Lock()

    async def turn(self) -> None:
        """Waits until the next request may go, first come, first served. Raises :class:`RetryLater` while Discord takes
        none, and after too many refusals."""
        late_s = CAUGHT_UP * self._per_s if self._line.locked() else 0.0
        async with self._line:
            self._check()
            now = self.clock()
            at = max(self._next, now - late_s)
            if len(self._went) == self._went.maxlen:
                at = max(at, self._went[0] + self._per_s)
            if at > now:
                await asyncio.sleep(at - now)
                self._check()
            self._next = at + self._gap_s
            self._went.append(max(at, self.clock()))

    def refused(self) -> None:
        """An answer that Discord counts."""
        self._refused.append(self.clock())

    def closed(self, for_s: float) -> None:
        """Discord takes nothing for so long: what would be sent meanwhile would only be refused, and counted."""
        self._closed_until = max(self._closed_until, self.clock() + for_s)

    def _check(self) -> None:
        now = self.clock()
        while self._refused and self._refused[0] <= now - WINDOW_S:
            self._refused.popleft()
        if len(self._refused) >= self._most:
            raise RetryLater(self._refused[0] + WINDOW_S - now, "too many refusals: a ban is near")
        if now < self._closed_until:
            raise RetryLater(self._closed_until - now, "the limit over all servers")
