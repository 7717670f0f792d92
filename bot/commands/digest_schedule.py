"""Reads when somebody wants a digest: ``daily 9:00``, ``every monday at 5pm``, ``weekly fri only``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from enum import Enum, auto

from bot.commands.scan import UsageError
from bot.commands.vocabulary import DIGEST_ASIDE
from bot.domain.digests import DigestSchedule
from bot.wording.phrases import quoted

MORNING = time(9)
"""When a digest comes whose time nobody said."""
MONDAY = 0
HOW = "say for example digest daily 9:00, digest weekly mon 9:00 or digest off."

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {"tues": 1, "thur": 3, "thurs": 3, "weds": 2}
_WEEKDAYS = _SHORT | {name: at for at, day in enumerate(_DAYS) for name in (day, f"{day}s", day[:3])}
_DAILY = frozenset({"daily", "day", "days", "everyday"})
_WEEKLY = frozenset({"weekly", "week", "weeks"})
_OFF = frozenset({"off", "stop", "none", "no", "end", "disable", "cancel", "dont", "delete", "remove", "kill", "never"})
_NOW = frozenset({"now", "show", "see", "preview"})
_ONLY = frozenset({"only", "alone", "just", "exclusively", "nothing"})
_PARTS_OF_DAY = {"morning": MORNING, "mornings": MORNING, "noon": time(12), "midday": time(12), "midnight": time()}
_ZONES = frozenset({"utc", "gmt", "cet", "cest", "est", "edt", "et", "pst", "pdt", "pt", "bst", "ist", "cst", "mst"})
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))?(?:h|uhr)?(?P<half>am|pm|a\.m\.?|p\.m\.?)?", re.IGNORECASE
)
_GLUED = re.compile(r"(?<=\d)\s+(?=(?:am|pm|a\.m\.?|p\.m\.?|h|uhr)\b)", re.IGNORECASE)


class DigestWish(Enum):
    """What may be asked for besides a schedule."""

    SHOW = auto()
    OFF = auto()
    NOW = auto()
    ONLY = auto()
    """Of the digest that there is."""


@dataclass(slots=True)
class _Typed:
    """What was found so far."""

    weekly: bool | None = None
    weekday: int | None = None
    at: time | None = None
    part_of_day: time | None = None
    only: bool = False


def read_digest(text: str) -> DigestSchedule | DigestWish:
    """What was typed after ``digest``. Raises :class:`UsageError` for what is not understood."""
    words = [word.strip(",;!?") for word in _GLUED.sub("", text.casefold().replace("'", "")).split()]
    words = [word for word in words if word]
    said = set(words)
    asked = [word for word in words if word not in DIGEST_ASIDE]
    if said & _OFF and (asked[0] in _OFF or not any(word[0].isdigit() for word in words)):
        return DigestWish.OFF
    if said & _NOW and said <= _NOW | DIGEST_ASIDE:
        return DigestWish.NOW
    typed = _Typed()
    for word in words:
        _read(word, typed)
    at = typed.at or typed.part_of_day
    if typed.weekly is None and typed.weekday is None and at is None:
        return DigestWish.ONLY if typed.only else DigestWish.SHOW
    if typed.weekly is False and typed.weekday is not None:
        raise UsageError(f"A digest comes daily or on one day of the week, not both: {HOW}")
    weekday = MONDAY if typed.weekly and typed.weekday is None else typed.weekday
    return DigestSchedule(at or MORNING, weekday, typed.only)


def unparse_digest(wanted: DigestSchedule | DigestWish) -> str:
    """As it would be typed; :func:`read_digest` reads it back."""
    match wanted:
        case DigestWish.SHOW:
            return ""
        case DigestWish():
            return wanted.name.lower()
        case DigestSchedule(at=at, weekday=weekday, only=only):
            day = "daily" if weekday is None else f"weekly {_DAYS[weekday][:3]}"
            return f"{day} {at.hour}:{at.minute:02}{' only' if only else ''}"


def _read(word: str, typed: _Typed) -> None:
    if word in _WEEKDAYS:
        if typed.weekday not in (None, _WEEKDAYS[word]):
            raise UsageError(f"A digest comes daily or on one day of the week: {HOW}")
        typed.weekday = _WEEKDAYS[word]
    elif word in _DAILY | _WEEKLY:
        typed.weekly = word in _WEEKLY
    elif word in _ONLY:
        typed.only = True
    elif word in _PARTS_OF_DAY:
        typed.part_of_day = _PARTS_OF_DAY[word]
        if typed.weekly is None and word.startswith("morning"):
            typed.weekly = None if typed.weekday is not None else False
    elif word[:1].isdigit():
        at = _clock(word)
        if at is not None and typed.at not in (None, at):
            raise UsageError(f"A digest comes once, not at {typed.at:%H:%M} and {at:%H:%M}: {HOW}")
        if at is None:
            raise UsageError(f"At what time is {quoted(word)}? Give one time such as 9:00 or 17:30.")
        typed.at = at
    elif "/" in word or word in _ZONES:
        raise UsageError(
            "The time is by this channel's clocks: settings tz=Europe/Berlin sets them, then leave it out."
        )
    elif word in _NOW:
        raise UsageError("Type digest now alone to see it, or leave that out to say when it comes.")
    elif word not in DIGEST_ASIDE:
        raise UsageError(f"I don't understand {quoted(word)} there: {HOW}")


def _clock(word: str) -> time | None:
    found = _CLOCK.fullmatch(word)
    if not found:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].startswith("p") else 0)
    return time(hour, minute) if hour <= 23 and minute <= 59 else None
