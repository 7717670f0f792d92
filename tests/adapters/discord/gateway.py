"""Discord's login and gateway on a local server, as far as a bot without servers needs them; it can send anything."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

BOT = {"id": "1000000000000000001", "username": "lookout", "discriminator": "0", "avatar": None, "global_name": None}
HELLO = {"op": 10, "d": {"heartbeat_interval": 45_000}}


class Gateway:
    """``logins``: answers to the next logins, then all is well. ``frames``: what each next session gets after READY.
    ``identified``: shard and number of shards of each session. ``answers``: what interactions were answered with;
    ``refusals``: what becomes of the next of them."""

    def __init__(self) -> None:
        self.identified: list[tuple[int, int]] = []
        self.shards, self.sessions_left, self.buckets = 1, 999, 1
        self.logins: list[Callable[[], web.Response]] = []
        self.frames: list[list[Any]] = []
        self.asked = 0
        self.sessions = 0
        self.answers: list[Any] = []
        self.refusals: list[Callable[[], web.Response]] = []
        self.url = ""

    async def rest(self, request: web.Request) -> web.Response:
        path = request.path
        if path.endswith("/users/@me"):
            self.asked += 1
            return self.logins.pop(0)() if self.logins else answer(200, BOT)
        if path.endswith("/applications/@me"):
            app: dict[str, Any] = {"id": BOT["id"], "owner": BOT, "name": "lookout", "icon": None, "description": ""}
            app |= {"bot_public": True, "bot_require_code_grant": False, "flags": 0, "verify_key": "", "summary": ""}
            return answer(200, app)
        if path.endswith("/gateway/bot"):
            limits = {"total": 1000, "remaining": self.sessions_left, "reset_after": 0, "max_concurrency": self.buckets}
            url = self.url.replace("http", "ws")
            return answer(200, {"url": url, "shards": self.shards, "session_start_limit": limits})
        if path.endswith(("/callback", "/messages/@original")):
            self.answers.append(await request.json())
            refused = self.refusals.pop(0)() if self.refusals else None
            return refused or web.Response(status=204)
        return answer(200, [])

    async def socket(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await self.rest(request)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json(HELLO)
        async for message in socket:
            frame = json.loads(message.data)
            if frame["op"] == 1:
                await socket.send_json({"op": 11})
            elif frame["op"] == 2:
                self.sessions += 1
                shard = frame["d"].get("shard") or [0, 1]
                self.identified.append((shard[0], shard[1]))
                ready = {"v": 10, "user": BOT, "guilds": [], "session_id": str(self.sessions), "shard": shard}
                ready |= {
                    "resume_gateway_url": self.url.replace("http", "ws"),
                    "application": {"id": BOT["id"], "flags": 0},
                }
                for one in [event("READY", ready), *(self.frames.pop(0) if self.frames else [])]:
                    await socket.send_str(one if isinstance(one, str) else json.dumps(one))
        return socket


def interaction(**more: Any) -> dict[str, Any]:
    """``/status github`` in a direct message, by somebody."""
    data = {"id": "9", "name": "status", "type": 1, "options": [{"type": 3, "name": "vendor", "value": "github"}]}
    asked = {"id": "5000000000000000001", "application_id": BOT["id"], "type": 2, "token": "t", "version": 1}
    where = {"channel": {"id": "7000000000000000001", "type": 1}, "context": 1}
    where |= {"channel_id": "7000000000000000001", "user": {**BOT, "id": "8000000000000000001"}}
    rest = {"locale": "en-US", "entitlements": [], "authorizing_integration_owners": {}, "attachment_size_limit": 0}
    return event("INTERACTION_CREATE", {**asked, **where, **rest, "data": data, **more})


def event(name: str, data: Any) -> dict[str, Any]:
    return {"op": 0, "t": name, "s": 1, "d": data}


def answer(status: int, body: Any, **headers: str) -> web.Response:
    # discord.py reads JSON only where the header says exactly this.
    text = json.dumps(body)
    return web.Response(status=status, body=text.encode(), headers={"Content-Type": "application/json", **headers})


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    there = Gateway()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", there.socket)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield there
    finally:
        await runner.cleanup()
