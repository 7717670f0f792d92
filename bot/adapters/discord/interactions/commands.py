"""The table of commands as Discord's application commands, and interactions of them as typed text. Pure.

https://discord.com/developers/docs/interactions/application-commands
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.adapters.discord.api.permissions import MANAGE_GUILD
from bot.adapters.discord.hints import MAX_REPEATS
from bot.adapters.discord.render.markdown import MORE, cut, units
from bot.adapters.plain_text import one_line, sanitize
from bot.commands.choices import choices_of
from bot.commands.command import Argument, ArgumentKind, Command, Permission
from bot.commands.complete import MAX_CHOICES, Choice, completes
from bot.commands.help import command_named
from bot.commands.table import COMMANDS

Json = dict[str, Any]

STRING, INTEGER, CHANNEL, MENTIONABLE = 3, 4, 7, 9
GUILD, BOT_DM, PRIVATE_CHANNEL = 0, 1, 2
GUILD_INSTALL, USER_INSTALL = 0, 1
MAX_TEXT = 100
"""UTF-16 units of a description, a choice's name and its value."""
MAX_INPUT = 1_000
"""Characters of a text option."""
MAX_DAYS = 366
MENTION_FROM = "mention_from"
"""The option for a mention's lowest level, which is typed after it: ``@oncall@major``."""
OTHER_CHANNEL = "channel"
CHANNEL_TYPES = (0, 5, 10, 11, 12, 15)
"""Text, announcement, the three kinds of threads, forum. Discord's API description has no media channels here; those
are subscribed from one of their posts."""
CHANNEL_LOOKUPS = frozenset({"list", "why"})
"""Commands that change nothing and are about a channel."""


@dataclass(frozen=True, slots=True)
class CommandInput:
    """A command as if it had been typed."""

    command: Command
    text: str
    other_channel: str | None = None
    """Id of the channel that it is about, ``None`` for the one that it is used in."""


@dataclass(frozen=True, slots=True)
class AutocompleteInput:
    """An option that somebody is filling in."""

    command: Command
    argument: Argument
    text: str
    others: Mapping[str, str]
    """The other options' values, by their arguments' names."""
    other_channel: str | None = None
    """As in :class:`CommandInput`."""


def payloads(commands: Sequence[Command] = COMMANDS) -> list[Json]:
    """The commands to register. Those that change something are shown to who may manage the server, unless its admins
    decide otherwise, and need the bot in the server; look-ups can be user-installed."""
    return [_payload(command) for command in commands]


def differ(ours: Sequence[Json], registered: Sequence[Json]) -> bool:
    """Whether others than ours are registered; Discord adds ids, versions and defaults of its own."""
    return sorted(map(_normalized, ours), key=str) != sorted(map(_normalized, registered), key=str)


def parse_command(data: Mapping[str, Any]) -> CommandInput | None:
    """From an interaction's data; ``None`` for a command that does not exist any more."""
    command = command_named(str(data.get("name", "")), COMMANDS)
    if command is None:
        return None
    options = list(data.get("options") or ())
    values: dict[str, list[str]] = {}
    for argument, option in _given_options(command, options):
        values.setdefault(argument.name, []).append(
            _typed_value(argument, option, data, _option_value(options, MENTION_FROM))
        )
    return CommandInput(command, command.command_text(values), _option_value(options, OTHER_CHANNEL))


def parse_autocomplete(data: Mapping[str, Any]) -> AutocompleteInput | None:
    """From the data of an autocomplete interaction."""
    command = command_named(str(data.get("name", "")), COMMANDS)
    if command is None:
        return None
    options = list(data.get("options") or ())
    given = list(_given_options(command, options))
    others = {argument.name: str(option.get("value", "")) for argument, option in given if not option.get("focused")}
    for argument, option in given:
        if option.get("focused"):
            return AutocompleteInput(
                command, argument, str(option.get("value", "")), others, _option_value(options, OTHER_CHANNEL)
            )
    return None


def is_of_channel(command: Command) -> bool:
    """Whether it is about a channel, which may be another than the one that it is used in."""
    return command.permission is Permission.MANAGERS or command.name in CHANNEL_LOOKUPS


def choices(offered: Sequence[Choice], argument: Argument) -> list[Choice]:
    """As many as Discord takes; a component's name that is too long becomes a glob of its beginning."""
    accepted = []
    for name, value in offered:
        if units(value) > MAX_TEXT and argument.kind is ArgumentKind.COMPONENT:
            value = f"{cut(value, MAX_TEXT).removesuffix(MORE)}*"
        label = cut(one_line(name), MAX_TEXT)
        if 0 < units(value) <= MAX_TEXT and value == sanitize(value) and label:
            accepted.append(Choice(label, value))
    return accepted[:MAX_CHOICES]


# --- to Discord ------------------------------------------------------------------------------------------------------


def _payload(command: Command) -> Json:
    changes = command.permission is Permission.MANAGERS
    options = [option for argument in command.arguments for option in _options(argument)]
    if is_of_channel(command):
        about = "another channel of this server; without it this one"
        option = {"type": CHANNEL, "name": OTHER_CHANNEL, "description": about, "channel_types": list(CHANNEL_TYPES)}
        options.append({**option, "required": False})
    return {
        "type": 1,
        "name": command.name,
        "description": cut(command.summary, MAX_TEXT),
        "options": sorted(options, key=lambda option: not option["required"]),
        "default_member_permissions": MANAGE_GUILD if changes else None,
        "integration_types": [GUILD_INSTALL] if changes else [GUILD_INSTALL, USER_INSTALL],
        "contexts": [GUILD, BOT_DM] if changes else [GUILD, BOT_DM, PRIVATE_CHANNEL],
    }


def _options(argument: Argument) -> Iterator[Json]:
    for number in range(1, MAX_REPEATS + 1 if argument.many else 2):
        option: Json = {
            "type": STRING,
            "name": argument.name if number == 1 else f"{argument.name}{number}",
            "description": cut(argument.summary if number == 1 else f"one more {argument.name}", MAX_TEXT),
            "required": argument.required and number == 1,
        }
        match argument.kind:
            case ArgumentKind.DAYS:
                option |= {"type": INTEGER, "min_value": 1, "max_value": MAX_DAYS}
            case ArgumentKind.MENTION:
                option |= {"type": MENTIONABLE}
            case kind if 0 < len(choices_of(kind)) <= MAX_CHOICES:
                option |= {"choices": [choice._asdict() for choice in choices_of(kind)]}
            case kind:
                option |= {"max_length": MAX_INPUT} | ({"autocomplete": True} if completes(kind) else {})
        yield option
    if argument.kind is ArgumentKind.MENTION:
        about = "how bad it must be for that; minor or worse if not given"
        yield {
            "type": STRING,
            "name": MENTION_FROM,
            "description": about,
            "required": False,
            "choices": [choice._asdict() for choice in choices_of(ArgumentKind.SEVERITY)],
        }


def _normalized(payload: Mapping[str, Any]) -> Json:
    granted = payload.get("default_member_permissions")
    return {
        "type": payload.get("type", 1),
        "name": payload["name"],
        "description": payload["description"],
        "default_member_permissions": None if granted is None else str(granted),
        "integration_types": sorted(payload.get("integration_types") or [GUILD_INSTALL]),
        "contexts": sorted(payload.get("contexts") or ()),
        "options": [
            {name: value for name, value in sorted(option.items()) if value not in (None, False, [], ())}
            for option in payload.get("options") or ()
        ],
    }


# --- from Discord ----------------------------------------------------------------------------------------------------


def _option_value(options: Sequence[Mapping[str, Any]], name: str) -> str | None:
    return next((str(option["value"]) for option in options if option["name"] == name), None)


def _given_options(
    command: Command, options: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Argument, Mapping[str, Any]]]:
    """Each option that was filled in with its argument, in the order of the table."""
    by_name = {str(option["name"]): option for option in options}
    for argument in command.arguments:
        for number in range(1, MAX_REPEATS + 1):
            option = by_name.get(argument.name if number == 1 else f"{argument.name}{number}")
            if option is not None:
                yield argument, option


def _typed_value(argument: Argument, option: Mapping[str, Any], data: Mapping[str, Any], min_level: str | None) -> str:
    """``min_level``: of a mention."""
    value = str(option.get("value", ""))
    if argument.kind is not ArgumentKind.MENTION or not value.isdecimal():
        return value
    mention = f"<@&{value}>" if value in ((data.get("resolved") or {}).get("roles") or {}) else f"<@{value}>"
    return f"{mention}@{min_level.removesuffix('+')}" if min_level else mention
