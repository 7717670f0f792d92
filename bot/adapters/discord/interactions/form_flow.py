"""Forms while they are filled in: shows them, keeps what was typed if something is wrong with it, carries them out."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import discord
import structlog

from bot.adapters.discord.api.errors import TOO_LATE
from bot.adapters.discord.api.guild_cache import GuildCache, everyone_of
from bot.adapters.discord.interactions.invoker import Invoker
from bot.adapters.discord.interactions.warnings import EVERYONE, unheard_message
from bot.adapters.discord.render.message import Body
from bot.adapters.discord.render.subscribe_form import filled, modal, problems_message, refilled
from bot.adapters.events import Events
from bot.commands.forms import Field, SubmittedForm, SubscribeForm
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug
from bot.message import Code, Message
from bot.wording.errors import error_message, failed_message, form_outdated

OPEN_S = 1.5
"""A modal is an interaction's first answer, or none at all: nothing can be promised before."""
DRAFTS = 200

log = structlog.get_logger(__name__)


class FormFlow:
    def __init__(self, events: Events, places: GuildCache) -> None:
        self._events = events
        self._places = places
        self.open_s = OPEN_S
        self._drafts: OrderedDict[tuple[Channel, int, Slug], SubmittedForm] = OrderedDict()

    async def show(
        self, interaction: discord.Interaction, who: Invoker, vendor: Slug, custom: str, *, again: bool
    ) -> Message | None:
        """Opens the form. ``again``: with what this person filled in before, so far as it is still known.

        Returns what is to be said instead where no form can be shown."""
        typed: list[Code | str] = [Code(f"/subscribe vendor:{vendor}"), " does the same."]
        try:
            async with asyncio.timeout(self.open_s):
                form = await self._form(who, vendor, again=again)
        except TimeoutError:
            log.warning("form took too long", vendor=vendor)
            return error_message("The form takes too long to open. Press again in a moment.", tuple(typed))
        except Exception:
            log.exception("form failed", vendor=vendor)
            return failed_message()
        if form is None:
            return error_message(form_outdated("vendor"))
        mentioned = self._places.choosable(who.channel, form.mention)
        for shown in dict.fromkeys((mentioned, None)):
            try:
                await interaction.response.send_modal(_Modal(modal(form, custom, shown)))
            except discord.HTTPException as error:
                if error.code in TOO_LATE:
                    raise
                log.error("form refused", vendor=vendor, why=str(error))
            else:
                return None
        return error_message("Discord does not take this form.", tuple(typed))

    async def carry_out(
        self, who: Invoker, vendor: Slug, data: Mapping[str, Any], *, again: bool, may_manage: bool
    ) -> Reply:
        """What was filled in, as the lines that it stands for. If they change nothing, it is kept to be shown again."""
        form = await self._form(who, vendor, again=again)
        if form is None:
            return Reply((error_message(form_outdated("vendor")),))
        typed = filled(data, form, self._places.choosable(who.channel, form.mention))
        checked = await self._events.check(who.channel, typed)
        everyone = {Field.MENTION: EVERYONE} if everyone_of(who.channel) in typed.mention else {}
        if problems := {**checked.problems, **everyone}:
            self._keep(who, typed)
            return Reply((problems_message(problems),))
        replies = [
            await self._events.answer(Request(command, text, who.channel, str(who.user), may_manage))
            for command, text in checked.lines
        ]
        changed = any(reply.public for reply in replies)
        if changed:
            self._drafts.pop((who.channel, who.user, vendor), None)
        else:
            self._keep(who, typed)
        messages = [message for reply in replies for message in reply.messages]
        if changed and (unheard := self._places.unheard(who.channel, typed.mention)):
            messages.append(unheard_message(unheard))
        return Reply(tuple(messages), public=changed)

    async def _form(self, who: Invoker, vendor: Slug, *, again: bool) -> SubscribeForm | None:
        form = await self._events.form(who.channel, vendor)
        draft = self._drafts.get((who.channel, who.user, vendor)) if again else None
        return refilled(form, draft) if form and draft else form

    def _keep(self, who: Invoker, typed: SubmittedForm) -> None:
        self._drafts[who.channel, who.user, typed.vendor] = typed
        if len(self._drafts) > DRAFTS:
            self._drafts.popitem(last=False)


class _Modal(discord.ui.Modal):
    """For discord.py, which takes objects. It has ended, so that it is sent, but not kept to wait for its answer."""

    def __init__(self, payload: Body) -> None:
        super().__init__(title=payload["title"], custom_id=payload["custom_id"])
        self._payload = payload
        self.stop()

    def to_dict(self) -> dict[str, Any]:
        return self._payload
