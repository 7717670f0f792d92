"""Discord's limits of single routes, from its response headers. A long wait is raised, not waited for.

In place of discord.py's own, which with a maximum wait refuse every request until a bucket is full again, even with
requests remaining: a second message within five seconds, a second publication within an hour.
https://discord.com/developers/docs/topics/rate-limits#header-format-rate-limit-header-examples
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

import discord
from cachetools import LRUCache

MAX_WAIT_S = 1.0
"""A longer wait is left to delivery, which serves other channels meanwhile."""
MAX_BUCKETS = 20_000


class Response(Protocol):
    """A response, as far as it is read."""

    @property
    def headers(self) -> Mapping[str, str]: ...


class Bucket:
    """One bucket, one request at a time: a channel has one task that sends to it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._reset_at = 0.0
        self.remaining = 1
        """Read by discord.py too."""

    async def __aenter__(self) -> None:
        """Raises :class:`discord.RateLimited`."""
        await self._lock.acquire()
        try:
            wait_s = self._reset_at - self._clock() if self.remaining <= 0 else 0.0
            if wait_s > MAX_WAIT_S:
                raise discord.RateLimited(wait_s)
            await asyncio.sleep(max(0.0, wait_s))
        except BaseException:
            self._lock.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()

    def update(self, response: Response, *, use_clock: bool = False) -> None:
        """discord.py calls it with every response that has the headers."""
        self.remaining = int(response.headers["X-RateLimit-Remaining"])
        self._reset_at = self._clock() + float(response.headers.get("X-RateLimit-Reset-After", 1.0))


class Buckets(LRUCache[str, Bucket]):
    """Buckets by discord.py's keys, at most :data:`MAX_BUCKETS`. ``clock``: monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(MAX_BUCKETS)
        self._clock = clock

    def __missing__(self, name: str) -> Bucket:
        bucket = self[name] = Bucket(self._clock)
        return bucket
