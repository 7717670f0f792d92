"""What is kept of answers: for whom, how long, and how much."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from bot.domain import Level, Slug
from bot.store import Store
from bot.store.values import PollOutcome
from bot.threads import Threads
from bot.web import kept
from bot.web.kept import KeptAnswers, Made, packed
from tests.databases import sqlite
from tests.store.given import Route, at, catalog, reading

ACME = Slug("acme")
LONG = b"All systems operational. " * 100


class Kitchen:
    """Makes answers, and remembers for whom."""

    def __init__(self, store: Store, max_bytes: int = kept.MAX_BYTES) -> None:
        self.now_s = 100.0
        self.made: list[str] = []
        self.threads = Threads(2)
        self.kept = KeptAnswers(store, self.threads, self.threads, lambda: self.now_s, max_bytes)

    async def ask_until(self, wanted: bytes) -> list[bytes]:
        """The other answers that are given before, each once."""
        answers: list[bytes] = []
        async with asyncio.timeout(10):
            while (answer := await self.ask()) != wanted:
                answers.append(answer)
                await asyncio.sleep(0)
        return list(dict.fromkeys(answers))

    async def rest(self) -> None:
        """Until nothing is being made."""
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)

    async def ask(self, key: str = "acme", pages: tuple[Slug, ...] = (ACME,), levels: tuple[Slug, ...] = ()) -> bytes:
        def make() -> Made:
            self.made.append(key)
            return Made("text/plain", f"{key} {len(self.made)}".encode(), pages, levels)

        return (await self.kept.answer((key,), make)).body


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(sqlite(tmp_path))
    catalog(opened)
    yield opened
    opened.close()


@pytest.fixture
def kitchen(store: Store) -> Iterator[Kitchen]:
    made = Kitchen(store)
    yield made
    made.threads.close()


def request(**headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": named})


def test_news_of_its_page_ends_an_answer(store: Store, kitchen: Kitchen) -> None:
    async def told() -> list[bytes]:
        answers = [await kitchen.ask()]
        kitchen.now_s += 10
        answers.append(await kitchen.ask())
        store.records.record(reading(level=Level.DEGRADED), Route())
        answers.append(await kitchen.ask())
        kitchen.now_s += 2 * kept.LOOK_S
        return [*answers, await kitchen.ask()]

    assert asyncio.run(told()) == [b"acme 1", b"acme 1", b"acme 1", b"acme 2"]


def test_a_reading_without_news_ends_none(store: Store, kitchen: Kitchen) -> None:
    async def told() -> list[bytes]:
        store.records.record(reading(), Route())
        answers = [await kitchen.ask()]
        store.pages.settle([PollOutcome(ACME, at(5), 60, read_at=at(5))])
        kitchen.now_s += 2 * kept.LOOK_S
        return [*answers, await kitchen.ask()]

    assert asyncio.run(told()) == [b"acme 1", b"acme 1"]


def test_who_asks_meanwhile_is_given_what_was_good_a_second_ago(store: Store, kitchen: Kitchen) -> None:
    async def told() -> list[bytes]:
        await kitchen.ask()
        store.records.record(reading(level=Level.DEGRADED), Route())
        kitchen.now_s += kept.LOOK_S
        return await kitchen.ask_until(b"acme 2")

    assert asyncio.run(told()) == [b"acme 1"]


def test_what_grows_old_is_given_while_it_is_made_anew(kitchen: Kitchen) -> None:
    async def told() -> list[bytes]:
        await kitchen.ask()
        kitchen.now_s += kept.RENEW_S[1]
        return await kitchen.ask_until(b"acme 2")

    assert asyncio.run(told()) == [b"acme 1"]


def test_what_was_made_at_once_is_not_made_anew_at_once(kitchen: Kitchen) -> None:
    async def anew(after_s: float) -> int:
        kitchen.kept.clear()
        names = [f"page {number}" for number in range(100)]
        for name in names:
            await kitchen.ask(name)
        kitchen.now_s += after_s
        kitchen.made.clear()
        for name in names:
            await kitchen.ask(name)
            await kitchen.rest()
        return len(kitchen.made)

    async def each() -> list[int]:
        return [await anew(after_s) for after_s in (14, 30, 46)]

    none, some, all_ = asyncio.run(each())
    assert (none, all_) == (0, 100)
    assert 25 < some < 75


def test_few_are_made_anew_ahead_of_what_somebody_waits_for(kitchen: Kitchen) -> None:
    async def told() -> list[str]:
        names = [f"page {number}" for number in range(20)]
        for name in names:
            await kitchen.ask(name)
        kitchen.now_s += kept.RENEW_S[1]
        kitchen.made.clear()
        await asyncio.gather(*map(kitchen.ask, names), kitchen.ask("new"))
        return kitchen.made

    made = asyncio.run(told())
    assert made.index("new") <= kept.MAX_RENEWED


def test_of_others_only_their_level_ends_it(store: Store, kitchen: Kitchen) -> None:
    async def told() -> list[bytes]:
        answers = []
        for level in (Level.OPERATIONAL, Level.OPERATIONAL, Level.DEGRADED):
            store.records.record(reading(level=level), Route())
            kitchen.now_s += 2 * kept.LOOK_S
            answers.append(await kitchen.ask("other", (Slug("other"),), (ACME,)))
        return answers

    assert asyncio.run(told()) == [b"other 1", b"other 1", b"other 2"]


def test_it_ends_after_a_minute_and_sooner_where_nobody_can_tell(kitchen: Kitchen) -> None:
    async def told(pages: tuple[Slug, ...], after_s: float) -> bool:
        kitchen.kept.clear()
        first = await kitchen.ask("x", pages)
        kitchen.now_s += after_s
        return await kitchen.ask("x", pages) == first

    async def each() -> list[bool]:
        return [await told((ACME,), 59), await told((ACME,), 61), await told((), 4), await told((), 6)]

    assert asyncio.run(each()) == [True, False, True, False]


def test_many_who_ask_at_once_are_given_one(kitchen: Kitchen) -> None:
    async def asked() -> set[bytes]:
        return set(await asyncio.gather(*(kitchen.ask() for _ in range(50))))

    assert asyncio.run(asked()) == {b"acme 1"}


def test_a_mistake_is_told_to_all_who_wait_and_is_not_kept(kitchen: Kitchen) -> None:
    tries: list[int] = []

    def fail() -> Made:
        tries.append(1)
        raise ValueError("no")

    async def asked() -> list[object]:
        waiting = (kitchen.kept.answer(("x",), fail) for _ in range(3))
        return [*await asyncio.gather(*waiting, return_exceptions=True), await kitchen.ask("x")]

    *failed, last = asyncio.run(asked())
    assert [str(error) for error in failed] == ["no"] * 3
    assert (tries, last) == ([1], b"x 1")


def test_what_was_being_made_when_something_changed_is_not_kept(kitchen: Kitchen) -> None:
    def make() -> Made:
        kitchen.kept.clear()
        return Made("text/plain", b"before", (ACME,))

    async def asked() -> list[bytes]:
        return [(await kitchen.kept.answer(("x",), make)).body, await kitchen.ask("x")]

    assert asyncio.run(asked()) == [b"before", b"x 1"]


def test_what_is_kept_is_given_while_the_database_is_away(store: Store, kitchen: Kitchen, tmp_path: Path) -> None:
    async def told() -> list[bytes]:
        first = await kitchen.ask()
        store.close()
        (tmp_path / "lookout.db").rename(tmp_path / "gone.db")
        (tmp_path / "lookout.db").mkdir()
        kitchen.now_s += 30
        return [first, await kitchen.ask()]

    assert asyncio.run(told()) == [b"acme 1", b"acme 1"]


@pytest.mark.parametrize("body", [b"short", LONG], ids=["short", "long"])
def test_each_client_gets_it_as_it_can_read_it(body: bytes) -> None:
    answer = packed("text/plain", body)

    def sent(response: Response) -> bytes:
        coding = response.headers.get("content-encoding")
        return gzip.decompress(bytes(response.body)) if coding == "gzip" else bytes(response.body)

    plain = answer.response(request(), {})
    zipped = answer.response(request(accept_encoding="br, gzip"), {"vary": "Authorization"})
    assert sent(plain) == sent(zipped) == body
    assert "content-encoding" not in plain.headers
    assert ("content-encoding" in zipped.headers) == (len(answer.body) < len(body))
    assert zipped.headers["vary"] == "Authorization, Accept-Encoding"
    for first in (plain, zipped):
        again = answer.response(request(if_none_match=first.headers["etag"]), {})
        assert (again.status_code, again.body) == (304, b"")


def test_it_takes_no_more_memory_than_it_may(store: Store) -> None:
    kitchen = Kitchen(store, 10 * (kept.ANSWER_BYTES + 10))

    async def asked(count: int) -> None:
        for number in range(count):
            await kitchen.ask(str(number))

    asyncio.run(asked(30))
    kitchen.made.clear()
    asyncio.run(asked(30))
    assert len(kitchen.made) == 30
    kitchen.threads.close()


def test_an_answer_that_is_too_large_is_given_and_not_kept(store: Store) -> None:
    kitchen = Kitchen(store, kept.ANSWER_BYTES)
    assert [asyncio.run(kitchen.ask()) for _ in range(2)] == [b"acme 1", b"acme 2"]
    kitchen.threads.close()
