"""The form to subscribe, from its button to what it was sent off for. Runs the same lines as are typed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from bot.adapters.events import Events
from bot.adapters.slack.api.command_permissions import CommandPermissions, unknown_right
from bot.adapters.slack.interactions.modals import Body, Modals, Replies, modal, place, untold, user_of
from bot.adapters.slack.render import subscribe_form
from bot.adapters.slack.render.blocks import Json
from bot.adapters.slack.render.message import Voice
from bot.adapters.slack.render.modal import answer_modal, loading
from bot.adapters.slack.render.mrkdwn import size
from bot.adapters.slack.render.reply import PageRequest
from bot.adapters.slack.render.subscribe_form import About
from bot.commands.command import ArgumentKind
from bot.commands.complete import CompletionRequest as Typed
from bot.commands.dispatch import parse_line
from bot.commands.request import Reply
from bot.delivery.port import DeliveryError
from bot.domain import Channel, Slug
from bot.message import Code
from bot.wording.errors import error_message, failed_message, form_outdated, not_allowed_message

ANSWER_S = 2.4
"""Slack waits 3 s, there and back, for what a form that was sent off leads to, and for options."""
FORMS_KEPT = 500
"""Forms of which it is remembered what was chosen in them last."""
ASKED = PageRequest("subscribe", "")

log = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FlowStep:
    """To what a form that was sent off led. ``view``: what shows it. ``reply``: what was said of the lines that were
    run, ``told`` what became of telling the channel. ``complete``: all of it was done and told."""

    view: Json
    reply: Reply | None = None
    told: str = ""
    complete: bool = False


class FormFlow:
    def __init__(
        self, events: Events, windows: Modals, permits: CommandPermissions, voice: Voice, reply: Replies
    ) -> None:
        self._events = events
        self._windows = windows
        self._permits = permits
        self._voice = voice
        self._reply = reply
        self._newest: OrderedDict[str, object] = OrderedDict()

    async def open_form(self, body: Body, channel: Channel, line: str) -> None:
        """``line``: ``subscribe``, with or without a vendor. Without a channel the person chooses one."""
        vendor = next(iter(parse_line(line)[1].split()), "")
        about = About(channel.id, vendor, choose=not channel.id)
        made = self._made(about, channel.workspace, user_of(body))
        if not await self._windows.show(body, channel.workspace, made, loading(ASKED, channel.id)):
            again = ("Press again, or type ", Code(f"subscribe {vendor or '<vendor>'}"), ".")
            reply = Reply((error_message("The form could not be opened.", again),))
            await self._windows.send(body, channel.workspace, ASKED, reply)

    async def pick(self, body: Body, workspace: str) -> None:
        """A vendor or a channel was chosen: the rest of the form follows. Of several choices the last one counts."""
        view = modal(body) or {}
        view_id, turn = str(view.get("id")), object()
        self._newest[view_id] = turn
        if len(self._newest) > FORMS_KEPT:
            self._newest.popitem(last=False)
        made = await self._made(subscribe_form.chosen(view, About.of(view)), workspace, user_of(body))
        if self._newest.get(view_id) is turn:
            try:
                await self._windows.update(workspace, view_id, made)
            except DeliveryError as error:
                # The form was closed; or else it is made again when it is sent off.
                log.info("a form cannot be updated", why=str(error))

    async def vendors(self, body: Body, workspace: str) -> list[Json]:
        """Those that what was typed may mean."""
        about = About.of(body.get("view") or {})
        typed = Typed("subscribe", ArgumentKind.VENDOR, str(body.get("value") or ""), _channel(workspace, about))
        found = await _in_time(self._events.complete(typed), ())
        fit = [choice for choice in found if choice.value and size(choice.value) <= subscribe_form.OPTION_VALUE_CHARS]
        return [subscribe_form.option(choice.name, choice.value) for choice in fit][: subscribe_form.OPTIONS]

    async def parts(self, body: Body, workspace: str) -> list[Json]:
        """Those with the typed text in their names."""
        about = About.of(body.get("view") or {})
        form = await _in_time(self._events.form(_channel(workspace, about), Slug(about.vendor)), None)
        typed = str(body.get("value") or "").strip().casefold()
        return (
            subscribe_form.part_options([part for part in form.parts if typed in part.name.casefold()]) if form else []
        )

    async def submitted(self, body: Body, workspace: str) -> tuple[Mapping[str, Any], Awaitable[None] | None]:
        """What Slack is answered, nothing to close the form, and what is to be done afterwards."""
        end = asyncio.get_running_loop().time() + ANSWER_S
        view: Mapping[str, Any] = body["view"]
        # What is still under way for an earlier choice comes too late.
        self._newest.pop(str(view.get("id")), None)
        about = About.of(view)
        now = subscribe_form.chosen(view, about)
        channel = _channel(workspace, now)
        if now != about:
            # Sent off before the rest of the form was there.
            leading = asyncio.create_task(self._again(now, workspace, user_of(body)))
        else:
            try:
                checked = await self._events.check(channel, subscribe_form.filled(view))
            except Exception:
                log.exception("form failed")
                return _instead(answer_modal(Reply((failed_message(),)), ASKED, self._voice, channel.id)), None
            if checked.problems:
                return {"response_action": "errors", "errors": subscribe_form.errors(checked.problems, view)}, None
            leading = asyncio.create_task(self._run(body, channel, checked.lines))
        await asyncio.wait({leading}, timeout=max(0, end - asyncio.get_running_loop().time()))
        if leading.done():
            led = leading.result()
            return ({} if led.complete and not now.choose else _instead(led.view)), None
        return _instead(loading(ASKED, channel.id)), self._follow(body, workspace, leading)

    async def _follow(self, body: Body, workspace: str, leading: Awaitable[FlowStep]) -> None:
        led = await leading
        try:
            await self._windows.update(workspace, str(body["view"]["id"]), led.view)
        except DeliveryError as error:
            log.info("a form cannot be updated", why=str(error))
            if led.reply and not led.complete:
                await self._windows.send(body, workspace, ASKED, led.reply, led.told)

    async def _again(self, about: About, workspace: str, user: str) -> FlowStep:
        return FlowStep(await self._made(about, workspace, user))

    async def _run(self, body: Body, channel: Channel, lines: Sequence[tuple[str, str]]) -> FlowStep:
        """Each line in turn, as far as they can be carried out."""
        replies: list[Reply] = []
        for command, text in lines:
            replies.append(await self._reply(PageRequest(command, text), channel, user_of(body)))
            if not replies[-1].public:
                break
        told, why = "", ""
        if changes := tuple(message for reply in replies if reply.public for message in reply.messages):
            why = await self._windows.announce(body, channel, Reply(changes, public=True), ASKED)
            told = untold(why) if why else f"Told in {place(channel)}."
        everything = Reply(tuple(message for reply in replies for message in reply.messages))
        complete = all(reply.public for reply in replies) and not why
        return FlowStep(answer_modal(everything, ASKED, self._voice, channel.id, told=told), everything, told, complete)

    async def _made(self, about: About, workspace: str, user: str) -> Json:
        """The form, as far as what it is about is known and this person may manage the channel."""
        channel = _channel(workspace, about)
        refused, told = (
            not_allowed_message("subscribe"),
            f"You may not subscribe {place(channel)} to anything: choose another channel.",
        )
        try:
            allowed = not channel.id or await self._permits.may_manage(channel, user)
        except DeliveryError as error:
            allowed, refused = False, unknown_right("subscribe", error)
            told = f"{refused.summary} Choose {place(channel)} again in a minute, or another channel."
        if not allowed and not about.choose:
            return answer_modal(Reply((refused,)), ASKED, self._voice, channel.id)
        try:
            form = await self._events.form(channel, Slug(about.vendor)) if about.vendor and allowed else None
        except Exception:
            log.exception("form failed")
            return answer_modal(Reply((failed_message(),)), ASKED, self._voice, channel.id)
        if allowed:
            told = form_outdated("vendor") if about.vendor and form is None else ""
        return subscribe_form.form_view(form, about, self._voice, told)


def _channel(workspace: str, about: About) -> Channel:
    return Channel("slack", workspace, about.channel)


def _instead(view: Json) -> dict[str, Any]:
    return {"response_action": "update", "view": view}


async def _in_time(asking: Awaitable[T], otherwise: T) -> T:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await asking
    except Exception as error:
        log.warning("a search in a form failed", why=repr(error))
        return otherwise
