"""The words of Lookout: frozen values that every other room speaks in. No I/O, no rules about chat.

Times are aware datetimes in UTC. Texts are plain (markup of the page is taken off by its provider).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal, NewType

Slug = NewType("Slug", str)
"""A vendor's key in the catalog: lower-case letters, digits and hyphens."""


class Level(IntEnum):
    """How bad it is, ordered. *Unknown is not a level*: where nothing is known, the value is ``None``."""

    OPERATIONAL = 0
    MAINTENANCE = 1
    DEGRADED = 2
    PARTIAL_OUTAGE = 3
    MAJOR_OUTAGE = 4

    @property
    def word(self) -> str:
        """The name outside the program: ``partial_outage``."""
        return self.name.lower()


def level_word(level: Level | None) -> str:
    """``level.word``, or ``unknown``."""
    return "unknown" if level is None else level.word


class Phase(StrEnum):
    """Where an incident or a maintenance stands, as its newest update says. Not monotonic: incidents reopen."""

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


LEVEL_OF_SEVERITY = {
    "operational": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "minor": Level.DEGRADED,
    "degraded": Level.DEGRADED,
    "degraded_performance": Level.DEGRADED,
    "major": Level.PARTIAL_OUTAGE,
    "partial": Level.PARTIAL_OUTAGE,
    "partial_outage": Level.PARTIAL_OUTAGE,
    "critical": Level.MAJOR_OUTAGE,
    "major_outage": Level.MAJOR_OUTAGE,
}
"""Severities as pages and people say them. The first word of a level is the one that is written back."""


class IncidentKind(StrEnum):
    """``episode``: a level that got worse and that no incident of the page explains."""

    INCIDENT = "incident"
    MAINTENANCE = "maintenance"
    EPISODE = "episode"


OWN = "own"
"""The category of pages that no catalog has: a workspace added them for itself."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """One row of the catalog. ``kind`` is ``None`` until the page's platform is detected at its first read."""

    slug: Slug
    name: str
    page_url: str
    human_url: str
    category: str
    subcategory: str
    aliases: tuple[str, ...] = ()
    homepage: str | None = None
    kind: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a vendor. ``level`` is ``None`` when the page's word for it is not known.

    ``quiet``: the page hides this row while it is green (Statuspage's ``only_show_if_degraded``). ``said``: the page's
    own word, where it has one and it is not known.
    """

    id: str
    name: str
    level: Level | None
    group: str | None = None
    region: str | None = None
    quiet: bool = False
    said: str | None = None

    @property
    def label(self) -> str:
        """``Group / Name``: names repeat across groups."""
        return f"{self.group} / {self.name}" if self.group else self.name


@dataclass(frozen=True, slots=True)
class Update:
    """One post of the vendor. ``(id, digest)`` is the unit of novelty; ``phase`` ``None``: the post names none."""

    id: str
    phase: Phase | None
    at: datetime
    text: str

    @property
    def digest(self) -> str:
        """Changes when, and only when, a reader would see another text or phase."""
        return digest(self.phase or "", self.text)


@dataclass(frozen=True, slots=True)
class Incident:
    """``components`` are component ids; ``updates`` stand oldest first; ``until`` is a maintenance's planned end.

    ``level`` is the worst of the impact and the named components, ``None`` when the page gives neither.
    ``phase_said`` and ``impact_said``: the page's own words, where they are not known.
    ``listed_open``: what says that it is open where no phase that is known does: the page lists it among its open ones.
    ``vanished``: the page took it down without an end. ``explained``: the title of the incident that explains it, of an
    episode whose end is then that incident's affair.
    """

    vendor: Slug
    id: str
    kind: IncidentKind
    title: str
    phase: Phase | None
    impact: Impact | None
    started: datetime
    resolved: datetime | None = None
    until: datetime | None = None
    url: str | None = None
    level: Level | None = None
    components: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    updates: tuple[Update, ...] = ()
    phase_said: str | None = None
    impact_said: str | None = None
    listed_open: bool = False
    vanished: bool = False
    explained: str | None = None

    @property
    def is_open(self) -> bool:
        """Still going on, or still to come."""
        if self.vanished or self.explained is not None:
            return False
        return self.listed_open if self.phase is None else self.phase not in ENDED

    @property
    def weight(self) -> Level:
        """What it adds to the page's level now."""
        if not self.is_open or self.level is None:
            return Level.OPERATIONAL
        if self.kind is IncidentKind.MAINTENANCE:
            return Level.MAINTENANCE if self.phase in UNDER_WAY else Level.OPERATIONAL
        return self.level


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one reading of a page says.

    ``level`` is the worst of the page's own indicator, its components and its open incidents; ``None`` is unknown.
    ``words`` are the page's own. ``complete_since``: ``incidents`` holds every incident, ended ones too, that started
    at or after it; ``None`` means that only open ones are listed, so a missing one says nothing yet.
    ``stamp``: the page's own time of last change where it has one; it moves without news and is never compared as news.
    """

    vendor: Slug
    level: Level | None
    words: str
    components: tuple[Component, ...]
    incidents: tuple[Incident, ...]
    taken_at: datetime
    complete_since: datetime | None = None
    stamp: str | None = None

    def incident(self, incident_id: str) -> Incident | None:
        """The incident with this id, if the reading holds it."""
        return next((i for i in self.incidents if i.id == incident_id), None)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A page that cannot be read: never green, never an outage. ``reason`` is one clear sentence."""

    reason: str
    since: datetime


# --- changes: past-tense facts about one vendor -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    incident: Incident


@dataclass(frozen=True, slots=True)
class Updated:
    """A new update, or a change of title, impact, level or components (then ``update`` is ``None``)."""

    incident: Incident
    update: Update | None


@dataclass(frozen=True, slots=True)
class Edited:
    incident: Incident
    before: Update
    after: Update


@dataclass(frozen=True, slots=True)
class Resolved:
    incident: Incident


@dataclass(frozen=True, slots=True)
class Reopened:
    """Open again after an end, or back on the page after it vanished."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Vanished:
    incident: Incident


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """Of one component, or of the page when ``component`` is ``None``."""

    vendor: Slug
    component: Component | None
    before: Level | None
    after: Level | None


@dataclass(frozen=True, slots=True)
class BecameUnreadable:
    vendor: Slug
    unreadable: Unreadable


@dataclass(frozen=True, slots=True)
class BecameReadable:
    vendor: Slug
    after: Unreadable


Change = Opened | Updated | Edited | Resolved | Reopened | Vanished | LevelChanged | BecameUnreadable | BecameReadable


# --- channels and what they asked for -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Channel:
    """Where cards go. ``workspace``: Slack team or enterprise id, Discord guild id, ``local`` for the console."""

    platform: str
    workspace: str
    id: str


class Mode(StrEnum):
    """How a channel sees an incident.

    ``thread``: one root card, edited to the newest state, each update a reply. ``thread+key``: opening, worse and
    resolved also to the channel. ``flat``: every update in the channel. ``edit``: the card alone.
    """

    THREAD = "thread"
    THREAD_KEY = "thread+key"
    FLAT = "flat"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """``zone`` is an IANA name; platforms with local-time tokens need it only where a token cannot stand."""

    mode: Mode = Mode.THREAD
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Filter:
    """Exactly what the user typed, never plus defaults. Names are globs, matched without regard to case.

    ``components`` are matched against a component's id, name, group and ``Group / Name``. ``maintenance`` ``None``:
    nothing was typed, and maintenances are not announced. ``match`` is searched in title and update texts.
    """

    components: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    least: Level | None = None
    maintenance: Literal["on", "off"] | None = None
    match: str | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """``whom``, as the platform writes it, is mentioned once about an incident that is at ``least`` or worse."""

    whom: str
    least: Level = Level.DEGRADED

    @classmethod
    def typed(cls, text: str) -> Mention:
        """``@oncall``, or with the level that it takes ``@oncall@major``; nobody is mentioned below degraded."""
        whom, _, word = text.rpartition("@")
        least = LEVEL_OF_SEVERITY.get(word.removesuffix("+").casefold())
        return cls(text) if least is None or not whom else cls(whom, max(least, Level.DEGRADED))

    def is_due(self, incident: Incident) -> bool:
        """Whether the incident is worth it now: never a maintenance, nor what is over, nor what gives no level."""
        under_way = incident.phase not in ENDED and not incident.vanished
        is_bad = incident.level is not None and incident.level >= self.least
        return is_bad and under_way and incident.kind is not IncidentKind.MAINTENANCE


@dataclass(frozen=True, slots=True)
class Mute:
    """Nothing is told before ``until``; ``None``: as long as the incident goes on."""

    until: datetime | None = None

    def holds(self, incident: Incident, now: datetime) -> bool:
        """Whether it keeps the incident quiet now."""
        if self.until is not None:
            return now < self.until
        return incident.phase not in ENDED and not incident.vanished


@dataclass(frozen=True, slots=True)
class Subscription:
    """``by`` is the platform's id of the user; ``mention`` is what was typed, for :meth:`Mention.typed` to read.

    ``muted_until``: none of the vendor's incidents is told before.
    """

    channel: Channel
    vendor: Slug
    filter: Filter
    by: str
    at: datetime
    mention: str | None = None
    muted_until: datetime | None = None


class Why(StrEnum):
    """Why a channel has a card, or has none. The sentence for each is in ``wording``."""

    WHOLE_VENDOR = "whole_vendor"
    COMPONENT_NAMED = "component_named"
    REGION_NAMED = "region_named"
    NO_COMPONENT_GIVEN = "no_component_given"
    NO_REGION_GIVEN = "no_region_given"
    LEVEL_NOT_GIVEN = "level_not_given"
    TEXT_MATCHED = "text_matched"
    OTHER_COMPONENTS = "other_components"
    EXCLUDED_COMPONENTS = "excluded_components"
    OTHER_REGIONS = "other_regions"
    BELOW_LEAST_LEVEL = "below_least_level"
    MAINTENANCE_OFF = "maintenance_off"
    TEXT_NOT_FOUND = "text_not_found"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``detail`` names what matched or did not: component labels, the level, the text."""

    deliver: bool
    why: Why
    detail: str = ""


# --- what a channel has been shown --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Post:
    """One message in a channel. ``ref`` is the platform's own reference; ``None``: it is gone, or never came back.

    ``shows`` is the digest of what it shows; ``updates`` are the ids of the updates it covers, oldest first.
    """

    ref: str | None
    shows: str
    updates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """``posts[0]`` is the root; the others follow in the order they were sent. ``mentioned``: nobody is to be mentioned
    any more, because it was done or because the incident was no news when the channel got its card."""

    posts: tuple[Post, ...] = ()
    mentioned: bool = False

    @property
    def root(self) -> Post | None:
        """The root, if one was sent."""
        return self.posts[0] if self.posts else None

    @property
    def covered(self) -> frozenset[str]:
        """The updates that the channel has seen."""
        return frozenset(u for p in self.posts for u in p.updates)


@dataclass(frozen=True, slots=True)
class Card:
    """The projection of one incident into one channel. ``fold``: the channel was away; catch up in one message.

    ``mute``: one that has lapsed stands until what was missed is told.
    """

    id: int
    channel: Channel
    incident: str
    vendor: Slug
    verdict: Verdict
    shown: Shown = field(default_factory=Shown)
    fold: bool = False
    mute: Mute | None = None


def worst(levels: Iterable[Level | None]) -> Level | None:
    """The worst of the known ones; ``None`` when none is known."""
    return max((level for level in levels if level is not None), default=None)


def digest(*parts: str) -> str:
    """A short, stable fingerprint of texts (16 hex digits)."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
