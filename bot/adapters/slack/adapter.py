"""The delivery port on Slack: posts, replies, edits, finds and sends direct messages. Decides nothing.

A reference is a message's ``ts``, text as Slack sends it; it names a message only together with its channel.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cachetools import LRUCache

from bot.adapters.slack.api.calls import Calls
from bot.adapters.slack.api.errors import ScopeMissing, code_of
from bot.adapters.slack.api.rate_limit import RateLimiter
from bot.adapters.slack.api.reach import successor
from bot.adapters.slack.render.message import MAX_CACHED_CARDS, RenderContext, card
from bot.delivery.port import LookupUnsupported, MessageGone, OutcomeUnknown, RetryLater, Undeliverable
from bot.domain import Channel
from bot.message import Message

METADATA_EVENT_TYPE = "lookout_act"
"""The type of the metadata that carries an act's key."""
FIND_WINDOW = timedelta(days=3)
"""How far back a message of unknown outcome is searched for; older ones mean that the bot was stopped that long."""
MAX_FIND_PAGES = 5
MESSAGES_PER_PAGE = 200
MAX_FIND_THREADS = 5
"""Threads that are searched for a reply whose root this process does not remember, the newest replies first."""
MAX_CACHED_ROOTS = 10_000
MOVED_RETRY_S = 1.0

OnMoved = Callable[[Channel, Channel], Awaitable[None]]


class SlackAdapter:
    platform = "slack"

    def __init__(
        self,
        calls: Calls,
        context: RenderContext,
        rate_limiter: RateLimiter,
        now: Callable[[], datetime],
        on_moved: OnMoved | None = None,
    ) -> None:
        """``on_moved``: is told the channel's former and its present id."""
        self._calls = calls
        self._context = context
        self._rate_limiter = rate_limiter
        self._now = now
        self._on_moved = on_moved
        self._looked_up: LRUCache[Channel, None] = LRUCache(MAX_CACHED_ROOTS)
        """Channels that were not found, and looked up once."""
        self._roots: LRUCache[str, str] = LRUCache(MAX_CACHED_ROOTS)
        """By the key of a reply, the ``ts`` of its thread's root."""

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        return await self._send(channel, message, {"metadata": _metadata(key)})

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        self._roots[key] = root
        args: dict[str, Any] = {"thread_ts": root, "metadata": _metadata(key)}
        if broadcast:
            args["reply_broadcast"] = True
        return await self._send(channel, message, args, root)

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        """The metadata stays as it is: the message keeps the key that it was sent with."""
        args = {"channel": channel.id, "ts": ref}
        await self._calls(
            channel.workspace, "chat.update", args, ref=ref, extra_json=_card_json(message, self._context)
        )

    async def find(self, channel: Channel, key: str) -> str | None:
        """Reads the channel's history, and its newest threads, where the token has the scopes for it."""
        oldest = f"{(self._now() - FIND_WINDOW).timestamp():.6f}"
        threads: dict[str, str] = {}
        async for message in self._history(channel, oldest):
            if _key(message) == key:
                return str(message["ts"])
            latest = str(message.get("latest_reply") or message["ts"])
            if message.get("reply_count") and latest >= oldest and _key(message):
                threads[str(message["ts"])] = latest
        roots = [self._roots[key]] if key in self._roots else sorted(threads, key=lambda ts: threads[ts], reverse=True)
        for root in roots[:MAX_FIND_THREADS]:
            try:
                found = await self._in_thread(channel, root, key, oldest)
            except (LookupUnsupported, MessageGone):
                break
            if found:
                return found
        # A reply in a thread that was not looked through is sent again: a second reply does less harm than none.
        return None

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        """A direct message. Without the scope to open one, Slack takes the person's id as a channel."""
        try:
            opened = await self._calls(channel.workspace, "conversations.open", {"users": user})
            where = str((opened.get("channel") or {}).get("id") or user)
        except ScopeMissing:
            where = user
        await self._send(Channel(self.platform, channel.workspace, where), message, {})

    # --- calls -------------------------------------------------------------------------------------------------------

    async def _send(self, channel: Channel, message: Message, args: Mapping[str, Any], root: str | None = None) -> str:
        self._rate_limiter.check(channel.workspace, "chat.postMessage")
        self._rate_limiter.take(channel.workspace, channel.id)
        message_args = {"channel": channel.id, "unfurl_links": False, "unfurl_media": False, **args}
        card_json = _card_json(message, self._context)
        try:
            answer = await self._calls(
                channel.workspace, "chat.postMessage", message_args, ref=root, extra_json=card_json
            )
        except Undeliverable as error:
            if code_of(error) == "channel_not_found" and await self._has_moved(channel):
                raise RetryLater(MOVED_RETRY_S, "the channel has another id now") from error
            raise
        ts = answer.get("ts")
        if not ts:
            raise OutcomeUnknown("Slack named no ts")
        return str(ts)

    async def _has_moved(self, channel: Channel) -> bool:
        """Whether Slack knows the channel by another id: asked once, as the event that says so may have been missed."""
        if self._on_moved is None or channel in self._looked_up:
            return False
        self._looked_up[channel] = None
        new_id = await successor(self._calls, channel)
        if new_id is None:
            return False
        await self._on_moved(channel, Channel(self.platform, channel.workspace, new_id))
        return True

    async def _history(self, channel: Channel, oldest: str) -> AsyncIterator[Mapping[str, Any]]:
        """The channel's messages, newest first. Raises :class:`LookupUnsupported` if they cannot all be read."""
        args = {"channel": channel.id, "limit": MESSAGES_PER_PAGE, "oldest": oldest, "include_all_metadata": "true"}
        for number in range(MAX_FIND_PAGES):
            page = await self._read(channel, "conversations.history", args, first=not number)
            for message in page.get("messages") or ():
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not page.get("has_more") or not cursor:
                return
            args = {**args, "cursor": cursor}
        raise LookupUnsupported

    async def _in_thread(self, channel: Channel, root: str, key: str, oldest: str) -> str | None:
        args = {"channel": channel.id, "ts": root, "limit": MESSAGES_PER_PAGE, "include_all_metadata": "true"}
        page = await self._read(channel, "conversations.replies", {**args, "oldest": oldest}, first=False, ref=root)
        return next((str(reply["ts"]) for reply in page.get("messages") or () if _key(reply) == key), None)

    async def _read(
        self, channel: Channel, method: str, args: Mapping[str, Any], *, first: bool, ref: str | None = None
    ) -> Mapping[str, Any]:
        try:
            return await self._calls(channel.workspace, method, args, ref=ref)
        except Undeliverable as error:
            if error.whole_workspace and not isinstance(error, ScopeMissing):
                raise
            raise LookupUnsupported from error
        except RetryLater as error:
            # Some apps may read a page a minute: beginning anew each time would never end.
            # https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
            if first:
                raise
            raise LookupUnsupported from error


@lru_cache(maxsize=MAX_CACHED_CARDS)
def _card_json(message: Message, context: RenderContext) -> str:
    """The text and blocks of a card as members of a JSON object; thousands of channels get the same one."""
    rendered = card(message, context)
    return json.dumps({"text": rendered.text, "blocks": rendered.blocks})[1:-1]


def _metadata(key: str) -> dict[str, Any]:
    return {"event_type": METADATA_EVENT_TYPE, "event_payload": {"key": key}}


def _key(message: Mapping[str, Any]) -> str | None:
    """The key of the act that this message is, ``None`` for other messages; other apps' metadata may hold anything."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != METADATA_EVENT_TYPE:
        return None
    key = (metadata.get("event_payload") or {}).get("key")
    return key if isinstance(key, str) else None
