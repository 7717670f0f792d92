"""Channels and what they asked for: subscriptions, filters, mentions, mutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.domain.incident import ENDED, Incident, IncidentKind
from bot.domain.level import LEVEL_OF_SEVERITY, Level
from bot.domain.vendor import Slug


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
    min_level: Level | None = None
    maintenance: Literal["on", "off"] | None = None
    match: str | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """``whom``, as the platform writes it, is mentioned once about an incident that is at ``least`` or worse."""

    target: str
    min_level: Level = Level.DEGRADED

    @classmethod
    def parse(cls, text: str) -> Mention:
        """``@oncall``, or with the level that it takes ``@oncall@major``; nobody is mentioned below degraded."""
        whom, _, word = text.rpartition("@")
        least = LEVEL_OF_SEVERITY.get(word.removesuffix("+").casefold())
        return cls(text) if least is None or not whom else cls(whom, max(least, Level.DEGRADED))

    def is_due(self, incident: Incident) -> bool:
        """Whether the incident is worth it now: never a maintenance, nor what is over, nor what gives no level."""
        under_way = incident.phase not in ENDED and not incident.vanished
        is_bad = incident.level is not None and incident.level >= self.min_level
        return is_bad and under_way and incident.kind is not IncidentKind.MAINTENANCE


@dataclass(frozen=True, slots=True)
class Mute:
    """Nothing is told before ``until``; ``None``: as long as the incident goes on."""

    until: datetime | None = None

    def applies_to(self, incident: Incident, now: datetime) -> bool:
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
    created_by: str
    created_at: datetime
    mention: str | None = None
    muted_until: datetime | None = None


class Health(StrEnum):
    """A channel's life: degraded at the first permanent error, suspended when that lasts, purged long after."""

    ACTIVE = "active"
    DEGRADED = "degraded"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class ChannelState:
    """``since``: of this health. ``tries``: permanent errors in a row. ``told``: the subscriber was told."""

    health: Health = Health.ACTIVE
    reason: str | None = None
    since: datetime | None = None
    tries: int = 0
    subscriber_notified: bool = False


@dataclass(frozen=True, slots=True)
class ListedSubscription:
    """A subscription with when its channel was last posted to on its account."""

    subscription: Subscription
    last_post: datetime | None


@dataclass(frozen=True, slots=True)
class ActiveMute:
    """What a channel does not want to hear of now: an incident, or all of a vendor."""

    vendor: Slug
    mute: Mute
    incident: Incident | None = None
