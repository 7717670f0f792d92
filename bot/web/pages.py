"""The pages that people and programs read: a vendor in five formats, its incidents, what is down, the categories.

Everything is read from the store, nothing from a status page. What was rendered is kept while its page says the same.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import partial
from http import HTTPStatus

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
from bot.web.kept import KeptAnswers, Made, packed
from bot.web.rendering import HTML, static_files, templates
from bot.web.vendor_page import NEWEST, STRIP_DAYS, VendorPage, vendor_page
from bot.wording.phrases import count, level_text
from bot.wording.vendor_state import is_current, level_now

MAX_AGE_S = 5
"""A browser may show what it has for so long, unasked."""
MAX_THREADS = 2
"""At once, so that whoever reads pages leaves some to the poller and the chats."""
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
        self._now = now
        self._public_url = public_url.rstrip("/")
        self._kept = KeptAnswers(store, threads, threads.limit(MAX_THREADS), time.monotonic)
        self._static = {name: packed(*file) for name, file in static_files().items()}

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
        if found is None:
            return _missing("There is no such file.")
        return found.response(request, {"cache-control": "public, max-age=3600"})

    async def _vendor(self, request: Request) -> Response:
        slug, kind = request.path_params["slug"], request.path_params.get("format", "")
        if kind and kind not in FORMATS:
            return _missing(f"There are .{', .'.join(FORMATS)}, and no .{kind}.")
        base, part = "", ""
        if kind == "atom":
            base = self._public_url or f"{request.url.scheme}://{request.url.netloc}"
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

    async def _made(self, request: Request, key: tuple[str, ...], make: Callable[[], Made]) -> Response:
        try:
            answer = await self._kept.answer(key, make)
        except NotThere as error:
            return _missing(str(error))
        return answer.response(request, {"cache-control": f"public, max-age={MAX_AGE_S}"})

    # --- rendering: off the event loop ------------------------------------------------------------------------------

    def _render_vendor(self, slug: str, kind: str, base: str, part: str) -> Made:
        vendor, now = self._known(slug), self._now()
        if kind == "svg":
            return Made(FORMATS[kind], self._badge(vendor, part, now).encode(), (vendor.slug,))
        page = self._page(vendor, now)
        others = tuple(Slug(other) for other, _, _ in page.alternatives)
        match kind:
            case "json":
                text = json.dumps(asdict(page), default=_plain, ensure_ascii=False, indent=1)
            case "atom":
                text = feeds.atom(page, base)
            case "ics":
                text = feeds.calendar(page, now)
            case _:
                text = templates.get_template("vendor.html").render(page=page, newest=NEWEST)
        return Made(FORMATS.get(kind, HTML), text.encode("utf-8", "replace"), (vendor.slug,), others)

    def _render_incidents(self, slug: str, incident: str) -> Made:
        page = self._page(self._known(slug), self._now())
        shown = [i for i in (*page.open, *page.planned, *page.past) if incident in ("", i.id)]
        if incident and not shown:
            raise NotThere(f"{page.name} has no incident of that id in the last {STRIP_DAYS} days.")
        heading = shown[0].title if incident else f"incidents of the last {STRIP_DAYS} days"
        body = templates.get_template("incidents.html").render(
            page=page, incidents=shown, heading=heading, alone=bool(incident)
        )
        return Made(HTML, body.encode("utf-8", "replace"), (Slug(page.slug),))

    def _render_category(self, category: str) -> Made:
        vendors = [vendor for vendor in self._catalog if vendor.category == category and vendor.enabled]
        if not vendors:
            raise NotThere(f"There is no category “{category}”.")
        states = self._states(vendors, details=False)
        return self._list(category_name(category), "", sorted(states, key=lambda state: state.vendor.name.casefold()))

    def _render_index(self, query: str) -> Made:
        if query:
            found = self._catalog.find(query)
            completions = self._catalog.complete(query, MAX_FOUND)
            vendors = [found.vendor] if isinstance(found, Found) else [c.vendor for c in completions]
            return self._list(f"Vendors called “{query}”", query, self._states(vendors, details=False))
        now = self._now()
        down = [self._line(state, now) for state in self._store.pages.down(MAX_DOWN) if self._is_public(state, now)]
        enabled = [vendor for vendor in self._catalog if vendor.enabled]
        counted = Counter(vendor.category for vendor in enabled).items()
        categories = [(category_name(category), category, number) for category, number in counted]
        categories.sort(key=lambda row: row[0].casefold())
        body = templates.get_template("index.html").render(
            heading="Is it them?",
            query="",
            found=None,
            down=down,
            categories=categories,
            calm="" if down else self._calm(enabled, now),
        )
        return Made(HTML, body.encode("utf-8", "replace"))

    def _calm(self, vendors: list[Vendor], now: datetime) -> str:
        """Where none of these reports trouble: of how many that is known."""
        states = self._states(vendors, details=False)
        known, total = sum(level_now(state, now) is not None for state in states), len(states)
        if known == total:
            return f"None of the {count(total, 'vendor')}."
        if known:
            return f"None of those whose state is known: {known:,} of {count(total, 'vendor')}."
        return f"Nobody can say now: the state of none of the {count(total, 'vendor')} is known."

    def _list(self, heading: str, query: str, states: list[PageState]) -> Made:
        now = self._now()
        body = templates.get_template("index.html").render(
            heading=heading, query=query, found=[self._line(state, now) for state in states], down=None
        )
        return Made(HTML, body.encode("utf-8", "replace"))

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
        others = self._states(list(self._catalog.alternatives(vendor)), details=False)
        return vendor_page(state, records, spans, others, self._catalog.facts(vendor.slug).about, now)

    def _states(self, vendors: list[Vendor], *, details: bool = True) -> list[PageState]:
        """``details``: as for :meth:`bot.store.pages.Pages.states`."""
        read = self._store.pages.states([vendor.slug for vendor in vendors], details=details)
        known = {s.vendor.slug: s for s in read}
        return [known.get(v.slug) or PageState(v, None, None, None, None) for v in vendors]

    def _is_public(self, state: PageState, now: datetime) -> bool:
        return self._catalog.get(state.vendor.slug) is not None and is_current(state, now)

    def _line(self, state: PageState, now: datetime) -> tuple[Slug, str, str]:
        return state.vendor.slug, state.vendor.name, level_word(level_now(state, now))

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
