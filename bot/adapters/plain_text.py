"""What other people write, made safe to show on any platform: one rule for all of them. Pure.

The result is plain text: each platform escapes its own markup in it afterwards.
"""

from __future__ import annotations

import re
import unicodedata

MAX_MARKS = 3
"""Accents on one letter; more of them bury the lines around."""

_INVISIBLE = "\u034f\u17b4\u17b5"
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols that show nothing, yet take up room."""
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_EXCESS_MARKS = re.compile(f"({_MARK}{{{MAX_MARKS}}}){_MARK}+")


class _Replacements(dict[int, str]):
    """Code point to what is shown in its place, worked out once each: for ``str.translate``."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        match unicodedata.category(char):
            case "Cc":
                shown = {"\n": "\n", "\t": " "}.get(char, "")
            case "Cs":
                shown = "\N{REPLACEMENT CHARACTER}"
            case "Cf":
                # Emoji and several scripts need the joiners; the others only hide or turn what stands beside them.
                shown = char if char in "\u200c\u200d" else ""
            case "Zl" | "Zp":
                shown = "\n"
            case _:
                shown = "" if char in _INVISIBLE else " " if char in _BLANKS else char
        self[point] = shown
        return shown


_REPLACEMENTS = _Replacements()


def sanitize(text: str) -> str:
    """The text without control characters other than line feeds, bidi overrides, invisible characters, lone surrogates
    and towers of accents."""
    return _EXCESS_MARKS.sub(r"\1", text.translate(_REPLACEMENTS))


def one_line(text: str) -> str:
    """The same on one line, without blanks around it and with single ones in it."""
    return " ".join(sanitize(text).split())
