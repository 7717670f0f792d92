"""Where each operation is found: its method, its path, and which of its arguments stand where. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bot.commands.command import Argument, Command
from bot.commands.operations.perform import program_arguments

ROOT = "/api/v1"
_NAMES = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Address:
    """One method and path of an operation. What follows of it is worked out once: every request asks."""

    command: Command
    method: str
    path: str
    """Below :data:`ROOT`, without a slash before it."""

    @cached_property
    def in_path(self) -> tuple[Argument, ...]:
        """Each once, and needed."""
        names = _NAMES.findall(self.path)
        found = {argument.name: argument for argument in program_arguments(self.command)}
        return tuple(replace(found[name], required=True, many=False) for name in names)

    @cached_property
    def elsewhere(self) -> tuple[Argument, ...]:
        """In the query, or in the body of a POST."""
        named = {argument.name for argument in self.in_path}
        return tuple(argument for argument in program_arguments(self.command) if argument.name not in named)

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        return (*self.in_path, *self.elsewhere)

    @cached_property
    def id(self) -> str:
        """Of the operation, in OpenAPI: the name, and by what where there is more than one address."""
        return "_by_".join([self.command.name, *(a.name for a in self.in_path if len(paths_of(self.command)) > 1)])

    @property
    def has_body(self) -> bool:
        return self.method == "POST"


def paths_of(command: Command) -> tuple[str, ...]:
    return command.programs.paths or (command.name,)


def addresses(operations: Sequence[Command]) -> Iterator[Address]:
    """Those without arguments in their path first, as one with them may take their place."""
    found = []
    for command in operations:
        for path in paths_of(command):
            method, _, rest = path.rpartition(" ")
            found.append(Address(command, method or ("POST" if command.changes else "GET"), rest))
    yield from sorted(found, key=lambda address: "{" in address.path)
