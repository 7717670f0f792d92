"""The form of any command, from what opens it to its submission, which runs the line that it stands for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.adapters.events import Events
from bot.adapters.memory import Memory
from bot.adapters.slack.api.command_permissions import CommandPermissions, permission_unknown
from bot.adapters.slack.interactions.modals import (
    Body,
    Modals,
    RunCommand,
    announce_failed,
    channel_text,
    pressed_modal,
    user_of,
)
from bot.adapters.slack.render.blocks import Json
from bot.adapters.slack.render.command_form import (
    argument_of,
    command_form_errors,
    command_form_view,
    form_target,
    offered,
    submitted_values,
)
from bot.adapters.slack.render.message import RenderContext
from bot.adapters.slack.render.modal import answer_modal, loading_modal
from bot.adapters.slack.render.mrkdwn import literal
from bot.adapters.slack.render.reply import PageRequest
from bot.commands.argument_form import CommandForm, Refusal, Values, command_form
from bot.commands.command import ArgumentKind, Permission
from bot.commands.complete import Choice, CompletionRequest
from bot.commands.request import Reply
from bot.delivery.port import DeliveryError
from bot.domain import Channel
from bot.message import Code, Message
from bot.wording.errors import error_message, form_outdated, not_allowed_message, only_in_channel

OPEN_FORM_S = 3_600.0
"""How long it is remembered which vendor was chosen in a form."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a form that was sent off."""

    request: PageRequest
    reply: Reply
    refusal: Refusal | None
    why_untold: str = ""
    """Why the channel was not told of the change, as mrkdwn."""

    @property
    def done(self) -> bool:
        """Changed something, and the channel was told."""
        return self.reply.public and not self.why_untold


class CommandFormFlow:
    """``reply``: runs a command for a person in a channel. ``timeout_s``: for the answer to a submission, which follows
    if it takes longer, and for options."""

    def __init__(
        self,
        events: Events,
        modals: Modals,
        permissions: CommandPermissions,
        context: RenderContext,
        reply: RunCommand,
        timeout_s: float,
        memory: Memory,
    ) -> None:
        self._events = events
        self._modals = modals
        self._permissions = permissions
        self._context = context
        self._reply = reply
        self._timeout_s = timeout_s
        self._memory = memory
        """Of vendors that are chosen in open forms, by the ids of their views: a search in another field need not tell
        it."""

    async def open_form(self, body: Body, channel: Channel, line: str) -> None:
        """``line``: a command, as far as it is known. Where no form opens, how to type it is answered."""
        form = command_form(line)
        if form is None:
            await self._modals.open_answer(body, channel, line)
            return
        request = PageRequest(form.command.name, "")
        view = self._build_view(form, channel, line, user_of(body))
        if not await self._modals.show(body, channel.workspace, view, loading_modal(request, channel.id)):
            again = ("Press again, or type ", Code(form.command.usage), ".")
            reply = Reply((error_message("The form could not be opened.", again),))
            await self._modals.send(body, channel.workspace, request, reply)

    def pick(self, body: Body) -> None:
        """A vendor was chosen, on which depends what other fields offer."""
        view = pressed_modal(body) or {}
        if form := command_form(form_target(view)[1]):
            self._memory.keep(_chosen(view), _vendor(submitted_values(view, form)[0], form), OPEN_FORM_S)

    async def options(self, body: Body, workspace: str) -> list[Json]:
        """For the text that was typed in a field."""
        view, typed = body.get("view") or {}, str(body.get("value") or "")
        channel, line = form_target(view)
        form, name = command_form(line), argument_of(str(body.get("action_id") or ""))
        field = next((one for one in form.fields if one.argument.name == name), None) if form else None
        if form is None or field is None:
            return []
        vendor = _vendor(submitted_values(view, form)[0], form) or await self._memory.recall(_chosen(view)) or ""
        asked = CompletionRequest(
            form.command.name, field.argument.kind, typed, Channel("slack", workspace, channel), {"vendor": vendor}
        )
        found: Sequence[Choice] = ()
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._events.complete(asked)
        except Exception as error:
            log.warning("slack.command_form_search_failed", error=repr(error))
        return offered(found, typed)

    async def submit(self, body: Body, workspace: str) -> tuple[Mapping[str, Any], Awaitable[None] | None]:
        """The answer to Slack, ``{}`` to close the form, and what is to be awaited after it was sent."""
        view: Mapping[str, Any] = body["view"]
        id, line = form_target(view)
        channel, form = Channel("slack", workspace, id), command_form(line)
        if form is None:
            gone = Reply((error_message(form_outdated("command")),))
            return _instead(answer_modal(gone, PageRequest("help", ""), self._context, id)), None
        values, rest = submitted_values(view, form)
        if missing := form.missing(values):
            return _errors(command_form_errors(missing, view, form)), None
        sending = asyncio.create_task(self._send(body, channel, form, values, rest))
        await asyncio.wait({sending}, timeout=self._timeout_s)
        if not sending.done():
            loading = loading_modal(PageRequest(form.command.name, ""), id)
            return _instead(loading), self._update_later(body, channel, form.filled(values, rest), line, sending)
        sent = sending.result()
        if sent.refusal:
            refused = {sent.refusal.field: sent.refusal.sentence}
            return _errors(command_form_errors(refused, view, form)), None
        if sent.done:
            return {}, None
        answer = self._answer_view(sent, channel)
        # On top of the form, which stays as it was filled in; but Slack stacks three views at most.
        return (_instead(answer) if view.get("previous_view_id") or sent.reply.public else _on_top(answer)), None

    async def _send(self, body: Body, channel: Channel, form: CommandForm, values: Values, rest: str) -> Sent:
        text = form.text(values, rest)
        request = PageRequest(form.command.name, text)
        refused = self._not_here(form, channel)
        reply = Reply((refused,)) if refused else await self._reply(request, channel, user_of(body))
        why = await self._modals.announce(body, channel, reply, request) if reply.public else ""
        return Sent(request, reply, form.refusal(text, values, reply), why)

    async def _update_later(
        self, body: Body, channel: Channel, form: CommandForm, line: str, sending: Awaitable[Sent]
    ) -> None:
        """The result, or the form as it was filled in with what is wrong with it."""
        sent = await sending
        if sent.refusal:
            view = command_form_view(form, channel.id, line, literal(sent.refusal.sentence))
        else:
            view = self._answer_view(sent, channel)
        try:
            await self._modals.update(channel.workspace, str(body["view"]["id"]), view)
        except DeliveryError as error:
            log.info("slack.command_form_result_not_shown", error=str(error))
            if not sent.done:
                await self._modals.send(body, channel.workspace, sent.request, sent.reply, _notice(sent, channel))

    async def _build_view(self, form: CommandForm, channel: Channel, line: str, user: str) -> Json:
        """The form, if this person may use it here."""
        name = form.command.name
        refused = self._not_here(form, channel)
        if refused is None and form.command.permission is Permission.MANAGERS:
            try:
                if not await self._permissions.may_manage(channel, user):
                    refused = not_allowed_message(name, self._permissions.who)
            except DeliveryError as error:
                refused = permission_unknown(name, error)
        if refused:
            return answer_modal(Reply((refused,)), PageRequest(name, ""), self._context, channel.id)
        return command_form_view(form, channel.id, line)

    def _not_here(self, form: CommandForm, channel: Channel) -> Message | None:
        """The Home tab is no channel to change anything in."""
        is_outside = not channel.id and form.command.permission is Permission.MANAGERS
        return error_message(only_in_channel(form.command.name)) if is_outside else None

    def _answer_view(self, sent: Sent, channel: Channel) -> Json:
        return answer_modal(sent.reply, sent.request, self._context, channel.id, notice=_notice(sent, channel))


def _chosen(view: Mapping[str, Any]) -> str:
    return f"chosen {view.get('id')}"


def _notice(sent: Sent, channel: Channel) -> str:
    if not sent.reply.public:
        return ""
    return announce_failed(sent.why_untold) if sent.why_untold else f"Told in {channel_text(channel)}."


def _vendor(values: Values, form: CommandForm) -> str:
    named = next((one.argument.name for one in form.fields if one.argument.kind is ArgumentKind.VENDOR), "")
    return next(iter(values.get(named, ())), "")


def _errors(errors: Mapping[str, str]) -> dict[str, Any]:
    return {"response_action": "errors", "errors": errors}


def _instead(view: Json) -> dict[str, Any]:
    return {"response_action": "update", "view": view}


def _on_top(view: Json) -> dict[str, Any]:
    return {"response_action": "push", "view": view}
