"""What happened: counts by severity, lists, one incident's whole timeline, the days of a vendor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.domain import Component, Incident, IncidentKind, Level, Phase, Slug, Update, Vendor
from bot.message import Block, Button, Code, Fields, Items, Line, Link, Message, Moment, Paragraph, Quote, Strong, Style
from bot.wording.standing import Standing, footer
from bot.wording.words import (
    LEVEL_TEXT,
    age,
    capital,
    count,
    duration,
    headline,
    join,
    level_text,
    level_tone,
    listing,
    one_line,
    phase_text,
    source,
    state_tone,
)

UPDATES_IN_MESSAGE = 10
"""A longer timeline goes on in a further message."""
CODE_CHARS = 48
"""Feeds use whole links as ids; a longer one is offered as a link only."""
OFFERED = 5
COMPONENTS_NAMED = 12
SEVERITY = {
    Level.MAJOR_OUTAGE: "major outage",
    Level.PARTIAL_OUTAGE: "partial outage",
    Level.DEGRADED: "degraded",
    Level.MAINTENANCE: "maintenance only",
    Level.OPERATIONAL: "without impact",
}
CELL = {
    Level.OPERATIONAL: "🟩",
    Level.MAINTENANCE: "🟦",
    Level.DEGRADED: "🟨",
    Level.PARTIAL_OUTAGE: "🟧",
    Level.MAJOR_OUTAGE: "🟥",
    None: "⬜",
}


class Change(Protocol):
    """A text that was edited away, and when."""

    @property
    def update(self) -> Update: ...
    @property
    def replaced_at(self) -> datetime: ...


class Past(Protocol):
    """An incident as kept for good; the store's ``Record`` is one."""

    @property
    def incident(self) -> Incident: ...
    @property
    def peak(self) -> Level | None: ...
    @property
    def revisions(self) -> Sequence[Change]: ...


def month_text(records: Iterable[Past]) -> str:
    """``3 incidents: 1 major outage, 2 degraded; 1 maintenance``, or ``no incidents``."""
    kinds: dict[IncidentKind, list[Past]] = {kind: [] for kind in IncidentKind}
    for record in records:
        kinds[record.incident.kind].append(record)
    parts = []
    if incidents := kinds[IncidentKind.INCIDENT]:
        parts.append(f"{count(len(incidents), 'incident')}: {severity_text(incidents)}")
    if episodes := kinds[IncidentKind.EPISODE]:
        parts.append(f"{count(len(episodes), 'outage', 'outages')} without an incident: {severity_text(episodes)}")
    if maintenances := kinds[IncidentKind.MAINTENANCE]:
        parts.append(count(len(maintenances), "maintenance"))
    return "; ".join(parts) or "no incidents"


def severity_text(records: Iterable[Past]) -> str:
    """``1 major outage, 2 degraded``, worst first, by the worst level that each had."""
    counts = Counter(record.peak for record in records)
    order = (
        *sorted((level for level in counts if level is not None), reverse=True),
        *([None] if None in counts else []),
    )
    return ", ".join(f"{counts[level]} {SEVERITY[level] if level is not None else 'no level given'}" for level in order)


def ended_text(incident: Incident, now: datetime) -> str:
    """``resolved after 3 h``, ``still open, 2 h 05 min``."""
    if incident.vanished:
        return "taken down without an end"
    if incident.phase is Phase.SCHEDULED:
        return "scheduled"
    if incident.is_open:
        return f"still open, {duration(now - incident.started)}"
    if incident.phase is None:
        return "no end given"
    text = headline(incident.kind, incident.phase, None, incident.started, incident.resolved, vanished=False)
    return text[:1].lower() + text[1:]


def reference(incident: Incident) -> str:
    """What ``incident`` understands: ``github/abc123``."""
    return f"{incident.vendor}/{incident.id}"


def past_line(record: Past, vendor: Vendor, now: datetime, *, named: bool) -> Line:
    """One incident in one line."""
    incident = record.incident
    who = f"{vendor.name}: " if named else ""
    title = Link(one_line(incident.title) or incident.id, incident.url or vendor.human_url)
    level = f"{level_text(record.peak)}, " if record.peak is not None and record.peak >= Level.DEGRADED else ""
    code: Line = (" · ", Code(reference(incident))) if len(reference(incident)) <= CODE_CHARS else ()
    return (
        Moment(incident.started, Style.DATE),
        f" · {who}",
        title,
        f" — {level}{ended_text(incident, now)}",
        *code,
    )


def incidents_message(
    records: Sequence[Past], standings: Sequence[Standing], days: int, now: datetime, *, whose: str
) -> Message:
    """The incidents of some vendors. ``whose``: their names, or "this channel's 7 vendors"."""
    vendors = {s.vendor.slug: s.vendor for s in standings}
    told = month_text(records)
    title = f"{capital(whose)}: {told} in the last {count(days, 'day')}."
    unread = [s.vendor.name for s in standings if s.read_at is None]
    blocks: list[Block] = []
    if records:
        named = len(vendors) > 1
        blocks.append(Items(tuple(past_line(r, vendors[r.incident.vendor], now, named=named) for r in records)))
    if unread:
        blocks.append(Paragraph((f"Not known: {listing(unread)}. The page has not been read yet.",)))
    trouble = [s.vendor.name for s in standings if s.read_at and s.unreadable]
    if trouble:
        blocks.append(Paragraph((f"Cannot be read now, so newer ones may be missing: {listing(trouble)}.",)))
    open_now = [r.incident for r in records if r.incident.is_open][:OFFERED]
    return Message(
        summary=title,
        title=title,
        blocks=tuple(blocks),
        footer=footers(standings, now),
        buttons=tuple(Button(one_line(i.title)[:60] or i.id, f"incident {reference(i)}") for i in open_now),
    )


def footers(standings: Sequence[Standing], now: datetime) -> Line:
    """The age of the readings behind an answer, and their source."""
    if len(standings) == 1:
        return footer(standings[0], now)
    read = [s.read_at for s in standings if s.read_at]
    return (f"Oldest reading {age(min(read), now)}, " if read else "", "from the vendors' own status pages")


def timeline(
    record: Past, standing: Standing, components: Mapping[str, Component], now: datetime
) -> tuple[Message, ...]:
    """One incident whole: oldest update first, edits with what was said before, a text said again only counted."""
    incident, vendor = record.incident, standing.vendor
    state = headline(
        incident.kind, incident.phase, incident.level, incident.started, incident.resolved, vanished=incident.vanished
    )
    title = f"{state} · {vendor.name} — {one_line(incident.title)}"
    told = [_told(update, again, record.revisions) for update, again in _folded(incident.updates)]
    pages = [told[i : i + UPDATES_IN_MESSAGE] for i in range(0, len(told), UPDATES_IN_MESSAGE)] or [[]]
    messages = []
    for number, page in enumerate(pages, start=1):
        head: list[Block] = [Fields(_facts(record, components, now))] if number == 1 else []
        if number == 1 and not told:
            head.append(Paragraph(("The vendor has posted no text.",)))
        part = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
        messages.append(
            Message(
                summary=f"{title}{part}",
                tone=state_tone(incident.phase, incident.level, vanished=incident.vanished),
                title=f"{title}{part}",
                url=incident.url or vendor.human_url,
                blocks=(*head, *(block for blocks in page for block in blocks)),
                footer=footer(standing, now) if number == len(pages) else (),
                struck=incident.vanished,
            )
        )
    return tuple(messages)


def _folded(updates: Sequence[Update]) -> list[tuple[Update, list[Update]]]:
    """Each update with those right after it that say the same."""
    folded: list[tuple[Update, list[Update]]] = []
    for update in updates:
        if folded and folded[-1][0].digest == update.digest:
            folded[-1][1].append(update)
        else:
            folded.append((update, []))
    return folded


def _told(update: Update, again: Sequence[Update], revisions: Sequence[Change]) -> list[Block]:
    when = Moment(update.at, Style.DATETIME)
    edits = [r for u in (update, *again) for r in revisions if r.update.id == u.id]
    edited = ", edited" if edits else ""
    blocks: list[Block] = [Paragraph((Strong(phase_text(update.phase)), " · ", when, edited))]
    if update.text:
        blocks.append(Quote(update.text))
    if again:
        last = Moment(again[-1].at, Style.DATETIME)
        blocks.append(Paragraph((f"said {count(len(again) + 1, 'time')}, last at ", last)))
    for edit in edits:
        blocks.append(Paragraph(("Until ", Moment(edit.replaced_at, Style.DATETIME), " it said:")))
        blocks.append(Quote(edit.update.text, struck=True))
    return blocks


def _facts(record: Past, components: Mapping[str, Component], now: datetime) -> tuple[tuple[str, Line], ...]:
    incident = record.incident
    planned = incident.kind is IncidentKind.MAINTENANCE and incident.phase is Phase.SCHEDULED
    facts: list[tuple[str, Line]] = [("Planned" if planned else "Started", (Moment(incident.started, Style.DATETIME),))]
    if incident.until:
        facts.append(("Planned end", (Moment(incident.until, Style.DATETIME),)))
    if incident.resolved:
        took = f" after {duration(incident.resolved - incident.started)}"
        facts.append(("Ended", (Moment(incident.resolved, Style.DATETIME), took)))
    elif incident.is_open and not planned:
        facts.append(("Going on for", (duration(now - incident.started),)))
    if record.peak is not None:
        facts.append(("At its worst", (capital(level_text(record.peak)),)))
    if incident.impact:
        facts.append(("The vendor's verdict", (f"impact {incident.impact}",)))
    labels = [components[c].label if c in components else c for c in incident.components]
    facts.append(("Affects", (listing(labels, COMPONENTS_NAMED) or "The vendor names no component.",)))
    if incident.regions:
        facts.append(("Regions", (join(incident.regions),)))
    return tuple(facts)


def offer_message(records: Sequence[Past], names: Mapping[Slug, str], now: datetime) -> Message:
    """Several incidents fit what was typed."""
    title = f"{len(records)} incidents fit. Which one?"
    lines = [
        (
            Moment(r.incident.started, Style.DATE),
            f" · {names.get(r.incident.vendor, r.incident.vendor)}: ",
            *_offer(r, now),
        )
        for r in records
    ]
    buttons = [
        Button(one_line(r.incident.title)[:60] or r.incident.id, f"incident {reference(r.incident)}") for r in records
    ]
    return Message(
        summary=title,
        title=title,
        blocks=(Items(tuple(lines)),),
        footer=("From the incidents on record",),
        buttons=tuple(buttons[:OFFERED]),
    )


def _offer(record: Past, now: datetime) -> Line:
    incident = record.incident
    return (f"{one_line(incident.title)} — {ended_text(incident, now)} · ", Code(f"incident {reference(incident)}"))


def history_message(
    standing: Standing,
    days: Sequence[tuple[date, Level | None]],
    at_level: Mapping[Level | None, timedelta],
    records: Sequence[Past],
    now: datetime,
    zone: str,
) -> Message:
    """A cell a day by its worst level, oldest first; ``None``: not on record. ``at_level``: how long the page showed
    each level."""
    vendor = standing.vendor
    known = [level for _, level in days if level is not None]
    green = sum(level is Level.OPERATIONAL for level in known)
    span = count(len(days), "day")
    title = (
        f"{vendor.name}, last {span}: {green} of {count(len(known), 'day')} on record green; {month_text(records)}."
        if known
        else f"{vendor.name}, last {span}: nothing on record yet."
    )
    seen = sorted({level for _, level in days}, key=lambda level: -1 if level is None else level)
    legend = " ".join(f"{CELL[level]} {'not on record' if level is None else LEVEL_TEXT[level]}" for level in seen)
    blocks: list[Block] = [
        Paragraph((f"{days[0][0]:%d %b} {''.join(CELL[level] for _, level in days)} {days[-1][0]:%d %b}",)),
        Paragraph((legend,)),
    ]
    bad = [(day, level) for day, level in days if level is not None and level >= Level.DEGRADED]
    if bad:
        blocks.append(Items(tuple((f"{day:%a %d %b}: {level_text(level)}",) for day, level in reversed(bad))))
    if shown := _shares(at_level):
        blocks.append(Paragraph((f"What the page itself showed while it was watched: {shown}.",)))
    return Message(
        summary=title,
        tone=level_tone(max(known, default=None)),
        title=title,
        url=vendor.human_url,
        blocks=tuple(blocks),
        footer=(*footer(standing, now), f" · days in {zone}"),
        buttons=(Button("Incidents", f"incidents {vendor.slug} --days {len(days)}"),),
    )


def _shares(at_level: Mapping[Level | None, timedelta]) -> str:
    order = sorted(at_level, key=lambda level: 99 if level is None else level)
    return ", ".join(f"{level_text(level)} for {duration(at_level[level])}" for level in order if at_level[level])


def no_incident_message(text: str) -> Message:
    """Nothing on record fits."""
    title = f"I know no incident “{text}”."
    return Message(
        summary=title,
        title=title,
        blocks=(
            Paragraph(
                (
                    "Give its id, its link, or vendor/id as ",
                    Code("incidents github"),
                    " lists them.",
                )
            ),
        ),
    )


def named_source(vendor: Vendor) -> Line:
    return (f"{vendor.name}: ", source(vendor.human_url))
