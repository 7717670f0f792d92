"""The whole of Slack on a fake workspace, a store and the table of commands: type, press and read."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.adapters.memory import Memory
from bot.adapters.slack.api.errors import ACCESS_REMEDY, INSTALL_REMEDY
from bot.adapters.slack.options import ConnectionMode, Deadlines, SlackOptions
from bot.adapters.slack.platform import Slack
from bot.commands.complete import Choice, CompletionRequest, complete
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle
from bot.commands.forms import CheckedForm, SubmittedForm, SubscribeForm, check_form, subscribe_form
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug, WorkspaceState
from bot.keyring import Keyring
from bot.store import Store
from bot.store.secrets import seal_columns
from bot.threads import Threads
from tests.adapters.slack.judge import answer_problems
from tests.adapters.slack.workspace import APP_TOKEN, BOT_TOKEN, CHANNEL, TEAM, FakeSlack
from tests.commands.talk import CATALOG, NOW
from tests.databases import sqlite

T = TypeVar("T")
GUARD_S = 60
"""Ends a test that hangs."""
PATIENT = Deadlines(GUARD_S, GUARD_S, GUARD_S)
"""A busy machine makes no answer late."""
HURRIED = Deadlines(0.05, 0.05, 0.05)
"""What is held comes late."""
_NUMBERS = itertools.count(1)
OPS = Channel("slack", TEAM, CHANNEL)


@dataclass
class Rig:
    """The bot behind Slack. ``asked``: every request that reached the commands. ``recovered``, ``reached``, ``left``,
    ``back``: what was reported of channels and workspaces.
    ``heard``: losses, to wait for. ``hold``: an answer waits for it; ``hold_form``: a vendor's form does. ``formed``:
    vendors whose form was asked for."""

    slack: FakeSlack
    store: Store
    threads: Threads
    options: SlackOptions
    asked: list[Request] = field(default_factory=list)
    recovered: list[Channel] = field(default_factory=list)
    reached: list[Channel] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    moved: list[tuple[Channel, Channel]] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    connected_lines: list[str] = field(default_factory=list)
    heard: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    hold: asyncio.Event | None = None
    hold_form: Mapping[str, asyncio.Event] = field(default_factory=dict)
    formed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    replies: Callable[[Request], Reply] | None = None
    clock: Callable[[], float] = time.monotonic
    memory: Memory | None = None
    returned: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever a workspace is back."""

    async def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        if self.hold:
            await self.hold.wait()
        if self.replies:
            return self.replies(request)
        return await self.threads(lambda: handle(request, self.desk))

    async def complete(self, asked: CompletionRequest) -> Sequence[Choice]:
        return await self.threads(lambda: complete(asked, self.desk))

    async def form(self, channel: Channel, vendor: Slug) -> SubscribeForm | None:
        self.formed.put_nowait(vendor)
        if vendor in self.hold_form:
            await self.hold_form[vendor].wait()
        return await self.threads(lambda: subscribe_form(channel, vendor, self.desk))

    async def check(self, channel: Channel, filled: SubmittedForm) -> CheckedForm:
        return await self.threads(lambda: check_form(channel, filled, self.desk))

    async def workspace_state(self, workspace: str) -> WorkspaceState:
        return await self.threads(lambda: self.store.workspaces.state("slack", workspace))

    async def known_channels(self) -> Sequence[Channel]:
        return await self.threads(lambda: self.store.workspaces.channels("slack"))

    async def namesakes(self, channel: Channel) -> Sequence[Channel]:
        return await self.threads(lambda: self.store.workspaces.namesakes(channel))

    async def is_subscribed(self, channel: Channel) -> bool:
        return bool(await self.threads(lambda: self.store.channels.vendors(channel)))

    async def unhealthy(self) -> Sequence[Channel]:
        return [channel for channel, _ in await self.threads(self.store.channels.unhealthy)]

    async def connected(self, line: str) -> None:
        self.connected_lines.append(line)

    async def channel_recovered(self, channel: Channel) -> None:
        self.recovered.append(channel)

    async def channel_reached(self, channel: Channel) -> None:
        self.reached.append(channel)

    async def channel_moved(self, old: Channel, new: Channel) -> None:
        self.moved.append((old, new))
        await self.threads(lambda: self.store.workspaces.move_channel(old, new))

    async def channel_gone(self, channel: Channel, reason: str) -> None:
        raise NotImplementedError("Slack reports no channel of its own accord")

    async def workspace_left(self, workspace: str, reason: str) -> None:
        assert reason.endswith(INSTALL_REMEDY)
        self.left.append(workspace)
        self.heard.put_nowait(workspace)

    async def workspace_back(self, workspace: str, remedy: str = "") -> None:
        assert remedy in (INSTALL_REMEDY, ACCESS_REMEDY)
        await self.threads(lambda: self.store.workspaces.mark_recovered("slack", workspace, ending=remedy))
        self.back.append(workspace)
        self.returned.set()

    @property
    def desk(self) -> CommandContext:
        return CommandContext(self.store, CATALOG, NOW)

    @asynccontextmanager
    async def app(self) -> AsyncIterator[Slack]:
        app = Slack(self.options, self, lambda: NOW, self.clock, self.threads, self.store.engine, SEAL, self.memory)
        be_patient(app)
        try:
            await app.check()
            yield app
        finally:
            await app.aclose()

    def use(self, work: Callable[[Slack], Awaitable[T]], **changes: Any) -> T:
        """``work`` with the app, its settings changed."""
        self.options = replace(self.options, **changes)

        async def within() -> T:
            async with asyncio.timeout(GUARD_S), self.app() as app:
                return await work(app)

        return asyncio.run(within())

    def send(self, *bodies: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
        """Each body as if it came over a socket; the acknowledgements. What follows them has followed."""

        async def all_of(app: Slack) -> list[dict[str, Any]]:
            return [await self.put(app, body) for body in bodies]

        return self.use(all_of, **changes)

    async def put(self, app: Slack, body: dict[str, Any]) -> dict[str, Any]:
        """One body; its acknowledgement, looked at by the judge."""
        answer = await dispatch(app, body)
        self.slack.problems += answer_problems(body, answer) if "type" in body else ()
        return answer


SEAL = partial(seal_columns, cipher=Keyring("a" * 43 + "=", Path()))
"""Has the tokens of installations encrypted."""


@contextmanager
def rig(folder: Path, **options: Any) -> Iterator[Rig]:
    store, threads = Store(sqlite(folder)), Threads(2)
    store.pages.sync_catalog(list(CATALOG), NOW, 0)
    try:
        with FakeSlack() as slack:
            basis = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "signing_secret": "secret", "api_url": slack.url}
            yield Rig(
                slack,
                store,
                threads,
                SlackOptions(**{"mode": ConnectionMode.SOCKET, "deadlines": PATIENT, **basis, **options}),
            )
    finally:
        threads.close()
        store.close()


def be_patient(app: Slack) -> None:
    """Bolt itself waits 3 s of real time for an acknowledgement, and has no public way to change that for commands."""
    for listener in app.app._async_listeners:
        listener.ack_timeout = GUARD_S


async def dispatch(
    app: Slack, body: dict[str, Any], once_acknowledged: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The acknowledgement's body, once every task that the request began has ended."""
    before = asyncio.all_tasks()
    response: BoltResponse = await app.app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))
    assert response.status == 200, response.body
    once_acknowledged()
    while follow := asyncio.all_tasks() - before:
        await asyncio.wait(follow)
    kind = (response.headers.get("content-type") or [""])[0]
    return json.loads(response.body) if "json" in kind else {"text": response.body}


# --- what Slack sends ------------------------------------------------------------------------------------------------


def slash(command: str, text: str = "", *, channel: str = CHANNEL, user: str = "U1", **more: Any) -> dict[str, Any]:
    return {
        "token": "t",
        "team_id": TEAM,
        "channel_id": channel,
        "user_id": user,
        "command": command,
        "text": text,
        "api_app_id": "A1",
        "trigger_id": _trigger(),
        **more,
    }


def pressed(
    action: str, value: str, response_url: str, *, ephemeral: bool = False, channel: str = CHANNEL
) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": "U1", "username": "ann", "team_id": TEAM},
        "channel": {"id": channel},
        "container": {"type": "message", "is_ephemeral": ephemeral, "channel_id": channel, "message_ts": "1.1"},
        "response_url": response_url,
        "trigger_id": _trigger(),
        "api_app_id": "A1",
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
    }


def in_view(view: Mapping[str, Any], action: str, value: str = "", **filled: Any) -> dict[str, Any]:
    """Pressed in a view, or chosen in a form: ``filled`` as for :func:`with_state`."""
    return {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": "U1", "username": "ann", "team_id": TEAM},
        "container": {"type": "view", "view_id": view.get("id")},
        "view": with_state(view, **filled),
        "trigger_id": _trigger(),
        "api_app_id": "A1",
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
    }


def at_home(action: str, value: str) -> dict[str, Any]:
    """Pressed in the App Home: without a channel, without a ``response_url``."""
    return in_view({"type": "home", "id": "VH", "blocks": [], "private_metadata": ""}, action, value)


def typed_in(view: Mapping[str, Any], action: str, text: str) -> dict[str, Any]:
    """A search in a select of a view."""
    body = in_view(view, action)
    del body["actions"]
    return {**body, "type": "block_suggestion", "action_id": action, "block_id": "b", "value": text}


def sent_off(view: Mapping[str, Any], **filled: Any) -> dict[str, Any]:
    body = in_view(view, "", **filled)
    del body["actions"]
    return {**body, "type": "view_submission"}


def with_state(view: Mapping[str, Any], **filled: Any) -> dict[str, Any]:
    """The view as Slack sends it: each input with what was filled in, by its field, or else with what it began with."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            given = filled.get(block["block_id"].partition(":")[0])
            values[block["block_id"]] = {element["action_id"]: {"type": element["type"], **_state(element, given)}}
    return {**view, "state": {"values": values}}


def _state(element: Mapping[str, Any], given: Any) -> dict[str, Any]:
    def options(values: Sequence[str]) -> list[dict[str, Any]]:
        return [{"text": {"type": "plain_text", "text": value}, "value": value} for value in values]

    match element["type"]:
        case "conversations_select":
            return {"selected_conversation": given or element.get("initial_conversation")}
        case "multi_users_select":
            return {"selected_users": element.get("initial_users", []) if given is None else given}
        case "plain_text_input":
            return {"value": given if given is not None else element.get("initial_value")}
        case "static_select" | "external_select":
            return {"selected_option": options([given])[0] if given else element.get("initial_option")}
        case _:
            return {"selected_options": element.get("initial_options", []) if given is None else options(given)}


def _trigger() -> str:
    return f"1.2.{next(_NUMBERS)}"


def home_opened(
    user: str = "U1", *, view: Mapping[str, Any] | None = None, tab: str = "home", **more: Any
) -> dict[str, Any]:
    """``view``: what the person has before them, if it was ever published."""
    shown = {"view": view} if view else {}
    return event("app_home_opened", **{"user": user, "channel": f"D{user}", "tab": tab, **shown, **more})


def event(kind: str, *, id: str = "Ev0", team: str | None = TEAM, **fields: Any) -> dict[str, Any]:
    outer: dict[str, Any] = {
        key: fields.pop(key) for key in ("enterprise_id", "is_enterprise_install") if key in fields
    }
    return {
        "type": "event_callback",
        "event_id": id,
        "team_id": team,
        "api_app_id": "A1",
        "event": {"type": kind, **fields},
        **outer,
    }
