"""How pages are read, and with what: values that every part of the poller takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.monitor import schedule
from bot.monitor.provider import Provider
from bot.monitor.responses import Getter
from bot.store import Store
from bot.store.values import PollOutcome, Recording
from bot.threads import Threads

Keep = Callable[[PollOutcome | Recording], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Policy:
    """How pages are read. ``late_limit``: what ended longer ago is not told (``None``: no limit). ``patience``: after
    so many fruitless look-ups in a row an incident that left its page counts as taken down."""

    intervals: schedule.PollIntervals
    late_limit: timedelta | None = timedelta(hours=72)
    patience: int = 5


@dataclass(frozen=True, slots=True)
class Deps:
    store: Store
    threads: Threads
    getter: Getter
    now: Callable[[], datetime]
    policy: Policy
    providers: Mapping[str, Provider]
