"""The HTTP server against connections that hold it, and behind a proxy, on a real port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.web.listening import address, listen
from bot.web.server import ConnectionLimits, by_prefix, serve

HURRIED = ConnectionLimits(connections=20, life_s=0.1, reader_s=0.1)
CHUNK = b"x" * 65_536


async def seen(scope: Scope, receive: Receive, send: Send) -> None:
    """Says who asks; at /late after a while."""
    request = Request(scope, receive)
    response = PlainTextResponse(f"{request.client.host if request.client else None} {request.url.scheme}")
    if request.url.path == "/late":
        await asyncio.sleep(0.3)
    await response(scope, receive, send)


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield CHUNK
        await asyncio.sleep(0)


async def other(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("other")(scope, receive, send)


@asynccontextmanager
async def served(app: ASGIApp, **how: object) -> AsyncIterator[str]:
    stop, listening = asyncio.Event(), listen("127.0.0.1", 0)
    url = address(listening)
    serving = asyncio.create_task(serve(app, listening, stop, **how))  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(30):
            yield url
    finally:
        stop.set()
        await serving


async def closed(port: int, sent: bytes) -> bytes:
    """All that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    got = b""
    with suppress(ConnectionError):
        while more := await reader.read(1_000):
            got += more
    writer.close()
    return got


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_a_reader_that_takes_nothing_is_given_up() -> None:
    async def story() -> None:
        given_up = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await StreamingResponse(endless())(scope, receive, send)
            given_up.set()

        async with served(app, limits=HURRIED) as url:
            with socket.create_connection(("127.0.0.1", port_of(url))) as lazy:
                lazy.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                await given_up.wait()

    asyncio.run(story())


def test_what_is_being_answered_when_its_time_is_over_is_answered() -> None:
    async def story() -> None:
        async with served(seen, limits=HURRIED) as url:
            got = await closed(port_of(url), b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
            assert got.startswith(b"HTTP/1.1 200")
            assert b"connection: close" in got.lower()
            assert got.endswith(b"127.0.0.1 http")

    asyncio.run(story())


def test_half_a_request_and_an_idle_connection_are_closed_without_an_answer() -> None:
    async def story() -> None:
        async with served(seen, limits=HURRIED) as url:
            for half in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-A"):
                assert await closed(port_of(url), half) == b""

    asyncio.run(story())


def test_more_connections_than_there_may_be_are_closed_and_the_others_answered() -> None:
    async def story() -> None:
        limits = ConnectionLimits(connections=5, life_s=30)
        async with served(seen, limits=limits) as url:
            held = [await asyncio.open_connection("127.0.0.1", port_of(url)) for _ in range(5)]
            assert await closed(port_of(url), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""
            reader, writer = held[0]
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 200")
            for _, one in held:
                one.close()

    asyncio.run(story())


def test_only_a_trusted_proxy_says_whom_it_asks_for() -> None:
    async def story() -> None:
        forwarded = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
        for trusted, told in [((), "127.0.0.1 http"), (("127.0.0.0/8",), "203.0.113.7 https")]:
            async with served(seen, trusted_proxies=trusted) as url, httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(url, headers=forwarded)).text == told

    asyncio.run(story())


def test_a_prefix_has_an_application_of_its_own() -> None:
    async def story() -> None:
        async with (
            served(by_prefix(seen, {"/slack/": other})) as url,
            httpx.AsyncClient(base_url=url, trust_env=False) as client,
        ):
            assert (await client.get("/slack/events")).text == "other"
            assert (await client.get("/slackers")).text == "127.0.0.1 http"

    asyncio.run(story())
