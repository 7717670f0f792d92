"""Acks: who of a channel is on an incident, for its card to say."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.domain import Ack, Channel, Slug
from bot.store import due
from bot.store.database import Database, writes
from bot.store.rows import channel_key
from bot.store.tables import CARD, INCIDENT


class Acks:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def put(
        self, tx: Connection, channel: Channel, slug: Slug, incident_id: str, ack: Ack | None, at: datetime
    ) -> bool:
        """Whose ack it is from now on, ``None``: nobody's. The card falls due at ``at``; false if the channel has
        none."""
        c, i = CARD.c, INCIDENT.c
        pk = channel_key(tx, channel)
        due.take_up(tx, pk)
        this = (c.channel == pk) & ~c.dropped & c.incident.in_(select(i.pk).where(i.slug == slug, i.id == incident_id))
        whose = {
            "acked_by": ack.by if ack else None,
            "acked_name": ack.name or None if ack else None,
            "acked_at": ack.at if ack else None,
        }
        looked_at = {"version": c.version + 1, "due_since": due.earliest(c.due_since, at)}
        changed = tx.execute(update(CARD).where(this).values(**whose, **looked_at)).rowcount > 0
        if changed and pk is not None:
            due.recompute_channel_due(tx, pk)
        return changed
