"""``help``: the table of commands in words. The text to type comes first."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import OSA

from bot.commands.command import Command, Permission
from bot.commands.request import Reply, Request
from bot.message import Block, Button, Code, Items, Line, Message, Paragraph, Strong


def help_reply(request: Request, table: Sequence[Command]) -> Reply:
    """All commands, or one whole."""
    word = request.text.strip().removeprefix("/").partition(" ")[0].casefold()
    command = command_named(word, table)
    return Reply((_details(command) if command else _overview(table, word),))


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


def _overview(table: Sequence[Command], word: str) -> Message:
    title = f"There is no command “{word[:40]}”. These there are:" if word else "What you can type"
    return Message(
        summary=title,
        title=title,
        blocks=(
            Items(tuple((Code(c.usage), f" — {c.summary}") for c in table)),
            Paragraph(
                ("A vendor's name alone asks how it stands. Filters, and more on each: ", Code("help subscribe"), ".")
            ),
        ),
        buttons=(Button("How do my vendors stand?", "status"), Button("What is subscribed?", "list")),
    )


def _details(command: Command) -> Message:
    title = f"{command.name} — {command.summary}"
    blocks: list[Block] = [Paragraph((Code(command.usage),))]
    if command.arguments:
        blocks.append(Items(tuple(_argument(a.usage, a.summary) for a in command.arguments)))
    if command.examples:
        blocks += [Paragraph((Strong("For example"),)), Items(tuple((Code(e),) for e in command.examples))]
    if command.aliases:
        blocks.append(Paragraph(("Also: ", *_codes(command.aliases))))
    if command.permission is Permission.MANAGERS:
        blocks.append(Paragraph(("For those who may manage the channel; everybody there sees the change.",)))
    return Message(summary=title, title=title, blocks=tuple(blocks))


def _argument(usage: str, about: str) -> Line:
    return (Code(usage), f" — {about}")


def _codes(names: Sequence[str]) -> Line:
    return tuple(span for n, name in enumerate(names) for span in ((", ", Code(name)) if n else (Code(name),)))
