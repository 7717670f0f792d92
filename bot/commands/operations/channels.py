"""What programs are told of one channel."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.context import CommandContext
from bot.commands.operations import results
from bot.commands.operations.given import Given, NotThere
from bot.commands.operations.shown import incident_summary
from bot.commands.request import Reply, Request
from bot.commands.why import explained
from bot.wording.plain import message_text
from bot.wording.why import why_message


def why(given: Given, request: Request, context: CommandContext) -> results.Why:
    """Of the incident named; none: of the newest that the channel has a message of."""
    found = explained(replace(request, text=given.text("incident")), context)
    if isinstance(found, Reply):
        raise NotThere(" ".join(message_text(message) for message in found.messages))
    parts = {part.id: part for part in found.state.snapshot.components} if found.state.snapshot else {}
    return results.Why(
        incident=incident_summary(found.incident, found.incident.level, parts),
        posted=found.card is not None,
        rule=found.verdict.reason.value if found.verdict else None,
        detail=found.verdict.detail if found.verdict else "",
        reason=found.reason,
        waits=found.waits,
        subscription=found.arguments or None,
        text=message_text(why_message(found, context.now)),
    )
