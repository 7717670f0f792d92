"""Dates as people write them into feeds, in eight languages, to UTC. Pure; takes any text, never raises.

What has two readings (01/03/2026) is no date, and neither is one in a zone that nobody knows: a wrong time is worse
than the time of the first sight. Without any zone it is UTC, and says so.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.monitor.parsing.text import HOURS, YEARS

MAX_CHARS = 100


@dataclass(frozen=True, slots=True)
class Written:
    """A date that was written down."""

    at: datetime
    """UTC."""
    zoned: bool
    """It names its zone."""


# --- words ----------------------------------------------------------------------------------------------------------

_MONTH_NAMES = (
    "january januar janner janvier enero janeiro januari gennaio",
    "february februar feber fevrier febrero fevereiro februari febbraio",
    "march marz mars marzo marco maart mrz mrt",
    "april avril abril aprile",
    "may mai mayo maio mei maggio",
    "june juni juin junio junho giugno",
    "july juli juillet julio julho luglio",
    "august aout agosto augustus",
    "september septembre septiembre setiembre setembro settembre",
    "october oktober octobre octubre outubro ottobre",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dezembro dicembre",
)
_WEEKDAY_NAMES = (
    "monday tuesday wednesday weds thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag "
    "samstag sonnabend sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles "
    "jueves viernes sabado domingo segunda-feira terca-feira quarta-feira quinta-feira sexta-feira segunda "
    "terca quarta quinta sexta feira sabato maandag dinsdag woensdag donderdag vrijdag zaterdag zondag lunedi "
    "martedi mercoledi giovedi venerdi domenica"
)
_WEEKDAYS = frozenset(_WEEKDAY_NAMES.split())
_FILLER_WORDS = (
    "at on the of um den der am le les du de del la el a las los o os as da do alle ore il op het om uur uhr h "
    "hrs heures horas y and st nd rd th er eme"
)
_FILLERS = frozenset(_FILLER_WORDS.split())
_SHORTEST_MONTH = 3
_SHORTEST_WEEKDAY = 2

_ZONES = {name: timezone(timedelta(hours=hours)) for name, hours in HOURS.items()} | {
    name: timezone(timedelta(hours=hours))
    for names, hours in (
        ("MEZ WEST HEC", 1),
        ("MESZ MEST HAEC OEZ", 2),
        ("OESZ", 3),
        ("WEZ", 0),
        ("WESZ", 1),
        ("AKDT", -8),
    )
    for name in names.split()
}
_REGIONS = {
    **dict.fromkeys(("ET", "EASTERN"), "America/New_York"),
    **dict.fromkeys(("CT", "CENTRAL"), "America/Chicago"),
    **dict.fromkeys(("MT", "MOUNTAIN"), "America/Denver"),
    **dict.fromkeys(("PT", "PACIFIC"), "America/Los_Angeles"),
}

# --- what stands where ----------------------------------------------------------------------------------------------

_CLOCK = re.compile(
    r"(?<![\d:])(\d{1,2})(?:(?::|時| ?(?:h|uhr|uur) ?)(\d{2})(?!\d)(?::(\d{2})(?:[.,]\d{1,9})?|分(?:(\d{2})秒)?)?"
    r"| ?(?:h|uhr|uur|時)(?=\s|$)|(?=\s?[ap]\.?\s?m\b))"
    r"(?:\s?([ap])\.?\s?m\b\.?)?(?![\d:])"
)
_DOTTED_CLOCK = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{2})()() ?(?=uhr\b|uur\b)()")
_HALF = re.compile(r"午前|午後")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})(?:[-/]|\. ?|年)(\d{1,2})(?:[-/]|\. ?|月)(\d{1,2})(?:日|\.(?=\s))?(?!\d)")
_YEAR_LAST = re.compile(r"(?<![\d.])(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)")
_OFFSET = re.compile(r"(?:\b(?:gmt|utc|ut|z)\s?|(?<=\s)|^)([+-])(\d{1,2})(?::?(\d{2}))?(?![\d:])")
_TO = re.compile(r"\ba (?=las? |\d)")
"""Of "a las 8:00" and "à 8:00"."""
_JAPANESE_MONTH = re.compile(r"(?<!\d)(\d{1,2})月")
_PLACE = re.compile(r"\b[A-Z][A-Za-z]{1,20}(?:/[A-Z][A-Za-z_+-]{1,30}){1,2}\b")
_ASIDE = re.compile(r"\(([^()]{0,60})\)")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_MONOTONIC = re.compile(r"\s?m=[+-][\d.]{1,30}$")
"""Go prints its clock behind a time."""
_TOKEN = re.compile(r"\d+|[^\W\d_]+(?:-feira)?")
_ACCENTS = re.compile("[\u0300-\u036f]")


@lru_cache(maxsize=4096)
def written_date(text: str) -> Written | None:
    """A date with its time; a date alone is its midnight. Weekdays are skipped: some are wrong."""
    if len(text) > MAX_CHARS:
        return None
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("\u2212", "-").split())
    try:
        at = _iso(plain) or _epoch(plain) or _in_words(plain)
    except (ValueError, OverflowError):
        return None
    if at is None:
        return None
    try:
        utc = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Written(utc, at.tzinfo is not None) if utc.year in YEARS else None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    return datetime.fromtimestamp(int(text[:10]), UTC)


def _in_words(text: str) -> datetime | None:
    place = _PLACE.search(text)
    zone: tzinfo | None = _place(place[0]) if place else None
    if place and zone is None:
        return None
    rest = (text[: place.start()] + " " + text[place.end() :]) if place else text
    rest = _ACCENTS.sub("", unicodedata.normalize("NFKD", rest)).casefold()
    rest = _TO.sub("", _MONOTONIC.sub("", unicodedata.normalize("NFC", rest)))
    aside = _ASIDE.search(rest)
    rest = _ASIDE.sub(" ", rest)

    day, rest = _numeric_day(rest)
    rest = _JAPANESE_MONTH.sub(_month_name, rest)
    clock, rest = _clock(rest)
    if clock is not None and (offset := _OFFSET.search(rest)):
        zone = zone or _offset(offset)
        rest = rest[: offset.start()] + " " + rest[offset.end() :]
    elif clock is not None and aside and (offset := _OFFSET.search(aside[1])):
        zone = zone or _offset(offset)
    named, months, numbers = _words(rest)
    if named is None:
        return None
    if day is None:
        day = _named_day(months, numbers)
    elif months or numbers:
        return None
    if day is None:
        return None
    at = datetime(*day, tzinfo=UTC).replace(tzinfo=None) + (clock or timedelta())
    for name in (*named, *(_TOKEN.findall(aside[1]) if aside and zone is None and not named else ())):
        known = _zone(name)
        if known is None and name in named:
            return None
        zone = zone or known
    return at.replace(tzinfo=zone)


def _numeric_day(text: str) -> tuple[tuple[int, int, int] | None, str]:
    """Year, month, day; and the text without them. With slashes or dashes, only where it has one reading."""
    if found := _YEAR_FIRST.search(text):
        year, month, day = map(int, found.groups())
    elif found := _YEAR_LAST.search(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        day, month = first, second
        if found[2] != "." and first != second:
            if first <= 12 and second <= 12:
                raise ValueError("ambiguous")
            day, month = (first, second) if second <= 12 else (second, first)
    else:
        return None, text
    return (year, month, day), f"{text[: found.start()]} {text[found.end() :]}"


def _clock(text: str) -> tuple[timedelta | None, str]:
    """The time of day, and the text without it."""
    found = _DOTTED_CLOCK.search(text) or _CLOCK.search(text)
    if found is None:
        return None, text
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or found[4] or 0)
    half = _HALF.search(text)
    letter = found[5] or (half and ("p" if half[0] == "午後" else "a"))
    if letter and hour <= 12:
        hour = hour % 12 + (12 if letter == "p" else 0)
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise ValueError("no time of day")
    rest = _HALF.sub(" ", f"{text[: found.start()]} {text[found.end() :]}")
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59)), rest


def _words(text: str) -> tuple[list[str] | None, list[int], list[str]]:
    """Names of zones (``None``: a word that is nothing that belongs to a date), months, and numbers."""
    zones: list[str] = []
    numbers: list[str] = []
    tokens = _TOKEN.findall(text)
    candidates = [token for token in tokens if _month(token)]
    if len(candidates) > 1:
        # "mar" is a Tuesday too, where a month is named besides.
        candidates = [token for token in candidates if not _is_weekday(token)] or candidates[-1:]
    for token in tokens:
        if token.isdigit():
            numbers.append(token)
        elif token in candidates or token in _FILLERS or _is_weekday(token):
            continue
        elif _zone(token) is not None:
            zones.append(token)
        elif token not in ("time", "standard", "daylight", "zeit"):
            return None, [], []
    return zones, [month for token in candidates[:1] if (month := _month(token))], numbers


def _named_day(months: list[int], numbers: list[str]) -> tuple[int, int, int] | None:
    """One month by name, a day and a year: ``3 January 2026``, ``Jan 3 … 2026``, ``03-Jan-26``."""
    if len(months) != 1 or len(numbers) != 2:
        return None
    years = [number for number in numbers if len(number) == 4]
    if len(years) == 1:
        day = next(number for number in numbers if len(number) != 4)
        return (int(years[0]), months[0], int(day)) if len(day) <= 2 else None
    if all(len(number) <= 2 for number in numbers):
        year = int(numbers[1])
        return year + (2000 if year < 70 else 1900), months[0], int(numbers[0])
    return None


def _month_name(found: re.Match[str]) -> str:
    number = int(found[1])
    return f" {_MONTH_NAMES[number - 1].split()[0]} " if 1 <= number <= len(_MONTH_NAMES) else found[0]


def _month(token: str) -> int | None:
    if len(token) < _SHORTEST_MONTH:
        return None
    found = {
        number
        for number, names in enumerate(_MONTH_NAMES, start=1)
        for name in names.split()
        if name.startswith(token) or (token == "ene" and number == 1)
    }
    return found.pop() if len(found) == 1 else None


def _is_weekday(token: str) -> bool:
    if token in ("月", "火", "水", "木", "金", "土", "日") or re.fullmatch("[月火水木金土日]曜日?", token):
        return True
    return len(token) >= _SHORTEST_WEEKDAY and any(name.startswith(token) for name in _WEEKDAYS)


def _zone(name: str) -> tzinfo | None:
    name = name.upper()
    return _place(_REGIONS[name]) if name in _REGIONS else _ZONES.get(name)


def _offset(found: re.Match[str]) -> tzinfo:
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    if minutes >= 24 * 60:
        raise ValueError("no offset")
    return timezone(timedelta(minutes=minutes if found[1] == "+" else -minutes))


@lru_cache(maxsize=256)
def _place(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None
