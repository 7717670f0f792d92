"""``board``: one message in the channel that shows the state of its vendors."""

from __future__ import annotations

from bot.commands.context import CommandContext
from bot.commands.grammar import UsageError
from bot.commands.request import Reply, Request
from bot.wording.board import current_board_message, no_board_message, put_up_message, taken_down_message

ON = frozenset({"on", "yes", "up", "here"})
OFF = frozenset({"off", "no", "down"})


def board(request: Request, context: CommandContext) -> Reply:
    """Alone: put one up where there is none, else describe it. ``on`` puts it up or moves it down, ``off`` takes it
    down."""
    boards, channel = context.store.boards, request.channel
    word = request.text.strip().casefold()
    if word in OFF:
        existed = boards.take_down(channel, context.now)
        return Reply((taken_down_message(stood=existed),), public=existed)
    if word and word not in ON:
        raise UsageError(f"A board is on or off, not “{request.text.strip()}”.")
    current = boards.of(channel)
    if not word and current:
        return Reply((current_board_message(current, may_manage=request.may_manage),))
    if not request.may_manage:
        return Reply((no_board_message(),))
    moved = boards.put_up(channel, request.user, context.now)
    return Reply((put_up_message(moved=moved),), public=True)
