"""How fast Discord may be called: so many requests a second over all servers, and none after too many refusals.

Buckets of single routes are discord.py's business; this is for what it does not count.
https://discord.com/developers/docs/topics/rate-limits#global-rate-limit
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from bot.delivery.port import RetryLater

EACH_SECOND = 49
"""Discord takes 50."""
REFUSED_MOST = 5_000
"""Answers 401, 403 and 429 within :data:`WINDOW_S`; Discord bans an address at 10,000."""
WINDOW_S = 600.0


class Pace:
    """``clock``: seconds that only go forward."""

    def __init__(self, clock: Callable[[], float], each_second: int = EACH_SECOND, most: int = REFUSED_MOST) -> None:
        self.clock = clock
        self._gap_s = 1 / each_second
        self._most = most
        self._free = 0.0
        self._closed_until = 0.0
        self._refused: deque[float] = deque()

    async def turn(self) -> None:
        """Waits until the next request may go. Raises :class:`RetryLater` while none may, after refusals above all."""
        now = self.clock()
        while self._refused and self._refused[0] <= now - WINDOW_S:
            self._refused.popleft()
        if len(self._refused) >= self._most:
            raise RetryLater(self._refused[0] + WINDOW_S - now, "too many refusals: a ban is near")
        if now < self._closed_until:
            raise RetryLater(self._closed_until - now, "the limit over all servers")
        at = max(self._free, now)
        self._free = at + self._gap_s
        if at > now:
            await asyncio.sleep(at - now)

    def refused(self) -> None:
        """An answer that Discord counts."""
        self._refused.append(self.clock())

    def closed(self, for_s: float) -> None:
        """Discord takes nothing for so long: what would be sent meanwhile would only be refused, and counted."""
        self._closed_until = max(self._closed_until, self.clock() + for_s)
