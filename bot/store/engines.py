"""How each kind of database is connected to: what every connection is set up with, and how a transaction begins."""

from __future__ import annotations

import sqlite3
import sys
import time
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool

from bot.store.outage import is_outage

BUSY_TIMEOUT_MS = 5_000
WAL_TRIES = 100
MAX_IDLE_MS = 10_000
"""PostgreSQL ends a writing transaction that does nothing for so long: its process was stopped, and holds up others."""
REACH = {"connect_timeout": 5, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
"""In seconds: after so long a server that does not answer counts as lost. What the URL says of it wins."""

if sys.version_info < (3, 12):
    # The driver looks for a way to adapt each value that is no number or text: to find none takes it twice as long.
    sqlite3.register_adapter(bool, int)
    sqlite3.register_adapter(type(None), lambda nothing: nothing)


def build(url: URL, *, in_memory: bool) -> Engine:
    """``url``: of one of the kinds that the store knows. Raises ``ModuleNotFoundError`` without the kind's driver."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            poolclass=StaticPool if in_memory else QueuePool,
            connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        unset = {name: value for name, value in REACH.items() if name not in url.query}
        engine = create_engine(url, pool_pre_ping=True, connect_args=unset)
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "handle_error", _mark_outage)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    # The driver's own transaction control opens transactions late and never as IMMEDIATE.
    # https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#pysqlite-serializable
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}").close()
    _switch_to_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _switch_to_wal(connection: Any) -> None:
    # While another connection makes the switch, SQLite refuses at once, whatever the busy timeout.
    for tries_left in reversed(range(WAL_TRIES)):
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if not tries_left or "locked" not in str(error):
                raise
            time.sleep(BUSY_TIMEOUT_MS / 1000 / WAL_TRIES)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    sql = "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN"
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    try:
        # What SQLAlchemy makes of a statement takes twice as long as an empty transaction.
        driver.execute(sql).close()
    except sqlite3.Error as error:
        refusal = DBAPIError.instance(sql, (), error, sqlite3.Error)
        assert isinstance(refusal, DBAPIError)
        _mark(refusal)
        raise refusal from error


def _prepare_postgresql(connection: Any, record: Any) -> None:
    """Finds out whether a pooler such as PgBouncer stands in between, which hands each transaction to another of the
    server's processes: then nothing may be left there, neither a prepared statement nor a setting."""
    connection.autocommit = True
    prepare_threshold, connection.prepare_threshold = connection.prepare_threshold, None
    # A pooler tells its clients a made-up one: https://www.postgresql.org/docs/current/protocol-flow.html
    (pid,) = connection.execute("SELECT pg_backend_pid()").fetchone()
    record.info["pooled"] = pid != connection.info.backend_pid
    if not record.info["pooled"]:
        connection.prepare_threshold = prepare_threshold
        connection.execute(f"SET idle_in_transaction_session_timeout = {MAX_IDLE_MS}")
    connection.autocommit = False


def _begin_postgresql(connection: Connection) -> None:
    if connection.info["pooled"] and connection.get_execution_options().get("writes"):
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {MAX_IDLE_MS}")


def _mark_outage(context: ExceptionContext) -> None:
    """Chat libraries that work on the engine themselves log what they meet."""
    if context.sqlalchemy_exception is not None:
        _mark(context.sqlalchemy_exception)


def _mark(error: SQLAlchemyError) -> None:
    if is_outage(error):
        error.already_logged = True  # type: ignore[attr-defined]
