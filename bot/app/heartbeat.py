"""Keeps this process known to be alive, and finds out which others are not."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from uuid import uuid4

import structlog

from bot.domain.role import Role, in_order
from bot.store import Store, StoreUnavailable
from bot.store.processes import BEAT_S
from bot.store.values import ProcessIdentity, ProcessReport
from bot.threads import Threads

log = structlog.get_logger(__name__)


def this_process(now: datetime, roles: Sequence[Role] = tuple(Role)) -> ProcessIdentity:
    return ProcessIdentity(uuid4().hex, socket.gethostname(), os.getpid(), now, in_order(roles), version("lookout-bot"))


class Heartbeat:
    """``identity``: as the store was opened with. ``monotonic``: seconds. ``beat_s``: between two
    beats. ``report`` may be set: what is said with each."""

    def __init__(
        self,
        store: Store,
        threads: Threads,
        now: Callable[[], datetime],
        identity: ProcessIdentity,
        monotonic: Callable[[], float] = time.monotonic,
        beat_s: float = BEAT_S,
    ) -> None:
        self._processes = store.processes
        self._threads = threads
        self._now = now
        self._identity = identity
        self.report: Callable[[], ProcessReport] = ProcessReport
        self._monotonic = monotonic
        self._beat_s = beat_s
        self._alive_until = monotonic() + self._processes.silent_s

    def life(self) -> Callable[[], bool]:
        """What tells later whether no other process can have taken this one, as it is now, for dead by then."""
        identity = self._identity
        return lambda: self._identity is identity and self._monotonic() < self._alive_until

    async def run(self, stop: asyncio.Event) -> None:
        """Again and again until ``stop`` is set; while the database is away, as soon as it is back."""
        while not stop.is_set():
            wait_s = self._beat_s
            try:
                await self.beat()
            except StoreUnavailable:
                wait_s = self._threads.retry_s
            except Exception:
                log.exception("process.heartbeat_failed")
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await stop.wait()

    async def beat(self) -> None:
        """Once. A process that was found dead joins as a new one: what it held is another's by now."""
        report, now, began = self.report(), self._now(), self._monotonic()
        dead = await self._threads(lambda: self._processes.beat(report, now))
        if dead is None:
            log.warning("process.was_silent", pid=self._identity.pid)
            self._identity = replace(self._identity, id=uuid4().hex, started_at=now)
            dead = await self._threads(lambda: self._processes.join(self._identity))
        self._alive_until = began + self._processes.silent_s
        for one in dead:
            log.warning("process.died", host=one.host, pid=one.pid)
