"""What stands between the bot and the emulators: it sends each request to the workspace that it is for, holds it
against Slack's rules, breaks it as told, and keeps what came.

Emulate has one workspace to a process; a second one answers here as ``T000000002``. It takes any token for its admin's,
reads bodies only and knows no Socket Mode: unknown tokens are refused here, arguments in the address are moved to the
body, and ``local`` methods are answered by the driver.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web

from tests.adapters.slack.judge import home_problems, message_problems, request_problems, view_problems
from tests.wire.slack.emulator import BOT_TOKEN, DRIVER_TOKEN, TEAM

T = TypeVar("T")
TEAMS = (TEAM, "T000000002")
WAIT_S = 40.0
WORKSPACE = "X-Workspace"
"""The header by which the test's browser says in which workspace it installs."""

Json = dict[str, Any]
Local = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]


@dataclass
class Rule:
    """What some requests meet. ``path``: the method's name, or ``answers`` for a response_url; a pattern. ``channel``:
    those about it alone. ``status`` 0: the connection is cut. ``when``: ``after`` means that the emulator has done it.
    ``meanwhile``: what happens before the bot is answered."""

    path: str
    channel: str = ""
    status: int = 200
    json: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    when: Literal["before", "after"] = "before"
    times: int = 1
    meanwhile: Callable[[], None] | None = None


def error(path: str, code: str, **more: Any) -> Rule:
    """Slack's own way of refusing."""
    return Rule(path, json={"ok": False, "error": code}, **more)


@dataclass(frozen=True)
class Call:
    """``team``: the workspace that it went to, ``""`` if none. ``broken``: it met a rule."""

    path: str
    token: str
    args: Mapping[str, Any]
    team: str
    broken: bool


class Proxy:
    """``async with Proxy(addresses) as proxy: … proxy.api``"""

    def __init__(self, emulators: Sequence[str]) -> None:
        self.calls: list[Call] = []
        self.problems: list[str] = []
        self.views: list[Json] = []
        self.rules: list[Rule] = []
        self.local: dict[str, Local] = {}
        self.routes = web.RouteTableDef()
        self.tokens: dict[str, int] = {BOT_TOKEN: 0}
        self.revoked: set[str] = set()
        self._emulators = emulators
        self._codes: dict[str, int] = {}
        self._changed = asyncio.Condition()
        self.port = 0

    async def __aenter__(self) -> Proxy:
        self._pool = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        app = web.Application(client_max_size=2**24)
        app.add_routes(self.routes)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_route("*", "/oauth/{page:.*}", self._page)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        await self._pool.close()
        if kind is None:
            assert not self.problems, self.problems

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.url}/api/"

    def called(self, path: str) -> list[Call]:
        return [call for call in self.calls if re.fullmatch(path, call.path)]

    async def note(self) -> None:
        """Something happened: who waits may look again."""
        async with self._changed:
            self._changed.notify_all()

    async def until(self, what: Callable[[], Awaitable[T]], seconds: float = WAIT_S) -> T:
        """What this gives, once that is true; asked again whenever something happened."""
        async with asyncio.timeout(seconds), self._changed:
            while not (found := await what()):
                await self._changed.wait()
            return found

    async def until_called(self, path: str, times: int = 1) -> list[Call]:
        async def enough() -> list[Call]:
            calls = self.called(path)
            return calls if len(calls) >= times else []

        return await self.until(enough)

    # --- a look at the workspaces, past the bot and the rules ---------------------------------------------------------

    async def ask(self, method: str, args: Mapping[str, Any], workspace: int = 0, token: str = DRIVER_TOKEN) -> Json:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self._emulators[workspace]}/api/{method}"
        async with self._pool.post(url, json=dict(args), headers=headers) as answer:
            body: Json = await answer.json()
        assert body["ok"], (method, body)
        return body

    async def channel(self, name: str, workspace: int = 0, *, private: bool = False) -> str:
        """A new channel's id; a private one is without the bot."""
        made = await self.ask("conversations.create", {"name": name, "is_private": private}, workspace)
        return str(made["channel"]["id"])

    async def messages(self, channel: str, workspace: int = 0) -> list[Json]:
        """What stands in the channel: each root, then its replies."""
        roots = (await self.ask("conversations.history", {"channel": channel, "limit": 1000}, workspace))["messages"]
        found: list[Json] = []
        for root in reversed(roots):
            thread = await self.ask("conversations.replies", {"channel": channel, "ts": root["ts"]}, workspace)
            found += thread["messages"]
        return found

    # --- the server ---------------------------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        raw = await request.read()
        args = _args(request, raw)
        token = str(args.pop("token", "")) or request.headers.get("Authorization", "").removeprefix("Bearer ")
        workspace = self._codes.get(str(args.get("code")), 0) if method == "oauth.v2.access" else self.tokens.get(token)
        rule = self.met(method, str(args.get("channel", "")))
        team = "" if workspace is None else TEAMS[workspace]
        self.calls.append(Call(method, token, args, team, rule is not None))
        self.judge(method, args)
        answer: web.StreamResponse | None = None
        if rule is None or rule.when == "after":
            answer = await self._done(request, method, token, args, workspace)
        answer = self.broken(request, rule) if rule else answer
        await self.note()
        assert answer is not None
        return answer

    def judge(self, method: str, args: Mapping[str, Any]) -> None:
        self.problems += request_problems(method, args)
        if method in {"chat.postMessage", "chat.update"}:
            self.problems += message_problems(args)
        if method == "views.publish":
            self.problems += home_problems(args["view"])
        elif method.startswith("views."):
            self.problems += view_problems(args["view"])

    def met(self, path: str, channel: str = "") -> Rule | None:
        for rule in self.rules:
            if not re.fullmatch(rule.path, path) or rule.channel not in ("", channel):
                continue
            rule.times -= 1
            if rule.times <= 0:
                self.rules.remove(rule)
            return rule
        return None

    def broken(self, request: web.Request, rule: Rule) -> web.StreamResponse:
        if rule.meanwhile:
            rule.meanwhile()
        if rule.status == 0:
            assert request.transport
            request.transport.close()
            return web.Response()
        if rule.json is not None:
            return web.json_response(rule.json, status=rule.status, headers=rule.headers)
        return web.Response(status=rule.status, text="<h1>no</h1>", content_type="text/html", headers=rule.headers)

    async def _done(
        self, request: web.Request, method: str, token: str, args: Mapping[str, Any], workspace: int | None
    ) -> web.Response:
        if method in self.local:
            return web.json_response(self.local[method](token, args))
        if token in self.revoked:
            return web.json_response({"ok": False, "error": "token_revoked"})
        if workspace is None:
            return web.json_response({"ok": False, "error": "invalid_auth"})
        body = json.dumps(args) if request.content_type == "application/json" else urlencode(args)
        kind = "application/json" if request.content_type == "application/json" else "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, "Authorization": request.headers.get("Authorization", f"Bearer {token}")}
        url = f"{self._emulators[workspace]}/api/{method}"
        async with self._pool.post(url, data=body, headers=headers) as answer:
            text = (await answer.text()).replace(TEAM, TEAMS[workspace])
        if method.startswith("views.") and (view := json.loads(text).get("view")):
            self.views.append(view)
        if method == "oauth.v2.access" and (granted := json.loads(text).get("access_token")):
            self.tokens[granted] = workspace
        return web.Response(text=text, status=answer.status, content_type="application/json")

    async def _page(self, request: web.Request) -> web.Response:
        """The pages of OAuth, for a browser."""
        workspace = int(request.headers.get(WORKSPACE, "0"))
        url = f"{self._emulators[workspace]}{request.path_qs}"
        kind = {"Content-Type": request.headers["Content-Type"]} if request.can_read_body else {}
        body = await request.read() if request.can_read_body else None
        async with self._pool.request(request.method, url, data=body, headers=kind, allow_redirects=False) as answer:
            text, location = await answer.text(), answer.headers.get("Location", "")
        if code := re.search(r"[?&]code=([^&]+)", location):
            self._codes[code[1]] = workspace
        headers = {"Location": location} if location else {}
        return web.Response(text=text, status=answer.status, content_type="text/html", headers=headers)


def _args(request: web.Request, raw: bytes) -> dict[str, Any]:
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        args |= json.loads(raw or b"{}")
    else:
        args |= dict(parse_qsl(raw.decode()))
    return args
