"""Channels and their wishes: subscriptions, filters, mentions, mutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from bot.domain.incident import ENDED, Incident, IncidentKind
from bot.domain.level import LEVEL_OF_SEVERITY, Level
from bot.domain.quiet import QuietHours
from bot.domain.vendor import Slug


@dataclass(frozen=True, slots=True, order=True)
class Channel:
    """Where cards go."""

    platform: str
    workspace: str
    """Slack team or enterprise id, Discord guild id, ``local`` for the console."""
    id: str

    @property
    def is_direct(self) -> bool:
        """Whether it is a person's direct messages with the bot: Slack's ids of those begin with ``D``; on Discord each
        is a workspace of its own, ``@me/…``."""
        return self.workspace.startswith("@me") or (self.platform == "slack" and self.id.startswith("D"))


class Mode(StrEnum):
    """How a channel sees an incident.

    ``thread``: one root card, edited to the newest state, each update a reply. ``thread+key``: and a line in the
    channel when it gets worse, ends or opens again. ``flat``: every update in the channel. ``edit``: the card alone.
    """

    THREAD = "thread"
    THREAD_KEY = "thread+key"
    FLAT = "flat"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """What a channel may choose."""

    mode: Mode = Mode.THREAD_KEY
    """Of a new channel: an edit notifies nobody, and an end or a reopening is news."""
    zone: str = "UTC"
    """An IANA name; platforms with local-time tokens need it only where a token cannot be used."""
    quiet: QuietHours | None = None
    """When new messages wait; by the clock of ``zone``."""
    digest_only: bool = False
    """It gets its digest and nothing else. Set with the digest, and not with the other settings."""
    publish: bool = True
    """What opens and ends is published to those who follow the channel, where the platform has such channels."""
    remind: tuple[timedelta, ...] = ()
    """How long before a planned maintenance it is reminded, unless a subscription says otherwise."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Exactly what the user typed, never plus defaults. Names are globs, matched without regard to case."""

    components: tuple[str, ...] = ()
    """Matched against a component's id, name, group and ``Group / Name``; ``excluded`` too."""
    excluded: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    min_level: Level | None = None
    maintenance: Literal["on", "off", "digest"] | None = None
    """``None``: nothing was typed, and maintenances are not announced. ``digest``: the channel's digest alone tells of
    them, as it does with ``None``; with ``off`` nothing does."""
    match: str | None = None
    """Searched in title and update texts."""
    also: tuple[Filter, ...] = ()
    """Of a subscription that comes through services: what passes one of these passes, too. Nobody types them."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Who is mentioned, once, about an incident at ``min_level`` or worse."""

    target: str
    """As the platform writes it."""
    min_level: Level = Level.DEGRADED

    @classmethod
    def parse(cls, text: str) -> Mention:
        """``@oncall``, or with the level that it takes ``@oncall@major``; nobody is mentioned below degraded."""
        whom, _, word = text.rpartition("@")
        level = LEVEL_OF_SEVERITY.get(word.removesuffix("+").casefold())
        return cls(text) if level is None or not whom else cls(whom, max(level, Level.DEGRADED))

    def is_due(self, incident: Incident) -> bool:
        """Whether the incident calls for it now: never a maintenance, nor what is over, nor what has no level."""
        under_way = incident.phase not in ENDED and not incident.vanished and not incident.unlisted
        is_bad = incident.level is not None and incident.level >= self.min_level
        return is_bad and under_way and incident.kind is not IncidentKind.MAINTENANCE


@dataclass(frozen=True, slots=True)
class Ignored:
    """Somebody says that an incident is none of the channel's business."""

    by: str
    """The platform's id of the user."""
    at: datetime
    reason: str = ""
    """As it was typed."""
    name: str = ""
    """The user's, as the platform told it, where it did."""
    until_changed: bool = True
    """It is told again when it gets worse than ``level`` or names others than ``components``, as it was then."""
    level: Level | None = None
    components: frozenset[str] = frozenset()

    def is_outdated_by(self, incident: Incident) -> bool:
        """Whether the incident is another one than was ignored."""
        if not self.until_changed:
            return False
        worse = incident.level is not None and (self.level is None or incident.level > self.level)
        return worse or not self.components.issuperset(incident.components)


@dataclass(frozen=True, slots=True)
class Mute:
    """Nothing is posted for a while."""

    until: datetime | None = None
    """``None``: as long as the incident goes on."""
    ignored: Ignored | None = None
    """Why, where somebody said it."""
    vendor_until: datetime | None = None
    """Until when all of the vendor is muted, where that lasts longer, or goes on for what was ignored as another
    incident than it is."""

    def of(self, incident: Incident) -> Mute | None:
        """What is left of it, the incident being as it is."""
        if self.ignored and self.ignored.is_outdated_by(incident):
            return Mute(self.vendor_until) if self.vendor_until else None
        is_longer = self.until is not None and self.vendor_until is not None and self.until < self.vendor_until
        return Mute(self.vendor_until, self.ignored) if is_longer else self

    def ends_silently(self, incident: Incident) -> bool:
        """Whether its end, once it is there, is worth an edit and no message."""
        return self.until is None and self.of(incident) is self

    def applies_to(self, incident: Incident, now: datetime) -> bool:
        """Whether it mutes the incident now."""
        left = self.of(incident)
        if left is None:
            return False
        if left.until is not None:
            return now < left.until
        return incident.phase not in ENDED and not incident.vanished and not incident.unlisted


@dataclass(frozen=True, slots=True)
class Hold:
    """An incident is told only if it is still open so long after its start. Maintenances are not held."""

    span: timedelta
    passes_at: Level | None = Level.PARTIAL_OUTAGE
    """What is at this level or worse is told at once; ``None``: nothing is."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a subscription asks of the delivery of its cards: when they are told, not which."""

    hold: Hold | None = None
    remind: tuple[timedelta, ...] | None = None
    """How long before a planned maintenance; ``None``: as the channel's settings say."""

    def leads(self, settings: ChannelSettings) -> tuple[timedelta, ...]:
        """How long before a planned maintenance the channel is reminded."""
        return settings.remind if self.remind is None else self.remind


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Through:
    """The services through which a channel hears of a vendor."""

    services: tuple[str, ...]
    """Their names; the one that was followed first comes first."""
    typed: Filter | None
    """What the channel typed for the vendor itself; ``None``: nothing."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A channel's wish to see a vendor's incidents."""

    channel: Channel
    vendor: Slug
    filter: Filter
    created_by: str
    """The platform's id of the user."""
    created_at: datetime
    mention: str | None = None
    """As it was typed, for :meth:`Mention.parse`."""
    muted_until: datetime | None = None
    """None of the vendor's incidents is posted before."""
    wishes: Wishes = NO_WISHES
    through: Through | None = None
    """``None``: the channel subscribes to the vendor itself, and through no service."""

    @property
    def typed(self) -> Filter | None:
        """What the channel typed for the vendor itself; ``None``: it comes through services alone."""
        return self.filter if self.through is None else self.through.typed


class Health(StrEnum):
    """A channel's life: degraded at the first permanent error, suspended when that lasts, purged long after."""

    ACTIVE = "active"
    DEGRADED = "degraded"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel's health, and why it is not active."""

    health: Health = Health.ACTIVE
    reason: str | None = None
    """One sentence."""
    since: datetime | None = None
    """Of this health."""
    tries: int = 0
    """Permanent errors in a row."""
    subscriber_notified: bool = False


@dataclass(frozen=True, slots=True)
class ListedSubscription:
    """A subscription as ``list`` shows it."""

    subscription: Subscription
    last_post: datetime | None
    """When the channel last got a post because of it."""


@dataclass(frozen=True, slots=True)
class ActiveMute:
    """What a channel mutes now: an incident, or with ``None`` all of a vendor."""

    vendor: Slug
    mute: Mute
    incident: Incident | None = None
