"""How pages are read, and with what: values that every part of the poller takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.monitor import schedule
from bot.monitor.absence import EVIDENCE, Evidence
from bot.monitor.poller.own_network import CANARIES, OwnNetwork
from bot.monitor.provider import Provider
from bot.monitor.responses import Getter
from bot.monitor.workers import Workers
from bot.store import Store
from bot.store.values import PollOutcome, Recording
from bot.threads import Threads

Save = Callable[[PollOutcome | Recording], Awaitable[None]]
"""Writes back what a poll brought; an outcome without news may wait for others."""


OnPoll = Callable[[str, str, float], None]
"""Called after each poll: the page's kind, ``changed``, ``unchanged`` or ``unreadable``, and the seconds it took."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How pages are read."""

    intervals: schedule.PollIntervals
    late_limit: timedelta | None = timedelta(hours=72)
    """What ended longer ago is not announced; ``None``: no limit."""
    canaries: tuple[str, ...] = CANARIES
    """Addresses that tell whether the network is there; see :class:`bot.monitor.poller.own_network.OwnNetwork`."""
    ends_recorded: bool = True
    """What leaves a page and is not in its history was taken down; without a history, nobody knows."""
    evidence: Evidence = EVIDENCE
    """What makes it certain that a page does not list any more what it should."""
    max_failed_lookups: int = 5
    """After so many in a row that did not find it, an incident that left its page counts as taken down."""


@dataclass(frozen=True, slots=True)
class Deps:
    """What reading a page needs. ``now``: aware, UTC."""

    store: Store
    threads: Threads
    getter: Getter
    now: Callable[[], datetime]
    policy: Policy
    providers: Mapping[str, Provider]
    network: OwnNetwork
    workers: Workers
    on_poll: OnPoll | None = None
