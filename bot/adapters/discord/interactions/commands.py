"""The table of commands as Discord's typed application commands, and what comes back as typed text. Pure.

https://discord.com/developers/docs/interactions/application-commands
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.adapters.discord.api.permissions import MANAGE_GUILD
from bot.adapters.discord.render.markdown import MORE, cut, units
from bot.adapters.plain_text import one_line, sanitize
from bot.commands.command import Argument, ArgumentKind, Command, Permission
from bot.commands.complete import MAX_CHOICES, Choice
from bot.commands.help import command_named
from bot.commands.table import COMMANDS
from bot.domain import Mode

Json = dict[str, Any]

STRING, INTEGER, CHANNEL, MENTIONABLE = 3, 4, 7, 9
GUILD, BOT_DM, PRIVATE = 0, 1, 2
TO_GUILD, TO_USER = 0, 1
WORDS = 100
"""Of a description, a choice's name and its value."""
TYPED = 1_000
REPEATS = 3
"""How often an argument that takes many can be given."""
MAX_DAYS = 366
MENTION_FROM = "mention_from"
"""A mention's level, which is typed at its end: ``@oncall@major``."""
ELSEWHERE = "channel"
CHANNEL_TYPES = (0, 5, 10, 11, 12, 15)
"""Text, announcement, the three kinds of threads, forum. Discord's own description of its API knows no media channels
here; such a one is subscribed from any of its posts."""
OF_CHANNEL = frozenset({"list", "why"})
"""Look-ups about a channel."""

_CHOICES: Mapping[ArgumentKind, Sequence[Choice]] = {
    ArgumentKind.SEVERITY: [Choice(f"{word} or worse", f"{word}+") for word in ("minor", "major")]
    + [Choice("critical", "critical")],
    ArgumentKind.SWITCH: [Choice("on", "on"), Choice("off", "off")],
    ArgumentKind.MODE: [Choice(mode.value, mode.value) for mode in Mode],
    ArgumentKind.COMMAND: [Choice(command.name, command.name) for command in COMMANDS],
}
_COMPLETED = frozenset(
    {
        ArgumentKind.VENDOR,
        ArgumentKind.COMPONENT,
        ArgumentKind.REGION,
        ArgumentKind.INCIDENT,
        ArgumentKind.ZONE,
        ArgumentKind.SPAN,
    }
)


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as if it had been typed. ``elsewhere``: the channel that it is about, if another was chosen."""

    command: Command
    text: str
    elsewhere: str | None = None


@dataclass(frozen=True, slots=True)
class Typing:
    """An option that somebody is filling in; ``given``: the others, by the names of their arguments. ``elsewhere`` as
    in :class:`Typed`."""

    command: Command
    argument: Argument
    text: str
    given: Mapping[str, str]
    elsewhere: str | None = None


def payloads(commands: Sequence[Command] = COMMANDS) -> list[Json]:
    """What Discord is to show. Who may not manage a server does not see what changes something; its admins can change
    that. What changes something needs the bot in the server; look-ups a person can carry along."""
    return [_payload(command) for command in commands]


def differ(ours: Sequence[Json], registered: Sequence[Json]) -> bool:
    """Whether Discord shows something else than ours; it adds ids, versions and defaults of its own."""
    return sorted(map(_essence, ours), key=str) != sorted(map(_essence, registered), key=str)


def typed(data: Mapping[str, Any]) -> Typed | None:
    """From the data of an interaction; ``None`` for a command that is no more."""
    command = command_named(str(data.get("name", "")), COMMANDS)
    if command is None:
        return None
    options = list(data.get("options") or ())
    values: dict[str, list[str]] = {}
    for argument, option in _filled(command, options):
        values.setdefault(argument.name, []).append(_value(argument, option, data, _option(options, MENTION_FROM)))
    return Typed(command, command.command_text(values), _option(options, ELSEWHERE))


def typing(data: Mapping[str, Any]) -> Typing | None:
    """From the data of an autocompletion."""
    command = command_named(str(data.get("name", "")), COMMANDS)
    if command is None:
        return None
    options = list(data.get("options") or ())
    filled = list(_filled(command, options))
    given = {argument.name: str(option.get("value", "")) for argument, option in filled if not option.get("focused")}
    for argument, option in filled:
        if option.get("focused"):
            return Typing(command, argument, str(option.get("value", "")), given, _option(options, ELSEWHERE))
    return None


def is_of_channel(command: Command) -> bool:
    """Whether it is about a channel, which may be another than the one that it is typed in."""
    return command.permission is Permission.MANAGERS or command.name in OF_CHANNEL


def choices(offered: Sequence[Choice], argument: Argument) -> list[Choice]:
    """As many as Discord takes; a part's name that is too long stands for all that begin like it."""
    shown = []
    for name, value in offered:
        if units(value) > WORDS and argument.kind is ArgumentKind.COMPONENT:
            value = f"{cut(value, WORDS).removesuffix(MORE)}*"
        label = cut(one_line(name), WORDS)
        if 0 < units(value) <= WORDS and value == sanitize(value) and label:
            shown.append(Choice(label, value))
    return shown[:MAX_CHOICES]


# --- to Discord ------------------------------------------------------------------------------------------------------


def _payload(command: Command) -> Json:
    changes = command.permission is Permission.MANAGERS
    options = [option for argument in command.arguments for option in _options(argument)]
    if is_of_channel(command):
        about = "another channel of this server; without it this one"
        elsewhere = {"type": CHANNEL, "name": ELSEWHERE, "description": about, "channel_types": list(CHANNEL_TYPES)}
        options.append({**elsewhere, "required": False})
    return {
        "type": 1,
        "name": command.name,
        "description": cut(command.summary, WORDS),
        "options": sorted(options, key=lambda option: not option["required"]),
        "default_member_permissions": MANAGE_GUILD if changes else None,
        "integration_types": [TO_GUILD] if changes else [TO_GUILD, TO_USER],
        "contexts": [GUILD, BOT_DM] if changes else [GUILD, BOT_DM, PRIVATE],
    }


def _options(argument: Argument) -> Iterator[Json]:
    for number in range(1, REPEATS + 1 if argument.many else 2):
        option: Json = {
            "type": STRING,
            "name": argument.name if number == 1 else f"{argument.name}{number}",
            "description": cut(argument.summary if number == 1 else f"one more {argument.name}", WORDS),
            "required": argument.required and number == 1,
        }
        match argument.kind:
            case ArgumentKind.DAYS:
                option |= {"type": INTEGER, "min_value": 1, "max_value": MAX_DAYS}
            case ArgumentKind.MENTION:
                option |= {"type": MENTIONABLE}
            case takes if takes in _CHOICES:
                option |= {"choices": [choice._asdict() for choice in _CHOICES[takes]]}
            case takes:
                option |= {"max_length": TYPED} | ({"autocomplete": True} if takes in _COMPLETED else {})
        yield option
    if argument.kind is ArgumentKind.MENTION:
        about = "how bad it must be for that; minor or worse if not given"
        yield {
            "type": STRING,
            "name": MENTION_FROM,
            "description": about,
            "required": False,
            "choices": [choice._asdict() for choice in _CHOICES[ArgumentKind.SEVERITY]],
        }


def _essence(payload: Mapping[str, Any]) -> Json:
    granted = payload.get("default_member_permissions")
    return {
        "type": payload.get("type", 1),
        "name": payload["name"],
        "description": payload["description"],
        "default_member_permissions": None if granted is None else str(granted),
        "integration_types": sorted(payload.get("integration_types") or [TO_GUILD]),
        "contexts": sorted(payload.get("contexts") or ()),
        "options": [
            {name: value for name, value in sorted(option.items()) if value not in (None, False, [], ())}
            for option in payload.get("options") or ()
        ],
    }


# --- from Discord ----------------------------------------------------------------------------------------------------


def _option(options: Sequence[Mapping[str, Any]], name: str) -> str | None:
    return next((str(option["value"]) for option in options if option["name"] == name), None)


def _filled(command: Command, options: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Argument, Mapping[str, Any]]]:
    """Each option that was filled in with its argument, in the order of the table."""
    by_name = {str(option["name"]): option for option in options}
    for argument in command.arguments:
        for number in range(1, REPEATS + 1):
            option = by_name.get(argument.name if number == 1 else f"{argument.name}{number}")
            if option is not None:
                yield argument, option


def _value(argument: Argument, option: Mapping[str, Any], data: Mapping[str, Any], level: str | None) -> str:
    """``level``: from which on to mention."""
    value = str(option.get("value", ""))
    if argument.kind is not ArgumentKind.MENTION or not value.isdecimal():
        return value
    whom = f"<@&{value}>" if value in ((data.get("resolved") or {}).get("roles") or {}) else f"<@{value}>"
    return f"{whom}@{level.removesuffix('+')}" if level else whom
