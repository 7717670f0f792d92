"""Wakes this process's loops when another process has something for them, instead of at their next look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

import structlog

from bot.store import StoreUnavailable
from bot.store.listener import Listener
from bot.store.signals import Signal
from bot.threads import Threads

MIN_PAUSE_S = 0.5
MAX_PAUSE_S = 30.0
"""Between two tries to connect anew; it doubles."""
LOOKING_S = 600.0
"""Before the next try, where nothing comes through."""

log = structlog.get_logger(__name__)


class Wakeups:
    """``wake``: what each signal calls, on the event loop. ``threads`` are its own, as connecting may take seconds."""

    def __init__(self, listener: Listener, threads: Threads, wake: Mapping[Signal, Callable[[], None]]) -> None:
        self._listener = listener
        self._threads = threads
        self._wake = wake
        self._failures = 0
        self._said = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; a lost connection is made anew."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await asyncio.wait({stopping}, timeout=await self._listen(stopping))
        finally:
            stopping.cancel()
            await self._threads(self._listener.close)
            self._threads.close()

    async def _listen(self, stopping: asyncio.Task[bool]) -> float:
        """Until the connection is lost; seconds until the next try."""
        try:
            if not await self._threads(self._listener.connect):
                if not self._said:
                    log.warning("wakeup.not_heard")
                self._said = True
                return LOOKING_S
            self._failures, self._said = 0, False
            # What was signalled before is heard by nobody any more.
            self._call(*Signal)
            while await self._readable(stopping):
                self._call(*await self._threads(self._listener.take))
        except StoreUnavailable as error:
            wait_s = min(MIN_PAUSE_S * 2.0 ** min(self._failures, 10), MAX_PAUSE_S)
            self._failures += 1
            log.info("wakeup.lost", error=str(error), retry_in_s=wait_s)
            return wait_s
        except Exception:
            log.exception("wakeup.failed")
            return MAX_PAUSE_S
        return 0.0

    def _call(self, *signals: Signal) -> None:
        for one in signals:
            if one in self._wake:
                self._wake[one]()

    async def _readable(self, stopping: asyncio.Task[bool]) -> bool:
        """Whether there is something to take; false: stop."""
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        descriptor = self._listener.descriptor
        loop.add_reader(descriptor, heard.set)
        hearing = asyncio.create_task(heard.wait())
        try:
            await asyncio.wait({hearing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return not stopping.done()
        finally:
            loop.remove_reader(descriptor)
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing
