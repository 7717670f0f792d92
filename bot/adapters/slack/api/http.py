"""HTTP mode: what Slack posts, and the pages of an installation, as a part of the bot's HTTP server.

It is open to the world: nothing is parsed before its signature was checked, no body is waited for long, and what is
refused costs a line a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from bot.adapters.served import AsgiApp
from bot.adapters.slack.manifest import EVENTS_PATH
from bot.adapters.slack.options import SlackOptions
from bot.refusals import Refusals

PREFIX = "/slack/"
HEALTH_PATH = "/healthz"
LINGER_S = 0.5
"""The rest of a body that was refused is read for so long, so that its sender sees the answer."""

log = structlog.get_logger(__name__)

Page = Callable[[Request, bytes], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What a request may take."""

    body_s: float = 5.0
    """For its body: Slack itself waits 3 s for the answer."""
    body_bytes: int = 1024 * 1024
    """Slack's largest are forms of some 250 kB."""
    answer_s: float = 30.0
    """For all that Slack itself is asked while an installation is finished."""


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, kind: str) -> None:
        self.status = status
        self.kind = kind


def slack_http(app: AsyncApp, options: SlackOptions, limits: HttpLimits = HttpLimits()) -> AsgiApp:
    """An ASGI application for :data:`PREFIX`, and for :data:`HEALTH_PATH` where it is served alone. Made inside the
    event loop."""
    refusals = Refusals(asyncio.get_running_loop().time, _say_refused)
    pages = _pages(app, options, refusals)

    async def answer(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        page = pages.get((method, request.url.path))
        if page is None:
            raise _Refused(HTTPStatus.NOT_FOUND, "no such page")
        body = await _body(request, limits)
        async with asyncio.timeout(limits.answer_s):
            return await page(request, body)

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response: Response
        try:
            response = await answer(request)
        except ClientDisconnect:
            return
        except _Refused as refusal:
            refusals.note(refusal.kind, refusal.status)
            response = PlainTextResponse(f"{refusal.status.phrase}\n", refusal.status, {"connection": "close"})
        except Exception:
            log.exception("slack.http_failed", path=request.url.path)
            response = Response(status_code=HTTPStatus.INTERNAL_SERVER_ERROR)
        await response(scope, receive, send)

    return served


def _pages(app: AsyncApp, options: SlackOptions, refusals: Refusals) -> dict[tuple[str, str], Page]:
    """By method and path."""
    verifier = SignatureVerifier(options.signing_secret)

    async def events(request: Request, body: bytes) -> Response:
        """The signature first: what Slack did not send is not parsed."""
        if not _is_signed(verifier, body, request):
            raise _Refused(HTTPStatus.UNAUTHORIZED, "not signed by Slack")
        try:
            asked = to_async_bolt_request(request, body)
            if not isinstance(asked.body, dict):
                raise ValueError
        except (ValueError, AttributeError, RecursionError):
            raise _Refused(HTTPStatus.BAD_REQUEST, "signed, but unreadable") from None
        return to_starlette_response(await app.async_dispatch(asked))

    async def healthy(_: Request, __: bytes) -> Response:
        return PlainTextResponse("ok\n")

    pages: dict[tuple[str, str], Page] = {("POST", EVENTS_PATH): events, ("GET", HEALTH_PATH): healthy}
    if flow := app.oauth_flow:

        async def install(request: Request, body: bytes) -> Response:
            return to_starlette_response(await flow.handle_installation(to_async_bolt_request(request, body)))

        async def redirected(request: Request, body: bytes) -> Response:
            response = to_starlette_response(await flow.handle_callback(to_async_bolt_request(request, body)))
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                refusals.note("installation not finished", response.status_code)
            return response

        pages |= {("GET", flow.install_path): install, ("GET", flow.redirect_uri_path): redirected}
    return pages


async def _body(request: Request, limits: HttpLimits) -> bytes:
    """Whole, within the limits. Raises :class:`_Refused`, and ``ClientDisconnect`` for one that was given up."""
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.body_bytes:
                    break
    except TimeoutError:
        raise _Refused(HTTPStatus.REQUEST_TIMEOUT, "half a body") from None
    if len(body) > limits.body_bytes:
        await _discard(request)
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long")
    return bytes(body)


async def _discard(request: Request) -> None:
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(LINGER_S):
            async for _ in request.stream():
                pass


def _is_signed(verifier: SignatureVerifier, body: bytes, request: Request) -> bool:
    sent_at, signature = (request.headers.get(f"X-Slack-{name}") for name in ("Request-Timestamp", "Signature"))
    try:
        return verifier.is_valid(body, sent_at or "", signature or "")
    except (ValueError, TypeError, OverflowError):
        # A time that is no number, a body or a signature that is no text.
        return False


def _say_refused(kind: str, status: int, count: int) -> None:
    log.warning("slack.http_refused", kind=kind, status=status, count=count)
