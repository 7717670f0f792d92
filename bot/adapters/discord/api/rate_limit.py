"""The global rate limit: requests a second over all servers, and none after too many refusals.

Limits of single routes are :mod:`~bot.adapters.discord.api.buckets`. Several processes of one bot share all of it.
https://discord.com/developers/docs/topics/rate-limits#global-rate-limit
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from bot.adapters.discord.api.buckets import RouteLimits
from bot.delivery.port import RetryLater
from bot.limits.shared import Ask, Closures, Share

RATE_PER_SECOND = 50
"""Discord's own limit."""
HEADROOM = 0.02
"""The share of the limit that is left unused, so that small delays cost nothing."""
MAX_REFUSED = 5_000
"""Answers 401, 403 and 429 within :data:`WINDOW_S`; Discord bans an address at 10,000."""
WINDOW_S = 600.0
MAX_CATCH_UP = 0.5
"""The share of a period's requests that may go at once after a busy machine was late."""
MAX_QUEUE_S = 5.0
"""Whoever would wait longer for its turn is sent away: an act may take two calls, and delivery gives it 15 s."""
NO_SHARE_RETRY_S = 1.0
EVERYTHING = "everything"
"""What is closed while Discord takes no request of the bot's at all."""


class RateLimiter:
    """``clock``: monotonic, in seconds. ``limit``: requests in any ``per_s`` seconds, evenly spread. ``max_refused``:
    refusals within :data:`WINDOW_S`. Once there is a share of the limit, it counts, for as long as it lasts."""

    def __init__(
        self,
        clock: Callable[[], float],
        limit: int = RATE_PER_SECOND,
        *,
        per_s: float = 1.0,
        max_refused: int = MAX_REFUSED,
    ) -> None:
        self.clock = clock
        self.closures = Closures(clock)
        self.routes = RouteLimits(clock, self.closures)
        self._limit = limit
        self._per_s = per_s
        self._max_refused = max_refused
        self._share: Share | None = None
        self._next_at = 0.0
        self._sent_at: deque[float] = deque(maxlen=limit)
        self._refused_at: deque[float] = deque()
        self._lock = asyncio.Lock()
        self._waiting = 0
        self._taken = 0
        self._wanted = 0
        self._asked_at = clock()

    # --- shared with other processes ---------------------------------------------------------------------------------

    def ask(self) -> Ask:
        """All of it while anybody waits: how many do says little, as they are let in by the share. What is wanted less
        is given up by halves, so that a pause between two channels costs nothing."""
        now = self.clock()
        rate = self._taken * self._per_s / max(now - self._asked_at, self._per_s / 2)
        self._asked_at, self._taken = now, 0
        self._wanted = max(self._limit if self._waiting else min(round(rate), self._limit), self._wanted // 2)
        return Ask("discord", self._limit, self._wanted)

    def grant(self, share: Share) -> None:
        self._share = share

    @property
    def places(self) -> int | None:
        """How many may wait for their turn; ``None``: as many as like, for nobody else uses the limit."""
        if self._share is None or self._share.sharers == 1:
            return None
        return max(1, int(self._units * MAX_QUEUE_S / self._per_s / 2))

    @property
    def _units(self) -> int:
        """Requests in ``per_s``."""
        if self._share is None:
            return self._limit
        return self._share.units if self.clock() < self._share.until else 0

    @property
    def _gap_s(self) -> float:
        """Raises :class:`RetryLater` while this process has no share."""
        if not (units := self._units):
            raise RetryLater(NO_SHARE_RETRY_S, "other processes use the whole limit")
        return self._per_s / units / (1 - HEADROOM)

    # --- requests ----------------------------------------------------------------------------------------------------

    async def acquire(self) -> None:
        """Waits for the next request's turn, first come, first served. Raises :class:`RetryLater` while Discord takes
        none, after too many refusals, and where the wait would be too long."""
        if (wait_s := self._waiting * self._gap_s) > MAX_QUEUE_S:
            raise RetryLater(wait_s, "too many wait for their turn")
        late_s = MAX_CATCH_UP * self._per_s if self._lock.locked() else 0.0
        self._waiting += 1
        try:
            async with self._lock:
                await self._take_turn(late_s)
        finally:
            self._waiting -= 1
        self._taken += 1

    async def _take_turn(self, late_s: float) -> None:
        self._raise_if_paused()
        now = self.clock()
        at, units = max(self._next_at, now - late_s), self._units
        if units and len(self._sent_at) >= units:
            at = max(at, self._sent_at[-units] + self._per_s)
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
        self.closures.close(EVERYTHING, seconds)

    def _raise_if_paused(self) -> None:
        now = self.clock()
        while self._refused_at and self._refused_at[0] <= now - WINDOW_S:
            self._refused_at.popleft()
        # Those that share the limit may stand behind one address.
        if len(self._refused_at) >= max(1, self._max_refused // (self._share.sharers if self._share else 1)):
            raise RetryLater(self._refused_at[0] + WINDOW_S - now, "too many refusals: a ban is near")
        if left_s := self.closures.left_s(EVERYTHING):
            raise RetryLater(left_s, "the limit over all servers")
