"""Who asks where, as Discord's interaction tells it: the channel that is meant, and what the asker may do there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import discord

from bot.adapters.discord.api.guild_cache import DIRECT, PLATFORM
from bot.adapters.discord.api.permissions import allowed_by_override, may_manage
from bot.domain import Channel


@dataclass(frozen=True, slots=True)
class Invoker:
    """``granted``: what Discord lets this person do in the channel, as flags. ``member``: the bot is in the server too;
    what a person carries along is not."""

    channel: Channel
    user: int
    granted: int
    roles: Collection[int]
    member: bool
    direct: bool

    @property
    def may_manage(self) -> bool:
        """Direct messages are their reader's own."""
        return self.direct or (self.member and may_manage(self.granted))


def invoker(interaction: discord.Interaction, elsewhere: str | None = None) -> Invoker:
    """``elsewhere``: the channel that was chosen. A thread stands for the channel that it is in, unless chosen."""
    guild, place = interaction.guild_id, interaction.channel
    roles = [role.id for role in getattr(interaction.user, "roles", ())]
    id, granted = str(interaction.channel_id), interaction.permissions.value
    if isinstance(place, discord.Thread) and place.parent_id:
        id = str(place.parent_id)
    if elsewhere is not None:
        id, granted = elsewhere, _resolved(interaction, elsewhere)
    return Invoker(
        Channel(PLATFORM, str(guild) if guild else f"{DIRECT}/{id}", id),
        interaction.user.id,
        granted,
        roles,
        member=guild is not None and interaction.client.get_guild(guild) is not None,
        direct=guild is None and not interaction.context.private_channel,
    )


def overridden(asker: Invoker, overrides: list[dict[str, Any]]) -> bool:
    """Whether the server's admins gave this person the command."""
    return asker.channel.workspace.isdecimal() and allowed_by_override(
        overrides,
        guild=int(asker.channel.workspace),
        channel=int(asker.channel.id),
        user=asker.user,
        roles=asker.roles,
    )


def _resolved(interaction: discord.Interaction, channel: str) -> int:
    """What the asker may do in a channel that was chosen."""
    data: Any = interaction.data or {}
    channels = (data.get("resolved") or {}).get("channels") or {}
    return int((channels.get(channel) or {}).get("permissions") or 0)
