"""Says of each kind of refused request once a minute how many there were: who sends thousands writes no log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

INTERVAL_S = 60.0


class Refusals:
    """``clock``: seconds that only go forward. ``say``: logs a kind, the status that was answered with (0: none) and
    how many there were. Kinds are few: none is made of what was sent."""

    def __init__(self, clock: Callable[[], float], say: Callable[[str, int, int], None]) -> None:
        self._clock = clock
        self._say = say
        self._next_at: dict[str, float] = {}
        self._counts: Counter[str] = Counter()

    def note(self, kind: str, status: int) -> None:
        """One more; the line has all since the last one."""
        self._counts[kind] += 1
        now = self._clock()
        if now >= self._next_at.get(kind, now):
            self._next_at[kind] = now + INTERVAL_S
            self._say(kind, int(status), self._counts.pop(kind))
