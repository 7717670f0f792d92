"""What the app listens to, and how each is answered: commands, buttons, mentions, direct messages, and changes of
channels and installations. What a command does is decided by the table of commands."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.adapters.events import Events
from bot.adapters.memory import Memory
from bot.adapters.posting_check import PostingCheck
from bot.adapters.slack.api.calls import Calls
from bot.adapters.slack.api.command_permissions import CommandPermissions, permission_unknown
from bot.adapters.slack.api.errors import ACCESS_REMEDY, INSTALL_REMEDY
from bot.adapters.slack.api.install import token_in
from bot.adapters.slack.api.reach import obstacle
from bot.adapters.slack.api.respond import post_answer
from bot.adapters.slack.api.tokens import workspace_key
from bot.adapters.slack.api.user_groups import UserGroups
from bot.adapters.slack.interactions.command_form_flow import CommandFormFlow
from bot.adapters.slack.interactions.form_flow import SUBSCRIBE_REQUEST, FormFlow
from bot.adapters.slack.interactions.modals import Modals, Respond, channel_of, name_of, typed_by, user_of
from bot.adapters.slack.interactions.requests import parse_mention, parse_slash
from bot.adapters.slack.options import Deadlines, SlashCommands
from bot.adapters.slack.render.command_form import ACTION_ARGUMENT, COMMAND_FORM_CALLBACK
from bot.adapters.slack.render.mentions import unpingable
from bot.adapters.slack.render.message import (
    ACTION_FORM,
    ACTION_MENU,
    ACTION_MODAL,
    ACTION_RUN,
    RenderContext,
    Rendered,
    answer,
    parse_choice,
)
from bot.adapters.slack.render.reply import (
    ACTION_PAGE,
    ACTION_SHARE,
    READING,
    PageRequest,
    parse_page,
    post_args,
    reply_page,
    response_payload,
    with_note,
)
from bot.adapters.slack.render.subscribe_form import (
    FORM_CALLBACK,
    PICK_CHANNEL,
    PICK_GROUPS,
    PICK_PARTS,
    PICK_VENDOR,
)
from bot.commands.dispatch import parse_line
from bot.commands.help import asks_for_form
from bot.commands.request import Reply, Request
from bot.commands.scan import typed_mentions
from bot.delivery.port import DeliveryError
from bot.domain import Channel
from bot.message import Message
from bot.wording.errors import error_message, failed_message, not_allowed_message
from bot.wording.welcome import welcome_message

REPEATED_S = 900.0
"""Slack delivers an event again for some five minutes.
https://docs.slack.dev/apis/events-api/#retries"""
WELCOMED_S = 90 * 86_400.0
"""A channel is not welcomed twice within this time."""

log = structlog.get_logger(__name__)

Json = Mapping[str, Any]


class Listeners:
    def __init__(
        self,
        events: Events,
        names: SlashCommands,
        calls: Calls,
        permissions: CommandPermissions,
        user_groups: UserGroups,
        respond: Respond,
        forget: Callable[[str], Awaitable[None]],
        on_change: Callable[[], None],
        deadlines: Deadlines,
        memory: Memory,
    ) -> None:
        """``respond``: answers a request by its ``response_url``. ``forget``: deletes a workspace's installation.
        ``on_change``: called after a command that changed something that a Home tab shows."""
        self._events = events
        self._names = names
        self._render_context = RenderContext(names.prefix)
        self._calls = calls
        self._permissions = permissions
        self._respond = respond
        self._forget = forget
        self._on_change = on_change
        self._acknowledgement_s = deadlines.acknowledgement_s
        self._memory = memory
        self._posting_check = PostingCheck(partial(obstacle, calls))
        self.modals = Modals(calls, self._render_context, self._reply, self._respond, deadlines.modal_s)
        forms = (events, self.modals, permissions, self._render_context, self._reply, deadlines.form_s)
        self.form_flow = FormFlow(*forms, user_groups)
        self.command_forms = CommandFormFlow(*forms, memory)

    def register(self, app: AsyncApp) -> None:
        app.middleware(self._skip_repeated)
        app.command(re.compile(r".*"))(self.command)
        app.action(re.compile(rf"^{ACTION_RUN}:"))(self.run)
        app.action(re.compile(rf"^{ACTION_MODAL}:"))(self.open_modal)
        app.action(re.compile(rf"^{ACTION_FORM}:"))(self.open_form)
        app.action(re.compile(rf"^{ACTION_MENU}:"))(self.choose)
        app.action(re.compile(rf"^{ACTION_PAGE}:"))(self.turn_page)
        app.action(ACTION_SHARE)(self.share)
        app.action(re.compile(rf"^(?:{PICK_VENDOR}|{PICK_CHANNEL})$"))(self.picked)
        app.options(PICK_VENDOR)(self.vendors)
        app.options(PICK_PARTS)(self.parts)
        app.options(PICK_GROUPS)(self.groups)
        app.view(FORM_CALLBACK)(self.submitted)
        app.action(re.compile(rf"^{ACTION_ARGUMENT}:"))(self.picked_argument)
        app.options(re.compile(rf"^{ACTION_ARGUMENT}:"))(self.argument_options)
        app.view(COMMAND_FORM_CALLBACK)(self.submitted_command)
        app.event("app_mention")(self.mentioned)
        app.event("message")(self.messaged)
        for event in ("member_joined_channel", "channel_unarchive", "group_unarchive"):
            app.event(event)(self.channel_recovered)
        app.event("channel_id_changed")(self.channel_moved)
        app.event("team_access_granted")(self.access_granted)
        for event in ("app_uninstalled", "tokens_revoked"):
            app.event(event)(self.uninstalled)

    def register_rest(self, app: AsyncApp) -> None:
        """After all other listeners: what none of them handles is acknowledged, or Slack would send it again."""
        everything = re.compile(r".*")
        for listen in (app.event, app.action, app.view):
            listen(everything)(_acknowledge)

    # --- commands and buttons ----------------------------------------------------------------------------------------

    async def command(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """Any slash command; its answer is the acknowledgement itself."""
        channel = _channel(context, body.get("channel_id"))
        request = PageRequest(*parse_slash(str(body.get("command", "")), str(body.get("text") or ""), self._names))
        if asks_for_form(request.text):
            await ack()
            await self.show_form(body, channel, request.command)
            return
        answering = asyncio.create_task(self._payload(request, channel, str(body.get("user_id", "")), body=body))
        done, _ = await asyncio.wait({answering}, timeout=self._acknowledgement_s)
        if done:
            await ack(**_for_ack(answering.result()))
            return
        await ack(text=READING, response_type="ephemeral")
        await self._respond(body, await answering)

    async def run(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """A button that stands for a typed command."""
        await ack()
        channel, line = _pressed_channel(body, context), str(action.get("value", ""))
        request = PageRequest(*parse_line(line))
        if not channel.id and request.command == SUBSCRIBE_REQUEST.command:
            await self.show_form(body, channel, line)
        elif body.get("view"):
            await self.modals.open_answer(body, channel, line)
        else:
            await self._respond(body, await self._payload(request, channel, user_of(body), body=body))

    async def open_modal(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """A button that opens the answer to its command in a modal."""
        await ack()
        await self.modals.open_answer(body, _pressed_channel(body, context), str(action.get("value", "")))

    async def open_form(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        await ack()
        await self.show_form(body, _pressed_channel(body, context), str(action.get("value", "")))

    async def show_form(self, body: Json, channel: Channel, line: str) -> None:
        """The form of the line's command: ``subscribe`` has one of its own."""
        is_subscribe = parse_line(line)[0] == SUBSCRIBE_REQUEST.command
        await (self.form_flow if is_subscribe else self.command_forms).open_form(body, channel, line)

    async def choose(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """A menu's choice is the button that it stands for."""
        name, line = parse_choice(str((action.get("selected_option") or {}).get("value", "")))
        press = {ACTION_RUN: self.run, ACTION_MODAL: self.open_modal, ACTION_FORM: self.open_form}.get(name)
        if press is None:
            await ack()
        else:
            await press(ack, body, context, {"value": line})

    async def turn_page(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """Another page, in place of this one where only the person who asked sees it."""
        await ack()
        channel, value = _pressed_channel(body, context), str(action.get("value", ""))
        if body.get("view"):
            await self.modals.turn(body, channel, value)
            return
        page, line = parse_page(value)
        alone = bool((body.get("container") or {}).get("is_ephemeral")) or channel.id.startswith("D")
        answer = await self._payload(PageRequest(*parse_line(line)), channel, user_of(body), page)
        await self._respond(body, {**answer, "replace_original": alone})

    async def share(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """A private answer, run again and posted for the channel."""
        await ack()
        channel, value = _pressed_channel(body, context), str(action.get("value", ""))
        if body.get("view"):
            await self.modals.share(body, channel, value)
            return
        page, line = parse_page(value)
        request = PageRequest(*parse_line(line))
        if not request.looks_up:
            return
        reply = await self._reply(request, channel, user_of(body))
        rendered = reply_page(reply, request, self._render_context, page, shareable=False)
        await self._respond(body, response_payload(with_note(rendered, f"shared by {name_of(body)}"), public=True))

    async def picked(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        await self.form_flow.pick(body, token_in(context).workspace)

    async def vendors(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack(options=await self.form_flow.vendors(body, token_in(context).workspace))

    async def parts(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack(options=await self.form_flow.parts(body, token_in(context).workspace))

    async def groups(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack(options=await self.form_flow.groups(body, token_in(context).workspace))

    async def submitted(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        answer, rest = await self.form_flow.submit(body, token_in(context).workspace)
        await ack(**answer)
        if rest:
            await rest

    async def picked_argument(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        self.command_forms.pick(body)

    async def argument_options(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack(options=await self.command_forms.options(body, token_in(context).workspace))

    async def submitted_command(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        answer, rest = await self.command_forms.submit(body, token_in(context).workspace)
        await ack(**answer)
        if rest:
            await rest

    async def _payload(
        self, request: PageRequest, channel: Channel, user: str, page: int = 0, body: Json | None = None
    ) -> dict[str, Any]:
        """``body``: of the request, to say later what was not known in time."""
        check = self._posting_check.begin(request.command, request.text, channel) if body else None
        reply = await self._reply(request, channel, user, name=typed_by(body) if body else "")
        if check and body:

            async def later(warning: Message) -> None:
                rendered = self._rendered(Reply((warning,)), request, private=True, shareable=False)
                await self._respond(body, response_payload(rendered, public=False))

            reply = await self._posting_check.with_warning(reply, check, later)
        return response_payload(self._rendered(reply, request, page, private=not reply.public), public=reply.public)

    def _rendered(
        self, reply: Reply, request: PageRequest, page: int = 0, *, private: bool, shareable: bool = True
    ) -> Rendered:
        rendered = reply_page(reply, request, replace(self._render_context, private=private), page, shareable=shareable)
        if request.command != "help":
            return rendered
        return with_note(
            rendered,
            f"Slack's own `/status` sets your profile, so ask `{self._render_context.command} dyspatch`. "
            "Inside threads Slack takes no commands: mention me there instead.",
        )

    async def _reply(
        self, request: PageRequest, channel: Channel, user: str, thread: str | None = None, name: str = ""
    ) -> Reply:
        """``thread``: the ``ts`` of the message whose thread it was said in; ``name``: the user's, if Slack told it."""
        try:
            allowed = await self._permissions.may_run(request.command, request.text, channel, user)
            refused = next(
                filter(None, map(unpingable, typed_mentions(request.text, bare=request.command == "subscribe"))), None
            )
            if allowed and refused:
                return Reply((error_message(refused),))
            asked = Request(request.command, request.text, channel, user, allowed, thread, name)
            reply = await self._events.answer(asked)
        except DeliveryError as error:
            return Reply((permission_unknown(request.command, error),))
        except Exception:
            log.exception("slack.command_failed", command=request.command)
            return Reply((failed_message(),))
        if not allowed and reply.messages == (not_allowed_message(request.command),):
            return Reply((not_allowed_message(request.command, self._permissions.who),))
        if reply.public:
            self._on_change()
        return reply

    # --- messages to the bot -----------------------------------------------------------------------------------------

    async def mentioned(self, event: Json, context: AsyncBoltContext) -> None:
        """``@lookout status dyspatch``, answered publicly in its thread; small talk is answered to its author alone."""
        if not event.get("bot_id") and await self._is_new_message(event):
            await self._answer_message(event, context, str(event.get("thread_ts") or event.get("ts")))

    async def messaged(self, event: Json, context: AsyncBoltContext) -> None:
        """A direct message; messages in other channels are not read."""
        if event.get("channel_type") != "im" or event.get("subtype") or event.get("bot_id"):
            return
        if await self._is_new_message(event):
            await self._answer_message(event, context, event.get("thread_ts"))

    async def _answer_message(self, event: Json, context: AsyncBoltContext, thread: str | None) -> None:
        installed = token_in(context)
        channel = _channel(context, event.get("channel"))
        request = PageRequest(*parse_mention(str(event.get("text") or ""), installed.bot_user_id))
        user, is_direct = str(event.get("user") or ""), channel.id.startswith("D")
        reply = await self._reply(request, channel, user, event.get("thread_ts"))
        aside = reply.aside and not is_direct
        rendered = self._rendered(reply, request, private=is_direct or aside, shareable=False)
        args = post_args(rendered, channel.id)
        if aside:
            shown = {name: args[name] for name in ("channel", "text", "blocks")}
            await post_answer(self._calls, channel.workspace, {**shown, "user": user}, "chat.postEphemeral")
            return
        if thread:
            args["thread_ts"] = thread
        if await post_answer(self._calls, channel.workspace, args):
            await self._events.channel_reached(channel)

    # --- what happens to channels and installations ------------------------------------------------------------------

    async def channel_recovered(self, event: Json, context: AsyncBoltContext) -> None:
        """The bot was invited, or the channel is back from the archive."""
        if event.get("type") == "member_joined_channel" and event.get("user") != token_in(context).bot_user_id:
            return
        channel = _channel(context, event.get("channel"))
        await self._events.channel_recovered(channel)
        if event.get("type") == "member_joined_channel":
            await self._welcome(channel)

    async def _welcome(self, channel: Channel) -> None:
        """One line in a channel that subscribes to nothing yet, once."""
        if await self._events.is_subscribed(channel):
            return
        if not await self._memory.is_new(f"welcome {channel.workspace} {channel.id}", WELCOMED_S):
            return
        rendered = answer((welcome_message(form=True),), self._render_context)[0]
        await post_answer(self._calls, channel.workspace, post_args(rendered, channel.id))

    async def channel_moved(self, event: Json, context: AsyncBoltContext) -> None:
        """Slack made it private or public, or shared it, under another id."""
        old, new = (_channel(context, event.get(f"{which}_channel_id")) for which in ("old", "new"))
        if old.id and new.id:
            await self._events.channel_moved(old, new)

    async def access_granted(self, context: AsyncBoltContext) -> None:
        """An organisation's installation covers more workspaces than before."""
        await self._events.workspace_back(token_in(context).workspace, ACCESS_REMEDY)

    async def uninstalled(self, event: Json, context: AsyncBoltContext) -> None:
        """Uninstalled, or the bot's token revoked; both come, in any order, or one alone."""
        if event.get("type") == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return
        org = bool(context.is_enterprise_install)
        workspace = workspace_key(context.enterprise_id, context.team_id, org=org)
        await self._forget(workspace)
        await self._events.workspace_left(workspace, f"I was uninstalled from this workspace. {INSTALL_REMEDY}")

    # --- deduplication -----------------------------------------------------------------------------------------------

    async def _skip_repeated(self, body: Json, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        """Slack delivers events at least once, and a balancer may give another process a command once more."""
        for kind in ("event_id", "trigger_id"):
            id = body.get(kind)
            if id and not await self._memory.is_new(f"{kind} {id}", REPEATED_S):
                return BoltResponse(status=200, body="")
        return await next()

    async def _is_new_message(self, event: Json) -> bool:
        """A direct message that mentions the bot comes as two events."""
        return await self._memory.is_new(f"message {event.get('channel')} {event.get('ts')}", REPEATED_S)


def _for_ack(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "replace_original"}


def _channel(context: AsyncBoltContext, channel: object) -> Channel:
    return Channel("slack", token_in(context).workspace, str(channel or ""))


def _pressed_channel(body: Json, context: AsyncBoltContext) -> Channel:
    return channel_of(body, token_in(context).workspace)


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()
