"""The form to subscribe, from the button that opens it to its submission. Runs the same lines as are typed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from cachetools import LRUCache

from bot.adapters.events import Events
from bot.adapters.slack.api.command_permissions import CommandPermissions, permission_unknown
from bot.adapters.slack.api.user_groups import UserGroups
from bot.adapters.slack.interactions.modals import (
    Body,
    Modals,
    RunCommand,
    announce_failed,
    channel_text,
    pressed_modal,
    user_of,
)
from bot.adapters.slack.render import subscribe_form
from bot.adapters.slack.render.blocks import Json
from bot.adapters.slack.render.inputs import MAX_OPTIONS, OPTION_VALUE_CHARS, option
from bot.adapters.slack.render.message import RenderContext
from bot.adapters.slack.render.modal import answer_modal, loading_modal
from bot.adapters.slack.render.mrkdwn import units
from bot.adapters.slack.render.reply import PageRequest
from bot.adapters.slack.render.subscribe_form import FormTarget
from bot.commands.command import ArgumentKind
from bot.commands.complete import CompletionRequest
from bot.commands.dispatch import parse_line
from bot.commands.request import Reply
from bot.delivery.port import DeliveryError
from bot.domain import Channel, Slug
from bot.message import Code
from bot.wording.errors import error_message, failed_message, form_outdated, not_allowed_message

MAX_OPEN_FORMS = 500
"""Forms whose latest choice is remembered."""
SUBSCRIBE_REQUEST = PageRequest("subscribe", "")

log = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FlowStep:
    """The result of a submission."""

    view: Json
    """Shows it."""
    reply: Reply | None = None
    """Of the lines that were run; ``None``: none was."""
    notice: str = ""
    """Whether the channel was notified, as mrkdwn; ``""``: nothing was to be announced."""
    complete: bool = False
    """All lines were run, and the channel was notified."""


class FormFlow:
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
        user_groups: UserGroups,
    ) -> None:
        self._events = events
        self._modals = modals
        self._permissions = permissions
        self._context = context
        self._reply = reply
        self._timeout_s = timeout_s
        self._user_groups = user_groups
        self._latest_pick: LRUCache[str, object] = LRUCache(MAX_OPEN_FORMS)
        """By the id of a form's view."""

    async def open_form(self, body: Body, channel: Channel, line: str) -> None:
        """``line``: ``subscribe``, with or without a vendor. Without a channel the person chooses one."""
        vendor = next(iter(parse_line(line)[1].split()), "")
        target = FormTarget(channel.id, vendor, choose_channel=not channel.id)
        view = self._build_view(target, channel.workspace, user_of(body))
        if not await self._modals.show(body, channel.workspace, view, loading_modal(SUBSCRIBE_REQUEST, channel.id)):
            again = ("Press again, or type ", Code(f"subscribe {vendor or '<vendor>'}"), ".")
            reply = Reply((error_message("The form could not be opened.", again),))
            await self._modals.send(body, channel.workspace, SUBSCRIBE_REQUEST, reply)

    async def pick(self, body: Body, workspace: str) -> None:
        """A vendor or a channel was chosen: the rest of the form follows. Of several choices the last one counts."""
        view = pressed_modal(body) or {}
        view_id, turn = str(view.get("id")), object()
        self._latest_pick[view_id] = turn
        target = subscribe_form.current_target(view, FormTarget.of(view))
        updated = await self._build_view(target, workspace, user_of(body))
        if self._latest_pick.get(view_id) is turn:
            try:
                await self._modals.update(workspace, view_id, updated)
            except DeliveryError as error:
                # The form was closed; if not, it is rebuilt when it is submitted.
                log.info("slack.form_not_updated", error=str(error))

    async def vendors(self, body: Body, workspace: str) -> list[Json]:
        """Options for the typed text."""
        target = FormTarget.of(body.get("view") or {})
        typed = CompletionRequest(
            "subscribe", ArgumentKind.VENDOR, str(body.get("value") or ""), _channel(workspace, target)
        )
        found = await self._search(self._events.complete(typed), ())
        fit = [choice for choice in found if choice.value and units(choice.value) <= OPTION_VALUE_CHARS]
        return [option(choice.name, choice.value) for choice in fit][:MAX_OPTIONS]

    async def parts(self, body: Body, workspace: str) -> list[Json]:
        """Options: the parts with the typed text in their names."""
        target = FormTarget.of(body.get("view") or {})
        form = await self._search(self._events.form(_channel(workspace, target), Slug(target.vendor)), None)
        typed = str(body.get("value") or "").strip().casefold()
        return (
            subscribe_form.part_options([part for part in form.parts if typed in part.name.casefold()]) if form else []
        )

    async def groups(self, body: Body, workspace: str) -> list[Json]:
        """Options: whom to mention besides people."""
        target = FormTarget.of(body.get("view") or {})
        listed = await self._search(self._user_groups.of(workspace), {})
        form = await self._search(self._events.form(_channel(workspace, target), Slug(target.vendor)), None)
        typed = str(body.get("value") or "")
        return subscribe_form.group_options(listed, typed, form.mention if form else "")

    async def submit(self, body: Body, workspace: str) -> tuple[Mapping[str, Any], Awaitable[None] | None]:
        """The answer to Slack, ``{}`` to close the form, and what is to be awaited after it was sent."""
        end = asyncio.get_running_loop().time() + self._timeout_s
        view: Mapping[str, Any] = body["view"]
        # A form that is still being rebuilt for an earlier choice must not replace what follows.
        self._latest_pick.pop(str(view.get("id")), None)
        target = FormTarget.of(view)
        now = subscribe_form.current_target(view, target)
        channel = _channel(workspace, now)
        if now != target:
            # Submitted before the rest of the form was there.
            running = asyncio.create_task(self._rebuild(now, workspace, user_of(body)))
        else:
            try:
                form = await self._events.form(channel, Slug(now.vendor))
                submitted = subscribe_form.submitted_form(view, form.mention if form else "")
                checked = await self._events.check(channel, submitted)
            except Exception:
                log.exception("slack.form_check_failed")
                return _update_response(self._failed_view(channel)), None
            if checked.problems:
                return {"response_action": "errors", "errors": subscribe_form.view_errors(checked.problems, view)}, None
            running = asyncio.create_task(self._run_lines(body, channel, checked.lines))
        await asyncio.wait({running}, timeout=max(0, end - asyncio.get_running_loop().time()))
        if running.done():
            step = running.result()
            return ({} if step.complete and not now.choose_channel else _update_response(step.view)), None
        loading = _update_response(loading_modal(SUBSCRIBE_REQUEST, channel.id))
        return loading, self._update_later(body, workspace, running)

    async def _update_later(self, body: Body, workspace: str, running: Awaitable[FlowStep]) -> None:
        step = await running
        try:
            await self._modals.update(workspace, str(body["view"]["id"]), step.view)
        except DeliveryError as error:
            log.info("slack.form_result_not_shown", error=str(error))
            if step.reply and not step.complete:
                await self._modals.send(body, workspace, SUBSCRIBE_REQUEST, step.reply, step.notice)

    async def _rebuild(self, target: FormTarget, workspace: str, user: str) -> FlowStep:
        return FlowStep(await self._build_view(target, workspace, user))

    async def _run_lines(self, body: Body, channel: Channel, lines: Sequence[tuple[str, str]]) -> FlowStep:
        """Each line in turn, until one is refused."""
        replies: list[Reply] = []
        for command, text in lines:
            replies.append(await self._reply(PageRequest(command, text), channel, user_of(body)))
            if not replies[-1].public:
                break
        notice, why = "", ""
        if changes := tuple(message for reply in replies if reply.public for message in reply.messages):
            why = await self._modals.announce(body, channel, Reply(changes, public=True), SUBSCRIBE_REQUEST)
            notice = announce_failed(why) if why else f"Told in {channel_text(channel)}."
        everything = Reply(tuple(message for reply in replies for message in reply.messages))
        complete = all(reply.public for reply in replies) and not why
        view = answer_modal(everything, SUBSCRIBE_REQUEST, self._context, channel.id, notice=notice)
        return FlowStep(view, everything, notice, complete)

    async def _build_view(self, target: FormTarget, workspace: str, user: str) -> Json:
        """The form, as far as its target is known and this person may manage the channel."""
        channel = _channel(workspace, target)
        refused = not_allowed_message("subscribe", self._permissions.who)
        notice = f"You may not subscribe {channel_text(channel)} to anything: choose another channel."
        try:
            allowed = not channel.id or await self._permissions.may_manage(channel, user)
        except DeliveryError as error:
            allowed, refused = False, permission_unknown("subscribe", error)
            notice = f"{refused.summary} Choose {channel_text(channel)} again in a minute, or another channel."
        if not allowed and not target.choose_channel:
            return answer_modal(Reply((refused,)), SUBSCRIBE_REQUEST, self._context, channel.id)
        try:
            form = await self._events.form(channel, Slug(target.vendor)) if target.vendor and allowed else None
        except Exception:
            log.exception("slack.form_failed", vendor=target.vendor)
            return self._failed_view(channel)
        if allowed:
            notice = form_outdated("vendor") if target.vendor and form is None else ""
        return subscribe_form.form_view(form, target, self._context, notice)

    async def _search(self, search: Awaitable[T], default: T) -> T:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await search
        except Exception as error:
            log.warning("slack.form_search_failed", error=repr(error))
            return default

    def _failed_view(self, channel: Channel) -> Json:
        return answer_modal(Reply((failed_message(),)), SUBSCRIBE_REQUEST, self._context, channel.id)


def _channel(workspace: str, target: FormTarget) -> Channel:
    return Channel("slack", workspace, target.channel)


def _update_response(view: Json) -> dict[str, Any]:
    return {"response_action": "update", "view": view}
