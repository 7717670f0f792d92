"""What a channel ignores, in one line: on the card, in ``why``, in the list of ``mute``."""

from __future__ import annotations

from bot.domain import Ignored, Mute
from bot.message import Line, Moment, Person, Strong, Style
from bot.wording.phrases import excerpt

REASON_CHARS = 200
EXAMPLE = 'ignore github/abc123 "does not affect us" until 9:00'
_CHANGED = "until it gets worse or names other parts"


def ignored_line(ignored: Ignored) -> Line:
    """On a card: ``Ignored here by Ada: “does not affect us”, until it gets worse or names other parts``"""
    return (Strong("Ignored here"), *_who_and_why(ignored), f", {_CHANGED}" if ignored.until_changed else "")


def ignored_fact(ignored: Ignored, mute: Mute) -> Line:
    """Elsewhere: ``ignored by Ada: “does not affect us”, until 14:00``"""
    return ("ignored", *_who_and_why(ignored), ", ", *ignored_until(mute))


def ignored_until(mute: Mute) -> Line:
    if mute.until is not None:
        return ("until ", Moment(mute.until, Style.DATETIME))
    return (_CHANGED if mute.ignored and mute.ignored.until_changed else "until it's resolved",)


def _who_and_why(ignored: Ignored) -> Line:
    why = f": “{excerpt(ignored.reason, REASON_CHARS)}”" if ignored.reason else ""
    return (" by ", Person(ignored.by, name=ignored.name), why)
