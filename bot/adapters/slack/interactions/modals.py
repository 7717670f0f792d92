"""Opens modal views with answers and updates them, and handles the buttons in them.

A view has to be opened within 3 s of the press, once: https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

import structlog

from bot.adapters.slack.api.calls import Calls
from bot.adapters.slack.render.blocks import Json
from bot.adapters.slack.render.message import RenderContext
from bot.adapters.slack.render.modal import answer_modal, loading_modal
from bot.adapters.slack.render.mrkdwn import literal
from bot.adapters.slack.render.reply import PageRequest, parse_page, post_args, reply_page, response_payload, with_note
from bot.commands.command import Permission
from bot.commands.dispatch import parse_line
from bot.commands.help import command_named
from bot.commands.request import Reply
from bot.commands.table import COMMANDS
from bot.delivery.port import DeliveryError, Undeliverable
from bot.domain import Channel
from bot.wording.errors import error_message, only_in_channel

log = structlog.get_logger(__name__)

Body = Mapping[str, Any]
RunCommand = Callable[[PageRequest, Channel, str], Awaitable[Reply]]
Respond = Callable[[Body, Mapping[str, Any]], Awaitable[None]]


class Modals:
    """``reply``: runs a command for a person in a channel. ``respond``: answers a press in the channel it came from.
    ``timeout_s``: after it a view that is not ready is opened as loading.

    A channel without an id stands for none: the button was pressed in the App Home.
    """

    def __init__(
        self, calls: Calls, context: RenderContext, reply: RunCommand, respond: Respond, timeout_s: float
    ) -> None:
        self._calls = calls
        self._context = context
        self._reply = reply
        self._respond = respond
        self._timeout_s = timeout_s

    async def open_answer(self, body: Body, channel: Channel, line: str) -> None:
        """Show the command's answer to whoever pressed; as a private message where no view can be opened.

        A change is announced in the channel, too. ``body``: of the press. ``channel``: where the command is run.
        """
        request = PageRequest(*parse_line(line))
        answering = asyncio.create_task(self._answer(body, channel, request))

        async def view() -> Json:
            reply, notice = await answering
            return answer_modal(reply, request, self._context, channel.id, notice=notice)

        if not await self.show(body, channel.workspace, view(), loading_modal(request, channel.id)):
            await self.send(body, channel.workspace, request, *await answering)

    async def turn(self, body: Body, channel: Channel, value: str) -> None:
        """To another page of the modal."""
        page, line = parse_page(value)
        request = PageRequest(*parse_line(line))
        reply = await self._reply(request, channel, user_of(body))
        await self._update_pressed(body, channel, answer_modal(reply, request, self._context, channel.id, page))

    async def share(self, body: Body, channel: Channel, value: str) -> None:
        """Post what the modal shows, from its beginning, in the channel."""
        page, line = parse_page(value)
        request = PageRequest(*parse_line(line))
        if not request.looks_up:
            return
        reply = await self._reply(request, channel, user_of(body))
        why = await self.announce(body, channel, reply, request, "shared by")
        notice = f"I cannot share this: {why}" if why else f"Shared in {channel_text(channel)}."
        await self._update_pressed(
            body, channel, answer_modal(reply, request, self._context, channel.id, page, notice=notice)
        )

    async def announce(self, body: Body, channel: Channel, reply: Reply, request: PageRequest, by: str = "by") -> str:
        """Post in the channel what somebody did; ``""``, or why it could not be posted, with the remedy, as mrkdwn."""
        rendered = with_note(reply_page(reply, request, self._context, shareable=False), f"{by} {name_of(body)}")
        try:
            await self._calls(channel.workspace, "chat.postMessage", post_args(rendered, channel.id))
        except DeliveryError as error:
            log.info("slack.change_not_announced", channel=channel.id, error=str(error))
            return literal(error.reason if isinstance(error, Undeliverable) else f"{error}.")
        return ""

    async def send(self, body: Body, workspace: str, request: PageRequest, reply: Reply, notice: str = "") -> None:
        """In place of a modal, a private message: where the button was pressed, or else a direct message."""
        here = bool(body.get("response_url"))
        rendered = reply_page(reply, request, replace(self._context, private=here), shareable=here)
        rendered = with_note(rendered, notice) if notice else rendered
        if here:
            await self._respond(body, response_payload(rendered, public=False))
            return
        try:
            await self._calls(workspace, "chat.postMessage", post_args(rendered, user_of(body)))
        except DeliveryError as error:
            log.warning("slack.answer_not_sent", error=str(error))

    async def show(self, body: Body, workspace: str, view: Coroutine[Any, Any, Json], waiting: Json) -> bool:
        """Open a view, on top of the one that was pressed in if any; whether it worked. ``waiting`` is shown until the
        view is ready."""
        building = asyncio.create_task(view)
        await asyncio.wait({building}, timeout=self._timeout_s)
        try:
            if building.done():
                await self._open_view(body, workspace, building.result())
                return True
            opened = await self._open_view(body, workspace, waiting)
            await self.update(workspace, str(opened.get("id")), await building, str(opened.get("hash") or ""))
        except DeliveryError as error:
            log.info("slack.modal_not_opened", error=str(error))
            return False
        return True

    async def update(self, workspace: str, view_id: str, view: Json, hash: str = "") -> None:
        """``hash``: of the view to replace, ``""``: whichever there is by now."""
        args: dict[str, Any] = {"view_id": view_id, "view": view}
        await self._calls(workspace, "views.update", args | ({"hash": hash} if hash else {}))

    async def _open_view(self, body: Body, workspace: str, view: Json) -> Mapping[str, Any]:
        """The view as Slack returns it. Slack stacks at most three views: then the one pressed in is replaced."""
        pressed_in = pressed_modal(body)
        trigger = str(body.get("trigger_id") or "")
        try:
            if not trigger:
                raise Undeliverable("the press came without a trigger_id")
            method = "views.push" if pressed_in else "views.open"
            answer = await self._calls(workspace, method, {"trigger_id": trigger, "view": view})
        except DeliveryError:
            if not pressed_in:
                raise
            answer = await self._calls(workspace, "views.update", {"view_id": pressed_in["id"], "view": view})
        return answer.get("view") or {}

    async def _update_pressed(self, body: Body, channel: Channel, view: Json) -> None:
        try:
            await self.update(channel.workspace, str((pressed_modal(body) or {}).get("id")), view)
        except DeliveryError as error:
            log.info("slack.modal_not_updated", error=str(error))

    async def _answer(self, body: Body, channel: Channel, request: PageRequest) -> tuple[Reply, str]:
        """The command's reply, and, for a change, whether the channel was notified, as mrkdwn."""
        command = command_named(request.command, COMMANDS)
        if not channel.id and command and command.permission is Permission.MANAGERS:
            return Reply((error_message(only_in_channel(request.command)),)), ""
        reply = await self._reply(request, channel, user_of(body))
        if not reply.public:
            return reply, ""
        why = await self.announce(body, channel, reply, request)
        return reply, announce_failed(why) if why else f"Told in {channel_text(channel)}."


def pressed_modal(body: Body) -> Mapping[str, Any] | None:
    """The modal that was pressed in; ``None`` in a message or in the App Home."""
    view = body.get("view") or {}
    return view if view.get("type") == "modal" else None


def channel_of(body: Body, workspace: str) -> Channel:
    """Where something was pressed: for a modal the channel that it was opened from."""
    view = pressed_modal(body)
    id = view.get("private_metadata") if view else (body.get("channel") or {}).get("id")
    return Channel("slack", workspace, str(id or ""))


def user_of(body: Body) -> str:
    """Of a press, or of a slash command."""
    return str(body["user"]["id"] if "user" in body else body.get("user_id") or "")


def typed_by(body: Body) -> str:
    """The person's name, of a slash command or a press; empty where Slack does not tell it."""
    user = body.get("user") or {}
    return str(body.get("user_name") or user.get("username") or user.get("name") or "")


def name_of(body: Body) -> str:
    """As mrkdwn."""
    return literal(typed_by(body) or "somebody")


def channel_text(channel: Channel) -> str:
    return "our messages" if channel.id.startswith("D") else f"<#{channel.id}>"


def announce_failed(why: str) -> str:
    return f"It is done, but I cannot tell the channel. {why}"
