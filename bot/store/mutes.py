"""Mutes: what a channel wants no posts of for a while. It catches up on what it misses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, case, func, or_, select, true, update

from bot.domain import ActiveMute, Channel, HeldReason, Mute, Slug
from bot.store import due
from bot.store.database import Database, reads, writes
from bot.store.json_columns import dump_ignored
from bot.store.rows import WHILE_OPEN, channel_key, incidents_of, mute_of
from bot.store.tables import CARD, INCIDENT, SUBSCRIPTION


class Mutes:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def mute(self, tx: Connection, channel: Channel, slug: Slug, incident_id: str, mute: Mute, now: datetime) -> bool:
        """Mute the channel's card of this incident; false if it has none."""
        pk = _locked(tx, channel, slug)
        this = _wanted(pk, INCIDENT.c.slug == slug, INCIDENT.c.id == incident_id)
        until = WHILE_OPEN if mute.until is None else mute.until
        why = dump_ignored(mute.ignored) if mute.ignored else None
        return _change(tx, pk, this, now, muted_until=until, ignored=why)

    @writes
    def mute_vendor(self, tx: Connection, channel: Channel, slug: Slug, mute: Mute, now: datetime) -> bool:
        """Mute all that this vendor has and will have before the mute is over, or, as long as each goes on, the
        incidents that are open now. False if the channel does not subscribe to it, or if nothing is open.

        What is muted for as long as it goes on stays so.
        """
        pk = _locked(tx, channel, slug)
        theirs = _wanted(pk, INCIDENT.c.slug == slug)
        if mute.until is None:
            return _change(tx, pk, theirs & CARD.c.incident.in_(_open(slug)), now, muted_until=WHILE_OPEN, ignored=None)
        s = SUBSCRIPTION.c
        its_own = update(SUBSCRIPTION).where(s.channel == pk, s.slug == slug)
        if not tx.execute(its_own.values(muted_until=mute.until)).rowcount:
            return False
        if pk is not None:
            due.mark_board(tx, pk)
        c = CARD.c
        stays = c.muted_until == WHILE_OPEN
        ended_silently = c.held.in_([HeldReason.MUTED, HeldReason.IGNORED]) & c.muted_until.is_(None) & ~c.catch_up
        ended_silently &= c.incident.not_in(_open(slug))
        until, why = case((stays, c.muted_until), else_=mute.until), case((stays, c.ignored), else_=None)
        _change(tx, pk, theirs & func.coalesce(~ended_silently, true()), now, muted_until=until, ignored=why)
        return True

    @writes
    def unmute(
        self, tx: Connection, channel: Channel, slug: Slug | None, incident_id: str | None, now: datetime
    ) -> bool:
        """End the mute of one incident, of a vendor and all its incidents, or with ``None`` of everything; what was
        missed falls due, to be caught up on. False if nothing of it was muted."""
        pk = _locked(tx, channel, slug)
        i = INCIDENT.c
        which = ([] if slug is None else [i.slug == slug]) + ([] if incident_id is None else [i.id == incident_id])
        if pk is not None:
            due.mark_board(tx, pk)
        muted = _wanted(pk, *which) & CARD.c.muted_until.is_not(None)
        ended = _change(tx, pk, muted, now, muted_until=None, ignored=None, catch_up=True, deletions=0)
        if incident_id is None:
            s = SUBSCRIPTION.c
            theirs = (s.channel == pk) & (s.muted_until > now) & (true() if slug is None else s.slug == slug)
            ended = tx.execute(update(SUBSCRIPTION).where(theirs).values(muted_until=None)).rowcount > 0 or ended
        return ended

    @reads
    def of_channel(self, tx: Connection, channel: Channel, now: datetime) -> tuple[ActiveMute, ...]:
        """What is muted there now: vendors, then incidents that are not muted with all of their vendor's."""
        pk = channel_key(tx, channel)
        s, c, i = SUBSCRIPTION.c, CARD.c, INCIDENT.c
        vendors = select(s.slug, s.muted_until).where(s.channel == pk, s.muted_until > now).order_by(s.slug)
        vendor_mutes = {row.slug: row.muted_until for row in tx.execute(vendors)}
        query = (
            select(INCIDENT, c.muted_until, c.ignored)
            .join_from(CARD, INCIDENT, c.incident == i.pk)
            .where(c.channel == pk, ~c.dropped, c.muted_until > now, or_(c.muted_until != WHILE_OPEN, i.open))
            .order_by(i.slug, i.started, i.pk)
        )
        rows = [row for row in tx.execute(query) if vendor_mutes.get(row.slug) != row.muted_until]
        muted = [ActiveMute(Slug(slug), Mute(until)) for slug, until in vendor_mutes.items()]
        for row, incident in zip(rows, incidents_of(tx, rows), strict=True):
            mute = mute_of(row.muted_until, row.ignored)
            if mute is not None and mute.of(incident) is mute:
                muted.append(ActiveMute(incident.vendor, mute, incident))
        return tuple(muted)


def _locked(tx: Connection, channel: Channel, slug: Slug | None) -> int | None:
    pk = channel_key(tx, channel)
    s = SUBSCRIPTION.c
    slugs = [slug] if slug else tx.scalars(select(s.slug).where(s.channel == pk, s.muted_until.is_not(None))).all()
    due.lock_pages(tx, slugs)
    due.take_up(tx, pk)
    return pk


def _open(slug: Slug) -> Any:
    return select(INCIDENT.c.pk).where(INCIDENT.c.slug == slug, INCIDENT.c.open)


def _wanted(channel: int | None, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """The channel's cards of these incidents."""
    c = CARD.c
    cards = (c.channel == channel) & ~c.dropped
    return cards & c.incident.in_(select(INCIDENT.c.pk).where(*which)) if which else cards


def _change(tx: Connection, channel: int | None, which: ColumnElement[bool], now: datetime, **values: Any) -> bool:
    """Change these cards and let delivery look at them again; whether there are any."""
    c = CARD.c
    change: Update = update(CARD).where(which)
    changed = tx.execute(change.values(version=c.version + 1, due_since=due.earliest(c.due_since, now), **values))
    if changed.rowcount and channel is not None:
        due.recompute_channel_due(tx, channel)
        due.mark_board(tx, channel)
    return changed.rowcount > 0
