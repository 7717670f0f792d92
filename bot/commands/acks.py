"""``ack``, ``unack``: who is on an incident, for the channel to see on its card."""

from __future__ import annotations

from bot.commands.cards_here import card_here
from bot.commands.context import CommandContext
from bot.commands.request import Reply, Request
from bot.domain import Ack
from bot.wording.acks import acked_already_message, acked_message, unacked_message
from bot.wording.errors import NOTHING_HERE, error_message


def ack(request: Request, context: CommandContext) -> Reply:
    """Whoever asks is on it, in place of whoever was."""
    here = card_here(request.text.strip(), request, context)
    if isinstance(here, Reply):
        return here
    before = here.card.ack
    if before and before.by == request.user:
        return Reply((acked_already_message(before, context.now),))
    taken = Ack(request.user, context.now, request.user_name)
    if not context.store.acks.put(request.channel, here.incident.vendor, here.incident.id, taken, context.now):
        return Reply((error_message(NOTHING_HERE),))
    return Reply((acked_message(here.vendor, here.incident, taken, before),), public=True)


def unack(request: Request, context: CommandContext) -> Reply:
    """Nobody is on it any more, whoever was."""
    here = card_here(request.text.strip(), request, context)
    if isinstance(here, Reply):
        return here
    before = here.card.ack
    if before is None:
        return Reply((error_message("Nobody said that they are on it."),))
    context.store.acks.put(request.channel, here.incident.vendor, here.incident.id, None, context.now)
    return Reply((unacked_message(here.vendor, here.incident, before),), public=True)
