"""A channel's digest: at set times one message about what was, what is and what is to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from bot.domain.channel import Channel, Mode
from bot.domain.incident import Incident
from bot.domain.level import Level
from bot.domain.vendor import Slug, Vendor


@dataclass(frozen=True, slots=True)
class DigestSchedule:
    """When a channel gets its digest."""

    at: time
    """By the clocks of the channel's zone, to the minute."""
    weekday: int | None = None
    """0 is Monday; ``None``: every day."""
    only: bool = False
    """The channel gets nothing else."""


class DigestSection(StrEnum):
    """The parts of a digest, in their order. The values are stored with digests."""

    OPEN = "open"
    PLANNED = "planned"
    OVER = "over"
    KEPT_BACK = "kept_back"
    """Over, and the channel got no message about it."""


@dataclass(frozen=True, slots=True)
class DigestItem:
    """An incident that a digest tells."""

    vendor: Slug
    incident: str
    """Its id."""
    section: DigestSection
    """Where it stands, whatever becomes of it while the digest is sent."""
    kept_back: str = ""
    """The :class:`bot.domain.HeldReason` that keeps its messages back from the channel; empty: nothing does."""


@dataclass(frozen=True, slots=True)
class DigestState:
    """A channel's digest as it is on record, leased to whoever works on it."""

    key: int
    channel: Channel
    zone: str
    mode: Mode
    schedule: DigestSchedule
    counted_from: datetime
    """The next one is the first after this moment: of the last one, or of the last change of its time."""
    covered_until: datetime
    """What was over by then was told before."""
    told_open: tuple[DigestItem, ...] = ()
    """What the digest before told as open."""
    until: datetime | None = None
    """Of the digest that is being sent; ``None``: none is."""
    parts: tuple[tuple[DigestItem, ...], ...] = ()
    """What it tells: its message, then each message below that."""
    more: int = 0
    """How many incidents it only counts."""
    refs: tuple[str, ...] = ()
    """Its messages that were sent, by the platform's references; empty for one that is not known."""
    due: datetime | None = None
    error: str | None = None
    """Why it could not be sent: a sentence."""
    lease: int = 0
    """Fences what a worker writes back."""


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """One incident in a digest."""

    section: DigestSection
    vendor: Vendor
    incident: Incident
    peak: Level | None
    """Its worst level."""
    ended: datetime | None = None
    kept_back: str = ""
    """As in :class:`DigestItem`."""

    @property
    def item(self) -> DigestItem:
        return DigestItem(self.incident.vendor, self.incident.id, self.section, self.kept_back)


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest says, whatever the words."""

    since: datetime
    until: datetime
    weekly: bool
    vendors: tuple[str, ...]
    """Names of what the channel subscribes to."""
    unreadable: tuple[str, ...]
    """Names of those that cannot be read now."""
    entries: tuple[DigestEntry, ...]
    """In the order of their sections."""
    more: int = 0
    """How many incidents found no room."""
