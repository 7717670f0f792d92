"""``test``: a made-up outage in this channel alone, so that people see what a real one will look like."""

from __future__ import annotations

from bot.commands.context import CommandContext
from bot.commands.request import Reply, Request
from bot.commands.settings import mode_named
from bot.domain.drill import begin_drill
from bot.message import plain_text
from bot.wording.drill import drill_message, drill_runs_message
from bot.wording.errors import error_message, no_such_mode


def test(request: Request, context: CommandContext) -> Reply:
    """``mode``: shown like that, whatever the channel's settings. A channel that was given up is tried again."""
    typed = request.text.strip().removeprefix("mode").lstrip(" =:")
    mode = mode_named(typed) if typed else context.store.channels.settings(request.channel).mode
    if mode is None:
        return Reply((error_message(plain_text(no_such_mode(typed, "test"))),))
    drills = context.store.drills
    if not drills.start(request.channel, mode, request.user, context.now):
        running = drills.running(request.channel) or begin_drill(request.channel, mode, request.user, context.now)
        return Reply((drill_runs_message(running, context.now),))
    context.store.channels.mark_recovered(request.channel)
    begun = begin_drill(request.channel, mode, request.user, context.now)
    return Reply((drill_message(begun, request.user_name),), public=True, told=begun)
