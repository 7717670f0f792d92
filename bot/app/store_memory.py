"""What processes on one database remember for each other; see :class:`bot.adapters.memory.Memory`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.adapters.memory import OwnMemory
from bot.store import Store, StoreError
from bot.threads import Threads

TIDY_EVERY = timedelta(minutes=10)
"""What is over is deleted."""

log = structlog.get_logger(__name__)


class StoreMemory:
    """What this process itself remembers is not asked of the store."""

    def __init__(self, store: Store, threads: Threads, now: Callable[[], datetime]) -> None:
        self._memos = store.memos
        self._threads = threads
        self._now = now
        self._own = OwnMemory()
        self._saving: set[asyncio.Task[None]] = set()
        self._tidied_at = now()

    async def is_new(self, key: str, keep_s: float) -> bool:
        if not await self._own.is_new(key, keep_s):
            return False
        now = self._now()
        try:
            if now - self._tidied_at > TIDY_EVERY:
                self._tidied_at = now
                await self._threads(lambda: self._memos.forget(now))
            return await self._threads(lambda: self._memos.claim(key, now, now + timedelta(seconds=keep_s)))
        except StoreError:
            # Whoever else is asked cannot find out either.
            return True

    def keep(self, key: str, value: str, keep_s: float) -> None:
        if self._own.has(key, value):
            # Thousands of channels get the same button.
            return
        self._own.keep(key, value, keep_s)
        task = asyncio.create_task(self._save(key, value, self._now() + timedelta(seconds=keep_s)))
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    async def recall(self, key: str) -> str | None:
        own = await self._own.recall(key)
        if own is not None:
            return own
        try:
            return await self._threads(lambda: self._memos.recall(key, self._now()))
        except StoreError:
            return None

    async def _save(self, key: str, value: str, until: datetime) -> None:
        try:
            await self._threads(lambda: self._memos.keep(key, value, until))
        except StoreError as error:
            log.info("memory.not_kept", error=str(error))
