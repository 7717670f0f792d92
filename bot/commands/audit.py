"""``audit``: who changed what and when; and the one place where that is written down."""

from __future__ import annotations

import re

import structlog

from bot.catalog import Catalog
from bot.commands.context import CommandContext
from bot.commands.request import Reply, Request
from bot.domain import AuditLine
from bot.message import Code, Line
from bot.wording.audit import audit_message
from bot.wording.errors import error_message

LINES = 20
"""On one page."""
_TYPED = re.compile(r"(?:here|(?P<everywhere>everywhere))?\s*(?:before\s+(?P<before>\d{1,18}))?", re.IGNORECASE)

log = structlog.get_logger(__name__)


def audit(request: Request, context: CommandContext) -> Reply:
    """A page of the channel's, or with ``everywhere`` of the workspace's."""
    typed = _TYPED.fullmatch(request.text.strip())
    if typed is None:
        hint: Line = (
            "Type ",
            Code("audit"),
            " for this channel, or ",
            Code("audit everywhere"),
            " for the whole workspace.",
        )
        return Reply((error_message("The audit cannot be asked for that.", hint),))
    if typed["everywhere"] and not request.may_manage:
        hint = ("It names channels that not everybody may see.",)
        return Reply((error_message("Only people who can manage all channels can see what was changed there.", hint),))
    everywhere, before = bool(typed["everywhere"]), int(typed["before"]) if typed["before"] else None
    lines = context.store.audit.of(request.channel, LINES + 1, before, everywhere=everywhere)
    shown, more = lines[:LINES], len(lines) > LINES
    older = f"audit {'everywhere ' if everywhere else ''}before {shown[-1].number}" if more else None
    return Reply((audit_message(shown, everywhere=everywhere, older=older, continued=before is not None),))


def of_channel(text: str, _: Catalog) -> bool:
    """Whether who manages the channel may see it: more than that is asked for with *everywhere*."""
    return not text.strip().casefold().startswith("everywhere")


def record_change(request: Request, context: CommandContext, line: str) -> None:
    """Somebody changed something. What was done stands, even where it cannot be written down."""
    channel = request.channel
    command = line.partition(" ")[0]
    log.info("command.changed", command=command, platform=channel.platform, channel=channel.id, by=request.user)
    try:
        context.store.audit.add(AuditLine(channel, request.user, context.now, line, request.user_name))
    except Exception:
        log.exception("command.audit_failed", command=command)
