"""Writes the table of ``docs/api.md``: every operation, where it is found, who may, and what can be given.

``python -m tests.operations_page``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.commands.command import Argument, Command
from bot.commands.operations.for_key import needs_write
from bot.commands.operations.perform import program_arguments
from bot.commands.table import OPERATIONS
from bot.web.api.addresses import Address, addresses

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
TABLE = re.compile(r"(<!-- operations -->\n).*(<!-- end -->\n)", re.DOTALL)
HEAD = ("| operation | what | over HTTP, below `/api/v1/` | takes | needs |", "|---|---|---|---|---|")


def table(operations: Sequence[Command]) -> str:
    places: dict[str, list[Address]] = {}
    for address in addresses(operations):
        places.setdefault(address.command.name, []).append(address)
    return "\n".join([*HEAD, *(_row(command, places[command.name]) for command in operations)]) + "\n"


def _row(command: Command, places: Sequence[Address]) -> str:
    found = "<br>".join(f"`{place.method} {place.path}`" for place in places)
    taken = ", ".join(_arguments(program_arguments(command)))
    return f"| `{command.name}` | {command.summary} | {found} | {taken} | {_key(command)} |"


def _arguments(arguments: Sequence[Argument]) -> Iterator[str]:
    for argument in arguments:
        bold = "**" if argument.required else ""
        yield f"{bold}`{argument.name}{'…' if argument.many else ''}`{bold}"


def _key(command: Command) -> str:
    if needs_write(command):
        return "a write key"
    return "nothing, where facts are public; else a key" if command.programs.facts else "a key"


def written(page: str, operations: Sequence[Command]) -> str:
    """The page with the table as it is to be."""
    return TABLE.sub(lambda found: f"{found[1]}{table(operations)}{found[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), OPERATIONS), encoding="utf-8")
