"""What is asked for and what an answer means: headers, statuses, redirects, deadlines, hosts that are slow or busy."""

from __future__ import annotations

import asyncio
from threading import Event

import pytest

from bot.monitor.fetch import Fetcher, user_agent
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure, Hints, NotModified
from tests.fakes import Clock
from tests.monitor.facts import NOON
from tests.monitor.fetch.asking import FAST, HOST, PAGE, Names, failed, get
from tests.servers import PageServer, Reply


def test_what_answers_to_post_alone_is_asked_with_post(server: PageServer) -> None:
    server.say("/api/acme", Reply(b'{"a": 1}', etag=True))
    server.say("/moved/acme", Reply(status=302, headers={"Location": "/page"}))
    server.say("/page", Reply(b'{"b": 2}'))
    posts = [(server.url("/api/", HOST), b'{"c":3}'), (server.url("/moved/", HOST), b"{}")]
    first, elsewhere = get(server.url("/api/acme", HOST), server.url("/moved/acme", HOST), posts=posts)
    assert isinstance(first, Fetched)
    (again,) = get(server.url("/api/acme", HOST), validator=first.validator, posts=posts)
    assert isinstance(again, NotModified)
    assert isinstance(elsewhere, Fetched)
    sent = {(asked.path, asked.sent, asked.headers.get("content-type")) for asked in server.asked}
    assert sent == {
        ("/api/acme", b'{"c":3}', "application/json"),
        ("/moved/acme", b"{}", "application/json"),
        ("/page", None, None),
    }
    assert not any("if-none-match" in asked.headers for asked in server.asked)


def test_it_says_who_it_is_and_asks_the_host_by_name(server: PageServer) -> None:
    get(server.url(PAGE, HOST))
    headers = server.asked[0].headers
    assert headers["host"] == f"{HOST}:{server.port}"
    assert headers["user-agent"].startswith("Lookout")
    assert headers["user-agent"].endswith("(+ops@example.com)")
    assert "application/json" in headers["accept"]
    assert "cookie" not in headers


def test_a_contact_cannot_add_headers() -> None:
    assert "\n" not in user_agent("me@example.com\r\nX-Evil: 1")


@pytest.mark.parametrize(
    ("headers", "hints"),
    [
        ({"Retry-After": "120"}, Hints(retry_after_s=120)),
        ({"Retry-After": "Mon, 02 Mar 2026 12:05:00 GMT"}, Hints(retry_after_s=300)),
        ({"Retry-After": "Mon, 02 Mar 2026 11:00:00 GMT"}, Hints(retry_after_s=0)),
        ({"Retry-After": "9" * 5000}, Hints()),
        ({"Retry-After": "soon"}, Hints()),
        ({"Cache-Control": "public, max-age=10, s-maxage=20"}, Hints(max_age_s=10)),
        ({"Cache-Control": "s-maxage=20"}, Hints()),
    ],
)
def test_hints_are_read_whatever_the_status(server: PageServer, headers: dict[str, str], hints: Hints) -> None:
    server.say(PAGE, Reply(b"{}", status=429, headers=headers), Reply(b"{}", headers=headers))
    refused, taken = get(server.url(PAGE, HOST)), get(server.url(PAGE, HOST))
    assert failed(refused[0]).hints == hints
    assert isinstance(taken[0], Fetched)
    assert taken[0].hints == hints


def test_a_refusal_is_told_in_known_words_alone(server: PageServer) -> None:
    server.say("/odd", Reply(status=599, phrase="<@everyone> " * 900))
    server.say("/gone", Reply(status=404, phrase="Nope"))
    odd, gone = get(server.url("/odd", HOST), server.url("/gone", HOST))
    assert failed(odd).reason == f"{HOST} answers 599."
    assert failed(gone).reason == f"{HOST} answers 404 Not Found."


@pytest.mark.parametrize(
    ("status", "words"), [(404, "404 Not Found"), (503, "503"), (420, "less often"), (429, "less often")]
)
def test_a_status_is_told_in_one_sentence(server: PageServer, status: int, words: str) -> None:
    server.say(PAGE, Reply(b"no", status=status))
    answer = failed(get(server.url(PAGE, HOST))[0])
    assert (answer.kind, answer.status, answer.absent) == (FetchFailure.HTTP_STATUS, status, status == 404)
    assert HOST in answer.reason
    assert words in answer.reason


def test_redirects_are_followed_by_hand(server: PageServer) -> None:
    server.say("/old", Reply(status=301, headers={"Location": "new?x=1"}))
    server.say("/new?x=1", Reply(b"here"))
    (answer,) = get(server.url("/old", HOST))
    assert isinstance(answer, Fetched)
    assert (answer.content, answer.url) == (b"here", server.url("/new?x=1", HOST))


def test_a_circle_of_redirects_ends(server: PageServer) -> None:
    server.say("/a", Reply(status=302, headers={"Location": "/a"}))
    assert failed(get(server.url("/a", HOST))[0]).kind is FetchFailure.REDIRECT
    assert server.count("/a") == 6


def test_a_slow_server_is_left_at_the_deadline(server: PageServer) -> None:
    server.say(PAGE, Reply(b"{}", hold=Event()))
    answer = failed(get(server.url(PAGE, HOST), deadline_s=0.2)[0])
    assert (answer.kind, answer.reason) == (FetchFailure.TIMEOUT, f"{HOST} did not answer within 0.2 seconds.")


def test_waiting_for_a_turn_does_not_count_against_the_deadline(server: PageServer) -> None:
    server.say("/slow", Reply(b"{}", hold=Event()))
    server.say(PAGE, Reply(b"{}"))
    slow = [server.url("/slow", HOST)] * 2
    *held, last = get(*slow, server.url(PAGE, HOST), deadline_s=0.3)
    assert [failed(answer).kind for answer in held] == [FetchFailure.TIMEOUT] * 2
    assert isinstance(last, Fetched)


def test_a_host_that_wants_to_be_left_alone_is_for_all_its_pages(server: PageServer) -> None:
    clock = Clock(NOON)
    names = Names(status_acme_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]])
    server.say("/a", Reply(status=429, headers={"Retry-After": "100"}))
    server.say("/b", Reply(b"{}"), Reply(status=420), Reply(b"{}"))

    async def ask() -> None:
        fetcher = Fetcher(clock, allow_hosts=(HOST, "other.test"), resolve=names, fast=FAST.get())

        async def answer(path: str, host: str = HOST) -> Answer:
            return await fetcher.get(server.url(path, host), "house", None)

        assert failed(await answer("/a")).status == 429
        quiet = failed(await answer("/b"))
        assert (quiet.status, quiet.hints) == (429, Hints(retry_after_s=100))
        assert isinstance(await answer("/b", "other.test"), Fetched)
        clock.turn(seconds=100)
        assert failed(await answer("/b")).status == 420
        clock.turn(seconds=59)
        assert server.count("/b") == 2
        assert "for another 1 seconds" in failed(await answer("/b")).reason
        clock.turn(seconds=1)
        assert isinstance(await answer("/b"), Fetched)
        await fetcher.aclose()

    asyncio.run(ask())


def test_a_page_that_is_not_there_says_nothing_about_its_host(server: PageServer) -> None:
    server.say("/b", Reply(b"{}"))
    assert [type(answer) for answer in get(server.url("/a", HOST), server.url("/b", HOST))] == [FetchFailed, Fetched]


def test_a_slow_host_holds_up_itself_alone(server: PageServer) -> None:
    """One request at a time: the other host is read while the first one does not answer."""
    held = Event()
    server.say("/slow", Reply(b"{}", hold=held))
    server.say(PAGE, Reply(b"{}"))
    names = Names(slow_test=[["127.0.0.1"]], quick_test=[["127.0.0.1"]])

    async def story() -> None:
        fetcher = Fetcher(
            lambda: NOON,
            concurrency=1,
            allow_hosts=["slow.test", "quick.test"],
            resolve=names,
            slow_s=0.05,
            fast=FAST.get(),
        )
        try:
            for _ in range(2):
                held.clear()
                slow = asyncio.create_task(fetcher.get(server.url("/slow", "slow.test"), "house", None))
                assert isinstance(await fetcher.get(server.url(PAGE, "quick.test"), "house", None), Fetched)
                assert not slow.done()
                held.set()
                assert isinstance(await slow, Fetched)
        finally:
            await fetcher.aclose()

    asyncio.run(story())


def test_who_is_cancelled_while_it_waits_gives_its_groups_place_back(server: PageServer) -> None:
    held = Event()
    server.say("/slow", Reply(b"{}", hold=held))
    server.say(PAGE, Reply(b"{}"))
    names = Names(slow_test=[["127.0.0.1"]], quick_test=[["127.0.0.1"]])

    async def story() -> None:
        fetcher = Fetcher(
            lambda: NOON, concurrency=1, per_group=1, allow_hosts=["slow.test", "quick.test"], resolve=names
        )
        try:
            first = asyncio.create_task(fetcher.get(server.url("/slow", "slow.test"), "one", None))
            waiting = asyncio.create_task(fetcher.get(server.url(PAGE, "quick.test"), "two", None))
            for _ in range(20):
                await asyncio.sleep(0)
            waiting.cancel()
            held.set()
            assert isinstance(await first, Fetched)
            async with asyncio.timeout(5):
                assert isinstance(await fetcher.get(server.url(PAGE, "quick.test"), "two", None), Fetched)
        finally:
            await fetcher.aclose()

    asyncio.run(story())
