"""A database that an earlier version wrote: it is copied, opened, carried on with, and left again."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Boolean, Connection, DateTime, Float, Integer, MetaData, Table, insert, select

from bot.delivery.worker import Delivery
from bot.domain import Health, Level, Phase, Post
from bot.domain.fingerprint import UnknownFingerprint
from bot.message import Message, MessageKind
from bot.store import Store, StoreError
from bot.store.database import Database
from bot.store.schema import configuration
from bot.threads import Threads
from tests.fakes import Clock, ListAdapter
from tests.store.given import ACME, NOON, OPS, Route, at, deliver, due_cards, incident, reading, subscribe, update
from tests.text import read

BEFORE = "0004"

WRITTEN: dict[str, dict[str, Any]] = {
    "channel": {
        "platform": "list",
        "workspace": "T1",
        "id": "ops",
        "mode": "thread",
        "zone": "UTC",
        "lease": 1,
        "health": "degraded",
        "reason": "Invite the bot.",
        "since": at(1),
        "tries": 2,
        "told": True,
    },
    "page": {
        "slug": "acme",
        "name": "Acme",
        "aliases": "[]",
        "page_url": "https://status.acme.example/",
        "human_url": "https://acme.example/status",
        "category": "cloud",
        "subcategory": "hosting",
        "enabled": True,
        "version": 7,
        "due": at(5),
        "watched": True,
        "open": True,
        "failures": 0,
        "lookups": 3,
        "dark": True,
        "interval_s": 60.0,
        "read_at": NOON,
        "validators": "{}",
        "stamp": "Monday, noon",
        "moved_from": "feed",
        "moved_url": "https://old.example/",
        "moved_at": NOON,
        "left_behind": '["old1"]',
        "taken_at": NOON,
        "level": "partial_outage",
        "words": "so it says",
    },
    "own_page": {
        "slug": "acme",
        "platform": "list",
        "workspace": "T1",
        "url": "acme.example",
        "by": "U1",
        "at": NOON,
    },
    "component": {
        "slug": "acme",
        "id": "c1",
        "position": 0,
        "name": "API",
        "group_name": "Core",
        "region": "eu",
        "level": None,
        "quiet": True,
        "gone": False,
        "said": "wobbly",
    },
    "span": {"slug": "acme", "component": "", "level": "partial_outage", "began": at(-5), "ended": NOON},
    "incident": {
        "slug": "acme",
        "id": "inc1",
        "kind": "incident",
        "title": "API errors",
        "components": '["c1"]',
        "started": NOON,
        "until": at(60),
        "level": "partial_outage",
        "regions": "[]",
        "vanished": False,
        "open": True,
        "peak": "partial_outage",
        "first_seen": NOON,
        "version": 1,
        "phase_said": "wobbling",
        "impact_said": "so-so",
    },
    "incident_update": {
        "incident": 1,
        "id": "u1",
        "phase": "investigating",
        "at": NOON,
        "text": "We look.",
        "removed": False,
    },
    "subscription": {
        "channel": 1,
        "slug": "acme",
        "filter": '{"least":"degraded"}',
        "by": "U1",
        "at": NOON,
        "mention": "@oncall",
        "lost": '["Web"]',
        "notice_due": NOON,
        "notice_tries": 2,
    },
    "card": {
        "channel": 1,
        "incident": 1,
        "why": "below_least_level",
        "detail": "Core / API",
        "made_at": NOON,
        "shown": '[["m1","digest",["u1"]]]',
        "mentioned": True,
        "root_at": at(1),
        "posted_at": at(1),
        "fold": True,
        "dropped": False,
        "version": 1,
    },
    "board": {
        "channel": 1,
        "by": "U2",
        "at": at(2),
        "number": 4,
        "ref": "b4",
        "begun": True,
        "shows": "digest",
        "edited_at": at(3),
        "to_pin": False,
        "leaving": '["b3"]',
        "gone_at": at(1),
        "trouble": "Let the bot post.",
        "closing": False,
        "version": 1,
        "lease": 1,
        "due": at(9),
    },
}
"""What the version before wrote, in its own words."""


def tables(tx: Connection) -> list[Table]:
    found = MetaData()
    found.reflect(tx)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def write(tx: Connection) -> None:
    for table in tables(tx):
        if table.name in WRITTEN:
            tx.execute(insert(table).values({k: stored(table, k, v) for k, v in WRITTEN[table.name].items()}))


def stored(table: Table, column: str, value: Any) -> Any:
    """SQLite has times without a zone."""
    timed = isinstance(value, datetime) and not getattr(table.c[column].type, "timezone", False)
    return value.replace(tzinfo=None) if timed else value


def contents(tx: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Everything but the columns' names, which stand in the order in which they were made."""
    return {table.name: [tuple(row) for row in tx.execute(select(table))] for table in tables(tx)}


def names(tx: Connection) -> dict[str, list[str]]:
    return {table.name: list(table.columns.keys()) for table in tables(tx)}


def every_column(table: Table) -> dict[str, Any]:
    """A value for each that no other column has, as far as its type lets it."""
    made: dict[str, Any] = {}
    for number, column in enumerate(table.columns):
        match column.type:
            case Boolean():
                made[column.name] = number % 2 == 0
            case Integer():
                made[column.name] = 1 if column.foreign_keys or column.primary_key else number
            case Float():
                made[column.name] = number + 0.5
            case DateTime():
                made[column.name] = stored(table, column.name, at(number))
            case _:
                made[column.name] = "1" if column.foreign_keys or column.primary_key else column.name[:20]
    return made


@pytest.fixture
def url(empty_database_url: str) -> str:
    return empty_database_url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    opened.alter(lambda tx: command.upgrade(configuration(tx), BEFORE))
    yield opened
    opened.close()


@pytest.fixture
def old(database: Database) -> Database:
    database.write(write)
    return database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An SQLite file of the version before, whatever the other tests run on."""
    path = tmp_path / "kept.db"
    database = Database(f"sqlite:///{path}")
    database.alter(lambda tx: command.upgrade(configuration(tx), BEFORE))
    database.write(write)
    database.close()
    return path


def opened(file: Path) -> Store:
    return Store(f"sqlite:///{file}")


def copy_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.before-0005")


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def test_every_value_stands_where_it_stood_and_comes_back(database: Database) -> None:
    def fill(tx: Connection) -> None:
        for table in tables(tx):
            tx.execute(insert(table).values(every_column(table)))

    database.write(fill)
    had, called = database.read(contents), database.read(names)
    database.alter(lambda tx: command.upgrade(configuration(tx), "0005"))
    assert database.read(contents) == had
    assert database.read(names) != called
    database.alter(lambda tx: command.downgrade(configuration(tx), BEFORE))
    assert database.read(contents) == had
    assert database.read(names) == called


def test_what_the_version_before_wrote_is_read(old: Database, url: str) -> None:
    store = Store(url)
    [page] = store.pages.states([ACME])
    assert page.snapshot is not None
    assert (page.snapshot.status_text, page.snapshot.page_updated_at) == ("so it says", "Monday, noon")
    [component] = page.snapshot.components
    assert (component.hidden_when_ok, component.raw_status) == (True, "wobbly")
    [open_incident] = page.snapshot.incidents
    assert (open_incident.raw_phase, open_incident.raw_impact) == ("wobbling", "so-so")
    assert open_incident.planned_end == at(60)
    [claim] = store.pages.claim_due(at(9), 10, 60)
    assert (claim.failed_lookups, claim.unmatched_open) == (3, ("old1",))
    [span] = store.records.spans(ACME, at(-60))
    assert (span.start, span.end) == (at(-5), NOON)

    [listed] = store.channels.subscriptions(OPS)
    assert (listed.subscription.created_by, listed.subscription.created_at) == ("U1", NOON)
    assert listed.subscription.filter.min_level is Level.DEGRADED
    state = store.channels.state(OPS)
    assert (state.health, state.tries, state.subscriber_notified) == (Health.DEGRADED, 2, True)
    [card] = store.cards.of_channel(OPS, NOON)
    assert (card.verdict.reason, card.verdict.detail) == ("below_least_level", "Core / API")
    assert card.state.posts == (Post("m1", UnknownFingerprint("digest"), ("u1",)),)
    assert (card.state.mentioned, card.catch_up) == (True, True)
    board = store.boards.of(OPS)
    assert board is not None
    assert (board.created_by, board.created_at, board.maybe_sent, board.fingerprint) == ("U2", at(2), True, "digest")
    assert (board.pin_pending, board.retired_refs, board.deleted_at) == (False, ("b3",), at(1))
    assert board.error == "Let the bot post."
    assert [vendor.aliases for vendor in store.own.of(OPS)] == [("acme.example",)]
    store.close()


def test_the_bot_goes_on_where_the_version_before_left_off(old: Database, url: str) -> None:
    store = Store(url)
    assert store.channels.mark_recovered(OPS)
    [notice] = store.moves.claim_notices(["list"], at(9), 10, 60)
    assert (notice.unmatched, notice.attempts) == (("Web",), 2)
    store.pages.settle([reading(minutes=9).outcome])
    assert [span.start for span in store.records.spans(ACME, at(1))] == [at(9)]

    store.records.record(reading(incident("inc1"), minutes=10), Route())
    [due] = due_cards(store, minutes=10)
    assert (due.card.state.posts[0].ref, due.incident.phase) == ("m1", Phase.INVESTIGATING)
    assert store.boards.claim(["list"], at(10), 10, 60)
    store.close()


def test_what_the_version_before_told_is_not_told_again_and_what_was_due_is_told_once(old: Database, url: str) -> None:
    store, threads, chat, clock = Store(url), Threads(), ListAdapter(), Clock(at(11))
    chat.messages[OPS]["m1"], chat._keys[OPS, "old"] = Message("Acme: API errors"), "m1"
    store.channels.mark_recovered(OPS)
    updates = (update("u1", 0, "We look."), update("u2", 10, "Found it.", Phase.IDENTIFIED))
    store.records.record(reading(incident("inc1", *updates), minutes=10), Route())
    for _ in range(2):
        asyncio.run(Delivery(store, [chat], threads, clock, linger_s=0).run_until_quiet())
    reply, edit = [call for call in chat.calls if call.message.kind in (MessageKind.CARD, MessageKind.REPLY)]
    assert (reply.verb, reply.under, edit.verb, edit.ref) == ("reply", "m1", "edit", "m1")
    assert "Found it." in read([reply.message])
    assert "We look." not in read([reply.message])
    threads.close()
    store.close()


def test_a_file_is_copied_before_its_columns_are_renamed(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        # Left in the write-ahead log, where a copy of the file alone would miss it.
        other.execute("PRAGMA wal_autocheckpoint=0")
        other.execute("UPDATE page SET words = 'only in the log'")
        other.commit()
        opened(file).close()
    assert rows(copy_of(file), "SELECT words, dark, left_behind FROM page") == [("only in the log", 1, '["old1"]')]
    assert rows(copy_of(file), "SELECT version_num FROM alembic_version") == [(BEFORE,)]
    assert rows(file, "SELECT status_text FROM page") == [("only in the log",)]
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name, copy_of(file).name]


def test_only_its_user_may_read_the_copy(file: Path) -> None:
    file.chmod(0o644)
    opened(file).close()
    assert stat.S_IMODE(copy_of(file).stat().st_mode) == 0o600


def test_the_copy_is_made_once(file: Path) -> None:
    opened(file).close()
    made = copy_of(file).read_bytes()
    store = opened(file)
    subscribe(store, minutes=1)
    store.close()
    database = Database(f"sqlite:///{file}")
    database.alter(lambda tx: command.downgrade(configuration(tx), BEFORE))
    database.close()
    opened(file).close()
    assert copy_of(file).read_bytes() == made


def test_a_copy_that_was_broken_off_is_made_anew(file: Path) -> None:
    file.with_name("kept.db.before-0005.unfinished").write_text("the beginning of")
    opened(file).close()
    assert rows(copy_of(file), "SELECT words FROM page") == [("so it says",)]
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name, copy_of(file).name]


def test_the_copy_takes_the_files_place_and_is_upgraded_again(file: Path) -> None:
    store = opened(file)
    store.channels.mark_recovered(OPS)
    store.records.record(reading(incident(), incident("inc2"), minutes=1), Route())
    deliver(store, minutes=1)
    store.close()
    copy_of(file).replace(file)
    assert rows(file, "SELECT id, phase_said FROM incident") == [("inc1", "wobbling")]
    again = opened(file)
    assert [card.incident for card in again.cards.of_channel(OPS, NOON)] == ["inc1"]
    again.close()
    assert rows(copy_of(file), "SELECT id FROM incident") == [("inc1",)]


def test_a_new_database_is_not_copied(tmp_path: Path) -> None:
    for _ in range(2):
        opened(tmp_path / "new.db").close()
    assert [path.name for path in tmp_path.iterdir()] == ["new.db"]


def test_tables_that_cannot_be_copied_are_not_changed(file: Path) -> None:
    in_the_way = file.with_name("kept.db.before-0005.unfinished")
    in_the_way.mkdir()
    with pytest.raises(StoreError, match=r"cannot be copied before its tables change .* make room"):
        opened(file)
    assert rows(file, "SELECT dark FROM page") == [(1,)]
    in_the_way.rmdir()
    opened(file).close()
    assert rows(file, "SELECT stale FROM page") == [(1,)]
