"""One call to Discord's API: paced, made once, its errors translated. Knows no messages.

discord.py's client makes it: its buckets keep each route's limit, and it repeats what failed with 5xx, which a nonce
or the nature of the call makes harmless.
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

from bot.adapters.discord.api.errors import CALL_ERRORS, translated
from bot.adapters.discord.api.rate_limit import RateLimiter
from bot.delivery.port import OutcomeUnknown

REFUSALS = frozenset({401, 403, 429})
TOKEN_REFUSED = 401
TOO_MANY = 429
SCOPE, SHARED, EVERYTHING = "X-RateLimit-Scope", "shared", "global"
"""Whose limit a 429 is about. What others used up is not counted against the bot."""


class Http(Protocol):
    """discord.py's ``HTTPClient``, as far as it is used."""

    async def request(self, route: Route, **options: Any) -> Any: ...


class Client(Protocol):
    @property
    def http(self) -> Http: ...


_ONCE: ContextVar[bool] = ContextVar("once", default=False)


def watched(pace: RateLimiter) -> aiohttp.TraceConfig:
    """For discord.py's client: sees every answer, before discord.py decides to repeat a call."""

    async def ended(_: Any, __: Any, answer: aiohttp.TraceRequestEndParams) -> None:
        status, headers = answer.response.status, answer.response.headers
        if status in REFUSALS and headers.get(SCOPE) != SHARED:
            pace.refused()
        if status == TOO_MANY and headers.get(SCOPE) == EVERYTHING:
            pace.closed(float(headers.get("Retry-After", 1.0)))
        if status >= 500 and _ONCE.get():
            raise OutcomeUnknown(f"HTTP {status}")

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(ended)
    return trace


class Calls:
    """``refused``: the token was; no call will succeed any more."""

    def __init__(self, client: Client, pace: RateLimiter) -> None:
        self._client = client
        self._pace = pace
        self.refused = asyncio.Event()

    async def __call__(
        self,
        method: str,
        path: str,
        place: str = "",
        message: str = "",
        *,
        ids: Mapping[str, str] = MappingProxyType({}),
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        ref: str | None = None,
        once: bool = False,
    ) -> Any:
        """The answer's JSON. ``place`` and ``message`` fill ``{channel_id}`` and ``{message_id}``, ``ids`` what
        else the path holds. ``ref``: the message of :class:`MessageGone`. ``once``: neither a nonce nor its nature
        keeps this from being done twice, so discord.py may not repeat it. Raises :class:`DeliveryError`."""
        await self._pace.turn()
        options: dict[str, Any] = {}
        if json is not None:
            options["json"] = json
        if params:
            options["params"] = params
        token = _ONCE.set(once)
        try:
            return await self._client.http.request(
                Route(method, path, **{"channel_id": place, "message_id": message, **ids}), **options
            )
        except CALL_ERRORS as error:
            if isinstance(error, discord.HTTPException) and error.status == TOKEN_REFUSED:
                self.refused.set()
            raise translated(error, ref) from error
        finally:
            _ONCE.reset(token)
