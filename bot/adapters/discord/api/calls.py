"""One call to Discord's API: rate-limited, made once, its errors translated. Knows nothing of messages.

discord.py's client makes it: its buckets keep each route's limit, and it repeats what failed with 5xx, which is
harmless with a nonce and for calls that may be made twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Protocol

import aiohttp
import discord
from discord.http import Route

from bot.adapters.discord.api.errors import CALL_ERRORS, translate
from bot.adapters.discord.api.rate_limit import RateLimiter
from bot.delivery.port import OutcomeUnknown

COUNTED_STATUSES = frozenset({401, 403, 429})
UNAUTHORIZED = 401
TOO_MANY_REQUESTS = 429
SCOPE_HEADER, SHARED, GLOBAL = "X-RateLimit-Scope", "shared", "global"
"""Whose limit a 429 is about. What others used up is not counted against the bot."""


class Http(Protocol):
    """discord.py's ``HTTPClient``, as far as it is used."""

    async def request(self, route: Route, **options: Any) -> Any: ...


class Client(Protocol):
    @property
    def http(self) -> Http: ...


_ONCE: ContextVar[bool] = ContextVar("once", default=False)


def trace_config(limiter: RateLimiter) -> aiohttp.TraceConfig:
    """For discord.py's client: sees every response before discord.py decides to repeat a call."""

    async def on_request_end(_: Any, __: Any, answer: aiohttp.TraceRequestEndParams) -> None:
        status, headers = answer.response.status, answer.response.headers
        if status in COUNTED_STATUSES and headers.get(SCOPE_HEADER) != SHARED:
            limiter.note_refusal()
        if status == TOO_MANY_REQUESTS and headers.get(SCOPE_HEADER) == GLOBAL:
            limiter.pause(float(headers.get("Retry-After", 1.0)))
        if status >= 500 and _ONCE.get():
            raise OutcomeUnknown(f"HTTP {status}")

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(on_request_end)
    return trace


class Calls:
    """Calls through the client, within the limit."""

    def __init__(self, client: Client, limiter: RateLimiter) -> None:
        self._client = client
        self._limiter = limiter
        self.token_refused = asyncio.Event()
        """Set once Discord does not take the token: no call succeeds any more."""

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
        await self._limiter.acquire()
        arguments: dict[str, Any] = {}
        if json is not None:
            arguments["json"] = json
        if params:
            arguments["params"] = params
        token = _ONCE.set(once)
        try:
            return await self._client.http.request(
                Route(method, path, **{"channel_id": channel_id, "message_id": message_id, **ids}), **arguments
            )
        except CALL_ERRORS as error:
            if isinstance(error, discord.HTTPException) and error.status == UNAUTHORIZED:
                self.token_refused.set()
            raise translate(error, ref) from error
        finally:
            _ONCE.reset(token)
