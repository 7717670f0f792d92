"""What is shown of one vendor, in whatever format: worked out once from what is on record. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.commands.days import day_starts, worst_by_day
from bot.domain import (
    Component,
    Incident,
    IncidentKind,
    IncidentRecord,
    Level,
    LevelSpan,
    PageState,
    Phase,
    Snapshot,
    Update,
    level_word,
)
from bot.wording.incidents import month_text
from bot.wording.phrases import age, duration, level_text, phase_text
from bot.wording.vendor_state import is_current, plain_answer

DAYS = 30
STRIP_DAYS = 90
NEWEST = 5
"""Incidents that are over and shown on the first view; the others are one link away."""
MAX_COMPONENTS = 50
"""Parts that are not green and shown; a page may have thousands."""


@dataclass(frozen=True, slots=True)
class ShownUpdate:
    at: datetime
    phase: str
    text: str
    edited: bool


@dataclass(frozen=True, slots=True)
class ShownIncident:
    id: str
    title: str
    kind: str
    level: str
    """The worst that it had, by its word: ``partial_outage``, ``unknown``."""
    level_text: str
    phase: str
    started: datetime
    ended: datetime | None
    planned_end: datetime | None
    lasted: str
    url: str | None
    components: tuple[str, ...]
    updates: tuple[ShownUpdate, ...]
    """Newest first."""
    is_open: bool


@dataclass(frozen=True, slots=True)
class ShownPart:
    label: str
    level: str
    level_text: str


@dataclass(frozen=True, slots=True)
class VendorPage:
    slug: str
    name: str
    about: str
    official_url: str
    has_page: bool
    """Programs can read one; otherwise people look at ``official_url``."""
    category: str
    answer: str
    level: str
    """Now, by its word; ``unknown`` where the page cannot be read or was not read lately."""
    level_text: str
    status_text: str
    """The page's own words."""
    read_at: datetime | None
    read: str
    """How old the reading is."""
    interval: str
    unreadable: str | None
    components: int
    troubled: tuple[ShownPart, ...]
    open: tuple[ShownIncident, ...]
    planned: tuple[ShownIncident, ...]
    past: tuple[ShownIncident, ...]
    """Over, the newest first."""
    month: str
    """The last 30 days in a phrase, by severity."""
    days: tuple[tuple[date, str], ...]
    """The last 90, oldest first, each with its worst level's word or ``unknown``."""
    green_days: int
    known_days: int
    alternatives: tuple[tuple[str, str, str], ...]
    """Slug, name and the word of the level now."""


def vendor_page(
    state: PageState,
    records: Sequence[IncidentRecord],
    spans: Sequence[LevelSpan],
    alternatives: Sequence[PageState],
    about: str,
    now: datetime,
) -> VendorPage:
    """``records`` and ``spans``: of the last 90 days, the newest incident first. Days are UTC's."""
    vendor, snapshot = state.vendor, state.snapshot
    components = {c.id: c for c in snapshot.components} if snapshot else {}
    shown = [_incident(r, components, now) for r in records if r.merged_into is None and not r.incident.explained_by]
    days = _days(state, records, spans, now)
    known = [level for _, level in days if level is not None]
    level = snapshot.level if snapshot and is_current(state, now) else None
    recent = [r for r in records if r.incident.started >= now - timedelta(days=DAYS)]
    return VendorPage(
        slug=vendor.slug,
        name=vendor.name,
        about=about,
        official_url=vendor.human_url,
        has_page=vendor.has_page,
        category=vendor.category,
        answer=plain_answer(state, now),
        level=level_word(level),
        level_text=level_text(level),
        status_text=snapshot.status_text if snapshot else "",
        read_at=state.read_at,
        read=f"read {age(state.read_at, now)}" if state.read_at else "not read yet",
        interval=duration(timedelta(seconds=state.interval_s)) if state.interval_s else "",
        unreadable=state.unreadable.reason if state.unreadable else None,
        components=len(components),
        troubled=_troubled(snapshot),
        open=tuple(i for i in shown if i.is_open and i.phase != Phase.SCHEDULED.value),
        planned=tuple(i for i in shown if i.is_open and i.phase == Phase.SCHEDULED.value),
        past=tuple(i for i in shown if not i.is_open),
        month=month_text(recent, pending=state.history_pending),
        days=tuple((day, level_word(level)) for day, level in days),
        green_days=sum(level is Level.OPERATIONAL for level in known),
        known_days=len(known),
        alternatives=tuple(_alternative(other, now) for other in alternatives),
    )


def _incident(record: IncidentRecord, components: Mapping[str, Component], now: datetime) -> ShownIncident:
    incident = record.incident
    level = Level.MAINTENANCE if incident.kind is IncidentKind.MAINTENANCE else record.peak or incident.level
    ended = None if incident.is_open else incident.resolved
    edited = {revision.update.id for revision in record.revisions}
    return ShownIncident(
        id=incident.id,
        title=incident.title,
        kind=incident.kind.value,
        level=level_word(level),
        level_text="planned maintenance" if incident.phase is Phase.SCHEDULED else level_text(level),
        phase=_phase(incident),
        started=incident.started,
        ended=ended,
        planned_end=incident.planned_end,
        lasted=_lasted(incident, ended, now),
        url=incident.url if incident.url and incident.url.startswith(("https://", "http://")) else None,
        components=tuple(components[id].label for id in incident.components if id in components),
        updates=tuple(_update(u, incident, u.id in edited) for u in reversed(incident.updates)),
        is_open=incident.is_open,
    )


def _phase(incident: Incident) -> str:
    if incident.vanished:
        return "removed from the page"
    return incident.phase.value if incident.phase else incident.raw_phase or ""


def _lasted(incident: Incident, ended: datetime | None, now: datetime) -> str:
    end = ended or (now if incident.is_open else None)
    return duration(end - incident.started) if end and end > incident.started else ""


def _update(update: Update, incident: Incident, edited: bool) -> ShownUpdate:
    return ShownUpdate(update.at, phase_text(update.phase, incident.kind) if update.phase else "", update.text, edited)


def _troubled(snapshot: Snapshot | None) -> tuple[ShownPart, ...]:
    if snapshot is None:
        return ()
    troubled = [c for c in snapshot.components if c.level is not Level.OPERATIONAL]
    worst_first = sorted(troubled, key=lambda c: (-(c.level or 0), c.label))[:MAX_COMPONENTS]
    return tuple(ShownPart(c.label, level_word(c.level), level_text(c.level)) for c in worst_first)


def _days(
    state: PageState, records: Sequence[IncidentRecord], spans: Sequence[LevelSpan], now: datetime
) -> tuple[tuple[date, Level | None], ...]:
    starts = day_starts(STRIP_DAYS, ZoneInfo("UTC"), now)
    known_until = now if is_current(state, now) else state.read_at or datetime.min.replace(tzinfo=UTC)
    return worst_by_day(starts, spans, records, known_until, now)


def _alternative(state: PageState, now: datetime) -> tuple[str, str, str]:
    level = state.snapshot.level if state.snapshot and is_current(state, now) else None
    return state.vendor.slug, state.vendor.name, level_word(level)
