"""Discord's limits of single routes, from its response headers: a long wait is raised before the call, not waited for.

Beside discord.py's own limiter, which waits inside the call however long it takes; what it waits for here is short.
https://discord.com/developers/docs/topics/rate-limits#header-format-rate-limit-header-examples
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from cachetools import LRUCache

from bot.delivery.port import RetryLater
from bot.limits.shared import Closures

MAX_WAIT_S = 1.0
"""A longer wait is left to delivery, which serves other channels meanwhile."""
MAX_BUCKETS = 20_000


class RouteKey(NamedTuple):
    """A call, as far as limits tell calls apart."""

    method: str
    path: str
    """With its ids left out."""
    major: str
    """The channel's id: each has a bucket of its own."""

    def __str__(self) -> str:
        return " ".join(self)


@dataclass(slots=True)
class _Bucket:
    remaining: int | None = None
    """How many more calls may begin before ``reset_at``; ``None``: Discord has not said."""
    reset_at: float = 0.0
    under_way: int = 0


class RouteLimits:
    """``clock``: monotonic, in seconds. At most :data:`MAX_BUCKETS` are remembered. ``closures``: where those that are
    used up for a while are told to other processes, and theirs are found."""

    def __init__(self, clock: Callable[[], float], closures: Closures) -> None:
        self._clock = clock
        self._closures = closures
        self._hashes: LRUCache[tuple[str, str], str] = LRUCache(MAX_BUCKETS)
        """By method and path, Discord's name of the bucket."""
        self._buckets: LRUCache[tuple[str, str], _Bucket] = LRUCache(MAX_BUCKETS)
        """By that name, or the route's until it is known, and the channel."""

    def begin(self, route: RouteKey) -> None:
        """Before a call. Raises :class:`RetryLater` where Discord would refuse it for longer than
        :data:`MAX_WAIT_S`."""
        bucket = self._bucket(route)
        if (closed_s := self._closures.left_s(str(route))) > MAX_WAIT_S:
            raise RetryLater(closed_s)
        wait_s = bucket.reset_at - self._clock()
        if wait_s <= 0:
            bucket.remaining = None
        elif bucket.remaining is not None and bucket.remaining <= 0 and wait_s > MAX_WAIT_S:
            raise RetryLater(wait_s)
        if bucket.remaining is not None:
            bucket.remaining -= 1
        bucket.under_way += 1

    def end(self, route: RouteKey) -> None:
        """After a call that :meth:`begin` let through."""
        bucket = self._bucket(route)
        bucket.under_way = max(bucket.under_way - 1, 0)

    def note(self, route: RouteKey, headers: Mapping[str, str]) -> None:
        """The headers of an answer."""
        remaining = number(headers.get("X-RateLimit-Remaining"))
        reset_after_s = number(headers.get("X-RateLimit-Reset-After"))
        if remaining is None or reset_after_s is None:
            return
        bucket = self._named(route, headers.get("X-RateLimit-Bucket"))
        # Calls that went out meanwhile may not be counted in it yet.
        bucket.remaining = int(remaining) - max(bucket.under_way - 1, 0)
        bucket.reset_at = self._clock() + reset_after_s
        if bucket.remaining <= 0 and reset_after_s > MAX_WAIT_S:
            self._closures.close(str(route), reset_after_s)

    def close(self, route: RouteKey, seconds: float) -> None:
        """After a refusal: no such call for so long."""
        bucket = self._bucket(route)
        bucket.remaining, bucket.reset_at = 0, self._clock() + seconds
        self._closures.close(str(route), seconds)

    def _key(self, route: RouteKey) -> tuple[str, str]:
        name = self._hashes.get((route.method, route.path), f"{route.method} {route.path}")
        return name, route.major

    def _bucket(self, route: RouteKey) -> _Bucket:
        key = self._key(route)
        if key not in self._buckets:
            self._buckets[key] = _Bucket()
        return self._buckets[key]

    def _named(self, route: RouteKey, name: str | None) -> _Bucket:
        """The bucket, under Discord's name for it: several routes may share one."""
        if name and self._hashes.get((route.method, route.path)) != name:
            known = self._bucket(route)
            self._buckets.pop(self._key(route), None)
            self._hashes[route.method, route.path] = name
            self._buckets.setdefault(self._key(route), known)
        return self._bucket(route)


def number(text: object) -> float | None:
    """A header's number; ``None`` where there is none that can be waited for."""
    try:
        value = float(str(text))
    except ValueError:
        return None
    return value if isfinite(value) and value >= 0 else None
