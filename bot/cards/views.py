"""What a message of a card shows, and the act that sends or edits it: values, no rules and no words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain import Ack, ActKind, CardState, Hit, Ignored, IncidentKind, Level, News, Phase, Slug, Unstable
from bot.domain.flood import ListedIncident


class ActReason(StrEnum):
    """Why an act is due."""

    OPENED = "opened"
    UPDATED = "updated"
    REPEATED = "repeated"
    EDITED = "edited"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    VANISHED = "vanished"
    UNLISTED = "unlisted"
    RESTORED = "restored"
    CAUGHT_UP = "caught_up"
    REFRESHED = "refreshed"
    EXPLAINED = "explained"
    DROPPED = "dropped"
    """The root is about to drop its own text, which a reply keeps."""
    REMINDED = "reminded"
    """A planned maintenance begins soon."""
    ANNOUNCED = "announced"
    """News without a text of the vendor's: worse, over, open again, taken down."""


@dataclass(frozen=True, slots=True)
class UpdateView:
    """One text of the vendor."""

    phase: Phase | None
    at: datetime
    text: str
    count: int = 1
    """How often in a row the vendor posted it."""
    last: datetime | None = None
    """The last of those times; ``None``: it was posted once."""
    removed: bool = False
    """The page took this update down."""
    note: bool = False
    """Lookout itself says so."""


@dataclass(frozen=True, slots=True)
class Reopening:
    """An incident that was over is open again."""

    at: datetime
    over_for: timedelta
    """How long it had been over."""


@dataclass(frozen=True, slots=True)
class RootView:
    """What the root message shows: the state now, and of the texts that the channel has seen the one that says most."""

    slug: Slug
    """The vendor in commands."""
    id: str
    """The incident in commands."""
    vendor: str
    vendor_url: str
    title: str
    kind: IncidentKind
    phase: Phase | None
    level: Level | None
    started: datetime
    resolved: datetime | None
    planned_end: datetime | None
    url: str | None
    vanished: bool
    components: tuple[str, ...]
    """Labels of those that the incident names."""
    quote: UpdateView | None
    """The newest text that says something."""
    newest: UpdateView | None
    updates: int
    """How many updates the incident has."""
    has_parts: bool = False
    """The vendor's page lists components."""
    explained_by: str | None = None
    """Title of the incident whose card goes on from here."""
    unlisted: bool = False
    overdue: bool = False
    recovering: bool = False
    unstable: Unstable | None = None
    """These as in :class:`bot.domain.Incident`."""
    kept: tuple[UpdateView, ...] = ()
    """Texts that no other message of the channel has: the first and the newest of them, which the root goes on
    showing."""
    reopening: Reopening | None = None
    """The last one, while it is open."""
    has_postmortem: bool = False
    homepage: str | None = None
    """The vendor's own site."""
    note: str = ""
    """The workspace's own on the vendor, while it is not over."""
    hits: tuple[Hit, ...] = ()
    """Services that it hits."""
    ack: Ack | None = None
    """The channel's, while it is not over."""
    ignored: Ignored | None = None
    """By the channel, as long as it is."""

    def __hash__(self) -> int:
        """Of a few fields: it is looked up with each act, and what differs elsewhere is rare."""
        return hash((self.slug, self.id, self.phase, self.updates))


@dataclass(frozen=True, slots=True)
class ReplyView:
    """What a message after the root shows: one text, or several at once when the channel catches up, oldest first."""

    slug: Slug
    """The vendor in commands."""
    id: str
    """The incident in commands."""
    vendor: str
    title: str
    url: str | None
    phase: Phase | None
    level: Level | None
    updates: tuple[UpdateView, ...]
    standalone: bool = False
    """It stands in the channel without a thread (flat mode), so it must name vendor and incident in words."""
    vanished: bool = False
    kind: IncidentKind = IncidentKind.INCIDENT
    components: tuple[str, ...] = ()
    """Labels of those that the incident names."""
    started: datetime | None = None
    """When the incident did."""


@dataclass(frozen=True, slots=True)
class NewsView:
    """What a message without a text of the vendor's shows: one line of news."""

    slug: Slug
    """The vendor in commands."""
    id: str
    """The incident in commands."""
    vendor: str
    title: str
    url: str
    kind: IncidentKind
    news: News
    phase: Phase | None
    level: Level | None
    before: Level | None
    """The level that the channel was shown so far."""
    started: datetime
    resolved: datetime | None
    components: tuple[str, ...]
    reopening: Reopening | None = None
    planned_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReminderView:
    """What a reminder of a planned maintenance shows."""

    slug: Slug
    """The vendor in commands."""
    id: str
    """The incident in commands."""
    vendor: str
    title: str
    url: str
    kind: IncidentKind
    components: tuple[str, ...]
    phase: Phase | None
    level: Level | None
    starts: datetime
    ends: datetime | None
    lead: timedelta
    """It begins within this; none: it should have begun by now."""


View = RootView | ReplyView | NewsView | ReminderView


@dataclass(frozen=True, slots=True)
class Act:
    """One call to an adapter."""

    kind: ActKind
    reason: ActReason
    key: str
    """The same whenever the same act is worked out again; 25 characters at most, for Discord's nonce."""
    view: View
    after: CardState
    """What the channel has been shown once the act is done, with ``ref`` ``None`` on a new post."""
    post: int
    """Index in ``after`` of the message that is sent or edited."""
    ref: str | None = None
    """The message that is edited or replied to."""
    broadcast: bool = False
    """Show the reply in the channel too."""
    mention: str | None = None
    """Whom this message is to mention."""
    mentioned: str | None = None
    """Whom the message that is edited mentioned: it goes on naming them, and pings nobody again."""
    about: str = ""
    """The part of the key that it shares with the same act on other cards."""


@dataclass(frozen=True, slots=True)
class TogetherAct:
    """One message about several cards: what quiet hours kept back, or what of it stands below that message."""

    key: str
    part: int
    """0: the message itself; else its place below it."""
    incidents: tuple[ListedIncident, ...]
    """Those that it names, the open ones first, the worst first."""
    open: int
    """How many of all that it and those below it tell go on."""
    over: int
    more: int = 0
    """How many of them no message names."""
    mention: str | None = None
    """Whom it is to mention."""
    kind: ActKind = ActKind.POST
    ref: str | None = None
    """The message below which it stands."""
    broadcast: bool = False
