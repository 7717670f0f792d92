"""What earlier readings of a page leave behind for judging the next ones: how steady its parts are, which versions of
an incident were superseded, and when it has to be judged again although nothing may have changed by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.level import Level


@dataclass(frozen=True, slots=True)
class Turns:
    """How a part changed lately. A *turn* is a change to worse after one to better, or the other way round."""

    last: datetime
    """Of the last change of any kind."""
    first: datetime
    """Of the first turn of the series: the turns with less than an hour between one and the next."""
    count: int = 1
    """Turns in the series; 0: it was bad when it was first seen, for who knows how long."""
    worse: bool = True
    """The last change was for the worse."""
    bad_since: datetime | None = None
    """``None``: it is not bad."""
    before: datetime | None = None
    """Of the change before the last one; ``None``: there was none within a day."""
    runs_s: tuple[float, ...] = ()
    """For how long it stayed worse each time in the series, the latest ones, in seconds."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of one incident that newer ones superseded, by their digests."""

    changed_at: datetime
    """When the last one was superseded."""
    superseded: tuple[str, ...] = ()
    """The latest last."""
    returned: str | None = None
    """The superseded one that the page serves again without a break ``since``."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """An incident that a page which lists its past does not list."""

    since: datetime
    """The first reading without it."""
    readings: int
    """How many there were in a row, up to what is enough."""


@dataclass(frozen=True, slots=True)
class PageMemory:
    """Of one page. Components are named by id, the page itself by the empty string."""

    turns: Mapping[str, Turns] = field(default_factory=dict)
    pending: Mapping[str, tuple[Level, datetime]] = field(default_factory=dict)
    """What got worse and waits for a second reading: the level that counts until then, and since when it waits."""
    first_seen: Mapping[str, datetime] = field(default_factory=dict)
    """When an open incident that names no part was first read, by its id."""
    folded_at: datetime | None = None
    """When an unstable episode's card was last brought up to date."""
    folded_until: datetime | None = None
    """How far the time is used up that its edits take."""
    outage: Level | None = None
    """How bad an unstable episode was when it was announced as an outage of its own, which goes on."""
    announced: tuple[datetime, ...] = ()
    """When such outages were announced within a day."""
    versions: Mapping[str, Versions] = field(default_factory=dict)
    """By the incident's id."""
    behind_since: datetime | None = None
    """Since when the page's own time of change is older than on record."""
    absent: Mapping[str, Absence] = field(default_factory=dict)
    """By the incident's id."""
    undated: int = 0
    """Of a feed: its entries without a date that can be read."""
    zoneless: int = 0
    """And those whose date names no zone."""
    look_at: datetime | None = None
    """When the page has to be judged again, changed or not; ``None``: not before it changes."""
