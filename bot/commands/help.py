"""``help``: the table of commands in words. The text to type comes first."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import OSA

from bot.commands.command import Command, Permission
from bot.commands.request import Reply, Request
from bot.message import Block, Button, Code, Items, Line, Message, Opens, Paragraph, Strong
from bot.wording.errors import FORM_LABEL

EXAMPLES = (
    ("status github", "is there an outage?"),
    ("subscribe github", "get its incidents in this channel"),
    ("incidents --days 7", "what happened this week"),
    ("mute github 1h", "no news about it for an hour"),
    ("list", "what this channel is subscribed to"),
    ("why", "why you got a message"),
)
"""To begin with: what to type, and what it gives."""
MIN_BEGINNING = 4
"""Letters: fewer begin too many other words."""
_ALL = frozenset({"all", "commands", "more"})
_WITHOUT_LINES = frozenset({"discord"})
"""Platforms where only commands can be typed, no lines."""


def help_reply(request: Request, table: Sequence[Command]) -> Reply:
    """How to begin, all commands, or one whole."""
    word = request.text.strip().removeprefix("/").partition(" ")[0].casefold()
    typed = request.channel.platform not in _WITHOUT_LINES
    command = command_named(word, table)
    if command:
        return Reply((_details(command, typed=typed),))
    return Reply((_all_commands(table, "" if word in _ALL else word) if word else _examples(typed=typed),))


def asks_for_form(text: str) -> bool:
    """``mute form``: the command's arguments, to fill in."""
    return text.strip().casefold() == "form"


def form_reply(command: Command, request: Request) -> Reply:
    """How the command is typed, with a button that opens its form where the platform has forms."""
    return Reply((_details(command, typed=request.channel.platform not in _WITHOUT_LINES),))


def command_named(word: str, table: Sequence[Command]) -> Command | None:
    """The command with this name or alias, whatever its case."""
    folded = word.casefold()
    return next((c for c in table if folded == c.name or folded in c.aliases), None)


def nearest_command(word: str, table: Sequence[Command]) -> Command | None:
    """The command that was probably meant by a word that names none."""
    folded = word.casefold()
    slips = min(2, len(folded) // 3)
    far, name = min((OSA.distance(folded, name), name) for c in table for name in (c.name, *c.aliases))
    return command_named(name, table) if far <= slips else None


def command_begun(word: str, table: Sequence[Command]) -> Command | None:
    """The first command whose name begins with a word of some letters: ``stat``, ``comp``."""
    folded = word.casefold()
    return next((c for c in table if len(folded) >= MIN_BEGINNING and c.name.startswith(folded)), None)


def _examples(*, typed: bool) -> Message:
    title = "What you can type"
    words = ("Your own words do as well: “is github down?”, “aws last week”.",)
    return Message(
        summary=title,
        title=title,
        blocks=(
            Items(tuple((Code(line), f" — {meaning}") for line, meaning in EXAMPLES)),
            *((Paragraph(words),) if typed else ()),
        ),
        buttons=(
            Button("All commands", "help all"),
            Button("Status of our vendors", "status"),
            Button("Subscriptions", "list"),
        ),
    )


def _all_commands(table: Sequence[Command], word: str) -> Message:
    title = f"There's no “{word[:40]}” command. Here are the ones there are:" if word else "All commands"
    return Message(
        summary=title,
        title=title,
        blocks=(
            Items(tuple((Code(c.usage), f" — {c.summary}") for c in table)),
            Paragraph(("More on each, and filters: ", Code("help subscribe"), ".")),
        ),
        buttons=(Button("Status of our vendors", "status"), Button("Subscriptions", "list")),
    )


def _details(command: Command, *, typed: bool) -> Message:
    title = f"{command.name} — {command.summary}"
    blocks: list[Block] = [Paragraph((Code(command.usage),))]
    if command.arguments:
        lines = (_argument(a.usage, a.summary) if typed else _option(a.name, a.summary) for a in command.arguments)
        blocks.append(Items(tuple(lines)))
    if command.examples:
        blocks += [Paragraph((Strong("For example"),)), Items(tuple((Code(e),) for e in command.examples))]
    if command.aliases and typed:
        blocks.append(Paragraph(("Also: ", *_codes(command.aliases))))
    if command.permission is Permission.MANAGERS:
        blocks.append(Paragraph(("For those who can manage the channel; everybody there sees the change.",)))
    buttons = (Button(FORM_LABEL, command.name, Opens.FORM),) if command.arguments else ()
    return Message(summary=title, title=title, blocks=tuple(blocks), buttons=buttons)


def _option(name: str, about: str) -> Line:
    return (Strong(name), f" — {about}")


def _argument(usage: str, about: str) -> Line:
    return (Code(usage), f" — {about}")


def _codes(names: Sequence[str]) -> Line:
    return tuple(span for n, name in enumerate(names) for span in ((", ", Code(name)) if n else (Code(name),)))
