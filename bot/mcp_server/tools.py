"""The tools: one for each operation, described as the table of commands has it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.commands.command import Command
from bot.commands.operations.perform import program_arguments
from bot.commands.operations.schema import Json, argument_schema, object_schema
from bot.mcp_server.quoting import RULE

LEFT_OUT = frozenset({"vendor"})
"""A model has the same in ``status``: two tools for one thing are one mistake more."""
HINTS: Mapping[str, str] = {
    "status": "Begin here for any question whether something is down, slow or broken now. Name all vendors at once.",
    "incidents": "For what happened over time, how often, or what is planned (kind: maintenance).",
    "incident": "For one incident's whole course; its id comes from status or incidents.",
    "history": "For days and minutes at each level: uptime, how a month was.",
    "components": "For one part, region or product of a vendor.",
    "alternatives": "For what to use instead while a vendor is down.",
    "search": "Only to find out what a vendor is called here: the other tools take names as people type them.",
    "why": "For why a channel was told of an incident, or was not.",
    "list": "For what a channel or a workspace is told about.",
}
"""Beside the summary, for choosing; a command without one has its summary alone."""
INSTRUCTIONS = (
    "Lookout reads vendors' status pages and keeps what they said. It knows what vendors publish, not whether a "
    "service works for you: say where an answer is from and how old the reading is (read_at). A level of unknown means "
    f"that the page could not be read lately; it is neither up nor down. {RULE}"
)


@dataclass(frozen=True, slots=True)
class ToolDescription:
    name: str
    description: str
    takes: Json
    gives: Json
    read_only: bool
    destructive: bool


def tools(operations: Sequence[Command]) -> tuple[ToolDescription, ...]:
    return tuple(_tool(command) for command in operations if command.name not in LEFT_OUT)


def _tool(command: Command) -> ToolDescription:
    arguments = program_arguments(command)
    takes: Json = {
        "type": "object",
        "properties": {argument.name: argument_schema(argument) for argument in arguments},
        "required": [argument.name for argument in arguments if argument.required],
        "additionalProperties": False,
    }
    summary = f"{command.summary[:1].upper()}{command.summary[1:]}."
    sentences = [summary, HINTS.get(command.name, ""), "It changes something." if command.changes else ""]
    return ToolDescription(
        command.name,
        " ".join(sentence for sentence in sentences if sentence),
        takes,
        object_schema(command.programs.gives),
        read_only=not command.changes,
        destructive=command.changes,
    )
