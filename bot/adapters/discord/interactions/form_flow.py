"""Shows the subscribe form, keeps a draft if something in it is wrong, and runs the commands that it stands for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import discord
import structlog
from cachetools import LRUCache

from bot.adapters.discord.api.errors import INTERACTION_OVER
from bot.adapters.discord.api.guild_cache import GuildCache, everyone_mention
from bot.adapters.discord.interactions.invoker import Invoker
from bot.adapters.discord.interactions.modal import as_modal
from bot.adapters.discord.interactions.warnings import NO_EVERYONE, unpingable_message, unpingable_text
from bot.adapters.discord.render.subscribe_form import modal, parse_submission, prefilled, problems_message
from bot.adapters.events import Events
from bot.commands.forms import Field, SubmittedForm, SubscribeForm
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug
from bot.message import Code, Message
from bot.wording.errors import error_message, failed_message, form_outdated

OPEN_S = 1.5
"""Seconds to open a form: a modal must be the first answer, so it cannot be deferred."""
MAX_DRAFTS = 200

log = structlog.get_logger(__name__)


class FormFlow:
    """The form from its button to its reply."""

    def __init__(self, events: Events, guild_cache: GuildCache) -> None:
        self._events = events
        self._guild_cache = guild_cache
        self.open_s = OPEN_S
        self._drafts: LRUCache[tuple[Channel, int, Slug], SubmittedForm] = LRUCache(MAX_DRAFTS)

    async def show(
        self, interaction: discord.Interaction, invoker: Invoker, vendor: Slug, custom_id: str, *, with_draft: bool
    ) -> Message | None:
        """Opens the form. ``with_draft``: with what this person filled in before, if it is still stored.

        Returns a message instead where no form can be shown."""
        typed_instead: list[Code | str] = [Code(f"/subscribe vendor:{vendor}"), " does the same."]
        try:
            async with asyncio.timeout(self.open_s):
                form = await self._form(invoker, vendor, with_draft=with_draft)
        except TimeoutError:
            log.warning("discord.form_too_slow", vendor=vendor)
            return error_message("The form takes too long to open. Press again in a moment.", tuple(typed_instead))
        except Exception:
            log.exception("discord.form_failed", vendor=vendor)
            return failed_message()
        if form is None:
            return error_message(form_outdated("vendor"))
        selectable = self._guild_cache.selectable_targets(invoker.channel, form.mention)
        for targets in dict.fromkeys((selectable, None)):
            try:
                await interaction.response.send_modal(as_modal(modal(form, custom_id, targets)))
            except discord.HTTPException as error:
                if error.code in INTERACTION_OVER:
                    raise
                log.error("discord.form_rejected", vendor=vendor, error=str(error))
            else:
                return None
        return error_message("Discord does not take this form.", tuple(typed_instead))

    async def submit(
        self, invoker: Invoker, vendor: Slug, data: Mapping[str, Any], *, with_draft: bool, may_manage: bool
    ) -> Reply:
        """Runs the commands that the form stands for. If they change nothing, it is stored as a draft."""
        form = await self._form(invoker, vendor, with_draft=with_draft)
        if form is None:
            return Reply((error_message(form_outdated("vendor")),))
        submitted = parse_submission(data, form, self._guild_cache.selectable_targets(invoker.channel, form.mention))
        checked = await self._events.check(invoker.channel, submitted)
        if problems := {**checked.problems, **self._unpingable(invoker.channel, submitted.mention)}:
            self._save_draft(invoker, submitted)
            return Reply((problems_message(problems),))
        replies = [
            await self._events.answer(Request(command, text, invoker.channel, str(invoker.user_id), may_manage))
            for command, text in checked.lines
        ]
        changed = any(reply.public for reply in replies)
        if changed:
            self._drafts.pop((invoker.channel, invoker.user_id, vendor), None)
        else:
            self._save_draft(invoker, submitted)
        messages = [message for reply in replies for message in reply.messages]
        if changed and (unpingable := self._guild_cache.unpingable_roles(invoker.channel, submitted.mention)):
            messages.append(unpingable_message(unpingable))
        return Reply(tuple(messages), public=changed)

    def _unpingable(self, channel: Channel, mention: str) -> dict[Field, str]:
        if everyone_mention(channel) in mention:
            return {Field.MENTION: NO_EVERYONE}
        whom = self._guild_cache.unpingable_text(channel, mention)
        return {Field.MENTION: unpingable_text(whom)} if whom else {}

    async def _form(self, invoker: Invoker, vendor: Slug, *, with_draft: bool) -> SubscribeForm | None:
        form = await self._events.form(invoker.channel, vendor)
        draft = self._drafts.get((invoker.channel, invoker.user_id, vendor)) if with_draft else None
        return prefilled(form, draft) if form and draft else form

    def _save_draft(self, invoker: Invoker, submitted: SubmittedForm) -> None:
        self._drafts[invoker.channel, invoker.user_id, submitted.vendor] = submitted
