"""Bad weather for a store, on demand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from bot.store import Store


class Away:
    """While it is ``on``, every transaction of the store fails, or each that ``writes``; ``met`` counts them.

    ``after``: transactions are committed, and fail all the same, as when a connection is cut before the answer.
    """

    def __init__(self) -> None:
        self.on = False
        self.writes = False
        self.after = False
        self.met = 0

    def begin(self, connection: Connection) -> None:
        if self.on or (self.writes and connection.get_execution_options().get("writes")):
            self._fail()

    def commit(self, connection: Connection) -> None:
        if self.after:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("COMMIT")
            self._fail()

    def _fail(self) -> None:
        self.met += 1
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise OperationalError("COMMIT", None, full)


@contextmanager
def weather(store: Store) -> Iterator[Away]:
    away, engine = Away(), store._database._engine
    event.listen(engine, "begin", away.begin)
    event.listen(engine, "commit", away.commit)
    try:
        yield away
    finally:
        event.remove(engine, "begin", away.begin)
        event.remove(engine, "commit", away.commit)
