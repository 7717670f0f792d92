"""Tells a watchdog elsewhere that all is well: it is asked once a minute, and raises the alarm when that stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.monitor.responses import FetchFailed, Getter

PING_S = 60.0

log = structlog.get_logger(__name__)


class WatchdogPing:
    """``is_well`` decides before each ping: while something is wrong, the watchdog hears nothing."""

    def __init__(self, url: str, getter: Getter, is_well: Callable[[], Awaitable[bool]]) -> None:
        self._url = url
        self._getter = getter
        self._is_well = is_well
        self._failing = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``."""
        while not stop.is_set():
            await self.ping()
            with suppress(TimeoutError):
                async with asyncio.timeout(PING_S):
                    await stop.wait()

    async def ping(self) -> None:
        """Once, if all is well."""
        if not await self._is_well():
            return
        answer = await self._getter.get(self._url, "heartbeat", None)
        if not isinstance(answer, FetchFailed):
            self._failing = False
        elif not self._failing:
            self._failing = True
            # The address is a secret: whoever knows it can keep the watchdog quiet.
            log.warning("watchdog.ping_failed", error=answer.reason.replace(self._url, "LOOKOUT_HEARTBEAT_URL"))
