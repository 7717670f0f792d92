"""How vendors stand, and what a script is told of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from bot.adapters.plain_text import one_line
from bot.cli.ask.source import Document
from bot.domain import LEVEL_OF_SEVERITY, Level
from bot.wording.phrases import DOTS, age, level_text, level_tone, listing

_SPAN = re.compile(r"(\d{1,6})\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Exit(IntEnum):
    """What the program ends with."""

    FINE = 0
    REFUSED = 1
    """The question makes no sense to the source, or it does not answer to this key."""
    TROUBLE = 2
    UNKNOWN = 3


class FailOn(StrEnum):
    """From which level on it is trouble."""

    MAINTENANCE = "maintenance"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def level(self) -> Level:
        return Level.MAINTENANCE if self is FailOn.MAINTENANCE else LEVEL_OF_SEVERITY[self.value]


class Until(StrEnum):
    """Up to which level a vendor counts as well again."""

    OPERATIONAL = "operational"
    MAINTENANCE = "maintenance"
    DEGRADED = "degraded"
    PARTIAL_OUTAGE = "partial_outage"

    @property
    def level(self) -> Level:
        return Level[self.name]


@dataclass(frozen=True, slots=True)
class Standing:
    """One vendor."""

    vendor: str
    name: str
    level: Level | None
    """``None``: unknown, too where the reading is older than was asked for."""
    answer: str
    read_at: datetime | None
    open: tuple[str, ...]
    """A line for each open incident."""
    why: str = ""
    """Why the page cannot be read."""


def standings(document: Document, now: datetime, max_age: timedelta | None = None) -> tuple[Standing, ...]:
    """``max_age``: of a reading that still counts."""
    return tuple(_standing(vendor, now, max_age) for vendor in document["vendors"])


def verdict(found: Sequence[Standing], fail_on: Level) -> Exit:
    """Trouble that is known weighs more than what is not known."""
    if any(one.level is not None and one.level >= fail_on for one in found):
        return Exit.TROUBLE
    return Exit.FINE if found and all(one.level is not None for one in found) else Exit.UNKNOWN


def is_well(found: Sequence[Standing], until: Level) -> bool:
    return bool(found) and all(one.level is not None and one.level <= until for one in found)


def lines(found: Sequence[Standing], now: datetime) -> Iterator[str]:
    """For people. What vendors wrote stands on lines of its own."""
    for one in found:
        read = f" (read {age(one.read_at, now)})" if one.read_at and one.level is not None else ""
        yield f"{DOTS[level_tone(one.level)]} {one.answer}{read}"
        yield from (f"   - {line}" for line in (*filter(None, [one.why]), *one.open))


def incident_lines(document: Document) -> Iterator[str]:
    for one in document["incidents"]:
        began = datetime.fromisoformat(one["started"]).strftime("%Y-%m-%d %H:%M")
        ended = "open" if one["open"] else "over"
        title = one_line(str(one["title"]))
        yield f"{began}  {ended}  {_level_text(one['level'])}  {one_line(str(one['id']))}  {title}"
    if document.get("next"):
        yield "There are more: ask for fewer days, or for more at once with --limit."


def left_out(document: Document) -> str:
    """What an empty list does not say; empty where it says all."""
    if unread := document.get("unread"):
        return f"Never read so far, so nothing is known: {listing([one_line(str(vendor)) for vendor in unread])}."
    return "" if document["incidents"] else "None is on record."


def read_span(text: str) -> timedelta:
    """``90s``, ``10m``, ``2h``, ``1d``. Raises ``ValueError``."""
    found = _SPAN.fullmatch(text.strip().lower())
    if not found or not int(found[1]):
        raise ValueError(f"“{text}” is no time: write 90s, 10m, 2h or 1d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _standing(vendor: Document, now: datetime, max_age: timedelta | None) -> Standing:
    level = _level(vendor["level"])
    read_at = datetime.fromisoformat(vendor["read_at"]) if vendor["read_at"] else None
    answer = one_line(str(vendor["answer"]))
    if level is not None and max_age is not None and (read_at is None or now - read_at > max_age):
        name, last = one_line(str(vendor["name"])), age(read_at, now) if read_at else "never"
        level, answer = None, f"Unknown: {name} was {level_text(level)} when it was last read, {last}."
    return Standing(
        str(vendor["vendor"]),
        one_line(str(vendor["name"])),
        level,
        answer,
        read_at,
        tuple(f"{one_line(str(one['title']))} ({_level_text(one['level'])})" for one in vendor["open"]),
        one_line(str(vendor.get("unreadable") or "")),
    )


def _level(word: object) -> Level | None:
    return next((level for level in Level if level.word == word), None)


def _level_text(word: object) -> str:
    level = _level(word)
    return level_text(level) if level is not None else "unknown"
