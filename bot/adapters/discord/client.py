"""The gateway connection: registers commands, passes interactions on, and reports what happens to servers and channels.

Only the ``guilds`` intent: servers, channels, threads and roles, but no messages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import discord
import structlog

from bot.adapters.discord.api import internals
from bot.adapters.discord.api.calls import Calls, trace_config
from bot.adapters.discord.api.errors import CHANNEL_DELETED, NOT_IN_SERVER, UnknownChannel
from bot.adapters.discord.api.guild_cache import PLATFORM, GuildCache, is_direct
from bot.adapters.discord.api.learned import Learned
from bot.adapters.discord.api.permissions import missing
from bot.adapters.discord.api.rate_limit import RateLimiter
from bot.adapters.discord.api.reach import CHANNEL, obstacle
from bot.adapters.discord.hints import localized
from bot.adapters.discord.interactions.answers import Answers
from bot.adapters.discord.interactions.commands import differ, payloads
from bot.adapters.discord.interactions.invoker import CommandPermissions
from bot.adapters.discord.render.message import as_embed
from bot.adapters.events import Events
from bot.adapters.memory import Memory, OwnMemory
from bot.delivery.port import DeliveryError
from bot.domain import Channel
from bot.wording.phrases import count
from bot.wording.welcome import welcome_message

COMMANDS = "/applications/{application_id}/commands"
MESSAGES = "/channels/{channel_id}/messages"

log = structlog.get_logger(__name__)


class Lookout(discord.AutoShardedClient):
    """discord.py's client; ``guild_cache`` and ``calls`` are the adapter's too.

    One that has lost its connection for good connects no more: it has a successor, which takes over what others hold
    of it."""

    def __init__(
        self,
        events: Events,
        limiter: RateLimiter,
        predecessor: Lookout | None = None,
        *,
        listens: bool = True,
        hears_all: bool = True,
        memory: Memory | None = None,
        **options: Any,
    ) -> None:
        """``listens``: commands come to it; else it is there to post alone. ``hears_all``: by the gateway it hears of
        all servers."""
        internals.silence_voice_warnings()
        super().__init__(
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            http_trace=trace_config(limiter),
            **options,
        )
        self._events = events
        self._listens = listens
        self._is_announced = predecessor is not None
        if predecessor is None:
            self.calls = Calls(None, limiter)
            self.guild_cache = GuildCache(self, None if hears_all else Learned(self.calls, limiter.clock))
            self._command_permissions = CommandPermissions(self.calls)
            self.answers = Answers(
                events,
                self._command_permissions,
                self.guild_cache,
                partial(obstacle, self.calls, self.guild_cache),
                memory or OwnMemory(),
            )
        else:
            self.guild_cache, self.calls = predecessor.guild_cache, predecessor.calls
            self._command_permissions, self.answers = predecessor._command_permissions, predecessor.answers
            self._take_over()

    def _take_over(self) -> None:
        self.guild_cache.client = self

    async def setup_hook(self) -> None:
        """Between login and connection: registers the commands if Discord has others than the table."""
        self.calls.client = self
        if not self._listens:
            return
        ids = {"application_id": str(self.application_id)}
        ours = payloads()
        try:
            registered = await self.calls("GET", COMMANDS, ids=ids)
            self._command_permissions.set_registered(registered)
            if not differ(ours, registered):
                return
        except DeliveryError as error:
            log.info("discord.commands_unreadable", error=str(error))
        try:
            self._command_permissions.set_registered(await self.calls("PUT", COMMANDS, ids=ids, json=ours))
            log.info("discord.commands_registered", count=len(ours))
        except DeliveryError as error:
            log.error("discord.commands_not_registered", error=str(error))

    async def close(self) -> None:
        if self.calls.client is self:
            self.calls.leave()
        await super().close()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await self.answers.take(interaction)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        if self.is_closed():
            log.debug("discord.event_while_stopping", discord_event=event_method)
        else:
            log.exception("discord.event_failed", discord_event=event_method)

    # --- servers and channels ----------------------------------------------------------------------------------------

    async def on_ready(self) -> None:
        """Events of the time when the bot was away are lost: compare what is on record with what is there."""
        log.info("discord.connected", guilds=len(self.guilds), shards=self.shard_count)
        all_known = await self._events.known_channels()
        if not self._is_announced and self.user:
            self._is_announced = True
            where = f"{count(len(self.guilds), 'server')}, {count(len(all_known), 'channel')}"
            line = f"Discord: connected as {self.user.name} in {where}. Try /status vendor:github"
            await self._events.connected(line)
        known = [channel for channel in all_known if not is_direct(channel) and self.guild_cache.is_of(channel, self)]
        for workspace in {channel.workspace for channel in known}:
            if self.guild_cache.guild(Channel(PLATFORM, workspace, "")) is None:
                await self._report_left(workspace)
        await self._recheck(await self._events.unhealthy())
        for channel in self.guild_cache.missing_channels(known):
            await self._check_exists(channel)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._events.workspace_back(str(guild.id))
        await self._welcome(guild)

    async def _welcome(self, guild: discord.Guild) -> None:
        """One line in the server's channel for such messages, if it has one that the bot may write in."""
        place = guild.system_channel
        if place is None:
            return
        channel = Channel(PLATFORM, str(guild.id), str(place.id))
        granted = self.guild_cache.granted(channel)
        if granted is None or any(p.required for p in missing(granted, self.guild_cache.kind(channel))):
            return
        message = localized(welcome_message(form=False), self._command_permissions.ids)
        try:
            await self.calls("POST", MESSAGES, channel.id, json=as_embed(message))
        except DeliveryError as error:
            log.info("discord.welcome_not_posted", guild=str(guild.id), error=str(error))

    async def on_guild_available(self, guild: discord.Guild) -> None:
        await self._recheck_guild(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed. An unavailable server is another event, and changes nothing."""
        await self._report_left(str(guild.id))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._report_deleted(channel.guild.id, channel.id)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        await self._report_deleted(payload.guild_id, payload.thread_id)

    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """A new name or topic does not let the bot post, and some servers change those all day long."""
        if _posting_rules(before) != _posting_rules(after):
            await self._recheck_guild(after.guild)

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        if before.permissions != after.permissions:
            await self._recheck_guild(after.guild)

    async def on_thread_update(self, before: discord.Thread, after: discord.Thread) -> None:
        if before.locked and not after.locked:
            await self._recheck_guild(after.guild)

    async def on_member_update(self, _: discord.Member, after: discord.Member) -> None:
        """Of the bot itself this comes without the members intent, when its roles change."""
        if self.user and after.id == self.user.id:
            await self._recheck_guild(after.guild)

    async def _report_left(self, guild: str) -> None:
        log.warning("discord.guild_left", guild=guild)
        await self._events.workspace_left(guild, NOT_IN_SERVER)

    async def _report_deleted(self, guild: int, channel: int) -> None:
        log.debug("discord.channel_deleted", channel=str(channel))
        await self._events.channel_gone(Channel(PLATFORM, str(guild), str(channel)), CHANNEL_DELETED)

    async def _recheck_guild(self, guild: discord.Guild) -> None:
        unhealthy = await self._events.unhealthy()
        await self._recheck([channel for channel in unhealthy if channel.workspace == str(guild.id)])

    async def _recheck(self, channels: Sequence[Channel]) -> None:
        """Those that can be posted to now are active again."""
        for channel in channels:
            granted = self.guild_cache.granted(channel)
            kind = self.guild_cache.kind(channel)
            if granted is not None and not any(permission.required for permission in missing(granted, kind)):
                log.info("discord.channel_recovered", channel=channel.id)
                await self._events.channel_recovered(channel)

    async def _check_exists(self, channel: Channel) -> None:
        """The channel is not in the cache; so are archived threads and hidden channels."""
        try:
            await self.calls("GET", CHANNEL, channel.id)
        except UnknownChannel:
            log.warning("discord.channel_gone", channel=channel.id)
            await self._events.channel_gone(channel, CHANNEL_DELETED)
        except DeliveryError as error:
            log.info("discord.channel_hidden", channel=channel.id, error=str(error))


class ShardClient(Lookout):
    """One shard of several, beside ``main``, whose calls and answers it shares. ``turn``: waits until a session of the
    shard may be started."""

    def __init__(
        self,
        events: Events,
        limiter: RateLimiter,
        main: Lookout,
        number: int,
        count: int,
        turn: Callable[[int], Awaitable[None]],
        *,
        announces: bool,
    ) -> None:
        self._number = number
        super().__init__(events, limiter, main, shard_ids=[number], shard_count=count)
        self._turn = turn
        self._is_announced = not announces

    def _take_over(self) -> None:
        self.guild_cache.shards[self._number] = self

    async def setup_hook(self) -> None:
        """The commands are the main client's."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The first session's turn was taken before it was connected: Discord waits for no turn that is far off."""
        if not initial:
            await self._turn(self._number)

    async def close(self) -> None:
        if self.guild_cache.shards.get(self._number) is self:
            del self.guild_cache.shards[self._number]
        await super().close()


def _posting_rules(channel: discord.abc.GuildChannel) -> object:
    """What decides whether the bot can post there, to be compared."""
    if not isinstance(channel, discord.ForumChannel):
        return channel.type, channel.overwrites
    tags = [(tag.id, tag.moderated) for tag in channel.available_tags]
    return channel.type, channel.overwrites, tags, channel.flags.require_tag
