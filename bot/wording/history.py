"""The days of a vendor, a cell each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.domain import IncidentRecord, Level, PageState
from bot.message import Block, Button, Items, Line, Message, Paragraph
from bot.wording.incidents import month_text
from bot.wording.phrases import capital, count, duration, level_text, level_tone
from bot.wording.vendor_state import footer

ROW = 30
"""Cells in a row of the strip."""
CELL = {
    Level.OPERATIONAL: "🟩",
    Level.MAINTENANCE: "🟦",
    Level.DEGRADED: "🟨",
    Level.PARTIAL_OUTAGE: "🟧",
    Level.MAJOR_OUTAGE: "🟥",
    None: "⬜",
}
BAD_DAYS = 10


def history_message(
    state: PageState,
    days: Sequence[tuple[date, Level | None]],
    at_level: Mapping[Level | None, timedelta],
    records: Sequence[IncidentRecord],
    now: datetime,
    zone: str,
) -> Message:
    """``days``: oldest first, each with its worst level, ``None`` where nothing is on record; in ``zone``.

    ``at_level``: how long the page itself showed each level.
    """
    vendor = state.vendor
    known = [level for _, level in days if level is not None]
    green = sum(level is Level.OPERATIONAL for level in known)
    span = count(len(days), "day")
    if known:
        title = f"{vendor.name}, last {span}: green on {green} of {count(len(known), 'day')} on record."
    else:
        title = f"{vendor.name}, last {span}: nothing on record yet."
    seen = sorted({level for _, level in days}, key=lambda level: -1 if level is None else level)
    legend = "  ".join(f"{CELL[level]} {'not on record' if level is None else level_text(level)}" for level in seen)
    blocks: list[Block] = [Paragraph(_row(days[at : at + ROW])) for at in range(0, len(days), ROW)]
    blocks.append(Paragraph((legend,)))
    blocks.append(Paragraph((f"{capital(month_text(records, pending=state.history_pending))}.",)))
    bad = [(day, level) for day, level in days if level is not None and level >= Level.DEGRADED]
    if bad:
        lines = [(f"{_day(day)} — {level_text(level)}",) for day, level in bad[: -BAD_DAYS - 1 : -1]]
        if len(bad) > BAD_DAYS:
            lines.append((f"and {count(len(bad) - BAD_DAYS, 'earlier day')}",))
        blocks.append(Items(tuple(lines)))
    if shown := _shares(at_level):
        blocks.append(Paragraph((f"While it was watched, the page showed {shown}.",)))
    return Message(
        summary=title,
        tone=level_tone(max(known, default=None)),
        title=title,
        url=vendor.human_url,
        blocks=tuple(blocks),
        footer=(*footer(state, now), f" · days in {zone}"),
        buttons=(Button("Incidents", f"incidents {vendor.typed} --days {len(days)}"),),
        vendor=vendor.slug,
    )


def _row(days: Sequence[tuple[date, Level | None]]) -> Line:
    return (f"{_day(days[0][0])} {''.join(CELL[level] for _, level in days)} {_day(days[-1][0])}",)


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _shares(at_level: Mapping[Level | None, timedelta]) -> str:
    order = sorted(at_level, key=lambda level: 99 if level is None else level)
    return ", ".join(f"{level_text(level)} for {duration(at_level[level])}" for level in order if at_level[level])
