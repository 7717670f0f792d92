"""A channel's dashboard, opened by a link that its chat gave: all of its vendors, worst first, what is open and what is
planned, what is kept back, and which services that hits. It changes nothing, and is no search engine's business.

Where there are scripts it is kept up to date by server-sent events
(https://html.spec.whatwg.org/multipage/server-sent-events.html), else it is loaded anew each minute.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from cachetools import TTLCache
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.catalog import Catalog
from bot.commands.context import CommandContext
from bot.commands.mutes import muted_items
from bot.commands.services import listed_services
from bot.domain import Channel, Incident, IncidentKind, Level, PageState, Phase, level_word
from bot.store import Store, StoreUnavailable
from bot.threads import Threads
from bot.web.failures import error_page
from bot.web.message_html import blocks_html
from bot.web.rendering import HTML, templates
from bot.wording.incidents import reference
from bot.wording.mutes import mutes_message
from bot.wording.phrases import age, level_text, phase_text
from bot.wording.services import services_message
from bot.wording.status import tally
from bot.wording.vendor_state import is_current, rank

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


@dataclass(frozen=True, slots=True)
class ShownVendor:
    name: str
    url: str
    level: str
    level_text: str
    unread: str
    """Why its state is not known; empty where it is."""


@dataclass(frozen=True, slots=True)
class ShownIncident:
    vendor: str
    title: str
    url: str
    level: str
    level_text: str
    phase: str
    started: datetime
    until: datetime | None
    """The planned end of a maintenance."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    summary: str
    vendors: tuple[ShownVendor, ...]
    """Worst first."""
    open: tuple[ShownIncident, ...]
    planned: tuple[ShownIncident, ...]
    muted: Markup
    services: Markup
    oldest: datetime | None
    """The oldest reading."""


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
        self._kept: TTLCache[Channel, bytes] = TTLCache(MAX_KEPT, limits.kept_s)

    def routes(self) -> list[Route]:
        return [
            Route("/d/{token}", self._page),
            Route("/d/{token}/events", self._events),
        ]

    async def _page(self, request: Request) -> Response:
        body = await self._body(request.path_params["token"])
        if body is None:
            text = "This link is not good any more. Type “dashboard” in the channel for a new one."
            return error_page(404, "No dashboard", text, PRIVATE)
        return Response(body, 200, PRIVATE, HTML)

    async def _events(self, request: Request) -> Response:
        token = request.path_params["token"]
        if await self._body(token) is None:
            # 204 tells a browser not to connect again.
            return Response(status_code=204, headers=PRIVATE)
        if self._streams >= self._limits.streams:
            return Response("Too many pages are open.\n", 503, PRIVATE | {"retry-after": "60"}, "text/plain")
        return StreamingResponse(self._changes(token), 200, PRIVATE, "text/event-stream")

    async def _changes(self, token: str) -> AsyncIterator[str]:
        """An event whenever the page would look otherwise. Who has the page compares its mark with the event's."""
        clock, limits = asyncio.get_running_loop().time, self._limits
        ends, beat, shown = clock() + limits.stream_s, clock() + limits.beat_s, ""
        self._streams += 1
        try:
            while clock() < ends and not self._stop.is_set():
                body = await self._body(token)
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

    async def _body(self, token: str) -> bytes | None:
        """The page; ``None``: the token opens nothing."""
        if len(token) != TOKEN_CHARS:
            return None
        channel = await self._threads(lambda: self._store.dashboards.channel(token, self._now()))
        if channel is None:
            return None
        body = self._kept.get(channel)
        if body is None:
            body = self._kept[channel] = await self._threads(lambda: self._render(channel))
        return body

    def _render(self, channel: Channel) -> bytes:
        now = self._now()
        context = CommandContext(self._store, self._catalog.plus(self._store.own.of(channel)), now)
        view = _dashboard(channel, context, self._catalog)
        html = templates.get_template("dashboard.html").render(view=view)
        mark = hashlib.blake2b(html.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return html.replace('data-mark=""', f'data-mark="{mark}"', 1).encode("utf-8", "replace")


def _mark(body: bytes) -> str:
    return body.partition(b'data-mark="')[2][:16].decode("ascii")


def _dashboard(channel: Channel, context: CommandContext, public: Catalog) -> Dashboard:
    """``public``: vendors that everybody may look up, and that have a page here."""
    now = context.now
    states = sorted(context.subscribed(channel, details=False), key=lambda state: rank(state, now))
    under_way = [(s, i) for s in states if s.snapshot for i in s.snapshot.incidents if i.explained_by is None]
    planned = [(s, i) for s, i in under_way if i.kind is IncidentKind.MAINTENANCE]
    open_ = [(s, i) for s, i in under_way if i.kind is not IncidentKind.MAINTENANCE]
    open_.sort(key=lambda pair: (-(-1 if pair[1].level is None else pair[1].level), -pair[1].started.timestamp()))
    planned.sort(key=lambda pair: pair[1].started)
    muted, services = muted_items(channel, context), context.store.services.of(channel)
    listed = listed_services(services, context)
    return Dashboard(
        summary=tally(states, now) if states else "Nothing is subscribed here.",
        vendors=tuple(_vendor(state, public, now) for state in states),
        open=tuple(_incident(s, i, public) for s, i in open_),
        planned=tuple(_incident(s, i, public) for s, i in planned),
        muted=blocks_html(mutes_message(muted, now).blocks) if muted else Markup(""),
        services=blocks_html(services_message(listed, now, own=False).blocks) if services else Markup(""),
        oldest=min((s.read_at for s in states if s.read_at and is_current(s, now)), default=None),
    )


def _vendor(state: PageState, public: Catalog, now: datetime) -> ShownVendor:
    vendor, current = state.vendor, is_current(state, now)
    level = state.snapshot.level if state.snapshot and current else None
    url = f"/v/{vendor.slug}" if public.get(vendor.slug) else vendor.human_url
    unread = ""
    if not current:
        unread = f"last read {age(state.read_at, now)}" if state.read_at else "not read yet"
    return ShownVendor(vendor.name, url, level_word(level), level_text(level), unread)


def _incident(state: PageState, incident: Incident, public: Catalog) -> ShownIncident:
    slug = state.vendor.slug
    level = Level.MAINTENANCE if incident.kind is IncidentKind.MAINTENANCE else incident.level
    url = f"/v/{slug}/incidents/{incident.id}" if public.get(slug) else state.vendor.human_url
    return ShownIncident(
        state.vendor.name,
        incident.title or reference(incident),
        url,
        level_word(level),
        "planned maintenance" if incident.phase is Phase.SCHEDULED else level_text(level),
        phase_text(incident.phase) if incident.phase else "",
        incident.started,
        incident.planned_end,
    )
