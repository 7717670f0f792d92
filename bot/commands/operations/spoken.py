"""A command without words of its own in a chat: the typed line is read by its arguments, its result is listed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.commands.command import Argument, Command
from bot.commands.context import CommandContext
from bot.commands.operations.given import BadInput, Refused, read_given
from bot.commands.operations.perform import perform
from bot.commands.operations.schema import to_json
from bot.commands.request import Reply, Request
from bot.commands.scan import UsageError, Word, scan
from bot.wording.errors import error_message
from bot.wording.result import result_message

_VALUE = r'("(?:[^"\\]|\\.)*"|\S+)'


def spoken(command: Command, request: Request, context: CommandContext) -> Reply:
    """The reply to a typed line."""
    try:
        given = read_given(command.arguments, read_typed(command.arguments, request.text))
        result = perform(command, given, request, context)
    except BadInput as error:
        return Reply((error_message(f"{error} Type it as: {command.usage}"),))
    except Refused as error:
        return Reply((error_message(str(error)),))
    return Reply((result_message(command.name, to_json(result)),), public=command.changes)


def read_typed(arguments: Sequence[Argument], text: str) -> dict[str, object]:
    """Values by the arguments' names: those with a key first, then a word each, and all that is left to the last."""
    values: dict[str, object] = {}
    for argument in (a for a in arguments if not a.positional):
        pattern = re.escape(argument.template).replace(re.escape('"{}"'), _VALUE).replace(re.escape("{}"), _VALUE)
        found = [match[1].strip('"') for match in re.finditer(pattern, text)]
        text = re.sub(pattern, " ", text)
        if found:
            values[argument.name] = found if argument.many else found[-1]
    try:
        words = [part.text for part in scan(text) if isinstance(part, Word)]
    except UsageError as error:
        raise BadInput(str(error)) from error
    positional = [a for a in arguments if a.positional]
    for argument in positional:
        is_last = argument is positional[-1]
        taken, words = (words, []) if is_last or argument.many else (words[:1], words[1:])
        if taken:
            values[argument.name] = taken if argument.many else " ".join(taken)
    return values
