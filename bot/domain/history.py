"""What is kept of a page for good: incidents with their edits, and how long it stood at which level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.incident import Incident, Update
from bot.domain.level import Level


@dataclass(frozen=True, slots=True)
class LevelSpan:
    """A stretch at one level; ``end`` ``None``: still on. ``component`` ``None``: the whole page."""

    component: str | None
    level: Level | None
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that an update had before it was edited."""

    update: Update
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """An incident as kept for good. ``peak``: its worst level. ``merged_into``: the incident that explains it, an
    episode."""

    incident: Incident
    first_seen: datetime
    peak: Level | None
    revisions: tuple[Revision, ...] = ()
    merged_into: str | None = None
