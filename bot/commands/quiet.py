"""Reads quiet hours: ``quiet=22:00-07:00,weekends``, ``quiet from 10pm to 7am except major``, ``quiet=off``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from bot.commands.grammar import level_named
from bot.commands.scan import UsageError
from bot.domain import LEVEL_OF_SEVERITY, Level, QuietHours

_CLOCK = (
    r"(?:(?:[01]?\d|2[0-4])(?:(?:[:.]|h)[0-5]\d|h)?\s*(?:[ap]\.?m\b\.?|uhr\b|o['’]?clock\b)?"  # noqa: RUF001
    r"|noon\b|midday\b|midnight\b)"
)
_RANGE = re.compile(
    rf"(?:(?:from|between|von)\s+)?(?P<start>{_CLOCK})\s*(?:-|–|—|to\b|til+\b|until\b|and\b|bis\b)\s*(?P<end>{_CLOCK})"  # noqa: RUF001
    r"(?!\s*-\s*\d|[\w:])",
    re.IGNORECASE,
)
_WEEKENDS = re.compile(
    r"(?:(?:and|plus|on|at|over|all|also|the|whole|during)\s+)*week-?ends?\b(?:\s+too\b)?", re.IGNORECASE
)
_EXCEPT = re.compile(
    r"(?:except(?:ing)?|but|unless)(?:\s*[:=]\s*|\s+)(?:(?:for|if|when|it|its|it's|is|not)\s+)*(?P<level>[a-z_]+)\+?"
    r"(?:\s+(?:outages?|incidents?|ones|issues|or\s+worse))*",
    re.IGNORECASE,
)
_OFF = re.compile(r"(?:off|none|no|never|disabled?)\b", re.IGNORECASE)
_NIGHT = re.compile(
    r"(?:please\s+)?(?:(?:be|keep|stay)\s+)?(?:quiet|silent|silence)\s+(?:at|during|over|by)\s+(?:the\s+)?nights?[!.]*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"[\s,;=:\"'“”]+|(?:every|each|at|is|to|be|the|on|please|nights?|days?|daily|nightly|hours?|time)\b", re.IGNORECASE
)
_NAME = re.compile(r"\b(?:quiet(?:[\s_-]?(?:hours?|times?))?|dnd|do[\s_-]not[\s_-]disturb)\b", re.IGNORECASE)
_WISH = re.compile(
    rf"(?:{_NAME.pattern}|\bsilent\b|\b(?:no|stop|don'?t|do\s+not|never)\s+(?:\w+\s+){{0,3}}?"
    r"(?:messages?|posts?|posting|notif\w+|alerts?|pings?|disturb|send|anything)\b)",
    re.IGNORECASE,
)
_ENDED = re.compile(
    rf"\W*(?:(?:\w+\s+){{0,3}}{_NAME.pattern}\s+off"
    rf"|(?:(?:turn|switch)\s+off|no(?:\s+more)?|end|stop|disable|remove|cancel)\s+(?:(?:the|our|my|all)\s+)?{_NAME.pattern})"
    r"(?:\s+please)?\W*",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:(?:[:.]|h)(?P<minute>\d\d)|h)?\s*(?P<half>[ap])?\.?(?:m\.?)?(?:uhr|o['’]?clock)?",  # noqa: RUF001
    re.IGNORECASE,
)
_NAMED = {"noon": time(12), "midday": time(12), "midnight": time()}
EXAMPLE = "quiet=22:00-07:00"
EXCEPT_EXAMPLE = "except=major"


@dataclass(frozen=True, slots=True)
class TypedQuiet:
    """What was typed of quiet hours."""

    hours: QuietHours | None
    """``None``: none any more."""
    says_except: bool = False
    """It says what goes through; else that stays as it was."""


def split_quiet(text: str) -> tuple[str, TypedQuiet | None]:
    """What stands beside quiet hours, and those; ``None``: the text has none. Raises :class:`UsageError` for such that
    cannot be."""
    name = _NAME.search(text)
    if name is None:
        return text, None
    typed, end = _read(text, name.end())
    if typed is None:
        raise _refusal(text[name.end() :].strip(" =:"))
    return f"{text[: name.start()].rstrip()} {text[end:].lstrip()}".strip(), typed


def without_quiet(text: str) -> str:
    """The text without quiet hours that cannot be read: their name and the word after it, and what goes through."""
    return _EXCEPT.sub(" ", re.sub(rf"{_NAME.pattern}[\s=:]*\S*", " ", text, flags=re.IGNORECASE))


def quiet_wish(line: str) -> str | None:
    """A line that asks for quiet hours in other words, as it is typed after ``settings``; ``None``: it asks for none.
    Raises as :func:`split_quiet`."""
    name = _WISH.search(line)
    hours = _RANGE.search(line) or _WEEKENDS.search(line)
    if hours is None and _NIGHT.fullmatch(line.strip()):
        raise _refusal("")
    if name is None or hours is None:
        return "quiet=off" if _ENDED.fullmatch(line) else None
    typed, _ = _read(line, hours.start())
    return quiet_typed(typed.hours) if typed is not None else None


def quiet_typed(quiet: QuietHours | None) -> str:
    """As somebody would type it after ``settings``."""
    if quiet is None:
        return "quiet=off"
    hours = [f"{quiet.start:%H:%M}-{quiet.end:%H:%M}"] if quiet.start is not None and quiet.end is not None else []
    text = f"quiet={','.join([*hours, *(['weekends'] if quiet.weekends else [])])}"
    return text if quiet.except_level is None else f"{text} except={except_word(quiet.except_level)}"


def except_word(level: Level) -> str:
    return next(word for word, known in LEVEL_OF_SEVERITY.items() if known is level)


def _read(text: str, at: int) -> tuple[TypedQuiet | None, int]:
    """Quiet hours that stand in the text from there on, and where they end."""
    hours: tuple[time, time] | None = None
    weekends, except_level, says_except, off, end = False, None, False, False, at
    while at < len(text):
        if found := _RANGE.match(text, at):
            hours = _hours(found)
        elif found := _WEEKENDS.match(text, at):
            weekends = True
        elif found := _EXCEPT.match(text, at):
            except_level, says_except = level_named(found["level"], EXCEPT_EXAMPLE), True
        elif found := _OFF.match(text, at):
            off = True
        elif not (found := _BETWEEN.match(text, at)):
            break
        at = found.end()
        if found.re is not _BETWEEN:
            end = at
    if off and hours is None and not weekends:
        return TypedQuiet(None), end
    if hours is None and not weekends:
        return None, end
    start, until = hours or (None, None)
    return TypedQuiet(QuietHours(start, until, weekends, except_level), says_except), end


def _hours(found: re.Match[str]) -> tuple[time, time]:
    start, end = _time(found["start"]), _time(found["end"])
    if start is None or end is None or start == end:
        raise _refusal(found[0])
    if _is_vague(found["start"]) and (_is_vague(found["end"]) or "m" in found["end"].casefold()):
        raise UsageError(
            f"Is that morning or evening, “{found[0].strip()[:40]}”? Write the hours out, for example {EXAMPLE}."
        )
    return start, end


def _is_vague(text: str) -> bool:
    """``10``: of the morning or of the evening."""
    return text.strip().isdigit() and 1 <= int(text) <= 12


def _time(text: str) -> time | None:
    text = text.strip()
    if (named := _NAMED.get(text.casefold())) is not None:
        return named
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    return time(hour % 24, minute) if hour < 24 or minute == 0 else None


def _refusal(typed: str) -> UsageError:
    what = f", not “{typed[:40]}”" if typed else ""
    return UsageError(
        f"Give quiet hours as two times{what}: {EXAMPLE}, with ,weekends for whole weekends too, or quiet=off."
    )
