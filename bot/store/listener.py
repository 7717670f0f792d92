"""Hears what other processes signal: a connection of its own, outside the pool."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.store.database import Database, StoreUnavailable
from bot.store.signals import TOPIC, Signal

PROBE_S = 2.0
"""A signal of one's own that has not come by then does not come through."""


class Listener:
    """Its methods may block: not for the event loop. One thread at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Any = None

    def connect(self) -> bool:
        """Listen from now on; whether signals come through: a pooler such as PgBouncer in transaction mode lets none.
        Raises :class:`StoreUnavailable`."""
        self.close()
        if self._database.sqlite:
            return False
        try:
            self._connection = self._database.detached()
            heard = self._connection is not None and self._listens()
        except (SQLAlchemyError, self._database.driver_error) as error:
            self.close()
            raise StoreUnavailable(str(error)) from error
        if not heard:
            self.close()
        return heard

    @property
    def descriptor(self) -> int:
        """It is readable when there is something to :meth:`take`, or the connection is lost."""
        return int(self._connection.fileno())

    def take(self) -> frozenset[Signal]:
        """What has come. Raises :class:`StoreUnavailable` once the connection is lost."""
        try:
            words = {heard.payload for heard in self._connection.notifies(timeout=0)}
        except self._database.driver_error as error:
            self.close()
            raise StoreUnavailable(str(error)) from error
        return frozenset(kind for kind in Signal if kind.value in words)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(self._database.driver_error):
                connection.close()

    def _listens(self) -> bool:
        """A signal of its own tells whether any comes through."""
        self._connection.autocommit = True
        self._connection.execute(f"LISTEN {TOPIC}")
        probe, end = uuid4().hex, time.monotonic() + PROBE_S
        self._database.write(lambda tx: tx.execute(select(func.pg_notify(TOPIC, probe))))
        while (left := end - time.monotonic()) > 0:
            if any(heard.payload == probe for heard in self._connection.notifies(timeout=left, stop_after=1)):
                return True
        return False
