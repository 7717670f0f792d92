"""Copies everything from one database into another, of the same kind or not: SQLite to PostgreSQL, and back.

The source is read in one transaction, so that it is of one moment, and is not changed. The target is written in chunks;
until all are there and compared, its version is :data:`bot.store.schema.UNFINISHED`, and no store opens it. Begun
again, a copy goes on behind the last chunk. Tables that a chat library made for itself come along.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    text,
    tuple_,
    update,
)

from bot.store import schema
from bot.store.database import Database, StoreError
from bot.store.tables import Row

CHUNK_ROWS = 2_000
"""Rows a transaction of the target: enough that commits cost little, few enough that memory stays small."""

_PROGRESS = Table(
    "copy_progress",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("last_key", Text),
)
"""In the target while it is unfinished: the key of the last row that is there, by table; under no name the source."""
_NOT_COPIED = {schema.VERSION_TABLE, _PROGRESS.name}


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` rows of all tables, while ``table`` is being copied or, ``comparing``, compared."""

    table: str
    done: int
    total: int
    comparing: bool


def copy_database(source_url: str, target_url: str, on_progress: Callable[[Progress], None] = lambda _: None) -> int:
    """The number of rows that are in the target afterwards, each compared with the source's.

    Raises :class:`StoreError`: the source is no database of this version, the target is not empty, the source changed
    between two parts of the copy, or one of them refused.
    """
    source, target = Database(source_url), Database(target_url)
    try:
        if source.url == target.url:
            raise StoreError("Both names are of the same database: name another one to copy to.")
        source.read(lambda tx: _require_current(tx, source))
        _begin(source, target)
        copied = source.read(lambda tx: _copy(tx, target, on_progress))
        target.alter(_finish)
        return copied
    finally:
        source.close()
        target.close()


def _require_current(tx: Connection, source: Database) -> None:
    name = source.url.render_as_string(hide_password=True)
    if schema.revision(tx) is None:
        raise StoreError(f"{name} holds no Lookout: check its name.")
    if not schema.is_current(tx):
        raise StoreError(f"{name} was made by an older Lookout: start this one on it once, then copy it.")


def _begin(source: Database, target: Database) -> None:
    """Make the target's tables, unless a copy of this source was begun there."""
    address = source.url.render_as_string(hide_password=True)
    name = target.url.render_as_string(hide_password=True)

    def make(tx: Connection) -> None:
        if schema.revision(tx) == schema.UNFINISHED:
            if tx.scalar(select(_PROGRESS.c.last_key).where(_PROGRESS.c.name == "")) != address:
                raise StoreError(f"{name} holds an unfinished copy of another database: name an empty one.")
            return
        if inspect(tx).get_table_names():
            raise StoreError(f"{name} is not empty: name a new file, or an empty database.")
        schema.make_tables(tx)
        schema.mark(tx, schema.UNFINISHED)
        _PROGRESS.create(tx)
        tx.execute(insert(_PROGRESS).values(name="", last_key=address))

    target.alter(make)


def _copy(tx: Connection, target: Database, on_progress: Callable[[Progress], None]) -> int:
    tables = [*Row.metadata.sorted_tables, *_foreign_tables(tx)]
    total = sum(tx.scalar(select(func.count()).select_from(table)) or 0 for table in tables)
    done = 0
    for table in tables:
        done += _copied_before(table, target)
        on_progress(Progress(table.name, done, total, comparing=False))
        for rows in _chunks(tx, table, _last_key(table, target)):
            target.write(partial(_put, table=table, rows=rows))
            done += len(rows)
            on_progress(Progress(table.name, done, total, comparing=False))
    done = 0
    for table in tables:
        ours = _digest(tx, table)
        theirs = target.read(partial(_digest, table=table))
        if ours != theirs:
            raise StoreError(
                f"The table {table.name} changed while it was copied in parts: "
                "stop Lookout, empty the target, and copy again."
            )
        done += ours[0]
        on_progress(Progress(table.name, done, total, comparing=True))
    return total


def _foreign_tables(tx: Connection) -> list[Table]:
    """Those that are not the store's own, in types that both databases have."""
    reflected, generic = MetaData(), MetaData()
    reflected.reflect(tx, only=lambda name, _: name not in Row.metadata.tables and name not in _NOT_COPIED)
    for table in reflected.sorted_tables:
        columns = [Column(c.name, _type(c), primary_key=c.primary_key, nullable=c.nullable) for c in table.columns]
        made = Table(table.name, generic, *columns)
        for index in table.indexes:
            Index(index.name, *(made.c[c.name] for c in index.columns), unique=index.unique)
    return generic.sorted_tables


def _type(column: Column[Any]) -> Any:
    generic = column.type.as_generic()
    # SQLite counts a key up by itself only where its type is INTEGER.
    return Integer() if column.primary_key and isinstance(generic, BigInteger) else generic


def _last_key(table: Table, target: Database) -> list[Any] | None:
    found = target.read(lambda tx: tx.scalar(select(_PROGRESS.c.last_key).where(_PROGRESS.c.name == table.name)))
    return json.loads(found) if found else None


def _copied_before(table: Table, target: Database) -> int:
    def count(tx: Connection) -> int:
        there = inspect(tx).has_table(table.name)
        return (tx.scalar(select(func.count()).select_from(table)) or 0) if there else 0

    return target.read(count)


def _chunks(tx: Connection, table: Table, last: Sequence[Any] | None) -> Iterator[list[dict[str, Any]]]:
    """Its rows in the order of the primary key, behind ``last``."""
    keys = list(table.primary_key.columns)
    while True:
        query: Select[Any] = select(table).order_by(*keys).limit(CHUNK_ROWS)
        if last is not None:
            query = query.where(tuple_(*keys) > tuple_(*last))
        rows = [dict(row._mapping) for row in tx.execute(query)]
        if not rows:
            return
        yield rows
        last = _key(table, rows[-1])


def _key(table: Table, row: dict[str, Any]) -> list[Any]:
    return [row[column.name] for column in table.primary_key.columns]


def _put(tx: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    table.create(tx, checkfirst=True)
    tx.execute(insert(table), rows)
    last = json.dumps(_key(table, rows[-1]))
    if not tx.execute(update(_PROGRESS).where(_PROGRESS.c.name == table.name).values(last_key=last)).rowcount:
        tx.execute(insert(_PROGRESS).values(name=table.name, last_key=last))


def _digest(tx: Connection, table: Table) -> tuple[int, int]:
    """How many rows, and a sum of them that does not depend on their order: databases sort text differently."""
    count = total = 0
    for rows in _chunks(tx, table, None):
        count += len(rows)
        for row in rows:
            written = repr([(name, _plain(value)) for name, value in sorted(row.items())])
            total += int.from_bytes(hashlib.blake2b(written.encode(), digest_size=8).digest(), "big")
    return count, total % 2**64


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _finish(tx: Connection) -> None:
    _PROGRESS.drop(tx)
    if tx.dialect.name == "postgresql":
        _count_on(tx)
        # Until it has done so by itself, a planner that knows nothing of the tables goes through all of them.
        tx.execute(text("ANALYZE"))
    schema.mark(tx, schema.newest())


def _count_on(tx: Connection) -> None:
    """PostgreSQL counts its keys in sequences, which rows that bring their key do not move."""
    tables = MetaData()
    tables.reflect(tx)
    for table in tables.sorted_tables:
        for column in table.primary_key.columns:
            sequence = tx.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
            if sequence:
                tx.execute(
                    text(f'SELECT setval(:sequence, max("{column.name}")) FROM "{table.name}"'), {"sequence": sequence}
                )
