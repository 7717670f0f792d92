"""What happened: counts by severity, lists, one incident's whole timeline, the days of a vendor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from bot.domain import (
    OWN,
    Incident,
    IncidentKind,
    IncidentOverview,
    IncidentRecord,
    Level,
    PageState,
    Phase,
    Slug,
    Vendor,
)
from bot.message import Block, Button, Code, Items, Line, Link, Message, MessageKind, Moment, Paragraph, Style
from bot.wording.condition import is_cancelled
from bot.wording.phrases import age, capital, count, duration, excerpt, headline, level_text, listing, one_line, quoted
from bot.wording.vendor_state import NO_PAGE_TEXT, footer, people_look_line

CODE_CHARS = 48
"""Feeds use whole links as ids; a longer one is offered as a link only."""
OFFERED = 5
LABEL_CHARS = 60
LISTED = 50
SEVERITY = {
    Level.MAJOR_OUTAGE: ("major outage", "major outages"),
    Level.PARTIAL_OUTAGE: ("partial outage", "partial outages"),
    Level.DEGRADED: ("time of degraded performance", "times of degraded performance"),
    Level.MAINTENANCE: ("incident under maintenance", "incidents under maintenance"),
    Level.OPERATIONAL: ("incident without impact", "incidents without impact"),
    None: ("incident without a level", "incidents without a level"),
}
"""What an incident is called by its worst level: one, several."""


def month_text(records: Iterable[IncidentRecord], *, pending: bool = False) -> str:
    """``1 major outage, 1 unannounced partial outage, 1 maintenance``, or ``no incidents on record``. ``pending``: what
    was published before the first reading is not read yet."""
    return counts_text(Counter((record.incident.kind, record.peak) for record in records), pending=pending)


def counts_text(counts: Mapping[tuple[IncidentKind, Level | None], int], *, pending: bool = False) -> str:
    """The same from how many there were of each kind and worst level."""
    kinds: dict[IncidentKind, dict[Level | None, int]] = {kind: {} for kind in IncidentKind}
    for (kind, peak), number in counts.items():
        kinds[kind][peak] = number
    parts = [*_counted(kinds[IncidentKind.INCIDENT]), *_counted(kinds[IncidentKind.EPISODE], "unannounced ")]
    if maintenances := sum(kinds[IncidentKind.MAINTENANCE].values()):
        parts.append(count(maintenances, "maintenance"))
    if pending:
        return f"{', '.join(parts)} so far, its history is not read yet" if parts else "its history is not read yet"
    return ", ".join(parts) or "no incidents on record"


def _counted(counts: Mapping[Level | None, int], what: str = "") -> Iterator[str]:
    """``1 major outage``, ``2 of degraded performance``: worst first, by the worst level that each had. ``what``: said
    of each, ``unannounced``."""
    known = sorted((level for level in counts if level is not None), reverse=True)
    for level in (*known, *([None] if None in counts else [])):
        noun, plural = SEVERITY[level]
        yield count(counts[level], f"{what}{noun}", f"{what}{plural}")


def ended_text(incident: Incident, now: datetime) -> str:
    """``resolved after 3 h``, ``still open, 2 h 05 min``."""
    if incident.vanished:
        return "cancelled" if is_cancelled(incident) else "removed from the status page before it was resolved"
    if incident.unlisted:
        return "no longer listed, how it ended was not recorded"
    if incident.phase is Phase.SCHEDULED:
        return "scheduled"
    raw_phase = f"the page says “{excerpt(incident.raw_phase)}”" if incident.raw_phase else ""
    if incident.is_open:
        return f"still open, {duration(now - incident.started)}{raw_phase and f': {raw_phase}'}"
    if incident.phase is None:
        return raw_phase or "no end given"
    text = headline(incident.kind, incident.phase, None, incident.started, incident.resolved, vanished=False)
    return text[:1].lower() + text[1:]


def reference(incident: Incident) -> str:
    """What ``incident`` understands: ``github/abc123``."""
    return f"{incident.vendor}/{incident.id}"


def shown_reference(vendor: Slug, id: str) -> str:
    """The same to be read: of a workspace's own page, whose slug is only a key of ours, the id alone."""
    return id if vendor.startswith(f"{OWN}-") else f"{vendor}/{id}"


def past_line(record: IncidentRecord, vendor: Vendor, now: datetime, *, named: bool) -> Line:
    """One incident in one line."""
    incident = record.incident
    who = f"{vendor.name}: " if named else ""
    title = Link(one_line(incident.title) or incident.id, incident.url or vendor.human_url)
    level = f"{level_text(record.peak)}, " if record.peak is not None and record.peak >= Level.DEGRADED else ""
    code: Line = (
        (" · ", Code(reference(incident))) if len(reference(incident)) <= CODE_CHARS and vendor.category != OWN else ()
    )
    return (
        Moment(incident.started, Style.DATE),
        f" · {who}",
        title,
        f" — {level}{ended_text(incident, now)}",
        *code,
    )


def incidents_message(
    found: IncidentOverview, states: Sequence[PageState], period: str, now: datetime, *, whose: str
) -> Message:
    """The incidents of some vendors, newest first. ``period``: "in the last 7 days"; ``whose``: their names, or "this
    channel's 7 vendors"."""
    vendors = {s.vendor.slug: s.vendor for s in states}
    unread = [s.vendor.name for s in states if s.read_at is None and s.vendor.has_page]
    unreadable = [s.vendor.name for s in states if s.read_at and s.unreadable]
    pending = [s.vendor.name for s in states if s.read_at and s.history_pending]
    if len(states) == 1 and not states[0].vendor.has_page:
        title = f"Nothing is known of {whose}: it {NO_PAGE_TEXT}."
    elif len(unread) == len(states):
        title = f"Nothing is known of {whose} yet."
    elif pending and not found.counts:
        title = f"{capital(period)}, {whose} had nothing that is on record so far."
    else:
        title = f"{capital(period)}, {whose} had {counts_text(found.counts)}."
    blocks: list[Block] = []
    if found.newest:
        named = len(vendors) > 1
        lines = [past_line(r, vendors[r.incident.vendor], now, named=named) for r in found.newest]
        if older := sum(found.counts.values()) - len(found.newest):
            lines.append((f"and {older} older ones: ask for one vendor, or for fewer days",))
        blocks.append(Items(tuple(lines)))
    blocks += [Paragraph(people_look_line(s.vendor)) for s in states if not s.vendor.has_page]
    if unread:
        blocks.append(Paragraph((f"Never read so far, so nothing is known: {listing(unread)}.",)))
    if pending:
        blocks.append(Paragraph((f"History not read yet, so older ones are missing: {listing(pending)}.",)))
    if unreadable:
        blocks.append(Paragraph((f"Cannot be read now, so newer ones may be missing: {listing(unreadable)}.",)))
    return Message(
        summary=title,
        title=title,
        url=states[0].vendor.human_url if len(states) == 1 else None,
        blocks=tuple(blocks),
        footer=footers(states, now),
        buttons=tuple(incident_button(record.incident) for record in found.open),
        vendor=states[0].vendor.slug if len(states) == 1 else None,
    )


def incident_button(incident: Incident, command: str = "incident") -> Button:
    return Button(excerpt(incident.title, LABEL_CHARS) or incident.id, f"{command} {reference(incident)}")


def footers(states: Sequence[PageState], now: datetime) -> Line:
    """The age of the readings behind an answer, and their source."""
    if len(states) == 1:
        return footer(states[0], now)
    read = [s.read_at for s in states if s.read_at]
    return (f"Oldest reading {age(min(read), now)}, " if read else "", "from the vendors' own status pages")


def offer_message(
    records: Sequence[IncidentRecord], names: Mapping[Slug, str], now: datetime, command: str = "incident"
) -> Message:
    """Several incidents fit what was typed; choosing one runs ``command`` with it."""
    title = f"{len(records)} incidents fit. Which one?"
    lines = [
        (
            Moment(r.incident.started, Style.DATE),
            f" · {names.get(r.incident.vendor, r.incident.vendor)}: ",
            *_offer(r, now, command),
        )
        for r in records
    ]
    return Message(
        summary=title,
        title=title,
        blocks=(Items(tuple(lines)),),
        footer=("From the incidents on record",),
        buttons=tuple(incident_button(r.incident, command) for r in records)[:OFFERED],
    )


def _offer(record: IncidentRecord, now: datetime, command: str) -> Line:
    incident = record.incident
    return (
        f"{one_line(incident.title)} — {ended_text(incident, now)} · ",
        Code(f"{command} {shown_reference(incident.vendor, incident.id)}"),
    )


def no_incident_message(text: str, vendor: Vendor | None = None) -> Message:
    """Nothing on record fits; ``vendor``: the one that was named instead of an incident."""
    title = f"No incident of {vendor.name} is on record." if vendor else f"I know no incident {quoted(text)}."
    return Message(
        summary=title,
        title=title,
        blocks=(Paragraph(("Give its id, its link, or vendor/id as ", Code("incidents github"), " lists them.")),),
        kind=MessageKind.ERROR,
    )
