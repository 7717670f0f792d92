"""The routes, and the headers that every answer has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.domain.role import ALL_ROLES, Role
from bot.store import Store, StoreError
from bot.threads import Threads
from bot.web.api.routes import Api
from bot.web.dashboards.routes import DashboardPages
from bot.web.failures import HANDLERS
from bot.web.health import Check, assess
from bot.web.metrics import Metrics
from bot.web.pages import Pages

if TYPE_CHECKING:
    from bot.web.signin.routes import SigningIn

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Site:
    """What the routes read. ``watched_s``: how often the page of a subscribed vendor is read. ``roles``: of this
    process; whatever they are, it says how it is, and only with ``web`` it serves the rest."""

    store: Store
    threads: Threads
    now: Callable[[], datetime]
    metrics: Metrics
    watched_s: float
    pages: Pages
    api: Api
    dashboards: DashboardPages
    signing_in: SigningIn | None = None
    """``None``: nobody can."""
    roles: frozenset[Role] = ALL_ROLES

    def routes(self) -> list[BaseRoute]:
        own = [Route("/healthz", self.healthz), Route("/readyz", self.readyz), Route("/metrics", self.scrape)]
        if Role.WEB not in self.roles:
            return [*own]
        return [
            *own,
            *self.pages.routes(),
            *self.api.routes(),
            *self.dashboards.routes(),
            *(self.signing_in.routes() if self.signing_in else ()),
        ]

    def app(self) -> ASGIApp:
        return _Headers(
            Starlette(
                routes=self.routes(),
                middleware=[Middleware(GZipMiddleware, minimum_size=500)],
                exception_handlers=dict(HANDLERS),
            )
        )

    async def healthz(self, request: Request) -> Response:
        """The process runs, and its event loop answers."""
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request) -> Response:
        """503 with the reason while this process does not do what is its part: reading pages, or delivering."""
        checks = await self.threads(lambda: self._checks(self.roles))
        ok = all(check.ok for check in checks)
        body = {"ok": ok, "checks": {check.name: {"ok": check.ok, "text": check.text} for check in checks}}
        return JSONResponse(body, 200 if ok else 503, {"cache-control": "no-store"})

    async def scrape(self, request: Request) -> Response:
        text = await self.threads(partial(self.metrics.text, self.store, self.now()))
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def is_well(self) -> bool:
        """Whatever process has which part in it."""
        return all(check.ok for check in await self.threads(lambda: self._checks(ALL_ROLES)))

    def _checks(self, roles: frozenset[Role]) -> list[Check]:
        now = self.now()
        try:
            return list(assess(self.store.diagnostics.vitals(now), self.watched_s, now, roles))
        except StoreError as error:
            return [Check("store", False, str(error))]


class _Headers:
    """Adds :data:`HEADERS` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
