"""What of an act stands in a channel or thread already: its own messages carry its key's mark in their footers.

Needs Read Message History, and no privileged intent: a bot may always read what it sent itself.
https://discord.com/developers/docs/resources/message#get-channel-messages
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.adapters.discord.api.calls import Calls
from bot.adapters.discord.api.refs import MessageRun
from bot.adapters.discord.render.message import foot, mark
from bot.delivery.port import LookupUnsupported
from bot.domain import digest

MESSAGES = "/channels/{channel_id}/messages"
NONCE_CHARS = 25
PAGE = 100
PAGES = 3
"""Of a channel so many are read, the newest first; of a thread one."""


@dataclass(frozen=True, slots=True)
class HistoryMatch:
    """``parts``: ids by their number, from 1. ``of``: how many there ought to be, as their footers tell."""

    place: str
    parts: Mapping[int, str]
    of: int

    @property
    def all_of_it(self) -> bool:
        return len(self.parts) == self.of

    @property
    def stretch(self) -> MessageRun:
        return MessageRun(self.place, tuple(self.parts[number] for number in sorted(self.parts)))


def nonce(key: str, number: int) -> str:
    """Of the act's ``number``-th message, from 1."""
    return key if number == 1 and len(key) <= NONCE_CHARS else digest(key, str(number - 1))


async def look(calls: Calls, me: str, place: str, key: str, pages: int) -> HistoryMatch:
    """``me``: the bot's own id. Raises :class:`LookupUnsupported` where a channel has more messages than are read."""
    wanted, found, of = mark(key), dict[int, str](), 1
    before: dict[str, Any] = {}
    for _ in range(pages):
        page = await calls("GET", MESSAGES, place, params={"limit": PAGE, **before})
        for sent in page:
            small = foot(_small_print(sent)) if str(sent["author"]["id"]) == me else None
            if small and small.mark == wanted:
                found[small.number], of = str(sent["id"]), small.of
        if len(found) == of or len(page) < PAGE:
            break
        before = {"before": page[-1]["id"]}
    else:
        if pages > 1:
            raise LookupUnsupported
    return HistoryMatch(place, found, of)


def _small_print(sent: Mapping[str, Any]) -> str:
    """The footer of a message of ours, or its last line where it has no embed."""
    footers = [str((embed.get("footer") or {}).get("text", "")) for embed in sent.get("embeds") or ()]
    return footers[-1] if footers else str(sent.get("content", "")).rpartition("\n")[2]
