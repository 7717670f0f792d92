"""PostgreSQL behind PgBouncer in transaction mode: each transaction may meet another of the server's processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store import Store
from bot.store.engines import MAX_IDLE_MS
from bot.store.values import ProcessIdentity, ProcessReport
from tests import databases
from tests.databases import NoServer, Postgres
from tests.store.given import NOON, OPS, Route, at, catalog, deliver, incident, reading, subscribe

IDLE = text("SELECT current_setting('idle_in_transaction_session_timeout')")


@pytest.fixture
def pooled(postgres: Postgres) -> Iterator[str]:
    """The URL of a database without tables. A socket's path has to be short."""
    with tempfile.TemporaryDirectory() as folder, postgres.empty() as url:
        try:
            with databases.pgbouncer(url, Path(folder)) as behind:
                yield behind
        except NoServer as error:
            pytest.skip(str(error))


def test_everything_works_behind_a_pooler(pooled: str) -> None:
    stores = [Store(pooled, ProcessIdentity(name, "here", 1, NOON)) for name in ("one", "two")]
    catalog(stores[0], *(f"v{number}" for number in range(9)))

    def work(number: int) -> int:
        store = stores[number % 2]
        for minute in range(20):
            store.pages.claim_due(at(minute), 2, 30)
            store.cards.next_wake(["list"], at(minute))
            assert store.processes.beat(ProcessReport(), at(minute)) == ()
        return store.pages.counts().total

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))) == [9] * 8
    for store in stores:
        store.close()


def test_nothing_of_a_session_stays_behind(pooled: str) -> None:
    store = Store(pooled)
    with store.engine.begin() as tx:
        assert tx.scalar(IDLE) == f"{MAX_IDLE_MS // 1000}s"
    with store.engine.execution_options(writes=False).begin() as tx:
        assert tx.scalar(IDLE) == "0"
    store.close()


def test_without_a_pooler_a_session_is_set_up_once_and_statements_are_prepared(postgres: Postgres) -> None:
    with postgres.empty() as url:
        store = Store(url)
        with store.engine.execution_options(writes=False).begin() as tx:
            assert tx.scalar(IDLE) == f"{MAX_IDLE_MS // 1000}s"
            driver = tx.connection.driver_connection
            assert driver is not None
            assert driver.prepare_threshold == 5
        store.close()


def test_a_channel_is_told_through_a_pooler(pooled: str) -> None:
    store = Store(pooled)
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    deliver(store)
    assert store.cards.next_wake(["list"], NOON) is None
    assert store.cards.count(OPS) == 1
    store.close()


def test_nothing_is_heard_through_a_pooler_and_that_is_known(pooled: str) -> None:
    store = Store(pooled)
    listener = store.listener()
    assert not listener.connect()
    listener.close()
    store.close()
