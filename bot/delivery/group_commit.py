"""Group commit: the intents and outcomes of many channels share transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from bot.domain import Channel
from bot.store import StoreUnavailable
from bot.store.values import DeliveryWrite
from bot.threads import Threads

MAX_BATCH = 500
"""Writes in one transaction; more wait for the next."""


class LeaseLost(Exception):
    """Another worker has the channel: nothing of this write is recorded."""


@dataclass(frozen=True, slots=True)
class _Write:
    entries: tuple[DeliveryWrite, ...]
    done: asyncio.Future[None] | None


class GroupCommit:
    """Writes are committed in the order in which they were queued.

    A commit starts when every writer is waiting for one, or ``linger_s`` after the first write: a lone channel never
    waits, and a thousand share. While the database is away, writers wait until it is back.
    """

    def __init__(
        self, commit: Callable[[Sequence[DeliveryWrite]], frozenset[Channel]], threads: Threads, linger_s: float
    ) -> None:
        self._commit = commit
        self._threads = threads
        self._linger_s = linger_s
        self._queue: list[_Write] = []
        self._writers = 0
        self._full = asyncio.Event()
        self._committer: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Surrounds the time in which a channel may write."""
        self._writers += 1
        try:
            yield
        finally:
            self._writers -= 1
            self._check_full()

    async def write(self, *entries: DeliveryWrite) -> None:
        """Returns once these entries, all of one channel, are committed. Raises :class:`LeaseLost`."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._add(_Write(entries, done))
        await done

    def put(self, *entries: DeliveryWrite) -> None:
        """Queue without waiting; :meth:`close` waits."""
        self._add(_Write(entries, None))

    async def close(self) -> None:
        """Commit what is queued, unless the database is away."""
        self._closing.set()
        self._full.set()
        while self._committer is not None and not self._committer.done():
            await asyncio.shield(self._committer)

    def _add(self, write: _Write) -> None:
        self._queue.append(write)
        self._check_full()
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._run())

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._threads.retry_s):
                await self._closing.wait()

    def _check_full(self) -> None:
        if len(self._queue) >= min(self._writers, MAX_BATCH):
            self._full.set()

    async def _run(self) -> None:
        while self._queue:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._linger_s):
                    await self._full.wait()
            self._full.clear()
            batch, self._queue = self._queue[:MAX_BATCH], self._queue[MAX_BATCH:]
            entries = [entry for write in batch for entry in write.entries]
            try:
                lost = await self._threads(lambda: self._commit(entries))  # noqa: B023 (awaited before it changes)
            except Exception as error:
                if isinstance(error, StoreUnavailable) and not self._closing.is_set():
                    # Its outcome may be unknown; committed twice, an entry says the same.
                    self._queue[:0] = batch
                    await self._pause()
                    continue
                for write in batch:
                    _finish(write, error)
                continue
            for write in batch:
                gone = bool(lost) and any(entry.channel_lease.channel in lost for entry in write.entries)
                _finish(write, LeaseLost() if gone else None)
            self._check_full()


def _finish(write: _Write, error: Exception | None) -> None:
    if write.done is None or write.done.done():
        return
    if error is None:
        write.done.set_result(None)
    else:
        write.done.set_exception(error)
