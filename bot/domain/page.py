"""One reading of a status page: its components, its incidents, its level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.incident import Incident
from bot.domain.level import Level
from bot.domain.vendor import Slug, Vendor


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
    hidden_when_ok: bool = False
    raw_status: str | None = None

    @property
    def label(self) -> str:
        """``Group / Name``: names repeat across groups."""
        return f"{self.group} / {self.name}" if self.group else self.name


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
    status_text: str
    components: tuple[Component, ...]
    incidents: tuple[Incident, ...]
    taken_at: datetime
    complete_since: datetime | None = None
    page_updated_at: str | None = None

    def incident(self, incident_id: str) -> Incident | None:
        """The incident with this id, if the reading holds it."""
        return next((i for i in self.incidents if i.id == incident_id), None)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A page that cannot be read: never green, never an outage. ``reason`` is one clear sentence."""

    reason: str
    since: datetime


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
