"""A form for any command, made of its arguments: what it begins with, and the typed line that it stands for.

A form can do nothing that a line cannot: sent off, it is that line. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.commands.choices import choices_of
from bot.commands.command import Argument, ArgumentKind, Command, Permission
from bot.commands.complete import Choice, completes
from bot.commands.dispatch import parse_line
from bot.commands.duration import ends_with_span
from bot.commands.help import asks_for_form, command_named
from bot.commands.request import Reply
from bot.commands.scan import quote
from bot.commands.table import COMMANDS
from bot.message import Items, Message, MessageKind, plain_text
from bot.wording.errors import form_lacks

_QUOTED = re.compile("“([^”]+)”")
_QUOTES = '"“”„'

Values = Mapping[str, Sequence[str]]
"""What stands in a form's fields, by the names of the arguments."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One argument of the command."""

    argument: Argument
    given: tuple[str, ...] = ()
    """What it begins with."""

    @property
    def choices(self) -> Sequence[Choice]:
        """All values that there are; none: it takes others."""
        return choices_of(self.argument.kind)

    @property
    def completes(self) -> bool:
        """Values are offered for what was typed so far."""
        return completes(self.argument.kind)


@dataclass(frozen=True, slots=True)
class CommandForm:
    """What a form shows before it is filled in."""

    command: Command
    fields: tuple[FormField, ...]
    rest: str = ""
    """What was typed and stands in no field."""

    def text(self, values: Values, rest: str = "") -> str:
        """What would be typed after the command's name. Where several values are taken each line is one; other line
        breaks are blanks."""
        typed = {one.argument.name: _as_typed(one.argument, values.get(one.argument.name, ())) for one in self.fields}
        return " ".join(filter(None, (self.command.command_text(typed), _one_line(rest))))

    def missing(self, values: Values) -> dict[str, str]:
        """A sentence for each required argument that was not filled in, by the arguments' names."""
        return {
            one.argument.name: form_lacks(one.argument.summary)
            for one in self.fields
            if one.argument.required and not any(value.strip() for value in values.get(one.argument.name, ()))
        }

    def filled(self, values: Values, rest: str = "") -> CommandForm:
        """The same form with what somebody filled in."""
        fields = tuple(FormField(one.argument, tuple(values.get(one.argument.name, ()))) for one in self.fields)
        return CommandForm(self.command, fields, rest)

    def refusal(self, text: str, values: Values, reply: Reply) -> Refusal | None:
        """What keeps the filled-in form from being carried out, with the field that it is about; ``None``: it was."""
        changes = self.command.permission is Permission.MANAGERS and bool(text)
        errors = all(message.kind is MessageKind.ERROR for message in reply.messages)
        asks = any(message.buttons for message in reply.messages)
        if reply.public or not (errors or (changes and not asks)):
            return None
        sentence = " ".join(part for message in reply.messages for part in _told(message))
        return Refusal(self._field_of(sentence, values), sentence)

    def _field_of(self, sentence: str, values: Values) -> str:
        """Whose value the sentence quotes; for a question the first field that is empty; else the first."""
        names = [one.argument.name for one in self.fields]
        quoted = [found.rstrip("…").casefold() for found in _QUOTED.findall(sentence)]
        named = (name for name in names if any(q in v.casefold() for q in quoted for v in values.get(name, ())))
        empty = (name for name in names if sentence.endswith("?") and not any(values.get(name, ())))
        return next(named, None) or next(empty, None) or names[0]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a filled-in form changed nothing."""

    field: str
    """Name of the argument whose field it is about."""
    sentence: str


def command_form(line: str) -> CommandForm | None:
    """The form of the command that the line begins with, filled in as far as the line goes; ``None``: it has none."""
    name, text = parse_line(line)
    command = command_named(name, COMMANDS)
    if command is None or not command.arguments:
        return None
    given = _Given("" if asks_for_form(text) else text)
    # A text without quotes goes on to the end of what the others leave.
    by_ends = sorted((a for a in command.arguments if not a.positional), key=_is_open_ended)
    keyed = {a.name: given.take_keyed(a) for a in by_ends}
    positional = [a for a in command.arguments if a.positional]
    placed = {a.name: given.take_words(a, positional[n + 1 :]) for n, a in enumerate(positional)}
    fields = tuple(FormField(a, tuple((keyed | placed)[a.name])) for a in command.arguments)
    return CommandForm(command, fields, given.text)


@dataclass(slots=True)
class _Given:
    """A typed text, from which arguments are taken."""

    text: str

    def take_keyed(self, argument: Argument) -> list[str]:
        """All values of ``region:…``, as far as the argument takes them."""
        before, _, after = argument.template.partition("{}")
        inner = f"[^{_QUOTES}]*" if after.strip() else rf"[{_QUOTES}][^{_QUOTES}]*[{_QUOTES}]|\S+"
        inner = ".+" if _is_open_ended(argument) else inner
        pattern = rf"(?:^|(?<=\s)){_flexible(before)}({inner}){_flexible(after)}(?=\s|$)"
        found = [(match, _choice(argument, match[1])) for match in re.finditer(pattern, self.text, re.IGNORECASE)]
        kept = [(match, value) for match, value in found if value is not None][: None if argument.many else 1]
        for match, _ in reversed(kept):
            self.text = _one_line(f"{self.text[: match.start()]} {self.text[match.end() :]}")
        return [value for _, value in kept if value]

    def take_words(self, argument: Argument, later: Sequence[Argument]) -> list[str]:
        """What of the words that are left is this positional argument's."""
        words = self.text.split()
        if not words:
            return []
        if argument.many:
            taken, self.text = words, ""
            return taken
        if later and later[0].kind is ArgumentKind.SPAN:
            taken_text, self.text = ends_with_span(self.text)
        elif later:
            taken_text, self.text = words[0], " ".join(words[1:])
        else:
            taken_text, self.text = self.text, ""
        meant_later = any(_choice(one, words[0]) for one in later if choices_of(one.kind))
        value = None if meant_later and not choices_of(argument.kind) else _choice(argument, taken_text)
        if value is None:
            self.text = _one_line(f"{taken_text} {self.text}")
        return [value] if value else []


def _is_open_ended(argument: Argument) -> bool:
    return argument.kind is ArgumentKind.TEXT and '"' not in argument.template


def _told(message: Message) -> Iterator[str]:
    """The sentence, and what it counts up; of an error how it is typed is no help in a form."""
    yield message.summary
    if message.kind is not MessageKind.ERROR:
        yield from (plain_text(line) for block in message.blocks if isinstance(block, Items) for line in block.lines)


def _flexible(part: str) -> str:
    """A piece of a template, as it may be typed: phones turn straight quotes into curly ones."""
    return re.escape(part).replace('"', f"[{_QUOTES}]")


def _choice(argument: Argument, typed: str) -> str | None:
    """The value, or the choice that it means: ``major`` for ``major+``; ``None``: there is no such choice."""
    choices = choices_of(argument.kind)
    if not choices:
        return typed.strip(_QUOTES) if argument.kind is ArgumentKind.MENTION else typed
    return next((c.value for c in choices if typed.rstrip("+").casefold() == c.value), None)


def _as_typed(argument: Argument, values: Sequence[str]) -> list[str]:
    lines = [line for value in values for line in (value.splitlines() if argument.many else [value])]
    flat = [_one_line(line) for line in lines]
    if argument.kind is ArgumentKind.MENTION:
        return [quote(value) if " " in value else value for value in flat]
    return flat


def _one_line(text: str) -> str:
    return " ".join(text.split())
