"""HTTP mode against whoever finds the port: forged, half-sent, too long, too many."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from sqlalchemy import inspect
from structlog.testing import capture_logs

from bot.adapters.memory import OwnMemory
from bot.adapters.slack.api.http import HttpLimits
from bot.adapters.slack.api.oauth_states import STATE_S, SignedStates
from bot.adapters.slack.options import ConnectionMode
from bot.adapters.slack.platform import Slack
from bot.refusals import Refusals
from bot.web.server import ConnectionLimits
from tests.adapters.slack.api.server import served
from tests.adapters.slack.rig import Rig, rig, slash

Logs = list[MutableMapping[str, Any]]
HURRIED = HttpLimits(body_s=0.1)
FEW = ConnectionLimits(connections=50, life_s=0.2, reader_s=0.1)


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Iterator[Rig]:
    http = {"mode": ConnectionMode.HTTP, "client_id": "1.2", "client_secret": "s", "host": "127.0.0.1", "port": 0}
    with rig(tmp_path, **http) as one:
        yield one


def attack(one: Rig, work: Callable[[aiohttp.ClientSession, str], Awaitable[None]], limits: HttpLimits) -> Logs:
    async def within(app: Slack) -> None:
        async with (
            served(app, limits, FEW if limits is HURRIED else ConnectionLimits()) as port,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as pool,
        ):
            await work(pool, f"http://127.0.0.1:{port}")

    with capture_logs() as logs:
        one.use(within)
    return logs


def signed(body: bytes, *, at: str | None = None, secret: str = "secret") -> dict[str, str]:
    at = at or str(int(time.time()))
    mac = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={mac}"}


GOOD = urlencode(slash("/outage", "dyspatch")).encode()
FORGED: list[tuple[bytes, dict[str, str]]] = [
    (b"{", {}),
    (b"{" * 5_000, {"Content-Type": "application/json"}),
    (b"\xff\xfe", {}),
    (GOOD, {}),
    (GOOD, signed(GOOD, secret="another")),
    (GOOD, signed(GOOD, at=str(int(time.time()) - 301))),
    (GOOD, signed(GOOD, at="soon")),
    (GOOD, signed(GOOD, at="9" * 5_000)),
    (GOOD + b"&user_id=U2", signed(GOOD)),
    (GOOD, {**signed(GOOD), "X-Slack-Signature": "v0="}),
    (GOOD, {**signed(GOOD), "X-Slack-Signature": "v0=é"}),
    (b"ssl_check=1", {}),
]


def test_what_slack_did_not_sign_is_refused_before_it_is_read(one: Rig) -> None:
    async def work(pool: aiohttp.ClientSession, url: str) -> None:
        for body, headers in FORGED:
            async with pool.post(f"{url}/slack/events", data=body, headers=headers) as answer:
                assert answer.status == 401, (body[:50], headers)

    logs = attack(one, work, HttpLimits())
    assert one.asked == []
    refused = [line for line in logs if line["log_level"] not in ("debug", "info")]
    assert [(line["event"], line["kind"], line["status"]) for line in refused] == [
        ("slack.http_refused", "not signed by Slack", 401)
    ], "a line for all of them"


@pytest.mark.parametrize("body", [b"{", b"[1]", b"payload=%7B", b"payload=[1]", b"{" + b"[" * 100_000])
def test_what_is_signed_but_unreadable_is_refused_in_a_line(one: Rig, body: bytes) -> None:
    async def work(pool: aiohttp.ClientSession, url: str) -> None:
        headers = {**signed(body), "Content-Type": "application/json" if body[:1] in b"{[" else "text/plain"}
        async with pool.post(f"{url}/slack/events", data=body, headers=headers) as answer:
            assert answer.status == 400

    logs = attack(one, work, HttpLimits())
    assert [line["kind"] for line in logs if line["event"] == "slack.http_refused"] == ["signed, but unreadable"]
    assert not [line for line in logs if line["log_level"] == "error"]


HALVES = [
    b"",
    b"POST /slack/ev",
    b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-A: ",
    b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    b"GET /slack/install HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /heal",
]


def test_half_sent_requests_are_closed_and_so_are_more_than_the_process_can_hold(one: Rig) -> None:
    async def half(port: int, sent: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        with suppress(ConnectionError):
            while await reader.read(1_000):
                pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def work(pool: aiohttp.ClientSession, url: str) -> None:
        port = int(url.rpartition(":")[2])
        async with asyncio.timeout(10):
            await asyncio.gather(*(half(port, sent) for sent in HALVES * 30))
        async with pool.get(f"{url}/healthz") as health:
            assert health.status == 200

    logs = attack(one, work, HURRIED)
    assert len([line for line in logs if line["log_level"] == "warning"]) <= 4, "a line a kind"
    assert not [line for line in logs if line["log_level"] == "error"]


NO_HTTP = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\n\0"]


@pytest.mark.parametrize("sent", NO_HTTP)
def test_what_is_no_http_costs_a_line_a_minute(
    one: Rig, sent: bytes, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work(_: aiohttp.ClientSession, url: str) -> None:
        for _number in range(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            writer.write(sent)
            with suppress(ConnectionError):
                await reader.read(1_000)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    logs = attack(one, work, HURRIED)
    assert len([line for line in logs if line["log_level"] == "warning"]) <= 1
    assert "Traceback" not in caplog.text + capsys.readouterr().err


def test_a_body_that_is_too_long_is_refused(one: Rig) -> None:
    async def work(pool: aiohttp.ClientSession, url: str) -> None:
        async with pool.post(f"{url}/slack/events", data=BytesIO(b"x" * 2_000_000), headers=signed(b"")) as answer:
            assert answer.status == 413

    attack(one, work, HttpLimits())


def test_opening_the_installation_page_leaves_nothing_behind(one: Rig) -> None:
    def rows() -> dict[str, int]:
        tables = inspect(one.store.engine).get_table_names()
        with one.store.engine.connect() as connection:
            return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in tables}

    counted: list[dict[str, int]] = []

    async def work(pool: aiohttp.ClientSession, url: str) -> None:
        counted.append(rows())
        for _ in range(20):
            async with pool.get(f"{url}/slack/install") as page:
                assert page.status == 200
        for query in ("", "?state=x", "?code=1&state=1790000000-a-b", "?error=denied", "?state=é&code=%00"):
            async with pool.get(f"{url}/slack/oauth_redirect{query}", headers={"Cookie": "slack-app-oauth-state=x"}):
                pass
        counted.append(rows())

    logs = attack(one, work, HttpLimits())
    assert counted[0] == counted[1]
    assert not [line for line in logs if line["log_level"] == "error"]


def test_a_state_is_good_once_for_ten_minutes_and_only_as_it_was_signed() -> None:
    now = [datetime(2026, 11, 1, tzinfo=UTC)]
    states, others = (
        SignedStates("secret", lambda: now[0], OwnMemory()),
        SignedStates("another", lambda: now[0], OwnMemory()),
    )

    async def story() -> None:
        state = await states.async_issue()
        issued, signature = state.rpartition("-")[::2]
        later = str(int(issued.split("-")[0]) + 60)
        forged = [state.upper(), f"{later}{state[10:]}", f"{issued}-", signature, "", "-", "é-é", "1-2-3"]
        for wrong in [*forged, await others.async_issue()]:
            assert not await states.async_consume(wrong), wrong
        assert await states.async_consume(state)
        assert not await states.async_consume(state)
        old = await states.async_issue()
        now[0] += timedelta(seconds=STATE_S + 1)
        assert not await states.async_consume(old)
        restarted = SignedStates("secret", lambda: now[0], OwnMemory())
        assert await restarted.async_consume(await states.async_issue())

    asyncio.run(story())


def test_each_kind_is_logged_once_a_minute_with_its_count() -> None:
    clock, said = [0.0], list[tuple[str, int, int]]()
    refusals = Refusals(lambda: clock[0], lambda *line: said.append(line))
    for second in range(121):
        clock[0] = float(second)
        refusals.note("a", 400)
        refusals.note("a", 400)
    refusals.note("b", 401)
    assert said == [("a", 400, 1), ("a", 400, 120), ("a", 400, 120), ("b", 401, 1)]


def test_json_of_an_event_is_answered_as_before(one: Rig) -> None:
    async def work(pool: aiohttp.ClientSession, url: str) -> None:
        body = json.dumps({"type": "url_verification", "challenge": "c", "token": "t"}).encode()
        headers = {**signed(body), "Content-Type": "application/json"}
        async with pool.post(f"{url}/slack/events", data=body, headers=headers) as answer:
            assert (await answer.json())["challenge"] == "c"

    attack(one, work, HttpLimits())
