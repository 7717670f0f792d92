"""How often somebody may ask: a bucket each, that fills evenly and holds a minute's worth. Pure but for its memory."""

from __future__ import annotations

import math

from cachetools import LRUCache

MAX_CALLERS = 10_000
"""Remembered at once; who asked longest ago is forgotten, and begins with a full bucket again."""


class Rate:
    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left: LRUCache[str, tuple[float, float]] = LRUCache(MAX_CALLERS)
        """What is left in each bucket, and when that was so."""

    def wait_s(self, caller: str, now_s: float) -> int:
        """0: the request is let through and counted; else in how many seconds the next one will be. ``now_s``: of a
        clock that only goes forward."""
        left, then = self._left.get(caller, (float(self._per_minute), now_s))
        left = min(float(self._per_minute), left + (now_s - then) * self._per_minute / 60)
        if left >= 1:
            self._left[caller] = (left - 1, now_s)
            return 0
        self._left[caller] = (left, now_s)
        return math.ceil((1 - left) * 60 / self._per_minute)
