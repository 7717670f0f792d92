"""The answers to ``status``, ``components`` and ``alternatives``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from bot.domain import Component, Incident, IncidentKind, Level, PageState, Phase, Snapshot, Unreadable, Vendor
from bot.message import Block, Button, Code, Fields, Items, Line, Link, Message, Moment, Paragraph, Strong, Style, Tone
from bot.wording.phrases import (
    age,
    capital,
    count,
    duration,
    excerpt,
    first_sentence,
    level_text,
    listing,
    one_line,
    phase_text,
)
from bot.wording.vendor_state import WEAK, footer, is_current, rank, state_line, tone, verdict

COMPONENTS_SHOWN = 15
INCIDENTS_SHOWN = 5
BUTTONS = 5


@dataclass(frozen=True, slots=True)
class StatusContext:
    """What ``status`` tells beside the standing.

    ``month``: the last 30 days in words. ``newest``: the last incident, told where the page gives no level.
    ``about``: words typed after the vendor, with the components that they fit.
    """

    month: str
    newest: Incident | None = None
    subscribed: bool = False
    alternatives: bool = False
    about: tuple[tuple[str, tuple[Component, ...]], ...] = ()


def status_message(standing: PageState, asked: StatusContext, now: datetime) -> Message:
    """The whole answer about one vendor."""
    vendor, snapshot = standing.vendor, standing.snapshot
    blocks: list[Block] = []
    if standing.unreadable:
        blocks.append(Paragraph((_unreadable(standing.unreadable, now),)))
    elif snapshot is None:
        blocks.append(Paragraph(("It is being read now: ask again in a moment.",)))
    if not vendor.enabled:
        blocks.append(Paragraph((f"{vendor.name} is read only when somebody asks: {WEAK}",)))
    if snapshot:
        blocks.append(Fields(_facts(standing, snapshot, asked, now)))
        for text, components in asked.about:
            blocks += _about(text, components)
        blocks += _not_green(snapshot)
        blocks += _incidents(vendor, snapshot, now)
        if snapshot.level is None and asked.newest and not any(i.is_open for i in snapshot.incidents):
            blocks += [Paragraph((Strong("Newest post"),)), Items((incident_line(vendor, asked.newest, now),))]
    buttons = []
    if asked.alternatives and tone(standing, now) is not Tone.OK:
        buttons.append(Button("Alternatives", f"alternatives {vendor.slug}"))
    if snapshot:
        buttons.append(Button("Last 30 days", f"incidents {vendor.slug}"))
    if not asked.subscribed:
        buttons.append(Button("Subscribe", f"subscribe {vendor.slug}"))
    title = verdict(standing, now)
    return Message(
        summary=title,
        tone=tone(standing, now),
        title=title,
        url=vendor.human_url,
        blocks=tuple(blocks),
        footer=footer(standing, now),
        buttons=tuple(buttons),
    )


def overview_message(standings: Sequence[PageState], now: datetime, *, whose: str = "") -> Message:
    """Several vendors (at least one), worst first. ``whose``: "of this channel", or nothing for those asked for."""
    ordered = sorted(standings, key=lambda s: rank(s, now))
    title = verdict(ordered[0], now) if len(ordered) == 1 else tally(ordered, now, whose)
    read = [s.read_at for s in ordered if s.read_at and is_current(s, now)]
    oldest = f"Oldest reading {age(min(read), now)} · " if read else ""
    return Message(
        summary=title,
        tone=tone(ordered[0], now),
        title=title,
        blocks=(Items(tuple(state_line(s, now) for s in ordered)),),
        footer=(f"{oldest}from the vendors' own status pages",),
        buttons=status_buttons(ordered, now),
    )


def tally(ordered: Sequence[PageState], now: datetime, whose: str = "") -> str:
    """Several vendors, worst first, in one sentence that holds no age. ``whose`` as for :func:`overview_message`."""
    green = [s for s in ordered if tone(s, now) is Tone.OK]
    dark = [s for s in ordered if tone(s, now) is Tone.UNKNOWN]
    bad = [s for s in ordered if tone(s, now) not in {Tone.OK, Tone.UNKNOWN}]
    vendors = f"vendors {whose}".rstrip()
    everyone = f"{len(ordered):,} {vendors}"
    named = listing([f"{s.vendor.name} ({level_text(s.snapshot.level if s.snapshot else None)})" for s in bad])
    unknown = f"we can't tell about {listing([s.vendor.name for s in dark])}"
    if bad:
        return f"{len(bad)} of {everyone} not green: {named}{f'; {unknown}' if dark else ''}."
    if dark:
        return f"{len(green)} of {everyone} operational; {unknown}."
    return f"No outage: {'both' if len(ordered) == 2 else f'all {len(ordered):,}'} {vendors} are operational."


def status_buttons(ordered: Sequence[PageState], now: datetime) -> tuple[Button, ...]:
    """To ask about those that are not green, worst first and the unknown last."""
    ill = [s for s in ordered if tone(s, now) is not Tone.OK]
    ill.sort(key=lambda s: tone(s, now) is Tone.UNKNOWN)
    return tuple(Button(s.vendor.name, f"status {s.vendor.slug}") for s in ill)[:BUTTONS]


def components_message(
    standing: PageState, components: Sequence[Component], text: str, page: tuple[int, int], now: datetime
) -> Message:
    """``components``: those of this page, which fit ``text``; ``page``: (number, of how many)."""
    vendor, snapshot = standing.vendor, standing.snapshot
    every = snapshot.components if snapshot else ()
    if snapshot is None:
        title = verdict(standing, now)
    elif not every:
        title = f"The status page of {vendor.name} lists no components."
    elif not components:
        title = f"{vendor.name} has no component with “{excerpt(text, 60)}”."
    else:
        then = "" if is_current(standing, now) else " when last read"
        title = f"{vendor.name} has {count(len(every), 'component')}{then}: {_tally(every)}."
    blocks: list[Block] = []
    if snapshot is None or standing.unreadable:
        why = _unreadable(standing.unreadable, now) if standing.unreadable else "It is being read now."
        blocks.append(Paragraph((why,)))
    elif every and not components:
        blocks.append(Paragraph(("Type ", Code(f"components {vendor.slug}"), " for all of them.")))
    for group, members in groupby(components, key=lambda c: c.group):
        if group:
            blocks.append(Paragraph((Strong(one_line(group)),)))
        blocks.append(Items(tuple((component_line(c, grouped=bool(group))) for c in members)))
    number, pages = page
    typed = f"components {vendor.slug}{f' {text}' if text else ''}"
    if number < pages:
        blocks.append(Paragraph((f"Page {number} of {pages}; the next: ", Code(f"{typed} page {number + 1}"))))
    return Message(
        summary=title,
        tone=tone(standing, now),
        title=title,
        url=vendor.human_url,
        blocks=tuple(blocks),
        footer=footer(standing, now),
        buttons=(Button("Next page", f"{typed} page {number + 1}"),) if number < pages else (),
    )


def alternatives_message(standing: PageState, others: Sequence[PageState], now: datetime) -> Message:
    """Each other vendor with its own state now."""
    vendor = standing.vendor
    if others:
        names = listing([s.vendor.name for s in others], len(others))
        title = f"Instead of {vendor.name}: {names}."
    else:
        title = f"I know no alternative to {vendor.name}."
    same = [s for s in others if s.vendor.subcategory == vendor.subcategory]
    blocks: list[Block] = []
    if same:
        blocks.append(Items(tuple(state_line(s, now) for s in same)))
    if rest := [s for s in others if s not in same]:
        blocks += [Paragraph((f"Close to it ({rest[0].vendor.category}):",))] if same else []
        blocks.append(Items(tuple(state_line(s, now) for s in rest)))
    blocks.append(Paragraph(("Now: ", *state_line(standing, now))))
    return Message(
        summary=title,
        title=title,
        blocks=tuple(blocks),
        footer=("From the vendors' own status pages",),
        buttons=tuple(Button(s.vendor.name, f"status {s.vendor.slug}") for s in others)[:BUTTONS],
    )


def incident_line(vendor: Vendor, incident: Incident, now: datetime) -> Line:
    """Title, where it stands, for how long, and its newest text."""
    link = Link(one_line(incident.title) or incident.id, incident.url or vendor.human_url)
    if incident.phase is Phase.SCHEDULED:
        until: Line = (" to ", Moment(incident.planned_end, Style.DATETIME)) if incident.planned_end else ()
        return (link, " — ", Moment(incident.started, Style.DATETIME), *until)
    facts = [phase_text(incident.phase, incident.kind).lower()] if incident.phase else []
    facts += [f"“{excerpt(said)}”" for said in (incident.raw_phase, incident.raw_impact) if said]
    if incident.level is not None and incident.level >= Level.DEGRADED:
        facts.append(level_text(incident.level))
    gone_on = f"for {duration(now - incident.started)}" if incident.is_open else f"began {age(incident.started, now)}"
    newest = incident.updates[-1] if incident.updates else None
    said: Line = (
        (f". {capital(age(newest.at, now))}: “{first_sentence(newest.text)}”",) if newest and newest.text else ()
    )
    return (link, f" — {', '.join([*facts, gone_on])}", *said)


def component_line(component: Component, *, grouped: bool = False) -> Line:
    """The level stands out only where it is not green; where it is not known, the page's own word stands beside it."""
    name = one_line(component.name if grouped else component.label)
    level = level_text(component.level)
    said = (f" (“{excerpt(component.raw_status)}”)",) if component.raw_status else ()
    return (f"{name} — ", level if component.level is Level.OPERATIONAL else Strong(level), *said)


def _unreadable(unreadable: Unreadable, now: datetime) -> str:
    reason = unreadable.reason.rstrip(".")
    opening = reason if "." in reason.partition(" ")[0] else capital(reason)  # A host keeps its case.
    so_far = now - unreadable.since
    lasts = f" It has been like this for {duration(so_far)}." if so_far >= timedelta(seconds=1) else ""
    return f"{opening}.{lasts}"


def _facts(
    standing: PageState, snapshot: Snapshot, asked: StatusContext, now: datetime
) -> tuple[tuple[str, Line], ...]:
    level = capital(level_text(snapshot.level))
    facts: list[tuple[str, Line]] = [("Level" if is_current(standing, now) else "Last known level", (level,))]
    if words := one_line(snapshot.status_text):
        facts.append(("The page says", (f"“{excerpt(words)}”",)))
    if standing.read_at:
        each = duration(timedelta(seconds=standing.interval_s)) if standing.interval_s else ""
        each = {"1 min": "minute", "1 h": "hour"}.get(each, each)
        every = f", {'tried' if standing.unreadable else 'read'} every {each}" if each else ""
        facts.append(("Last read" if standing.unreadable else "Checked", (f"{age(standing.read_at, now)}{every}",)))
    facts.append(("Last 30 days", (asked.month,)))
    return tuple(facts)


def _about(text: str, components: Sequence[Component]) -> list[Block]:
    lines = [component_line(c) for c in components[:COMPONENTS_SHOWN]]
    if len(components) > COMPONENTS_SHOWN:
        lines.append((f"and {len(components) - COMPONENTS_SHOWN} more",))
    return [Paragraph((Strong(f"With “{excerpt(text, 60)}”: {_tally(components)}"),)), Items(tuple(lines))]


def _not_green(snapshot: Snapshot) -> list[Block]:
    bad = sorted(
        (c for c in snapshot.components if c.level not in {None, Level.OPERATIONAL}), key=lambda c: -(c.level or 0)
    )
    unknown = [c for c in snapshot.components if c.level is None]
    lines = [component_line(c) for c in bad[:COMPONENTS_SHOWN]]
    if len(bad) > COMPONENTS_SHOWN:
        lines.append((f"and {len(bad) - COMPONENTS_SHOWN} more: ", Code(f"components {snapshot.vendor}")))
    if unknown:
        named = listing([f"{c.label} (“{excerpt(c.raw_status)}”)" if c.raw_status else c.label for c in unknown])
        lines.append((f"{named} — ", Strong("unknown")))
    if not lines:
        return []
    heading = f"{len(bad) + len(unknown)} of {count(len(snapshot.components), 'component')} not green"
    return [Paragraph((Strong(heading),)), Items(tuple(lines))]


def _incidents(vendor: Vendor, snapshot: Snapshot, now: datetime) -> list[Block]:
    still = sorted((i for i in snapshot.incidents if i.is_open), key=lambda i: i.started, reverse=True)
    trouble = [i for i in still if i.kind is not IncidentKind.MAINTENANCE]
    under_way = [i for i in still if i.kind is IncidentKind.MAINTENANCE and i.phase is not Phase.SCHEDULED]
    planned = [i for i in still if i.kind is IncidentKind.MAINTENANCE and i.phase is Phase.SCHEDULED][::-1]
    blocks: list[Block] = []
    for heading, incidents in (("Open now", trouble), ("Maintenance now", under_way), ("Planned", planned)):
        if incidents:
            lines = [incident_line(vendor, i, now) for i in incidents[:INCIDENTS_SHOWN]]
            if len(incidents) > INCIDENTS_SHOWN:
                lines.append((f"and {len(incidents) - INCIDENTS_SHOWN} more: ", Code(f"incidents {vendor.slug}")))
            blocks += [Paragraph((Strong(heading),)), Items(tuple(lines))]
    return blocks


def _tally(components: Iterable[Component]) -> str:
    """``24 operational, 1 partial outage``, worst first."""
    counts: dict[Level | None, int] = {}
    for component in components:
        counts[component.level] = counts.get(component.level, 0) + 1
    order = sorted(counts, key=lambda level: -1 if level is None else level, reverse=True)
    return ", ".join(f"{counts[level]} {level_text(level)}" for level in order)
