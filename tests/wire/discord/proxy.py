"""What stands between the bot and the twin: it holds every request against Discord's rules, breaks it as told, keeps
what came, and does what the twin does not.

The twin gives a thread an id of its own, knows no shards, drops no repeated nonce, lists no commands, resumes no
session and lets no test take a channel or a server away: all that is done here.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal

import aiohttp
from aiohttp import web

from tests.adapters.discord.spec import judged
from tests.wire.discord.twin import Twin

VERSION = "/api/v10"
DISPATCH, INVALID = 0, 9
MESSAGES = re.compile(r"/channels/\d+/messages")
THREAD = re.compile(r"/channels/\d+/messages/(\d+)/threads")
COMMANDS = re.compile(r"/applications/\d+/commands")
CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback")

Json = dict[str, Any]


@dataclass
class Break:
    """What some requests meet. ``path``: a pattern, without the version. ``status`` 0: the connection is cut. ``when``:
    ``after`` means that the twin has done it."""

    method: str
    path: str
    status: int
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    when: Literal["before", "after"] = "before"
    times: int = 1


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Any
    broken: bool


def limited(path: str, after_s: float, *, method: str = "POST", scope: str = "user", times: int = 1) -> Break:
    """A 429 as Discord sends it."""
    body = {"message": "You are being rate limited.", "retry_after": after_s, "global": scope == "global"}
    headers = {"Via": "1.1 google", "Retry-After": str(after_s), "X-RateLimit-Scope": scope}
    return Break(method, path, 429, body, headers, times=times)


class Proxy:
    """``async with Proxy(twin) as proxy``: ``api`` is what the bot is given. ``requests``: all that came, in order;
    ``complaints``: what Discord would refuse of it. ``sessions``: how each connection to the gateway began."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.breaks: list[Break] = []
        self.commands: list[Json] = []
        self.sessions: list[str] = []
        self.resumes = True
        self._threads: dict[str, str] = {}
        self._making = asyncio.Lock()
        self._nonces: dict[str, tuple[int, str]] = {}
        self._session: _Session | None = None
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Proxy:
        self._http = aiohttp.ClientSession()
        app = web.Application(client_max_size=2**24)
        app.router.add_get("/gateway", self._gateway)
        app.router.add_get("/gateway/", self._gateway)
        app.router.add_route("*", f"{VERSION}/{{path:.*}}", self._rest)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.end()
        await self._runner.cleanup()
        await self._http.close()

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self._port}{VERSION}"

    # --- for tests ---------------------------------------------------------------------------------------------------

    def sent(self, method: str, path: str) -> list[Request]:
        """Requests by a pattern of their path, those that were broken too."""
        return [one for one in self.requests if one.method == method and re.fullmatch(path, one.path)]

    async def until(self, seen: Callable[[], Any], within_s: float = 60.0) -> Any:
        """What ``seen`` gives as soon as that is something: it is asked whenever anything happened here."""
        async with asyncio.timeout(within_s), self._changed:
            return await self._changed.wait_for(seen)

    def shown(self, told: Any) -> Any:
        """What the twin tells, with the ids that the bot knows threads by."""
        return json.loads(self._outward(json.dumps(told)))

    def inward(self, place: str) -> str:
        """The twin's id of a channel or thread."""
        return self._threads.get(place, place)

    async def tell(self, event: str, data: Json) -> None:
        """An event that the twin does not know."""
        assert self._session
        await self._session.dispatch(event, data)

    async def drop(self, code: int = 1006) -> None:
        """The connection to the gateway breaks."""
        assert self._session
        await self._session.drop(code)

    # --- REST --------------------------------------------------------------------------------------------------------

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["path"]
        body = await request.json() if request.can_read_body else None
        self.complaints += [f"{request.method} {path}: {w}" for w in judged(request.method, path, request.query, body)]
        rule = next((b for b in self.breaks if b.method == request.method and re.fullmatch(b.path, path)), None)
        if rule:
            rule.times -= 1
            self.breaks = [b for b in self.breaks if b.times > 0]
        status, text = 0, ""
        if rule is None or rule.when == "after":
            status, text = await self._answer(request, path, body)
        self.requests.append(Request(request.method, path, body, rule is not None))
        async with self._changed:
            self._changed.notify_all()
        if rule is None:
            return _response(status, text)
        if rule.status == 0:
            assert request.transport
            request.transport.abort()
        return _response(rule.status, json.dumps(rule.json if rule.json is not None else {}), rule.headers)

    async def _answer(self, request: web.Request, path: str, body: Any) -> tuple[int, str]:
        match request.method, path:
            case "GET", "/gateway/bot":
                status, text = await self._forward(request, path, body)
                return status, json.dumps({**json.loads(text), "url": self._gateway_url})
            case "GET", "/oauth2/applications/@me":
                status, text = await self._forward(request, "/applications/@me", body)
                owner = {"id": self._twin.user, "username": "ann", "discriminator": "0", "avatar": None}
                return status, json.dumps(
                    {**json.loads(text), "owner": {**owner, "global_name": None}, "rpc_origins": []}
                )
            case "GET", _ if COMMANDS.fullmatch(path):
                return 200, json.dumps(self.commands)
            case "PUT", _ if COMMANDS.fullmatch(path):
                asked = [{**one, "default_member_permissions": _text(one)} for one in body]
                status, text = await self._forward(request, path, asked)
                ids = {one["name"]: one["id"] for one in json.loads(text)}
                self.commands = [{**one, "id": ids[one["name"]]} for one in asked]
                return status, json.dumps(self.commands)
            case "POST", _ if MESSAGES.fullmatch(path) and body.get("enforce_nonce"):
                if body["nonce"] not in self._nonces:
                    self._nonces[body["nonce"]] = await self._forward(request, path, body)
                return self._nonces[body["nonce"]]
            case "POST", _ if found := THREAD.fullmatch(path):
                async with self._making:
                    status, text = await self._forward(request, path, body)
                    if status < 300:
                        self._threads[found[1]] = str(json.loads(text)["id"])
                return status, self._outward(text)
            case "POST", _ if found := CALLBACK.fullmatch(path):
                status, text = await self._forward(request, path, body)
                return (
                    (200, json.dumps({"interaction": {"id": found[1], "type": 2}})) if status < 300 else (status, text)
                )
        return await self._forward(request, path, body)

    async def _forward(self, request: web.Request, path: str, body: Any) -> tuple[int, str]:
        head, place = re.match(r"(/channels/)(\d+)", path), ""
        if head:
            place = self._threads.get(head[2], head[2])
            path = f"{head[1]}{place}{path[head.end() :]}"
        headers = {"Authorization": request.headers.get("Authorization", "")}
        url = f"{self._twin.rest}/v10{path}"
        kind = {"json": body} if body is not None else {}
        async with self._http.request(request.method, url, params=request.query, headers=headers, **kind) as answer:
            return answer.status, self._outward(await answer.text())

    def _outward(self, text: str) -> str:
        for message, thread in self._threads.items():
            text = text.replace(thread, message)
        return text

    # --- gateway -----------------------------------------------------------------------------------------------------

    @property
    def _gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/gateway"

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        bot = web.WebSocketResponse(autoping=True)
        await bot.prepare(request)
        await bot.send_json({"op": 10, "d": {"heartbeat_interval": 45_000}, "s": None, "t": None})
        async for frame in bot:
            said = json.loads(frame.data)
            match said["op"]:
                case 1:
                    await bot.send_json({"op": 11})
                case 2:
                    self.sessions.append("identify")
                    if self._session:
                        await self._session.end()
                    upstream = await self._http.ws_connect(self._twin.gateway)
                    self._session = _Session(self, upstream)
                    self._session.bot = bot
                    await self._session.begin(said)
                case 6 if self.resumes and self._session and said["d"]["session_id"] == self._session.id:
                    self.sessions.append("resume")
                    await self._session.resume(bot, said["d"]["seq"])
                case 6:
                    self.sessions.append("refused")
                    await bot.send_json({"op": INVALID, "d": False, "s": None, "t": None})
            async with self._changed:
                self._changed.notify_all()
        return bot

    async def passed(self, text: str) -> Json:
        """A frame of the twin's, with the ids and the address that the bot knows."""
        async with self._making:
            frame: Json = json.loads(self._outward(text))
        if frame["t"] == "READY":
            frame["d"] |= {"resume_gateway_url": self._gateway_url, "shard": [0, 1]}
        return frame


class _Session:
    """One session of the bot's. It outlives connections: what was said while there was none is said later."""

    def __init__(self, proxy: Proxy, upstream: aiohttp.ClientWebSocketResponse) -> None:
        self.id = ""
        self.bot: web.WebSocketResponse | None = None
        self._proxy = proxy
        self._upstream = upstream
        self._said: list[Json] = []

    async def begin(self, identify: Json) -> None:
        await self._upstream.send_json(identify)
        self._reading = asyncio.create_task(self._read())

    async def resume(self, bot: web.WebSocketResponse, seen: int) -> None:
        self.bot = bot
        for frame in self._said[seen:]:
            await bot.send_json(frame)
        await self.dispatch("RESUMED", {})

    async def dispatch(self, event: str, data: Json) -> None:
        frame = {"op": DISPATCH, "t": event, "s": len(self._said) + 1, "d": data}
        self._said.append(frame)
        if self.bot and not self.bot.closed:
            with suppress(ConnectionError):
                await self.bot.send_json(frame)

    async def drop(self, code: int) -> None:
        bot, self.bot = self.bot, None
        assert bot
        await bot.close(code=code)

    async def end(self) -> None:
        self._reading.cancel()
        await self._upstream.close()

    async def _read(self) -> None:
        async for frame in self._upstream:
            told = await self._proxy.passed(frame.data)
            if told["op"] == DISPATCH:
                self.id = told["d"].get("session_id", self.id) if told["t"] == "READY" else self.id
                await self.dispatch(told["t"], told["d"])


def _text(command: Json) -> str | None:
    """The twin takes no number here, as Discord does."""
    granted = command.get("default_member_permissions")
    return None if granted is None else str(granted)


def _response(status: int, text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    # discord.py reads JSON only where the header says exactly this.
    kind = {"Content-Type": "application/json"} if text else {}
    return web.Response(status=status, body=text.encode(), headers={**kind, **(headers or {})})
