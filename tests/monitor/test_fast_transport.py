"""Which requests go the fast way, against a real server; that they are answered alike is in ``test_fetch``."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event

import httpx
import pytest
import trustme

from bot.monitor.fast_transport import AVOID_S, CHECKED, MAX_NAMES, REBUILD_AFTER, REBUILD_S, FastTransport
from tests.servers import PageServer, Reply

HOST = "status.acme.test"
OTHER = "status.other.test"
HERE = "127.0.0.1"


@dataclass
class Plain(httpx.AsyncBaseTransport):
    """Remembers which names it was asked for."""

    asked: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.extensions["sni_hostname"])
        return httpx.Response(418)


@dataclass
class Rig:
    server: PageServer
    tls: ssl.SSLContext
    plain: Plain = field(default_factory=Plain)
    now: float = 1000.0

    def run(self, story: Callable[[FastTransport], Awaitable[None]]) -> None:
        async def told() -> None:
            transport = FastTransport(self.plain, self.tls, 5.0, lambda: self.now)
            try:
                await story(transport)
            finally:
                await transport.aclose()

        asyncio.run(told())

    def request(self, name: str, checked: Sequence[str] = (HERE,), method: str = "GET") -> httpx.Request:
        extensions = {"sni_hostname": name, CHECKED: tuple(checked)}
        url = self.server.url("/page", checked[0] if checked else HERE)
        content = b'{"a":1}' if method == "POST" else None
        return httpx.Request(method, url, headers={"Host": name, "X-Own": "1"}, content=content, extensions=extensions)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def rig(authority: trustme.CA) -> Iterator[Rig]:
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(HOST).configure_cert(serving)
    authority.configure_trust(trusting)
    with PageServer(serving) as server:
        server.say("/page", Reply(b"hello", headers={"X-Told": "2"}))
        yield Rig(server, trusting)


def test_the_name_is_verified_and_asked_for_at_the_address_that_was_checked(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        response = await transport.handle_async_request(rig.request(HOST, method="POST"))
        assert (response.status_code, response.headers["x-told"]) == (200, "2")
        assert b"".join([chunk async for chunk in response.aiter_raw()]) == b"hello"
        await response.aclose()

    rig.run(story)
    (asked,) = rig.server.asked
    assert (asked.headers["host"], asked.headers["x-own"]) == (f"{HOST}:{rig.server.port}", "1")
    assert asked.sent == b'{"a":1}'
    assert rig.plain.asked == []


def test_names_that_came_up_later_and_addresses_that_changed_wait_for_the_next_client(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        async def asks_plain(*checked: str, name: str = HOST) -> bool:
            before = len(rig.plain.asked)
            await (await transport.handle_async_request(rig.request(name, checked))).aclose()
            return len(rig.plain.asked) > before

        assert not await asks_plain(HERE)
        assert await asks_plain("127.0.0.9"), "what is pinned is no address of this look-up"
        assert not await asks_plain("127.0.0.9", HERE), "it still is one of those"
        rig.now += REBUILD_S
        assert not await asks_plain("127.0.0.9", HERE)
        assert await asks_plain(HERE, name=OTHER), "no certificate for it"
        assert not await asks_plain(HERE), "others are not forgotten for it"

    rig.run(story)


def test_a_name_that_cannot_be_served_goes_the_plain_way_for_an_hour(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        for plain, at in ((1, 0.0), (2, AVOID_S - 1), (3, AVOID_S)):
            rig.now = 1000.0 + at
            await transport.handle_async_request(rig.request(OTHER))
            assert rig.plain.asked == [OTHER] * plain

    rig.run(story)
    assert rig.server.asked == []


@pytest.mark.parametrize(
    "name", ["2130706433", "127.1", "0x7f.0.0.0x1", HERE, "::1", "localhost", f"{HOST}.", "a.0x7f"]
)
def test_what_may_be_read_as_an_address_never_goes_fast(rig: Rig, name: str) -> None:
    async def story(transport: FastTransport) -> None:
        await transport.handle_async_request(rig.request(name))

    rig.run(story)
    assert rig.plain.asked == [name]


def test_an_answer_whose_headers_are_not_ascii_comes_the_plain_way(rig: Rig) -> None:
    rig.server.say("/page", Reply(b"hello", headers={"X-Told": "caf\u00e9"}))

    async def story(transport: FastTransport) -> None:
        assert (await transport.handle_async_request(rig.request(HOST))).status_code == 418

    rig.run(story)
    assert rig.plain.asked == [HOST]


def test_what_was_not_checked_never_goes_fast(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        await transport.handle_async_request(rig.request(HOST, ()))

    rig.run(story)
    assert rig.plain.asked == [HOST]


def test_a_new_client_leaves_what_is_under_way_alone(rig: Rig) -> None:
    held = Event()
    rig.server.say("/page", Reply(b"slow", hold=held), Reply(b"quick"))

    async def story(transport: FastTransport) -> None:
        async def body() -> bytes:
            response = await transport.handle_async_request(rig.request(HOST))
            return b"".join([chunk async for chunk in response.aiter_raw()])

        slow = asyncio.create_task(body())
        while not rig.server.asked:  # noqa: ASYNC110 (another thread's)
            await asyncio.sleep(0.002)
        rig.now += REBUILD_S
        await transport.handle_async_request(rig.request(OTHER))
        assert await body() == b"quick"
        held.set()
        assert await slow == b"slow"

    rig.run(story)


def test_a_body_that_is_cut_off_late_is_an_error(rig: Rig) -> None:
    rig.server.say("/page", Reply(b"x" * 900_000, cut_after=800_000))

    async def story(transport: FastTransport) -> None:
        response = await transport.handle_async_request(rig.request(HOST))
        with pytest.raises(httpx.ReadError):
            async for _ in response.aiter_raw():
                pass
        await response.aclose()

    rig.run(story)


def test_many_names_at_once_do_not_wait_for_long(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        await (await transport.handle_async_request(rig.request(HOST))).aclose()
        for number in range(REBUILD_AFTER - 1):
            await transport.handle_async_request(rig.request(f"v{number}.acme.test", ("127.0.0.9",)))
            assert len(transport._pinned) == 1
        await transport.handle_async_request(rig.request("last.acme.test", ("127.0.0.9",)))
        assert len(transport._pinned) == 1 + REBUILD_AFTER

    rig.run(story)


def test_names_are_kept_within_bounds(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        await (await transport.handle_async_request(rig.request(HOST))).aclose()
        transport._addresses |= {f"v{number}.acme.test": HERE for number in range(MAX_NAMES)}
        rig.now += REBUILD_S
        await transport.handle_async_request(rig.request(HOST, ("127.0.0.9",)))
        assert len(transport._pinned) <= MAX_NAMES

    rig.run(story)
