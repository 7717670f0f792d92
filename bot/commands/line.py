"""What a typed line consists of: cleans it of signs and markup, and cuts it into pieces. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from bot.catalog import Catalog
from bot.catalog.names import fold
from bot.commands.scan import Value, Word, quote, scan

_EMOJI_CODE = re.compile(r"(?<!\S):[a-z0-9+-][a-z0-9_+'-]{0,50}:(?!\S)", re.IGNORECASE)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""Of what is pasted from a terminal."""
_SIGNS = frozenset({"So", "Sk", "Mn", "Cf"})
"""Of emoji: symbols, skin tones, joiners. https://www.unicode.org/reports/tr44/#General_Category_Values"""
_ALARM = re.compile(r"[🔥🚨⚠❗❓🔴🆘]|:(?:fire|rotating_light|warning|\w*exclamation|\w*question|red_circle|sos):")
_MY_NAME = re.compile(r"(?<!\S)@lookout\b[:,]?", re.IGNORECASE)
_DASH = re.compile(r"(?<!\S)[—–‒―−]+(?=[a-z])", re.IGNORECASE)  # noqa: RUF001
_ENDING_COLON = re.compile(r"(?<=\w):(?=\s|$)")
_KEY_COLON = re.compile(
    r"(?:component|group|region|severity|level|impact|maintenance|match|text|mention|hold|remind|day|least)s?:(?=\s|$)",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b", re.IGNORECASE)  # noqa: RUF001
_ELISION = re.compile(r"(?<!\w)(?:qu|[dljst])['’](?=\w)", re.IGNORECASE)  # noqa: RUF001
_PLEASE = re.compile(r"(?:^|[\s,]+)(?:please|pls|plz)[\s.!?]*$", re.IGNORECASE)
_HELP = frozenset({"--help", "-help", "-h", "--h", "/?", "-?"})


class Piece(NamedTuple):
    text: str
    """As it can be typed."""
    key: str
    """Folded; empty for what is quoted, for the value of a key, and for punctuation alone."""


def clean(text: str) -> str:
    """Without emoji codes and a terminal's colours; any dash before an option as two hyphens."""
    return " ".join(_DASH.sub("--", _EMOJI_CODE.sub(" ", _COLOURS.sub("", text))).split(" ")).strip()


def without_please(text: str) -> str:
    """Without the word at the end, where it is no part of what was asked for."""
    return _PLEASE.sub("", text)


def is_sign(text: str) -> bool:
    """Whether it is an emoji or more, and nothing else: ``:+1:``. One of alarm asks what is down."""
    rest = "".join(_EMOJI_CODE.sub("", text).split())
    is_sign_alone = bool(text.strip()) and all(unicodedata.category(char) in _SIGNS for char in rest)
    return is_sign_alone and not _ALARM.search(text)


def wants_help(text: str) -> bool:
    return any(word.casefold() in _HELP for word in text.split())


def plain(line: str, catalog: Catalog) -> str:
    """As people mean it: without Lookout's name, colons that part sentences, possessives and French elisions outside
    of vendors' names."""
    line = _MY_NAME.sub(" ", line)
    if not _KEY_COLON.search(line):
        line = _ENDING_COLON.sub("", line)
    shorter = _ELISION.sub("", line)
    words = [word if catalog.exact(word) else _POSSESSIVE.sub("", word) for word in shorter.split(" ")]
    return " ".join(words).strip()


def pieces(line: str) -> Iterator[Piece]:
    """Word by word. Raises :class:`bot.commands.scan.UsageError` for a quote that is not closed."""
    for part in scan(line):
        match part:
            case Word(text=text, quoted=True):
                yield Piece(quote(text), "")
            case Word(text=text):
                yield Piece(text, fold(text))
            case Value(key=key, text=text, negated=negated):
                yield Piece(f"{key}:{'!' if negated else ''}{quote(text)}", "")
            case None:
                yield Piece(",", "")
