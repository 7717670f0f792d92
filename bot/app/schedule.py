"""What is done again and again while the bot runs, on APScheduler."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

Job = Callable[[], Awaitable[None]]


def schedule(jobs: Iterable[tuple[timedelta, Job]]) -> AsyncIOScheduler:
    """Each of them at once and then at its interval, once the scheduler is started."""
    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None})
    for every, job in jobs:
        scheduler.add_job(_ignore_cancellation, Every(every), args=[job])
    return scheduler


def run_all_now(scheduler: AsyncIOScheduler, now: datetime) -> None:
    """After a step of the clock: it planned by the clock as it was, and would sleep until that time comes again."""
    for job in scheduler.get_jobs():
        job.modify(next_run_time=now)


class Every(BaseTrigger):  # type: ignore[misc] # APScheduler is untyped
    """At once, then at every interval. APScheduler's own interval lists each run that was missed, four a second since
    the machine fell asleep or its clock was set forward, and blocks the event loop while it does."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return now if previous is None else now + self._interval


async def _ignore_cancellation(job: Job) -> None:
    """The scheduler cancels running jobs when it is shut down, and would log each as an error."""
    with contextlib.suppress(asyncio.CancelledError):
        await job()
