"""The processes that run the bot on this database: each has a row with a heartbeat, and its leases name it.

One that is silent for ``SILENT_S`` is dead: its row is deleted, what it held is free, and what it writes back late is
refused. On PostgreSQL the server's clock alone decides. An SQLite file has one process at a time (``FileLock``), and
whoever starts on it buries those before it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, delete, func, literal, select, true, update

from bot.domain.role import Role
from bot.store.database import Database, reads, writes
from bot.store.json_columns import dump_report, load_report
from bot.store.leases import free_all, held_by_each, shards_of_each
from bot.store.tables import PROCESS
from bot.store.values import ProcessIdentity, ProcessReport, ProcessState

BEAT_S = 5.0
SILENT_S = 3 * BEAT_S
"""Two heartbeats may come late; after three, nobody is there."""
_ROLES = frozenset(role.value for role in Role)


class Processes:
    """``silent_s``: who says nothing for so many seconds is dead."""

    def __init__(self, database: Database, silent_s: float = SILENT_S) -> None:
        self._database = database
        self.silent_s = silent_s

    def join(self, identity: ProcessIdentity) -> tuple[ProcessIdentity, ...]:
        """From now on leases of this store name the process. Returns those that were found dead."""
        dead = self._join(identity)
        self._database.process = identity.id
        return dead

    @writes
    def _join(self, tx: Connection, identity: ProcessIdentity) -> tuple[ProcessIdentity, ...]:
        now = identity.started_at
        dead = self._bury(tx, true() if self._database.sqlite else self._silent(), now)
        if self._database.sqlite:
            # Nobody else has the file: leases that name nobody are of the dead, too.
            free_all(tx, lambda _: true(), now)
        named = {"id": identity.id, "host": identity.host, "pid": identity.pid, "started_at": now}
        named |= {"roles": ",".join(identity.roles), "version": identity.version}
        fresh = {"heartbeat_at": self._clock(now), "report": dump_report(ProcessReport())}
        tx.execute(PROCESS.insert().values(named | fresh))
        return dead

    @writes
    def beat(self, tx: Connection, report: ProcessReport, now: datetime) -> tuple[ProcessIdentity, ...] | None:
        """A sign of life. Returns the processes that were found dead; ``None``: this one was, and has to join again.

        After a silence of its own, for which the database may be to blame, a process buries nobody yet.
        """
        p = PROCESS.c
        was_silent = tx.scalar(select(self._silent()).where(p.id == self._database.process))
        if was_silent is None:
            return None
        beat = {"heartbeat_at": self._clock(now), "report": dump_report(report)}
        tx.execute(update(PROCESS).where(p.id == self._database.process).values(beat))
        return () if was_silent else self._bury(tx, self._silent() & (p.id != self._database.process), now)

    @writes
    def leave(self, tx: Connection, now: datetime) -> None:
        """The process ends: what it holds is free at once."""
        free_all(tx, lambda holder: holder == self._database.process, now)
        tx.execute(delete(PROCESS).where(PROCESS.c.id == self._database.process))

    @reads
    def all(self, tx: Connection, now: datetime) -> tuple[ProcessState, ...]:
        """Those that were not found dead, the oldest first."""
        p = PROCESS.c
        at = literal(now, p.heartbeat_at.type) if self._database.sqlite else _server_time()
        rows = tx.execute(select(PROCESS, at.label("at")).order_by(p.started_at, p.id)).all()
        (pages, channels), shards = held_by_each(tx), shards_of_each(tx)
        return tuple(
            ProcessState(
                _identity(row),
                row.at - row.heartbeat_at,
                load_report(row.report),
                pages.get(row.id, 0),
                channels.get(row.id, 0),
                shards.get(row.id, ()),
            )
            for row in rows
        )

    @reads
    def roles(self, tx: Connection) -> frozenset[Role]:
        """Those that some process has which is not silent."""
        alive = tx.execute(select(PROCESS).where(~self._silent()))
        return frozenset(role for row in alive for role in _identity(row).roles)

    def _clock(self, now: datetime) -> Any:
        return now if self._database.sqlite else _server_time()

    def _silent(self) -> ColumnElement[bool]:
        if self._database.sqlite:
            return literal(False)
        silent: ColumnElement[bool] = PROCESS.c.heartbeat_at < _server_time() - timedelta(seconds=self.silent_s)
        return silent

    def _bury(self, tx: Connection, which: ColumnElement[bool], now: datetime) -> tuple[ProcessIdentity, ...]:
        """A claim of one of them comes before this, and is freed, or waits for it, and fails (``leases.may_claim``)."""
        dead = tx.execute(select(PROCESS).where(which).order_by(PROCESS.c.id).with_for_update(skip_locked=True)).all()
        ids = [row.id for row in dead]
        if ids:
            free_all(tx, lambda holder: holder.in_(ids), now)
            tx.execute(delete(PROCESS).where(PROCESS.c.id.in_(ids)))
        return tuple(map(_identity, dead))


def _identity(row: Any) -> ProcessIdentity:
    roles = tuple(Role(word) for word in (row.roles or "").split(",") if word in _ROLES)
    return ProcessIdentity(row.id, row.host, row.pid, row.started_at, roles, row.version or "")


def _server_time() -> Any:
    return func.clock_timestamp(type_=DateTime(timezone=True))
