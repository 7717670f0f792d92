"""Says in the log that the database is away: once when it begins, once a minute, once when it is over.

Whoever meets the failure need not say it again: :class:`StoreUnavailable` is logged already.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from threading import Lock

import structlog
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

SAY_EVERY_S = 60.0
QUIET_S = 5.0
"""It is over only when nothing has failed for so long: a full disk takes a small write now and then."""

_BUGS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
_BUG_CLASSES = ("22", "23", "25", "42", "0A")
"""Of PostgreSQL's states, by their first two characters: what was asked is wrong, whatever the server's health."""
_UNAVAILABLE_STATES = ("25006", "25P03")
"""Among them, all the same: a standby that cannot be written, a transaction that was cut because it slept."""

log = structlog.get_logger(__name__)


def is_outage(error: SQLAlchemyError) -> bool:
    """Whether the database cannot do what would be right to ask: it is away, full, locked, broken or too busy."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError) or isinstance(error, _BUGS):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) != sqlite3.SQLITE_ERROR
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state in _UNAVAILABLE_STATES or not state.startswith(_BUG_CLASSES)


class Outage:
    """Safe from any thread. ``monotonic``: seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = Lock()
        self._since: float | None = None
        self._failed_at = self._said_at = 0.0
        self._writing = False

    def failed(self, reason: str, *, writing: bool) -> None:
        """A transaction failed for it. ``reason``: a sentence."""
        with self._lock:
            now = self._failed_at = self._monotonic()
            self._writing = self._writing or writing
            if self._since is not None and now - self._said_at < SAY_EVERY_S:
                return
            self._since, self._said_at = now if self._since is None else self._since, now
            log.error("store.unavailable", error=reason, for_s=round(now - self._since))

    def succeeded(self, *, writing: bool) -> None:
        """A transaction went through. While writes fail, reading is no sign that it is over."""
        if self._since is None:
            return
        with self._lock:
            now = self._monotonic()
            if self._since is None or now - self._failed_at < QUIET_S or (self._writing and not writing):
                return
            log.warning("store.available", after_s=round(now - self._since))
            self._since, self._writing = None, False
