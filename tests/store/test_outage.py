"""A database that is away, full or broken: what the log says of it, and what counts as such."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.store import Store, StoreError, StoreUnavailable
from bot.store.database import Database
from bot.store.outage import QUIET_S, SAY_EVERY_S, Outage
from tests.databases import sqlite
from tests.store.given import catalog


class Seconds:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def log() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


def test_a_line_when_it_begins_one_a_minute_and_one_when_it_is_over(log: list[Any]) -> None:
    outage = Outage(seconds := Seconds())
    for _ in range(400):
        outage.failed("The disk is full.", writing=True)
        seconds.now += 0.25
    outage.succeeded(writing=True)
    seconds.now += QUIET_S
    outage.succeeded(writing=True)
    outage.succeeded(writing=True)
    assert [(line["event"], line["log_level"], line.get("for_s", line.get("after_s"))) for line in log] == [
        ("store.unavailable", "error", 0),
        ("store.unavailable", "error", SAY_EVERY_S),
        ("store.available", "warning", 100 + QUIET_S),
    ]


def test_that_reading_works_is_no_sign_that_writing_does(log: list[Any]) -> None:
    outage = Outage(seconds := Seconds())
    outage.failed("The disk is full.", writing=True)
    seconds.now += QUIET_S
    outage.succeeded(writing=False)
    assert [line["event"] for line in log] == ["store.unavailable"]
    outage.succeeded(writing=True)
    outage.failed("It cannot be reached.", writing=False)
    seconds.now += QUIET_S
    outage.succeeded(writing=False)
    assert [line["event"] for line in log][1:] == ["store.available", "store.unavailable", "store.available"]


def test_a_full_disk_is_an_outage_and_over_when_there_is_room(tmp_path: Path, log: list[Any]) -> None:
    seconds = Seconds()
    store = Store(sqlite(tmp_path))
    store._database._outage = Outage(seconds)
    with store.engine.connect() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreUnavailable, match="cannot grow because the disk is full: make room on it"):
        catalog(store, *(f"vendor-{number}" for number in range(500)))
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=100000")
    seconds.now += QUIET_S
    catalog(store, *(f"vendor-{number}" for number in range(500)))
    assert [line["event"] for line in log] == ["store.unavailable", "store.available"]
    store.close()


def test_a_damaged_file_is_a_sentence(tmp_path: Path, log: list[Any]) -> None:
    url = sqlite(tmp_path)
    store = Store(url)
    catalog(store, *(f"vendor-{number}" for number in range(500)))
    store.close()
    path = tmp_path / "lookout.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreUnavailable, match=r"is damaged \(.*malformed.*\): stop Lookout, and go back to a backup"):
        Store(url).pages.counts()


def test_a_locked_file_is_an_outage(tmp_path: Path) -> None:
    database = Database(f"{sqlite(tmp_path)}?timeout=0")
    database.write(lambda tx: None)
    with database.writers.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
    other = sqlite3.connect(tmp_path / "lookout.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked by another process"):
        database.write(lambda tx: None)
    other.close()
    database.close()


@pytest.mark.parametrize("wrong", ["SELECT nothing FROM nowhere", "SELEC 1", "INSERT INTO process (id) VALUES ('x')"])
def test_a_bug_of_ours_is_none(database_url: str, wrong: str, log: list[Any]) -> None:
    database = Database(database_url)
    with pytest.raises(StoreError) as refused:
        database.write(lambda tx: tx.execute(text(wrong)))
    assert not isinstance(refused.value, StoreUnavailable)
    assert log == []
    database.close()


def test_a_server_that_cannot_be_reached_is_an_outage(log: list[Any]) -> None:
    database = Database("postgresql+psycopg://nobody:secret@127.0.0.1:1/none")
    for work in (database.read, database.write):
        with pytest.raises(StoreUnavailable) as refused:
            work(lambda tx: None)
        assert "secret" not in str(refused.value)
    assert [line["event"] for line in log] == ["store.unavailable"]
    database.close()
