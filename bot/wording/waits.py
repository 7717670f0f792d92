"""When a channel is told, in words: holds and quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.domain import QuietHours, Wishes
from bot.wording.phrases import duration, join, level_text

QUIET_OFF = "off — everything is told as it comes"


def wishes_text(wishes: Wishes) -> str:
    """``, only what is still open after 5 min (partial outage or worse at once)``; empty where nothing is wished."""
    reminded = "" if wishes.remind is None else f", {remind_text(wishes.remind)}"
    hold = wishes.hold
    if hold is None:
        return reminded
    at_once = f"{level_text(hold.passes_at)} or worse at once" if hold.passes_at is not None else "however bad"
    return f", only what is still open after {duration(hold.span)} ({at_once}){reminded}"


def remind_text(leads: Sequence[timedelta]) -> str:
    """``reminded 1 h and 1 d before a planned maintenance``"""
    if not leads:
        return "never reminded of a maintenance"
    return f"reminded {join([duration(lead) for lead in sorted(leads)])} before a planned maintenance"


def quiet_text(quiet: QuietHours | None, zone: str) -> str:
    """The hours, whole weekends, and what goes through."""
    if quiet is None:
        return QUIET_OFF
    hours = [f"{quiet.start:%H:%M}–{quiet.end:%H:%M}"] if quiet.start and quiet.end else []  # noqa: RUF001
    when = join([*hours, *(["whole weekends"] if quiet.weekends else [])])
    but = f", except {level_text(quiet.except_level)} or worse" if quiet.except_level is not None else ""
    return f"{when} in {zone}{but} — kept, and told in one message at the end"
