"""The pages that people and programs read: a vendor in five formats, its incidents, what is down, the categories.

Everything is read from the store, nothing from a status page. What was rendered is kept for a few seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import partial
from http import HTTPStatus

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.catalog import Catalog, Found
from bot.domain import PageState, Slug, Vendor, level_word
from bot.store import Store
from bot.threads import Threads
from bot.web import feeds
from bot.web.category_names import category_name
from bot.web.failures import error_page
from bot.web.rendering import HTML, static_files, templates
from bot.web.vendor_page import NEWEST, STRIP_DAYS, VendorPage, vendor_page
from bot.wording.phrases import level_text
from bot.wording.vendor_state import is_current

KEPT_S = 5.0
MAX_KEPT = 2_000
"""Rendered bodies; about 40 MB of the largest."""
MAX_FOUND = 20
MAX_DOWN = 100
FORMATS = {
    "json": "application/json",
    "atom": "application/atom+xml; charset=utf-8",
    "ics": "text/calendar; charset=utf-8",
    "svg": "image/svg+xml",
}


class NotThere(Exception):
    """Nothing is at the address. One sentence that says so."""


class Pages:
    """``public_url``: where the site is reached from outside, for addresses in feeds; empty: as it was asked."""

    def __init__(
        self, store: Store, catalog: Catalog, threads: Threads, now: Callable[[], datetime], public_url: str
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._threads = threads
        self._now = now
        self._public_url = public_url.rstrip("/")
        self._kept: TTLCache[tuple[str, ...], tuple[str, bytes]] = TTLCache(MAX_KEPT, KEPT_S)
        self._static = static_files()

    def routes(self) -> list[Route]:
        return [
            Route("/", self._index),
            Route("/c/{category}", self._category),
            Route("/v/{slug}/incidents", self._incidents),
            Route("/v/{slug}/incidents/{incident:path}", self._incidents),
            Route("/v/{slug}.{format}", self._vendor),
            Route("/v/{slug}", self._vendor),
            Route("/static/{name}", self._file),
        ]

    async def _file(self, request: Request) -> Response:
        found = self._static.get(request.path_params["name"])
        return _answer(request, *found, "public, max-age=3600") if found else _missing("There is no such file.")

    async def _vendor(self, request: Request) -> Response:
        slug, kind = request.path_params["slug"], request.path_params.get("format", "")
        if kind and kind not in FORMATS:
            return _missing(f"There are .{', .'.join(FORMATS)}, and no .{kind}.")
        base, part = self._public_url or f"{request.url.scheme}://{request.url.netloc}", ""
        if kind == "svg":
            part = request.query_params.get("component", "")[:200]
        return await self._made(request, (slug, kind, base, part), partial(self._render_vendor, slug, kind, base, part))

    async def _incidents(self, request: Request) -> Response:
        slug, incident = request.path_params["slug"], request.path_params.get("incident", "")
        return await self._made(request, (slug, "incidents", incident), partial(self._render_incidents, slug, incident))

    async def _category(self, request: Request) -> Response:
        category = request.path_params["category"]
        return await self._made(request, ("category", category), partial(self._render_category, category))

    async def _index(self, request: Request) -> Response:
        query = " ".join(request.query_params.get("q", "")[:100].split())
        return await self._made(request, ("index", query), partial(self._render_index, query))

    async def _made(self, request: Request, key: tuple[str, ...], make: Callable[[], tuple[str, bytes]]) -> Response:
        kept = self._kept.get(key)
        if kept is None:
            try:
                kept = self._kept[key] = await self._threads(make)
            except NotThere as error:
                return _missing(str(error))
        return _answer(request, *kept, f"public, max-age={KEPT_S:.0f}")

    # --- rendering: off the event loop ------------------------------------------------------------------------------

    def _render_vendor(self, slug: str, kind: str, base: str, part: str) -> tuple[str, bytes]:
        vendor, now = self._known(slug), self._now()
        if kind == "svg":
            return FORMATS[kind], self._badge(vendor, part, now).encode()
        page = self._page(vendor, now)
        match kind:
            case "json":
                text = json.dumps(asdict(page), default=_plain, ensure_ascii=False, indent=1)
            case "atom":
                text = feeds.atom(page, base)
            case "ics":
                text = feeds.calendar(page, now)
            case _:
                body = templates.get_template("vendor.html").render(page=page, newest=NEWEST)
                return HTML, body.encode("utf-8", "replace")
        return FORMATS[kind], text.encode("utf-8", "replace")

    def _render_incidents(self, slug: str, incident: str) -> tuple[str, bytes]:
        page = self._page(self._known(slug), self._now())
        shown = [i for i in (*page.open, *page.planned, *page.past) if incident in ("", i.id)]
        if incident and not shown:
            raise NotThere(f"{page.name} has no incident of that id in the last {STRIP_DAYS} days.")
        heading = shown[0].title if incident else f"incidents of the last {STRIP_DAYS} days"
        body = templates.get_template("incidents.html").render(
            page=page, incidents=shown, heading=heading, alone=bool(incident)
        )
        return HTML, body.encode("utf-8", "replace")

    def _render_category(self, category: str) -> tuple[str, bytes]:
        vendors = [vendor for vendor in self._catalog if vendor.category == category and vendor.enabled]
        if not vendors:
            raise NotThere(f"There is no category “{category}”.")
        states = self._states(vendors)
        return self._list(category_name(category), "", sorted(states, key=lambda state: state.vendor.name.casefold()))

    def _render_index(self, query: str) -> tuple[str, bytes]:
        if query:
            found = self._catalog.find(query)
            completions = self._catalog.complete(query, MAX_FOUND)
            vendors = [found.vendor] if isinstance(found, Found) else [c.vendor for c in completions]
            return self._list(f"Vendors called “{query}”", query, self._states(vendors))
        now = self._now()
        down = [self._line(state, now) for state in self._store.pages.down(MAX_DOWN) if self._is_public(state, now)]
        enabled = [vendor for vendor in self._catalog if vendor.enabled]
        counted = Counter(vendor.category for vendor in enabled).items()
        categories = [(category_name(category), category, number) for category, number in counted]
        categories.sort(key=lambda row: row[0].casefold())
        body = templates.get_template("index.html").render(
            heading="Is it them?", query="", found=None, down=down, categories=categories, total=len(enabled)
        )
        return HTML, body.encode("utf-8", "replace")

    def _list(self, heading: str, query: str, states: list[PageState]) -> tuple[str, bytes]:
        now = self._now()
        body = templates.get_template("index.html").render(
            heading=heading, query=query, found=[self._line(state, now) for state in states], down=None
        )
        return HTML, body.encode("utf-8", "replace")

    # --- reading ----------------------------------------------------------------------------------------------------

    def _known(self, slug: str) -> Vendor:
        """Of the catalog alone: pages of a workspace's own are shown to nobody else."""
        vendor = self._catalog.get(slug)
        if vendor is None:
            raise NotThere("No vendor is called that. Find it by its name above.")
        return vendor

    def _page(self, vendor: Vendor, now: datetime) -> VendorPage:
        since = now - timedelta(days=STRIP_DAYS)
        [state] = self._states([vendor])
        records = self._store.records.incidents([vendor.slug], since)
        spans = self._store.records.spans(vendor.slug, since)
        others = self._states(list(self._catalog.alternatives(vendor)))
        return vendor_page(state, records, spans, others, self._catalog.facts(vendor.slug).about, now)

    def _states(self, vendors: list[Vendor]) -> list[PageState]:
        known = {s.vendor.slug: s for s in self._store.pages.states([vendor.slug for vendor in vendors])}
        return [known.get(v.slug) or PageState(v, None, None, None, None) for v in vendors]

    def _is_public(self, state: PageState, now: datetime) -> bool:
        return self._catalog.get(state.vendor.slug) is not None and is_current(state, now)

    def _line(self, state: PageState, now: datetime) -> tuple[Slug, str, str]:
        level = state.snapshot.level if state.snapshot and is_current(state, now) else None
        return state.vendor.slug, state.vendor.name, level_word(level)

    def _badge(self, vendor: Vendor, part: str, now: datetime) -> str:
        [state] = self._states([vendor])
        snapshot = state.snapshot if is_current(state, now) else None
        level, label = snapshot.level if snapshot else None, vendor.name
        if part:
            named = (
                [c for c in snapshot.components if part.casefold() in (c.name.casefold(), c.label.casefold())]
                if snapshot
                else []
            )
            if snapshot and not named:
                raise NotThere(f"{vendor.name} lists no part that is called so.")
            level, label = (
                (named[0].level, f"{vendor.name} {named[0].name}") if named else (None, f"{vendor.name} {part}")
            )
        return feeds.badge(label, level_word(level), level_text(level))


def _missing(text: str) -> Response:
    return error_page(HTTPStatus.NOT_FOUND, "Not found", text)


def _plain(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
    raise TypeError(type(value).__name__)


def _answer(request: Request, media_type: str, body: bytes, cache_control: str) -> Response:
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": etag, "cache-control": cache_control}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
