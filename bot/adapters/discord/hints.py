"""What can be typed, in Discord's own form: ``/subscribe vendor:github severity:major`` for ``subscribe github
severity:major+``. Discord has no typed grammar, so a hint in any other form could not be followed. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.commands.choices import choices_of
from bot.commands.command import MAX_KEYS_SHOWN, Argument, ArgumentKind, Command
from bot.commands.duration import ends_with_span
from bot.commands.help import command_named
from bot.commands.period import find_period
from bot.commands.scan import UsageError, Value, Word, scan
from bot.commands.table import COMMANDS
from bot.message import Block, Code, Fields, Items, Line, Message, Paragraph, Span, Strong

MAX_REPEATS = 3
"""How often an argument that takes many can be given; its option's name ends with the number from the second on."""
NO_IDS: Mapping[str, str] = MappingProxyType({})
CLICKABLE = re.compile(r"</[a-z]{1,32}:\d{1,20}>")
"""A command to click on. https://discord.com/developers/docs/reference#message-formatting"""

_PLACEHOLDER = re.compile(r"<[a-z\d]|\[[a-z]|…")


def localized(message: Message, ids: Mapping[str, str] = NO_IDS) -> Message:
    """The message with its commands in Discord's form. ``ids``: of the registered commands, by name; one that needs no
    arguments can be clicked then. Other code becomes bold: on Discord it could not be typed."""
    blocks = tuple(_block(block, ids) for block in message.blocks)
    # A footer is shown without markup.
    return replace(message, blocks=blocks, footer=_line(message.footer, NO_IDS))


def as_command(text: str, ids: Mapping[str, str] = NO_IDS) -> str | None:
    """The command in Discord's form; ``None``: it is none. What is in that form already stays."""
    if CLICKABLE.fullmatch(text):
        return text
    if text.startswith("/"):
        return text if command_named(text[1:].partition(" ")[0], COMMANDS) else None
    name, _, rest = text.strip().partition(" ")
    command = command_named(name, COMMANDS)
    if command is None:
        return None
    rest = rest.strip()
    if _PLACEHOLDER.search(rest):
        options = [f"{argument.name}:…" for argument in _shown(command)]
    else:
        options = list(_options(command, rest))
    if not options and command.name in ids:
        return f"</{command.name}:{ids[command.name]}>"
    return " ".join([f"/{command.name}", *options])


def _block(block: Block, ids: Mapping[str, str]) -> Block:
    match block:
        case Paragraph(line=line):
            return replace(block, line=_line(line, ids))
        case Items(lines=lines):
            return replace(block, lines=tuple(_line(line, ids) for line in lines))
        case Fields(pairs=pairs):
            return replace(block, pairs=tuple((name, _line(line, ids)) for name, line in pairs))
        case _:
            return block


def _line(line: Line, ids: Mapping[str, str]) -> Line:
    return tuple(_span(span, ids) for span in line)


def _span(span: Span, ids: Mapping[str, str]) -> Span:
    if not isinstance(span, Code):
        return span
    command = as_command(span.text, ids)
    return Strong(span.text) if command is None else Code(command)


def _shown(command: Command) -> Iterator[Argument]:
    """The arguments that the command's usage shows."""
    keyed = [argument for argument in command.arguments if not argument.positional]
    return (a for a in command.arguments if a.positional or len(keyed) < MAX_KEYS_SHOWN)


def _options(command: Command, rest: str) -> Iterator[str]:
    """``vendor:github severity:major``, in the order of the command's arguments."""
    if (defines := next((a for a in command.arguments if a.template == "= {}"), None)) and "=" in rest:
        name, _, definition = rest.partition("=")
        yield from (f"{command.arguments[0].name}:{name.strip()}", f"{defines.name}:{definition.strip()}")
        return
    words, keyed = _parts(rest)
    if any(argument.kind is ArgumentKind.DAYS for argument in command.arguments) and find_period(" ".join(words)):
        words = [" ".join(words)]
    positional = [argument for argument in command.arguments if argument.positional]
    for number, argument in enumerate(positional):
        is_last = number + 1 == len(positional)
        given, words = _taken(argument, words, positional[number + 1 :], is_last=is_last)
        yield from _repeated(argument, given)
    for argument in command.arguments:
        if not argument.positional:
            yield from _repeated(argument, keyed.get(argument.name, []))
    if min_level := keyed.get("mention_from"):
        yield f"mention_from:{min_level[0]}"


def _parts(rest: str) -> tuple[list[str], dict[str, list[str]]]:
    """The words, and the values by the names of their options."""
    words: list[str] = []
    keyed: dict[str, list[str]] = {}
    try:
        parts = list(scan(rest))
    except UsageError:
        return rest.split(), keyed
    for part in parts:
        match part:
            case Word(text=text, quoted=False) if found := re.fullmatch(r"(mode|tz)=(.+)", text):
                keyed.setdefault(found[1], []).append(found[2])
            case Word(text=text):
                words.append(text)
            case Value(key="severity", text=text):
                keyed["severity"] = [text.removesuffix("+")]
            case Value(key="component" | "group", text=text, negated=negated):
                keyed.setdefault("without" if negated else "component", []).append(text)
            case Value(key="mention", text=text):
                keyed["mention"] = ["@…"]
                level = re.search(r"@(minor|major|critical)\+?$", text)
                if level:
                    keyed["mention_from"] = [level[1]]
            case Value(key="service", text=text):
                words.append(f"service:{text}")
            case Value(key=key, text=text):
                keyed.setdefault(key, []).append(text)
            case None:
                pass
    return words, keyed


def _taken(
    argument: Argument, words: Sequence[str], later: Sequence[Argument], *, is_last: bool
) -> tuple[list[str], list[str]]:
    """What of the words is this argument's, and what is left for later ones."""
    if argument.many:
        return list(words), []
    choices = {choice.value for choice in choices_of(argument.kind)}
    if words and choices and words[0] not in choices and not is_last:
        return [], list(words)
    if later and later[0].kind is ArgumentKind.SPAN:
        before, span = ends_with_span(" ".join(words))
        return ([before] if before else []), ([span] if span else [])
    if is_last or len(words) < 2:
        return ([" ".join(words)] if words else []), []
    return list(words[:1]), list(words[1:])


def _repeated(argument: Argument, values: Sequence[str]) -> Iterator[str]:
    """One option a value; more than there are options for stand in one, as can be typed there."""
    if len(values) > MAX_REPEATS or (len(values) > 1 and not argument.many):
        values = [" ".join(values)]
    for number, value in enumerate(values, start=1):
        yield f"{argument.name}{number if number > 1 else ''}:{value}"
