"""Requests that are conditional on a validator, and how far a 304 is believed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.monitor.fetch import Fetcher
from bot.monitor.responses import Fetched, NotModified
from bot.monitor.trust import DISTRUSTED_FOR, conditional_headers, renewed
from bot.store.values import Validator
from tests.fakes import Clock
from tests.monitor.facts import NOON
from tests.monitor.fetch.asking import FAST, HOST, LOOPBACK, PAGE, failed, get
from tests.servers import PageServer, Reply


def test_a_body_comes_with_what_makes_the_next_request_conditional(server: PageServer) -> None:
    server.say(PAGE, Reply(b'{"a": 1}', etag=True, zipped=True, content_type="Application/JSON; charset=utf-8"))
    (first,) = get(server.url(PAGE, HOST))
    assert isinstance(first, Fetched)
    assert (first.content, first.content_type, first.url) == (
        b'{"a": 1}',
        "application/json",
        server.url(PAGE, HOST),
    )
    (second,) = get(server.url(PAGE, HOST), validator=first.validator)
    assert isinstance(second, NotModified)
    assert second.validator == first.validator
    assert server.asked[1].headers["if-none-match"] == first.validator.etag


def test_last_modified_is_given_back(server: PageServer) -> None:
    stamp = "Mon, 02 Mar 2026 11:00:00 GMT"
    server.say(PAGE, Reply(b"{}", headers={"Last-Modified": stamp}))
    (first,) = get(server.url(PAGE, HOST))
    assert isinstance(first, Fetched)
    get(server.url(PAGE, HOST), validator=first.validator)
    assert server.asked[1].headers["if-modified-since"] == stamp


def test_the_same_body_without_an_etag_is_not_modified(server: PageServer) -> None:
    server.say(PAGE, Reply(b"one"), Reply(b"one"), Reply(b"two"))
    (first,) = get(server.url(PAGE, HOST))
    assert isinstance(first, Fetched)
    assert isinstance(get(server.url(PAGE, HOST), validator=first.validator)[0], NotModified)
    assert isinstance(get(server.url(PAGE, HOST), validator=first.validator)[0], Fetched)


def test_a_304_that_nobody_asked_for_is_a_failure(server: PageServer) -> None:
    server.say(PAGE, Reply(status=304))
    assert failed(get(server.url(PAGE, HOST))[0]).status == 304


STAMP = {"Last-Modified": "Mon, 02 Mar 2026 11:00:00 GMT"}


@pytest.mark.parametrize("frozen", [{"ETag": '"v1"'}, STAMP, {"ETag": '"v1"', **STAMP}])
def test_a_validator_that_never_changes_hides_news_for_an_hour_at_most(
    server: PageServer, frozen: dict[str, str]
) -> None:
    """The server says 304 whenever it is asked with a validator, though the page has changed."""

    clock = Clock(NOON)
    url = server.url(PAGE, HOST)

    async def live() -> list[tuple[str, bool]]:
        fetcher = Fetcher(clock, allow_hosts=(HOST,), resolve=LOOPBACK, fast=FAST.get())
        told, validator = [], None
        for hours, reply in [
            (0, Reply(b"quiet", headers=frozen)),
            (0.5, Reply(status=304)),
            (1, Reply(b"outage", headers=frozen)),
            (1.5, Reply(b"outage", headers=frozen)),
            (24.5, Reply(b"over", headers=frozen)),
            (48.9, Reply(b"over", headers=frozen)),
            (49.5, Reply(status=304)),
        ]:
            clock.now = NOON + timedelta(hours=hours)
            server.say(PAGE, reply)
            answer = await fetcher.get(url, "house", validator)
            assert isinstance(answer, Fetched | NotModified)
            validator = answer.validator
            conditional = server.asked[-1].headers.keys() & {"if-none-match", "if-modified-since"}
            told.append((type(answer).__name__, bool(conditional)))
        await fetcher.aclose()
        return told

    assert asyncio.run(live()) == [
        ("Fetched", False),
        ("NotModified", True),
        ("Fetched", False),
        ("NotModified", False),
        ("Fetched", False),
        ("NotModified", False),
        ("NotModified", True),
    ]


def test_a_page_that_changes_with_its_validator_is_trusted() -> None:
    known = renewed(None, Validator('"a"', None, "11"), NOON)
    changed = renewed(known, Validator('"b"', None, "22"), NOON)
    assert (known.distrusted_until, changed.distrusted_until) == (None, None)
    assert renewed(changed, Validator('"b"', None, "33"), NOON).distrusted_until == NOON + DISTRUSTED_FOR


def test_what_an_earlier_process_believed_is_asked_anew_within_an_hour_each_at_its_own_moment() -> None:
    known = Validator('"a"', None, "11", NOON - timedelta(minutes=1))
    ages = [timedelta(minutes=minutes) for minutes in range(61)]
    urls = [f"https://{number}.example/" for number in range(300)]
    asked = [sum(not conditional_headers(known, url, NOON + age, NOON) for url in urls) for age in ages]
    assert asked[0] == 0
    assert asked == sorted(asked)
    assert 90 < asked[30] < 210
    assert asked[60] == 300
