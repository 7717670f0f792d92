"""Statements that are compiled once, for what every changed page needs.

SQLAlchemy looks up a statement's compiled form at each execution, and makes objects for it, its parameters and its
result: some 40 µs, where SQLite carries a small one out in five. So on SQLite these go to the driver as they are;
whoever listens to statements still hears of them, and on PostgreSQL, where a statement takes longer by itself, they
are SQLAlchemy's.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, Delete, Insert, Select, Table, Update, bindparam
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Boolean, NullType

MAX_KEPT = 512
"""A statement with longer lists is written out anew each time. Shorter ones are filled up to a power of two with their
last value, which changes nothing of what is in them, so that there are few lengths."""

Parameters = Mapping[str, Any]
Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement as SQLite gets it, its lists written out at certain lengths."""

    sql: str
    fixed: Sequence[Any]
    """The values of all places, where they stand in the statement."""
    slots: Sequence[tuple[str, Processor | None, Sequence[int]]]
    """Each parameter with what makes a value of the driver's of it, and its places."""
    lists: Sequence[tuple[str, Processor | None, slice]]
    """The same of each list, wherever it stands."""

    def values(self, parameters: Parameters) -> list[Any]:
        values = list(self.fixed)
        for name, process, places in self.slots:
            value = parameters[name]
            # To every type of ours nothing is nothing.
            if value is not None:
                value = value if process is None else process(value)
                for place in places:
                    values[place] = value
        for name, process, stretch in self.lists:
            values[stretch] = parameters[name] if process is None else map(process, parameters[name])
        return values


class Prepared:
    """``statement``: every column that it sets is named in it. A list is ``bindparam(…, expanding=True)``."""

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        self._statement = statement
        self._compiled: SQLCompiler | None = None
        self._lists: tuple[str, ...] = ()
        self._forms: dict[tuple[int, ...], _Form] = {}
        self._row: Callable[[Sequence[Any]], Any] = tuple
        self._columns: tuple[tuple[int, Processor], ...] = ()

    def all(self, tx: Connection, parameters: Parameters) -> Sequence[Any]:
        """The rows, of which columns can be had by name and by place."""
        if not _is_direct(tx):
            return tx.execute(self._statement, parameters).all()
        rows = self._direct(tx, parameters)
        return list(map(self._row, rows))

    def fields(self, tx: Connection, parameters: Parameters) -> Sequence[Sequence[Any]]:
        """The rows, of which columns can be had by place alone: sooner."""
        return self._direct(tx, parameters) if _is_direct(tx) else tx.execute(self._statement, parameters).all()

    def _direct(self, tx: Connection, parameters: Parameters) -> Sequence[Sequence[Any]]:
        parameters = self._filled_up(parameters)
        form = self._form(tx.dialect, parameters)
        rows = _driver(tx, form.sql, form.values(parameters)).fetchall()
        return [self._read(row) for row in rows] if self._columns else rows

    def one(self, tx: Connection, parameters: Parameters) -> Any | None:
        """The only row, or ``None``."""
        rows = self.all(tx, parameters)
        return rows[0] if rows else None

    def run(self, tx: Connection, *parameters: Parameters) -> int:
        """With each of these in turn. Returns how many rows the last one concerned."""
        if not parameters:
            return 0
        if not _is_direct(tx):
            return tx.execute(self._statement, parameters).rowcount
        count = 0
        for each in map(self._filled_up, parameters):
            form = self._form(tx.dialect, each)
            count = _driver(tx, form.sql, form.values(each)).rowcount
        return count

    def many(self, tx: Connection, parameters: Sequence[Parameters]) -> None:
        """With each of these in turn, for a statement without lists."""
        if not parameters:
            return
        if not _is_direct(tx):
            tx.execute(self._statement, parameters)
            return
        form = self._form(tx.dialect, parameters[0])
        _driver(tx, form.sql, [form.values(each) for each in parameters], many=True)

    def _read(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for place, process in self._columns:
            if (value := values[place]) is not None:
                values[place] = process(value)
        return values

    def _filled_up(self, parameters: Parameters) -> Parameters:
        lists = {name: _filled_up(parameters[name]) for name in self._lists}
        return {**parameters, **lists} if lists else parameters

    def _form(self, dialect: Dialect, parameters: Parameters) -> _Form:
        if self._compiled is None:
            self._compile(dialect)
        lengths = tuple([len(parameters[name]) for name in self._lists])
        form = self._forms.get(lengths)
        if form is None:
            form = self._write_out(dialect, parameters)
            if sum(lengths) <= MAX_KEPT:
                self._forms[lengths] = form
        return form

    def _compile(self, dialect: Dialect) -> None:
        compiled = self._statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        untyped = [name for name, bind in compiled.binds.items() if isinstance(bind.type, NullType)]
        assert not untyped, f"give {untyped} a type: the driver would be handed what it makes of them"
        self._lists = tuple(name for name, bind in compiled.binds.items() if _is_list(bind))
        if isinstance(self._statement, Select):
            columns = self._statement.selected_columns
            kind = namedtuple("Row", [column.name for column in columns])  # type: ignore[misc]
            self._row = kind._make
            processors = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
            self._columns = tuple((place, process) for place, process in enumerate(processors) if process is not None)
        self._compiled = compiled

    def _write_out(self, dialect: Dialect, parameters: Parameters) -> _Form:
        assert self._compiled is not None
        state = self._compiled.construct_expanded_state(dict(parameters))
        fixed: list[Any] = []
        slots: dict[str, tuple[Processor | None, list[int]]] = {}
        lists: list[tuple[str, Processor | None, slice]] = []
        first_of = {every[0]: name for name, every in state.parameter_expansion.items() if every}
        listed = {one for every in state.parameter_expansion.values() for one in every}
        for place, one in enumerate(state.positiontup or ()):
            name = first_of.get(one, one)
            fixed.append(None)
            if one in listed:
                if one in first_of:
                    lists.append((name, self._processor(dialect, name), slice(place, place + len(parameters[name]))))
            elif name in parameters:
                slots.setdefault(name, (self._processor(dialect, name), []))[1].append(place)
            else:
                process, value = self._processor(dialect, name), state.parameters[one]
                fixed[place] = process(value) if process else value
        return _Form(state.statement, fixed, [(name, *slot) for name, slot in slots.items()], lists)

    def _processor(self, dialect: Dialect, name: str) -> Processor | None:
        assert self._compiled is not None
        kind = self._compiled.binds[name].type.dialect_impl(dialect)
        # The driver takes a bool for what SQLite has of it.
        return None if isinstance(kind, Boolean) else kind.bind_processor(dialect)


def given(table: Table, names: Iterable[str]) -> dict[str, BindParameter[Any]]:
    """For each of these columns a parameter of its name."""
    return {name: bindparam(name, type_=table.c[name].type) for name in names}


def _filled_up(values: Sequence[Any]) -> Sequence[Any]:
    count = len(values)
    length = 1 << (count - 1).bit_length() if count else 0
    return [*values, *[values[-1]] * (length - count)] if count < length <= MAX_KEPT else values


def _is_list(bind: BindParameter[Any]) -> bool:
    return bind.expanding


def _is_direct(tx: Connection) -> bool:
    return tx.dialect.name == "sqlite" and not tx.dispatch.before_cursor_execute


def _driver(tx: Connection, sql: str, values: Sequence[Any], *, many: bool = False) -> sqlite3.Cursor:
    driver = tx.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    try:
        return driver.executemany(sql, values) if many else driver.execute(sql, values)
    except sqlite3.Error as error:
        raise DBAPIError.instance(sql, values, error, sqlite3.Error, hide_parameters=True) from error
