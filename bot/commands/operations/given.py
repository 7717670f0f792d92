"""What a program gives to a command, checked against the command's arguments. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.commands.command import Argument, ArgumentKind
from bot.commands.period import MAX_DAYS
from bot.domain import IncidentKind, Mode
from bot.wording.digest import DAYS

MAX_TEXT_CHARS = 500
"""Of one value: longer than any name, address or id that is known."""
MAX_VALUES = 25
"""Of one argument; as many vendors as a command reads at once."""
MAX_NUMBER = 200
"""Of entries in one answer."""
MAX_WAIT_S = 30
"""Less than what proxies let a request without an answer go on."""
CHOICES: Mapping[ArgumentKind, tuple[str, ...]] = MappingProxyType({
    ArgumentKind.SEVERITY: ("minor", "major", "critical"),
    ArgumentKind.SWITCH: ("on", "off"),
    ArgumentKind.MAINTENANCE: ("on", "off", "digest"),
    ArgumentKind.MODE: tuple(mode.value for mode in Mode),
    ArgumentKind.CADENCE: ("daily", "weekly", "off", "now"),
    ArgumentKind.WEEKDAY: tuple(day[:3].lower() for day in DAYS),
    ArgumentKind.ONLY: ("only",),
    ArgumentKind.WHERE: ("everywhere",),
    ArgumentKind.INCIDENT_KIND: tuple(kind.value for kind in IncidentKind),
})  # fmt: skip
NUMBERS: Mapping[ArgumentKind, int] = MappingProxyType({
    ArgumentKind.DAYS: MAX_DAYS,
    ArgumentKind.NUMBER: MAX_NUMBER,
    ArgumentKind.SECONDS: MAX_WAIT_S,
})  # fmt: skip
"""Whole numbers, each with its greatest; the least is 1."""
ONE_LINE = "^(?!\\s*$)[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$"
"""Of a text, as JSON Schema has it: no control characters, and not blanks alone."""
_LINE = re.compile(ONE_LINE)
_HALVES = re.compile("[\ud800-\udfff]")
"""Of characters, which JSON may carry and no database takes."""
_SWITCH = {True: "on", False: "off"}

Value = str | int | tuple[str, ...]


class Refused(Exception):
    """It cannot be done. The message is one sentence that says what to do."""


class BadInput(Refused):
    """What was given makes no sense."""


class NotThere(Refused):
    """What was named is not on record."""


class NotAllowed(Refused):
    """Whoever asks may not."""


@dataclass(frozen=True, slots=True)
class Given:
    """The values of a command's arguments by their names, as :func:`read_given` has checked them."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Empty if it was not given."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else " ".join(map(str, value)) if isinstance(value, tuple) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name, ())
        return value if isinstance(value, tuple) else (str(value),)

    def number(self, name: str, default: int) -> int:
        value = self.values.get(name)
        return value if isinstance(value, int) else default

    def typed(self) -> dict[str, str | Sequence[str]]:
        """As :meth:`bot.commands.command.Command.command_text` takes them."""
        return {name: value if isinstance(value, tuple) else str(value) for name, value in self.values.items()}


def read_given(arguments: Sequence[Argument], raw: Mapping[str, object]) -> Given:
    """``raw``: texts, numbers, booleans and lists of them. Raises :class:`BadInput`."""
    known = {argument.name: argument for argument in arguments}
    for name in raw:
        if name not in known:
            names = f"There are {', '.join(known)}." if known else "It takes none."
            raise BadInput(f"There is no argument “{name[:40]}”. {names}")
    values = {name: _value(known[name], value) for name, value in raw.items()}
    for argument in arguments:
        if argument.required and argument.name not in values:
            raise BadInput(f"Give “{argument.name}”: {argument.summary}.")
    return Given(values)


def without_nothing(raw: Mapping[str, object]) -> dict[str, object]:
    """For callers who write down what they do not give: without empty values."""
    return {name: value for name, value in raw.items() if value not in (None, "", [], ())}


def _value(argument: Argument, raw: object) -> Value:
    given = list(raw) if isinstance(raw, (list, tuple)) else [raw]
    if len(given) > (MAX_VALUES if argument.many else 1) or not given:
        limit = f"1 to {MAX_VALUES} times" if argument.many else "once"
        raise BadInput(f"Give “{argument.name}” {limit}.")
    if greatest := NUMBERS.get(argument.kind):
        return _number(argument, given[0], greatest)
    texts = tuple(_text(argument, one) for one in given)
    return texts if argument.many else texts[0]


def _number(argument: Argument, raw: object, greatest: int) -> int:
    text = str(raw) if isinstance(raw, (int, str)) and not isinstance(raw, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(greatest)) and 1 <= int(text) <= greatest):
        raise BadInput(f"Give “{argument.name}” as a whole number from 1 to {greatest}.")
    return int(text)


def _text(argument: Argument, raw: object) -> str:
    choices = CHOICES.get(argument.kind, ())
    if isinstance(raw, bool) and argument.kind in (ArgumentKind.SWITCH, ArgumentKind.MAINTENANCE):
        raw = _SWITCH[raw]
    if not isinstance(raw, str):
        raise BadInput(f"Give “{argument.name}” as text.")
    text = raw.strip()
    if not _LINE.match(text) or len(raw) > MAX_TEXT_CHARS or _HALVES.search(text):
        raise BadInput(f"Give “{argument.name}” as one line of 1 to {MAX_TEXT_CHARS} characters.")
    if choices and text not in choices:
        raise BadInput(f"“{argument.name}” is one of {', '.join(choices)}.")
    return text
