"""Shows the form of any command, and gives the line that a submitted one stands for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import discord
import structlog
from cachetools import LRUCache

from bot.adapters.discord.api.errors import INTERACTION_OVER
from bot.adapters.discord.hints import as_command
from bot.adapters.discord.interactions.invoker import Invoker
from bot.adapters.discord.interactions.modal import as_modal
from bot.adapters.discord.render.command_form import command_modal, submitted_form
from bot.adapters.events import Events
from bot.commands.argument_form import CommandForm, command_form
from bot.commands.complete import CompletionRequest
from bot.domain import Channel
from bot.message import Code, Message
from bot.wording.errors import error_message, form_outdated

EXAMPLES_S = 0.8
"""Seconds that examples are waited for: the form must open within 3 s of the press."""
MAX_EXAMPLES = 4
MAX_DRAFTS = 200

log = structlog.get_logger(__name__)


class CommandFormFlow:
    """The form from its button to its line."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.examples_s = EXAMPLES_S
        self._drafts: LRUCache[tuple[Channel, int, str], CommandForm] = LRUCache(MAX_DRAFTS)

    async def show(
        self, interaction: discord.Interaction, invoker: Invoker, line: str, custom_id: str, *, with_draft: bool
    ) -> Message | None:
        """Opens the form of the line's command. ``with_draft``: with what this person filled in before, if it is still
        stored.

        Returns a message instead where no form can be shown."""
        draft = self._drafts.get((invoker.channel, invoker.user_id, line)) if with_draft else None
        form = draft or command_form(line)
        if form is None:
            return error_message(form_outdated("command"))
        examples = await self._examples(form, invoker.channel)
        try:
            await interaction.response.send_modal(as_modal(command_modal(form, custom_id, examples)))
        except discord.HTTPException as error:
            if error.code in INTERACTION_OVER:
                raise
            log.error("discord.command_form_rejected", command=form.command.name, error=str(error))
            typed = Code(as_command(form.command.usage) or form.command.usage)
            return error_message("Discord does not take this form.", (typed, " does the same."))
        return None

    def submitted(self, invoker: Invoker, line: str, data: Mapping[str, Any]) -> str:
        """What would be typed after the command's name. It is kept as a draft."""
        form = command_form(line)
        if form is None:
            return ""
        filled = submitted_form(data, form)
        self._drafts[invoker.channel, invoker.user_id, line] = filled
        return filled.text({one.argument.name: one.given for one in filled.fields}, filled.rest)

    async def _examples(self, form: CommandForm, channel: Channel) -> dict[str, list[str]]:
        """What is completed first where nothing was typed. A modal completes nothing itself."""
        found: dict[str, list[str]] = {}
        try:
            async with asyncio.timeout(self.examples_s):
                for argument in (one.argument for one in form.fields if one.completes):
                    asked = CompletionRequest(form.command.name, argument.kind, "", channel)
                    offered = await self._events.complete(asked)
                    found[argument.name] = [choice.value for choice in offered[:MAX_EXAMPLES]]
        except TimeoutError:
            log.info("discord.form_without_examples", command=form.command.name)
        return found
