"""A change that one process records wakes another, over PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.app.wakeups import Wakeups
from bot.store import Store
from bot.store.database import Database
from bot.store.listener import Listener
from bot.store.signals import Signal, signal
from bot.threads import Threads
from tests.databases import Postgres
from tests.store.given import Route, at, catalog, incident, reading, subscribe

HEARING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


class Woken:
    """``calls``: what was heard, in order."""

    def __init__(self) -> None:
        self.calls: list[Signal] = []
        self._changed = asyncio.Event()

    def __call__(self, what: Signal) -> Callable[[], None]:
        def call() -> None:
            self.calls.append(what)
            self._changed.set()

        return call

    async def until(self, count: int) -> None:
        while len(self.calls) < count:
            self._changed.clear()
            await self._changed.wait()


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    with postgres.database() as one, capture_logs():
        yield one


@asynccontextmanager
async def hearing(store: Store) -> AsyncIterator[Woken]:
    woken, stop = Woken(), asyncio.Event()
    wakeups = Wakeups(store.listener(), Threads(1), {kind: woken(kind) for kind in Signal})
    running = asyncio.create_task(wakeups.run(stop))
    try:
        await woken.until(len(Signal))
        yield woken
    finally:
        stop.set()
        await running


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(60):
            await story()

    asyncio.run(within())


def test_news_wake_who_delivers_and_a_subscription_wakes_who_polls(url: str) -> None:
    writer, hearer = Store(url), Store(url)
    catalog(writer)

    async def story() -> None:
        async with hearing(hearer) as woken:
            assert woken.calls == list(Signal), "what came before it listened may wait"
            writer.pages.claim_due(at(0), 10, 600)
            subscribe(writer)
            await woken.until(4)
            assert sorted(woken.calls[2:]) == sorted(Signal)
            assert writer.records.record(reading(incident()), Route()) == 1
            await woken.until(5)
            assert woken.calls[4:] == [Signal.CARDS]

    run(story)
    writer.close()
    hearer.close()


def test_a_lost_connection_is_made_anew_and_what_was_missed_is_looked_for(url: str) -> None:
    writer, hearer = Store(url), Store(url)
    catalog(writer)

    async def story() -> None:
        async with hearing(hearer) as woken:
            with writer.engine.begin() as tx:
                tx.execute(text(f"SELECT pg_terminate_backend(pid) FROM ({HEARING}) AS hearing"))
            await woken.until(4)
            assert woken.calls[2:] == list(Signal)
            subscribe(writer)
            await woken.until(5)

    run(story)
    writer.close()
    hearer.close()


def test_nothing_is_heard_of_what_was_rolled_back(url: str) -> None:
    database, other = Database(url), Database(url)
    listener = Listener(other)
    assert listener.connect()

    def fails(tx: object) -> None:
        signal(tx, Signal.PAGES)  # type: ignore[arg-type]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write(fails)
    database.write(lambda tx: signal(tx, Signal.CARDS))
    heard: set[Signal] = set()
    while not heard:
        heard |= listener.take()
    assert heard == {Signal.CARDS}
    listener.close()
    database.close()
    other.close()


def test_on_sqlite_there_is_nobody_to_hear() -> None:
    assert not Listener(Database("sqlite://")).connect()
