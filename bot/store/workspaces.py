"""Whole workspaces: every channel of one at once, when a chat platform's installation goes or comes back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from bot.store.database import Database, writes
from bot.store.tables import CARD, CHANNEL
from bot.store.values import Health


class Workspaces:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def suspend(self, tx: Connection, platform: str, workspace: str, reason: str, now: datetime) -> int:
        """Nothing is sent there until it is revived; returns how many channels that stops. ``reason``: a sentence with
        its remedy. Nobody is told: nobody there can be."""
        c = CHANNEL.c
        well = _of(platform, workspace) & (c.health != Health.SUSPENDED)
        ill = {"health": Health.SUSPENDED, "reason": reason, "since": now, "tries": 0, "told": True}
        return tx.execute(update(CHANNEL).where(well).values(not_before=None, **ill)).rowcount

    @writes
    def revive(self, tx: Connection, platform: str, workspace: str) -> int:
        """Make all its channels active at once, what they missed folded; returns how many were not."""
        c = CHANNEL.c
        ill = _of(platform, workspace) & (c.health != Health.ACTIVE)
        pks = tx.scalars(select(c.pk).where(ill)).all()
        if pks:
            healthy = {"health": Health.ACTIVE, "reason": None, "since": None, "tries": 0, "told": False}
            tx.execute(update(CHANNEL).where(ill).values(not_before=None, **healthy))
            missed = CARD.c.channel.in_(pks) & CARD.c.due_since.is_not(None)
            tx.execute(update(CARD).where(missed).values(fold=True))
        return len(pks)


def _of(platform: str, workspace: str) -> ColumnElement[bool]:
    return (CHANNEL.c.platform == platform) & (CHANNEL.c.workspace == workspace)
