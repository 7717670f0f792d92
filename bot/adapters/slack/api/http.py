"""HTTP mode: a server for what Slack posts, and for the pages of an installation.

It is open to the world: nothing is parsed before its signature was checked, no connection stays longer than its
deadline, and what is refused costs a line a minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.adapters.slack.api.refusals import Refusals
from bot.adapters.slack.manifest import EVENTS_PATH
from bot.adapters.slack.options import SlackOptions, SlackOptionsError

HEALTH_PATH = "/healthz"
ANSWER_S = 5.0
"""What is being answered when its connection's time is over gets so long."""
BACKLOG = 1_000
"""Connections that wait to be taken: one that finds no room hangs."""
LINGER_S = 0.5
"""The rest of a body that was refused is read for so long, so that its sender sees the answer."""

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What a connection may take."""

    connection_s: float = 30.0
    """From its opening; what is being answered then is still answered."""
    body_s: float = 5.0
    """For a request's body: Slack itself waits 3 s for the answer."""
    body_bytes: int = 1024 * 1024
    """Slack's largest are forms of some 250 kB."""
    connections: int = 500
    """At once; the others are closed, so that the process keeps files for all else."""


@asynccontextmanager
async def serve(app: AsyncApp, options: SlackOptions, limits: HttpLimits = HttpLimits()) -> AsyncIterator[int]:
    """Serves as long as the block lasts; yields the port. Raises :class:`SlackOptionsError` when the port is taken."""
    loop = asyncio.get_running_loop()
    refusals = Refusals(loop.time)
    runner = web.AppRunner(
        _pages(app, options, limits, refusals), access_log=None, logger=_malformed(refusals), lingering_time=LINGER_S
    )
    await runner.setup()
    try:
        try:
            server = await loop.create_server(
                _connections(runner, limits, refusals), options.host, options.port, backlog=BACKLOG
            )
        except OSError as error:
            raise SlackOptionsError(
                f"LOOKOUT_SLACK_HTTP_HOST and _PORT: cannot listen on {options.host}:{options.port} "
                f" ({error.strerror}); take a free port."
            ) from error
        port = int(server.sockets[0].getsockname()[1])
        log.info("slack.http_listening", host=options.host, port=port)
        try:
            yield port
        finally:
            server.close()
    finally:
        await runner.cleanup()


def _connections(runner: web.AppRunner, limits: HttpLimits, refusals: Refusals) -> Callable[[], asyncio.Protocol]:
    loop = asyncio.get_running_loop()
    ending: set[asyncio.Task[None]] = set()

    def end(handler: web.RequestHandler) -> None:
        handler.close()
        task = loop.create_task(handler.shutdown(ANSWER_S))
        ending.add(task)
        task.add_done_callback(ending.discard)

    def connection() -> asyncio.Protocol:
        server = runner.server
        assert server is not None
        if len(server.connections) >= limits.connections:
            refusals.note("too many connections", 0)
            return _Closed()
        handler = server()
        # Idle, or with half a request, it is closed at once; otherwise after the answer.
        loop.call_later(limits.connection_s, end, handler)
        return handler

    return connection


class _Closed(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _pages(app: AsyncApp, options: SlackOptions, limits: HttpLimits, refusals: Refusals) -> web.Application:
    verifier = SignatureVerifier(options.signing_secret)

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            async with asyncio.timeout(limits.body_s):
                await request.read()
        except TimeoutError:
            return refuse(HTTPStatus.REQUEST_TIMEOUT, "half a body")
        except web.HTTPRequestEntityTooLarge:
            return refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long")
        except (web.RequestPayloadError, ValueError):
            return refuse(HTTPStatus.BAD_REQUEST, "no body")
        try:
            return await handler(request)
        except web.HTTPException as refusal:
            return refuse(HTTPStatus(refusal.status), "no such page")
        except Exception:
            log.exception("slack.http_failed", path=request.path)
            return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)

    async def events(request: web.Request) -> web.StreamResponse:
        """The signature first: what Slack did not send is not parsed."""
        if not _is_signed(verifier, await request.read(), request):
            return refuse(HTTPStatus.UNAUTHORIZED, "not signed by Slack")
        try:
            asked = await to_bolt_request(request)
            if not isinstance(asked.body, dict):
                raise ValueError
        except (ValueError, AttributeError, RecursionError):
            return refuse(HTTPStatus.BAD_REQUEST, "signed, but unreadable")
        return await to_aiohttp_response(await app.async_dispatch(asked))

    def refuse(status: HTTPStatus, kind: str) -> web.Response:
        refusals.note(kind, status)
        response = web.Response(status=status, text=f"{status.phrase}\n")
        response.force_close()
        return response

    pages = web.Application(client_max_size=limits.body_bytes, middlewares=[guard])
    pages.router.add_post(EVENTS_PATH, events)
    pages.router.add_get(HEALTH_PATH, _healthy)
    if flow := app.oauth_flow:

        async def install(request: web.Request) -> web.StreamResponse:
            return await to_aiohttp_response(await flow.handle_installation(await to_bolt_request(request)))

        async def redirected(request: web.Request) -> web.StreamResponse:
            response = await to_aiohttp_response(await flow.handle_callback(await to_bolt_request(request)))
            if response.status >= HTTPStatus.BAD_REQUEST:
                refusals.note("installation not finished", response.status)
            return response

        pages.router.add_get(flow.install_path, install)
        pages.router.add_get(flow.redirect_uri_path, redirected)
    return pages


def _is_signed(verifier: SignatureVerifier, body: bytes, request: web.Request) -> bool:
    sent_at, signature = (request.headers.get(f"X-Slack-{name}") for name in ("Request-Timestamp", "Signature"))
    try:
        return verifier.is_valid(body, sent_at, signature)
    except (ValueError, TypeError, OverflowError):
        # A time that is no number, a body or a signature that is no text.
        return False


def _malformed(refusals: Refusals) -> logging.Logger:
    """What aiohttp would log, with a traceback each: requests that are no HTTP."""

    def note(_: logging.LogRecord) -> bool:
        refusals.note("no HTTP", HTTPStatus.BAD_REQUEST)
        return False

    logger = logging.Logger("bot.slack_http")
    logger.addFilter(note)
    return logger


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")
