"""Which requests go the fast way, against a real server; that they are answered alike is in ``tests.monitor.fetch``."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event

import httpx
import pytest
import trustme

from bot.monitor.fast_transport import AVOID_S, BUILD_S, NAMES_A_CLIENT, FastResponse, FastTransport
from tests.servers import PageServer, Reply

HOST = "status.acme.test"
OTHER = "status.other.test"
HERE = "127.0.0.1"
MANY = [f"v{number}.acme.test" for number in range(1, 3 * NAMES_A_CLIENT)]


@dataclass
class Rig:
    server: PageServer
    tls: ssl.SSLContext
    plain: list[str] = field(default_factory=list)
    """The names that were to be asked the plain way."""
    now: float = 1000.0

    def run(self, story: Callable[[FastTransport], Awaitable[None]], **limits: int) -> None:
        async def told() -> None:
            transport = FastTransport(self.tls, 5.0, lambda: self.now, **limits)
            try:
                await story(transport)
            finally:
                await transport.aclose()

        asyncio.run(told())

    async def ask(
        self, transport: FastTransport, name: str, checked: Sequence[str] = (HERE,), method: str = "GET"
    ) -> FastResponse | None:
        url = self.server.url("/page", f"[{name}]" if ":" in name else name)
        content = b'{"a":1}' if method == "POST" else None
        response = await transport.ask(method, name, url, {"X-Own": "1"}, content, checked)
        if response is None:
            self.plain.append(name)
        return response

    async def ask_all(self, transport: FastTransport, names: Sequence[str]) -> list[str]:
        """Those that were to be asked the plain way."""
        before = len(self.plain)
        for name in names:
            if response := await self.ask(transport, name):
                await response.aclose()
        return self.plain[before:]


async def whole(response: FastResponse | None) -> bytes:
    assert response is not None
    try:
        return b"".join([chunk async for chunk in response.aiter_raw()])
    finally:
        await response.aclose()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def rig(authority: trustme.CA) -> Iterator[Rig]:
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(HOST, "*.acme.test").configure_cert(serving)
    authority.configure_trust(trusting)
    with PageServer(serving) as server:
        server.say("/page", Reply(b"hello", headers={"ETag": '"2"'}))
        yield Rig(server, trusting)


def test_the_name_is_verified_and_asked_for_at_the_address_that_was_checked(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        response = await rig.ask(transport, HOST, method="POST")
        assert response is not None
        assert (response.status_code, response.headers["etag"]) == (200, '"2"')
        assert await whole(response) == b"hello"

    rig.run(story)
    (asked,) = rig.server.asked
    assert (asked.headers["host"], asked.headers["x-own"]) == (f"{HOST}:{rig.server.port}", "1")
    assert asked.sent == b'{"a":1}'
    assert rig.plain == []


def test_names_that_came_up_later_and_addresses_that_changed_wait_for_the_next_client(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        async def asks_plain(*checked: str, name: str = HOST) -> bool:
            before = len(rig.plain)
            if response := await rig.ask(transport, name, checked):
                await response.aclose()
            return len(rig.plain) > before

        assert not await asks_plain(HERE)
        assert await asks_plain("127.0.0.9"), "what is pinned is no address of this look-up"
        assert not await asks_plain("127.0.0.9", HERE), "it still is one of those"
        rig.now += BUILD_S
        assert not await asks_plain("127.0.0.9", HERE)
        assert await asks_plain(HERE, name=OTHER), "no certificate for it"
        assert not await asks_plain(HERE), "others are not forgotten for it"

    rig.run(story)


def test_a_name_that_cannot_be_served_goes_the_plain_way_for_an_hour(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        for plain, at in ((1, 0.0), (2, AVOID_S - 1), (3, AVOID_S)):
            rig.now = 1000.0 + at
            await rig.ask(transport, OTHER)
            assert rig.plain == [OTHER] * plain

    rig.run(story)
    assert rig.server.asked == []


@pytest.mark.parametrize(
    "name", ["2130706433", "127.1", "0x7f.0.0.0x1", HERE, "::1", "localhost", f"{HOST}.", "a.0x7f"]
)
def test_what_may_be_read_as_an_address_never_goes_fast(rig: Rig, name: str) -> None:
    async def story(transport: FastTransport) -> None:
        await rig.ask(transport, name)

    rig.run(story)
    assert rig.plain == [name]


def test_an_answer_whose_headers_are_not_ascii_comes_the_plain_way(rig: Rig) -> None:
    rig.server.say("/page", Reply(b"hello", headers={"ETag": "caf\u00e9"}))

    async def story(transport: FastTransport) -> None:
        assert await rig.ask(transport, HOST) is None

    rig.run(story)
    assert rig.plain == [HOST]


def test_what_was_not_checked_never_goes_fast(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        await rig.ask(transport, HOST, ())

    rig.run(story)
    assert rig.plain == [HOST]


def test_a_new_client_leaves_what_is_under_way_alone(rig: Rig) -> None:
    held = Event()
    rig.server.say("/page", Reply(b"slow", hold=held), Reply(b"quick"))

    async def story(transport: FastTransport) -> None:
        async def body() -> bytes:
            return await whole(await rig.ask(transport, HOST))

        slow = asyncio.create_task(body())
        while not rig.server.asked:  # noqa: ASYNC110 (another thread's)
            await asyncio.sleep(0.002)
        rig.now += BUILD_S
        await rig.ask(transport, OTHER)
        assert await body() == b"quick"
        held.set()
        assert await slow == b"slow"

    rig.run(story)


def test_a_body_that_is_cut_off_late_is_an_error_and_comes_the_plain_way_the_next_time(rig: Rig) -> None:
    rig.server.say("/page", Reply(b"x" * 900_000, cut_after=800_000))

    async def story(transport: FastTransport) -> None:
        with pytest.raises(httpx.ReadError):
            await whole(await rig.ask(transport, HOST))
        assert await rig.ask(transport, HOST) is None

    rig.run(story)


def test_a_name_whose_time_was_over_goes_the_plain_way_the_next_time(rig: Rig) -> None:
    rig.server.say("/page", Reply(b"slow", hold=Event()))

    async def story(transport: FastTransport) -> None:
        asking = asyncio.create_task(rig.ask(transport, HOST))
        while not rig.server.asked:  # noqa: ASYNC110 (another thread's)
            await asyncio.sleep(0.002)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
        assert await rig.ask(transport, HOST) is None

    rig.run(story)


def test_an_address_with_a_zone_goes_the_plain_way_and_takes_no_other_name_with_it(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        assert await rig.ask(transport, HOST, ("fe80::1%eth0",)) is None
        assert await whole(await rig.ask(transport, HOST, ("fe80::1%eth0", HERE))) == b"hello"

    rig.run(story)


def test_many_names_at_once_do_not_wait_for_long(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        assert await rig.ask_all(transport, [HOST]) == []
        assert await rig.ask_all(transport, MANY[:NAMES_A_CLIENT]) == MANY[: NAMES_A_CLIENT - 1]
        assert await rig.ask_all(transport, [HOST, *MANY[:NAMES_A_CLIENT]]) == []

    rig.run(story)


def test_a_page_that_is_read_again_goes_on_with_its_tls_session(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        for _ in range(3):
            await rig.ask_all(transport, MANY)
        rig.now += BUILD_S
        for _ in range(2):
            await rig.ask_all(transport, MANY)
        rig.server.asked.clear()
        assert await rig.ask_all(transport, MANY) == []

    rig.run(story)
    assert [asked.headers["host"] for asked in rig.server.asked if not asked.resumed] == []
    assert len(rig.server.asked) == len(MANY) > 2 * NAMES_A_CLIENT


def test_names_that_come_up_one_by_one_share_a_client(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        for name in MANY[:NAMES_A_CLIENT]:
            rig.now += BUILD_S
            assert await rig.ask_all(transport, [name]) == []
        assert len(set(transport._pinned.values())) == 1
        rig.now += BUILD_S
        assert await rig.ask_all(transport, [MANY[-1], *MANY[:NAMES_A_CLIENT]]) == []
        assert len(set(transport._pinned.values())) == 2

    rig.run(story)


def test_names_whose_addresses_change_again_and_again_share_few_clients(rig: Rig) -> None:
    some, names = random.Random(1), [f"v{number}.acme.test" for number in range(10 * NAMES_A_CLIENT)]
    address = dict.fromkeys(names, HERE)

    async def story(transport: FastTransport) -> None:
        asked = names
        for _ in range(50):
            for name in asked:
                if response := await rig.ask(transport, name, [address[name]]):
                    await response.aclose()
            clients = set(transport._pinned.values())
            assert len(clients) <= 2 * len(names) / NAMES_A_CLIENT + 2
            assert sorted(name for one in clients for name in one.addresses) == sorted(transport._pinned)
            assert all(name in one.addresses for name, one in transport._pinned.items())
            rig.now += AVOID_S
            asked = some.sample(names, NAMES_A_CLIENT)
            address.update({name: "::1" if address[name] == HERE else HERE for name in asked})

    rig.run(story)


def test_names_beyond_what_clients_may_hold_share_them(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        await rig.ask_all(transport, MANY)
        rig.now += BUILD_S
        await rig.ask_all(transport, MANY)
        assert await rig.ask_all(transport, MANY) == []
        assert len(set(transport._pinned.values())) <= 2

    rig.run(story, max_clients=2)


def test_the_name_asked_longest_ago_is_forgotten_beyond_the_most(rig: Rig) -> None:
    async def story(transport: FastTransport) -> None:
        for name in MANY[:4]:
            rig.now += BUILD_S
            await rig.ask_all(transport, [name])
        assert await rig.ask_all(transport, [*MANY[1:4], MANY[0]]) == [MANY[0]]

    rig.run(story, max_names=3)
