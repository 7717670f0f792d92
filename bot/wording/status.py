"""The answers to ``status`` and ``components``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from bot.domain import Component, Incident, IncidentKind, Level, PageState, Phase, Snapshot, Unreadable, Vendor, worst
from bot.message import Block, Button, Code, Fields, Items, Line, Link, Message, Moment, Paragraph, Strong, Style, Tone
from bot.wording.phrases import (
    DOTS,
    age,
    capital,
    count,
    duration,
    excerpt,
    first_sentence,
    level_text,
    level_tone,
    listing,
    one_line,
    phase_text,
    quoted,
)
from bot.wording.vendor_state import (
    WEAK,
    footer,
    is_current,
    outage_answer,
    part_answer,
    people_look_line,
    rank,
    state_line,
    tone,
)

COMPONENTS_SHOWN = 15
INCIDENTS_SHOWN = 5
BUTTONS = 5


@dataclass(frozen=True, slots=True)
class AskedPart:
    """A part of a vendor that was asked for by name."""

    name: str
    """The product's, or what was typed."""
    components: tuple[Component, ...]
    """Those that it means; none: its page lists only what is affected, and this is not."""


@dataclass(frozen=True, slots=True)
class StatusContext:
    """What ``status`` shows beside the page's state."""

    month: str
    """The last 30 days in words."""
    newest: Incident | None = None
    """The last incident, shown where the page gives no level."""
    subscribed: bool = False
    """The channel subscribes to the vendor."""
    alternatives: bool = False
    """The vendor has some."""
    parts: tuple[AskedPart, ...] = ()
    """What of the vendor was asked for."""
    notes: tuple[Line, ...] = ()
    """What of what was asked for cannot be answered."""
    about: str = ""
    """What the vendor does."""


def status_message(state: PageState, context: StatusContext, now: datetime) -> Message:
    """The whole answer about one vendor; about its parts first, where some were asked for."""
    vendor, snapshot = state.vendor, state.snapshot
    title, blocks = _answers(state, context.parts, now)
    blocks += [Paragraph(note) for note in context.notes]
    if snapshot is None or state.unreadable:
        blocks.append(Paragraph(_why_unknown(state, now)))
    if vendor.has_page and not vendor.enabled:
        blocks.append(Paragraph((f"{vendor.name} is read only when somebody asks: {WEAK}",)))
    if snapshot:
        blocks.append(Fields(_facts(state, snapshot, context, now)))
        for part in context.parts:
            blocks += _part(part)
        blocks += _not_green(snapshot)
        blocks += _incidents(vendor, snapshot, now)
        if snapshot.level is None and context.newest and not any(i.is_open for i in snapshot.incidents):
            blocks += [Paragraph((Strong("Newest post"),)), Items((incident_line(vendor, context.newest, now),))]
    buttons = []
    if context.alternatives and tone(state, now) is not Tone.OK:
        buttons.append(Button("Alternatives", f"alternatives {vendor.typed}"))
    if snapshot:
        buttons.append(Button("Last 30 days", f"incidents {vendor.typed}"))
    if vendor.has_page and not context.subscribed:
        buttons.append(Button("Subscribe", f"subscribe {vendor.typed}"))
    return Message(
        summary=title,
        tone=_tone(state, context.parts, now),
        title=title,
        url=vendor.human_url,
        blocks=tuple(blocks),
        footer=footer(state, now),
        buttons=tuple(buttons),
        vendor=vendor.slug,
    )


def overview_message(states: Sequence[PageState], now: datetime, *, whose: str = "") -> Message:
    """Several vendors (at least one), worst first. ``whose``: "this channel's", or nothing for those asked for."""
    ordered = sorted(states, key=lambda s: rank(s, now))
    title = outage_answer(ordered[0], now) if len(ordered) == 1 else tally(ordered, now, whose)
    read = [s.read_at for s in ordered if s.read_at and is_current(s, now)]
    oldest = f"Oldest reading {age(min(read), now)} · " if read else ""
    return Message(
        summary=title,
        tone=tone(ordered[0], now),
        title=title,
        blocks=(Items(tuple(state_line(s, now) for s in ordered)),),
        footer=(f"{oldest}from the vendors' own status pages",),
        buttons=status_buttons(ordered, now),
        vendor=ordered[0].vendor.slug if len(ordered) == 1 else None,
    )


def tally(ordered: Sequence[PageState], now: datetime, whose: str = "") -> str:
    """Several vendors, worst first, in one sentence that holds no age. ``whose`` as for :func:`overview_message`."""
    green = [s for s in ordered if tone(s, now) is Tone.OK]
    unreadable = [s for s in ordered if tone(s, now) is Tone.UNKNOWN]
    bad = [s for s in ordered if tone(s, now) not in {Tone.OK, Tone.UNKNOWN}]
    number = len(ordered)
    everyone = f"{whose} {count(number, 'vendor')}".strip()
    named = listing([f"{s.vendor.name} ({level_text(s.snapshot.level if s.snapshot else None)})" for s in bad])
    unknown = f"unknown: {listing([s.vendor.name for s in unreadable])}"
    if bad:
        have = "has" if len(bad) == 1 else "have"
        return f"{len(bad)} of {everyone} {have} problems: {named}{f'; {unknown}' if unreadable else ''}."
    if unreadable and not green:
        # "0 are operational" reads as an outage of all.
        return f"It is not known how {everyone} stand: {listing([s.vendor.name for s in unreadable])}."
    if unreadable:
        return f"{len(green)} of {everyone} {'is' if len(green) == 1 else 'are'} operational; {unknown}."
    every = "" if whose else "both " if number == 2 else "all "
    return f"No outage: {every}{everyone if whose or number != 2 else 'vendors'} are operational."


def status_buttons(ordered: Sequence[PageState], now: datetime) -> tuple[Button, ...]:
    """To ask about those that are not green, worst first and the unknown last."""
    not_green = [s for s in ordered if tone(s, now) is not Tone.OK]
    not_green.sort(key=lambda s: tone(s, now) is Tone.UNKNOWN)
    return tuple(Button(s.vendor.name, f"status {s.vendor.typed}") for s in not_green)[:BUTTONS]


def components_message(
    state: PageState, components: Sequence[Component], text: str, page: tuple[int, int], now: datetime
) -> Message:
    """``components``: those of this page, which fit ``text``; ``page``: (number, of how many)."""
    vendor, snapshot = state.vendor, state.snapshot
    every = snapshot.components if snapshot else ()
    if snapshot is None:
        title = outage_answer(state, now)
    elif not every:
        title = f"The status page of {vendor.name} lists no components."
    elif not components:
        title = f"{vendor.name} has no component with {quoted(text)}."
    else:
        qualifier = "" if is_current(state, now) else " when last read"
        title = f"{vendor.name} has {count(len(every), 'component')}{qualifier}: {_tally(every)}."
    blocks: list[Block] = []
    if snapshot is None or state.unreadable:
        blocks.append(Paragraph(_why_unknown(state, now)))
    elif every and not components:
        blocks.append(Paragraph(("Type ", Code(f"components {vendor.typed}"), " for all of them.")))
    for group, members in groupby(components, key=lambda c: c.group):
        if group:
            blocks.append(Paragraph((Strong(one_line(group)),)))
        blocks.append(Items(tuple((component_line(c, grouped=bool(group))) for c in members)))
    number, pages = page
    typed = f"components {vendor.typed}{f' {text}' if text else ''}"
    if number < pages:
        blocks.append(Paragraph((f"Page {number} of {pages}; the next: ", Code(f"{typed} page {number + 1}"))))
    return Message(
        summary=title,
        tone=tone(state, now),
        title=title,
        url=vendor.human_url,
        blocks=tuple(blocks),
        footer=footer(state, now),
        buttons=(Button("Next page", f"{typed} page {number + 1}"),) if number < pages else (),
        vendor=vendor.slug,
    )


def incident_line(vendor: Vendor, incident: Incident, now: datetime) -> Line:
    """Title, phase, for how long, and its newest text."""
    link = Link(one_line(incident.title) or incident.id, incident.url or vendor.human_url)
    if incident.phase is Phase.SCHEDULED:
        until: Line = (" to ", Moment(incident.planned_end, Style.DATETIME)) if incident.planned_end else ()
        return (link, " — ", Moment(incident.started, Style.DATETIME), *until)
    facts = [phase_text(incident.phase, incident.kind).lower()] if incident.phase else []
    facts += [f"“{excerpt(raw)}”" for raw in (incident.raw_phase, incident.raw_impact) if raw]
    if incident.level is not None and incident.level >= Level.DEGRADED:
        facts.append(level_text(incident.level))
    gone_on = f"for {duration(now - incident.started)}" if incident.is_open else f"began {age(incident.started, now)}"
    newest = incident.updates[-1] if incident.updates else None
    quote: Line = (
        (f". {capital(age(newest.at, now))}: “{first_sentence(newest.text)}”",) if newest and newest.text else ()
    )
    return (link, f" — {', '.join([*facts, gone_on])}", *quote)


def component_line(component: Component, *, grouped: bool = False) -> Line:
    """The level stands out only where it is not green; where it is not known, the page's own word stands beside it."""
    name = one_line(component.name if grouped else component.label)
    level = level_text(component.level)
    raw = (f" (“{excerpt(component.raw_status)}”)",) if component.raw_status else ()
    dot = DOTS[level_tone(component.level)]
    return (f"{dot} {name} — ", level if component.level is Level.OPERATIONAL else Strong(level), *raw)


def _why_unknown(state: PageState, now: datetime) -> Line:
    if not state.vendor.has_page:
        return people_look_line(state.vendor)
    if state.unreadable:
        return (_unreadable(state.unreadable, now),)
    return ("It is being read now: ask again in a moment.",)


def _unreadable(unreadable: Unreadable, now: datetime) -> str:
    reason = unreadable.reason.rstrip(".")
    opening = reason if "." in reason.partition(" ")[0] else capital(reason)  # A host keeps its case.
    so_far = now - unreadable.since
    lasts = f" It has been like this for {duration(so_far)}." if so_far >= timedelta(seconds=1) else ""
    return f"{opening}.{lasts}"


def _facts(state: PageState, snapshot: Snapshot, context: StatusContext, now: datetime) -> tuple[tuple[str, Line], ...]:
    level = capital(level_text(snapshot.level))
    facts: list[tuple[str, Line]] = [("Level" if is_current(state, now) else "Last known level", (level,))]
    if words := one_line(snapshot.status_text):
        facts.append(("The page says", (f"“{excerpt(words)}”",)))
    if state.read_at:
        each = duration(timedelta(seconds=state.interval_s)) if state.interval_s else ""
        each = {"1 min": "minute", "1 h": "hour"}.get(each, each)
        every = f", {'tried' if state.unreadable else 'read'} every {each}" if each else ""
        facts.append(("Last read" if state.unreadable else "Checked", (f"{age(state.read_at, now)}{every}",)))
    facts.append(("Last 30 days", (context.month,)))
    if context.about:
        facts.append(("What it is", (capital(context.about),)))
    return tuple(facts)


def _answers(state: PageState, parts: Sequence[AskedPart], now: datetime) -> tuple[str, list[Block]]:
    """The title and what follows it: the parts that were asked for, the worst first, then the vendor."""
    whole = outage_answer(state, now)
    if not parts or not is_current(state, now):
        return whole, []
    ordered = sorted(parts, key=lambda part: worst([c.level for c in part.components]) or -1, reverse=True)
    answers = [part_answer(state, part.name, part.components, now) for part in ordered]
    return answers[0], [Paragraph((answer,)) for answer in (*answers[1:], whole)]


def _tone(state: PageState, parts: Sequence[AskedPart], now: datetime) -> Tone:
    levels = [component.level for part in parts for component in part.components]
    return level_tone(worst(levels)) if levels and is_current(state, now) else tone(state, now)


def _part(part: AskedPart) -> list[Block]:
    """One component is told by its answer."""
    if len(part.components) < 2:
        return []
    lines = [component_line(c) for c in part.components[:COMPONENTS_SHOWN]]
    if len(part.components) > COMPONENTS_SHOWN:
        lines.append((f"and {len(part.components) - COMPONENTS_SHOWN} more",))
    return [Paragraph((Strong(f"With {quoted(part.name)}: {_tally(part.components)}"),)), Items(tuple(lines))]


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
        lines.append((f"{DOTS[Tone.UNKNOWN]} {named} — ", Strong("unknown")))
    if not lines:
        return []
    heading = f"{len(bad) + len(unknown)} of {count(len(snapshot.components), 'component')} not operational"
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
                lines.append((f"and {len(incidents) - INCIDENTS_SHOWN} more: ", Code(f"incidents {vendor.typed}")))
            blocks += [Paragraph((Strong(heading),)), Items(tuple(lines))]
    return blocks


def _tally(components: Iterable[Component]) -> str:
    """``24 operational, 1 partial outage``, worst first."""
    counts: dict[Level | None, int] = {}
    for component in components:
        counts[component.level] = counts.get(component.level, 0) + 1
    order = sorted(counts, key=lambda level: -1 if level is None else level, reverse=True)
    return ", ".join(f"{counts[level]} {level_text(level)}" for level in order)
