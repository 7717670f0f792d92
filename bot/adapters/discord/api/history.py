"""Searches a channel or thread for what was sent of an act: its messages carry its key's mark.

Needs Read Message History, and no privileged intent: a bot may always read what it sent itself.
https://discord.com/developers/docs/resources/message#get-channel-messages
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.adapters.discord.api.calls import Calls
from bot.adapters.discord.api.refs import MessageRun
from bot.adapters.discord.render.marks import act_mark, find_mark
from bot.delivery.port import LookupUnsupported
from bot.domain import digest

MESSAGES = "/channels/{channel_id}/messages"
MAX_NONCE_CHARS = 25
PAGE_SIZE = 100
MAX_PAGES = 3
"""Pages of a channel that are read, the newest first; of a thread one."""


@dataclass(frozen=True, slots=True)
class HistoryMatch:
    """What was found of an act."""

    channel_id: str
    message_ids: Mapping[int, str]
    """By number, from 1."""
    total: int
    """How many messages the act has, by their marks."""

    @property
    def is_complete(self) -> bool:
        return len(self.message_ids) == self.total

    @property
    def run(self) -> MessageRun:
        return MessageRun(self.channel_id, tuple(self.message_ids[number] for number in sorted(self.message_ids)))


def nonce(key: str, number: int) -> str:
    """The nonce of the act's message with this number, from 1."""
    return key if number == 1 and len(key) <= MAX_NONCE_CHARS else digest(key, str(number - 1))


async def search_history(calls: Calls, bot_user_id: str, channel_id: str, key: str, max_pages: int) -> HistoryMatch:
    """Raises :class:`LookupUnsupported` where a channel has more messages since than are read."""
    wanted, found, total = act_mark(key), dict[int, str](), 1
    before: dict[str, Any] = {}
    for _ in range(max_pages):
        page = await calls("GET", MESSAGES, channel_id, params={"limit": PAGE_SIZE, **before})
        for sent in page:
            mark = find_mark(sent) if str(sent["author"]["id"]) == bot_user_id else None
            if mark and mark.act == wanted:
                found[mark.number], total = str(sent["id"]), mark.total
        if len(found) == total or len(page) < PAGE_SIZE:
            break
        before = {"before": page[-1]["id"]}
    else:
        if max_pages > 1:
            raise LookupUnsupported
    return HistoryMatch(channel_id, found, total)
