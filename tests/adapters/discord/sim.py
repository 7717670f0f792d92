"""simcord, a Discord in memory with the whole of discord.py above it, for stories and for the contract."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import simcord

from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.api.rate_limit import RateLimiter
from bot.adapters.discord.client import Lookout
from bot.commands.complete import Choice, CompletionRequest
from bot.commands.forms import CheckedForm, SubmittedForm, SubscribeForm
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug, WorkspaceState
from bot.message import Message


@dataclass
class FakeEvents:
    """The bot behind Discord, with a list for all that is asked of it and reported to it."""

    reply: Reply = field(default_factory=lambda: Reply((Message("fine", title="Fine"),)))
    asked: list[Request] = field(default_factory=list)
    typing: list[CompletionRequest] = field(default_factory=list)
    offered: Sequence[Choice] = ()
    subscribe_form: SubscribeForm | None = None
    checked: CheckedForm = field(default_factory=CheckedForm)
    filled: list[SubmittedForm] = field(default_factory=list)
    known: list[Channel] = field(default_factory=list)
    looks: int = 0
    unwell: list[Channel] = field(default_factory=list)
    reported: list[tuple[str, str]] = field(default_factory=list)
    slow_s: float = 0.0
    lines: list[str] = field(default_factory=list)

    async def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        return self.reply

    async def complete(self, request: CompletionRequest) -> Sequence[Choice]:
        self.typing.append(request)
        return self.offered

    async def form(self, channel: Channel, vendor: Slug) -> SubscribeForm | None:
        return self.subscribe_form

    async def check(self, channel: Channel, submitted: SubmittedForm) -> CheckedForm:
        self.filled.append(submitted)
        return self.checked

    async def workspace_state(self, workspace: str) -> WorkspaceState:
        raise NotImplementedError("Discord has no dashboard")

    async def known_channels(self) -> Sequence[Channel]:
        self.looks += 1
        return self.known

    async def namesakes(self, channel: Channel) -> Sequence[Channel]:
        raise NotImplementedError("Discord's channels are of one server each")

    async def is_subscribed(self, channel: Channel) -> bool:
        return channel in self.known

    async def unhealthy(self) -> Sequence[Channel]:
        return self.unwell

    async def channel_recovered(self, channel: Channel) -> None:
        self.reported.append(("recovered", channel.id))

    async def channel_reached(self, channel: Channel) -> None:
        self.reported.append(("reached", channel.id))

    async def channel_moved(self, old: Channel, new: Channel) -> None:
        raise NotImplementedError("Discord's channels keep their ids")

    async def connected(self, line: str) -> None:
        self.lines.append(line)

    async def channel_gone(self, channel: Channel, reason: str) -> None:
        self.reported.append(("gone", channel.id))

    async def workspace_left(self, workspace: str, reason: str) -> None:
        self.reported.append(("left", workspace))

    async def workspace_back(self, workspace: str, remedy: str = "") -> None:
        self.reported.append(("back", workspace))


def lookout(events: FakeEvents) -> Lookout:
    return Lookout(events, RateLimiter(time.monotonic, 10**9), shard_count=1)


@asynccontextmanager
async def discord_of(events: FakeEvents) -> AsyncIterator[simcord.Env]:
    async with simcord.run(lookout(events)) as env:
        yield env


def channel_of(handle: Any) -> Channel:
    return Channel("discord", str(handle.guild.id), str(handle.id))


class SimThread:
    """simcord in a loop of its own, for tests that run another loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._stop = asyncio.Event()

    def __enter__(self) -> SimThread:
        self._thread.start()
        started: asyncio.Event = asyncio.Event()
        self._life = asyncio.run_coroutine_threadsafe(self._live(started), self._loop)
        self.wait(started.wait())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        try:
            self._life.result(10)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def adapter(self) -> SimAdapter:
        calls, guild_cache = self._bot.calls, self._bot.guild_cache
        return SimAdapter(DiscordAdapter(calls, guild_cache, time.monotonic), self._loop)

    def screen(self) -> str:
        places = self._env.backend.messages.values()
        return "\n".join(_text(message) for messages in places for message in messages.values())

    async def _live(self, started: asyncio.Event) -> None:
        async with discord_of(FakeEvents()) as env:
            self._env = env
            self._bot: Any = env.bot
            channel = env.create_guild().create_text_channel("incidents")
            self.channel = Channel("discord", str(env.guild.id), str(channel.id))
            await env.settle()
            started.set()
            await self._stop.wait()


class SimAdapter:
    """The port, carried over into simcord's loop."""

    platform = "discord"

    def __init__(self, adapter: DiscordAdapter, loop: asyncio.AbstractEventLoop) -> None:
        self._adapter = adapter
        self._loop = loop

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        return str(await self._there(self._adapter.post(channel, message, key)))

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        return str(await self._there(self._adapter.reply(channel, root, message, key, broadcast=broadcast)))

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        await self._there(self._adapter.edit(channel, ref, message, key))

    async def find(self, channel: Channel, key: str) -> str | None:
        found: str | None = await self._there(self._adapter.find(channel, key))
        return found

    async def pin(self, channel: Channel, ref: str) -> None:
        await self._there(self._adapter.pin(channel, ref))

    async def unpin(self, channel: Channel, ref: str) -> None:
        await self._there(self._adapter.unpin(channel, ref))

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        await self._there(self._adapter.notify_user(channel, user, message))

    async def _there(self, work: Coroutine[Any, Any, Any]) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


def _text(message: Any) -> str:
    texts = [message.content or ""]
    for embed in message.embeds:
        texts += [embed.get("title") or "", embed.get("description") or "", (embed.get("footer") or {}).get("text", "")]
        texts += [f"{one['name']}: {one['value']}" for one in embed.get("fields", ())]
    return "\n".join(texts)
