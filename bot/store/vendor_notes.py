"""Vendor notes: a workspace's own words on a vendor, which stand on its cards of that vendor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select, update

from bot.domain import Channel, Slug, VendorNote
from bot.store import due
from bot.store.database import Database, reads, writes
from bot.store.signals import Signal, signal
from bot.store.tables import CARD, CHANNEL, INCIDENT, VENDOR_NOTE


class VendorNotes:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def of(self, tx: Connection, channel: Channel) -> Mapping[Slug, VendorNote]:
        """All notes of the channel's workspace, by vendor."""
        rows = tx.execute(select(VENDOR_NOTE).where(_workspace(channel)).order_by(VENDOR_NOTE.c.slug))
        return {Slug(row.slug): VendorNote(Slug(row.slug), row.text, row.created_by, row.created_at) for row in rows}

    @writes
    def put(self, tx: Connection, channel: Channel, note: VendorNote) -> None:
        """In place of what the workspace noted on that vendor before. Its cards of what is open there fall due."""
        key = {"platform": channel.platform, "workspace": channel.workspace, "slug": note.vendor}
        values = {"text": note.text, "created_by": note.created_by, "created_at": note.created_at}
        insert = self._database.insert(VENDOR_NOTE).values(key | values)
        _lock(tx, channel, note.vendor)
        tx.execute(insert.on_conflict_do_update(index_elements=[*key], set_=values))
        _mark_cards(tx, channel, note.vendor, note.created_at)

    @writes
    def remove(self, tx: Connection, channel: Channel, slug: Slug, now: datetime) -> bool:
        """The same with no note at all; false if there was none."""
        _lock(tx, channel, slug)
        its_own = _workspace(channel) & (VENDOR_NOTE.c.slug == slug)
        if not tx.execute(delete(VENDOR_NOTE).where(its_own)).rowcount:
            return False
        _mark_cards(tx, channel, slug, now)
        return True


def _workspace(channel: Channel) -> ColumnElement[bool]:
    n = VENDOR_NOTE.c
    return (n.platform == channel.platform) & (n.workspace == channel.workspace)


def _channels(channel: Channel) -> ColumnElement[bool]:
    return (CHANNEL.c.platform == channel.platform) & (CHANNEL.c.workspace == channel.workspace)


def _lock(tx: Connection, channel: Channel, slug: Slug) -> None:
    due.lock_pages(tx, [slug])
    due.lock_channels(tx, _channels(channel))


def _mark_cards(tx: Connection, channel: Channel, slug: Slug, now: datetime) -> None:
    c = CARD.c
    still_open = select(INCIDENT.c.pk).where(INCIDENT.c.slug == slug, INCIDENT.c.open)
    theirs = c.channel.in_(select(CHANNEL.c.pk).where(_channels(channel))) & c.incident.in_(still_open)
    shown = theirs & ~c.dropped & c.flood.is_(None)
    changed = tx.execute(
        update(CARD).where(shown).values(version=c.version + 1, due_since=due.earliest(c.due_since, now))
    )
    if changed.rowcount:
        concerned = CHANNEL.c.pk.in_(select(c.channel).where(shown))
        tx.execute(update(CHANNEL).where(concerned).values(due_since=due.earliest(CHANNEL.c.due_since, now)))
        signal(tx, Signal.CARDS)
