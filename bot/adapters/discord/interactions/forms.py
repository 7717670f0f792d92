"""Which form a command has: ``subscribe`` one of its own for a named vendor, every other one of its arguments."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

import discord

from bot.adapters.discord.api.guild_cache import GuildCache
from bot.adapters.discord.api.permissions import invite_url
from bot.adapters.discord.interactions.command_form_flow import CommandFormFlow
from bot.adapters.discord.interactions.commands import CommandInput
from bot.adapters.discord.interactions.form_flow import FormFlow
from bot.adapters.discord.interactions.invoker import Invoker
from bot.adapters.discord.interactions.warnings import not_in_server_message
from bot.adapters.discord.render import custom_ids
from bot.adapters.discord.render.custom_ids import FORM_AGAIN
from bot.adapters.events import Events
from bot.commands.command import Permission
from bot.commands.dispatch import parse_line
from bot.commands.help import command_named
from bot.commands.request import Reply
from bot.commands.table import COMMANDS
from bot.domain import Slug
from bot.message import Message
from bot.wording.errors import not_allowed_message

SUBSCRIBE = "subscribe"


class Forms:
    def __init__(self, events: Events, guild_cache: GuildCache) -> None:
        self.of_subscription = FormFlow(events, guild_cache)
        self.of_command = CommandFormFlow(events)

    async def show(
        self, interaction: discord.Interaction, invoker: Invoker, line: str, action: str, *, may_manage: bool
    ) -> Message | None:
        """Opens the form of the line's command; a message instead, where this person may not use it or it does not
        open."""
        name, text = parse_line(line)
        command, again = command_named(name, COMMANDS), action == FORM_AGAIN
        custom_id = custom_ids.custom_id(action, line)
        changes = command is None or command.permission is Permission.MANAGERS
        if changes and not invoker.bot_is_member and not invoker.is_direct:
            return not_in_server_message(name, invite_url(interaction.application_id))
        if changes and not may_manage:
            return not_allowed_message(name)
        if vendor := _vendor(name, text):
            return await self.of_subscription.show(interaction, invoker, vendor, custom_id, with_draft=again)
        return await self.of_command.show(interaction, invoker, line, custom_id, with_draft=again)

    def submit(
        self, invoker: Invoker, line: str, action: str, data: Mapping[str, Any], *, may_manage: bool
    ) -> tuple[CommandInput, Awaitable[Reply] | None]:
        """The command that a submitted form stands for, and its reply where the form itself runs it."""
        name, text = parse_line(line)
        command = command_named(name, COMMANDS) or COMMANDS[0]
        vendor = _vendor(name, text)
        if vendor is None:
            return CommandInput(command, self.of_command.submitted(invoker, line, data)), None
        if not may_manage:
            return CommandInput(command, text), None
        again = action == FORM_AGAIN
        replying = self.of_subscription.submit(invoker, vendor, data, with_draft=again, may_manage=may_manage)
        return CommandInput(command, text), replying


def _vendor(name: str, text: str) -> Slug | None:
    """Whose subscription a form is for; ``None``: it is a command's own form."""
    return Slug(text.partition(" ")[0]) if name == SUBSCRIBE and text.strip() else None
