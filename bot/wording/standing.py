"""How a vendor stands: the answer to "is there an outage?", whole and in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain import Component, Incident, IncidentKind, Level, Phase, Snapshot, Unreadable, Vendor
from bot.message import Block, Button, Code, Fields, Items, Line, Link, Message, Moment, Paragraph, Strong, Style, Tone
from bot.wording.words import (
    age,
    capital,
    count,
    duration,
    excerpt,
    level_text,
    level_tone,
    listing,
    one_line,
    phase_text,
    source,
)

STALE = timedelta(minutes=30)
STALE_INTERVALS = 3
"""A reading older than both of these is a memory, not an answer."""
COMPONENTS_SHOWN = 15
INCIDENTS_SHOWN = 5
WEAK = "its page is not confirmed to be the official one. Check the link before you rely on it."


class Standing(Protocol):
    """What is known about one vendor now; the store's ``PageState`` is one."""

    @property
    def vendor(self) -> Vendor: ...
    @property
    def snapshot(self) -> Snapshot | None: ...
    @property
    def read_at(self) -> datetime | None: ...
    @property
    def unreadable(self) -> Unreadable | None: ...
    @property
    def interval_s(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """``month``: what the last 30 days held, in words. ``newest``: the last incident, for pages that give no level."""

    month: str
    newest: Incident | None
    subscribed: bool
    alternatives: bool


def is_current(standing: Standing, now: datetime) -> bool:
    """Read, readable and fresh: only then is there a state *now*."""
    if standing.snapshot is None or standing.read_at is None or standing.unreadable:
        return False
    limit = max(STALE, timedelta(seconds=STALE_INTERVALS * (standing.interval_s or 0)))
    return now - standing.read_at <= limit


def rank(standing: Standing, now: datetime) -> tuple[int, str]:
    """Sorts worst first; what nobody can tell stands between trouble and green."""
    name = standing.vendor.name.casefold()
    if standing.snapshot is None or not is_current(standing, now) or standing.snapshot.level is None:
        return (-1, name)
    level = standing.snapshot.level
    return (0 if level is Level.OPERATIONAL else -1 - level, name)


def tone(standing: Standing, now: datetime) -> Tone:
    return level_tone(standing.snapshot.level if standing.snapshot and is_current(standing, now) else None)


def verdict(standing: Standing, now: datetime) -> str:
    """The first line: yes, no, or that nobody can tell."""
    name, snapshot = standing.vendor.name, standing.snapshot
    if snapshot is None or standing.read_at is None:
        if standing.unreadable:
            return f"We can't tell — the status page of {name} cannot be read."
        return f"We can't tell yet — the status page of {name} has not been read."
    if not is_current(standing, now):
        then = f"{level_text(snapshot.level)} when it was last read, {age(standing.read_at, now)}"
        why = "cannot be read now" if standing.unreadable else "has not been read lately"
        return f"We can't tell — the status page of {name} {why}; {then}."
    troubles = [i for i in snapshot.incidents if i.is_open and i.kind is not IncidentKind.MAINTENANCE]
    match snapshot.level:
        case None:
            return f"We can't tell — the status page of {name} publishes posts, but no level."
        case Level.OPERATIONAL if troubles:
            return f"No outage reported, but {name} has {count(len(troubles), 'open incident')}."
        case Level.OPERATIONAL:
            return f"No — {name} is operational."
        case Level.MAINTENANCE:
            return f"No outage — {name} is under maintenance."
        case Level.DEGRADED:
            return f"Yes — {name} has degraded performance."
        case Level.PARTIAL_OUTAGE | Level.MAJOR_OUTAGE as level:
            return f"Yes — {name} has a {level_text(level)}."


def status_message(standing: Standing, asked: Asked, now: datetime) -> Message:
    """The whole answer about one vendor."""
    vendor, snapshot = standing.vendor, standing.snapshot
    blocks: list[Block] = []
    if standing.unreadable:
        blocks.append(Paragraph((_unreadable(standing.unreadable, now),)))
    elif snapshot is None:
        blocks.append(Paragraph(("It is being read now: ask again in a moment.",)))
    if not vendor.enabled:
        blocks.append(Paragraph((f"{vendor.name} is not read regularly: {WEAK}",)))
    if snapshot:
        blocks.append(Fields(_facts(standing, snapshot, asked, now)))
        blocks += _components(snapshot)
        blocks += _incidents(vendor, snapshot, now)
        if snapshot.level is None and asked.newest and not any(i.is_open for i in snapshot.incidents):
            blocks += [Paragraph((Strong("Newest post"),)), Items((incident_line(vendor, asked.newest, now),))]
    buttons = []
    if asked.alternatives and tone(standing, now) is not Tone.OK:
        buttons.append(Button("Alternatives", f"alternatives {vendor.slug}"))
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


def footer(standing: Standing, now: datetime) -> Line:
    """How old the reading is, and where it comes from."""
    read = f"Read {age(standing.read_at, now)}" if standing.read_at else "Not read yet"
    return (f"{read} · ", source(standing.vendor.human_url))


def overview_message(standings: Sequence[Standing], now: datetime, *, whose: str) -> Message:
    """Several vendors, worst first. ``whose``: "of this channel", or "" for a list that was asked for."""
    ordered = sorted(standings, key=lambda s: rank(s, now))
    current = [s for s in ordered if is_current(s, now) and s.snapshot and s.snapshot.level is not None]
    bad = [s for s in current if s.snapshot and s.snapshot.level is not Level.OPERATIONAL]
    dark = len(ordered) - len(current)
    everyone = f"{count(len(ordered), 'vendor')}{whose}"
    if bad:
        named = [f"{s.vendor.name} ({level_text(s.snapshot.level if s.snapshot else None)})" for s in bad]
        title = f"{len(bad)} of {everyone} {'is' if len(bad) == 1 else 'are'} not green: {listing(named)}."
    elif dark == len(ordered):
        title = f"We can't tell how {everyone} {'stands' if dark == 1 else 'stand'} now."
    elif dark:
        title = f"No outage at {len(current)} of {everyone}; we can't tell about {dark}."
    else:
        title = f"No outage: all {everyone} are operational." if len(ordered) > 1 else verdict(ordered[0], now)
    if bad and dark:
        title += f" We can't tell about {dark}."
    read = [s.read_at for s in current if s.read_at]
    oldest = f"Oldest reading {age(min(read), now)}. " if read else ""
    return Message(
        summary=title,
        tone=tone(ordered[0], now),
        title=title,
        blocks=(Items(tuple(standing_line(s, now) for s in ordered)),),
        footer=(f"{oldest}From the vendors' own status pages.",),
        buttons=tuple(Button(s.vendor.name, f"status {s.vendor.slug}") for s in ordered if s in bad)[:INCIDENTS_SHOWN],
    )


def standing_line(standing: Standing, now: datetime) -> Line:
    """One vendor in one line, with the age of its reading."""
    name = Link(standing.vendor.name, standing.vendor.human_url)
    if standing.snapshot is None or standing.read_at is None:
        return (name, " — cannot be read" if standing.unreadable else " — not read yet")
    was = level_text(standing.snapshot.level)
    read = f"read {age(standing.read_at, now)}"
    if standing.unreadable:
        return (name, f" — unknown: cannot be read now; {was} {age(standing.read_at, now)}")
    if not is_current(standing, now):
        return (name, f" — unknown: not read lately; {was} {age(standing.read_at, now)}")
    level = was if standing.snapshot.level is not None else "gives no level"
    troubles = [i for i in standing.snapshot.incidents if i.is_open and i.phase is not Phase.SCHEDULED]
    if not troubles:
        return (Strong(level), " · ", name, f" ({read})")
    newest = max(troubles, key=lambda i: i.started)
    more = f" and {len(troubles) - 1} more" if len(troubles) > 1 else ""
    what = f": {excerpt(newest.title, 100)}{more}, for {duration(now - newest.started)}"
    return (Strong(level), " · ", name, what, f" ({read})")


def incident_line(vendor: Vendor, incident: Incident, now: datetime) -> Line:
    """An open incident: title, where it stands, for how long, and its newest text."""
    link = Link(one_line(incident.title) or incident.id, incident.url or vendor.human_url)
    if incident.phase is Phase.SCHEDULED:
        until: Line = (" to ", Moment(incident.until, Style.DATETIME)) if incident.until else ()
        return (link, " — scheduled, ", Moment(incident.started, Style.DATETIME), *until)
    facts = [phase_text(incident.phase)] if incident.phase else []
    if incident.level is not None and incident.level >= Level.DEGRADED:
        facts.append(level_text(incident.level))
    facts.append(
        f"for {duration(now - incident.started)}" if incident.is_open else f"started {age(incident.started, now)}"
    )
    said: Line = ()
    if incident.updates:
        newest = incident.updates[-1]
        said = (f". {capital(age(newest.at, now))}: “{excerpt(newest.text)}”",) if newest.text else ()
    return (link, f" — {', '.join(facts)}", *said)


def component_line(component: Component, *, grouped: bool = False) -> Line:
    return (component.name if grouped else component.label, " — ", Strong(level_text(component.level)))


def _unreadable(unreadable: Unreadable, now: datetime) -> str:
    return f"{unreadable.reason.rstrip('.')}. It has been like this for {duration(now - unreadable.since)}."


def _facts(standing: Standing, snapshot: Snapshot, asked: Asked, now: datetime) -> tuple[tuple[str, Line], ...]:
    level = capital(level_text(snapshot.level))
    facts: list[tuple[str, Line]] = [("Level" if is_current(standing, now) else "Last known level", (level,))]
    if words := one_line(snapshot.words):
        facts.append(("The page says", (f"“{words}”",)))
    if standing.read_at:
        every = f", every {duration(timedelta(seconds=standing.interval_s))}" if standing.interval_s else ""
        facts.append(("Checked", (f"{age(standing.read_at, now)}{every}",)))
    facts.append(("Last 30 days", (asked.month,)))
    return tuple(facts)


def _components(snapshot: Snapshot) -> list[Block]:
    known = [c for c in snapshot.components if c.level is not None]
    bad = sorted((c for c in known if c.level is not Level.OPERATIONAL), key=lambda c: -(c.level or 0))
    lines = [component_line(c) for c in bad[:COMPONENTS_SHOWN]]
    if len(bad) > COMPONENTS_SHOWN:
        lines.append((f"and {len(bad) - COMPONENTS_SHOWN} more: ", Code(f"components {snapshot.vendor}")))
    unknown = [c.label for c in snapshot.components if c.level is None]
    if unknown:
        lines.append((f"unknown: {listing(unknown)}",))
    if not lines:
        return []
    heading = f"{count(len(bad) + len(unknown), 'component')} of {len(snapshot.components)} not green"
    return [Paragraph((Strong(heading),)), Items(tuple(lines))]


def _incidents(vendor: Vendor, snapshot: Snapshot, now: datetime) -> list[Block]:
    blocks: list[Block] = []
    still = sorted((i for i in snapshot.incidents if i.is_open), key=lambda i: i.started, reverse=True)
    now_on = [i for i in still if i.phase is not Phase.SCHEDULED]
    planned = [i for i in still if i.phase is Phase.SCHEDULED][::-1]
    for heading, incidents in (("Open now", now_on), ("Planned", planned)):
        if incidents:
            lines = [incident_line(vendor, i, now) for i in incidents[:INCIDENTS_SHOWN]]
            if len(incidents) > INCIDENTS_SHOWN:
                lines.append((f"and {len(incidents) - INCIDENTS_SHOWN} more: ", Code(f"incidents {vendor.slug}")))
            blocks += [Paragraph((Strong(heading),)), Items(tuple(lines))]
    return blocks
