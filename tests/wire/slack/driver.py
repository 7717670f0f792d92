"""People and Slack's own hands: slash commands, buttons and events, by a socket or by signed posts, and what
comes back of them. Written after https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import html
import itertools
import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import aiohttp
from aiohttp import WSMsgType, web

from tests.adapters.slack.judge import message_problems
from tests.adapters.slack.rig import event, in_view, pressed, sent_off, slash, typed_in
from tests.wire.slack.emulator import ADMIN, APP
from tests.wire.slack.proxy import TEAMS, WORKSPACE, Json, Proxy

APP_TOKEN = "xapp-lookout"
SECRET = "signing-secret"
ACK_S = 3.0
DELIVERIES = 4
"""Of one payload, at most: the first and three more."""
USES = 5
"""Of a response_url."""


class NotAcknowledged(AssertionError):
    """The app did not answer in time, however often it was asked."""


class Link(Protocol):
    async def deliver(self, kind: str, payload: Mapping[str, Any]) -> Json:
        """The app's acknowledgement, ``{}`` for one without words."""


@dataclass
class Answer:
    """What came by a response_url."""

    number: int
    body: Json


class Driver:
    """Types, presses and reads. ``link``: how the app is reached."""

    def __init__(self, proxy: Proxy, link: Link) -> None:
        self.proxy = proxy
        self.link = link
        self.answers: list[Answer] = []
        self._numbers = itertools.count(1)
        self._uses: dict[int, int] = {}
        proxy.routes.post("/answers/{number}")(self._answered)

    async def slash(self, command: str, text: str, channel: str, *, user: str = ADMIN, workspace: int = 0) -> Json:
        """The answer, whether it is the acknowledgement or follows it."""
        number, url = self._response_url()
        body = slash(command, text, channel=channel, user=user, team_id=TEAMS[workspace], response_url=url)
        ack = await self.link.deliver("slash_commands", body | {"trigger_id": self._trigger()})
        self._judge(ack)
        return ack if ack.get("blocks") else await self.answer(number)

    async def press(self, element: Mapping[str, Any], channel: str, **more: Any) -> int:
        """A button of a message; the number that its answers come under."""
        number, url = self._response_url()
        body = pressed(str(element["action_id"]), str(element.get("value", "")), url, channel=channel)
        body |= {"team": {"id": TEAMS[0]}, "user": {"id": ADMIN, "username": "admin", "team_id": TEAMS[0]}}
        trigger = await self.trigger(more.pop("user", ADMIN))
        await self.link.deliver("interactive", body | {"trigger_id": trigger, **more})
        return number

    async def view(self, count: int) -> Json:
        """The newest view, once so many were opened or changed."""

        async def so_many() -> bool:
            return len(self.proxy.views) >= count

        await self.proxy.until(so_many)
        return self.proxy.views[-1]

    async def suggest(self, view: Mapping[str, Any], action: str, text: str) -> Json:
        """What the app offers somebody who types this in a select."""
        return await self._in_view(typed_in(view, action, text))

    async def choose(self, view: Mapping[str, Any], action: str, **filled: Any) -> None:
        await self._in_view(in_view(view, action, **filled))

    async def submit(self, view: Mapping[str, Any], **filled: Any) -> Json:
        """What the app wants done with a form that was filled in."""
        return await self._in_view(sent_off(view, **filled))

    async def _in_view(self, body: Json) -> Json:
        who = {"id": ADMIN, "username": "admin", "team_id": TEAMS[0]}
        own = {"team": {"id": TEAMS[0]}, "user": who, "api_app_id": APP, "trigger_id": await self.trigger(ADMIN)}
        return await self.link.deliver("interactive", {**body, **own})

    async def happen(self, kind: str, *, workspace: int = 0, id: str | None = None, **fields: Any) -> Json:
        """An event."""
        body = event(kind, id=id or f"Ev{next(self._numbers)}", team=TEAMS[workspace], **fields)
        return await self.link.deliver("events_api", body)

    async def answer(self, number: int) -> Json:
        """The newest answer by that response_url, once there is one."""

        async def newest() -> Json | None:
            found = [answer.body for answer in self.answers if answer.number == number]
            return found[-1] if found else None

        found = await self.proxy.until(newest)
        assert found
        return found

    async def trigger(self, user: str, workspace: int = 0) -> str:
        """One that the emulator will open a view for."""
        token = next((t for t, w in self.proxy.tokens.items() if w == workspace), None)
        if token is None:
            return self._trigger()
        args = {"user_id": user}
        return str((await self.proxy.ask("views.generateTriggerId", args, workspace, token))["trigger_id"])

    def _trigger(self) -> str:
        return f"1.2.{next(self._numbers)}"

    def _response_url(self) -> tuple[int, str]:
        number = next(self._numbers)
        self._uses[number] = 0
        return number, f"{self.proxy.url}/answers/{number}"

    def _judge(self, answer: Json) -> None:
        if "blocks" in answer:
            self.proxy.problems += message_problems(answer, mentions=answer.get("response_type") == "ephemeral")

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        number, body = int(request.match_info["number"]), await request.json()
        self._uses[number] += 1
        rule = self.proxy.met("answers")
        used_up = self._uses[number] > USES
        if not used_up and (rule is None or rule.when == "after"):
            self._judge(body)
            self.answers.append(Answer(number, body))
        await self.proxy.note()
        if rule:
            return self.proxy.broken(request, rule)
        if used_up:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        return web.json_response({"ok": True})


@dataclass
class _Socket:
    ws: web.WebSocketResponse
    acks: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    closing: bool = False


class SocketLink:
    """Socket Mode: addresses that are good once, an envelope to one socket at random, again to another one if it is not
    acknowledged, and new sockets asked for."""

    def __init__(self, proxy: Proxy) -> None:
        self.opened = 0
        self.delivered: list[Json] = []
        self._proxy = proxy
        self._sockets: list[_Socket] = []
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        proxy.local["apps.connections.open"] = self._open
        proxy.routes.get("/link/{ticket}")(self._link)

    async def deliver(self, kind: str, payload: Mapping[str, Any]) -> Json:
        envelope = {
            "envelope_id": f"e{next(self._numbers)}",
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        for attempt in range(DELIVERIES):
            again = {"retry_attempt": attempt, "retry_reason": "timeout"} if attempt else {}
            ack = await self._to_one(envelope | again)
            if ack is not None:
                return ack
        raise NotAcknowledged(kind)

    async def refresh(self) -> None:
        """Slack's hours are over: every socket is to be replaced, and is closed soon after."""
        old = [socket for socket in self._sockets if not socket.closing]
        before = self.opened
        for socket in old:
            socket.closing = True
            await socket.ws.send_json({"type": "disconnect", "reason": "warning", "debug_info": {}})
            await socket.ws.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
        await self.until_opened(before + 1)
        for socket in old:
            await socket.ws.close()

    async def cut(self) -> None:
        """Every connection, without a word."""
        for socket in tuple(self._sockets):
            socket.closing = True
            request = socket.ws._req
            if request and request.transport:
                request.transport.close()

    async def until_opened(self, count: int) -> None:
        async def so_many() -> bool:
            return self.opened >= count

        await self._proxy.until(so_many)

    async def _to_one(self, envelope: Json) -> Json | None:
        async def there() -> list[_Socket]:
            return [socket for socket in self._sockets if not (socket.closing or socket.ws.closed)]

        socket = random.choice(await self._proxy.until(there))
        ack: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        socket.acks[envelope["envelope_id"]] = ack
        self.delivered.append(envelope)
        try:
            await socket.ws.send_json(envelope)
            async with asyncio.timeout(ACK_S):
                return await ack
        except (TimeoutError, ConnectionError, aiohttp.ClientError):
            return None

    def _open(self, token: str, args: Mapping[str, Any]) -> Json:
        if token != APP_TOKEN:
            return {"ok": False, "error": "invalid_auth"}
        ticket = f"t{next(self._numbers)}"
        self._tickets.add(ticket)
        return {"ok": True, "url": f"ws://127.0.0.1:{self._proxy.port}/link/{ticket}"}

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.remove(ticket)
        socket = _Socket(web.WebSocketResponse())
        await socket.ws.prepare(request)
        hello = {"num_connections": len(self._sockets) + 1, "connection_info": {"app_id": APP}}
        await socket.ws.send_json({"type": "hello", **hello, "debug_info": {"approximate_connection_time": 18060}})
        self._sockets.append(socket)
        self.opened += 1
        await self._proxy.note()
        async for message in socket.ws:
            if message.type is WSMsgType.TEXT:
                frame = json.loads(message.data)
                ack = socket.acks.pop(frame["envelope_id"], None)
                if ack and not ack.done():
                    ack.set_result(frame.get("payload") or {})
        self._sockets.remove(socket)
        for ack in socket.acks.values():
            if not ack.done():
                ack.set_exception(ConnectionResetError())
        return socket.ws


class HttpLink:
    """Signed posts. An event that is not answered with 200 in time is posted again, up to three times."""

    def __init__(self, proxy: Proxy, url: str, secret: str = SECRET) -> None:
        self.url = url
        self._secret = secret
        self._proxy = proxy

    async def deliver(self, kind: str, payload: Mapping[str, Any]) -> Json:
        for attempt in range(DELIVERIES if kind == "events_api" else 1):
            again = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_error"} if attempt else {}
            try:
                status, text = await self.post(kind, payload, headers=again)
            except (TimeoutError, aiohttp.ClientError):
                continue
            if status == 200:
                return json.loads(text) if text.startswith("{") else {"text": text}
        raise NotAcknowledged(kind)

    async def post(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        age_s: float = 0,
        secret: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        if kind == "events_api":
            body, content = json.dumps(payload), "application/json"
        else:
            form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, content = urlencode(form), "application/x-www-form-urlencoded"
        at = str(int(time.time() - age_s))
        mac = hmac.new((secret or self._secret).encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        signed = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={mac}", "Content-Type": content}
        timeout = aiohttp.ClientTimeout(total=ACK_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as pool,
            pool.post(f"{self.url}/slack/events", data=body, headers={**signed, **(headers or {})}) as answer,
        ):
            return answer.status, await answer.text()


def buttons(message: Mapping[str, Any]) -> dict[str, Json]:
    """By their labels."""
    elements = [e for block in message.get("blocks", ()) for e in block.get("elements", ()) if e["type"] == "button"]
    return {element["text"]["text"]: element for element in elements}


class Browser:
    """Somebody who installs the app."""

    def __init__(self, proxy: Proxy, url: str) -> None:
        self._proxy = proxy
        self._url = url
        self._pool = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()

    async def install(self, workspace: int = 0, *, cookie: bool = True, scopes: str = "") -> int:
        """From the button to the last page; its status. The cookie is for https only, so it is carried by hand.
        ``scopes``: granted instead of those that were asked for."""
        async with self._pool.get(f"{self._url}/slack/install") as page:
            link = re.search(r'href="([^"]+/oauth/v2/authorize[^"]+)"', await page.text())
            assert link
            state = page.headers["Set-Cookie"].split(";")[0]
        there = {WORKSPACE: str(workspace)}
        async with self._pool.get(html.unescape(link[1]), headers=there) as page:
            hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', await page.text())
        form = {name: html.unescape(value) for name, value in hidden} | ({"scope": scopes} if scopes else {})
        callback = f"{self._proxy.url}/oauth/v2/authorize/callback"
        async with self._pool.post(callback, data=form, headers=there, allow_redirects=False) as sent:
            back = urlsplit(sent.headers["Location"])
        headers = {"Cookie": state} if cookie else {}
        async with self._pool.get(f"{self._url}{back.path}?{back.query}", headers=headers) as page:
            return page.status

    async def ready(self) -> None:
        """The bot listens."""
        while True:
            try:
                async with self._pool.get(f"{self._url}/healthz") as health:
                    assert health.status == 200
                    return
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)
