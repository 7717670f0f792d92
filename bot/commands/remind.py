"""Reads how long before a planned maintenance a channel is reminded: ``1h,1d``, ``30m and 1 day``, ``off``. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from bot.commands.scan import UsageError
from bot.wording.phrases import quoted

MAX_LEAD = timedelta(days=30)
MAX_REMINDERS = 5
EXAMPLE = "remind=1h,1d"

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_A_LEAD = r"(?:\d{1,5}|an?|one)\s*(?:m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?=[\s,;+&\"]|$)"
_LEAD = re.compile(r"\s*(?P<number>\d{1,5}|an?|one)\s*(?P<unit>[a-z]+)(?=\s|$)", re.IGNORECASE)
_UNIT = re.compile(r"m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?", re.IGNORECASE)
_SETTING = re.compile(
    rf"(?<!\S)remind(?:ers?|ing)?\b(?:\s+(?:me|us|this channel))?\s*[:=]?\s*[\"'“”]?"
    rf"(?P<leads>off|no|none|never|{_A_LEAD}(?:(?:\s*[,;+&]\s*|\s+and\s+|\s+){_A_LEAD})*|[^\s\"“”]*)[\"'“”]?"
    r"(?:\s+(?:before|ahead)(?:\s+(?:of|a|an|the|each|every|any|planned|scheduled|maintenances?)\b)*)?",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"(?:please\s+|can you\s+)*remind(?:ers?)?\s+(?:\d|(?:me|us|this channel|an?|one|off|no)\b)", re.IGNORECASE
)
"""Alone it is a vendor's name."""
_BETWEEN = re.compile(r"[,;+&]|\band\b", re.IGNORECASE)
_BEFORE = re.compile(r"\s*\b(?:before|ahead|earlier|in advance)\b.*$", re.IGNORECASE)
_OFF = frozenset({"off", "no", "none", "never", "0"})


def parse_leads(text: str) -> tuple[timedelta, ...]:
    """The longest first; empty for ``off``. Raises :class:`UsageError` for what is none."""
    wanted = _BEFORE.sub("", text.strip())
    if wanted.casefold() in _OFF:
        return ()
    words = _BETWEEN.sub(" ", wanted).strip()
    found = list(_LEAD.finditer(words))
    is_whole = not _LEAD.sub("", words).strip() and all(_UNIT.fullmatch(one["unit"]) for one in found)
    leads = {_lead(one) for one in found} if is_whole else set()
    if not 0 < len(leads) <= MAX_REMINDERS or not all(timedelta() < lead <= MAX_LEAD for lead in leads):
        raise _refusal(text)
    return tuple(sorted(leads, reverse=True))


def _lead(found: re.Match[str]) -> timedelta:
    number = int(found["number"]) if found["number"].isdigit() else 1
    return number * _UNITS[found["unit"][0].lower()]


def split_reminders(text: str) -> tuple[str, str | None]:
    """What stands around ``remind=1h,1d``, and its value; ``None``: it is not there."""
    found = _SETTING.search(text)
    if found is None:
        return text, None
    return f"{text[: found.start()]} {text[found.end() :]}".strip(), found["leads"]


def remind_wish(line: str) -> str | None:
    """A line that asks to be reminded, as it is typed after ``settings``; ``None``: it asks for no such thing. Raises
    :class:`UsageError` where it does not say how long before."""
    if not _WISH.match(line.strip()):
        return None
    _, typed = split_reminders(line)
    return None if typed is None else f"remind={unparse_leads(parse_leads(typed))}"


def unparse_leads(leads: Sequence[timedelta]) -> str:
    """As it would be typed; :func:`parse_leads` reads it back as the same."""
    return ",".join(_typed(lead) for lead in sorted(leads)) or "off"


def _typed(lead: timedelta) -> str:
    unit = next(unit for unit in ("d", "h", "m") if not lead % _UNITS[unit])
    return f"{lead // _UNITS[unit]}{unit}"


def _refusal(text: str) -> UsageError:
    if not text.strip():
        return UsageError(f"Say how long before a maintenance to remind: {EXAMPLE}, or remind=off.")
    return UsageError(
        f"A reminder comes up to {MAX_LEAD.days} days before a maintenance, and {MAX_REMINDERS} of them at most; not "
        f"{quoted(text)}: {EXAMPLE}, or remind=off."
    )
