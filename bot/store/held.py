"""What was held back from channels and never told, or not yet: for digests, and for whoever asks why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from bot.domain import Channel
from bot.store.database import Database, reads
from bot.store.rows import channel_key, incidents_of
from bot.store.tables import CARD, INCIDENT
from bot.store.values import HeldCard


class Held:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def between(self, tx: Connection, channel: Channel, since: datetime, until: datetime) -> tuple[HeldCard, ...]:
        """The channel's cards of which something is held back that began to be so at or after ``since`` and before
        ``until``, oldest first. What was told since is not among them."""
        c = CARD.c
        query = (
            select(INCIDENT, c.held, c.held_since)
            .join_from(CARD, INCIDENT, c.incident == INCIDENT.c.pk)
            .where(c.channel == channel_key(tx, channel), ~c.dropped, c.held.is_not(None))
            .where(c.held_since >= since, c.held_since < until)
            .order_by(c.held_since, c.pk)
        )
        rows = tx.execute(query).all()
        return tuple(
            HeldCard(incident, row.held, row.held_since)
            for row, incident in zip(rows, incidents_of(tx, rows), strict=True)
        )
