"""Opens modal views and keeps them up to date: answers in sheets, and what is pressed in them.

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
from bot.adapters.slack.render.message import Voice
from bot.adapters.slack.render.modal import answer_modal, loading
from bot.adapters.slack.render.mrkdwn import words
from bot.adapters.slack.render.reply import PageRequest, payload, posted, shown, turned, with_note
from bot.commands.command import Permission
from bot.commands.dispatch import parse_line
from bot.commands.help import command_named
from bot.commands.request import Reply
from bot.commands.table import COMMANDS
from bot.delivery.port import DeliveryError, Undeliverable
from bot.domain import Channel
from bot.wording.errors import error_message

LOADING_S = 1.5
"""What takes longer is shown as under way and follows: the press is good for 3 s, and Slack needs some of that."""

log = structlog.get_logger(__name__)

Body = Mapping[str, Any]
Replies = Callable[[PageRequest, Channel, str], Awaitable[Reply]]
Respond = Callable[[Body, Mapping[str, Any]], Awaitable[None]]


class Modals:
    """``reply``: runs a command for a person in a channel. ``respond``: answers a press in the channel it came from.

    A channel without an id is none: what was pressed stands in the App Home.
    """

    def __init__(self, calls: Calls, voice: Voice, reply: Replies, respond: Respond) -> None:
        self._calls = calls
        self._voice = voice
        self._reply = reply
        self._respond = respond

    async def open_sheet(self, body: Body, channel: Channel, line: str) -> None:
        """The command's answer, for whoever pressed; in a private message where no view can be opened.

        A change is told to the channel, too. ``body``: of the press. ``channel``: where the command is asked.
        """
        asked = PageRequest(*parse_line(line))
        answering = asyncio.create_task(self._answer(body, channel, asked))

        async def made() -> Json:
            reply, told = await answering
            return answer_modal(reply, asked, self._voice, channel.id, told=told)

        if not await self.show(body, channel.workspace, made(), loading(asked, channel.id)):
            await self.send(body, channel.workspace, asked, *await answering)

    async def turn(self, body: Body, channel: Channel, value: str) -> None:
        """To another page of the sheet."""
        page, line = turned(value)
        asked = PageRequest(*parse_line(line))
        reply = await self._reply(asked, channel, user_of(body))
        await self._turn_into(body, channel, answer_modal(reply, asked, self._voice, channel.id, page))

    async def share(self, body: Body, channel: Channel, value: str) -> None:
        """What the sheet shows, from its beginning, for the whole channel."""
        page, line = turned(value)
        asked = PageRequest(*parse_line(line))
        if not asked.looks_up:
            return
        reply = await self._reply(asked, channel, user_of(body))
        failed = await self.announce(body, channel, reply, asked, "shared by")
        told = f"I cannot share this: {failed}" if failed else f"Shared in {place(channel)}."
        await self._turn_into(body, channel, answer_modal(reply, asked, self._voice, channel.id, page, told=told))

    async def announce(self, body: Body, channel: Channel, reply: Reply, asked: PageRequest, by: str = "by") -> str:
        """Tell the channel what somebody did; why it could not be told, with the remedy, as mrkdwn."""
        rendered = with_note(shown(reply, asked, self._voice, shareable=False), f"{by} {name_of(body)}")
        try:
            await self._calls(channel.workspace, "chat.postMessage", posted(rendered, channel.id))
        except DeliveryError as error:
            log.info("a channel cannot be told", channel=channel.id, why=str(error))
            return words(error.reason if isinstance(error, Undeliverable) else f"{error}.")
        return ""

    async def send(self, body: Body, workspace: str, asked: PageRequest, reply: Reply, told: str = "") -> None:
        """What no window can show, as a private message: where it was pressed, or else directly."""
        here = bool(body.get("response_url"))
        rendered = shown(reply, asked, replace(self._voice, private=here), shareable=here)
        rendered = with_note(rendered, told) if told else rendered
        if here:
            await self._respond(body, payload(rendered, public=False))
            return
        try:
            await self._calls(workspace, "chat.postMessage", posted(rendered, user_of(body)))
        except DeliveryError as error:
            log.warning("an answer has nowhere to go", why=str(error))

    async def show(self, body: Body, workspace: str, made: Coroutine[Any, Any, Json], waiting: Json) -> bool:
        """Whether the view stands, on top of the one that was pressed in if that was one. ``waiting`` stands in for it
        while it is not made yet."""
        making = asyncio.create_task(made)
        await asyncio.wait({making}, timeout=LOADING_S)
        try:
            if making.done():
                await self._place(body, workspace, making.result())
                return True
            placed = await self._place(body, workspace, waiting)
            await self.update(workspace, str(placed.get("id")), await making, str(placed.get("hash") or ""))
        except DeliveryError as error:
            log.info("no view was opened", why=str(error))
            return False
        return True

    async def update(self, workspace: str, view_id: str, view: Json, hash: str = "") -> None:
        """``hash``: of the view that this one takes the place of, if it may be no other by now."""
        args: dict[str, Any] = {"view_id": view_id, "view": view}
        await self._calls(workspace, "views.update", args | ({"hash": hash} if hash else {}))

    async def _place(self, body: Body, workspace: str, view: Json) -> Mapping[str, Any]:
        """The view as Slack has it. On three views no fourth can be put: then the one pressed in gives way."""
        pressed_in = modal(body)
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

    async def _turn_into(self, body: Body, channel: Channel, view: Json) -> None:
        try:
            await self.update(channel.workspace, str((modal(body) or {}).get("id")), view)
        except DeliveryError as error:
            log.info("a view cannot be updated", why=str(error))

    async def _answer(self, body: Body, channel: Channel, asked: PageRequest) -> tuple[Reply, str]:
        """What the command says, and what became of telling the channel of a change."""
        command = command_named(asked.command, COMMANDS)
        if not channel.id and command and command.permission is Permission.MANAGERS:
            sentence = f"{asked.command.capitalize()} is for a channel: ask in the one that it is for."
            return Reply((error_message(sentence),)), ""
        reply = await self._reply(asked, channel, user_of(body))
        if not reply.public:
            return reply, ""
        failed = await self.announce(body, channel, reply, asked)
        return reply, untold(failed) if failed else f"Told in {place(channel)}."


def modal(body: Body) -> Mapping[str, Any] | None:
    """The view that was pressed in; the App Home's is none."""
    view = body.get("view") or {}
    return view if view.get("type") == "modal" else None


def channel_of(body: Body, workspace: str) -> Channel:
    """Where something was pressed: for a view the channel that it came from."""
    view = modal(body)
    id = view.get("private_metadata") if view else (body.get("channel") or {}).get("id")
    return Channel("slack", workspace, str(id or ""))


def user_of(body: Body) -> str:
    return str(body["user"]["id"])


def name_of(body: Body) -> str:
    """As mrkdwn."""
    user = body["user"]
    return words(str(user.get("username") or user.get("name") or "somebody"))


def place(channel: Channel) -> str:
    return "our messages" if channel.id.startswith("D") else f"<#{channel.id}>"


def untold(why: str) -> str:
    return f"It is done, but I cannot tell the channel. {why}"
