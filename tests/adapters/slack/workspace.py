"""A Slack on a free loopback port: the Web API methods that the bot calls, one socket for Socket Mode and a place for
answers. It keeps what it was sent, judges it, and breaks as told."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

from tests.adapters.slack.judge import home_problems, message_problems, request_problems, view_problems

T = TypeVar("T")
TEAM = "T1"
BOT_USER = "UBOT"
BOT_TOKEN = "xoxb-good"
APP_TOKEN = "xapp-good"
CHANNEL = "C1"
ALL_SCOPES = (
    "commands,chat:write,channels:history,groups:history,im:write,users:read,channels:read,groups:read,usergroups:read"
)


@dataclass(frozen=True)
class Call:
    method: str
    token: str
    args: Mapping[str, Any]


@dataclass
class Fault:
    """``method``: or ``answers``, for a response_url. ``error``: Slack's word, with status 200. ``status``: of an
    answer without JSON. ``cut``: the connection is. ``silent``: there is no answer. ``token``: calls with it alone.
    ``channel``: calls about it alone.

    ``after``: what was asked is done first. ``skip``: how many calls are spared before, ``times``: how many meet it.
    """

    method: str
    error: str = ""
    status: int = 200
    cut: bool = False
    silent: bool = False
    token: str = ""
    channel: str = ""
    after: bool = False
    times: int = 1
    skip: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)


MOST_VIEWS = 3
"""On top of each other."""


class Refusal(Exception):
    def __init__(self, error: str, **body: Any) -> None:
        super().__init__(error)
        self.body = {"ok": False, "error": error, **body}


class FakeSlack:
    """``with FakeSlack() as slack: … slack.url``. Methods without ``async`` may be called from the test's thread."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.problems: list[str] = []
        self.messages: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.ever: list[str] = []
        self.answers: list[dict[str, Any]] = []
        self.acks: list[dict[str, Any]] = []
        self.scopes = set(ALL_SCOPES.split(","))
        self.mentions = False
        self.members: dict[str, list[str]] = {CHANNEL: ["U1"]}
        self.admins: set[str] = set()
        self.user_groups: dict[str, str] = {}
        self.renamed: dict[str, str] = {}
        self.teams: dict[str, dict[str, Any]] = {BOT_TOKEN: {"team_id": TEAM}}
        self.renewed: dict[str, str] = {}
        self.shared: dict[str, dict[str, Any]] = {}
        self.page_size = 1_000
        self.views: dict[str, dict[str, Any]] = {}
        self.stack: list[str] = []
        self._triggers: set[str] = set()
        self.private: set[str] = set()
        self.homes: dict[str, dict[str, Any]] = {}
        self.home_enabled = True
        self._faults: list[Fault] = []
        self._sockets: list[web.WebSocketResponse] = []
        self.connections = 0
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    def __enter__(self) -> FakeSlack:
        self._thread.start()
        self._runner = self._run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if kind is None:
            assert not self.problems, self.problems

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def response_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/answers"

    def fail(self, *faults: Fault) -> None:
        self._faults += faults

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def shown(self, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """The channel's messages and replies now, in order."""
        return list(self.messages[channel].values())

    def screen(self) -> str:
        """All that was ever shown."""
        return "\n".join(self.ever)

    def send(self, *envelopes: Mapping[str, Any] | str, socket: int = -1) -> None:
        """To the newest socket, or the one given."""

        async def push() -> None:
            for envelope in envelopes:
                text = envelope if isinstance(envelope, str) else json.dumps(envelope)
                await self._sockets[socket].send_str(text)

        self._run(push())

    def cut(self, socket: int = -1) -> None:
        """The connection, without a word."""

        async def drop() -> None:
            transport = self._sockets[socket]._req.transport  # type: ignore[union-attr]
            assert transport
            transport.close()

        self._run(drop())

    def wait_for(self, what: Callable[[], Any], seconds: float = 60) -> None:
        """Until this holds; asked again whenever something arrives."""
        with self._changed:
            assert self._changed.wait_for(what, seconds), "it did not come about"

    # --- the server --------------------------------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self) -> web.AppRunner:
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/socket", self._socket)
        app.router.add_post("/answers", self._answered)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    async def _stop(self) -> None:
        for socket in self._sockets:
            await socket.close()
        await self._runner.cleanup()

    def _note(self) -> None:
        with self._changed:
            self._changed.notify_all()

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        answer = await request.json()
        self.problems += message_problems(answer)
        fault = self._fault("answers")
        if fault is None or fault.after:
            self.answers.append(answer)
        self._note()
        return await self._broken(request, fault) if fault else web.Response(text="ok")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self.connections += 1
        self._note()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.acks.append({**json.loads(message.data), "socket": self._sockets.index(socket)})
                self._note()
        return socket

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        args = await _args(request)
        token = str(args.pop("token", "")) or request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.calls.append(Call(method, token, args))
        self.problems += request_problems(method, args)
        fault = self._fault(method, token, str(args.get("channel", "")))
        if fault is None or fault.after:
            try:
                answer = self._do(method, token, args)
            except Refusal as refusal:
                answer = refusal.body
        self._note()
        if fault:
            return await self._broken(request, fault)
        return web.json_response(answer, headers={"x-oauth-scopes": ",".join(self.scopes)})

    async def _broken(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.silent:
            await asyncio.Event().wait()
        if fault.cut:
            assert request.transport
            request.transport.close()
            return web.Response()
        if fault.error or fault.status == 429:
            body = {"ok": False, "error": fault.error or "ratelimited", **fault.body}
            return web.json_response(body, status=fault.status, headers=fault.headers)
        return web.Response(status=fault.status, text="<h1>no</h1>", content_type="text/html", headers=fault.headers)

    def _fault(self, method: str, token: str = "", channel: str = "") -> Fault | None:
        for fault in self._faults:
            if fault.token not in ("", token) or fault.channel not in ("", channel):
                continue
            if re.fullmatch(fault.method, method) and fault.skip:
                fault.skip -= 1
            elif re.fullmatch(fault.method, method):
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return None

    def _do(self, method: str, token: str, args: Mapping[str, Any]) -> dict[str, Any]:
        if method == "apps.connections.open":
            if token != APP_TOKEN:
                raise Refusal("invalid_auth")
            return {"ok": True, "url": f"ws://127.0.0.1:{self.port}/socket"}
        if method == "oauth.v2.access":
            return self._installed(args)
        if token not in self.teams:
            raise Refusal("invalid_auth")
        answer: dict[str, Any] = getattr(self, f"_{method.replace('.', '_')}")(args, token)
        return {"ok": True, **answer}

    def _auth_test(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        return {"user_id": BOT_USER, "bot_id": "B1", "team": "Team", "url": "https://x.test/", **self.teams[token]}

    def _installed(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The code names the team, ``T2``, the organisation ``E1``, or a team of one, ``T2.E1``."""
        code, _, enterprise = str(args["code"]).partition(".")
        org = code.startswith("E")
        enterprise = code if org else enterprise
        token = self.renewed.get(code, f"xoxb-{code}")
        team = {"enterprise_id": code, "is_enterprise_install": True} if org else {"team_id": code}
        self.teams[token] = team
        return {
            "ok": True,
            "access_token": token,
            "token_type": "bot",
            "scope": ALL_SCOPES,
            "bot_user_id": BOT_USER,
            "app_id": "A1",
            "team": None if org else {"id": code, "name": code},
            "enterprise": {"id": enterprise, "name": enterprise} if enterprise else None,
            "is_enterprise_install": org,
            "authed_user": {"id": "U1"},
        }

    def _chat_postMessage(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        self.problems += message_problems(args, mentions=self.mentions)
        channel = str(args["channel"])
        root = args.get("thread_ts")
        if root and root not in self.messages[channel]:
            raise Refusal("thread_not_found")
        ts = f"{1772442000 + next(self._numbers)}.000100"
        message = {"ts": ts, "bot_id": "B1", "user": BOT_USER, **args}
        self.messages[channel][ts] = message
        self._show(message)
        return {"ts": ts, "channel": channel, "message": message}

    def _chat_update(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        self.problems += message_problems(args, mentions=self.mentions)
        channel, ts = str(args["channel"]), str(args["ts"])
        if ts not in self.messages[channel]:
            raise Refusal("message_not_found")
        self.messages[channel][ts] |= {"text": args["text"], "blocks": args["blocks"]}
        self._show(self.messages[channel][ts])
        return {"ts": ts, "channel": channel}

    def _conversations_open(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        self._need("im:write")
        if not re.fullmatch(r"U[A-Z0-9]+", str(args["users"])):
            raise Refusal("user_not_found")
        return {"channel": {"id": f"D{args['users']}"}}

    def _conversations_history(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        self._need("channels:history")
        found = []
        for message in reversed(self.shown(str(args["channel"]))):
            if message.get("thread_ts") and not message.get("reply_broadcast"):
                continue
            replies = [m for m in self.shown(str(args["channel"])) if m.get("thread_ts") == message["ts"]]
            more = {"reply_count": len(replies), "latest_reply": replies[-1]["ts"]} if replies else {}
            found.append(message | more)
        at = int(args.get("cursor") or 0)
        end = at + min(int(args["limit"]), self.page_size)
        more = {"response_metadata": {"next_cursor": str(end)}} if end < len(found) else {}
        return {"messages": found[at:end], "has_more": end < len(found), **more}

    def _conversations_replies(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        self._need("channels:history")
        root = str(args["ts"])
        if root not in self.messages[str(args["channel"])]:
            raise Refusal("thread_not_found")
        thread = [m for m in self.shown(str(args["channel"])) if root in (m["ts"], m.get("thread_ts"))]
        return {"messages": thread, "has_more": False}

    def _conversations_members(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        if args["channel"] not in self.members:
            raise Refusal("channel_not_found")
        members = self.members[str(args["channel"])]
        at = int(args.get("cursor") or 0)
        end = at + min(int(args["limit"]), self.page_size)
        cursor = str(end) if end < len(members) else ""
        return {"members": members[at:end], "response_metadata": {"next_cursor": cursor}}

    def _conversations_info(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        id = self.renamed.get(str(args["channel"]), str(args["channel"]))
        if id not in self.members or (id in self.private and BOT_USER not in self.members[id]):
            raise Refusal("channel_not_found")
        return {"channel": {"id": id, "is_private": id in self.private, **self.shared.get(id, {})}}

    def _users_conversations(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        """Of a person's private channels those that the bot is in, too."""
        self._need("groups:read")
        if self.teams[token].get("is_enterprise_install") and "team_id" not in args:
            raise Refusal("missing_argument")
        ids = [
            id
            for id, members in sorted(self.members.items())
            if args["user"] in members and (id not in self.private or BOT_USER in members)
        ]
        at = int(args.get("cursor") or 0)
        end = at + min(int(args["limit"]), self.page_size)
        page = [{"id": id} for id in ids[at:end]]
        return {"channels": page, "response_metadata": {"next_cursor": str(end) if end < len(ids) else ""}}

    def _views_publish(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        if not self.home_enabled:
            raise Refusal("not_enabled")
        user, view = str(args["user_id"]), dict(args["view"])
        self.problems += home_problems(view)
        if "hash" in args and args["hash"] != self.homes.get(user, {}).get("hash"):
            raise Refusal("hash_conflict")
        self.homes[user] = view | {"id": f"V{user}", "hash": f"{next(self._numbers)}.abc"}
        return {"view": self.homes[user]}

    def _usergroups_list(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        self._need("usergroups:read")
        return {"usergroups": [{"id": id, "handle": handle} for id, handle in self.user_groups.items()]}

    def _users_info(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        return {"user": {"id": args["user"], "is_admin": args["user"] in self.admins}}

    def _views_open(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        self._exchange(args)
        self.stack = []
        return self._on_top(args["view"])

    def _views_push(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        self._exchange(args)
        if not self.stack:
            raise Refusal("not_found")
        if len(self.stack) == MOST_VIEWS:
            raise Refusal("push_limit_reached")
        return self._on_top(args["view"])

    def _views_update(self, args: Mapping[str, Any], token: str) -> dict[str, Any]:
        id = str(args["view_id"])
        if id not in self.stack:
            raise Refusal("not_found")
        if args.get("hash", self.views[id]["hash"]) != self.views[id]["hash"]:
            raise Refusal("hash_conflict")
        return self._keep(id, args["view"])

    def _exchange(self, args: Mapping[str, Any]) -> None:
        trigger = str(args["trigger_id"])
        if trigger in self._triggers:
            raise Refusal("exchanged_trigger_id")
        self._triggers.add(trigger)

    def _on_top(self, view: Mapping[str, Any]) -> dict[str, Any]:
        self.stack.append(f"V{next(self._numbers)}")
        return self._keep(self.stack[-1], view)

    def _keep(self, id: str, view: Mapping[str, Any]) -> dict[str, Any]:
        self.problems += view_problems(view)
        self.views[id] = {**view, "id": id, "hash": f"{next(self._numbers)}.h"}
        return {"view": self.views[id]}

    @property
    def view(self) -> dict[str, Any]:
        """The view on top, as the person sees it."""
        return self.views[self.stack[-1]]

    def _need(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    def _show(self, message: Mapping[str, Any]) -> None:
        self.ever.append(json.dumps([message["text"], message.get("blocks")], ensure_ascii=False).replace("\\n", "\n"))


async def _args(request: web.Request) -> dict[str, Any]:
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        args |= await request.json()
    elif request.can_read_body:
        args |= dict(await request.post())
    return args
