"""Reads which days are meant: ``yesterday``, ``last week``, ``7 days``, ``since Monday``, a date. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from bot.commands.scan import UsageError
from bot.wording.phrases import count

MAX_DAYS = 366


@dataclass(frozen=True, slots=True)
class Period:
    """From one moment to another, or up to now."""

    since: datetime
    until: datetime | None
    words: str
    """As it stands in a sentence: ``yesterday``, ``in the last 7 days``."""

    def days(self, now: datetime) -> int:
        """How many days back it begins, today included."""
        return max(1, -(-(now - self.since) // timedelta(days=1)))


_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_DAYS_IN = {"h": 1 / 24, "d": 1, "w": 7, "f": 14, "m": 30, "q": 91, "y": 365}
"""By the unit's first letter."""
_UNIT = r"(?P<unit>h|hrs?|hours?|d|days?|w|weeks?|fortnights?|months?|quarters?|years?)"
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "couple": 2, "three": 3, "few": 3, "four": 4, "five": 5, "six": 6}
_BEFORE = r"(?<!\S)(?:(?:in|over|during|within|for|from|of)\s+)?(?:the\s+)?"
_AFTER = r"(?=$|\s|[.,;!?)](?:\s|$))"
_WEEKDAY = rf"(?P<weekday>{'|'.join(f'{name}|{name[:3]}' for name in _DAY_NAMES)})"
_MONTH = rf"(?P<month>{'|'.join(f'{name}|{name[:3]}' for name in _MONTH_NAMES)})"
_DATE = (
    r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
    r"|(?P<german>\d{1,2}\.\s?\d{1,2}\.(?:\s?\d{4})?)"
    rf"|{_MONTH}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_MONTH.replace('month', 'month2')}"
    r"(?:,?\s+(?P<year2>\d{4}))?"
)
_DAY_NAMED = re.sub(r"\?P<\w+>", "?:", f"(?:{_WEEKDAY}|{_DATE})")
_PATTERNS = (
    rf"(?:between|from)\s+(?P<first>{_DAY_NAMED})\s*(?:and|to|until|till|-|–)\s*(?P<final>{_DAY_NAMED})",  # noqa: RUF001
    rf"(?:between|from)\s+{_MONTH.replace('month', 'from')}\s*(?:and|to|until|till|-|–)"  # noqa: RUF001
    rf"\s*{_MONTH.replace('month', 'through')}",
    rf"since\s+(?:last\s+)?(?:{_WEEKDAY}|{_DATE}|(?P<yesterday>yesterday|last\s+night)|(?P<thisday>today))",
    r"(?P<last>last|past|previous)\s+weekend",
    rf"(?:last|past|previous|letzten?|derni\w+)\s+(?:(?P<number>\d{{1,4}}|{'|'.join(_COUNTS)})\s+(?:of\s+)?)?{_UNIT}",
    r"(?P<yesterday>yesterday|gestern|ayer|last\s+night|over\s?night|(?<=pass[eé]\s)hier|hier(?=\s+(?:soir|chez)))",
    r"(?P<thisday>today|heute|hoy|tonight|this\s+(?:morning|afternoon|evening))",
    r"this\s+(?P<this>week|month|year)",
    rf"(?:on|last|this)\s+{_WEEKDAY}",
    rf"(?:on\s+)?(?:{_DATE})",
    rf"(?:in|during|last|this)\s+{_MONTH.replace('month', 'whole')}(?:\s+(?P<year>\d{{4}}))?",
    rf"(?P<number>\d{{1,4}})\s*{_UNIT}(?:\s+ago)?",
)


def split_period(text: str, zone: ZoneInfo, now: datetime) -> tuple[str, Period | None]:
    """What stands beside the words for a period, and the period that they mean in the zone; ``None``: there are none.

    Raises :class:`UsageError` for a date that cannot be."""
    found = find_period(text)
    return (beside(text, found), _period(found, zone, now)) if found else (text, None)


def find_period(text: str) -> re.Match[str] | None:
    """The words for a period, whichever it is."""
    return next((found for pattern in _compiled() if (found := pattern.search(text))), None)


@cache
def _compiled() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(f"{_BEFORE}(?:{pattern}){_AFTER}", re.IGNORECASE) for pattern in _PATTERNS)


def beside(text: str, found: re.Match[str]) -> str:
    """The text without what was found."""
    return f"{text[: found.start()].rstrip()} {text[found.end() :].lstrip()}".strip()


def last_days(days: int, now: datetime) -> Period:
    return Period(now - timedelta(days=days), None, f"in the last {count(days, 'day')}")


def _period(found: re.Match[str], zone: ZoneInfo, now: datetime) -> Period:
    given = {name: value.lower() for name, value in found.groupdict().items() if value}
    today = now.astimezone(zone).date()
    is_open = "since" in found[0].lower().split()
    if "first" in given:
        start, end = _day_of(given["first"], today), _day_of(given["final"], today)
        if start > end:
            raise UsageError("Give the earlier day first, for example from monday to wednesday.")
        return _days(start, (end - start).days + 1, f"from {_words(start)} to {_words(end)}", zone)
    if "whole" in given:
        return _month(given, today, zone)
    if "from" in given:
        final = _month({"whole": given["through"]}, today, zone)
        first = _date({"month": given["from"], "day": "1"}, final.since.astimezone(zone).date())
        return Period(_start(first, zone), final.until, f"from {first:%B %Y} to {final.words.removeprefix('in ')}")
    if "last" in given:
        saturday = today - timedelta(days=(today.weekday() - 5) % 7 or 7)
        return _days(saturday, 2, f"last weekend, from {_words(saturday)} on", zone)
    if "unit" in given:
        typed = given.get("number", "1")
        number = _COUNTS.get(typed) or int(typed)
        days = max(1, round(number * _DAYS_IN[given["unit"][0]]))
        if number < 1 or days > MAX_DAYS:
            raise UsageError(f"Give the days as a number from 1 to {MAX_DAYS}, for example --days 30.")
        return last_days(days, now)
    if "this" in given:
        first = {
            "week": today - timedelta(days=today.weekday()),
            "month": today.replace(day=1),
            "year": today.replace(month=1, day=1),
        }[given["this"]]
        return Period(_start(first, zone), None, f"since {_words(first)}")
    if "thisday" in given:
        return Period(_start(today, zone), None, "today")
    if "yesterday" in given:
        day = today - timedelta(days=1)
        if is_open or "night" in given["yesterday"]:
            return Period(_start(day, zone), None, "since yesterday")
        return _days(day, 1, "yesterday", zone)
    if "weekday" in given:
        day = _weekday(given["weekday"], today)
        day = today if is_open and day == today - timedelta(days=7) else day
    else:
        day = _date(given, today)
    if is_open:
        return Period(_start(day, zone), None, f"since {_words(day)}")
    return _days(day, 1, f"on {_words(day)}", zone)


def _weekday(name: str, today: date) -> date:
    """The last one before today."""
    back = (today.weekday() - [name[:3] for name in _DAY_NAMES].index(name[:3])) % 7
    return today - timedelta(days=back or 7)


def _day_of(text: str, today: date) -> date:
    """A weekday or a date, of two of them."""
    if text[:3] in [name[:3] for name in _DAY_NAMES]:
        return _weekday(text, today)
    found = re.fullmatch(_DATE, text, re.IGNORECASE)
    assert found is not None
    return _date({name: value.lower() for name, value in found.groupdict().items() if value}, today)


def _month(given: dict[str, str], today: date, zone: ZoneInfo) -> Period:
    """A whole month; without a year the last one that began, and what there was of it so far."""
    name, year = given["whole"], given.get("year")
    first = _date({"iso": f"{year}-{_month_number(name)}-1"} if year else {"month": name, "day": "1"}, today)
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Period(_start(first, zone), _start(after, zone) if after <= today else None, f"in {first:%B %Y}")


def _month_number(name: str) -> int:
    return [known[:3] for known in _MONTH_NAMES].index(name[:3]) + 1


def _date(given: dict[str, str], today: date) -> date:
    """A date without a year is the last one that was."""
    if "iso" in given:
        year, month, day = map(int, given["iso"].split("-"))
        typed_year: int | None = year
    elif "german" in given:
        numbers = [int(part) for part in re.findall(r"\d+", given["german"])]
        day, month, typed_year = numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else None
    else:
        month = _month_number(given.get("month") or given["month2"])
        day = int(given.get("day") or given["day2"])
        typed = given.get("year") or given.get("year2")
        typed_year = int(typed) if typed else None
    try:
        found = date(typed_year or today.year, month, day)
        if typed_year is None and found > today:
            found = found.replace(year=today.year - 1)
    except ValueError:
        raise UsageError("There is no such date. Give it for example as 2026-03-31.") from None
    if not timedelta() <= today - found <= timedelta(days=MAX_DAYS):
        raise UsageError(f"Give a date within the last {MAX_DAYS} days, for example {today.isoformat()}.")
    return found


def _days(first: date, number: int, words: str, zone: ZoneInfo) -> Period:
    return Period(_start(first, zone), _start(first + timedelta(days=number), zone), words)


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
