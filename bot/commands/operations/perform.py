"""Runs a command for a program: the same permissions, the same work, and a value instead of a message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.commands.audit import record_change
from bot.commands.command import Argument, ArgumentKind, Command
from bot.commands.context import CommandContext
from bot.commands.operations.given import BadInput, Given, NotAllowed
from bot.commands.operations.results import Answer
from bot.commands.request import Reply, Request
from bot.commands.scan import UsageError
from bot.message import Message, MessageKind
from bot.wording.plain import message_text

CHANNEL = Argument("channel", ArgumentKind.TEXT, "the id of a channel that Lookout knows, of the key's workspace")
ADD_IN_CHAT = "Lookout does not know this page yet: subscribe to it once in a chat."
ONLY_TYPED = frozenset({"help"})
"""Commands that mean nothing to a program, which has the table itself."""


def for_programs(table: Sequence[Command]) -> tuple[Command, ...]:
    """The commands that programs can run."""
    return tuple(command for command in table if command.name not in ONLY_TYPED)


def program_arguments(command: Command) -> tuple[Argument, ...]:
    """All that a program can give, the channel too where it means something: what a chat is answered is about one."""
    own = (*command.arguments, *command.programs.arguments)
    needed = command.changes or command.programs.run is None
    channel = () if command.programs.facts else (replace(CHANNEL, required=needed),)
    return (*own, *(one for one in channel if one.name not in {other.name for other in own}))


def perform(command: Command, given: Given, request: Request, context: CommandContext) -> object:
    """A value of the type that it gives. ``request``: for whom, and in which channel; its text counts for nothing.

    Raises :class:`bot.commands.operations.given.Refused`.
    """
    if command.changes and not request.may_manage:
        raise NotAllowed(f"“{command.name}” changes something: that takes a key with the scope write.")
    if command.changes and not request.channel.id:
        raise BadInput(f"Give “{CHANNEL.name}”: {CHANNEL.summary}.")
    if command.programs.run:
        return command.programs.run(given, request, context)
    answer, told = _answered(command, given, request, context)
    if command.programs.tells:
        return command.programs.tells(answer, told)
    after = command.programs.after
    return after(answer, given, request, context) if after else answer


def _answered(command: Command, given: Given, request: Request, context: CommandContext) -> tuple[Answer, object]:
    """What a chat is answered, as text, and what that tells as a value."""
    assert command.handler is not None
    asked = replace(request, command=command.name, text=command.command_text(given.typed()))
    try:
        reply = command.handler(asked, context)
        if reply.unknown_pages:
            # Finding out what a page is takes the network, which no program is to wait for.
            refused = dict.fromkeys(reply.unknown_pages, ADD_IN_CHAT)
            reply = command.handler(asked, replace(context, refused=refused))
    except UsageError as error:
        raise BadInput(str(error)) from error
    if reply.public:
        record_change(asked, context, f"{asked.command} {asked.text}".strip())
    text = "\n\n".join(_texts(reply))
    if all(message.kind is MessageKind.ERROR for message in reply.messages):
        raise BadInput(text)
    return Answer(reply.public, text), reply.told


def _texts(reply: Reply) -> Iterator[str]:
    messages: tuple[Message, ...] = reply.messages
    yield from (message_text(message) for message in messages)
