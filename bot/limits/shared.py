"""What a part of the program that keeps a limit agrees upon with the same part of other processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cachetools import LRUCache

MAX_CLOSED = 20_000
"""Names that are remembered; those closed longest ago are forgotten first."""


@dataclass(frozen=True, slots=True)
class Closure:
    """``name`` is not to be asked for so many seconds: whoever keeps the limit said so."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """``wanted``: how much of ``total`` one process could use."""

    limit: str
    total: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Share:
    """``units`` of the limit's total are this process's, one of ``sharers``, until then by its monotonic clock."""

    units: int
    sharers: int
    until: float


class Limited(Protocol):
    """A part that keeps a limit. Without a share that was granted it keeps the whole of it, as if it were alone."""

    closures: Closures

    def ask(self) -> Ask:
        """By what it did since the last time."""

    def grant(self, share: Share) -> None: ...


class Closures:
    """What is closed, by name. Each that is met here is told to the other processes, and theirs are held here.

    ``clock``: monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: LRUCache[str, float] = LRUCache(MAX_CLOSED)
        self._untold: dict[str, float] = {}
        self.tell: Callable[[], None] | None = None
        """Called when there is something to tell; ``None``: there is nobody to tell."""

    def close(self, name: str, seconds: float) -> None:
        """It was refused here."""
        self.hold(name, seconds)
        self.report(name, seconds)

    def report(self, name: str, seconds: float) -> None:
        """Others are to know of it."""
        if self.tell is not None:
            self._untold[name] = self._clock() + seconds
            self.tell()

    def hold(self, name: str, seconds: float) -> None:
        """It was refused, here or elsewhere."""
        self._until[name] = max(self._until.get(name, 0.0), self._clock() + seconds)

    def left_s(self, name: str) -> float:
        """For how long it stays closed; 0: it is open."""
        until = self._until.get(name)
        if until is None:
            return 0.0
        left = until - self._clock()
        if left <= 0:
            del self._until[name]
        return max(left, 0.0)

    def untold(self) -> Sequence[Closure]:
        """Those that the others have not been told of, each once."""
        now, untold = self._clock(), self._untold
        self._untold = {}
        return [Closure(name, until - now) for name, until in untold.items() if until > now]
