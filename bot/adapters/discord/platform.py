"""Discord as a platform of the app: logs in, stays connected, stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import discord
import structlog

from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.api import internals
from bot.adapters.discord.api.errors import UNREACHABLE
from bot.adapters.discord.api.internals import API_URL
from bot.adapters.discord.api.rate_limit import RateLimiter
from bot.adapters.discord.client import Lookout
from bot.adapters.discord.options import VARIABLE, SetupError, wrong_token
from bot.adapters.events import Events

RETRY_S = 10.0
"""Between two attempts to connect, while Discord is away."""
AUTHENTICATION_FAILED = 4004
"""The gateway's close code for a token that it does not take."""

log = structlog.get_logger(__name__)


class Discord:
    """``clock``: monotonic, in seconds. ``api_url``: of the whole process, as discord.py has only one."""

    def __init__(self, token: str, events: Events, clock: Callable[[], float], api_url: str = API_URL) -> None:
        self._token = token
        self._is_other_api = api_url != API_URL
        internals.use_api_url(api_url)
        self.client = Lookout(events, RateLimiter(clock))
        self.adapter = DiscordAdapter(self.client.calls, self.client.guild_cache, clock, self.client.answers.shorten)
        self._opened = False
        self._logged_in = False
        self._connection: asyncio.Task[None] | None = None

    async def check(self) -> None:
        """Logs in. Raises :class:`SetupError` for a token that Discord does not take; that it is away is no error."""
        self._opened = True
        try:
            await self.client.login(self._token)
            if self._is_other_api:
                await internals.use_its_gateway(self.client)
        except discord.LoginFailure:
            raise wrong_token() from None
        except UNREACHABLE as error:
            log.warning("discord.login_failed", error=repr(error), retry_in_s=RETRY_S)
            await internals.close_session(self.client)
        else:
            self._logged_in = True

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``. Raises :class:`SetupError` once the token is refused."""
        self._connection = asyncio.create_task(self._stay_connected())
        stopped = asyncio.create_task(stop.wait())
        refused = asyncio.create_task(self.client.calls.token_refused.wait())
        try:
            await asyncio.wait({self._connection, stopped, refused}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            refused.cancel()
        if refused.done() and not refused.cancelled():
            raise wrong_token()
        if self._connection.done():
            self._connection.result()

    def wake(self) -> None:
        """Discord has no dashboard."""

    async def aclose(self) -> None:
        """After delivery has ended."""
        if self._opened:
            # discord.py cannot close a client that never tried to log in.
            await self.client.close()
        if self._connection:
            self._connection.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._connection

    async def _stay_connected(self) -> None:
        while not self._logged_in:
            await asyncio.sleep(RETRY_S)
            await self.check()
        while not self.client.is_closed():
            try:
                await self.client.connect()
            except discord.ConnectionClosed as closed:
                if closed.code == AUTHENTICATION_FAILED:
                    raise wrong_token() from closed
                raise SetupError(f"{VARIABLE}: Discord ended the connection for good, code {closed.code}.") from closed
            except UNREACHABLE as error:
                log.warning("discord.connection_failed", error=repr(error), retry_in_s=RETRY_S)
                await asyncio.sleep(RETRY_S)
