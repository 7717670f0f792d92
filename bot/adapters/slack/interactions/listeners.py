"""What the app listens to, and how each is answered: commands, buttons, mentions, direct messages, and what happens to
channels and installations. Decides nothing that the table of commands decides."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import aiohttp
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.adapters.events import Events
from bot.adapters.slack.api.calls import Calls
from bot.adapters.slack.api.command_permissions import CommandPermissions, unknown_right
from bot.adapters.slack.api.errors import INSTALL
from bot.adapters.slack.api.install import installed_in
from bot.adapters.slack.api.respond import respond, say
from bot.adapters.slack.api.tenants import workspace_of
from bot.adapters.slack.interactions.form_flow import FormFlow
from bot.adapters.slack.interactions.modals import Modals, channel_of, name_of, user_of
from bot.adapters.slack.interactions.requests import mention_text, slash
from bot.adapters.slack.options import Names
from bot.adapters.slack.render.message import FORM, RUN, SHEET, Rendered, Voice
from bot.adapters.slack.render.reply import PAGE, READING, SHARE, PageRequest, payload, posted, shown, turned, with_note
from bot.adapters.slack.render.subscribe_form import PICK_CHANNEL, PICK_PARTS, PICK_VENDOR, SUBSCRIBE
from bot.commands.dispatch import parse_line
from bot.commands.request import Reply, Request
from bot.delivery.port import DeliveryError
from bot.domain import Channel
from bot.wording.errors import failed_message

ACK_S = 2.4
"""Slack waits 3 s for an acknowledgement, there and back; what takes longer follows by the response_url."""
EVENTS_KEPT = 5_000
"""Events that are remembered, so that one delivered again is not answered again."""

log = structlog.get_logger(__name__)

Json = Mapping[str, Any]


class Listeners:
    def __init__(
        self,
        events: Events,
        names: Names,
        calls: Calls,
        permits: CommandPermissions,
        pool: aiohttp.ClientSession,
        forget: Callable[[str], Awaitable[None]],
        on_change: Callable[[], None],
    ) -> None:
        """``forget``: deletes what is kept of a workspace's installation. ``on_change``: called after a command that
        changed what a Home may show."""
        self._events = events
        self._names = names
        self._voice = Voice(names.word)
        self._calls = calls
        self._permits = permits
        self._pool = pool
        self._forget = forget
        self._on_change = on_change
        self._seen: OrderedDict[str, None] = OrderedDict()
        self.windows = Modals(calls, self._voice, self._reply, self._respond)
        self.subscribing = FormFlow(events, self.windows, permits, self._voice, self._reply)

    def register(self, app: AsyncApp) -> None:
        app.middleware(self._once)
        app.command(re.compile(r".*"))(self.command)
        app.action(re.compile(rf"^{RUN}:"))(self.run)
        app.action(re.compile(rf"^{SHEET}:"))(self.sheet)
        app.action(re.compile(rf"^{FORM}:"))(self.form)
        app.action(re.compile(rf"^{PAGE}:"))(self.turn)
        app.action(SHARE)(self.share)
        app.action(re.compile(rf"^(?:{PICK_VENDOR}|{PICK_CHANNEL})$"))(self.picked)
        app.options(PICK_VENDOR)(self.vendors)
        app.options(PICK_PARTS)(self.parts)
        app.view(SUBSCRIBE)(self.submitted)
        app.event("app_mention")(self.mentioned)
        app.event("message")(self.messaged)
        for event in ("member_joined_channel", "channel_unarchive", "group_unarchive"):
            app.event(event)(self.revived)
        for event in ("app_uninstalled", "tokens_revoked"):
            app.event(event)(self.lost)

    def register_rest(self, app: AsyncApp) -> None:
        """After everybody else's: what nobody listens to is taken note of, or Slack would send it again."""
        everything = re.compile(r".*")
        for listen in (app.event, app.action, app.view):
            listen(everything)(_take_note)

    # --- commands and buttons ----------------------------------------------------------------------------------------

    async def command(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """Any slash command; its answer is the acknowledgement itself."""
        channel = _channel(context, body.get("channel_id"))
        asked = PageRequest(*slash(str(body.get("command", "")), str(body.get("text") or ""), self._names))
        answering = asyncio.create_task(self._payload(asked, channel, str(body.get("user_id", ""))))
        done, _ = await asyncio.wait({answering}, timeout=ACK_S)
        if done:
            await ack(**_for_ack(answering.result()))
            return
        await ack(text=READING, response_type="ephemeral")
        await self._respond(body, await answering)

    async def run(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """A button that stands for a typed command."""
        await ack()
        channel, line = _pressed_in(body, context), str(action.get("value", ""))
        asked = PageRequest(*parse_line(line))
        if not channel.id and asked.command == "subscribe":
            await self.subscribing.open_form(body, channel, line)
        elif body.get("view"):
            await self.windows.open_sheet(body, channel, line)
        else:
            await self._respond(body, await self._payload(asked, channel, user_of(body)))

    async def sheet(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """A button that opens the answer to its command in a window."""
        await ack()
        await self.windows.open_sheet(body, _pressed_in(body, context), str(action.get("value", "")))

    async def form(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        await ack()
        await self.subscribing.open_form(body, _pressed_in(body, context), str(action.get("value", "")))

    async def turn(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """Another page takes the place of this one where only the asker sees it."""
        await ack()
        channel, value = _pressed_in(body, context), str(action.get("value", ""))
        if body.get("view"):
            await self.windows.turn(body, channel, value)
            return
        page, line = turned(value)
        alone = bool((body.get("container") or {}).get("is_ephemeral")) or channel.id.startswith("D")
        answer = await self._payload(PageRequest(*parse_line(line)), channel, user_of(body), page)
        await self._respond(body, {**answer, "replace_original": alone})

    async def share(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """A private answer, asked anew, for the whole channel."""
        await ack()
        channel, value = _pressed_in(body, context), str(action.get("value", ""))
        if body.get("view"):
            await self.windows.share(body, channel, value)
            return
        page, line = turned(value)
        asked = PageRequest(*parse_line(line))
        if not asked.looks_up:
            return
        reply = await self._reply(asked, channel, user_of(body))
        rendered = shown(reply, asked, self._voice, page, shareable=False)
        await self._respond(body, payload(with_note(rendered, f"shared by {name_of(body)}"), public=True))

    async def picked(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        await self.subscribing.pick(body, installed_in(context).workspace)

    async def vendors(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack(options=await self.subscribing.vendors(body, installed_in(context).workspace))

    async def parts(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack(options=await self.subscribing.parts(body, installed_in(context).workspace))

    async def submitted(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        answer, rest = await self.subscribing.submitted(body, installed_in(context).workspace)
        await ack(**answer)
        if rest:
            await rest

    async def _payload(self, asked: PageRequest, channel: Channel, user: str, page: int = 0) -> dict[str, Any]:
        reply = await self._reply(asked, channel, user)
        return payload(self._shown(reply, asked, page, private=not reply.public), public=reply.public)

    def _shown(
        self, reply: Reply, asked: PageRequest, page: int = 0, *, private: bool, shareable: bool = True
    ) -> Rendered:
        rendered = shown(reply, asked, replace(self._voice, private=private), page, shareable=shareable)
        if asked.command != "help":
            return rendered
        return with_note(
            rendered,
            f"Slack's own `/status` sets your profile, so ask `{self._voice.command} dyspatch`. Inside threads Slack "
            "takes no commands: mention me there instead.",
        )

    async def _reply(self, asked: PageRequest, channel: Channel, user: str) -> Reply:
        try:
            allowed = await self._permits.may_run(asked.command, asked.text, channel, user)
            reply = await self._events.answer(Request(asked.command, asked.text, channel, user, allowed))
        except DeliveryError as error:
            return Reply((unknown_right(asked.command, error),))
        except Exception:
            log.exception("command failed", command=asked.command)
            return Reply((failed_message(),))
        if reply.public:
            self._on_change()
        return reply

    async def _respond(self, body: Json, answer: Mapping[str, Any]) -> None:
        await respond(self._pool, body, answer)

    # --- words to the bot --------------------------------------------------------------------------------------------

    async def mentioned(self, event: Json, context: AsyncBoltContext) -> None:
        """``@lookout status dyspatch``, answered in its thread, for all to see."""
        if event.get("bot_id") or self._again(f"{event.get('channel')}:{event.get('ts')}"):
            return
        await self._say(event, context, str(event.get("thread_ts") or event.get("ts")))

    async def messaged(self, event: Json, context: AsyncBoltContext) -> None:
        """A direct message; of other channels' messages none is read."""
        if event.get("channel_type") != "im" or event.get("subtype") or event.get("bot_id"):
            return
        if not self._again(f"{event.get('channel')}:{event.get('ts')}"):
            await self._say(event, context, event.get("thread_ts"))

    async def _say(self, event: Json, context: AsyncBoltContext, thread: str | None) -> None:
        installed = installed_in(context)
        channel = _channel(context, event.get("channel"))
        asked = PageRequest(*mention_text(str(event.get("text") or ""), installed.bot_user))
        reply = await self._reply(asked, channel, str(event.get("user") or ""))
        rendered = self._shown(reply, asked, private=channel.id.startswith("D"), shareable=False)
        args = posted(rendered, channel.id)
        if thread:
            args["thread_ts"] = thread
        if await say(self._calls, channel.workspace, args):
            await self._events.channel_reached(channel)

    # --- what happens to channels and installations ------------------------------------------------------------------

    async def revived(self, event: Json, context: AsyncBoltContext) -> None:
        """The bot was invited, or the channel is back from the archive."""
        if event.get("type") == "member_joined_channel" and event.get("user") != installed_in(context).bot_user:
            return
        await self._events.channel_recovered(_channel(context, event.get("channel")))

    async def lost(self, event: Json, context: AsyncBoltContext) -> None:
        """Uninstalled, or the bot's token revoked; both come, in any order, or one alone."""
        if event.get("type") == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return
        org = bool(context.is_enterprise_install)
        workspace = workspace_of(context.enterprise_id, context.team_id, org=org)
        await self._forget(workspace)
        await self._events.workspace_left(workspace, f"I was uninstalled from this workspace. {INSTALL}")

    # --- once --------------------------------------------------------------------------------------------------------

    async def _once(self, body: Json, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        """Slack delivers events at least once."""
        event = body.get("event_id")
        if isinstance(event, str) and self._again(event):
            return BoltResponse(status=200, body="")
        return await next()

    def _again(self, key: str) -> bool:
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > EVENTS_KEPT:
            self._seen.popitem(last=False)
        return False


def _for_ack(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "replace_original"}


def _channel(context: AsyncBoltContext, channel: object) -> Channel:
    return Channel("slack", installed_in(context).workspace, str(channel or ""))


def _pressed_in(body: Json, context: AsyncBoltContext) -> Channel:
    return channel_of(body, installed_in(context).workspace)


async def _take_note(ack: AsyncAck) -> None:
    await ack()
