"""Socket Mode: keeps one WebSocket to Slack open and hands what arrives on it to the app. Answers nothing itself.

Each socket's address is good once. Slack asks for a new one every few hours (``disconnect``): the successor is opened
first, then the old one is drained. What Slack delivers again gets the answer that it got before.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import structlog
from cachetools import LRUCache
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.memory import Memory
from bot.adapters.slack.api.errors import failure_of, loggable

PING_S = 15.0
"""A socket that answers no ping for half of this is dead."""
MIN_WAIT_S = 0.5
MAX_WAIT_S = 30.0
"""The longest pause between two tries to connect, which is doubled each time; a part of it is left to chance, so that
many do not come back at once."""
DRAIN_S = 5.0
"""Answers under way on an old socket get this long."""
MAX_CACHED_ANSWERS = 1_000
REDELIVERED_S = 900.0
"""An envelope that was not acknowledged comes again within this time, if at all."""
ELSEWHERE_S, LOOK_S = 2.0, 0.1
"""How long another process's answer is waited for, and how often it is looked for."""
MAX_FRAME_BYTES = 4 * 1024 * 1024

log = structlog.get_logger(__name__)


def pause_s(longest_s: float, jitter: float) -> float:
    """Between half of the longest and all of it. ``jitter``: from 0 to 1."""
    return longest_s * (1 + jitter) / 2


class SocketMode:
    """``memory``: shared with the other processes that have a socket, as Slack sends each envelope to one of them all,
    and again to any. ``jitter``: from 0 to 1."""

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        pool: aiohttp.ClientSession,
        app_token: str,
        memory: Memory,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._memory = memory
        self._app = app
        self._client = client
        self._pool = pool
        self._app_token = app_token
        self._jitter = jitter
        self._answers: LRUCache[str, asyncio.Task[BoltResponse]] = LRUCache(MAX_CACHED_ANSWERS)
        self._draining: set[asyncio.Task[None]] = set()
        self._wait_s = MIN_WAIT_S
        self._limited_until = 0.0
        self.connected = False
        """Slack has said hello on the newest socket, and it is open."""

    async def url(self) -> str:
        """A fresh address. Raises :class:`SlackApiError` for a token that Slack does not take, and when it asks to
        wait."""
        try:
            return str((await self._client.apps_connections_open(app_token=self._app_token))["url"])
        except SlackApiError as error:
            limit_s = failure_of(error).retry_after_s or 0.0
            self._limited_until = asyncio.get_running_loop().time() + limit_s
            raise

    async def run(self, stop: asyncio.Event) -> None:
        """Connected until ``stop``, through every loss."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                limit_s = self._limited_until - asyncio.get_running_loop().time()
                if limit_s > 0:
                    await asyncio.wait({stopped}, timeout=limit_s)
                    continue
                connection = asyncio.create_task(self._connection())
                await asyncio.wait({connection, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not connection.done():
                    connection.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await connection
                elif error := connection.exception():
                    limit_s = self._limited_until - asyncio.get_running_loop().time()
                    wait_s = max(pause_s(self._wait_s, self._jitter()), limit_s)
                    log.warning("slack.socket_failed", error=_reason(error), retry_in_s=round(wait_s, 2))
                    await asyncio.wait({stopped}, timeout=wait_s)
                    self._wait_s = min(self._wait_s * 2, MAX_WAIT_S)
        finally:
            stopped.cancel()
            draining = tuple(self._draining)
            for task in draining:
                task.cancel()
            await asyncio.gather(*draining, return_exceptions=True)

    async def _connection(self) -> None:
        """One connection, from its opening until it is to be replaced. Raises what ended it before its hello."""
        socket = await self._pool.ws_connect(
            await self.url(),
            heartbeat=PING_S,
            max_msg_size=MAX_FRAME_BYTES,
            timeout=aiohttp.ClientWSTimeout(ws_close=2),
        )
        under_way: set[asyncio.Task[None]] = set()
        try:
            ready = await self._listen(socket, under_way)
        except BaseException:
            await _close(socket, under_way)
            raise
        finally:
            self.connected = False
        if socket.closed:
            if not ready:
                raise aiohttp.ClientConnectionError(f"closed with {socket.close_code} before its hello")
            log.info("slack.socket_lost", close_code=socket.close_code)
        drain = asyncio.create_task(self._drain(socket, under_way))
        self._draining.add(drain)
        drain.add_done_callback(self._draining.discard)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, under_way: set[asyncio.Task[None]]) -> bool:
        """Until the socket closes or Slack asks for another one; whether Slack's hello had come."""
        ready = False
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            frame = _frame(message.data)
            match frame.get("type"):
                case "hello":
                    ready = self.connected = True
                    self._wait_s = MIN_WAIT_S
                    log.info("slack.socket_connected")
                case "disconnect" if frame.get("reason") == "link_disabled":
                    raise aiohttp.ClientConnectionError("Socket Mode is off: turn it on in the app's settings")
                case "disconnect":
                    log.info("slack.socket_replaced", reason=frame.get("reason"))
                    return True
                case _ if frame.get("envelope_id"):
                    self._take(socket, frame, under_way)
                case other:
                    log.debug("slack.frame_ignored", type=other)
        return ready

    def _take(
        self, socket: aiohttp.ClientWebSocketResponse, frame: Mapping[str, Any], under_way: set[asyncio.Task[None]]
    ) -> None:
        task = asyncio.create_task(self._acknowledge(socket, frame))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    async def _acknowledge(self, socket: aiohttp.ClientWebSocketResponse, frame: Mapping[str, Any]) -> None:
        envelope = str(frame["envelope_id"])
        try:
            response = await asyncio.shield(self._answer(envelope, frame))
            if response.status != 200:
                log.info("slack.envelope_unanswered", type=frame.get("type"), status=response.status)
                return
            ack: dict[str, Any] = {"envelope_id": envelope}
            if response.body and frame.get("accepts_response_payload", True):
                ack["payload"] = _payload(response)
            await socket.send_str(json.dumps(ack))
        except (aiohttp.ClientError, ConnectionError, RuntimeError) as error:
            # Slack will deliver it again, to the next socket.
            log.info("slack.acknowledgement_not_sent", error=repr(error))
        except Exception:
            log.exception("slack.envelope_failed", type=frame.get("type"))

    def _answer(self, envelope: str, frame: Mapping[str, Any]) -> asyncio.Task[BoltResponse]:
        if envelope not in self._answers:
            request = SocketModeRequest(
                type=str(frame.get("type")),
                envelope_id=envelope,
                payload=frame.get("payload") or {},
                accepts_response_payload=bool(frame.get("accepts_response_payload")),
                retry_attempt=frame.get("retry_attempt"),
                retry_reason=frame.get("retry_reason"),
            )
            self._answers[envelope] = asyncio.create_task(self._run(request))
        return self._answers[envelope]

    async def _run(self, request: SocketModeRequest) -> BoltResponse:
        """The app's answer, or that of another process which was sent the envelope before."""
        envelope = request.envelope_id
        if not await self._memory.is_new(f"envelope {envelope}", REDELIVERED_S):
            return await self._given_elsewhere(request)
        response: BoltResponse = await run_async_bolt_app(self._app, request)
        if response.status == 200 and response.body:
            kind = (response.headers.get("content-type") or [""])[0]
            self._memory.keep(f"answer {envelope}", json.dumps([kind, response.body]), REDELIVERED_S)
        return response

    async def _given_elsewhere(self, request: SocketModeRequest) -> BoltResponse:
        """Slack waits for it, and so for what is being worked out still."""
        deadline = asyncio.get_running_loop().time() + ELSEWHERE_S
        while request.accepts_response_payload:
            if kept := await self._memory.recall(f"answer {request.envelope_id}"):
                kind, body = json.loads(kept)
                return BoltResponse(status=200, body=body, headers={"content-type": kind})
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(LOOK_S)
        return BoltResponse(status=200, body="")

    async def _drain(self, socket: aiohttp.ClientWebSocketResponse, under_way: set[asyncio.Task[None]]) -> None:
        """Keep reading the old socket while its successor opens."""
        try:
            with contextlib.suppress(TimeoutError, aiohttp.ClientError):
                async with asyncio.timeout(DRAIN_S):
                    await self._listen(socket, under_way)
        finally:
            await _close(socket, under_way)


async def _close(socket: aiohttp.ClientWebSocketResponse, under_way: set[asyncio.Task[None]]) -> None:
    if under_way:
        await asyncio.wait(under_way, timeout=DRAIN_S)
    await socket.close()


def _frame(data: str) -> Mapping[str, Any]:
    try:
        frame = json.loads(data)
    except ValueError:
        return {}
    return frame if isinstance(frame, Mapping) else {}


def _payload(response: BoltResponse) -> Any:
    kind = (response.headers.get("content-type") or [""])[0]
    return json.loads(response.body) if kind.startswith("application/json") else {"text": response.body}


def _reason(error: BaseException) -> str:
    if not isinstance(error, SlackApiError):
        return loggable(error)
    return f"apps.connections.open: {failure_of(error).code or 'no answer'}"
