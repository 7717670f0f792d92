"""Discord as a platform of the app: logs in, stays connected, stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import discord
import structlog

from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.api import internals
from bot.adapters.discord.api.calls import impatient
from bot.adapters.discord.api.errors import UNREACHABLE, translate
from bot.adapters.discord.api.internals import API_URL
from bot.adapters.discord.api.rate_limit import RateLimiter
from bot.adapters.discord.client import Lookout, ShardClient
from bot.adapters.discord.options import SetupError, wrong_token
from bot.adapters.discord.shards import LOOK_S, SessionLimits, ShardLeases, Shards
from bot.adapters.events import Events
from bot.adapters.memory import Memory
from bot.adapters.reconnect import Pacing, stay_connected
from bot.adapters.served import Served
from bot.delivery.port import OutcomeUnknown

AUTHENTICATION_FAILED = 4004
"""The gateway's close code for a token that it does not take."""

log = structlog.get_logger(__name__)


class Discord:
    """``clock``: monotonic, in seconds. ``api_url``: of the whole process, as discord.py has only one. ``pacing``: of
    the tries to connect. ``icon_template``: of vendors' icons. ``listens``: it connects to the gateway; else it posts
    alone, and hears nothing. ``leases``: how it divides the shards with other processes; ``None``: it has all of them.
    ``shards``: how many there are to be; 0: as many as Discord recommends. ``look_s``: between two looks for shards.
    ``memory``: shared with the other processes that post or listen; ``None``: there is no other."""

    def __init__(
        self,
        token: str,
        events: Events,
        clock: Callable[[], float],
        api_url: str = API_URL,
        pacing: Pacing | None = None,
        icon_template: str = "",
        *,
        listens: bool = True,
        leases: ShardLeases | None = None,
        shards: int = 0,
        look_s: float = LOOK_S,
        memory: Memory | None = None,
    ) -> None:
        self._token = token
        self._events = events
        self._is_other_api = api_url != API_URL
        internals.use_api_url(api_url)
        self._limiter = self.limited = RateLimiter(clock)
        self._pacing = pacing or Pacing(clock)
        self.listens = listens
        self._leases = leases if listens else None
        self._shard_count = shards
        self._look_s = look_s
        self._memory = memory
        self._shards: Shards | None = None
        self._is_announced = False
        self.client = self._new_client()
        self.adapter = DiscordAdapter(
            self.client.calls, self.client.guild_cache, clock, self.client.answers.shorten, icon_template
        )
        self._tried = False
        """The client has tried to log in: discord.py can close it, and cannot log in with it again."""
        self._logged_in = False
        self._login_error: Exception | None = None
        self._staying: asyncio.Task[None] | None = None

    weakness: str | None = None
    served: Served | None = None

    @property
    def connected(self) -> bool:
        if self._leases is not None:
            clients = self.client.guild_cache.shards
            held = self._shards.held if self._shards else [0]
            return self._logged_in and all(number in clients and clients[number].is_ready() for number in held)
        return self._logged_in and (self.client.is_ready() or not self.listens)

    async def check(self) -> None:
        """Logs in. Raises :class:`SetupError` for a token that Discord does not take; nothing else is an error here."""
        try:
            await self._log_in()
        except SetupError:
            raise
        except Exception as error:
            # It is logged, and what it asks for waited, once the platform runs.
            self._login_error = error

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; the connection is there until :meth:`aclose`. Raises :class:`SetupError` once the token is
        refused."""
        await _cancel(self._staying)
        self._staying = asyncio.create_task(
            stay_connected(self.adapter.platform, self._connection, stop, self._pacing, fatal=(SetupError,))
        )
        stopped = asyncio.create_task(stop.wait())
        refused = asyncio.create_task(self.client.calls.token_refused.wait())
        try:
            await asyncio.wait({self._staying, stopped, refused}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            refused.cancel()
        if self._staying.done():
            self._staying.result()
        elif self.client.calls.token_refused.is_set():
            raise wrong_token()

    def wake(self) -> None:
        """Discord has no dashboard."""

    async def aclose(self) -> None:
        """After delivery has ended."""
        await self._close()
        await _cancel(self._staying)

    # --- one connection ----------------------------------------------------------------------------------------------

    async def _connection(self) -> None:
        """From login until it is lost. Raises what ended it."""
        if error := self._login_error:
            self._login_error = None
            raise error
        if not self._logged_in:
            await self._log_in()
        if not self.listens:
            # Each call makes its own connection: there is none to be lost.
            await asyncio.Event().wait()
        try:
            with _translated():
                await (self._connect_shards(self._leases) if self._leases else self.client.connect())
        finally:
            self._logged_in = False

    async def _connect_shards(self, leases: ShardLeases) -> None:
        """Those that this process has; the client itself only makes calls."""
        how = (leases, self._connect_shard, self._session_limits, self._pacing, (SetupError,))
        self._shards = Shards(*how, look_s=self._look_s)
        try:
            await self._shards.run(self._shard_count)
        finally:
            self._shards = None

    async def _connect_shard(self, number: int, count: int) -> None:
        """From its turn until it is lost."""
        assert self._shards is not None
        turn = self._shards.turn
        self.client.guild_cache.shard_count = count
        with _translated():
            await turn(number)
            announces, self._is_announced = not self._is_announced, True
            client = ShardClient(self._events, self._limiter, self.client, number, count, turn, announces=announces)
            try:
                with impatient(once=True):
                    await client.login(self._token)
                await client.connect()
            finally:
                with suppress(Exception):
                    await client.close()

    async def _session_limits(self) -> SessionLimits:
        shards, _, limits = await self.client.http.get_bot_gateway()
        resets_in_s = limits["reset_after"] / 1000
        return SessionLimits(shards, limits["remaining"], resets_in_s, limits["max_concurrency"])

    def _new_client(self, predecessor: Lookout | None = None) -> Lookout:
        """Where processes divide the shards, each hears of some servers by other clients, and of the rest of none."""
        options = {} if self._leases or not self._shard_count else {"shard_count": self._shard_count}
        hears_all = self.listens and self._leases is None
        return Lookout(
            self._events,
            self._limiter,
            predecessor,
            listens=self.listens,
            hears_all=hears_all,
            memory=self._memory,
            **options,
        )

    async def _log_in(self) -> None:
        """With a new client, unless this one never tried: discord.py cannot connect one again that was closed."""
        if self._tried:
            await self._close()
            self.client = self._new_client(self.client)
        self._tried = True
        self.client.calls.token_refused.clear()
        try:
            with impatient(once=True):
                await self.client.login(self._token)
                if self._is_other_api and self.listens:
                    await internals.use_its_gateway(self.client)
        except discord.LoginFailure:
            raise wrong_token() from None
        except UNREACHABLE as error:
            raise translate(error) from error
        self._logged_in = True

    async def _close(self) -> None:
        if self._tried:
            # discord.py cannot close a client that never tried to log in.
            with suppress(Exception):
                await self.client.close()


@contextmanager
def _translated() -> Iterator[None]:
    """What ends a connection, as errors that say whether it is worth another one."""
    try:
        yield
    except discord.LoginFailure:
        raise wrong_token() from None
    except discord.ConnectionClosed as closed:
        if closed.code == AUTHENTICATION_FAILED:
            raise wrong_token() from closed
        raise OutcomeUnknown(f"Discord ended the connection with code {closed.code}") from closed
    except UNREACHABLE as error:
        raise translate(error) from error


async def _cancel(task: asyncio.Task[None] | None) -> None:
    if task:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
