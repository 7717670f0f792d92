"""What was held back from channels and never told, or not yet: for digests, and for whoever asks why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, select

from bot.domain import Channel, HeldReason, Workspace
from bot.store.database import Database, reads
from bot.store.rows import channel_key, channel_of, incidents_of, is_channel, mute_of, settings_of
from bot.store.tables import CARD, CHANNEL, INCIDENT
from bot.store.values import HeldCard, HeldNow


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

    @reads
    def now(self, tx: Connection, shown: Channel | Workspace, now: datetime) -> tuple[HeldNow, ...]:
        """Cards of what is open, and of what quiet hours keep a word about, that are muted or held back at ``now``, by
        channel, oldest first."""
        h, c, i = CHANNEL.c, CARD.c, INCIDENT.c
        here = is_channel(shown) if isinstance(shown, Channel) else _of(shown)
        channels = {row.pk: row for row in tx.execute(select(CHANNEL).where(here))}
        muted = c.muted_until > now
        # Follows from the rest, and is what the index holds.
        kept_back = or_(c.held.is_not(None), c.muted_until.is_not(None))
        query = (
            select(INCIDENT, c.channel.label("card_channel"), c.held, c.muted_until, c.ignored)
            .join_from(CARD, INCIDENT, c.incident == i.pk)
            .join(CHANNEL, c.channel == h.pk)
            .where(here, kept_back, ~c.dropped)
            .where(or_(i.open & or_(muted, c.held.is_not(None)), c.held == HeldReason.QUIET_HOURS))
            .order_by(h.id, i.started, i.pk)
        )
        rows = tx.execute(query).all()
        found = []
        for row, incident in zip(rows, incidents_of(tx, rows), strict=True):
            channel = channels[row.card_channel]
            mute = mute_of(row.muted_until, row.ignored)
            reason = row.held or (HeldReason.IGNORED if mute and mute.ignored else HeldReason.MUTED)
            found.append(HeldNow(channel_of(channel), settings_of(channel), incident, reason, mute))
        return tuple(found)


def _of(workspace: Workspace) -> ColumnElement[bool]:
    return (CHANNEL.c.platform == workspace.platform) & (CHANNEL.c.workspace == workspace.id)
