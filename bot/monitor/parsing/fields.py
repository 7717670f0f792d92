"""Fields of foreign JSON, by the type that a reader wants: one of another type reads as absent. It knows no platform.

Only what holds a reading together (the document, a list of rows) raises :class:`ParseFailed`: a page must never look
greener for something that could not be read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from bot.monitor.parsing.body import read_json
from bot.monitor.parsing.text import YEARS, clean, one_line
from bot.monitor.provider import Body, ParseFailed

Row = Mapping[str, object]

MAX_DIGITS = 18
MAX_NUMBER = 10**MAX_DIGITS
MAX_ID = 2**63
"""Ids are at most signed 64-bit integers."""
MAX_WORD_CHARS = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_object(body: Body) -> Row:
    """The JSON object of a body."""
    found = read_json(body)
    if not isinstance(found, dict):
        raise ParseFailed("The page's JSON is not the object that this kind of page answers with.")
    return found


def objects(value: object, what: str) -> list[Row]:
    """The rows of a list that must be one; absent and null count as empty. ``what``: their name in the error."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ParseFailed(f"The page's {what} are not a list.")
    if not all(isinstance(row, dict) for row in value):
        raise ParseFailed(f"The page's {what} are not all JSON objects.")
    return value


def row(value: object) -> Row:
    """An object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Row]:
    """The objects in a list, whatever else is in it."""
    return [each for each in items(value) if isinstance(each, dict)]


def items(value: object) -> list[object]:
    """A list; anything else is an empty one."""
    return value if isinstance(value, list) else []


def string(value: object) -> str:
    """A cleaned string, or a whole number as ids have it; anything else is ``""``."""
    if isinstance(value, str):
        return clean(value).strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MAX_ID else ""


def word(value: object) -> str:
    """For looking words up: lower case, one underscore between its parts."""
    short = isinstance(value, str) and len(value) <= MAX_WORD_CHARS
    return _known_word(value) if short else _word(string(value))


def _word(text: str) -> str:
    return "_".join(text.lower().replace("-", " ").replace("_", " ").split())


@lru_cache(maxsize=512)
def _known_word(value: str) -> str:
    """Platforms have few, and say them of every component."""
    return _word(string(value))


def raw_label(understood: object, value: object) -> str | None:
    """The page's own word, in one line of at most :data:`MAX_WORD_CHARS`, for what was not understood of it; ``None``
    where it was (it stands for something, be it false), or says nothing."""
    if understood is not None:
        return None
    text = f"{value:g}" if isinstance(value, float) else one_line(string(value))
    return text[:MAX_WORD_CHARS].strip() or None


def number(value: object) -> float | None:
    """A finite number, also one written as a string."""
    if isinstance(value, str):
        text = value.strip()
        value = int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < MAX_NUMBER and math.isfinite(value) else None


def code(value: object) -> int:
    """A whole number that stands for a word, also one written as a string; -1, which stands for none, otherwise."""
    found = number(value)
    return int(found) if found is not None and found == int(found) else -1


def seconds(value: object) -> datetime | None:
    """A time in seconds since 1970; 0 and less is a placeholder."""
    at = number(value)
    try:
        found = _EPOCH + timedelta(seconds=at) if at is not None and at > 0 else None
    except OverflowError:
        return None
    return found if found and found.year in YEARS else None


def milliseconds(value: object) -> datetime | None:
    """A time in milliseconds since 1970."""
    at = number(value)
    return None if at is None else seconds(at / 1000)


def web_address(value: object) -> str | None:
    """An absolute address that a message may link to."""
    text = string(value)
    try:
        known = urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).hostname)
    except ValueError:
        return None
    return text if known and text.startswith("http") and len(text.split()) == 1 else None
