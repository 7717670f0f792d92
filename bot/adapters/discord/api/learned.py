"""What a process that does not listen to Discord has to ask of channels before it posts: one request a channel and day.

Whoever listens is told all of it by the gateway (:mod:`~bot.adapters.discord.api.guild_cache`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache, TTLCache

from bot.adapters.discord.api.calls import Calls
from bot.domain import Channel

CHANNEL = "/channels/{channel_id}"
ROLES = "/guilds/{guild_id}/roles"
ACTIVE_THREADS = "/guilds/{guild_id}/threads/active"
MAX_LEARNED = 50_000
"""Entries of each cache, some hundred bytes each."""
TTL_S = 86_400.0
"""A channel's kind and its tags hardly ever change; what was renamed is found the next day."""


@dataclass(frozen=True, slots=True)
class LearnedChannel:
    type: int
    """As Discord numbers them."""
    tags: tuple[tuple[str, str], ...] = ()
    """Of a forum: (name, id) of those that the bot may use."""
    needs_tag: bool = False


REQUIRE_TAG = 1 << 4
"""https://discord.com/developers/docs/resources/channel#channel-object-channel-flags"""


class Learned:
    """``clock``: monotonic, in seconds."""

    def __init__(self, calls: Calls, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._channels: TTLCache[str, LearnedChannel] = TTLCache(MAX_LEARNED, TTL_S, timer=clock)
        self._roles: TTLCache[str, tuple[tuple[int, str], ...]] = TTLCache(MAX_LEARNED, TTL_S, timer=clock)
        self.applied: LRUCache[str, Sequence[str]] = LRUCache(MAX_LEARNED)
        """Tags that this process gave to forum posts, by the post's id."""

    async def learn(self, channel: Channel, *, roles: bool) -> None:
        """``roles``: the server's, too. Raises as any call does where the bot is not, or sees nothing."""
        if channel.id not in self._channels:
            self._channels[channel.id] = _channel(await self._calls("GET", CHANNEL, channel.id))
        if roles and channel.workspace not in self._roles:
            listed = await self._calls("GET", ROLES, ids={"guild_id": channel.workspace})
            self._roles[channel.workspace] = tuple((int(role["id"]), str(role["name"])) for role in listed)

    def forget(self, channel: Channel) -> None:
        """It is not as it was known."""
        self._channels.pop(channel.id, None)

    def channel(self, channel: Channel) -> LearnedChannel | None:
        return self._channels.get(channel.id)

    def roles(self, channel: Channel) -> tuple[tuple[int, str], ...]:
        return self._roles.get(channel.workspace, ())

    async def threads(self, channel: Channel) -> list[int]:
        """The active threads under the channel."""
        answer = await self._calls("GET", ACTIVE_THREADS, ids={"guild_id": channel.workspace})
        return [int(one["id"]) for one in answer["threads"] if str(one.get("parent_id")) == channel.id]


def _channel(payload: Any) -> LearnedChannel:
    tags = tuple(
        (str(tag["name"]), str(tag["id"])) for tag in payload.get("available_tags") or () if not tag.get("moderated")
    )
    return LearnedChannel(int(payload["type"]), tags, bool(int(payload.get("flags") or 0) & REQUIRE_TAG))
