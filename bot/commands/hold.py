"""Reads how long a subscription holds incidents back: ``hold:5m``, ``hold:10m,all``, ``only if it lasts 5 minutes``.
Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.catalog.names import fold
from bot.commands.scan import UsageError, Value, Word
from bot.domain import Hold

MAX_HOLD = timedelta(days=1)
"""What is told a day late is told by a digest."""
EXAMPLE = "hold:5m"
ALL = "all"
"""After the time: a major one waits too."""

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SPAN = r"(?P<number>\d{1,4})\s*(?P<unit>m|mins?|minutes?|h|hrs?|hours?|d|days?)"
_TIME = re.compile(_SPAN, re.IGNORECASE)
_OFF = frozenset({"off", "no", "none", "0"})
_ALL = frozenset({ALL, "everything", "any", "always"})
HOLD_PHRASE = re.compile(
    r"(?:^|(?<= ))(?=(?:\w+ ){0,6}?(?:hold|held|wait|waits|last|lasts|lasting|after|longer|open|stays)\b)"
    r"(?:(?:hold|held|back|wait|waits|only|if|when|once|it|they|them|is|are|has|been|still|last|lasts|lasting|open|down"
    rf"|goes|on|for|after|longer|more|than|at|least|stays|with|a|the|first) )+{_SPAN}(?= |$)",
    re.IGNORECASE,
)
"""``only if it lasts 5 minutes``: folded words, one space between them."""


def parse_hold(values: Sequence[Value]) -> Hold | None:
    """The values of ``hold:``; ``off`` is ``None``. Raises :class:`UsageError` for what is none."""
    words = [word for value in values for word in value.text.replace(",", " ").split()]
    if any(value.negated for value in values) or not words:
        raise _refusal(values)
    if len(words) == 1 and words[0].casefold() in _OFF:
        return None
    everything = any(word.casefold() in _ALL for word in words)
    found = _TIME.fullmatch(" ".join(word for word in words if word.casefold() not in _ALL))
    span = int(found["number"]) * _UNITS[found["unit"][0].lower()] if found else timedelta()
    if not timedelta() < span <= MAX_HOLD:
        raise _refusal(values)
    return Hold(span, None) if everything else Hold(span)


def hold_typed(hold: Hold) -> str:
    """As somebody would type it; :func:`parse_hold` reads it back as the same."""
    minutes = int(hold.span / _UNITS["m"])
    span = f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
    return f"hold:{span}" if hold.passes_at is not None else f"hold:{span},{ALL}"


def without_hold(words: Sequence[Word], values: dict[str, list[Value]]) -> Iterator[Word]:
    """The words without those that say how long to wait; what they say goes into the values, unless a key says it."""
    said = " ".join("_" if word.quoted else fold(word.text) or "_" for word in words)
    found = HOLD_PHRASE.search(said)
    if found is None:
        return iter(words)
    if "hold" not in values:
        values["hold"] = [Value("hold", f"{found['number']}{found['unit'][0]}")]
    first = said[: found.start()].count(" ")
    last = first + found[0].count(" ")
    return (word for at, word in enumerate(words) if not first <= at <= last)


def _refusal(values: Sequence[Value]) -> UsageError:
    typed = ",".join(value.text for value in values)[:40]
    return UsageError(
        f"A hold is a time of up to a day, not “{typed}”: {EXAMPLE}, {EXAMPLE},{ALL} if major ones are to wait too, or"
        " hold:off."
    )
