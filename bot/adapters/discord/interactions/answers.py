"""Answers interactions: commands, buttons, forms, autocompletion. Each is acknowledged within Discord's 3 s.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import discord
import structlog

from bot.adapters.discord.api.errors import INTERACTION_OVER
from bot.adapters.discord.api.guild_cache import GuildCache, everyone_mention
from bot.adapters.discord.api.permissions import ChannelKind, invite_url
from bot.adapters.discord.hints import localized
from bot.adapters.discord.interactions.commands import (
    CommandInput,
    choices,
    is_of_channel,
    parse_autocomplete,
    parse_command,
)
from bot.adapters.discord.interactions.forms import Forms
from bot.adapters.discord.interactions.invoker import CommandPermissions, Invoker, invoker_of
from bot.adapters.discord.interactions.warnings import (
    NO_EVERYONE,
    expired_button_message,
    missing_permissions_message,
    no_channel_message,
    not_in_server_message,
    unfollowable_message,
    unknown_command_message,
    unpingable_message,
    unpingable_text,
    unsendable_answer_message,
)
from bot.adapters.discord.render import custom_ids
from bot.adapters.discord.render.components import MAX_BUTTONS, MAX_ROW_BUTTONS, Body, action_row, button_body
from bot.adapters.discord.render.custom_ids import FORM, FORM_AGAIN, RUN, SHARE
from bot.adapters.discord.render.markdown import cut
from bot.adapters.discord.render.message import as_embed, as_pages
from bot.adapters.events import Events
from bot.adapters.memory import Memory
from bot.adapters.posting_check import POSTING_COMMANDS, Obstacle, PostingCheck
from bot.commands.command import Command, Permission
from bot.commands.complete import CompletionRequest
from bot.commands.dispatch import parse_line
from bot.commands.help import asks_for_form, command_named
from bot.commands.request import Reply, Request
from bot.commands.scan import typed_mentions
from bot.commands.table import COMMANDS
from bot.message import Button, ChannelMention, Link, Message, Paragraph
from bot.wording.errors import error_message, failed_message

DEFER_S = 1.5
"""Seconds after which an answer is deferred: promised first, and sent later."""
AUTOCOMPLETE_S = 2.0
"""Seconds after which nothing is offered."""
MAX_MESSAGES = 10
"""Of one answer."""
MAX_USER_INSTALL_MESSAGES = 5
"""Where the bot is user-installed, Discord takes no more follow-ups."""
LONG_COMMAND_S = 90 * 86_400.0
"""How long it is remembered which command, too long for a custom id, a button stands for."""
BOARD = "board"
SETTINGS, PUBLISH_ON = "settings", "publish=on"
MAX_CONTENT = 2_000
"""UTF-16 units of a message's text."""
REFUSED_FOR_CONTENT = frozenset({400, 413, 422})
"""Statuses of an answer that Discord does not take as it is."""

log = structlog.get_logger(__name__)


class Answers:
    """Handles every interaction of the client."""

    def __init__(
        self,
        events: Events,
        command_permissions: CommandPermissions,
        guild_cache: GuildCache,
        obstacle: Obstacle,
        memory: Memory,
    ) -> None:
        """``memory``: shared with all processes that post or listen."""
        self._events = events
        self._command_permissions = command_permissions
        self._guild_cache = guild_cache
        self.posting_check = PostingCheck(obstacle)
        self.forms = Forms(events, guild_cache)
        self._memory = memory
        self.defer_s = DEFER_S

    async def take(self, interaction: discord.Interaction) -> None:
        """Handle any interaction; unknown custom ids are ignored. Never raises."""
        try:
            match interaction.type:
                case discord.InteractionType.application_command:
                    await self._command(interaction)
                case discord.InteractionType.autocomplete:
                    await self._complete(interaction)
                case discord.InteractionType.component | discord.InteractionType.modal_submit:
                    await self._component(interaction)
                case _:
                    pass
        except discord.HTTPException as error:
            if error.code not in INTERACTION_OVER:
                log.error("discord.interaction_not_answered", error=str(error))
            else:
                log.warning("discord.interaction_expired", error=str(error))
        except Exception:
            log.exception("discord.interaction_failed")

    def shorten(self, buttons: Sequence[Button]) -> None:
        """Store the commands that are too long for a custom id; after a restart they must be typed."""
        for button in buttons:
            key = custom_ids.digested(button.command)
            action = custom_ids.action_of(button)
            if custom_ids.custom_id(action, button.command) == f"{action}:{key}":
                self._memory.keep(f"command {key}", button.command, LONG_COMMAND_S)

    # --- what arrives ------------------------------------------------------------------------------------------------

    async def _command(self, interaction: discord.Interaction) -> None:
        data: Any = interaction.data or {}
        command_input = parse_command(data)
        if command_input is None:
            await self._send(interaction, [*as_pages(unknown_command_message())], public=False)
            return
        invoker = invoker_of(interaction, command_input.other_channel)
        if not invoker.channel.id:
            await self._send(interaction, as_pages(no_channel_message()), public=False)
            return
        if everyone_mention(invoker.channel) in command_input.text:
            await self._send(interaction, as_pages(error_message(NO_EVERYONE)), public=False)
            return
        may_manage = await self._may_manage(interaction, invoker, command_input)
        if asks_for_form(command_input.text):
            await self._form(interaction, invoker, command_input.command.name, FORM, may_manage=may_manage)
            return
        await self._answer(interaction, invoker, command_input, may_manage=may_manage)

    async def _complete(self, interaction: discord.Interaction) -> None:
        data: Any = interaction.data or {}
        autocomplete = parse_autocomplete(data)
        offered: Sequence[Any] = ()
        if autocomplete is not None:
            channel = invoker_of(interaction, autocomplete.other_channel).channel
            request = CompletionRequest(
                autocomplete.command.name, autocomplete.argument.kind, autocomplete.text, channel, autocomplete.others
            )
            try:
                async with asyncio.timeout(AUTOCOMPLETE_S):
                    offered = choices(await self._events.complete(request), autocomplete.argument)
            except TimeoutError:
                log.warning("discord.autocomplete_too_slow", command=autocomplete.command.name)
        shown = [discord.app_commands.Choice(name=choice.name, value=choice.value) for choice in offered]
        await interaction.response.autocomplete(shown)

    async def _component(self, interaction: discord.Interaction) -> None:
        """A button or a submitted form: its custom id names the action and the command."""
        data: Any = interaction.data or {}
        found = await self._parse_custom_id(str(data.get("custom_id", "")))
        if found is None:
            return
        action, line = found
        if line.startswith(custom_ids.DIGEST_PREFIX):
            await self._send(interaction, as_pages(expired_button_message()), public=False)
            return
        name, text = parse_line(line)
        command_input = CommandInput(command_named(name, COMMANDS) or COMMANDS[0], text)
        invoker = invoker_of(interaction)
        if not invoker.channel.id:
            await self._send(interaction, as_pages(no_channel_message()), public=False)
            return
        may_manage = await self._may_manage(interaction, invoker, command_input)
        invoker = await self._in_subscribed_thread(interaction, invoker)
        if action not in (FORM, FORM_AGAIN):
            await self._answer(interaction, invoker, command_input, may_manage=may_manage, share=action == SHARE)
        elif interaction.type is discord.InteractionType.modal_submit:
            await self._submitted(interaction, invoker, line, action, may_manage=may_manage)
        else:
            await self._form(interaction, invoker, line, action, may_manage=may_manage)

    async def _form(
        self, interaction: discord.Interaction, invoker: Invoker, line: str, action: str, *, may_manage: bool
    ) -> None:
        """Opens the form of the line's command, or says why not."""
        instead = await self.forms.show(interaction, invoker, line, action, may_manage=may_manage)
        if instead:
            await self._send(interaction, self._bodies(Reply((instead,))), public=False)

    async def _submitted(
        self, interaction: discord.Interaction, invoker: Invoker, line: str, action: str, *, may_manage: bool
    ) -> None:
        data: Any = interaction.data or {}
        filled, replying = self.forms.submit(invoker, line, action, data, may_manage=may_manage)
        if replying is None and everyone_mention(invoker.channel) in filled.text:
            await self._send(interaction, as_pages(error_message(NO_EVERYONE)), public=False)
            return
        retry_id = custom_ids.custom_id(FORM_AGAIN, line)
        await self._answer(interaction, invoker, filled, may_manage=may_manage, replying=replying, retry_id=retry_id)

    async def _parse_custom_id(self, custom_id: str) -> tuple[str, str] | None:
        """The action and the command, or the command's digest if it is not stored any more."""
        for action in (RUN, SHARE, FORM, FORM_AGAIN):
            line = custom_ids.command_of(custom_id, action)
            if line is not None:
                is_digest = line.startswith(custom_ids.DIGEST_PREFIX)
                return action, (is_digest and await self._memory.recall(f"command {line}")) or line
        return None

    async def _in_subscribed_thread(self, interaction: discord.Interaction, invoker: Invoker) -> Invoker:
        """A thread with subscriptions of its own does not stand for its channel."""
        thread = replace(invoker.channel, id=str(interaction.channel_id))
        is_subscribed = thread != invoker.channel and await self._events.is_subscribed(thread)
        return replace(invoker, channel=thread) if is_subscribed else invoker

    # --- answering ---------------------------------------------------------------------------------------------------

    async def _answer(
        self,
        interaction: discord.Interaction,
        invoker: Invoker,
        command_input: CommandInput,
        *,
        may_manage: bool,
        share: bool = False,
        replying: Awaitable[Reply] | None = None,
        retry_id: str | None = None,
    ) -> None:
        """``replying``: a form's reply, instead of the command's. ``retry_id``: custom id of the button that shows the
        form again if it changed nothing."""
        command, changes = command_input.command, _is_change(command_input.command, command_input.text)
        if changes and not invoker.bot_is_member and not invoker.is_direct:
            invite = invite_url(interaction.application_id)
            await self._send(interaction, as_pages(not_in_server_message(command.name, invite)), public=False)
            return
        typed = typed_mentions(command_input.text) if may_manage and replying is None else ()
        if whom := " ".join(filter(None, (self._guild_cache.unpingable_text(invoker.channel, one) for one in typed))):
            await self._send(interaction, as_pages(error_message(unpingable_text(whom))), public=False)
            return
        request = Request(
            command.name, command_input.text, invoker.channel, str(invoker.user_id), may_manage, invoker.thread
        )
        is_known = invoker.is_direct or self._granted(interaction, invoker, command_input) is not None
        check = None if is_known else self.posting_check.begin(command.name, command_input.text, invoker.channel)
        answering = asyncio.ensure_future(replying or self._events.answer(request))
        done, _ = await asyncio.wait({answering}, timeout=self.defer_s)
        deferred_public = None if done else share or (changes and command.public and may_manage)
        if deferred_public is not None:
            await interaction.response.defer(ephemeral=not deferred_public, thinking=True)
        try:
            reply = await answering
        except Exception:
            log.exception("discord.command_failed", command=command.name)
            reply = Reply((failed_message(),))
        public = share or reply.public
        if command_input.other_channel is not None and command_input.other_channel != str(interaction.channel_id):
            reply = _about_channel(reply, command_input.other_channel)
        publishes = command.name == SETTINGS and PUBLISH_ON in command_input.text
        if reply.public and (publishes or (command.name in POSTING_COMMANDS and command_input.text != "off")):
            reply = self._with_warnings(reply, interaction, invoker, command_input)
        if check:
            reply = await self.posting_check.with_warning(reply, check, partial(self._say_later, interaction))
        user_installed = interaction.guild_id is not None and not invoker.bot_is_member
        url = next((message.url for message in reply.messages if message.url), None)
        bodies = _limited(self._bodies(reply), MAX_USER_INSTALL_MESSAGES if user_installed else MAX_MESSAGES, url)
        if retry_id and not public:
            _add_button(bodies[-1], button_body(retry_id, "Fill it in again"))
        elif not share and reply.shareable and not invoker.is_direct and command_input.other_channel is None:
            add_share_button(bodies[-1], command, command_input.text)
        await self._send(interaction, bodies, public=public, deferred_public=deferred_public)

    def _bodies(self, reply: Reply) -> list[Body]:
        for message in reply.messages:
            self.shorten(message.buttons)
        shown = [localized(message, self._command_permissions.ids) for message in reply.messages]
        return [body for message in shown for body in as_pages(message)] or as_pages(Message("Done."))

    def _with_warnings(
        self, reply: Reply, interaction: discord.Interaction, invoker: Invoker, command_input: CommandInput
    ) -> Reply:
        """The reply, with the permissions that the bot lacks in the channel and the roles that it cannot ping."""
        if invoker.is_direct:
            return reply
        granted = self._granted(interaction, invoker, command_input)
        board, unpingable = (
            command_input.command.name == BOARD,
            self._guild_cache.unpingable_roles(invoker.channel, command_input.text),
        )
        warnings = [
            None
            if granted is None
            else missing_permissions_message(
                granted, self._guild_cache.kind(invoker.channel), invoker.channel, board=board
            ),
            unpingable_message(unpingable) if unpingable else None,
            unfollowable_message(invoker.channel)
            if PUBLISH_ON in command_input.text and self._guild_cache.kind(invoker.channel) is not ChannelKind.NEWS
            else None,
        ]
        return replace(reply, messages=(*reply.messages, *filter(None, warnings)))

    def _granted(self, interaction: discord.Interaction, invoker: Invoker, command_input: CommandInput) -> int | None:
        """The bot's permission flags in the channel that it is about, ``None`` where they are not known."""
        here = command_input.other_channel is None and str(interaction.channel_id) == invoker.channel.id
        return interaction.app_permissions.value if here else self._guild_cache.granted(invoker.channel)

    async def _say_later(self, interaction: discord.Interaction, warning: Message) -> None:
        for body in as_pages(warning):
            await _show(partial(interaction.followup.send, ephemeral=True, wait=True), body)

    async def _may_manage(
        self, interaction: discord.Interaction, invoker: Invoker, command_input: CommandInput
    ) -> bool:
        """By the person's permissions, or by the overrides of the server's admins for a command that is hidden."""
        is_for_managers = command_input.command.permission is Permission.MANAGERS
        if (
            invoker.may_manage
            or not is_for_managers
            or not invoker.bot_is_member
            or command_input.other_channel is not None
        ):
            return invoker.may_manage
        return await self._command_permissions.is_granted(interaction, invoker, command_input.command.name)

    async def _send(
        self,
        interaction: discord.Interaction,
        bodies: Sequence[Body],
        *,
        public: bool,
        deferred_public: bool | None = None,
    ) -> None:
        """``deferred_public``: whether the deferred answer is public, ``None`` if it was not deferred."""
        first, *others = bodies
        if deferred_public is None:
            await _show(partial(interaction.response.send_message, ephemeral=not public), first)
        elif deferred_public == public:
            await _show(interaction.edit_original_response, first)
        else:
            # The first message replaces the deferred one, and is as public as that was.
            await _show(interaction.edit_original_response, as_embed(Message("…")))
            others = list(bodies)
        for body in others:
            await _show(partial(interaction.followup.send, ephemeral=not public, wait=True), body)
        if deferred_public is not None and deferred_public != public:
            await interaction.delete_original_response()


def _is_change(command: Command, text: str) -> bool:
    return command.permission is Permission.MANAGERS and bool(text.strip())


def _about_channel(reply: Reply, channel: str) -> Reply:
    """Names the channel that the reply calls "this channel": other readers do not see a command's options. Without the
    buttons that would act on the channel that they are pressed in."""
    first, *others = reply.messages
    first = replace(first, blocks=(Paragraph(("About ", ChannelMention(channel), ":")), *first.blocks))
    return replace(reply, messages=tuple(_without_own_buttons(message) for message in (first, *others)))


def _without_own_buttons(message: Message) -> Message:
    commands = [(button, command_named(parse_line(button.command)[0], COMMANDS)) for button in message.buttons]
    return replace(message, buttons=tuple(b for b, command in commands if not (command and is_of_channel(command))))


def _limited(bodies: list[Body], limit: int, url: str | None) -> list[Body]:
    """Messages in the middle are replaced by their count: the first names the question, the last is the newest."""
    excess = len(bodies) - limit
    if excess <= 0:
        return bodies
    title = f"{excess + 1} messages are left out here."
    where = (Paragraph(("Everything is on ", Link("the page", url), ".")),) if url else ()
    return [*bodies[: limit - 2], as_embed(Message(title, title=title, blocks=where)), bodies[-1]]


def add_share_button(body: Body, command: Command, text: str) -> None:
    """A look-up is private; this button runs it again for everybody, about the channel that it is pressed in."""
    custom_id = custom_ids.custom_id(SHARE, f"{command.name} {text}".strip())
    if not command.public and custom_ids.DIGEST_PREFIX not in custom_id[: len(SHARE) + 2]:
        _add_button(body, button_body(custom_id, "Share"))


def _add_button(body: Body, button: Body) -> None:
    rows = body["components"]
    if len(rows) * MAX_ROW_BUTTONS >= MAX_BUTTONS:
        return
    if rows and len(rows[-1]["components"]) < MAX_ROW_BUTTONS:
        rows[-1]["components"].append(button)
    else:
        rows.append(action_row([button]))


async def _show(send: Callable[..., Awaitable[object]], body: Body) -> None:
    """What Discord refuses is sent as its text alone; if that is refused too, whoever asked is told so."""
    for arguments in (_send_arguments(body), _text_arguments(body)):
        try:
            await send(**arguments)
        except discord.HTTPException as error:
            if error.code in INTERACTION_OVER or error.status not in REFUSED_FOR_CONTENT:
                raise
            log.error("discord.answer_rejected", error=str(error))
        else:
            return
    await send(**_text_arguments(as_embed(unsendable_answer_message())))


def _text_arguments(body: Body) -> dict[str, Any]:
    """The words of the body, without embeds and buttons."""
    parts: list[str] = []
    for embed in body["embeds"]:
        parts += [embed.get("title", ""), embed.get("description", ""), embed.get("url", "")]
        parts += [f"{field['name']}: {field['value']}" for field in embed.get("fields", ())]
    text = cut("\n".join(part for part in parts if part), MAX_CONTENT)
    return {"content": text or "…", "allowed_mentions": discord.AllowedMentions.none()}


def _send_arguments(body: Body) -> dict[str, Any]:
    """The body as discord.py's arguments, which are objects. A stopped view is sent, but does not wait for presses."""
    arguments: dict[str, Any] = {
        "embeds": [discord.Embed.from_dict(embed) for embed in body["embeds"]],
        **({"content": body["content"]} if body["content"] else {}),
        "allowed_mentions": discord.AllowedMentions.none(),
    }
    if body["components"]:
        view = discord.ui.View(timeout=None)
        for number, one in enumerate(body["components"]):
            for button in one["components"]:
                target = {name: button[name] for name in ("custom_id", "url") if name in button}
                view.add_item(discord.ui.Button(label=button["label"], row=number, **target))
        view.stop()
        arguments["view"] = view
    return arguments
