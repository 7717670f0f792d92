"""A Discord in memory that keeps the rules which simcord does not: nonces, one thread per message, locked and archived
threads, embeds without permission. Every request to it is held against Discord's own description."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import discord
from discord.http import Route

from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.api.calls import COUNTED_STATUSES, Calls
from bot.adapters.discord.api.guild_cache import GuildCache
from bot.adapters.discord.api.permissions import ADMINISTRATOR, ALL_FLAGS, EMBED_LINKS, PIN_MESSAGES, ChannelKind
from bot.adapters.discord.api.rate_limit import RateLimiter
from bot.adapters.discord.render.message import MentionTargets
from bot.domain import Channel
from bot.message import Tone
from tests.adapters.discord.spec import judged

ME = "1000000000000000001"
SERVER = "2000000000000000001"
HERE = Channel("discord", SERVER, "3000000000000000001")
DIRECT = "7"
"""Where direct messages go."""


def refusal(status: int, code: int = 0, errors: dict[str, Any] | None = None) -> discord.HTTPException:
    """What discord.py raises for such an answer."""
    answer = cast(Any, SimpleNamespace(status=status, reason="refused"))
    body = {"code": code, "message": f"code {code}", **({"errors": errors} if errors else {})}
    kinds = {403: discord.Forbidden, 404: discord.NotFound}
    kind = discord.DiscordServerError if status >= 500 else kinds.get(status, discord.HTTPException)
    return kind(answer, body)


@dataclass
class Request:
    """``path`` with its ids, as in ``POST /channels/1/messages``."""

    method: str
    path: str
    json: Any


@dataclass
class Place:
    """A channel or a thread. ``archived``: opens when written to; ``locked``: not even then."""

    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    parent: str | None = None
    archived: bool = False
    locked: bool = False


class FakeDiscord:
    """``granted``: what the bot may do; without Embed Links an embed vanishes and nobody says so.
    ``limiter``: by which refusals count; ``None``: they do not."""

    def __init__(self, kind: ChannelKind = ChannelKind.THREADED, channel: Channel = HERE) -> None:
        self.kind = kind
        self.channel = channel
        self.granted = ALL_FLAGS
        self.http = self
        self.requests: list[Request] = []
        self.places: dict[str, Place] = {channel.id: Place()}
        self.published: list[str] = []
        self.pinned: list[str] = []
        self.tagged: list[list[str]] = []
        self.tags: list[tuple[str, str]] = []
        self.threads_full = False
        self.clock = 0.0
        self.limiter: RateLimiter | None = None
        self._nonces: dict[str, dict[str, Any]] = {}
        self._troubles: deque[tuple[str, str, Exception, bool]] = deque()
        self._next = 4000000000000000000

    # --- for tests ---------------------------------------------------------------------------------------------------

    def trouble(self, method: str, ending: str, error: Exception, *, after: bool = False, times: int = 1) -> None:
        self._troubles.extend([(method, ending, error, after)] * times)

    def forget_nonces(self) -> None:
        """Half an hour passes."""
        self._nonces.clear()
        self.clock += 1_800

    def sent(self) -> list[str]:
        return [f"{r.method} {r.path}" for r in self.requests]

    def texts(self, place: str) -> list[str]:
        return [_text(message) for message in self.places[place].messages.values()]

    def screen(self) -> str:
        """All that stands anywhere, in the order in which it was sent."""
        messages = {id: message for place in self.places.values() for id, message in place.messages.items()}
        return "\n".join(_text(messages[id]) for id in sorted(messages))

    def adapter(self) -> DiscordAdapter:
        """Another one on the same Discord, as after a restart. ``clock``: its seconds."""
        return DiscordAdapter(
            Calls(self, self.limiter or RateLimiter(lambda: 0.0, 10**9)), FakeGuildCache(self), lambda: self.clock
        )

    # --- discord.py's HTTPClient -------------------------------------------------------------------------------------

    async def request(self, route: Route, **options: Any) -> Any:
        await asyncio.sleep(0)
        path = route.url.removeprefix(Route.BASE)
        body = options.get("json")
        self.requests.append(Request(route.method, path, body))
        wrong = judged(route.method, path, options.get("params") or {}, body)
        assert not wrong, f"{route.method} {path}: {wrong}"
        for trouble in list(self._troubles):
            method, ending, error, after = trouble
            if method == route.method and path.endswith(ending):
                self._troubles.remove(trouble)
                if after:
                    self._carry_out(route.method, path.strip("/").split("/"), body, options.get("params"))
                if self.limiter and isinstance(error, discord.HTTPException) and error.status in COUNTED_STATUSES:
                    self.limiter.note_refusal()
                raise error
        return self._carry_out(route.method, path.strip("/").split("/"), body, options.get("params"))

    def _carry_out(self, method: str, parts: list[str], body: Any, params: Any) -> Any:
        match method, parts:
            case "POST", ["users", "@me", "channels"]:
                self.places.setdefault(DIRECT, Place())
                return {"id": DIRECT}
            case "POST", ["channels", id, "messages"]:
                return self._create(id, body)
            case "POST", ["channels", id, "threads"]:
                thread = self._id()
                self.places[thread] = Place(parent=id)
                message = self._create(thread, body["message"], thread)
                return {"id": thread, "message": message}
            case "POST", ["channels", id, "messages", message, "threads"]:
                self._message(id, message)
                if message in self.places:
                    raise refusal(400, 160004)
                if self.threads_full:
                    raise refusal(400, 160006)
                self.places[message] = Place(parent=id)
                return {"id": message}
            case "POST", ["channels", id, "messages", message, "crosspost"]:
                self._message(id, message)
                if message in self.published:
                    raise refusal(400, 40033)
                self.published.append(message)
                return {}
            case "PUT", ["channels", id, "messages", "pins", message]:
                self._message(id, message)
                if not self.granted & (PIN_MESSAGES | ADMINISTRATOR):
                    raise refusal(403, 50013)
                self.pinned.append(message)
                return ""
            case "DELETE", ["channels", id, "messages", "pins", message]:
                self._message(id, message)
                self.pinned = [one for one in self.pinned if one != message]
                return ""
            case "PATCH", ["channels", id, "messages", message]:
                old = self._message(id, message)
                if self.places[id].archived:
                    raise refusal(400, 50083)
                old.update(body)
                return old
            case "PATCH", ["channels", id]:
                if self.places[id].locked:
                    raise refusal(403, 50013)
                self.places[id].archived = body.get("archived", self.places[id].archived)
                self.tagged += [body["applied_tags"]] if "applied_tags" in body else []
                return {"id": id}
            case "GET", ["channels", id, "messages"]:
                older = [m for m in self._place(id).messages.values() if m["id"] < params.get("before", "9")]
                return older[::-1][: params["limit"]]
            case _:
                raise AssertionError(f"{method} {parts} is not simulated")

    def _create(self, place: str, body: dict[str, Any], id: str | None = None) -> dict[str, Any]:
        where = self._place(place)
        if where.locked:
            raise refusal(400, 160005)
        if body.get("nonce") in self._nonces:
            return self._nonces[body["nonce"]]
        if "message_reference" in body:
            try:
                self._message(body["message_reference"]["channel_id"], body["message_reference"]["message_id"])
            except discord.NotFound:
                unknown = {"_errors": [{"code": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "message": "Unknown message"}]}
                raise refusal(400, 50035, {"message_reference": unknown}) from None
        where.archived = False
        shown = body if self.granted & EMBED_LINKS or place == DIRECT else {**body, "embeds": []}
        message = {"embeds": [], **shown, "id": id or self._id(), "author": {"id": ME}}
        where.messages[message["id"]] = message
        if body.get("enforce_nonce"):
            self._nonces[body["nonce"]] = message
        return message

    def _place(self, id: str) -> Place:
        if id not in self.places:
            raise refusal(404, 10003)
        return self.places[id]

    def _message(self, place: str, id: str) -> dict[str, Any]:
        messages = self._place(place).messages
        if id not in messages:
            raise refusal(404, 10008)
        return messages[id]

    def _id(self) -> str:
        self._next += 1
        return str(self._next)


class FakeGuildCache(GuildCache):
    """What discord.py would know, told by the test. ``threads_known``: the gateway told of the threads."""

    def __init__(self, fake: FakeDiscord) -> None:
        self._fake = fake

    @property
    def bot_user_id(self) -> str:
        return ME

    async def learn(self, channel: Channel, mention: str | None = None) -> None:
        pass

    def check(self, channel: Channel) -> None:
        pass

    def kind(self, channel: Channel) -> ChannelKind:
        return self._fake.kind

    def granted(self, channel: Channel) -> int | None:
        return self._fake.granted

    def note_tags(self, post_id: str, tags: Sequence[str]) -> None:
        pass

    def has_thread(self, channel: Channel, thread_id: str) -> bool:
        return False

    async def threads(self, channel: Channel) -> list[str]:
        return [id for id, place in reversed(self._fake.places.items()) if place.parent == channel.id]

    def mention_targets(self, channel: Channel, typed: str | None) -> MentionTargets:
        return MentionTargets(users=(5,)) if typed else MentionTargets()

    def tags_for(self, channel: Channel, tone: Tone) -> list[str]:
        return [id for name, id in self._fake.tags if name == tone.value]

    def applied_tags(self, channel: Channel, post_id: str) -> list[str] | None:
        return []


def _text(message: dict[str, Any]) -> str:
    texts = [message.get("content") or ""]
    for embed in message["embeds"]:
        texts += [embed.get("title", ""), embed.get("description", ""), (embed.get("footer") or {}).get("text", "")]
        texts += [f"{one['name']}: {one['value']}" for one in embed.get("fields", ())]
    texts += [one["label"] for row in message.get("components") or () for one in row["components"]]
    return "\n".join(text for text in texts if text)
