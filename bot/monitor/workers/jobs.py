"""What can be done with bodies in a worker, and what comes of it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain import Slug, Snapshot
from bot.monitor.bounds import bounded
from bot.monitor.detect import Examined, examine
from bot.monitor.parsing.titles import page_name
from bot.monitor.provider import Body, History
from bot.monitor.providers import BY_KIND


class Task(StrEnum):
    """What is to be found out."""

    STATE = "state"
    HISTORY = "history"
    MORE_URLS = "more_urls"
    RECOGNISES = "recognises"
    EXAMINE = "examine"
    NAME = "name"


NO_VENDOR = Slug("")


@dataclass(frozen=True, slots=True)
class Job:
    """One of the tasks, with what it wants; see :class:`bot.monitor.provider.Provider`."""

    task: Task
    kind: str = ""
    vendor: Slug = NO_VENDOR
    page_url: str = ""
    at: datetime | None = None


RESULTS: dict[Task, Any] = {
    Task.STATE: Snapshot,
    Task.HISTORY: History,
    Task.MORE_URLS: tuple[str, ...],
    Task.RECOGNISES: bool,
    Task.EXAMINE: Examined,
    Task.NAME: str | None,
}
"""The type of each task's result."""


def perform(job: Job, bodies: tuple[Body, ...]) -> Any:
    """Raises :class:`bot.monitor.provider.ParseFailed`."""
    return _PERFORM[job.task](job, bodies)


def _state(job: Job, bodies: tuple[Body, ...]) -> Snapshot:
    assert job.at is not None
    return bounded(BY_KIND[job.kind].parse(job.vendor, bodies, job.at))


def _name(job: Job, bodies: tuple[Body, ...]) -> str | None:
    return next((name for body in bodies if (name := page_name(body))), None)


_PERFORM: dict[Task, Callable[[Job, tuple[Body, ...]], Any]] = {
    Task.STATE: _state,
    Task.HISTORY: lambda job, bodies: bounded(BY_KIND[job.kind].parse_history(job.vendor, bodies)),
    Task.MORE_URLS: lambda job, bodies: BY_KIND[job.kind].more_urls(job.page_url, bodies),
    Task.RECOGNISES: lambda job, bodies: any(BY_KIND[job.kind].recognises(body) for body in bodies),
    Task.EXAMINE: lambda job, bodies: examine(bodies[0]),
    Task.NAME: _name,
}
