"""What goes through the store's door and is not a word of the domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain import (
    Card,
    Channel,
    ChannelSettings,
    Component,
    Filter,
    Incident,
    Level,
    Mention,
    Mute,
    Shown,
    Slug,
    Snapshot,
    Subscription,
    Unreadable,
    Update,
    Vendor,
    Verdict,
)

# --- pages ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Validator:
    """What makes the next request conditional. ``body_digest`` is the sha256 of the last body, for servers without."""

    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A page to read, leased. ``planned`` is the due time it had; ``read_at`` its last good reading.

    ``watched``: some channel subscribes to it. ``open``: it has an open incident or a level worse than maintenance.
    ``validators`` by URL. ``history_due``: when its history is to be read next; ``None`` = not before something asks.
    ``recent_end``: the newest end of an incident on record. ``listed_url`` and ``listed_kind`` are the catalog's,
    whatever was detected since; ``place``: the kind and address that what is on record was read at, ``moved_at``: since
    when, ``left_behind``: open incidents that are not listed there. ``detect_due``: not before that is its platform
    looked for anew; ``None``: whenever there is a reason.
    """

    vendor: Vendor
    planned: datetime
    watched: bool
    open: bool
    read_at: datetime | None = None
    failures: int = 0
    unreadable: Unreadable | None = None
    validators: Mapping[str, Validator] = field(default_factory=dict)
    history_read_at: datetime | None = None
    history_due: datetime | None = None
    recent_end: datetime | None = None
    stamp: str | None = None
    lookups: int = 0
    listed_url: str = ""
    listed_kind: str | None = None
    place: tuple[str, str] | None = None
    moved_at: datetime | None = None
    left_behind: tuple[str, ...] = ()
    detect_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """How a poll ended, for the page's row. ``read_at`` is ``None`` when it was not read.

    ``kind`` and ``page_url`` are given when they were detected now: what the page is, and where it is read from.

    ``interval_s``: how often the page is read now, for ``status`` to tell. ``lookups``: fruitless look-ups in a row of
    an incident that left the page. ``watched`` as the claim had it: a page that got its first subscription since then
    was due at once, and stays so.
    """

    slug: Slug
    due: datetime
    interval_s: float
    failures: int = 0
    read_at: datetime | None = None
    unreadable: Unreadable | None = None
    validators: Mapping[str, Validator] | None = None
    kind: str | None = None
    page_url: str | None = None
    history_read_at: datetime | None = None
    history_due: datetime | None = None
    stamp: str | None = None
    lookups: int = 0
    detect_due: datetime | None = None
    watched: bool = True


@dataclass(frozen=True, slots=True)
class Move:
    """What is on record under the names of the page that a vendor moved to: old ids to new ids.

    ``updates`` by the incident's new id; what was told under an old id counts as told under all of its new ones, the
    first of which takes its place; under no id stands what counts as told although nothing was. ``left_behind``: open
    incidents that the new page does not list. ``refit`` makes a filter fit the new page, and says what of it could not
    be kept.
    """

    components: Mapping[str, str]
    incidents: Mapping[str, str]
    updates: Mapping[str, Mapping[str, tuple[str, ...]]]
    left_behind: tuple[str, ...]
    refit: Callable[[Filter], tuple[Filter, tuple[str, ...]]]


Route = Callable[[Incident, Mapping[str, Component], Sequence[Subscription]], Sequence[Verdict]]
"""For each subscription, in order, its verdict on the incident. Pure."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A reading with news.

    ``incidents``: new or changed ones, each whole. ``announce``: ids whose matching subscriptions get a card (and whose
    existing cards become due); the other changed incidents only go on record and make existing cards due.
    ``merged``: (episode id, incident id): the episode's cards become the incident's.
    ``snapshot`` carries the current level, words and components. ``move``: the page was read at another place than
    before, and all else here speaks of it in its new names.
    """

    snapshot: Snapshot
    settled: Settled
    incidents: tuple[Incident, ...] = ()
    announce: frozenset[str] = frozenset()
    merged: tuple[tuple[str, str], ...] = ()
    move: Move | None = None


@dataclass(frozen=True, slots=True)
class PageState:
    """A vendor as it stands. ``snapshot`` is the last good reading with its open incidents, ``None`` if never read.

    ``read_at`` is when the page was last found readable, changed or not. ``history_pending``: what it published before
    its first reading is still to be read.
    """

    vendor: Vendor
    snapshot: Snapshot | None
    read_at: datetime | None
    unreadable: Unreadable | None
    interval_s: float | None
    history_read_at: datetime | None = None
    history_pending: bool = False


@dataclass(frozen=True, slots=True)
class Span:
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
class Record:
    """An incident as kept for good. ``peak``: its worst level. ``merged_into``: the incident that explains it, an
    episode."""

    incident: Incident
    first_seen: datetime
    peak: Level | None
    revisions: tuple[Revision, ...] = ()
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pages: ``total`` enabled, ``read`` at least once, ``unreadable`` now."""

    total: int
    read: int
    unreadable: int
    disabled: int


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A status page that the channel's workspace adds for itself. ``url``: as it was typed, to find it by."""

    channel: Channel
    url: str
    name: str
    kind: str
    page_url: str
    human_url: str
    by: str
    at: datetime


# --- channels ------------------------------------------------------------------------------------------------------


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
    told: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A subscription with when its channel was last posted to on its account."""

    subscription: Subscription
    last_post: datetime | None


@dataclass(frozen=True, slots=True)
class Roster:
    """One channel of a workspace with all that it subscribes to."""

    channel: Channel
    state: ChannelState
    subscriptions: tuple[Subscription, ...]


@dataclass(frozen=True, slots=True)
class WorkspaceStanding:
    """What a workspace's dashboard shows, as of one moment.

    ``rosters``: its channels that subscribe to something, by their ids. ``states``: their vendors, by slug, without
    components. ``since``: when those got the level that they have. ``hearing``: by vendor and id of an open incident,
    the ids of the channels that have a card of it.
    """

    rosters: tuple[Roster, ...]
    states: tuple[PageState, ...]
    since: Mapping[Slug, datetime]
    hearing: Mapping[tuple[Slug, str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Muted:
    """What a channel does not want to hear of now: an incident, or all of a vendor."""

    vendor: Slug
    mute: Mute
    incident: Incident | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a channel is to be told about its subscription: ``lost`` of the filter has nothing to stand for any more.

    ``tries``: how often that was begun before. ``at``: when the page moved.
    """

    key: int
    channel: Channel
    vendor: Vendor
    lost: tuple[str, ...]
    at: datetime
    tries: int


# --- boards --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Board:
    """A channel's board as it is on record: the message ``ref``, its ``number``-th, that shows what has the fingerprint
    ``shows`` since ``edited_at``.

    ``begun``: the message may have been sent although its reference is not known. ``to_pin``: it is to be pinned.
    ``leaving``: messages that are no board any more and have yet to say so. ``gone_at``: when one was found deleted
    last. ``trouble``: why it cannot be shown. ``closing``: once all of them have, it is forgotten. ``version`` grows
    with every reason to look again; ``lease`` fences what a worker writes back.
    """

    key: int
    channel: Channel
    by: str
    at: datetime
    number: int = 1
    ref: str | None = None
    begun: bool = False
    shows: str | None = None
    edited_at: datetime | None = None
    to_pin: bool = True
    leaving: tuple[str, ...] = ()
    gone_at: datetime | None = None
    trouble: str | None = None
    closing: bool = False
    version: int = 1
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Tile:
    """A vendor that a channel with a board subscribes to. ``since``: when the level began that its page has now.
    ``mute``: of the vendor; ``muted_incidents``: ids of open ones that the channel mutes by themselves."""

    standing: PageState
    since: datetime | None
    mute: Mute | None = None
    muted_incidents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BoardSettled:
    """How far a look at a board came. It is to be looked at again when it is ``due``, but not before ``not_before``."""

    board: Board
    due: datetime
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class BoardCounts:
    """How many boards there are, and those that cannot be shown, each with why."""

    total: int
    troubled: tuple[tuple[Channel, str], ...]


# --- cards ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lane:
    """A channel with due cards, leased to one worker. ``lease`` fences what that worker writes back; ``key`` is where
    the store finds the channel again, and fences nothing."""

    key: int
    channel: Channel
    settings: ChannelSettings
    state: ChannelState
    lease: int


@dataclass(frozen=True, slots=True)
class Intent:
    """An act that was begun. Found on a claimed lane it means that nobody knows whether it was carried out.

    ``after`` is what the channel will have been shown once the act is done, with ``ref`` still missing on the new post
    (``post`` is its index in ``after``); for an edit ``post`` is the edited one.
    """

    key: str
    act: str
    post: int
    after: Shown
    at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A card that differs from its incident, with all that reconcile needs. ``version`` is what clearing it is for;
    ``mention``: the subscription's."""

    card: Card
    version: int
    incident: Incident
    components: Mapping[str, Component]
    vendor: Vendor
    intent: Intent | None = None
    mention: Mention | None = None


@dataclass(frozen=True, slots=True)
class Intend:
    """To be committed before the call."""

    lane: Lane
    card: int
    intent: Intent


@dataclass(frozen=True, slots=True)
class Settle:
    """To be committed after the call, or when nothing is left to do: ``done`` clears the due mark up to ``version``,
    or moves it to ``again``; with ``unmute`` it clears the card's mute too.

    It always drops the card's intent.
    """

    lane: Lane
    card: int
    shown: Shown
    version: int
    done: bool
    posted_at: datetime | None = None
    again: datetime | None = None
    unmute: bool = False


@dataclass(frozen=True, slots=True)
class Park:
    """Give the lane back. ``not_before``: no act on this channel (``whole_workspace``: on none of its workspace)
    earlier than that; ``state`` replaces the channel's health when given."""

    lane: Lane
    not_before: datetime | None = None
    state: ChannelState | None = None
    whole_workspace: bool = False


Entry = Intend | Settle | Park


# --- what an operator asks -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moved:
    """A page that is read at another place than once: kinds and addresses before and after, and since when."""

    vendor: Vendor
    kind_before: str | None
    url_before: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KindCount:
    """``kind`` ``None``: not detected yet."""

    kind: str | None
    pages: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Unread:
    """``watched``: some channel subscribes to it."""

    vendor: Vendor
    unreadable: Unreadable
    watched: bool


@dataclass(frozen=True, slots=True)
class Filtered:
    """A filter that ``channels`` channels have for this vendor, and what its page lists."""

    vendor: Vendor
    filter: Filter
    channels: int
    components: tuple[Component, ...]


class Part(StrEnum):
    """What a page's own word may be of."""

    STATE = "state"
    PHASE = "phase"
    IMPACT = "impact"


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Of all pages of a kind: how many components, or incidents, there are and how many of them have an ``unknown``
    state, phase or impact; ``words`` are what their pages say, the commonest first, and ``example`` has one."""

    kind: str
    part: Part
    total: int
    unknown: int
    words: tuple[str, ...]
    example: Slug


@dataclass(frozen=True, slots=True)
class Lag:
    """``owed``: channels with something to be posted; ``since``: when the first of them fell due."""

    owed: int
    since: datetime | None
