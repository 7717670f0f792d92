"""Watches the event loop and the clock from inside the loop: how late it gets to what is due, and steps of the time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

EVERY_S = 0.05
HELD_S = 0.1
"""The loop was held if it comes back later than this: typed commands, heartbeats and deadlines wait meanwhile."""
SAY_EVERY_S = 60.0
REMEMBER_S = 300.0
STEP = timedelta(seconds=2)
"""Clocks that are only slewed differ by milliseconds between two looks."""

log = structlog.get_logger(__name__)


class Watch:
    """``monotonic``: seconds that no step of the clock changes, as the event loop counts them. ``on_step`` is called
    after the clock was set, with by how much it is ahead of where it would be."""

    def __init__(
        self, now: Callable[[], datetime], monotonic: Callable[[], float], on_step: Callable[[timedelta], None]
    ) -> None:
        self._now = now
        self._monotonic = monotonic
        self._on_step = on_step
        self._last = (now(), monotonic())
        self._lags: deque[tuple[float, float]] = deque()
        self._said_at: float | None = None
        self._unsaid: list[float] = []

    @property
    def max_lag_s(self) -> float:
        """By how much the loop was late at most, in the last five minutes."""
        return max((lag for at, lag in self._lags if at > self._monotonic() - REMEMBER_S), default=0.0)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            begun = self._monotonic()
            await asyncio.sleep(EVERY_S)
            self.look(self._monotonic() - begun - EVERY_S)

    def look(self, lag_s: float) -> None:
        """``lag_s``: how much later than planned this is called."""
        now, at = self._now(), self._monotonic()
        self._note_lag(at, lag_s)
        before, since = self._last
        self._last = (now, at)
        step = now - before - timedelta(seconds=at - since)
        if abs(step) >= STEP:
            log.warning("clock.stepped", by_s=round(step.total_seconds(), 1))
            self._on_step(step)

    def _note_lag(self, at: float, lag_s: float) -> None:
        # One value a second is kept: of many, the largest.
        if self._lags and at - self._lags[-1][0] < 1:
            self._lags[-1] = (self._lags[-1][0], max(lag_s, self._lags[-1][1]))
        else:
            self._lags.append((at, lag_s))
        while at - self._lags[0][0] > REMEMBER_S:
            self._lags.popleft()
        if lag_s > HELD_S:
            self._unsaid.append(lag_s)
        if self._unsaid and (self._said_at is None or at - self._said_at >= SAY_EVERY_S):
            log.warning("loop.held", times=len(self._unsaid), longest_s=round(max(self._unsaid), 3))
            self._said_at, self._unsaid = at, []
