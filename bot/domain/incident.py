"""Incidents and maintenances as pages publish them: phases, impacts, updates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from bot.domain.level import Level
from bot.domain.vendor import Slug


class Phase(StrEnum):
    """The stage of an incident or a maintenance, as of its newest update. Not monotonic: incidents reopen."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"


ENDED = frozenset({Phase.RESOLVED, Phase.POSTMORTEM, Phase.COMPLETED})

UNDER_WAY = frozenset({Phase.IN_PROGRESS, Phase.VERIFYING})


class Impact(StrEnum):
    """The vendor's own verdict on an incident."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"
    MAINTENANCE = "maintenance"


LEVEL_OF_IMPACT = {
    Impact.NONE: Level.OPERATIONAL,
    Impact.MINOR: Level.DEGRADED,
    Impact.MAJOR: Level.PARTIAL_OUTAGE,
    Impact.CRITICAL: Level.MAJOR_OUTAGE,
    Impact.MAINTENANCE: Level.MAINTENANCE,
}


class IncidentKind(StrEnum):
    """``episode``: a level that got worse and that no incident of the page explains."""

    INCIDENT = "incident"
    MAINTENANCE = "maintenance"
    EPISODE = "episode"


NOTE_PREFIX = "note-"
"""Ids of *notes* start with this: updates that Lookout itself writes into a vendor's incident."""
NEW_PLAN_PREFIX = f"{NOTE_PREFIX}plan-"


@dataclass(frozen=True, slots=True)
class Update:
    """One post of the vendor. ``(id, digest)`` is the unit of novelty."""

    id: str
    phase: Phase | None
    """``None``: the post names none."""
    at: datetime
    text: str

    @property
    def is_note(self) -> bool:
        """Whether it is Lookout's own: no page lists it, and none takes it down."""
        return self.id.startswith(NOTE_PREFIX)

    @property
    def is_new_plan(self) -> bool:
        """Whether it says that the planned time of a maintenance changed."""
        return self.id.startswith(NEW_PLAN_PREFIX)

    @property
    def digest(self) -> str:
        """Changes when, and only when, a reader would see another text or phase."""
        return _digest_of_text(self.phase or "", self.text)


@dataclass(frozen=True, slots=True)
class Unstable:
    """How often what an episode is about has changed for the worse or the better, as its card shows it."""

    turns: int
    since: datetime
    last: datetime
    now: Level | None = field(default=None, repr=False)
    """What it has been since the last turn; ``None`` where it turns too quickly to tell."""


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident, a maintenance or an episode of a page."""

    vendor: Slug
    id: str
    kind: IncidentKind
    title: str
    phase: Phase | None
    impact: Impact | None
    started: datetime
    resolved: datetime | None = None
    planned_end: datetime | None = None
    """Of a maintenance."""
    url: str | None = None
    level: Level | None = None
    """The worst of the impact and the named components; ``None``: the page gives neither."""
    components: tuple[str, ...] = ()
    """Component ids."""
    regions: tuple[str, ...] = ()
    updates: tuple[Update, ...] = ()
    """Oldest first."""
    raw_phase: str | None = None
    """The page's own word, where it is not a known phase."""
    raw_impact: str | None = None
    """The page's own word, where it is not a known impact."""
    listed_open: bool = False
    """The page lists it among its open ones: what makes it open where it has no known phase."""
    vanished: bool = False
    """The page took it down without an end."""
    unlisted: bool = False
    """It left the page in the course of things, and how it ended is not known."""
    overdue: bool = False
    """Of a maintenance: it is past its planned end and goes on."""
    recovering: bool = False
    """It is only being watched, and its page shows no trouble any more."""
    unstable: Unstable | None = None
    """Of an episode that comes and goes."""
    explained_by: str | None = None
    """Of an episode: the title of the incident that explains it, and whose end counts."""

    def __hash__(self) -> int:
        """Of its key alone: it is looked up with each card, and there are few versions of one."""
        return hash((self.vendor, self.id))

    @property
    def is_open(self) -> bool:
        """Going on, or planned."""
        if self.vanished or self.unlisted or self.explained_by is not None:
            return False
        return self.listed_open if self.phase is None else self.phase not in ENDED

    @property
    def effective_level(self) -> Level:
        """What it adds to the page's level now."""
        if not self.is_open or self.level is None:
            return Level.OPERATIONAL
        if self.kind is IncidentKind.MAINTENANCE:
            return Level.MAINTENANCE if self.phase in UNDER_WAY else Level.OPERATIONAL
        return self.level


TEXT_CACHE_SIZE = 1024
"""Texts of vendors: a card's are looked at again with every act."""


@lru_cache(maxsize=TEXT_CACHE_SIZE)
def _digest_of_text(phase: str, text: str) -> str:
    return digest(phase, text)


def digest(*parts: str) -> str:
    """A short, stable fingerprint of texts (16 hex digits)."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
