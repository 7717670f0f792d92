"""Whether a server's admins let somebody use a command that others do not see: asks Discord what they set."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import discord
import structlog

from bot.adapters.discord.api.calls import Calls
from bot.adapters.discord.interactions.invoker import Invoker, overridden
from bot.delivery.port import DeliveryError

ASK_S = 1.0
OVERRIDES = "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}/permissions"

log = structlog.get_logger(__name__)


class CommandPermissions:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._ids: dict[str, str] = {}

    def registered(self, commands: Iterable[Mapping[str, Any]]) -> None:
        """The commands as Discord lists them, with its ids."""
        self._ids = {str(command["name"]): str(command["id"]) for command in commands if "id" in command}

    async def granted(self, interaction: discord.Interaction, who: Invoker, command: str) -> bool:
        """Of a typed command Discord tells the id itself; a button stands for the command of that name."""
        data: Any = interaction.data or {}
        is_typed = interaction.type is discord.InteractionType.application_command
        id = str(data.get("id")) if is_typed else self._ids.get(command)
        if id is None:
            return False
        ids = {"guild_id": who.channel.workspace, "command_id": id, "application_id": str(interaction.application_id)}
        try:
            async with asyncio.timeout(ASK_S):
                found = await self._calls("GET", OVERRIDES, ids=ids)
        except (DeliveryError, TimeoutError) as error:
            log.debug("no overrides", why=str(error))
            return False
        return overridden(who, found.get("permissions") or [])
