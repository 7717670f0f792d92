"""How processes on one database divide Discord's shards; see :class:`bot.adapters.discord.shards.ShardLeases`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import structlog

from bot.adapters.discord.shards import SessionLimits
from bot.store import Store
from bot.threads import Threads

log = structlog.get_logger(__name__)


class FoundDead(Exception):
    """Other processes took this one for dead: it joins anew with its next heartbeat."""


class StoreShardLeases:
    """``life``: as of :class:`bot.app.heartbeat.Heartbeat`."""

    def __init__(
        self, store: Store, threads: Threads, now: Callable[[], datetime], life: Callable[[], Callable[[], bool]]
    ) -> None:
        self._shards = store.shards
        self._threads = threads
        self._now = now
        self._life = life
        self._is_alive = life()

    async def agree(self, count: int) -> int:
        agreed = await self._threads(lambda: self._shards.agree(count))
        if agreed != count:
            log.warning("discord.shards_kept", shards=agreed, wanted=count)
        return agreed

    async def hold(self) -> tuple[Collection[int], int | None]:
        is_alive = self._life()
        held = await self._threads(self._shards.hold)
        if held is None:
            raise FoundDead
        self._is_alive = is_alive
        return held.numbers, held.give

    async def release(self, number: int) -> None:
        await self._threads(lambda: self._shards.release(number))

    async def turn(self, bucket: int, limits: SessionLimits) -> float:
        return await self._threads(lambda: self._shards.turn(bucket, limits.left, limits.resets_in_s, self._now()))

    def is_alive(self) -> bool:
        return self._is_alive()
