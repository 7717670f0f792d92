"""The values of arguments that take no others. Platforms offer them as a list."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.command import ArgumentKind
from bot.commands.complete import Choice
from bot.commands.operations.given import CHOICES
from bot.commands.table import COMMANDS
from bot.domain import LEVEL_OF_SEVERITY
from bot.wording.digest import DAYS
from bot.wording.subscriptions import severity_text


def choices_of(kind: ArgumentKind) -> Sequence[Choice]:
    """Of this kind of argument; none: others may be typed."""
    if kind is ArgumentKind.COMMAND:
        return [Choice(command.name, command.name) for command in COMMANDS]
    return [Choice(_name(kind, value), value) for value in CHOICES.get(kind, ())]


def _name(kind: ArgumentKind, value: str) -> str:
    match kind:
        case ArgumentKind.SEVERITY:
            return f"{value} — {severity_text(LEVEL_OF_SEVERITY[value])}"
        case ArgumentKind.WEEKDAY:
            return next(day for day in DAYS if day.lower().startswith(value))
        case ArgumentKind.MAINTENANCE if value == "digest":
            return "in the digest alone"
        case ArgumentKind.ONLY:
            return "nothing else"
        case ArgumentKind.WHERE:
            return f"{value}: all channels"
        case _:
            return value
