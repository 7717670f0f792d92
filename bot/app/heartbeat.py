"""Keeps this process known to be alive, and finds out which others are not."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import structlog

from bot.store import Store, StoreError
from bot.store.processes import BEAT_S
from bot.store.values import ProcessIdentity, ProcessReport
from bot.threads import Threads

log = structlog.get_logger(__name__)


def this_process(now: datetime) -> ProcessIdentity:
    return ProcessIdentity(uuid4().hex, socket.gethostname(), os.getpid(), now)


class Heartbeat:
    """``identity``: as the store was opened with. ``report``: what is said with each beat."""

    def __init__(
        self,
        store: Store,
        threads: Threads,
        now: Callable[[], datetime],
        identity: ProcessIdentity,
        report: Callable[[], ProcessReport],
    ) -> None:
        self._processes = store.processes
        self._threads = threads
        self._now = now
        self._identity = identity
        self._report = report

    async def run(self, stop: asyncio.Event) -> None:
        """Every five seconds until ``stop`` is set."""
        while not stop.is_set():
            with suppress(StoreError):  # The store logs that itself.
                await self.beat()
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    await stop.wait()

    async def beat(self) -> None:
        """Once. A process that was found dead joins as a new one: what it held is another's by now."""
        report, now = self._report(), self._now()
        dead = await self._threads(lambda: self._processes.beat(report, now))
        if dead is None:
            log.warning("process.was_silent", pid=self._identity.pid)
            self._identity = replace(self._identity, id=uuid4().hex, started_at=now)
            dead = await self._threads(lambda: self._processes.join(self._identity))
        for one in dead:
            log.warning("process.died", host=one.host, pid=one.pid)
