"""The engine and its transactions: who may write when, and how a foreign error becomes a sentence.

SQLite: one file in WAL, readers at any time, writers take turns. PostgreSQL: whatever the rows allow.
"""

from __future__ import annotations

import glob
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext, suppress
from functools import wraps
from pathlib import Path
from stat import S_IMODE
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar

import structlog
from sqlalchemy import Connection, Engine, Table, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from bot.store import engines, signals
from bot.store.outage import Outage, is_outage
from bot.store.turns import Turns

TRIES = 5
"""How often a transaction is tried that PostgreSQL rolled back for another one's sake."""

_ROLLED_BACK_FOR_ANOTHER = {"40001", "40P01", "23505"}
"""Not serializable, a deadlock, and a row that another one made at once."""

log = structlog.get_logger(__name__)

Insert: TypeAlias = sqlite.Insert | postgresql.Insert

P = ParamSpec("P")
T = TypeVar("T")


class StoreError(Exception):
    """The store cannot do what it was asked. The message is one sentence that says what to do."""


class StoreUnavailable(StoreError):
    """The database is away, full, locked or broken: the same call may go through later. It is in the log already."""

    already_logged = True


class Database:
    """``url`` as in :class:`bot.store.Store`."""

    def __init__(self, url: str, outage: Outage | None = None) -> None:
        self.url = _parsed(url)
        self._outage = outage or Outage()
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._in_memory = self.sqlite and self.url.database in (None, "", ":memory:")
        self._engine = _engine(self.url, in_memory=self._in_memory)
        self._write_lock = Turns() if self.sqlite else nullcontext()
        self._read_lock = self._write_lock if self._in_memory else nullcontext()
        isolation: dict[str, Any] = {} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        self._readers = self._engine.execution_options(**isolation)
        self.writers = self._engine.execution_options(writes=True)
        self.process: str | None = None
        """The id of the process whose leases this database's claims are; ``None``: nobody's in particular."""

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on one consistent view of everything."""
        try:
            with self._read_lock, self._readers.begin() as tx:
                result = work(tx)
        except SQLAlchemyError as error:
            raise self._failure(error, writing=False) from error
        self._outage.succeeded(writing=False)
        return result

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction that lasts or leaves no trace. It may be run again from its start."""
        for tries_left in reversed(range(TRIES)):
            try:
                with self._write_lock, self.writers.begin() as tx:
                    signals.begin(tx)
                    result = work(tx)
                    signals.send(tx)
            except SQLAlchemyError as error:
                state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
                if not tries_left or state not in _ROLLED_BACK_FOR_ANOTHER:
                    raise self._failure(error, writing=True) from error
                log.debug("store.transaction_retried", tries_left=tries_left)
                time.sleep(0.01 * (TRIES - tries_left))
            else:
                self._outage.succeeded(writing=True)
                return result
        raise AssertionError("the last try returns or raises")

    def detached(self) -> Any:
        """A connection of the driver's for whoever closes it; ``None`` where a pooler stands in between, which hands
        none out for good."""
        pooled = self._engine.raw_connection()
        if pooled.info.get("pooled"):
            pooled.close()
            return None
        driver = pooled.driver_connection
        pooled.detach()
        return driver

    @property
    def driver_error(self) -> type[Exception]:
        """What the driver raises."""
        dbapi: Any = self._engine.dialect.loaded_dbapi
        error: type[Exception] = dbapi.Error
        return error

    def alter(self, work: Callable[[Connection], T]) -> T:
        """Like ``write``, for changes of the tables themselves.

        SQLite alters a table by dropping it, which with foreign keys on empties every table that points to it, and they
        can only be switched outside a transaction: https://www.sqlite.org/lang_altertable.html#otheralter
        """
        if not self.sqlite:
            return self.write(work)
        try:
            with self._write_lock, self.writers.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None
                driver.execute("PRAGMA foreign_keys=OFF")
                try:
                    with connection.begin():
                        return work(connection)
                finally:
                    driver.execute("PRAGMA foreign_keys=ON")
        except SQLAlchemyError as error:
            raise self.explain(error) from error

    def file(self) -> Path | None:
        """The SQLite file, wherever links lead to it; ``None`` for a database in memory or on a server."""
        if not self.sqlite or self._in_memory:
            return None
        try:
            with self._engine.connect() as connection:
                return Path(connection.exec_driver_sql("PRAGMA database_list").all()[0][2]).resolve()
        except SQLAlchemyError as error:
            raise self.explain(error) from error

    def copy_file(self, suffix: str) -> None:
        """Copy an SQLite file, as last committed, to ``FILE.SUFFIX`` beside it, unless that is there already. Nothing
        else may be copying it: call it while a write transaction is open."""
        file = self.file()
        if file is None:
            return
        try:
            with closing(self._engine.raw_connection()) as pooled:
                source = pooled.driver_connection
                assert source is not None
                copy = file.with_name(f"{file.name}.{suffix}")
                if not copy.exists():
                    _copy_sqlite(source, file, copy)
        except (OSError, sqlite3.Error) as error:
            where = self.url.render_as_string(hide_password=True)
            raise StoreError(
                f"{where} cannot be copied before its tables change ({error}): "
                "make room for a second one in its folder, and let this user write there."
            ) from error

    def compact(self) -> None:
        """Let an SQLite file hold nothing but what is stored: no traces of what was deleted or replaced."""
        if not self.sqlite:
            return
        try:
            with self._write_lock, closing(self._engine.raw_connection()) as pooled:
                driver = pooled.driver_connection
                assert driver is not None
                driver.execute("VACUUM")
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        except sqlite3.Error as error:
            where = self.url.render_as_string(hide_password=True)
            raise StoreError(
                f"{where} cannot be compacted ({error}): make room for a second one in its folder, end what else has "
                "it open, and start again."
            ) from error

    def protect_file(self) -> None:
        """Nobody but this user may read or write an SQLite file, what SQLite keeps beside it, or a copy of it."""
        file = self.file()
        for path in file.parent.glob(f"{glob.escape(file.name)}*") if file else ():
            # Somebody else's, or a file system without permissions: then it is not ours to change.
            with suppress(OSError):
                mode = S_IMODE(path.stat().st_mode)
                if path.is_file() and mode & 0o077:
                    path.chmod(mode & 0o700)

    def insert(self, table: Table) -> Insert:
        """An insert that knows ``on_conflict_do_update``, which both databases spell alike."""
        return sqlite.insert(table) if self.sqlite else postgresql.insert(table)

    def _failure(self, error: SQLAlchemyError, *, writing: bool) -> StoreError:
        failure = self.explain(error)
        if isinstance(failure, StoreUnavailable):
            self._outage.failed(str(failure), writing=writing)
        return failure

    def explain(self, error: SQLAlchemyError) -> StoreError:
        kind = StoreUnavailable if is_outage(error) else StoreError
        return kind(self._sentence(error))

    def _sentence(self, error: SQLAlchemyError) -> str:
        message = str(error.orig if isinstance(error, DBAPIError) else error).strip().partition("\n")[0]
        where = self.url.render_as_string(hide_password=True)
        if "malformed" in message:
            return f"{where} is damaged ({message}): stop Lookout, and go back to a backup or a copy of it."
        if "file is not a database" in message:
            return f"{where} is not a database: name another file in LOOKOUT_DATABASE_URL."
        if "unable to open database file" in message:
            return f"{where} cannot be opened: make its folder exist and writable for this user."
        if "readonly database" in message:
            return f"{where} cannot be written: give this user write access to the file and its folder."
        if "database is locked" in message:
            return f"{where} is locked by another process: end what holds it, another Lookout or a backup."
        if "disk is full" in message:
            return f"{where} cannot grow because the disk is full: make room on it."
        return f"The database {where} refused: {message}."

    def close(self) -> None:
        self._engine.dispose()


def takes_one_process(url: str) -> bool:
    """Whether one process at a time may run the bot there: it is an SQLite file. Raises :class:`StoreError`."""
    return _parsed(url).get_backend_name() == "sqlite"


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "LOOKOUT_DATABASE_URL is not a database URL: write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME."
        ) from error
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise StoreError(
            f"LOOKOUT_DATABASE_URL names {parsed.drivername}: write sqlite:///FILE or postgresql+psycopg://…."
        )
    return parsed


def _engine(url: URL, *, in_memory: bool) -> Engine:
    try:
        return engines.build(url, in_memory=in_memory)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError("PostgreSQL needs its driver: pip install 'lookout-bot[postgres]'.") from error


def _copy_sqlite(source: sqlite3.Connection, file: Path, copy: Path) -> None:
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    # There are tokens in it: at no time may more people read it than may read the file.
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    unfinished.chmod(S_IMODE(file.stat().st_mode))
    unfinished.replace(copy)
    log.info("store.copied", file=str(file), copy=str(copy))


def inserts(table: Table, complete: Callable[[Insert], Insert]) -> Mapping[bool, Insert]:
    """Inserts that know ``on_conflict_do_update``, built beforehand: for SQLite at ``True``, else at ``False``."""
    return {True: complete(sqlite.insert(table)), False: complete(postgresql.insert(table))}


class _Repository(Protocol):
    _database: Database


R = TypeVar("R", bound=_Repository)


def reads(method: Callable[Concatenate[R, Connection, P], T]) -> Callable[Concatenate[R, P], T]:
    """The method is one reading transaction, which it is handed as its first argument."""

    @wraps(method)
    def read(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._database.read(lambda tx: method(self, tx, *args, **kwargs))

    return read


def writes(method: Callable[Concatenate[R, Connection, P], T]) -> Callable[Concatenate[R, P], T]:
    """The method is one writing transaction, which it is handed as its first argument."""

    @wraps(method)
    def write(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._database.write(lambda tx: method(self, tx, *args, **kwargs))

    return write
