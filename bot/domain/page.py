"""One reading of a status page: its components, its incidents, its level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.incident import UNDER_WAY, Incident, IncidentKind, Phase
from bot.domain.level import Level
from bot.domain.vendor import Slug, Vendor


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a vendor."""

    id: str
    name: str
    level: Level | None
    """``None``: the page's word for it is not known."""
    group: str | None = None
    region: str | None = None
    hidden_when_ok: bool = False
    """The page hides this row while it is green (Statuspage's ``only_show_if_degraded``)."""
    raw_status: str | None = None
    """The page's own word, where it is not a known level."""

    @property
    def label(self) -> str:
        """``Group / Name``: names repeat across groups."""
        return f"{self.group} / {self.name}" if self.group else self.name


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One reading of a page."""

    vendor: Slug
    level: Level | None
    """The worst of the page's own indicator, its components and its open incidents; ``None``: unknown."""
    status_text: str
    """The page's own words for its state."""
    components: tuple[Component, ...]
    incidents: tuple[Incident, ...]
    taken_at: datetime
    complete_since: datetime | None = None
    """``incidents`` holds every incident, ended ones too, that started at or after it; ``None``: only open ones are
    listed, and that one is missing proves nothing yet."""
    page_updated_at: str | None = None
    """The page's own time of last change where it has one, as it writes it; it moves without news and is never compared
    as news."""
    indicator: Level | None = None
    """The page's own word for its state; ``None``: it has none, or none that is understood."""
    slid_in: frozenset[str] = frozenset()
    """Ids of incidents that are listed for the first time and are old: they are recorded and not told."""
    newest_only: frozenset[str] = frozenset()
    """Ids of incidents of which the page shows its newest text alone: what it said before is on record only."""
    undated: int = 0
    """Entries of a feed without a date that can be read: they have the time of their first sight."""
    zoneless: int = 0
    """Entries of a feed whose date names no zone: it counts as UTC."""

    def incident(self, incident_id: str) -> Incident | None:
        """The incident with this id, if the reading holds it."""
        return next((i for i in self.incidents if i.id == incident_id), None)

    @property
    def is_open(self) -> bool:
        """See :func:`is_page_open`."""
        return is_page_open(self.level, ((i.kind, i.phase) for i in self.incidents if i.is_open))


def is_page_open(level: Level | None, open_incidents: Iterable[tuple[IncidentKind, Phase | None]]) -> bool:
    """Whether something is going on. A maintenance that is only planned does not count: it may be listed for months."""
    if any(kind is not IncidentKind.MAINTENANCE or phase in UNDER_WAY for kind, phase in open_incidents):
        return True
    return level is not None and level > Level.MAINTENANCE


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A page that cannot be read: never green, never an outage."""

    reason: str
    """One clear sentence."""
    since: datetime


@dataclass(frozen=True, slots=True)
class PageState:
    """The state of a vendor's page as it is on record."""

    vendor: Vendor
    snapshot: Snapshot | None
    """The last good reading with its open incidents; ``None``: never read."""
    read_at: datetime | None
    """When the page was last found readable, changed or not."""
    unreadable: Unreadable | None
    interval_s: float | None
    """How often it is read; ``None``: not read yet."""
    history_read_at: datetime | None = None
    history_pending: bool = False
    """What it published before its first reading is still to be read."""
    first_read_at: datetime | None = None
    """``None`` too where that was before it was recorded."""
