"""Discord's shards, where several processes divide them: this one takes and gives back one at a time, and connects each
with a client of its own, so that whatever one of them meets, the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from bot.adapters.reconnect import Pacing, stay_connected

LOOK_S = 2.0
"""Between two looks for shards to take or to give back."""
MAX_LOOK_S = 10.0
"""A look that takes longer has failed."""
MAX_NAP_S = 60.0
"""Until the next look whether this process may connect."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What Discord allows. https://discord.com/developers/docs/events/gateway#get-gateway-bot"""

    shards: int
    """That it recommends."""
    left: int
    """Sessions that may be started before the limit is reset."""
    resets_in_s: float
    buckets: int
    """Of each of them one session may be started at a time, in five seconds."""


class ShardLeases(Protocol):
    """How processes divide the shards. ``bot.app.shard_leases`` implements it."""

    async def agree(self, count: int) -> int:
        """How many there are, for all processes; ``count``: how many there should be."""

    async def hold(self) -> tuple[Collection[int], int | None]:
        """Those that this process has from now on, and one of them that it has to give back. Raises where nobody
        knows."""

    async def release(self, number: int) -> None:
        """It is closed."""

    async def turn(self, bucket: int, limits: SessionLimits) -> float:
        """0: this process may start a session now, and nobody else of the bucket; else seconds to wait."""

    def is_alive(self) -> bool:
        """Whether no other process can have taken this one for dead, and its shards with it."""


class Shards:
    """``connect``: connects one shard until it is lost, or cancelled. ``limits``: asks Discord."""

    def __init__(
        self,
        leases: ShardLeases,
        connect: Callable[[int, int], Awaitable[None]],
        limits: Callable[[], Awaitable[SessionLimits]],
        pacing: Pacing,
        fatal: tuple[type[Exception], ...],
        *,
        look_s: float = LOOK_S,
    ) -> None:
        self._leases = leases
        self._connect = connect
        self._limits = limits
        self._pacing = pacing
        self._fatal = fatal
        self._look_s = look_s
        self._connections: dict[int, asyncio.Task[None]] = {}
        self._never = asyncio.Event()

    @property
    def held(self) -> Collection[int]:
        return self._connections.keys()

    async def run(self, wanted: int) -> None:
        """Until it is cancelled. ``wanted``: how many shards there should be; 0: as Discord recommends. Raises what is
        fatal to one."""
        try:
            recommended = await self._limits()
            count = await self._leases.agree(wanted or recommended.shards)
            while True:
                await self._look(count)
                await asyncio.sleep(self._look_s)
        finally:
            await self._close(*self._connections)

    async def turn(self, number: int) -> None:
        """Wait until this shard may start a session."""
        while True:
            limits = await self._limits()
            wait_s = await self._leases.turn(number % max(limits.buckets, 1), limits)
            if not wait_s:
                return
            if wait_s > MAX_NAP_S:
                log.warning("discord.session_limit_reached", shard=number, resets_in_s=round(wait_s))
            await asyncio.sleep(min(wait_s, MAX_NAP_S))

    async def _look(self, count: int) -> None:
        try:
            async with asyncio.timeout(MAX_LOOK_S):
                held, give = await self._leases.hold()
        except Exception as error:
            if not self._leases.is_alive() and self._connections:
                log.warning("discord.shards_left", shards=sorted(self._connections), error=repr(error))
                await self._close(*self._connections)
            return
        await self._close(*(set(self._connections) - set(held)))
        for number, task in list(self._connections.items()):
            if task.done():
                del self._connections[number]
                task.result()
        for number in set(held) - set(self._connections) - {give}:
            log.info("discord.shard_taken", shard=number, shards=count)
            connect = partial(self._connect, number, count)
            self._connections[number] = asyncio.create_task(
                stay_connected("discord", connect, self._never, self._pacing, fatal=self._fatal)
            )
        if give is not None:
            await self._close(give)
            await self._leases.release(give)

    async def _close(self, *numbers: int) -> None:
        closing = [task for number in numbers if (task := self._connections.pop(number, None))]
        for task in closing:
            task.cancel()
        await asyncio.gather(*closing, return_exceptions=True)
        if closing:
            log.info("discord.shards_closed", shards=sorted(numbers))
