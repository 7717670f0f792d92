"""The output of ``lookout probe``: all that is understood of a page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from bot.domain import Incident, Snapshot
from bot.message import Block, Fields, Items, Line, Message, Moment, Paragraph, Strong, Style
from bot.wording.phrases import capital, count, level_text, level_tone, one_line, phase_text
from bot.wording.status import component_line


def probe_message(platform: str, url: str, snapshot: Snapshot) -> Message:
    """``platform`` is the name of the page's kind."""
    open_now = sum(incident.is_open for incident in snapshot.incidents)
    title = (
        f"{capital(level_text(snapshot.level))}, {count(open_now, 'open incident or maintenance', 'open incidents')}"
    )
    raw_words = (("The page says", (f"“{one_line(snapshot.status_text)}”",)),) if snapshot.status_text else ()
    dates = _dates(snapshot)
    doubts: tuple[tuple[str, Line], ...] = (("Dates", (dates,)),) if dates else ()
    blocks: list[Block] = [Fields((*raw_words, ("Read as", (platform,)), ("From", (url,)), *doubts))]
    for group, members in groupby(snapshot.components, key=lambda component: component.group):
        blocks.append(Paragraph((Strong(one_line(group or "Components")),)))
        blocks.append(Items(tuple(component_line(member, grouped=True) for member in members)))
    for incident in snapshot.incidents:
        blocks += _incident(incident)
    return Message(summary=title, tone=level_tone(snapshot.level), title=title, blocks=tuple(blocks))


def _dates(snapshot: Snapshot) -> str:
    """What is not sure about the dates of a feed."""
    undated = f"{count(snapshot.undated, 'entry', 'entries')} without one that can be read" if snapshot.undated else ""
    zoneless = (
        f"{count(snapshot.zoneless, 'entry', 'entries')} without a zone, read as UTC" if snapshot.zoneless else ""
    )
    return "; ".join(filter(None, (undated, zoneless)))


def _incident(incident: Incident) -> Iterator[Block]:
    state = phase_text(incident.phase, incident.kind)
    raw = "".join(f", the page says “{word}”" for word in (incident.raw_phase, incident.raw_impact) if word)
    yield Paragraph((Strong(f"{state}: {one_line(incident.title)}"), f" ({incident.kind}, id {incident.id}{raw})"))
    lines: list[Line] = [
        (Moment(update.at, Style.DATETIME), f" {phase_text(update.phase, incident.kind)}: {one_line(update.text)}")
        for update in incident.updates
    ]
    yield Items(tuple(lines))
