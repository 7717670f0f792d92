"""How a model's program reaches the tools: over standard input and output, or over HTTP with a key in each request."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus

from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.commands.command import Command
from bot.commands.operations.for_key import Desk
from bot.commands.table import OPERATIONS
from bot.mcp_server.server import Context, Tools
from bot.threads import Threads
from bot.web.api.rate import Rate
from bot.web.server import serve

PATH = "/mcp"
MAX_BODY_BYTES = 65_536
"""Every argument at its longest fits."""


async def serve_stdio(desk: Desk, threads: Threads, token: str) -> None:
    """Until the other side closes its end. ``token``: the key that this process runs with; empty: facts alone."""
    server = Tools(desk, threads, lambda context: token).server()
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


async def serve_http(
    desk: Desk,
    threads: Threads,
    rate: Rate,
    clock: Callable[[], float],
    listening: socket.socket,
    stop: asyncio.Event,
    names: Sequence[str],
    operations: Sequence[Command] = OPERATIONS,
) -> None:
    """Streamable HTTP at :data:`PATH` until ``stop``, without sessions: each request stands alone and shows its key.

    ``names``: by which it is reached (``Host``), against names that a browser is led to. ``clock``: seconds that only
    go forward."""
    server = Tools(desk, threads, _token_of, operations).server()
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MAX_BODY_BYTES,
        transport_security=TransportSecuritySettings(
            allowed_hosts=list(names), allowed_origins=[f"http://{name}" for name in names]
        ),
    )
    async with server.session_manager.run():
        await serve(_Door(app, desk, threads, rate, clock), listening, stop)


def _token_of(context: Context) -> str:
    headers = getattr(context.request, "headers", None)
    return bearer(headers.get("authorization", "")) if headers is not None else ""


def bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.casefold() == "bearer" else ""


class _Door:
    """Lets nobody in without a valid key, unless facts are public; and nobody too often."""

    def __init__(self, app: ASGIApp, desk: Desk, threads: Threads, rate: Rate, clock: Callable[[], float]) -> None:
        self._app = app
        self._desk = desk
        self._threads = threads
        self._rate = rate
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        header = Headers(scope=scope).get("authorization")
        token = bearer(header or "")
        key = await self._threads(partial(self._desk.key, token)) if token else None
        client = scope.get("client") or ("", 0)
        wait_s = self._rate.wait_s(f"key {key.id}" if key else f"address {client[0]}", self._clock())
        if wait_s:
            answer = _refusal(HTTPStatus.TOO_MANY_REQUESTS, f"Wait {wait_s} seconds.", {"retry-after": str(wait_s)})
        elif key is None and (header is not None or not self._desk.public):
            text = "Send a valid key: Authorization: Bearer …, as lookout key create printed it."
            answer = _refusal(HTTPStatus.UNAUTHORIZED, text, {"www-authenticate": 'Bearer realm="lookout"'})
        else:
            await self._app(scope, receive, send)
            return
        await answer(scope, receive, send)


def _refusal(status: HTTPStatus, text: str, headers: dict[str, str]) -> JSONResponse:
    return JSONResponse({"error": status.phrase, "error_description": text}, status, headers)
