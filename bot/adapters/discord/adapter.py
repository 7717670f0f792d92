"""The delivery port on Discord: posts, replies, edits, searches and direct messages. Decides nothing about what is due.

Every message carries a nonce made of its act's key, and for some minutes Discord drops a second message with the same
nonce. After that, a message is recognized by its mark.
https://discord.com/developers/docs/resources/message#create-message
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import structlog
from cachetools import LRUCache, TTLCache

from bot.adapters.discord.api.calls import Calls
from bot.adapters.discord.api.errors import AlreadyPublished, NoHistory, NoThread, ThreadExists, UnknownChannel
from bot.adapters.discord.api.guild_cache import PLATFORM, GuildCache
from bot.adapters.discord.api.history import MAX_PAGES, MESSAGES, nonce, search_history
from bot.adapters.discord.api.permissions import (
    ADMINISTRATOR,
    EMBED_LINKS,
    PIN_MESSAGES,
    READ_MESSAGE_HISTORY,
    THREAD_FLAGS,
    ChannelKind,
)
from bot.adapters.discord.api.refs import MessageRef, MessageRun
from bot.adapters.discord.render.components import Body
from bot.adapters.discord.render.icons import icon_url, with_icon
from bot.adapters.discord.render.message import (
    NOBODY,
    TEXT_KINDS,
    MentionTargets,
    as_embed,
    as_pages,
    as_text,
    is_card,
    thread_name,
)
from bot.delivery.port import DeliveryError, LookupUnsupported, MessageGone, OutcomeUnknown, Undeliverable
from bot.domain import Channel
from bot.message import Button, Message, MessageKind

NONCE_WINDOW_S = 120.0
"""Discord keeps nonces for "the past few minutes"; this is surely within."""
AUTO_ARCHIVE_MINUTES = 1_440
MAX_SEARCHED_THREADS = 5
"""Threads that are searched for a reply, the newest first."""
MAX_REMEMBERED = 10_000
"""Entries of each cache."""
PINNABLE = frozenset({ChannelKind.THREADED, ChannelKind.THREAD, ChannelKind.PLAIN})

CHANNEL = "/channels/{channel_id}"
MESSAGE = "/channels/{channel_id}/messages/{message_id}"
THREAD_OF_MESSAGE = "/channels/{channel_id}/messages/{message_id}/threads"
POSTS = "/channels/{channel_id}/threads"
PIN = "/channels/{channel_id}/messages/pins/{message_id}"
CROSSPOST = "/channels/{channel_id}/messages/{message_id}/crosspost"
DIRECT_MESSAGES = "/users/@me/channels"

log = structlog.get_logger(__name__)


class DiscordAdapter:
    """``clock``: monotonic, in seconds. ``shorten`` gets the buttons of every message, to store the commands that are
    too long for a custom id. ``icon_template``: of a vendor's icon, see :func:`icon_url`."""

    platform = PLATFORM

    def __init__(
        self,
        calls: Calls,
        guild_cache: GuildCache,
        clock: Callable[[], float],
        shorten: Callable[[Sequence[Button]], None] = lambda _: None,
        icon_template: str = "",
    ) -> None:
        self._shorten = shorten
        self._icon_template = icon_template
        self._calls = calls
        self._guild_cache = guild_cache
        self._recent_keys: TTLCache[str, None] = TTLCache(MAX_REMEMBERED, NONCE_WINDOW_S, timer=clock)
        self._sent_ids: LRUCache[tuple[str, str], str] = LRUCache(MAX_REMEMBERED)
        self._unfinished_posts: LRUCache[str, str] = LRUCache(MAX_REMEMBERED)
        self._known_threads: LRUCache[str, None] = LRUCache(MAX_REMEMBERED)

    @property
    def places(self) -> int | None:
        return self._calls.places

    # --- the port ----------------------------------------------------------------------------------------------------

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        """In a forum each incident is a post."""
        await self._guild_cache.learn(channel, message.mention)
        self._guild_cache.check(channel)
        self._recent_keys[key] = None
        kind = self._guild_cache.kind(channel)
        bodies = self._bodies(channel, message, key, self._guild_cache.mention_targets(channel, message.mention))
        if kind is ChannelKind.FORUM:
            return await self._open_post(channel, message, key, bodies)
        return str(MessageRef(await self._send(channel.id, bodies, key)))

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        """In the root's thread, which the first reply creates; where a thread is not possible, in the channel."""
        await self._guild_cache.learn(channel, message.mention)
        self._guild_cache.check(channel)
        self._recent_keys[key] = None
        base = MessageRef.parse(root).main
        targets = self._guild_cache.mention_targets(channel, message.mention)
        bodies = self._bodies(channel, message, key, targets)
        if base.channel_id != channel.id:
            return str(MessageRef(await self._reply_in_post(base.channel_id, root, bodies, key)))
        try:
            if not self._may_thread(channel):
                raise NoThread("threads are not possible, or not allowed here")
            thread_id = base.message_ids[0]
            main = await self._reply_in_thread(channel, thread_id, root, message, bodies, key)
        except (NoThread, Undeliverable) as error:
            if isinstance(error, Undeliverable) and error.whole_workspace:
                raise
            log.info("discord.thread_unavailable", channel=channel.id, error=str(error))
            bodies = self._bodies(channel, _with_subject(message), key, targets)
            return str(MessageRef(await self._send(channel.id, bodies, key, root)))
        if not broadcast:
            return str(MessageRef(main))
        copy_key = f"{key}copy"
        copy_bodies = [self._body(channel, _with_subject(message), copy_key)]
        return str(MessageRef(main, await self._send(channel.id, copy_bodies, copy_key, root)))

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        self._guild_cache.check(channel)
        parsed = MessageRef.parse(ref)
        main = parsed.main
        named = replace(self._guild_cache.mention_targets(channel, message.mention), silent=True)
        if len(main.message_ids) == 1:
            bodies = [self._body(channel, message, key, named)]
        else:
            bodies = as_pages(message, key, named, max_pages=len(main.message_ids))
        # A text that became shorter leaves its last messages without content.
        bodies += as_pages(Message("…", kind=message.kind), key) * (len(main.message_ids) - len(bodies))
        for message_id, body in zip(main.message_ids, bodies, strict=True):
            await self._edit_message(channel, main.channel_id, message_id, body, ref)
        if parsed.copy:
            try:
                body = self._body(channel, _with_subject(message), key)
                await self._edit_message(channel, parsed.copy.channel_id, parsed.copy.message_ids[0], body, ref)
            except MessageGone:
                log.info("discord.copy_gone", channel=channel.id)
        has_state = message.kind is MessageKind.BOARD or is_card(message)
        if has_state and main.channel_id != channel.id:
            await self._update_tags(channel, main.channel_id, message)

    async def find(self, channel: Channel, key: str) -> str | None:
        """``None`` while Discord itself would drop a second message with the key's nonce; forum posts have none. Later
        the newest messages are searched for its mark. Raises :class:`LookupUnsupported` where they cannot be read, or
        where there are too many since."""
        await self._guild_cache.learn(channel)
        self._guild_cache.check(channel)
        is_forum = self._guild_cache.kind(channel) is ChannelKind.FORUM
        if not is_forum and key in self._recent_keys:
            return None
        granted = self._guild_cache.granted(channel)
        if granted is not None and not granted & (READ_MESSAGE_HISTORY | ADMINISTRATOR):
            raise LookupUnsupported
        threads = (await self._guild_cache.threads(channel))[:MAX_SEARCHED_THREADS]
        for channel_id in threads if is_forum else (channel.id, *threads):
            try:
                found = await search_history(
                    self._calls,
                    self._guild_cache.bot_user_id,
                    channel_id,
                    key,
                    max_pages=MAX_PAGES if channel_id == channel.id else 1,
                )
            except Undeliverable as error:
                if error.whole_workspace:
                    raise
                raise LookupUnsupported from error
            if found.is_complete:
                return str(MessageRef(found.run))
            # What is there of a partly sent text is remembered, so that only the rest is sent.
            for number, id in found.message_ids.items():
                self._sent_ids[channel_id, nonce(key, number)] = id
            if is_forum and found.message_ids:
                self._unfinished_posts[key] = channel_id
        return None

    async def pin(self, channel: Channel, ref: str) -> None:
        """Where the bot may; not in forums, where a board is a post, nor in announcement channels, which others follow.
        Discord writes "pinned a message" below it, which nobody can turn off."""
        await self._change_pins("PUT", channel, ref)

    async def unpin(self, channel: Channel, ref: str) -> None:
        await self._change_pins("DELETE", channel, ref)

    def publishes(self, channel: Channel) -> bool:
        """Servers follow announcement channels alone."""
        return self._guild_cache.kind(channel) is ChannelKind.NEWS

    async def publish(self, channel: Channel, ref: str) -> None:
        """Of a message in a thread its copy in the channel; nothing where there is none, for nobody follows a thread.
        https://discord.com/developers/docs/resources/message#crosspost-message"""
        await self._guild_cache.learn(channel)
        self._guild_cache.check(channel)
        parsed = MessageRef.parse(ref)
        run = parsed.main if parsed.main.channel_id == channel.id else parsed.copy
        if run is not None:
            with suppress(AlreadyPublished):
                await self._calls("POST", CROSSPOST, run.channel_id, run.message_ids[0], ref=ref)

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        """A direct message; people may turn those off for bots of their servers."""
        if not user.isdecimal():
            raise Undeliverable("Discord does not know this person.")
        opened = await self._calls("POST", DIRECT_MESSAGES, json={"recipient_id": user})
        await self._calls("POST", MESSAGES, str(opened["id"]), json=as_embed(message))

    # --- sending -----------------------------------------------------------------------------------------------------

    async def _send(self, channel_id: str, bodies: Sequence[Body], key: str, root: str | None = None) -> MessageRun:
        """``root``: the message that the first one replies to. What an earlier attempt sent is not sent again."""
        ids = []
        for number, body in enumerate(bodies, start=1):
            message_nonce = nonce(key, number)
            sent_id = self._sent_ids.get((channel_id, message_nonce)) if len(bodies) > 1 else None
            if sent_id is None:
                with_nonce = {**body, "nonce": message_nonce, "enforce_nonce": True}
                reference = MessageRef.parse(root).main if root and number == 1 else None
                sent_id = await self._create_message(channel_id, with_nonce, reference, root)
                self._sent_ids[channel_id, message_nonce] = sent_id
            ids.append(sent_id)
        return MessageRun(channel_id, tuple(ids))

    async def _create_message(self, channel_id: str, body: Body, reference: MessageRun | None, root: str | None) -> str:
        if reference:
            reference_body = {
                "message_id": reference.message_ids[0],
                "channel_id": reference.channel_id,
                "fail_if_not_exists": True,
            }
            try:
                sent = await self._calls(
                    "POST", MESSAGES, channel_id, json={**body, "message_reference": reference_body}, ref=root
                )
                return str(sent["id"])
            except NoHistory:
                log.debug("discord.reference_unavailable", channel=channel_id)
        return str((await self._calls("POST", MESSAGES, channel_id, json=body))["id"])

    async def _open_post(self, channel: Channel, message: Message, key: str, bodies: Sequence[Body]) -> str:
        """A post that an earlier attempt opened and did not finish gets the rest."""
        post_id = self._unfinished_posts.get(key)
        if post_id is None:
            body: Body = {
                "name": thread_name(message),
                "auto_archive_duration": AUTO_ARCHIVE_MINUTES,
                "applied_tags": self._guild_cache.tags_for(channel, message.tone),
                "message": bodies[0],
            }
            created = await self._calls("POST", POSTS, channel.id, json=body, once=True)
            post_id, first_id = str(created["id"]), str((created.get("message") or created)["id"])
            if len(bodies) == 1:
                return str(MessageRef(MessageRun(post_id, (first_id,))))
            self._unfinished_posts[key] = post_id
            self._sent_ids[post_id, nonce(key, 1)] = first_id
        try:
            sent = await self._send(post_id, bodies, key)
        except (NoThread, UnknownChannel) as error:
            self._unfinished_posts.pop(key, None)
            raise OutcomeUnknown("the post was closed before it was finished") from error
        self._unfinished_posts.pop(key, None)
        return str(MessageRef(sent))

    async def _reply_in_post(self, post_id: str, root: str, bodies: Sequence[Body], key: str) -> MessageRun:
        """A forum has nothing beside its posts: a closed one counts as gone."""
        try:
            return await self._send(post_id, bodies, key)
        except (NoThread, UnknownChannel) as error:
            raise MessageGone(root) from error

    async def _reply_in_thread(
        self, channel: Channel, thread_id: str, root: str, message: Message, bodies: Sequence[Body], key: str
    ) -> MessageRun:
        is_known = thread_id in self._known_threads or self._guild_cache.has_thread(channel, thread_id)
        if not is_known:
            await self._create_thread(channel, thread_id, root, message)
        try:
            return await self._send(thread_id, bodies, key)
        except UnknownChannel:
            self._known_threads.pop(thread_id, None)
            if not is_known:
                raise NoThread("the thread was deleted") from None
        await self._create_thread(channel, thread_id, root, message)
        try:
            return await self._send(thread_id, bodies, key)
        except UnknownChannel:
            raise NoThread("the thread was deleted") from None

    async def _create_thread(self, channel: Channel, thread_id: str, root: str, message: Message) -> None:
        """A thread has the id of its message, so creating it again is harmless."""
        body = {"name": thread_name(message), "auto_archive_duration": AUTO_ARCHIVE_MINUTES}
        with suppress(ThreadExists):
            await self._calls("POST", THREAD_OF_MESSAGE, channel.id, thread_id, json=body, ref=root)
        self._known_threads[thread_id] = None

    # --- changing ----------------------------------------------------------------------------------------------------

    async def _edit_message(self, channel: Channel, channel_id: str, message_id: str, body: Body, ref: str) -> None:
        try:
            await self._calls("PATCH", MESSAGE, channel_id, message_id, json=body, ref=ref)
        except NoThread:
            await self._unarchive(channel_id, ref)
            try:
                await self._calls("PATCH", MESSAGE, channel_id, message_id, json=body, ref=ref)
            except NoThread as error:
                raise MessageGone(ref) from error
        except UnknownChannel as error:
            if channel_id == channel.id:
                raise
            raise MessageGone(ref) from error

    async def _unarchive(self, thread_id: str, ref: str) -> None:
        """An archived thread takes no changes; a locked one only those of moderators, and counts as gone."""
        try:
            await self._calls("PATCH", CHANNEL, thread_id, json={"archived": False})
        except (NoThread, Undeliverable) as error:
            raise MessageGone(ref) from error

    async def _change_pins(self, method: str, channel: Channel, ref: str) -> None:
        await self._guild_cache.learn(channel)
        granted = self._guild_cache.granted(channel)
        may_pin = granted is None or bool(granted & (PIN_MESSAGES | ADMINISTRATOR))
        if may_pin and self._guild_cache.kind(channel) in PINNABLE:
            main = MessageRef.parse(ref).main
            await self._calls(method, PIN, main.channel_id, main.message_ids[0], ref=ref)

    async def _update_tags(self, channel: Channel, post_id: str, message: Message) -> None:
        """Of a forum's post."""
        await self._guild_cache.learn(channel)
        if self._guild_cache.kind(channel) is not ChannelKind.FORUM:
            return
        applied, wanted = (
            self._guild_cache.applied_tags(channel, post_id),
            self._guild_cache.tags_for(channel, message.tone),
        )
        if not wanted or applied is None or set(applied) == set(wanted):
            return
        try:
            await self._calls("PATCH", CHANNEL, post_id, json={"applied_tags": wanted})
            self._guild_cache.note_tags(post_id, wanted)
        except DeliveryError as error:
            log.info("discord.post_not_tagged", channel=channel.id, error=str(error))

    # --- bodies ------------------------------------------------------------------------------------------------------

    def _bodies(self, channel: Channel, message: Message, key: str, targets: MentionTargets) -> list[Body]:
        is_one = message.kind is MessageKind.BOARD or is_card(message)
        if message.kind not in TEXT_KINDS and (is_one or not self._may_embed(channel)):
            return [self._body(channel, message, key, targets)]
        self._shorten(message.buttons)
        return as_pages(message, key, targets)

    def _body(self, channel: Channel, message: Message, key: str, targets: MentionTargets = NOBODY) -> Body:
        self._shorten(message.buttons)
        if message.kind in TEXT_KINDS:
            return as_pages(message, key, targets, max_pages=1)[0]
        if not self._may_embed(channel):
            return as_text(message, key, targets)
        return with_icon(as_embed(message, key, targets), icon_url(message.homepage, self._icon_template))

    def _may_embed(self, channel: Channel) -> bool:
        granted = self._guild_cache.granted(channel)
        return granted is None or bool(granted & (EMBED_LINKS | ADMINISTRATOR))

    def _may_thread(self, channel: Channel) -> bool:
        if self._guild_cache.kind(channel) not in (ChannelKind.THREADED, ChannelKind.NEWS):
            return False
        granted = self._guild_cache.granted(channel)
        return granted is None or bool(granted & ADMINISTRATOR) or granted & THREAD_FLAGS == THREAD_FLAGS


def _with_subject(message: Message) -> Message:
    """The message with its incident's name in the title, for the channel instead of the incident's thread."""
    if not message.subject or message.title is None or message.lead or message.subject in message.title:
        return message
    return replace(message, title=f"{message.title} · {message.subject}")
