"""Answers interactions: commands, buttons, forms, half-typed options. Each is acknowledged within Discord's 3 s.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Any

import discord
import structlog

from bot.adapters.discord.api.errors import TOO_LATE
from bot.adapters.discord.api.guild_cache import GuildCache, everyone_of
from bot.adapters.discord.api.permissions import invite_url
from bot.adapters.discord.interactions.commands import Typed, choices, is_of_channel, typed, typing
from bot.adapters.discord.interactions.form_flow import FormFlow
from bot.adapters.discord.interactions.invoker import CommandPermissions, Invoker, invoker
from bot.adapters.discord.interactions.warnings import (
    EVERYONE,
    forgotten_button,
    forgotten_command,
    missing_message,
    not_here,
    unheard_message,
)
from bot.adapters.discord.render import custom_ids
from bot.adapters.discord.render.custom_ids import AGAIN, FORM, RUN, SHARE
from bot.adapters.discord.render.message import BUTTONS, ROW, Body, as_embed, as_pages, button_body, row
from bot.adapters.events import Events
from bot.commands.command import Command, Permission
from bot.commands.complete import CompletionRequest
from bot.commands.dispatch import parse_line
from bot.commands.help import command_named
from bot.commands.request import Reply, Request
from bot.commands.table import COMMANDS
from bot.domain import Slug
from bot.message import Button, ChannelMention, Link, Message, Paragraph
from bot.wording.errors import error_message, failed_message

DEFER_S = 1.5
"""An answer that takes longer is promised first."""
COMPLETE_S = 2.0
MAX_MESSAGES = 10
MAX_CARRIED = 5
"""Where only a person carries the bot along, Discord takes no more follow-ups."""
KEPT = 2_000
BOARD = "board"
CHECKED = frozenset({"subscribe", BOARD})
"""Commands that make the bot post in the channel later on."""

log = structlog.get_logger(__name__)


class Answers:
    def __init__(self, events: Events, permits: CommandPermissions, places: GuildCache) -> None:
        self._events = events
        self._permits = permits
        self._places = places
        self.filling = FormFlow(events, places)
        self._long: OrderedDict[str, str] = OrderedDict()
        self.defer_s = DEFER_S

    async def take(self, interaction: discord.Interaction) -> None:
        """Whatever it is; what belongs to others is left alone. Never raises."""
        try:
            match interaction.type:
                case discord.InteractionType.application_command:
                    await self._command(interaction)
                case discord.InteractionType.autocomplete:
                    await self._complete(interaction)
                case discord.InteractionType.component | discord.InteractionType.modal_submit:
                    await self._pressed(interaction)
                case _:
                    pass
        except discord.HTTPException as error:
            if error.code not in TOO_LATE:
                log.error("interaction cannot be answered", why=str(error))
            else:
                log.warning("interaction was over before its answer", why=str(error))
        except Exception:
            log.exception("interaction failed")

    def shorten(self, buttons: Sequence[Button]) -> None:
        """Keep the commands that are too long for their buttons; after a restart those are to be typed."""
        for button in buttons:
            key = custom_ids.short(button.command)
            owner = custom_ids.owner_of(button)
            if custom_ids.custom_id(owner, button.command) == f"{owner}:{key}":
                self._long[key] = button.command
                if len(self._long) > KEPT:
                    self._long.popitem(last=False)

    # --- what arrives ------------------------------------------------------------------------------------------------

    async def _command(self, interaction: discord.Interaction) -> None:
        data: Any = interaction.data or {}
        asked = typed(data)
        if asked is None:
            await self._send(interaction, [*as_pages(forgotten_command())], public=False)
            return
        who = invoker(interaction, asked.elsewhere)
        if everyone_of(who.channel) in asked.text:
            await self._send(interaction, as_pages(error_message(EVERYONE)), public=False)
            return
        allowed = await self._may_manage(interaction, who, asked)
        await self._answer(interaction, who, asked, may_manage=allowed)

    async def _complete(self, interaction: discord.Interaction) -> None:
        data: Any = interaction.data or {}
        asked = typing(data)
        offered: Sequence[Any] = ()
        if asked is not None:
            where = invoker(interaction, asked.elsewhere).channel
            wanted = CompletionRequest(asked.command.name, asked.argument.kind, asked.text, where, asked.given)
            try:
                async with asyncio.timeout(COMPLETE_S):
                    offered = choices(await self._events.complete(wanted), asked.argument)
            except TimeoutError:
                log.warning("completion took too long", command=asked.command.name)
        shown = [discord.app_commands.Choice(name=choice.name, value=choice.value) for choice in offered]
        await interaction.response.autocomplete(shown)

    async def _pressed(self, interaction: discord.Interaction) -> None:
        """A button, or a form that is sent off: its id says what it is, and what it is about."""
        data: Any = interaction.data or {}
        found = self._carried(str(data.get("custom_id", "")))
        if found is None:
            return
        owner, line = found
        if line.startswith(custom_ids.LONG):
            await self._send(interaction, as_pages(forgotten_button()), public=False)
            return
        name, text = parse_line(line)
        asked = Typed(command_named(name, COMMANDS) or COMMANDS[0], text)
        who = invoker(interaction)
        allowed = await self._may_manage(interaction, who, asked)
        who = await self._itself(interaction, who)
        vendor, again = Slug(text.partition(" ")[0]), custom_ids.custom_id(AGAIN, line)
        if owner not in (FORM, AGAIN) or not allowed:
            await self._answer(interaction, who, asked, may_manage=allowed, share=owner == SHARE)
        elif interaction.type is discord.InteractionType.modal_submit:
            done = self.filling.carry_out(who, vendor, data, again=owner == AGAIN, may_manage=allowed)
            await self._answer(interaction, who, asked, may_manage=allowed, replying=done, again=again)
        else:
            custom = custom_ids.custom_id(owner, line)
            instead = await self.filling.show(interaction, who, vendor, custom, again=owner == AGAIN)
            if instead:
                await self._send(interaction, self._bodies(Reply((instead,))), public=False)

    def _carried(self, custom: str) -> tuple[str, str] | None:
        """Whose it is and the command, or its short form if that is all that is known."""
        for owner in (RUN, SHARE, FORM, AGAIN):
            line = custom_ids.carried(custom, owner)
            if line is not None:
                return owner, self._long.get(line, line)
        return None

    async def _itself(self, interaction: discord.Interaction, who: Invoker) -> Invoker:
        """A thread that subscribes by itself does not stand for its channel: its cards are its own."""
        thread = replace(who.channel, id=str(interaction.channel_id))
        is_subscribed = thread != who.channel and await self._events.is_subscribed(thread)
        return replace(who, channel=thread) if is_subscribed else who

    # --- answering ---------------------------------------------------------------------------------------------------

    async def _answer(
        self,
        interaction: discord.Interaction,
        who: Invoker,
        asked: Typed,
        *,
        may_manage: bool,
        share: bool = False,
        replying: Awaitable[Reply] | None = None,
        again: str | None = None,
    ) -> None:
        """``replying``: comes to the reply of a form, for the button ``again``; otherwise the command is asked."""
        command, changes = asked.command, _changes(asked.command, asked.text)
        if changes and not who.member and not who.direct:
            invite = invite_url(interaction.application_id)
            await self._send(interaction, as_pages(not_here(command.name, invite)), public=False)
            return
        request = Request(command.name, asked.text, who.channel, str(who.user), may_manage)
        answering = asyncio.ensure_future(replying or self._events.answer(request))
        done, _ = await asyncio.wait({answering}, timeout=self.defer_s)
        promised = None if done else share or (changes and command.public and may_manage)
        if promised is not None:
            await interaction.response.defer(ephemeral=not promised, thinking=True)
        try:
            reply = await answering
        except Exception:
            log.exception("command failed", command=command.name)
            reply = Reply((failed_message(),))
        public = share or reply.public
        if asked.elsewhere is not None and asked.elsewhere != str(interaction.channel_id):
            reply = _about_channel(reply, asked.elsewhere)
        if reply.public and command.name in CHECKED and asked.text != "off":
            reply = self._with_warnings(reply, interaction, who, asked)
        carried = interaction.guild_id is not None and not who.member
        url = next((message.url for message in reply.messages if message.url), None)
        bodies = _shortened(self._bodies(reply), MAX_CARRIED if carried else MAX_MESSAGES, url)
        if again and not public:
            _add(bodies[-1], button_body(again, "Fill it in again"))
        elif not share and reply.shareable and not who.direct and asked.elsewhere is None:
            add_share(bodies[-1], command, asked.text)
        await self._send(interaction, bodies, public=public, promised=promised)

    def _bodies(self, reply: Reply) -> list[Body]:
        for message in reply.messages:
            self.shorten(message.buttons)
        return [body for message in reply.messages for body in as_pages(message)] or as_pages(Message("Done."))

    def _with_warnings(self, reply: Reply, interaction: discord.Interaction, who: Invoker, asked: Typed) -> Reply:
        """Told at once, by name: what the bot lacks to post there, and roles that it may not ping."""
        if who.direct:
            return reply
        here = asked.elsewhere is None and str(interaction.channel_id) == who.channel.id
        granted = interaction.app_permissions.value if here else self._places.granted(who.channel)
        board, unheard = asked.command.name == BOARD, self._places.unheard(who.channel, asked.text)
        warnings = [
            None
            if granted is None
            else missing_message(granted, self._places.kind(who.channel), who.channel, board=board),
            unheard_message(unheard) if unheard else None,
        ]
        return replace(reply, messages=(*reply.messages, *filter(None, warnings)))

    async def _may_manage(self, interaction: discord.Interaction, who: Invoker, asked: Typed) -> bool:
        """As Discord says, or as the server's admins said of a command that members do not see."""
        is_for_managers = asked.command.permission is Permission.MANAGERS
        if who.may_manage or not is_for_managers or not who.member or asked.elsewhere is not None:
            return who.may_manage
        return await self._permits.granted(interaction, who, asked.command.name)

    async def _send(
        self, interaction: discord.Interaction, bodies: Sequence[Body], *, public: bool, promised: bool | None = None
    ) -> None:
        """``promised``: whether a public answer was promised, ``None`` if none was."""
        first, *others = bodies
        if promised is None:
            await interaction.response.send_message(**_arguments(first), ephemeral=not public)
        elif promised == public:
            await interaction.edit_original_response(**_arguments(first))
        else:
            # Whatever comes first takes the place of the promise, and is as public as that was.
            await interaction.edit_original_response(**_arguments(as_embed(Message("…"))))
            others = list(bodies)
        for body in others:
            await interaction.followup.send(**_arguments(body), ephemeral=not public, wait=True)
        if promised is not None and promised != public:
            await interaction.delete_original_response()


def _changes(command: Command, text: str) -> bool:
    return command.permission is Permission.MANAGERS and bool(text.strip())


def _about_channel(reply: Reply, channel: str) -> Reply:
    """Says which channel is meant by "this channel": Discord shows no options to those who read along. Without buttons
    that would act on the channel that they are pressed in."""
    first, *others = reply.messages
    first = replace(first, blocks=(Paragraph(("About ", ChannelMention(channel), ":")), *first.blocks))
    return replace(reply, messages=tuple(_without_own_buttons(message) for message in (first, *others)))


def _without_own_buttons(message: Message) -> Message:
    meant = [(button, command_named(parse_line(button.command)[0], COMMANDS)) for button in message.buttons]
    return replace(message, buttons=tuple(b for b, command in meant if not (command and is_of_channel(command))))


def _shortened(bodies: list[Body], most: int, url: str | None) -> list[Body]:
    """What finds no room is counted, in its place: an answer begins with its question and ends with what is newest."""
    over = len(bodies) - most
    if over <= 0:
        return bodies
    title = f"{over + 1} messages are left out here."
    where = (Paragraph(("Everything is on ", Link("the page", url), ".")),) if url else ()
    return [*bodies[: most - 2], as_embed(Message(title, title=title, blocks=where)), bodies[-1]]


def add_share(body: Body, command: Command, text: str) -> None:
    """A look-up is for its asker; this asks it again for everybody, about the channel that it is pressed in."""
    custom = custom_ids.custom_id(SHARE, f"{command.name} {text}".strip())
    if not command.public and custom_ids.LONG not in custom[: len(SHARE) + 2]:
        _add(body, button_body(custom, "Share"))


def _add(body: Body, button: Body) -> None:
    rows = body["components"]
    if len(rows) * ROW >= BUTTONS:
        return
    if rows and len(rows[-1]["components"]) < ROW:
        rows[-1]["components"].append(button)
    else:
        rows.append(row([button]))


def _arguments(body: Body) -> dict[str, Any]:
    """For discord.py, which takes objects. A view that has ended is sent, but not kept to wait for its buttons."""
    shown: dict[str, Any] = {
        "embeds": [discord.Embed.from_dict(embed) for embed in body["embeds"]],
        "allowed_mentions": discord.AllowedMentions.none(),
    }
    if body["components"]:
        view = discord.ui.View(timeout=None)
        for number, one in enumerate(body["components"]):
            for button in one["components"]:
                view.add_item(discord.ui.Button(label=button["label"], custom_id=button["custom_id"], row=number))
        view.stop()
        shown["view"] = view
    return shown
