"""Who writes an SQLite file next."""

from __future__ import annotations

from collections import deque
from threading import Lock


class Turns:
    """A lock that is had in the order in which it was asked for: whoever writes again and again lets the others in
    between, which :class:`threading.Lock` does not."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for it."""
        return len(self._waiting)

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        # Whoever had it before hands it over.
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
