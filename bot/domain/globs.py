"""Globs in filters: ``*`` stands for any text, ``?`` for one character, ``[…]`` for one of a set, as in a shell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

CACHED_PATTERNS = 4096


def matches(glob: str, text: str) -> bool:
    """Whether the glob matches the whole text, in any case. A text with brackets in it also matches itself."""
    return matches_folded(glob.casefold(), text.casefold())


def matches_any(glob: str, texts: Iterable[str]) -> bool:
    """Whether the glob matches one of the texts."""
    folded = glob.casefold()
    return any(matches_folded(folded, text.casefold()) for text in texts)


def matches_folded(glob: str, text: str) -> bool:
    """:func:`matches` where both are case-folded already."""
    if text == glob:
        return True
    if "?" in glob or "[" in glob:
        return _pattern(glob).match(text) is not None
    return _matches_stars(glob, text)


def _matches_stars(glob: str, text: str) -> bool:
    """Stars alone, the usual case, need no pattern: compiling thousands of them would take seconds."""
    head, *pieces = glob.split("*")
    if not pieces or not text.startswith(head):
        return False
    tail = pieces.pop()
    at, end = len(head), len(text) - len(tail)
    for piece in pieces:
        at = text.find(piece, at, end) + len(piece)
        if at < len(piece):
            return False
    return at <= end and text.endswith(tail)


@lru_cache(maxsize=CACHED_PATTERNS)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob))
