"""Signing in and out, and what is open to who did: the dashboards of the workspaces that the operator named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hmac import compare_digest
from secrets import token_urlsafe
from urllib.parse import quote, urlencode

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.domain import Channel, Workspace
from bot.store import Store
from bot.threads import Threads
from bot.web.dashboards.routes import PRIVATE, DashboardPages
from bot.web.dashboards.view import MAX_CHANNELS, Shown
from bot.web.failures import error_page
from bot.web.rendering import HTML, templates
from bot.web.signin.provider import Attempt, Provider, SignInFailed
from bot.web.signin.sessions import Sessions
from bot.wording.dashboard import place_text

LIST = "/dashboards"
DONE = "/signin/done"
SECRET_BYTES = 32
MAX_PATH_CHARS = 500
MAX_CODE_CHARS = 4_000

log = structlog.get_logger(__name__)


class SigningIn:
    """``url``: where the site is reached, as the provider knows it. ``random``: so many random bytes, as text."""

    def __init__(
        self,
        provider: Provider,
        sessions: Sessions,
        dashboards: DashboardPages,
        store: Store,
        threads: Threads,
        workspaces: Sequence[Workspace],
        url: str,
        random: Callable[[int], str] = token_urlsafe,
    ) -> None:
        self._provider = provider
        self._sessions = sessions
        self._dashboards = dashboards
        self._store = store
        self._threads = threads
        self._workspaces = tuple(workspaces)
        self._url = url.rstrip("/")
        self._random = random

    def routes(self) -> list[Route]:
        return [
            Route(LIST, self._list),
            Route("/w/{platform}/{workspace}", self._dashboard),
            Route("/w/{platform}/{workspace}/events", self._events),
            Route("/w/{platform}/{workspace}/c/{channel}", self._dashboard),
            Route("/w/{platform}/{workspace}/c/{channel}/events", self._events),
            Route("/signin", self._sign_in),
            Route(DONE, self._done),
            Route("/signout", self._sign_out, methods=["POST"]),
        ]

    # --- coming and going -------------------------------------------------------------------------------------------

    async def _sign_in(self, request: Request) -> Response:
        state, nonce, verifier = (self._random(SECRET_BYTES) for _ in range(3))
        attempt = Attempt(state, nonce, verifier, f"{self._url}{DONE}")
        try:
            response = RedirectResponse(await self._provider.address(attempt), 303, PRIVATE)
        except SignInFailed as error:
            return _failed(error)
        self._sessions.begin(response, attempt, _local(request.query_params.get("to", "")))
        return response

    async def _done(self, request: Request) -> Response:
        given, begun = request.query_params, self._sessions.attempt(request)
        if begun is None or not compare_digest(given.get("state", "").encode(), begun[0].state.encode()):
            text = "That took too long, or began in another browser: begin anew."
            return _failed(SignInFailed(text, "no such attempt"))
        attempt, to = begun
        code = given.get("code", "")
        if not code or len(code) > MAX_CODE_CHARS:
            return _failed(SignInFailed("You did not sign in.", given.get("error", "no code")[:MAX_PATH_CHARS]))
        try:
            person = await self._provider.person(attempt, code)
        except SignInFailed as error:
            return _failed(error)
        response = RedirectResponse(to, 303, PRIVATE)
        self._sessions.sign_in(response, person)
        return response

    async def _sign_out(self, request: Request) -> Response:
        response = RedirectResponse("/", 303, PRIVATE)
        self._sessions.sign_out(response)
        return response

    # --- what is open then ------------------------------------------------------------------------------------------

    async def _list(self, request: Request) -> Response:
        person = self._sessions.person(request)
        if person is None:
            return self._ask_to_sign_in(request)
        listed = await self._threads(self._all)
        body = templates.get_template("dashboards.html").render(email=person.email, listed=listed)
        return Response(body, 200, PRIVATE, HTML)

    async def _dashboard(self, request: Request) -> Response:
        if self._sessions.person(request) is None:
            return self._ask_to_sign_in(request)
        page = await self._dashboards.page(lambda: self._shown(request), signed_in=True)
        text = "There is no such channel here, or none that you may see."
        return page or error_page(404, "No dashboard", text, PRIVATE)

    async def _events(self, request: Request) -> Response:
        return await self._dashboards.events(lambda: self._shown(request), signed_in=True)

    async def _shown(self, request: Request) -> Shown | None:
        """What is asked for, if it is there and the session still lasts."""
        named = request.path_params
        workspace = Workspace(named["platform"], named["workspace"])
        if self._sessions.person(request) is None or workspace not in self._workspaces:
            return None
        if "channel" not in named:
            return workspace
        channel = Channel(workspace.platform, workspace.id, named["channel"])
        known = not channel.is_direct and await self._threads(lambda: self._store.channels.is_known(channel))
        return channel if known else None

    def _all(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """Each workspace: its name, its address, its channels."""
        found = []
        for one in self._workspaces:
            path = f"/w/{quote(one.platform, safe='')}/{quote(one.id, safe='')}"
            rosters = self._store.workspaces.subscriptions(one.platform, one.id, MAX_CHANNELS)
            channels = [roster.channel for roster in rosters if not roster.channel.is_direct]
            found.append((place_text(one), path, [(c.id, f"{path}/c/{quote(c.id, safe='')}") for c in channels]))
        return found

    def _ask_to_sign_in(self, request: Request) -> Response:
        return RedirectResponse(f"/signin?{urlencode({'to': request.url.path})}", 303, PRIVATE)


def _local(path: str) -> str:
    """Only ever a page of ours that takes signing in."""
    is_ours = path == LIST or path.startswith("/w/")
    return quote(path, safe="/%") if is_ours and len(path) <= MAX_PATH_CHARS else LIST


def _failed(error: SignInFailed) -> Response:
    log.warning("signin.failed", reason=error.reason)
    return error_page(403, "Not signed in", str(error), PRIVATE, again="/signin")
