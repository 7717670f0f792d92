"""Jobs that are done now and then by one process of all, whoever asks first."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, update

from bot.store.database import Database, writes
from bot.store.tables import JOB

LEASE = timedelta(hours=1)
"""A process that does not finish a job by then is dead, or stopped."""


class Jobs:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def claim(self, tx: Connection, name: str, now: datetime, every: timedelta) -> bool:
        """Whether it is to be done now, by whoever asks: nobody else is told so before :data:`LEASE` has passed."""
        j = JOB.c
        tx.execute(self._database.insert(JOB).values(name=name, due=now).on_conflict_do_nothing())
        # Further ahead than it can be meant to: it was planned by a wrong clock.
        due = or_(j.due <= now, j.due > now + every + LEASE)
        return tx.execute(update(JOB).where(j.name == name, due).values(due=now + LEASE)).rowcount == 1

    @writes
    def done(self, tx: Connection, name: str, now: datetime, every: timedelta) -> None:
        """It was done, and is to be done again after this."""
        tx.execute(update(JOB).where(JOB.c.name == name).values(due=now + every))
