"""The port on Discord: posts, replies, edits, looks back and tells one person. Decides nothing about what is due.

Every message carries a nonce that is its act's own, and Discord drops a second message with it for some minutes. After
that, a message is known by the mark in its footer.
https://discord.com/developers/docs/resources/message#create-message
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog

from bot.adapters.discord.api.calls import Calls
from bot.adapters.discord.api.errors import LostChannel, NoHistory, NoThread, ThreadExists
from bot.adapters.discord.api.guild_cache import PLATFORM, GuildCache
from bot.adapters.discord.api.history import MESSAGES, PAGES, look, nonce
from bot.adapters.discord.api.permissions import (
    ADMINISTRATOR,
    EMBED_LINKS,
    PIN_MESSAGES,
    READ_MESSAGE_HISTORY,
    THREADS,
    Kind,
)
from bot.adapters.discord.api.refs import MessageRef, MessageRun
from bot.adapters.discord.render.message import (
    NOBODY,
    Body,
    Pinged,
    as_embed,
    as_pages,
    as_text,
    is_card,
    thread_name,
    was_bare,
)
from bot.delivery.port import DeliveryError, LookupUnsupported, MessageGone, OutcomeUnknown, Undeliverable
from bot.domain import Channel
from bot.message import Button, Message, MessageKind

NONCE_S = 120.0
"""Discord keeps nonces for "the past few minutes"; this is surely within."""
ARCHIVE_MINUTES = 1_440
FIND_THREADS = 5
"""Threads that are looked through for a reply, the newest first."""
KEPT = 10_000
PINNABLE = frozenset({Kind.THREADED, Kind.THREAD, Kind.PLAIN})

CHANNEL = "/channels/{channel_id}"
MESSAGE = "/channels/{channel_id}/messages/{message_id}"
THREAD_OF_MESSAGE = "/channels/{channel_id}/messages/{message_id}/threads"
POSTS = "/channels/{channel_id}/threads"
PIN = "/channels/{channel_id}/messages/pins/{message_id}"
CROSSPOST = "/channels/{channel_id}/messages/{message_id}/crosspost"
DIRECT_MESSAGES = "/users/@me/channels"

log = structlog.get_logger(__name__)


class DiscordAdapter:
    """``clock``: seconds that only go forward. ``shorten`` is given the buttons of what is sent, to keep their commands
    where they are too long to be carried."""

    platform = PLATFORM

    def __init__(
        self,
        calls: Calls,
        places: GuildCache,
        clock: Callable[[], float],
        shorten: Callable[[Sequence[Button]], None] = lambda _: None,
    ) -> None:
        self._shorten = shorten
        self._calls = calls
        self._places = places
        self._clock = clock
        self._tried: OrderedDict[str, float] = OrderedDict()
        self._sent: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._opened: OrderedDict[str, str] = OrderedDict()
        self._threads: OrderedDict[str, None] = OrderedDict()
        self._unpublished: OrderedDict[str, None] = OrderedDict()

    # --- the port ----------------------------------------------------------------------------------------------------

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        """In a forum an incident is a post of its own; in an announcement channel its card is published."""
        self._places.check(channel)
        self._remember(self._tried, key, self._clock())
        kind = self._places.kind(channel)
        bodies = self._bodies(channel, message, key, self._places.pinged(channel, message.mention))
        if kind is Kind.FORUM:
            return await self._open_post(channel, message, key, bodies)
        ref = MessageRef(await self._send(channel.id, bodies, key))
        if kind is Kind.NEWS and is_card(message):
            self._remember(self._unpublished, str(ref), None)
            await self._publish(ref)
        return str(ref)

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        """In the root's thread, which the first reply makes; where there can be none, in the channel."""
        self._places.check(channel)
        self._remember(self._tried, key, self._clock())
        base = MessageRef.parse(root).main
        pinged = self._places.pinged(channel, message.mention)
        bodies = self._bodies(channel, message, key, pinged)
        if base.place != channel.id:
            return str(MessageRef(await self._in_post(base.place, root, bodies, key)))
        try:
            if not self._may_thread(channel):
                raise NoThread("threads are not possible, or not allowed here")
            thread = base.messages[0]
            main = await self._in_thread(channel, thread, root, message, bodies, key)
        except (NoThread, Undeliverable) as error:
            if isinstance(error, Undeliverable) and error.whole_workspace:
                raise
            log.info("reply goes to the channel", channel=channel.id, why=str(error))
            bodies = self._bodies(channel, _standing_alone(message), key, pinged)
            return str(MessageRef(await self._send(channel.id, bodies, key, root)))
        if not broadcast:
            return str(MessageRef(main))
        copy = f"{key}copy"
        shown = [self._body(channel, _standing_alone(message), copy)]
        return str(MessageRef(main, await self._send(channel.id, shown, copy, root)))

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        self._places.check(channel)
        parsed = MessageRef.parse(ref)
        main = parsed.main
        if len(main.messages) == 1:
            bodies = [self._body(channel, message, key)]
        else:
            bodies = as_pages(message, key, most=len(main.messages))
        # A text that became shorter leaves its last messages empty.
        bodies += [as_embed(Message("…"), key)] * (len(main.messages) - len(bodies))
        for id, body in zip(main.messages, bodies, strict=True):
            await self._change(channel, main.place, id, body, ref)
        if parsed.copy:
            try:
                body = self._body(channel, _standing_alone(message), key)
                await self._change(channel, parsed.copy.place, parsed.copy.messages[0], body, ref)
            except MessageGone:
                log.info("copy in the channel is gone", channel=channel.id)
        if ref in self._unpublished:
            await self._publish(parsed)
        kept = message.kind is MessageKind.BOARD or is_card(message)
        if kept and main.place != channel.id and self._places.kind(channel) is Kind.FORUM:
            await self._tag(channel, main.place, message)

    async def find(self, channel: Channel, key: str) -> str | None:
        """``None`` while Discord itself would drop the key's second message; a forum's posts have no nonce. Later,
        what the newest messages' footers tell. Raises :class:`LookupUnsupported` where they cannot be read, or where
        there are too many since."""
        self._places.check(channel)
        is_forum = self._places.kind(channel) is Kind.FORUM
        if not is_forum and self._clock() - self._tried.get(key, -NONCE_S) < NONCE_S:
            return None
        granted = self._places.granted(channel)
        if granted is not None and not granted & (READ_MESSAGE_HISTORY | ADMINISTRATOR):
            raise LookupUnsupported
        threads = self._places.threads(channel)[:FIND_THREADS]
        for place in threads if is_forum else (channel.id, *threads):
            try:
                found = await look(self._calls, self._places.me, place, key, pages=PAGES if place == channel.id else 1)
            except Undeliverable as error:
                if error.whole_workspace:
                    raise
                raise LookupUnsupported from error
            if found.all_of_it:
                return str(MessageRef(found.stretch))
            # Of a text that was sent in part the rest is sent: what there is of it is remembered.
            for number, id in found.parts.items():
                self._remember(self._sent, (place, nonce(key, number)), id)
            if is_forum and found.parts:
                self._remember(self._opened, key, place)
        return None

    async def pin(self, channel: Channel, ref: str) -> None:
        """Where the bot may. A forum's post is a place of its own, and what is announced is not for its channel alone.
        Discord writes "pinned a message" below it, which nobody can turn off."""
        await self._change_pins("PUT", channel, ref)

    async def unpin(self, channel: Channel, ref: str) -> None:
        await self._change_pins("DELETE", channel, ref)

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        """A direct message; people may refuse those from their servers' bots."""
        if not user.isdecimal():
            raise Undeliverable("Discord does not know this person.")
        opened = await self._calls("POST", DIRECT_MESSAGES, json={"recipient_id": user})
        await self._calls("POST", MESSAGES, str(opened["id"]), json=as_embed(message))

    # --- sending -----------------------------------------------------------------------------------------------------

    async def _send(self, place: str, bodies: Sequence[Body], key: str, root: str | None = None) -> MessageRun:
        """``root``: the message that the first one answers. What an earlier try sent of them is not sent again."""
        ids = []
        for number, body in enumerate(bodies, start=1):
            own = nonce(key, number)
            known = self._sent.get((place, own)) if len(bodies) > 1 else None
            if known is None:
                whole_body = {**body, "nonce": own, "enforce_nonce": True}
                reference = MessageRef.parse(root).main if root and number == 1 else None
                known = await self._create(place, whole_body, reference, root)
                self._remember(self._sent, (place, own), known)
            ids.append(known)
        return MessageRun(place, tuple(ids))

    async def _create(self, place: str, body: Body, reference: MessageRun | None, root: str | None) -> str:
        if reference:
            answers = {"message_id": reference.messages[0], "channel_id": reference.place, "fail_if_not_exists": True}
            try:
                sent = await self._calls("POST", MESSAGES, place, json={**body, "message_reference": answers}, ref=root)
                return str(sent["id"])
            except NoHistory:
                log.debug("cannot answer a message here", channel=place)
        return str((await self._calls("POST", MESSAGES, place, json=body))["id"])

    async def _open_post(self, channel: Channel, message: Message, key: str, bodies: Sequence[Body]) -> str:
        """One that an earlier try opened, and did not finish, gets the rest."""
        place = self._opened.get(key)
        if place is None:
            asked: Body = {
                "name": thread_name(message),
                "auto_archive_duration": ARCHIVE_MINUTES,
                "applied_tags": self._places.tags(channel, message.tone),
                "message": bodies[0],
            }
            made = await self._calls("POST", POSTS, channel.id, json=asked, once=True)
            place, first = str(made["id"]), str((made.get("message") or made)["id"])
            if len(bodies) == 1:
                return str(MessageRef(MessageRun(place, (first,))))
            self._remember(self._opened, key, place)
            self._remember(self._sent, (place, nonce(key, 1)), first)
        try:
            sent = await self._send(place, bodies, key)
        except (NoThread, LostChannel) as error:
            self._opened.pop(key, None)
            raise OutcomeUnknown("the post was closed before it was finished") from error
        self._opened.pop(key, None)
        return str(MessageRef(sent))

    async def _in_post(self, post: str, root: str, bodies: Sequence[Body], key: str) -> MessageRun:
        """A forum has no place beside its posts: one that is closed is as good as gone."""
        try:
            return await self._send(post, bodies, key)
        except (NoThread, LostChannel) as error:
            raise MessageGone(root) from error

    async def _in_thread(
        self, channel: Channel, thread: str, root: str, message: Message, bodies: Sequence[Body], key: str
    ) -> MessageRun:
        known = thread in self._threads or self._places.has_thread(channel, thread)
        if not known:
            await self._make_thread(channel, thread, root, message)
        try:
            return await self._send(thread, bodies, key)
        except LostChannel:
            self._threads.pop(thread, None)
            if not known:
                raise NoThread("the thread was deleted") from None
        await self._make_thread(channel, thread, root, message)
        try:
            return await self._send(thread, bodies, key)
        except LostChannel:
            raise NoThread("the thread was deleted") from None

    async def _make_thread(self, channel: Channel, thread: str, root: str, message: Message) -> None:
        """Its id is its message's, so that making it again is harmless."""
        asked = {"name": thread_name(message), "auto_archive_duration": ARCHIVE_MINUTES}
        with suppress(ThreadExists):
            await self._calls("POST", THREAD_OF_MESSAGE, channel.id, thread, json=asked, ref=root)
        self._remember(self._threads, thread, None)

    async def _publish(self, ref: MessageRef) -> None:
        """To the servers that follow the channel, once; about ten an hour are allowed, so it may take an edit later."""
        try:
            await self._calls("POST", CROSSPOST, ref.main.place, ref.main.messages[0])
        except DeliveryError as error:
            log.info("announcement is not published", channel=ref.main.place, why=str(error))
            if not isinstance(error, Undeliverable | MessageGone):
                return
        self._unpublished.pop(str(ref), None)

    # --- changing ----------------------------------------------------------------------------------------------------

    async def _change(self, channel: Channel, place: str, id: str, body: Body, ref: str) -> None:
        try:
            await self._replace(place, id, body, ref)
        except NoThread:
            await self._reopen(place, ref)
            try:
                await self._replace(place, id, body, ref)
            except NoThread as error:
                raise MessageGone(ref) from error
        except LostChannel as error:
            if place == channel.id:
                raise
            raise MessageGone(ref) from error

    async def _replace(self, place: str, id: str, body: Body, ref: str) -> None:
        """What was sent while embeds were not allowed hides them, and keeps its text, until told otherwise."""
        changed = await self._calls("PATCH", MESSAGE, place, id, json=body, ref=ref)
        if "embeds" in body and was_bare(changed):
            await self._calls("PATCH", MESSAGE, place, id, json={**body, "content": "", "flags": 0}, ref=ref)

    async def _reopen(self, thread: str, ref: str) -> None:
        """An archived thread cannot be changed; a locked one only by moderators, and counts as gone."""
        try:
            await self._calls("PATCH", CHANNEL, thread, json={"archived": False})
        except (NoThread, Undeliverable) as error:
            raise MessageGone(ref) from error

    async def _change_pins(self, method: str, channel: Channel, ref: str) -> None:
        granted = self._places.granted(channel)
        may = granted is None or bool(granted & (PIN_MESSAGES | ADMINISTRATOR))
        if may and self._places.kind(channel) in PINNABLE:
            main = MessageRef.parse(ref).main
            await self._calls(method, PIN, main.place, main.messages[0], ref=ref)

    async def _tag(self, channel: Channel, post: str, message: Message) -> None:
        applied, wanted = self._places.applied(channel, post), self._places.tags(channel, message.tone)
        if not wanted or applied is None or set(applied) == set(wanted):
            return
        try:
            await self._calls("PATCH", CHANNEL, post, json={"applied_tags": wanted})
        except DeliveryError as error:
            log.info("post is not tagged", channel=channel.id, why=str(error))

    # --- bodies ------------------------------------------------------------------------------------------------------

    def _bodies(self, channel: Channel, message: Message, key: str, pinged: Pinged) -> list[Body]:
        if message.kind is MessageKind.BOARD or is_card(message) or not self._may_embed(channel):
            return [self._body(channel, message, key, pinged)]
        self._shorten(message.buttons)
        return as_pages(message, key, pinged)

    def _body(self, channel: Channel, message: Message, key: str, pinged: Pinged = NOBODY) -> Body:
        self._shorten(message.buttons)
        return (as_embed if self._may_embed(channel) else as_text)(message, key, pinged)

    def _may_embed(self, channel: Channel) -> bool:
        granted = self._places.granted(channel)
        return granted is None or bool(granted & (EMBED_LINKS | ADMINISTRATOR))

    def _may_thread(self, channel: Channel) -> bool:
        if self._places.kind(channel) not in (Kind.THREADED, Kind.NEWS):
            return False
        granted = self._places.granted(channel)
        return granted is None or bool(granted & ADMINISTRATOR) or granted & THREADS == THREADS

    @staticmethod
    def _remember(kept: OrderedDict[Any, Any], key: Any, value: Any) -> None:
        kept[key] = value
        if len(kept) > KEPT:
            kept.popitem(last=False)


def _standing_alone(message: Message) -> Message:
    """With the name of its incident: it stands in the channel, not in the incident's thread."""
    if not message.subject or message.title is None or message.subject in message.title:
        return message
    return replace(message, title=f"{message.title} · {message.subject}")
