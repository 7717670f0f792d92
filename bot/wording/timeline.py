"""One incident whole, from its first text to its postmortem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain import Component, IncidentKind, IncidentRecord, PageState, Phase, Update
from bot.message import Block, Fields, Line, Message, Moment, Paragraph, Quote, Strong, Style
from bot.wording.condition import condition, incident_headline, incident_tone
from bot.wording.phrases import (
    capital,
    duration,
    join,
    level_text,
    listing,
    one_line,
    phase_text,
)
from bot.wording.vendor_state import footer

UPDATES_IN_MESSAGE = 10
"""A longer timeline goes on in a further message."""
COMPONENTS_NAMED = 12


def timeline(
    record: IncidentRecord, state: PageState, components: Mapping[str, Component], now: datetime
) -> tuple[Message, ...]:
    """One incident whole: oldest update first, edits with the text before them, a repeated text only counted."""
    incident, vendor = record.incident, state.vendor
    heading = incident_headline(incident)
    title = f"{heading} · {vendor.name} — {one_line(incident.title)}"
    updates = [_update_blocks(update, again, record) for update, again in _folded(incident.updates)]
    pages = [updates[i : i + UPDATES_IN_MESSAGE] for i in range(0, len(updates), UPDATES_IN_MESSAGE)] or [[]]
    messages = []
    for number, page in enumerate(pages, start=1):
        head: list[Block] = [*condition(incident), Fields(_facts(record, components, now))] if number == 1 else []
        if number == 1 and not updates:
            head.append(Paragraph(("The vendor has posted no text.",)))
        part = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
        messages.append(
            Message(
                summary=f"{title}{part}",
                tone=incident_tone(incident),
                title=f"{title}{part}",
                url=incident.url or vendor.human_url,
                blocks=(*head, *(block for blocks in page for block in blocks)),
                footer=footer(state, now) if number == len(pages) else (),
                struck=incident.vanished,
                vendor=vendor.slug if number == 1 else None,
            )
        )
    return tuple(messages)


def _folded(updates: Sequence[Update]) -> list[tuple[Update, list[Update]]]:
    """Each update with those right after it that have the same text."""
    folded: list[tuple[Update, list[Update]]] = []
    for update in updates:
        if folded and folded[-1][0].digest == update.digest:
            folded[-1][1].append(update)
        else:
            folded.append((update, []))
    return folded


def _update_blocks(update: Update, again: Sequence[Update], record: IncidentRecord) -> list[Block]:
    when = Moment(update.at, Style.DATETIME)
    edits = [r for u in (update, *again) for r in record.revisions if r.update.id == u.id]
    edited = ", edited" if edits else ""
    blocks: list[Block] = [Paragraph((Strong(phase_text(update.phase, record.incident.kind)), " · ", when, edited))]
    if update.text:
        blocks.append(Quote(update.text))
    if again:
        last = Moment(again[-1].at, Style.DATETIME)
        blocks.append(Paragraph((f"repeated {len(again) + 1}×, last ", last)))  # noqa: RUF001
    for edit in edits:
        blocks.append(Paragraph(("Until ", Moment(edit.replaced_at, Style.DATETIME), " it said:")))
        blocks.append(Quote(edit.update.text, struck=True))
    return blocks


def _facts(record: IncidentRecord, components: Mapping[str, Component], now: datetime) -> tuple[tuple[str, Line], ...]:
    incident = record.incident
    planned = incident.kind is IncidentKind.MAINTENANCE and incident.phase is Phase.SCHEDULED
    facts: list[tuple[str, Line]] = [("Planned" if planned else "Started", (Moment(incident.started, Style.DATETIME),))]
    if incident.planned_end:
        facts.append(("Planned end", (Moment(incident.planned_end, Style.DATETIME),)))
    if incident.resolved:
        is_span = incident.resolved > incident.started
        took = f" after {duration(incident.resolved - incident.started)}" if is_span else ""
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
