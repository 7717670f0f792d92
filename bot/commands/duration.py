"""Reads for how long, at the end of what was typed: ``1h``, ``2 days``, ``until resolved``, ``until 9:00``. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.commands.scan import UsageError
from bot.domain import Mute

MAX_DURATION = timedelta(days=90)

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_FOR = re.compile(
    r"(?:^|\s)(?:for[\s:=]+)?(?P<number>\d{1,4})\s*"
    r"(?P<unit>m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)\s*$",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"(?:^|\s)(?:until|till)[\s:=]+(?P<end>.*)$", re.IGNORECASE | re.DOTALL)
_OVER = frozenset({"resolved", "over", "it is over", "it's over", "the end", "end", "fixed"})
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s*(?P<half>am|pm)?", re.IGNORECASE)


def split_duration(text: str, zone: ZoneInfo, now: datetime) -> tuple[str, Mute | None]:
    """What stands before the span, and the mute that the span asks for; ``None``: none was typed. A clock time is the
    next one in the zone. Raises :class:`UsageError` for a span that cannot be."""
    if found := _FOR.search(text):
        span = int(found["number"]) * _UNITS[found["unit"][0].lower()]
        if not timedelta() < span <= MAX_DURATION:
            raise UsageError(f"Give a time of up to {MAX_DURATION.days} days, for example 1h, 2d or until resolved.")
        return text[: found.start()].strip(), Mute(now + span)
    found = _UNTIL.search(text)
    if not found:
        return text.strip(), None
    what, end = text[: found.start()].strip(), found["end"].strip()
    if end.casefold() in _OVER:
        return what, Mute()
    if (until := _clock(end, zone, now)) is None:
        raise UsageError(
            f"Until when is “{end[:40]}”? Say for example until 9:00, until resolved, or a time such as 2h."
        )
    return what, Mute(until)


def _clock(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    found = _CLOCK.fullmatch(text)
    if not found or not (found["minute"] or found["half"]):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    if hour > 23 or minute > 59:
        return None
    today = now.astimezone(zone).date()
    ends = (datetime.combine(today + timedelta(days=n), time(hour, minute), zone).astimezone(UTC) for n in range(3))
    return next(end for end in ends if end > now)
