"""Dashboards as pages, for who has a link that a chat gave, or signed in. They change nothing, and are no search
engine's business.

Where there are scripts it is kept up to date by server-sent events
(https://html.spec.whatwg.org/multipage/server-sent-events.html), else it is loaded anew each minute.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.catalog import Catalog
from bot.commands.context import CommandContext
from bot.domain import Channel
from bot.store import Store, StoreUnavailable
from bot.threads import Threads
from bot.web.dashboards.view import Shown, dashboard
from bot.web.failures import error_page
from bot.web.rendering import HTML, templates

MAX_KEPT = 500
TOKEN_CHARS = 64
PRIVATE = {
    "cache-control": "private, no-store",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}


@dataclass(frozen=True, slots=True)
class DashboardLimits:
    """What pages that are open take."""

    kept_s: float = 5.0
    """However many look at it, a dashboard is worked out once in this time."""
    streams: int = 200
    """Pages open at once that are told of changes; to more the answer is 503, and they go on without."""
    stream_s: float = 600.0
    """Then the browser connects anew, if somebody is still there."""
    beat_s: float = 15.0
    """A sign of life, so that what stands between does not cut the line, and who left is noticed."""


Find = Callable[[], Awaitable[Shown | None]]
"""Whose dashboard is to be shown; asked again as long as somebody looks."""


class DashboardPages:
    """``stop``: streams end when it is set."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        threads: Threads,
        now: Callable[[], datetime],
        stop: asyncio.Event,
        limits: DashboardLimits = DashboardLimits(),
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._threads = threads
        self._now = now
        self._stop = stop
        self._limits = limits
        self._streams = 0
        self._kept: TTLCache[tuple[Shown, bool], bytes] = TTLCache(MAX_KEPT, limits.kept_s)

    def routes(self) -> list[Route]:
        return [
            Route("/d/{token}", self._by_link),
            Route("/d/{token}/events", self._events_by_link),
        ]

    async def _by_link(self, request: Request) -> Response:
        text = "This link is not good any more. Type “dashboard” in the channel for a new one."
        return await self.page(lambda: self._opened(request)) or error_page(404, "No dashboard", text, PRIVATE)

    async def _events_by_link(self, request: Request) -> Response:
        return await self.events(lambda: self._opened(request))

    async def _opened(self, request: Request) -> Shown | None:
        token = request.path_params["token"]
        if len(token) != TOKEN_CHARS:
            return None
        return await self._threads(lambda: self._store.dashboards.shown(token, self._now()))

    async def page(self, find: Find, *, signed_in: bool = False) -> Response | None:
        """``None``: there is nothing to show."""
        body = await self._body(find, signed_in)
        return None if body is None else Response(body, 200, PRIVATE, HTML)

    async def events(self, find: Find, *, signed_in: bool = False) -> Response:
        if await self._body(find, signed_in) is None:
            # 204 tells a browser not to connect again.
            return Response(status_code=204, headers=PRIVATE)
        if self._streams >= self._limits.streams:
            return Response("Too many pages are open.\n", 503, PRIVATE | {"retry-after": "60"}, "text/plain")
        return StreamingResponse(self._changes(find, signed_in), 200, PRIVATE, "text/event-stream")

    async def _changes(self, find: Find, signed_in: bool) -> AsyncIterator[str]:
        """An event whenever the page would look otherwise. Who has the page compares its mark with the event's."""
        clock, limits = asyncio.get_running_loop().time, self._limits
        ends, beat, shown = clock() + limits.stream_s, clock() + limits.beat_s, ""
        self._streams += 1
        try:
            while clock() < ends and not self._stop.is_set():
                body = await self._body(find, signed_in)
                if body is None:
                    yield "event: gone\ndata:\n\n"
                    return
                if (mark := _mark(body)) != shown:
                    shown, beat = mark, clock() + limits.beat_s
                    yield f"data: {mark}\n\n"
                elif clock() >= beat:
                    beat = clock() + limits.beat_s
                    yield ":\n\n"
                await self._pause()
        except StoreUnavailable:
            return  # The browser connects anew, and is answered 503 while that lasts.
        finally:
            self._streams -= 1

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._limits.kept_s):
                await self._stop.wait()
        except TimeoutError:
            pass

    async def _body(self, find: Find, signed_in: bool) -> bytes | None:
        shown = await find()
        if shown is None:
            return None
        body = self._kept.get((shown, signed_in))
        if body is None:
            body = self._kept[shown, signed_in] = await self._threads(lambda: self._render(shown, signed_in))
        return body

    def _render(self, shown: Shown, signed_in: bool) -> bytes:
        channel = shown if isinstance(shown, Channel) else Channel(shown.platform, shown.id, "")
        context = CommandContext(self._store, self._catalog.plus(self._store.own.of(channel)), self._now())
        view = dashboard(shown, context, self._catalog)
        html = templates.get_template("dashboard.html").render(view=view, signed_in=signed_in)
        mark = hashlib.blake2b(html.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return html.replace('data-mark=""', f'data-mark="{mark}"', 1).encode("utf-8", "replace")


def _mark(body: bytes) -> str:
    return body.partition(b'data-mark="')[2][:16].decode("ascii")
