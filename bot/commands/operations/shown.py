"""Makes results of what is on record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.commands.on_record import VendorsNow
from bot.commands.operations.results import (
    FormerText,
    IncidentDetails,
    IncidentSummary,
    IncidentUpdate,
    Part,
    Statuses,
    VendorStatus,
)
from bot.domain import (
    Component,
    Incident,
    IncidentKind,
    IncidentRecord,
    Level,
    PageState,
    Phase,
    Slug,
    VendorNote,
    level_word,
)
from bot.wording.incidents import reference
from bot.wording.phrases import excerpt
from bot.wording.vendor_state import level_now, outage_answer

MAX_TROUBLED = 50
"""Parts of one vendor in its status; a page may have thousands, and the operation components lists them all."""
NEWEST_CHARS = 500


def vendor_status(state: PageState, now: datetime, note: VendorNote | None = None) -> VendorStatus:
    """``note``: of the workspace that asks."""
    snapshot, vendor = state.snapshot, state.vendor
    parts = snapshot.components if snapshot else ()
    by_id = {part.id: part for part in parts}
    troubled = sorted((p for p in parts if p.level is not Level.OPERATIONAL), key=lambda p: (-(p.level or 0), p.label))
    listed = sorted(snapshot.incidents, key=lambda i: (i.started, i.id), reverse=True) if snapshot else []
    shown = [(i, incident_summary(i, i.level, by_id)) for i in listed if i.is_open]
    return VendorStatus(
        vendor=vendor.slug,
        name=vendor.name,
        level=level_word(level_now(state, now)),
        answer=outage_answer(state, now).partition(" ")[2],
        status_text=snapshot.status_text if snapshot else "",
        read_at=state.read_at,
        unreadable=state.unreadable.reason if state.unreadable else None,
        official_url=vendor.human_url,
        components=len(parts),
        troubled=tuple(map(shown_part, troubled[:MAX_TROUBLED])),
        open=tuple(summary for incident, summary in shown if incident.phase is not Phase.SCHEDULED),
        planned=tuple(summary for incident, summary in shown if incident.phase is Phase.SCHEDULED),
        our_note=note.text if note else None,
    )


def shown_statuses(found: VendorsNow, notes: Mapping[Slug, VendorNote]) -> Statuses:
    """The worst first. ``notes``: of the workspace that asks, by vendor."""
    shown = tuple(vendor_status(one, found.now, notes.get(one.vendor.slug)) for one in found.worst_first)
    return Statuses(level_word(found.level), shown)


def shown_part(part: Component) -> Part:
    return Part(part.id, part.name, part.group, level_word(part.level))


def incident_summary(incident: Incident, peak: Level | None, parts: Mapping[str, Component]) -> IncidentSummary:
    """``parts``: of its vendor, by their ids."""
    newest = incident.updates[-1] if incident.updates else None
    level = Level.MAINTENANCE if incident.kind is IncidentKind.MAINTENANCE else peak or incident.level
    return IncidentSummary(
        id=reference(incident),
        vendor=incident.vendor,
        title=incident.title,
        kind=incident.kind.value,
        level=level_word(level),
        phase="removed" if incident.vanished else phase_word(incident.phase),
        open=incident.is_open,
        started=incident.started,
        ended=None if incident.is_open else incident.resolved,
        planned_end=incident.planned_end,
        url=incident.url,
        components=tuple(parts[id].label for id in incident.components if id in parts),
        updates=len(incident.updates),
        newest_at=newest.at if newest else None,
        newest=excerpt(newest.text, NEWEST_CHARS) if newest else None,
    )


def incident_details(
    record: IncidentRecord, parts: Mapping[str, Component], note: VendorNote | None = None
) -> IncidentDetails:
    """``note``: on its vendor, of the workspace that asks."""
    incident = record.incident
    edited = {revision.update.id for revision in record.revisions}
    return IncidentDetails(
        incident=incident_summary(incident, record.peak, parts),
        first_seen=record.first_seen,
        explained_by=f"{incident.vendor}/{record.merged_into}" if record.merged_into else None,
        timeline=tuple(
            IncidentUpdate(u.at, phase_word(u.phase), u.text, u.is_note, u.id in edited) for u in incident.updates
        ),
        former_texts=tuple(FormerText(r.update.at, r.update.text, r.replaced_at) for r in record.revisions),
        our_note=note.text if note else None,
    )


def phase_word(phase: Phase | None) -> str:
    return phase.value if phase else "unknown"


def parts_of(states: Iterable[PageState]) -> dict[str, dict[str, Component]]:
    """By vendor and id."""
    return {s.vendor.slug: {c.id: c for c in s.snapshot.components} if s.snapshot else {} for s in states}
