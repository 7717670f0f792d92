"""One call to Discord's API: rate-limited, made once, its errors translated. Knows nothing of messages.

discord.py's client makes it, and repeats what failed with 5xx, which is harmless with a nonce and for calls that may be
made twice. Every answer is seen through its ``http_trace``: a call ends with its answer, while discord.py's own limiter
may go on waiting until the bucket is full again, for an hour where ten publications are used up.
"""

from __future__ import annotations

import asyncio
import json as json_
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import aiohttp
import discord
from discord.http import Route

from bot.adapters.discord.api.buckets import MAX_WAIT_S, RouteKey, number
from bot.adapters.discord.api.errors import CALL_ERRORS, translate
from bot.adapters.discord.api.rate_limit import RateLimiter
from bot.delivery.port import OutcomeUnknown, RetryLater

COUNTED_STATUSES = frozenset({401, 403, 429})
UNAUTHORIZED = 401
TOO_MANY_REQUESTS = 429
SCOPE_HEADER, SHARED, GLOBAL = "X-RateLimit-Scope", "shared", "global"
"""Whose limit a 429 is about. What others used up is not counted against the bot."""
NOT_CONNECTED_RETRY_S = 3.0


class Http(Protocol):
    """discord.py's ``HTTPClient``, as far as it is used."""

    async def request(self, route: Route, **options: Any) -> Any: ...


class Client(Protocol):
    @property
    def http(self) -> Http: ...


@dataclass(frozen=True, slots=True)
class _Rules:
    """How a call is made; ``route``: by which limit; ``answer``: takes what Discord says to it."""

    once: bool
    route: RouteKey | None
    answer: asyncio.Future[Any] | None


_RULES: ContextVar[_Rules | None] = ContextVar("rules", default=None)


@contextmanager
def impatient(
    *, once: bool = False, route: RouteKey | None = None, answer: asyncio.Future[Any] | None = None
) -> Iterator[None]:
    """Calls of discord.py in here raise :class:`RetryLater` instead of waiting out a refusal of more than
    :data:`MAX_WAIT_S`, and with ``once`` :class:`OutcomeUnknown` instead of being repeated after a 5xx."""
    token = _RULES.set(_Rules(once, route, answer))
    try:
        yield
    finally:
        _RULES.reset(token)


def trace_config(limiter: RateLimiter) -> aiohttp.TraceConfig:
    """For discord.py's client: sees every response before discord.py decides to wait or to repeat a call."""

    async def on_request_end(_: Any, __: Any, answer: aiohttp.TraceRequestEndParams) -> None:
        response, rules = answer.response, _RULES.get()
        status, headers = response.status, response.headers
        if status in COUNTED_STATUSES and headers.get(SCOPE_HEADER) != SHARED:
            limiter.note_refusal()
        wait_s = await _wait_s(response) if status == TOO_MANY_REQUESTS else None
        if wait_s is not None and headers.get(SCOPE_HEADER) == GLOBAL:
            limiter.pause(wait_s)
        if rules is None:
            return
        if rules.route:
            limiter.routes.note(rules.route, headers)
        if wait_s is not None and wait_s > MAX_WAIT_S:
            if rules.route:
                limiter.routes.close(rules.route, wait_s)
            raise RetryLater(wait_s)
        if status >= 500 and rules.once:
            response.close()
            raise OutcomeUnknown(f"HTTP {status}")
        if rules.answer and not rules.answer.done() and status < 500 and status != TOO_MANY_REQUESTS:
            body = await _body(response)
            if status < 300:
                rules.answer.set_result(body)
            else:
                rules.answer.set_exception(discord.HTTPException(response, body))

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(on_request_end)
    return trace


async def _body(response: aiohttp.ClientResponse) -> Any:
    """As discord.py reads it."""
    text = await response.text(encoding="utf-8")
    return json_.loads(text) if response.headers.get("Content-Type") == "application/json" else text


async def _wait_s(response: aiohttp.ClientResponse) -> float | None:
    """How long Discord asks to wait; ``None``: it is not Discord that refuses, but what stands before it."""
    if not response.headers.get("Via"):
        return None
    try:
        body = json_.loads(await response.read())
    except ValueError:
        return None
    named = body.get("retry_after") if isinstance(body, dict) else None
    return number(named) or number(response.headers.get("Retry-After")) or MAX_WAIT_S


class Calls:
    """Calls through the client, within the limits."""

    def __init__(self, client: Client | None, limiter: RateLimiter) -> None:
        self.client = client
        """``None`` while there is no session to call through."""
        self._lingering: set[asyncio.Future[Any]] = set()
        """Calls that have their answer, in which discord.py waits for its limiter still."""
        self._limiter = limiter
        self.token_refused = asyncio.Event()
        """Set once Discord does not take the token: no call succeeds any more."""

    @property
    def places(self) -> int | None:
        """How many calls may wait for their turn; ``None``: as many as like."""
        return self._limiter.places

    async def __call__(
        self,
        method: str,
        path: str,
        channel_id: str = "",
        message_id: str = "",
        *,
        ids: Mapping[str, str] = MappingProxyType({}),
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        ref: str | None = None,
        once: bool = False,
    ) -> Any:
        """The response's JSON. ``channel_id``, ``message_id`` and ``ids`` fill the path. ``ref``: the message of
        :class:`MessageGone`. ``once``: neither a nonce nor its nature
        keeps this from being done twice, so discord.py may not repeat it. Raises :class:`DeliveryError`."""
        client, route = self.client, RouteKey(method, path, channel_id or ids.get("guild_id", ""))
        if client is None:
            raise RetryLater(NOT_CONNECTED_RETRY_S, "not connected to Discord")
        await self._limiter.acquire()
        self._limiter.routes.begin(route)
        arguments: dict[str, Any] = {}
        if json is not None:
            arguments["json"] = json
        if params:
            arguments["params"] = params
        filled = Route(method, path, **{"channel_id": channel_id, "message_id": message_id, **ids})
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        with impatient(once=once, route=route, answer=answer):
            call = asyncio.ensure_future(client.http.request(filled, **arguments))
        try:
            await asyncio.wait({call, answer}, return_when=asyncio.FIRST_COMPLETED)
            return answer.result() if answer.done() else call.result()
        except CALL_ERRORS as error:
            if isinstance(error, discord.HTTPException) and error.status == UNAUTHORIZED:
                self.token_refused.set()
            raise translate(error, ref) from error
        finally:
            self._limiter.routes.end(route)
            if not answer.done():
                call.cancel()
            if not call.done():
                self._lingering.add(call)
            for each in (call, answer):
                each.add_done_callback(self._ended)

    def _ended(self, ended: asyncio.Future[Any]) -> None:
        self._lingering.discard(ended)
        if not ended.cancelled():
            # A refusal ends call and answer at once; asyncio would report the one whose exception nobody takes.
            ended.exception()

    def leave(self) -> None:
        """Make no more calls until there is another client."""
        self.client = None
        for call in self._lingering:
            call.cancel()
