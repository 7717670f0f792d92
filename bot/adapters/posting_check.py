"""Who subscribes a channel that the bot cannot post in is told so with the answer, or right after it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.commands.request import Reply
from bot.domain import Channel
from bot.message import Message, Paragraph, Tone

CHECK_S = 1.5
"""How long an answer waits for it, from the request; later it follows by itself."""
POSTING_COMMANDS = frozenset({"subscribe", "board", "test"})
"""Commands after which the bot posts in the channel."""

Obstacle = Callable[[Channel], Awaitable[str | None]]
"""Asks the platform why nothing can be posted there: a sentence that ends with the remedy. ``None``: nothing is known
against it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One that was begun with the request."""

    task: asyncio.Future[str | None]
    until: float


class PostingCheck:
    def __init__(self, obstacle: Obstacle) -> None:
        self._obstacle = obstacle
        self._late: set[asyncio.Task[None]] = set()

    def begin(self, command: str, text: str, channel: Channel) -> Check | None:
        """Ask the platform while the command runs; ``None``: it posts nothing."""
        if command not in POSTING_COMMANDS or (command != "test" and text.strip() in ("", "off")):
            return None
        until = asyncio.get_running_loop().time() + CHECK_S
        return Check(asyncio.ensure_future(self._obstacle(channel)), until)

    async def with_warning(self, reply: Reply, check: Check, later: Callable[[Message], Awaitable[None]]) -> Reply:
        """The reply, with what keeps the bot from posting; ``later`` is given that if it comes too late."""
        if not reply.public:
            check.task.cancel()
            return reply
        await asyncio.wait({check.task}, timeout=max(0.0, check.until - asyncio.get_running_loop().time()))
        if not check.task.done():
            following = asyncio.create_task(self._follow(check, later))
            self._late.add(following)
            following.add_done_callback(self._late.discard)
            return reply
        why = check.task.result()
        return replace(reply, messages=(*reply.messages, cannot_post_message(why))) if why else reply

    async def _follow(self, check: Check, later: Callable[[Message], Awaitable[None]]) -> None:
        if why := await check.task:
            await later(cannot_post_message(why))


def cannot_post_message(why: str) -> Message:
    """``why``: a sentence that ends with the remedy."""
    title = "I can't post in this channel yet."
    return Message(f"{title} {why}", tone=Tone.UNKNOWN, title=title, blocks=(Paragraph((why,)),))
