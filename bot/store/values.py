"""What the store takes and returns and is not a term of the domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from bot.domain import (
    NO_WISHES,
    OWN,
    ActKind,
    Board,
    Card,
    CardState,
    Channel,
    ChannelSettings,
    ChannelState,
    Component,
    Filter,
    HeldReason,
    Incident,
    Level,
    Mention,
    Mute,
    PageMemory,
    Service,
    Slug,
    Snapshot,
    Unreadable,
    Vendor,
    Verdict,
    Wishes,
)
from bot.domain.role import Role

# --- pages ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Validator:
    """What makes the next request conditional."""

    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None
    """sha256 of the last body, in hex, for servers that send neither of the others."""
    read_at: datetime | None = None
    """When that body was read; a 304 since then is the server's word alone."""
    distrusted_until: datetime | None = None
    """Its server gave one validator for two bodies: until then it is asked for the body itself."""


class Lane(StrEnum):
    """Pages that have places of their own among those that are read at once: none holds up the others."""

    WATCHED = "watched"
    """Of the catalog, with subscribers."""
    IDLE = "idle"
    """Of the catalog, without."""
    OWN = "own"
    """Of workspaces: their addresses were typed by anybody."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A page to read, leased."""

    vendor: Vendor
    planned: datetime
    """When it was due."""
    watched: bool
    """Some channel subscribes to it."""
    open: bool
    """It has an open incident or a level worse than maintenance."""
    read_at: datetime | None = None
    """Its last good reading."""
    failures: int = 0
    """Failed polls in a row."""
    unreadable: Unreadable | None = None
    validators: Mapping[str, Validator] = field(default_factory=dict)
    """By URL."""
    history_read_at: datetime | None = None
    history_due: datetime | None = None
    """When its history is to be read next; ``None``: not before something asks for it."""
    recent_end: datetime | None = None
    """The newest end of an incident on record."""
    page_updated_at: str | None = None
    """As in ``Snapshot``."""
    failed_lookups: int = 0
    """Fruitless look-ups, in a row, of an incident that left the page."""
    catalog_url: str = ""
    """The catalog's address, whatever was detected since."""
    catalog_kind: str | None = None
    """The catalog's kind, whatever was detected since."""
    source: tuple[str, str] | None = None
    """Kind and address that what is on record was read at; ``None``: never read."""
    moved_at: datetime | None = None
    """Since when it is read there; ``None``: ever since."""
    unmatched_open: tuple[str, ...] = ()
    """Ids of open incidents that are not listed there."""
    detect_due: datetime | None = None
    """Its platform is not looked for anew before then; ``None``: whenever there is a reason."""
    memory: PageMemory = field(default_factory=PageMemory)
    first_read_at: datetime | None = None
    """``None`` too where that was before it was recorded."""

    @property
    def lane(self) -> Lane:
        if self.vendor.category == OWN:
            return Lane.OWN
        return Lane.WATCHED if self.watched else Lane.IDLE


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """How a poll ended, for the page's row."""

    slug: Slug
    due: datetime
    interval_s: float
    """How often the page is read now."""
    failures: int = 0
    """Failed polls in a row."""
    read_at: datetime | None = None
    """``None``: it was not read."""
    unreadable: Unreadable | None = None
    validators: Mapping[str, Validator] | None = None
    """By URL; ``None``: as they were."""
    kind: str | None = None
    """The page's platform, where it was detected now."""
    page_url: str | None = None
    """Where the page is read from, where that was detected now."""
    history_read_at: datetime | None = None
    history_due: datetime | None = None
    page_updated_at: str | None = None
    failed_lookups: int = 0
    """Fruitless look-ups, in a row, of an incident that left the page."""
    detect_due: datetime | None = None
    memory: PageMemory | None = None
    """``None``: as it was."""
    watched: bool = True
    """As the claim had it: a page that got its first subscription since then was due at once, and stays so."""


@dataclass(frozen=True, slots=True)
class PageMove:
    """What is on record under the names of the page that a vendor moved from: old ids to new ids."""

    components: Mapping[str, str]
    incidents: Mapping[str, str]
    updates: Mapping[str, Mapping[str, tuple[str, ...]]]
    """By the incident's new id, for each old update id its new ones: what was posted under the old id counts as posted
    under all of them, and the first takes its place. Under the empty id: what counts as posted although nothing was."""
    unmatched_open: tuple[str, ...]
    """Ids of open incidents that the new page does not list."""
    refit_filter: Callable[[Filter], tuple[Filter, tuple[str, ...]]]
    """Makes a filter fit the new page, and returns the names in it that could not be kept."""


Route = Callable[[Incident, Mapping[str, Component], Sequence[Filter]], Sequence[Verdict]]
"""For each filter, in order, its verdict on the incident. Pure."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A reading with news."""

    snapshot: Snapshot
    """Of which the level, the text and the components are recorded."""
    outcome: PollOutcome
    incidents: tuple[Incident, ...] = ()
    """New or changed ones, complete."""
    announce: frozenset[str] = frozenset()
    """Ids whose matching subscriptions get a card. Existing cards of every changed incident become due."""
    merged: tuple[tuple[str, str], ...] = ()
    """(episode id, incident id): the episode's cards become the incident's."""
    explained: tuple[tuple[str, str], ...] = ()
    """(episode id, incident id): the episode's cards are closed, and the incident has its own."""
    move: PageMove | None = None
    """The page was read at another source than before; all else here has its new ids."""
    before: Snapshot | None = None
    """What was on record when the reading was compared; where it still is, what has not changed is not looked for."""


class PageRevision(NamedTuple):
    """What changes with all that is recorded of a page, and when it cannot be read any more or can again."""

    version: int
    unreadable_since: object
    level: object


@dataclass(frozen=True, slots=True)
class PageCounts:
    """How many pages there are."""

    total: int
    """Enabled ones, as the next two."""
    read: int
    """At least once."""
    unreadable: int
    """Now."""
    disabled: int


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A status page that the channel's workspace adds for itself."""

    channel: Channel
    url: str
    """As it was typed, to find it by."""
    name: str
    kind: str
    page_url: str
    human_url: str
    created_by: str
    created_at: datetime


# --- channels ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """A channel is to be notified that its filter names what the vendor's page, which moved, does not list."""

    key: int
    channel: Channel
    vendor: Vendor
    unmatched: tuple[str, ...]
    """What the filter named."""
    at: datetime
    """When the page moved."""
    attempts: int
    """How often it was tried before."""


@dataclass(frozen=True, slots=True)
class PartCheck:
    """What a service needs of a vendor whose page lists other parts than before."""

    key: int
    channel: Channel
    """Where the service was defined."""
    service: str
    vendor: Vendor
    filter: Filter
    components: tuple[Component, ...]
    """All that the page lists now."""
    told: tuple[str, ...]
    """What the filter names and was told as missing before."""
    attempts: int
    """How often it was looked at before, without an end."""


# --- boards --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BoardOutcome:
    """How far the work on a board came."""

    board: Board
    due: datetime
    """When it is to be looked at again."""
    not_before: datetime | None = None
    """Not earlier than that, though something should make it due."""


@dataclass(frozen=True, slots=True)
class BoardCounts:
    """How many boards there are."""

    total: int
    failing: tuple[tuple[Channel, str], ...]
    """Those that cannot be shown, each with the reason."""


# --- cards ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChannelLease:
    """A channel with due cards, leased to one worker."""

    key: int
    """The channel's row; it fences nothing."""
    channel: Channel
    settings: ChannelSettings
    state: ChannelState
    lease: int
    """The fencing token of what that worker writes back."""


@dataclass(frozen=True, slots=True)
class Intent:
    """An act that was started. Found on a leased channel it means that nobody knows whether it was performed."""

    key: str
    """Idempotency key."""
    kind: ActKind
    post: int
    """Index in ``after`` of the new or the edited post."""
    after: CardState
    """What the channel will have been shown once the act is done; ``ref`` of a new post is missing."""
    at: datetime


@dataclass(frozen=True, slots=True)
class DueCard:
    """A card that differs from its incident, with all that reconcile needs."""

    card: Card
    version: int
    """For :class:`RecordOutcome`: a card that got another reason to be due since stays due."""
    incident: Incident
    components: Mapping[str, Component]
    vendor: Vendor
    intent: Intent | None = None
    mention: Mention | None = None
    """The subscription's."""
    followed: tuple[tuple[Mention, Filter], ...] = ()
    """Where that has none, whom the services that the channel follows want mentioned, and about what."""
    wishes: Wishes = NO_WISHES
    """The subscription's."""
    since: datetime | None = None
    """When it fell due."""
    services: tuple[Service, ...] = ()
    """Those that count in the channel and need the vendor, each with what it needs of it."""


@dataclass(frozen=True, slots=True)
class HeldCard:
    """An incident of which something is held back in a channel."""

    incident: Incident
    reason: HeldReason
    since: datetime


@dataclass(frozen=True, slots=True)
class HeldNow:
    """A card of which something is held back, or would be."""

    channel: Channel
    settings: ChannelSettings
    incident: Incident
    reason: HeldReason
    mute: Mute | None


@dataclass(frozen=True, slots=True)
class RecordIntent:
    """To be committed before the call."""

    channel_lease: ChannelLease
    card: int
    """The card's id."""
    intent: Intent


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """To be committed after the call, or when nothing remains to be done. It always drops the card's intent."""

    channel_lease: ChannelLease
    card: int
    """The card's id."""
    state: CardState
    version: int
    """Of the :class:`DueCard`."""
    done: bool
    """The card is not due any more, unless its version has grown."""
    posted_at: datetime | None = None
    retry_at: datetime | None = None
    """Due again then, unless its version has grown."""
    clear_mute: bool = False
    """With ``done``: the card's mute ends."""
    deleted: int = 0
    """How often the root was found deleted."""
    mute: bool = False
    """Nobody wants the card: it is muted until its incident is over."""
    held: HeldReason | None = None
    """Why something of it is not told, since then."""
    held_since: datetime | None = None
    publish: tuple[str, ...] = ()
    """Messages that are to be published to those who follow the channel."""


@dataclass(frozen=True, slots=True)
class Release:
    """End the lease."""

    channel_lease: ChannelLease
    not_before: datetime | None = None
    """No act on the channel earlier than that."""
    state: ChannelState | None = None
    """The channel's health from now on; ``None``: as it was."""
    whole_workspace: bool = False
    """``not_before`` and ``state`` are for all channels of its workspace."""


DeliveryWrite = RecordIntent | RecordOutcome | Release


# --- processes -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process that runs the bot."""

    id: str
    """Made up when it joins; never used again."""
    host: str
    pid: int
    started_at: datetime
    roles: tuple[Role, ...] = tuple(Role)
    version: str = ""
    """Of Lookout."""


@dataclass(frozen=True, slots=True)
class ProcessReport:
    """What a process says of itself with each heartbeat."""

    loop_lag_s: float | None = None
    """The longest that its event loop was held up since the heartbeat before; ``None``: not measured."""
    platforms: Mapping[str, str | None] = field(default_factory=dict)
    """By chat platform: a sentence on what is wrong with its connection, or ``None``."""
    weaknesses: Mapping[str, str] = field(default_factory=dict)
    """By chat platform: what is promised less than it could be."""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A process that has not been found dead."""

    identity: ProcessIdentity
    silent_for: timedelta
    """Since its last heartbeat."""
    report: ProcessReport
    pages: int = 0
    """Leased to it now, to be read; ``channels``, to be posted to."""
    channels: int = 0
    shards: tuple[int, ...] = ()
    """Discord's that it is connected with, in order."""


# --- what is let go ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows were let go of."""

    cards: int
    revisions: int
    spans: int
    states: int
    """Of incidents."""
    audit: int = 0
    """Lines of it."""

    @property
    def total(self) -> int:
        return self.cards + self.revisions + self.spans + self.states + self.audit

    def plus(self, other: Forgotten) -> Forgotten:
        return Forgotten(
            self.cards + other.cards,
            self.revisions + other.revisions,
            self.spans + other.spans,
            self.states + other.states,
            self.audit + other.audit,
        )


@dataclass(frozen=True, slots=True)
class DailyMinutes:
    """How long a vendor, or one of its components, was at a level on a day, in UTC."""

    day: date
    component: str | None
    """A component's id; ``None``: the page itself."""
    level: Level | None
    minutes: float


# --- what an operator asks -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MovedPage:
    """A page that is read at another source than it once was."""

    vendor: Vendor
    """As it is read now."""
    kind_before: str | None
    url_before: str
    at: datetime
    """When it moved."""


@dataclass(frozen=True, slots=True)
class DetectedPage:
    """A page that is read as another kind, or at another address, than the catalog has it."""

    vendor: Vendor
    """As the catalog has it."""
    kind: str
    page_url: str
    read_at: datetime
    status_text: str
    components: int
    """Listed now."""


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many enabled pages are of a kind."""

    kind: str | None
    """``None``: not detected yet."""
    pages: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class UnreadablePage:
    """An enabled page that cannot be read now."""

    vendor: Vendor
    unreadable: Unreadable
    watched: bool
    """Some channel subscribes to it."""


@dataclass(frozen=True, slots=True)
class FilterUsage:
    """A filter that channels have for a vendor."""

    vendor: Vendor
    filter: Filter
    channels: int
    """How many."""
    components: tuple[Component, ...]
    """What the vendor's page lists."""


class RawField(StrEnum):
    """What a page's own word may be for."""

    STATE = "state"
    PHASE = "phase"
    IMPACT = "impact"


@dataclass(frozen=True, slots=True)
class UnknownWords:
    """What the pages of a kind write that its provider does not know."""

    kind: str
    part: RawField
    total: int
    """Components, or incidents, of those pages."""
    unknown: int
    """How many of these have an unknown state, phase or impact."""
    words: tuple[str, ...]
    """The pages' own words for it, the commonest first."""
    example: Slug
    """A page that has one."""


@dataclass(frozen=True, slots=True)
class DeliveryLag:
    """How far delivery is behind."""

    channels_waiting: int
    """Those that can be reached and where something is due."""
    since: datetime | None
    """When the first of them fell due; ``None``: none waits."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """Whether the bot does its work, as far as the store can tell."""

    newest_reading: datetime | None
    oldest_due: datetime | None
    """Since when the watched page that waits longest is due; ``None``: none waits."""
    waiting_since: datetime | None
    """Since when the channel that waits longest has something to be posted; ``None``: none waits."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What is counted at each scrape. Keys are the labels of a metric, in its order."""

    pages: Mapping[tuple[str, ...], int]
    """By ``readable``, ``unreadable`` or ``unread``."""
    channels: Mapping[tuple[str, ...], int]
    """By platform and health."""
    cards_due: int
    uncertain_acts: int
    """Intents on record: under way, or sent without an answer."""
    levels: Mapping[tuple[str, ...], int]
    """Of each subscribed vendor whose level is known, by slug."""
    ages_s: tuple[float, ...]
    """Since the last reading of each watched page, in seconds."""
