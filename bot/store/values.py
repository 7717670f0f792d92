"""What goes through the store's door and is not a word of the domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain import (
    ActKind,
    Board,
    Card,
    CardState,
    Channel,
    ChannelSettings,
    ChannelState,
    Component,
    Filter,
    Incident,
    Mention,
    Slug,
    Snapshot,
    Subscription,
    Unreadable,
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
    page_updated_at: str | None = None
    failed_lookups: int = 0
    catalog_url: str = ""
    catalog_kind: str | None = None
    source: tuple[str, str] | None = None
    moved_at: datetime | None = None
    unmatched_open: tuple[str, ...] = ()
    detect_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollOutcome:
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
    page_updated_at: str | None = None
    failed_lookups: int = 0
    detect_due: datetime | None = None
    watched: bool = True


@dataclass(frozen=True, slots=True)
class PageMove:
    """What is on record under the names of the page that a vendor moved to: old ids to new ids.

    ``updates`` by the incident's new id; what was told under an old id counts as told under all of its new ones, the
    first of which takes its place; under no id stands what counts as told although nothing was. ``left_behind``: open
    incidents that the new page does not list. ``refit`` makes a filter fit the new page, and says what of it could not
    be kept.
    """

    components: Mapping[str, str]
    incidents: Mapping[str, str]
    updates: Mapping[str, Mapping[str, tuple[str, ...]]]
    unmatched_open: tuple[str, ...]
    refit_filter: Callable[[Filter], tuple[Filter, tuple[str, ...]]]


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
    outcome: PollOutcome
    incidents: tuple[Incident, ...] = ()
    announce: frozenset[str] = frozenset()
    merged: tuple[tuple[str, str], ...] = ()
    move: PageMove | None = None


@dataclass(frozen=True, slots=True)
class PageCounts:
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
    created_by: str
    created_at: datetime


# --- channels ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """What a channel is to be told about its subscription: ``lost`` of the filter has nothing to stand for any more.

    ``tries``: how often that was begun before. ``at``: when the page moved.
    """

    key: int
    channel: Channel
    vendor: Vendor
    unmatched: tuple[str, ...]
    at: datetime
    attempts: int


# --- boards --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BoardOutcome:
    """How far a look at a board came. It is to be looked at again when it is ``due``, but not before ``not_before``."""

    board: Board
    due: datetime
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class BoardCounts:
    """How many boards there are, and those that cannot be shown, each with why."""

    total: int
    failing: tuple[tuple[Channel, str], ...]


# --- cards ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChannelLease:
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
    kind: ActKind
    post: int
    after: CardState
    at: datetime


@dataclass(frozen=True, slots=True)
class DueCard:
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
class RecordIntent:
    """To be committed before the call."""

    channel_lease: ChannelLease
    card: int
    intent: Intent


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """To be committed after the call, or when nothing is left to do: ``done`` clears the due mark up to ``version``,
    or moves it to ``again``; with ``unmute`` it clears the card's mute too.

    It always drops the card's intent.
    """

    channel_lease: ChannelLease
    card: int
    state: CardState
    version: int
    done: bool
    posted_at: datetime | None = None
    retry_at: datetime | None = None
    clear_mute: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """Give the lane back. ``not_before``: no act on this channel (``whole_workspace``: on none of its workspace)
    earlier than that; ``state`` replaces the channel's health when given."""

    channel_lease: ChannelLease
    not_before: datetime | None = None
    state: ChannelState | None = None
    whole_workspace: bool = False


DeliveryWrite = RecordIntent | RecordOutcome | Release


# --- what an operator asks -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MovedPage:
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
class UnreadablePage:
    """``watched``: some channel subscribes to it."""

    vendor: Vendor
    unreadable: Unreadable
    watched: bool


@dataclass(frozen=True, slots=True)
class FilterUsage:
    """A filter that ``channels`` channels have for this vendor, and what its page lists."""

    vendor: Vendor
    filter: Filter
    channels: int
    components: tuple[Component, ...]


class RawField(StrEnum):
    """What a page's own word may be of."""

    STATE = "state"
    PHASE = "phase"
    IMPACT = "impact"


@dataclass(frozen=True, slots=True)
class UnknownWords:
    """Of all pages of a kind: how many components, or incidents, there are and how many of them have an ``unknown``
    state, phase or impact; ``words`` are what their pages say, the commonest first, and ``example`` has one."""

    kind: str
    part: RawField
    total: int
    unknown: int
    words: tuple[str, ...]
    example: Slug


@dataclass(frozen=True, slots=True)
class DeliveryLag:
    """``owed``: channels with something to be posted; ``since``: when the first of them fell due."""

    channels_waiting: int
    since: datetime | None
