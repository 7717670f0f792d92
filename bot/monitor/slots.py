"""Places for what may go on at once, whose number may change meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque


class Slots:
    """A semaphore, first come, first served. With fewer ``places`` than are taken, nobody gets one until enough are
    given back."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def wanted(self) -> int:
        """How many places are taken or waited for."""
        return self._taken + len(self._waiting)

    def resize(self, places: int) -> None:
        self._places = places
        self._hand_out()

    async def acquire(self) -> None:
        if not self._waiting and self._taken < self._places:
            self._taken += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise

    def release(self) -> None:
        self._taken -= 1
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and self._taken < self._places:
            turn = self._waiting.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.release()
