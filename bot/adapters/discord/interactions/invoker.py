"""Who runs a command or presses a button, about which channel, and whether they may change what that channel gets."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import discord
import structlog

from bot.adapters.discord.api.calls import Calls
from bot.adapters.discord.api.guild_cache import DIRECT_PREFIX, PLATFORM
from bot.adapters.discord.api.permissions import allowed_by_override, may_manage
from bot.adapters.discord.api.refs import MessageRef, MessageRun
from bot.delivery.port import DeliveryError
from bot.domain import Channel

OVERRIDES_TIMEOUT_S = 1.0
"""How long the overrides of a command are waited for."""
OVERRIDES = "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}/permissions"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Invoker:
    """The person behind an interaction, and the channel that it is about."""

    channel: Channel
    user_id: int
    granted: int
    """The person's permission flags in the channel."""
    roles: Collection[int]
    bot_is_member: bool
    """Whether the bot is in the server; a user-installed app may not be."""
    is_direct: bool
    """Whether the channel is a direct message with the bot."""
    thread: str | None = None
    """The message whose thread it is in, as :class:`MessageRef` writes it."""

    @property
    def may_manage(self) -> bool:
        """By Discord's permissions; direct messages are their reader's own."""
        return self.is_direct or (self.bot_is_member and may_manage(self.granted))


def invoker_of(interaction: discord.Interaction, other_channel: str | None = None) -> Invoker:
    """``other_channel``: the one that was chosen, if any. A thread stands for its channel, unless chosen. Discord may
    leave out the channel: its id is empty then."""
    guild_id, channel = interaction.guild_id, interaction.channel
    roles = [role.id for role in getattr(interaction.user, "roles", ())]
    channel_id, granted = str(interaction.channel_id or ""), interaction.permissions.value
    thread = None
    if isinstance(channel, discord.Thread) and channel.parent_id:
        channel_id = str(channel.parent_id)
        # A thread has the id of the message that it was made from; a forum's post is in the thread itself.
        is_post = isinstance(channel.parent, discord.ForumChannel)
        thread = str(MessageRef(MessageRun(str(channel.id) if is_post else channel_id, (str(channel.id),))))
    if other_channel is not None:
        channel_id, granted, thread = other_channel, _resolved_permissions(interaction, other_channel), None
    return Invoker(
        Channel(PLATFORM, str(guild_id) if guild_id else f"{DIRECT_PREFIX}/{channel_id}", channel_id),
        interaction.user.id,
        granted,
        roles,
        bot_is_member=guild_id is not None and interaction.client.get_guild(guild_id) is not None,
        is_direct=guild_id is None and not interaction.context.private_channel,
        thread=thread,
    )


class CommandPermissions:
    """Whether a server's admins let somebody use a command that is hidden from others, by Discord's overrides."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.ids: dict[str, str] = {}
        """Of the registered commands, by name."""

    def set_registered(self, commands: Iterable[Mapping[str, Any]]) -> None:
        """Remember the commands' ids, from Discord's list of them."""
        self.ids = {str(command["name"]): str(command["id"]) for command in commands if "id" in command}

    async def is_granted(self, interaction: discord.Interaction, invoker: Invoker, command: str) -> bool:
        """A typed command brings its id along; a button stands for the command of that name."""
        data: Any = interaction.data or {}
        is_typed = interaction.type is discord.InteractionType.application_command
        command_id = str(data.get("id")) if is_typed else self.ids.get(command)
        if command_id is None:
            return False
        ids = {
            "guild_id": invoker.channel.workspace,
            "command_id": command_id,
            "application_id": str(interaction.application_id),
        }
        try:
            async with asyncio.timeout(OVERRIDES_TIMEOUT_S):
                found = await self._calls("GET", OVERRIDES, ids=ids)
        except (DeliveryError, TimeoutError) as error:
            log.debug("discord.overrides_unknown", error=repr(error))
            return False
        return _is_overridden(invoker, found.get("permissions") or [])


def _resolved_permissions(interaction: discord.Interaction, channel: str) -> int:
    """The person's permission flags in a channel that was chosen."""
    data: Any = interaction.data or {}
    channels = (data.get("resolved") or {}).get("channels") or {}
    return int((channels.get(channel) or {}).get("permissions") or 0)


def _is_overridden(invoker: Invoker, overrides: list[dict[str, Any]]) -> bool:
    """Whether the overrides let this person use the command."""
    return invoker.channel.workspace.isdecimal() and allowed_by_override(
        overrides,
        guild=int(invoker.channel.workspace),
        channel=int(invoker.channel.id),
        user=invoker.user_id,
        roles=invoker.roles,
    )
