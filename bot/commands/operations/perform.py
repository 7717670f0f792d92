"""Runs a command for a program: the same permissions, the same work, and a value instead of a message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.commands.command import Argument, ArgumentKind, Command
from bot.commands.context import CommandContext
from bot.commands.operations.given import BadInput, Given, NotAllowed
from bot.commands.operations.results import Answer
from bot.commands.request import Reply, Request
from bot.commands.scan import UsageError
from bot.message import Message, MessageKind
from bot.wording.plain import message_text

CHANNEL = Argument("channel", ArgumentKind.TEXT, "the id of a channel that Lookout knows, of the key's workspace")
ONLY_TYPED = frozenset({"help"})
"""Commands that mean nothing to a program, which has the table itself."""


def for_programs(table: Sequence[Command]) -> tuple[Command, ...]:
    """The commands that programs can run."""
    return tuple(command for command in table if command.name not in ONLY_TYPED)


def is_fact(command: Command) -> bool:
    """Whether it tells the same to everybody."""
    return command.programs is not None and command.programs.facts


def result_type(command: Command) -> type:
    return command.programs.gives if command.programs else Answer


def program_arguments(command: Command) -> tuple[Argument, ...]:
    """All that a program can give, the channel too where it means something."""
    own = (*command.arguments, *(command.programs.arguments if command.programs else ()))
    channel = () if is_fact(command) else (replace(CHANNEL, required=command.changes),)
    return (*own, *(one for one in channel if one.name not in {other.name for other in own}))


def perform(command: Command, given: Given, request: Request, context: CommandContext) -> object:
    """A value of :func:`result_type`. ``request``: for whom, and in which channel; its text counts for nothing.

    Raises :class:`bot.commands.operations.given.Refused`.
    """
    if command.changes and not request.may_manage:
        raise NotAllowed(f"“{command.name}” changes something: that takes a key with the scope write.")
    if command.changes and not request.channel.id:
        raise BadInput(f"Give “{CHANNEL.name}”: {CHANNEL.summary}.")
    if command.programs:
        return command.programs.run(given, request, context)
    return answered(command, given, request, context)


def answered(command: Command, given: Given, request: Request, context: CommandContext) -> Answer:
    """What a chat is answered, as text."""
    assert command.handler is not None
    asked = replace(request, command=command.name, text=command.command_text(given.typed()))
    try:
        reply = command.handler(asked, context)
    except UsageError as error:
        raise BadInput(str(error)) from error
    text = "\n\n".join(_texts(reply))
    if all(message.kind is MessageKind.ERROR for message in reply.messages):
        raise BadInput(text)
    return Answer(reply.public, text)


def _texts(reply: Reply) -> Iterator[str]:
    messages: tuple[Message, ...] = reply.messages
    yield from (message_text(message) for message in messages)
