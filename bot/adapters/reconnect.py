"""Keeps a chat platform connected: whatever ends a connection is logged, and after a pause there is the next one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.delivery.port import DeliveryError, RetryLater

MIN_PAUSE_S = 10.0
MAX_PAUSE_S = 300.0
"""The shortest and the longest pause; the platform itself may ask for a longer one."""
STEADY_S = 600.0
"""A connection that lasted for so long was a good one: the pauses begin anew."""

log = structlog.get_logger(__name__)


def pause_s(failures: int, jitter: float) -> float:
    """Before the try that follows so many failures in a row, from 1; ``jitter`` from 0 to 1 spreads it, so that many
    do not come back at once."""
    longest = min(2 * MIN_PAUSE_S * 2.0 ** min(failures - 1, 10), MAX_PAUSE_S)
    return longest * (1 + jitter) / 2


@dataclass(frozen=True, slots=True)
class Pacing:
    """``clock``: monotonic, in seconds; ``sleep`` waits by it; ``jitter``: from 0 to 1."""

    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: Callable[[], float] = random.random


async def stay_connected(
    platform: str,
    connect: Callable[[], Awaitable[object]],
    stop: asyncio.Event,
    pacing: Pacing,
    *,
    fatal: tuple[type[Exception], ...] = (),
) -> None:
    """``connect`` anew, whatever it raises, until it returns after ``stop`` is set. A :class:`DeliveryError` says that
    the platform is away, :class:`RetryLater` for how long at least; anything else is logged with its traceback.
    ``fatal`` is raised."""
    stopped = asyncio.create_task(stop.wait())
    failures = 0
    try:
        while not stop.is_set():
            began = pacing.clock()
            error: Exception | None = None
            try:
                await connect()
                if stop.is_set():
                    return
            except fatal:
                raise
            except Exception as raised:
                error = raised
            failures = 1 if pacing.clock() - began > STEADY_S else failures + 1
            wait_s = pause_s(failures, pacing.jitter())
            if isinstance(error, RetryLater):
                wait_s = max(wait_s, error.delay_s)
            bug = error if error and not isinstance(error, DeliveryError) else None
            reason = repr(error) if bug else str(error or "the connection ended")
            log.warning("platform.lost", platform=platform, error=reason, retry_in_s=round(wait_s, 1), exc_info=bug)
            pause = asyncio.ensure_future(pacing.sleep(wait_s))
            await asyncio.wait({pause, stopped}, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
    finally:
        stopped.cancel()
