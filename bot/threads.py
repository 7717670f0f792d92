"""Runs the store's synchronous calls off the event loop, on threads of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """``await threads(lambda: store.pages.counts())``. Not the loop's default pool: slow DNS look-ups fill that one."""

    def __init__(self, count: int = 8, retry_s: float = 1.0) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="store")
        self.retry_s = retry_s
        """Between two tries of :meth:`persist`, in seconds."""

    async def __call__(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    async def persist(self, call: Callable[[], T], on: type[Exception]) -> T:
        """Call it again and again while it raises ``on``."""
        while True:
            try:
                return await self(call)
            except on:
                await asyncio.sleep(self.retry_s)

    def close(self) -> None:
        """Wait for the running calls, then end the threads."""
        self._pool.shutdown(wait=True)

    def limit(self, max_concurrent: int) -> Threads:
        """The same threads, with at most so many calls at once, so that a busy caller leaves some to the others."""
        return _LimitedThreads(self, max_concurrent)


class SameThread(Threads):
    """No threads: for a program that has nothing else to do meanwhile."""

    def __init__(self) -> None:
        """Nothing to start."""

    async def __call__(self, call: Callable[[], T]) -> T:
        return call()

    def close(self) -> None:
        """Nothing to end."""

    def limit(self, max_concurrent: int) -> Threads:
        return self


class _LimitedThreads(Threads):
    def __init__(self, threads: Threads, most: int) -> None:
        self._threads = threads
        self.retry_s = threads.retry_s
        self._turns = asyncio.Semaphore(most)

    async def __call__(self, call: Callable[[], T]) -> T:
        async with self._turns:
            return await self._threads(call)

    def close(self) -> None:
        """Does nothing: the threads belong to another object."""
