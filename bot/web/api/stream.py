"""Changes as they come, by server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html

An event is an answer of its own, and its id the place after it: who was cut off goes on there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import StreamingResponse

from bot.store import StoreUnavailable
from bot.store.feed import Place
from bot.web.api.problems import Problem

EVENT_STREAM = "text/event-stream"
LAST_EVENT_ID = "last-event-id"
MAX_STREAMS = 100
"""At once."""
MAX_STREAMS_EACH = 5
"""Of a key, or of an address that shows none."""
LIFE_S = timedelta(minutes=10).total_seconds()
"""Then whoever is still there connects anew."""
BEAT_S = 15.0
"""A sign of life, so that what stands between does not cut the line, and who left is noticed."""
LOOK_AGAIN_S = 1.0
RETRY_MS = 3_000
"""Before a client connects anew."""

Clock = Callable[[], float]
"""Seconds that only go forward."""


class End:
    """Where the feed ends, looked at once a second however many wait."""

    def __init__(self, read: Callable[[], Awaitable[Place]], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._place: Place | None = None
        self._looked_s = 0.0

    async def __call__(self) -> Place:
        if self._place is None or self._clock() - self._looked_s >= LOOK_AGAIN_S:
            # Before it is read, and noted at once: of many who wait, one looks.
            self._looked_s = self._clock()
            self._place = await self._read()
        return self._place


@dataclass(frozen=True, slots=True)
class Batch:
    """What came: ``document`` is JSON, ``following`` the place after it."""

    document: bytes
    following: str
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Following:
    """What one client follows. ``since``: gives what came after a place. ``may``: whether it still may."""

    whose: str
    since: Callable[[str], Awaitable[Batch]]
    may: Callable[[], Awaitable[bool]]


class Streams:
    """``stop``: all end when it is set."""

    def __init__(self, end: End, clock: Clock, sleep: Callable[[float], Awaitable[None]], stop: asyncio.Event) -> None:
        self._end = end
        self._clock = clock
        self._sleep = sleep
        self._stop = stop
        self._open: Counter[str] = Counter()

    async def open(self, following: Following, place: str) -> StreamingResponse:
        """From ``place`` on; empty: from now on. Raises :class:`Problem`."""
        if self._open[following.whose] >= MAX_STREAMS_EACH:
            detail = f"{MAX_STREAMS_EACH} streams are open already: close one, or ask with wait."
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, {"retry-after": "60"})
        if self._open.total() >= MAX_STREAMS:
            detail = "Too many streams are open: ask with wait, or later."
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"retry-after": "60"})
        # A place that is none is refused before anything is sent.
        first = await following.since(place)
        headers = {"cache-control": "no-store", "vary": "Authorization, Accept"}
        return StreamingResponse(self._events(following, first), 200, headers, EVENT_STREAM)

    async def _events(self, following: Following, first: Batch) -> AsyncIterator[bytes]:
        ends, beat = self._clock() + LIFE_S, self._clock()
        self._open[following.whose] += 1
        try:
            yield b"retry: %d\n" % RETRY_MS + _event(first)
            place, seen = first.following, None
            while self._clock() < ends and not self._stop.is_set() and await following.may():
                try:
                    if (end := await self._end()) != seen:
                        batch = await following.since(place)
                        if not batch.is_empty:
                            beat = self._clock()
                            yield _event(batch)
                        # What is left of a full batch is told at once.
                        place, seen = batch.following, end if batch.is_empty else None
                        continue
                except StoreUnavailable:
                    # It comes back, or the client does.
                    pass
                if self._clock() - beat >= BEAT_S:
                    beat = self._clock()
                    yield b":\n\n"
                await self._sleep(LOOK_AGAIN_S)
        finally:
            self._open[following.whose] -= 1
            if not self._open[following.whose]:
                del self._open[following.whose]


def wants_stream(request: Request) -> bool:
    return request.method == "GET" and EVENT_STREAM in request.headers.get("accept", "")


def _event(batch: Batch) -> bytes:
    """Without data it is none to whoever listens, and tells the place alone."""
    data = b"" if batch.is_empty else b"data: " + batch.document + b"\n"
    return b"id: " + batch.following.encode() + b"\n" + data + b"\n"
