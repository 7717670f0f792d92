"""From a typed line to a reply: finds the command, checks whether it is allowed, runs it. Never raises."""

from __future__ import annotations

import re

import structlog

from bot.catalog import Found
from bot.commands.command import Permission
from bot.commands.context import CommandContext
from bot.commands.grammar import UsageError
from bot.commands.help import command_named, nearest_command
from bot.commands.request import Reply, Request
from bot.commands.table import COMMANDS
from bot.wording.errors import error_message, failed_message, not_allowed_message, unknown_command_message

log = structlog.get_logger(__name__)

TEXT_LIMIT = 8_000
"""The longest text of a command, in characters; more than chat platforms let through."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""No database takes these: NUL, and halves of characters, which JSON may carry."""


def parse_line(line: str) -> tuple[str, str]:
    """``/status dyspatch``, ``status dyspatch`` and ``dyspatch`` alike give ``("status", "dyspatch")``.

    For platforms with one text box. Nothing at all asks for help.
    """
    line = line.strip().removeprefix("/").strip()
    if not line:
        return "help", ""
    word, *rest = line.split(maxsplit=1)
    command = command_named(word.removesuffix(":"), COMMANDS)
    return (command.name, "".join(rest)) if command else ("status", line)


def handle(request: Request, context: CommandContext) -> Reply:
    """The answer to any request at all: what cannot be done is one sentence that says what to type instead."""
    try:
        reply = answer(request, context)
    except Exception:
        log.exception("command.failed", command=request.command)
        return Reply((failed_message(),))
    if reply.public:
        channel = request.channel
        log.info(
            "command.changed",
            command=request.command,
            platform=channel.platform,
            channel=channel.id,
            by=request.user,
        )
    return reply


def answer(request: Request, context: CommandContext) -> Reply:
    """Like ``handle``, but a bug comes out as an exception."""
    text = _UNSTORABLE.sub("", request.text)
    if len(text) > TEXT_LIMIT:
        return Reply((error_message(f"That is more than {TEXT_LIMIT:,} characters. Split it into several commands."),))
    command = command_named(request.command, COMMANDS)
    if command is None:
        command, text = COMMANDS[0], f"{request.command} {text}".strip()
    if command is COMMANDS[0] and (suggestion := _suggestion(text, context)):
        return suggestion
    if command.permission is Permission.MANAGERS and text.strip() and not request.may_manage:
        return Reply((not_allowed_message(command.name),))
    try:
        return command.handler(Request(command.name, text, request.channel, request.user, request.may_manage), context)
    except UsageError as error:
        return Reply((error_message(str(error)),))


def _suggestion(text: str, context: CommandContext) -> Reply | None:
    """A command with a slip in it, where a vendor's name was expected: ``subcribe github``."""
    word, _, rest = text.strip().partition(" ")
    catalog = context.catalog
    if not word or command_named(word, COMMANDS) or catalog.exact(word) or isinstance(catalog.find(text), Found):
        return None
    command = nearest_command(word, COMMANDS)
    if command is None:
        return None
    near = catalog.find(word)
    vendors = () if isinstance(near, Found) else near.vendors
    return Reply(
        (unknown_command_message(word, [f"{command.name} {rest}".strip(), *(f"status {v.slug}" for v in vendors)]),)
    )
