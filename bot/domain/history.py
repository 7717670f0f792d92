"""What is recorded of a page for good: incidents with their edits, and how long it was at which level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.incident import Incident, IncidentKind, Update
from bot.domain.level import Level
from bot.domain.vendor import Slug


@dataclass(frozen=True, slots=True)
class LevelSpan:
    """A period at one level."""

    component: str | None
    """A component's id; ``None``: the page itself."""
    level: Level | None
    start: datetime
    end: datetime | None
    """``None``: it goes on."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that an update had before it was edited."""

    update: Update
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class IncidentState:
    """An incident as it stood from a reading on, until the next of its states."""

    at: datetime
    incident: Incident
    offered: bool
    """It was open, or news: channels without a card for it were asked by their filters whether they want one."""
    merged_into: str | None = None
    """Of an episode: the id of the incident whose cards its own become here."""


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """An incident with its history."""

    incident: Incident
    first_seen: datetime
    peak: Level | None
    """Its worst level."""
    revisions: tuple[Revision, ...] = ()
    merged_into: str | None = None
    """Of an episode: the id of the incident that explains it."""
    ended: datetime | None = None
    """When it was over as far as one can tell; ``None``: it goes on."""


@dataclass(frozen=True, slots=True)
class IncidentChoice:
    """Which of many incidents are meant; by default all."""

    kind: IncidentKind | None = None
    open: bool | None = None
    level: Level | None = None
    """It had this one at its worst, or a worse one."""


EVERY_INCIDENT = IncidentChoice()


@dataclass(frozen=True, slots=True)
class IncidentPlace:
    """Where an incident stands in a list of the newest first."""

    started: datetime
    vendor: Slug
    id: str


@dataclass(frozen=True, slots=True)
class IncidentOverview:
    """Many incidents: all counted, few of them whole."""

    counts: Mapping[tuple[IncidentKind, Level | None], int]
    """By kind and worst level."""
    newest: tuple[IncidentRecord, ...]
    open: tuple[IncidentRecord, ...]
    """The newest that are open. Without updates and revisions."""


@dataclass(frozen=True, slots=True)
class IncidentCourse:
    """An incident as it went on."""

    record: IncidentRecord
    states: tuple[IncidentState, ...]
    """Oldest first, as it was read; none of an incident that was no news when it was first read."""
