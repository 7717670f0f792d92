"""The schema: migrations from every version to the next and back, with data in the tables; what cannot be opened."""

from __future__ import annotations

import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Boolean,
    Connection,
    DateTime,
    Float,
    Integer,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import OperationalError

from bot.store import Store, StoreError
from bot.store.database import Database
from bot.store.schema import MIGRATIONS, bring_up_to_date, configuration, revisions
from bot.store.tables import Row
from tests.store.given import NOON, OPS, Route, catalog, due_cards, incident, reading, subscribe

ORIGIN = "base"


def tables(tx: Connection) -> dict[str, Table]:
    found = MetaData()
    found.reflect(tx)
    return {table.name: table for table in found.sorted_tables if table.name != "alembic_version"}


def fill(tx: Connection) -> None:
    """One row in every table; all point at each other's."""
    for table in tables(tx).values():
        tx.execute(insert(table).values({column.name: sample(column.type) for column in table.columns}))


def sample(of: Any) -> object:
    match of:
        case Boolean() | Integer():
            return 1
        case Float():
            return 1.5
        case DateTime():
            return NOON if of.timezone else datetime.fromisoformat("2026-03-02T12:00:00")
        case _:
            return "1"


def counts(tx: Connection) -> dict[str, int]:
    return {name: tx.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables(tx).items()}


@pytest.fixture
def url(empty_database_url: str) -> str:
    return empty_database_url


@pytest.fixture
def database(url: str) -> Any:
    opened = Database(url)
    yield opened
    opened.close()


@pytest.mark.parametrize(("before", "after"), list(pairwise([ORIGIN, *revisions()])))
def test_every_version_is_reached_from_the_one_before_and_left_again(
    database: Database, before: str, after: str
) -> None:
    if before != ORIGIN:
        database.alter(lambda tx: command.upgrade(configuration(tx), before))
    database.alter(fill)
    had = database.read(counts)
    for _ in range(2):
        database.alter(lambda tx: command.upgrade(configuration(tx), after))
        has = database.read(counts)
        assert {name: has[name] for name in had if name in has} == {name: n for name, n in had.items() if name in has}
        database.alter(lambda tx: command.downgrade(configuration(tx), before))
        assert set(database.read(counts)) == set(had)


def test_the_newest_version_has_the_tables_that_the_program_knows(database: Database) -> None:
    def differences(tx: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(tx, opts=options), Row.metadata))

    assert database.read(differences) != []
    bring_up_to_date(database)
    assert database.read(differences) == []
    assert set(database.read(counts)) == set(Row.metadata.tables)


def shape(tx: Connection) -> dict[str, Any]:
    """Everything about the tables but the order of their columns."""
    found = inspect(tx)
    return {
        name: [
            sorted(map(str, facts))
            for facts in (
                found.get_columns(name),
                [found.get_pk_constraint(name)],
                found.get_foreign_keys(name),
                found.get_unique_constraints(name),
                found.get_check_constraints(name),
                # A condition is an object that its words have to be asked of.
                [
                    {**one, "dialect_options": {key: str(what) for key, what in one.get("dialect_options", {}).items()}}
                    for one in found.get_indexes(name)
                ],
            )
        ]
        for name in found.get_table_names()
    }


def test_a_new_database_is_what_all_migrations_make_and_goes_the_same_way_back(database: Database) -> None:
    database.alter(lambda tx: command.upgrade(configuration(tx), "head"))
    migrated = database.read(shape)
    database.alter(lambda tx: command.downgrade(configuration(tx), ORIGIN))
    assert set(database.read(shape)) == {"alembic_version"}
    bring_up_to_date(database)
    assert database.read(shape) == migrated
    assert set(migrated) == {*Row.metadata.tables, "alembic_version"}
    database.alter(lambda tx: command.downgrade(configuration(tx), revisions()[0]))
    bring_up_to_date(database)
    assert database.read(shape) == migrated


def test_sample_rows_fit_the_newest_version(database: Database) -> None:
    bring_up_to_date(database)
    database.write(fill)
    assert set(database.read(counts).values()) == {1}


def test_altering_a_table_leaves_those_that_point_at_it_alone(store: Store, url: str) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    store.close()
    database = Database(url)

    def widen(tx: Connection) -> None:
        operations = Operations(MigrationContext.configure(tx))
        with operations.batch_alter_table("page", recreate="always" if database.sqlite else "never") as page:
            page.alter_column("status_text", server_default="x")

    database.alter(widen)
    database.close()
    again = Store(url)
    assert [due.incident.id for due in due_cards(again)] == ["inc1"]
    again.close()


def test_opening_twice_changes_nothing(store: Store, url: str) -> None:
    catalog(store)
    second = Store(url)
    assert second.pages.counts() == store.pages.counts()
    second.close()


def test_many_may_open_an_empty_database_at_once(url: str) -> None:
    with ThreadPoolExecutor(6) as threads:
        opened = list(threads.map(lambda _: Store(url), range(6)))
    catalog(opened[0])
    assert [one.pages.counts().total for one in opened] == [2] * 6
    for one in opened:
        one.close()


def test_opening_leaves_logging_alone(url: str) -> None:
    root, other = logging.getLogger(), logging.getLogger("somebody.else")
    before = (root.level, list(root.handlers), other.disabled)
    Store(url).close()
    assert (root.level, list(root.handlers), other.disabled) == before


def test_a_database_of_a_newer_version_is_refused(store: Store, url: str) -> None:
    store.close()
    database = Database(url)
    database.write(lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    database.close()
    with pytest.raises(StoreError, match=r"newer Lookout .*9999.* update Lookout"):
        Store(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 100)
    with pytest.raises(StoreError, match=r"notes\.txt is not a database"):
        Store(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear diary")


def test_a_path_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened: make its folder"):
        Store(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder' / 'x.db'}")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(f"sqlite:///{tmp_path}")


def test_a_database_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    sqlite3.connect(path).close()
    with pytest.raises(StoreError, match="cannot be written: give this user write access"):
        Store(f"sqlite:///file:{path}?mode=ro&uri=true")


def test_a_database_that_another_process_holds_says_so(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'held.db'}")
    store.close()
    one, other = (sqlite3.connect(tmp_path / "held.db", timeout=0) for _ in range(2))
    one.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as refused:
        other.execute("BEGIN IMMEDIATE")
    error = OperationalError("BEGIN IMMEDIATE", None, refused.value)
    message = str(Database(f"sqlite:///{tmp_path / 'held.db'}").explain(error))
    assert message.endswith("held.db is locked by another process: end what holds it, another Lookout or a backup.")


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite//x.db", "mysql://u:secret@host/x", "https://x.example/"])
def test_a_bad_url_is_refused_without_telling_its_secret(url: str) -> None:
    with pytest.raises(StoreError, match="LOOKOUT_DATABASE_URL") as refused:
        Store(url)
    assert "secret" not in str(refused.value)


def test_a_store_in_memory_lives_as_long_as_it_is_open() -> None:
    store = Store("sqlite://")
    catalog(store)
    subscribe(store)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: len(store.channels.subscriptions(OPS)), range(20)))
    assert found == [1] * 20
    store.close()


def test_the_file_is_kept_safe_from_a_power_cut(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    pragmas = database.read(
        lambda tx: [tx.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")]
    )
    assert pragmas == ["wal", 2, 1]
    database.alter(lambda tx: None)
    assert database.read(lambda tx: tx.scalar(text("PRAGMA foreign_keys"))) == 1
    assert database.read(lambda tx: inspect(tx).get_table_names()) == []
    database.close()


def test_revisions_are_what_the_files_are_named_by() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert revisions() == tuple(reversed([one.revision for one in script.walk_revisions()]))
