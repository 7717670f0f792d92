"""Reads for how long, at the end of what was typed: ``1h``, ``2 days``, ``until resolved``, ``until 9:00``. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.commands.scan import UsageError
from bot.domain import Mute

MAX_DURATION = timedelta(days=90)

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_UNIT = r"(?:m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)"
_FOR = re.compile(
    r"(?:^|\s)(?:for[\s:=]+)?(?:(?:about|the next)\s+)?"
    r"(?:(?P<number>\d{1,6}(?:[.,]\d{1,2})?)\s*|(?P<named>an?|one|two|three|half an?)\s+)"
    rf"(?P<unit>{_UNIT})(?:\s*(?P<more>\d{{1,2}})\s*(?P<more_unit>m|mins?|minutes?|h|hours?))?\s*$",
    re.IGNORECASE,
)
_NUMBERS = {"half": 0.5, "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0}
_TONIGHT = re.compile(r"(?:^|\s)(?:for\s+)?(?:the\s+|over)?(?:tonight|the night|over ?night)\s*$", re.IGNORECASE)
_WEEKEND = re.compile(r"(?:^|\s)(?:for|over)\s+(?:the\s+)?weekend\s*$", re.IGNORECASE)
_TODAY = re.compile(r"(?:^|\s)(?:for\s+)?(?:the\s+)?(?:rest of (?:the )?day|today)\s*$", re.IGNORECASE)
_UNTIL = re.compile(r"(?:^|\s)(?:until|till)[\s:=]+(?P<end>.*)$", re.IGNORECASE | re.DOTALL)
_OVER = frozenset({"resolved", "over", "it is over", "it's over", "the end", "end", "fixed"})
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = re.compile(
    rf"(?:next\s+)?(?P<day>tomorrow|today|tonight|{'|'.join(f'{day}|{day[:3]}' for day in _DAYS)})(?:\s+morning)?"
    r"(?:\s+at)?\s*(?P<clock>.*)",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)(?:(?:\s+at)?[\sT]+(?P<clock>.+))?", re.IGNORECASE)
_END_OF_DAY = frozenset({"end of day", "the end of the day", "end of the day", "midnight", "tonight"})
MORNING = time(9)
"""When a day begins that is named without a time."""
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s*(?P<half>am|pm)?", re.IGNORECASE)


def ends_with_span(text: str) -> tuple[str, str]:
    """What stands before the span at the end, and the span as typed: ``("github", "for an hour")``; either may be
    empty."""
    for pattern in (_FOR, _TONIGHT, _WEEKEND, _TODAY, _UNTIL):
        if found := pattern.search(text):
            return text[: found.start()].strip(), found[0].strip()
    return text.strip(), ""


def split_duration(text: str, zone: ZoneInfo, now: datetime) -> tuple[str, Mute | None]:
    """What stands before the span, and the mute that the span asks for; ``None``: none was typed. A clock time is the
    next one in the zone. Raises :class:`UsageError` for a span that cannot be."""
    if found := _FOR.search(text):
        span = _span(found)
        if not timedelta() < span <= MAX_DURATION:
            raise UsageError(f"Give a time of up to {MAX_DURATION.days} days, for example 1h, 2d or until resolved.")
        return text[: found.start()].strip(), Mute(now + span)
    today = now.astimezone(zone).date()
    for pattern, days, at in (
        (_TONIGHT, 1, MORNING),
        (_WEEKEND, (0 - today.weekday()) % 7 or 7, MORNING),
        (_TODAY, 1, time()),
    ):
        if found := pattern.search(text):
            return text[: found.start()].strip(), Mute(_at(today + timedelta(days=days), at, zone))
    found = _UNTIL.search(text)
    if not found:
        return text.strip(), None
    what, end = text[: found.start()].strip(), found["end"].strip()
    if _FOR.search(what):
        raise UsageError("Say one end, not two: for example 2h, or until 9:00.")
    if end.casefold() in _OVER:
        return what, Mute()
    if (until := _date(end, zone, now) or _day(end, zone, now) or _clock(end, zone, now)) is None:
        raise UsageError(
            f"Until when is “{end[:40]}”? Say for example until 9:00, until monday 9:00, until "
            f"{today + timedelta(days=3)}, until resolved, or a time such as 2h."
        )
    return what, Mute(until)


def _span(found: re.Match[str]) -> timedelta:
    named = (found["named"] or "").lower()
    number = _NUMBERS[named.partition(" ")[0]] if named else float(found["number"].replace(",", "."))
    span = number * _UNITS[found["unit"][0].lower()]
    return span + int(found["more"]) * _UNITS[found["more_unit"][0].lower()] if found["more"] else span


def _date(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """``2026-12-24``, ``2026-12-24 17:00``"""
    found = _ISO.fullmatch(text)
    at = None if found is None else _time(found["clock"]) if found["clock"] else MORNING
    if found is None or at is None:
        return None
    try:
        until = _at(date.fromisoformat(found["day"]), at, zone)
    except (ValueError, OverflowError):
        return None
    if not now < until <= now + MAX_DURATION:
        raise UsageError(f"Give a day within the next {MAX_DURATION.days} days, for example until monday 9:00.")
    return until


def _day(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """``tomorrow``, ``monday 10:00``: a day without a time begins at :data:`MORNING`."""
    today = now.astimezone(zone).date()
    if text.casefold() in _END_OF_DAY:
        return _at(today + timedelta(days=1), time(), zone)
    found = _DAY.fullmatch(text)
    if not found:
        return None
    named, clock = found["day"].lower(), found["clock"].strip()
    at = _time(clock) if clock else MORNING
    if at is None:
        return None
    if named == "tomorrow":
        ahead = 1
    elif named in {"today", "tonight"}:
        ahead = 0
    else:
        ahead = (next(n for n, day in enumerate(_DAYS) if day.startswith(named)) - today.weekday()) % 7
    until = _at(today + timedelta(days=ahead), at, zone)
    return until if until > now else _at(today + timedelta(days=ahead + 7), at, zone) if named[:3] != "tod" else None


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _clock(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    at = _time(text)
    if at is None:
        return None
    today = now.astimezone(zone).date()
    ends = (_at(today + timedelta(days=n), at, zone) for n in range(3))
    return next(end for end in ends if end > now)


def _time(text: str) -> time | None:
    found = _CLOCK.fullmatch({"noon": "12:00", "midday": "12:00"}.get(text.casefold(), text))
    if not found or not (found["minute"] or found["half"]):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    return time(hour, minute) if hour <= 23 and minute <= 59 else None
