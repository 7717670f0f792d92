"""Bodies: packed or not, whole or not, and how long they may be."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from bot.monitor.fetch import MAX_GZIP_MEMBERS, Fetcher
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure
from tests.monitor.facts import NOON
from tests.monitor.fetch.asking import FAST, HOST, LOOPBACK, PAGE, failed, get
from tests.servers import PageServer, Reply


def test_a_gzip_bomb_is_refused_before_it_unpacks(server: PageServer) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    server.say(PAGE, Reply(bomb, headers={"Content-Encoding": "gzip"}))
    answer = failed(get(server.url(PAGE, HOST))[0])
    assert (answer.kind, answer.reason) == (FetchFailure.TOO_LARGE, f"{HOST} sends more than 0.1 MB.")


def test_a_body_of_exactly_the_limit_is_taken_and_one_more_byte_is_not(server: PageServer) -> None:
    server.say(PAGE, Reply(bytes(1000), zipped=True), Reply(bytes(1001), zipped=True), Reply(bytes(1001)))
    url = server.url(PAGE, HOST)
    answers = [get(url, max_bytes=1000)[0] for _ in range(3)]
    assert [type(answer) for answer in answers] == [Fetched, FetchFailed, FetchFailed]


def test_a_page_of_unknown_kind_is_read_up_to_a_limit_of_its_own(server: PageServer) -> None:
    server.say(PAGE, Reply(b"x" * 1000))

    async def ask(group: str) -> Answer:
        fetcher = Fetcher(
            lambda: NOON, group_max_bytes={"detection": 999}, allow_hosts=[HOST], resolve=LOOPBACK, fast=FAST.get()
        )
        try:
            return await fetcher.get(server.url(PAGE, HOST), group, None)
        finally:
            await fetcher.aclose()

    assert isinstance(asyncio.run(ask("house")), Fetched)
    assert getattr(asyncio.run(ask("detection")), "kind", None) is FetchFailure.TOO_LARGE


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"x" * 100, cut_after=10),
        Reply(b"x" * 5000, zipped=True, cut_after=15),
        Reply(gzip.compress(b"x" * 5000)[:15], headers={"Content-Encoding": "gzip"}),
        Reply(gzip.compress(b"x" * 5000) + gzip.compress(b"y" * 5000)[:15], headers={"Content-Encoding": "gzip"}),
        Reply(gzip.compress(b"") * (MAX_GZIP_MEMBERS + 1), headers={"Content-Encoding": "gzip"}),
        Reply(b"??", headers={"Content-Encoding": "br"}),
        Reply(b"??", headers={"Content-Encoding": "gzip, Zstd"}),
    ],
)
def test_a_body_that_is_not_whole_is_no_body(server: PageServer, reply: Reply) -> None:
    server.say(PAGE, reply)
    assert failed(get(server.url(PAGE, HOST))[0]).kind is FetchFailure.PROTOCOL


@pytest.mark.parametrize(
    "encoding", ["UTF-8", "none", "text/xml; charset=utf-8", "gzip", "gzip, gzip", "", "aws-chunked"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_body_tells_how_it_is_packed_whatever_the_header_says(
    server: PageServer, encoding: str, *, packed: bool
) -> None:
    body = b'{"plain": "enough"}'
    server.say(PAGE, Reply(gzip.compress(body) if packed else body, headers={"Content-Encoding": encoding}))
    (answer,) = get(server.url(PAGE, HOST))
    assert isinstance(answer, Fetched)
    assert answer.content == body


@pytest.mark.parametrize("padding", [b"", b"\x00", b"\x00" * 700, b"\x1f"])
def test_gzip_of_several_members_is_one_body(server: PageServer, padding: bytes) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two") + padding
    server.say(PAGE, Reply(packed, headers={"Content-Encoding": "gzip"}))
    (answer,) = get(server.url(PAGE, HOST))
    assert isinstance(answer, Fetched)
    assert answer.content == b"one two"


def test_several_members_unpack_to_no_more_than_one_may(server: PageServer) -> None:
    server.say(PAGE, Reply(gzip.compress(bytes(60_000)) * 2, headers={"Content-Encoding": "gzip"}))
    assert failed(get(server.url(PAGE, HOST))[0]).kind is FetchFailure.TOO_LARGE


def test_a_body_that_a_proxy_had_its_hands_on_is_read(server: PageServer) -> None:
    server.say(PAGE, Reply(b"{}", status=203))
    assert isinstance(get(server.url(PAGE, HOST))[0], Fetched)
