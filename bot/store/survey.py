"""What an operator wants to know of everything at once. Reads only, asked by hand: nothing here is fast or kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.domain import Slug
from bot.store.codec import load_filter
from bot.store.database import Database, reads
from bot.store.rows import components_of, unreadable_of, vendor_of
from bot.store.tables import CHANNEL, COMPONENT, INCIDENT, PAGE, SUBSCRIPTION
from bot.store.values import Filtered, Health, KindCount, Lag, Moved, Unknowns, Unread

_KIND = func.coalesce(PAGE.c.detected, PAGE.c.kind)


class Survey:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def kinds(self, tx: Connection) -> tuple[KindCount, ...]:
        """Of the enabled pages, the commonest kind first."""
        p = PAGE.c
        unreadable = func.count().filter(p.unreadable_since.is_not(None))
        query = select(_KIND, func.count(), unreadable).where(p.enabled).group_by(_KIND)
        return tuple(KindCount(*row) for row in tx.execute(query.order_by(func.count().desc(), _KIND)))

    @reads
    def unreadable(self, tx: Connection, limit: int) -> tuple[Unread, ...]:
        """Enabled pages that cannot be read now: those that somebody subscribes to first, the oldest trouble first."""
        p = PAGE.c
        query = select(PAGE).where(p.enabled, p.unreadable_since.is_not(None))
        query = query.order_by(p.watched.desc(), p.unreadable_since, p.slug).limit(limit)
        found = ((vendor_of(row), unreadable_of(row), row.watched) for row in tx.execute(query))
        return tuple(Unread(vendor, why, watched) for vendor, why, watched in found if why is not None)

    @reads
    def unread_and_watched(self, tx: Connection) -> int:
        """How many pages that somebody subscribes to cannot be read now."""
        p = PAGE.c
        query = select(func.count()).where(p.enabled, p.watched, p.unreadable_since.is_not(None))
        return tx.scalar(query) or 0

    @reads
    def moved(self, tx: Connection, limit: int) -> tuple[Moved, ...]:
        """Pages that are read at another place than they once were; the newest move first."""
        p = PAGE.c
        query = select(PAGE).where(p.moved_at.is_not(None)).order_by(p.moved_at.desc(), p.slug).limit(limit)
        return tuple(Moved(vendor_of(row), row.moved_from, row.moved_url, row.moved_at) for row in tx.execute(query))

    @reads
    def filters(self, tx: Connection) -> tuple[Filtered, ...]:
        """Every filter that was typed for a page that was read, once for all of its channels, by vendor."""
        s, p = SUBSCRIPTION.c, PAGE.c
        pages = select(PAGE, s.filter, func.count().label("channels")).join_from(PAGE, SUBSCRIPTION, s.slug == p.slug)
        rows = tx.execute(
            pages.where(s.filter != "{}", p.taken_at.is_not(None)).group_by(p.slug, s.filter).order_by(p.slug, s.filter)
        ).all()
        components = components_of(tx, {row.slug for row in rows})
        return tuple(
            Filtered(vendor_of(row), load_filter(row.filter), row.channels, tuple(components[row.slug].values()))
            for row in rows
        )

    @reads
    def unknowns(self, tx: Connection) -> tuple[Unknowns, ...]:
        """Kinds with components of unknown level or incidents of unknown phase: words that their pages have and their
        providers do not know."""
        c, i, p = COMPONENT.c, INCIDENT.c, PAGE.c
        of_part = func.count().filter(c.level.is_(None))
        parts = (
            select(_KIND, func.count(), of_part, func.min(p.slug).filter(c.level.is_(None)))
            .join_from(COMPONENT, PAGE, c.slug == p.slug)
            .where(p.enabled, ~c.gone)
            .group_by(_KIND)
        )
        of_phase = func.count().filter(i.phase.is_(None))
        incidents = (
            select(_KIND, of_phase, func.min(p.slug).filter(i.phase.is_(None)))
            .join_from(INCIDENT, PAGE, i.slug == p.slug)
            .where(p.enabled)
            .group_by(_KIND)
        )
        phases = {kind: (unknown, slug) for kind, unknown, slug in tx.execute(incidents)}
        found = {kind: (total, unknown, slug) for kind, total, unknown, slug in tx.execute(parts)}
        told = []
        for kind in sorted({*phases, *found}, key=str):
            total, unknown, slug = found.get(kind, (0, 0, None))
            phaseless, other = phases.get(kind, (0, None))
            if unknown or phaseless:
                told.append(Unknowns(kind or "", total, unknown, phaseless, Slug(slug or other)))
        return tuple(told)

    @reads
    def lag(self, tx: Connection, now: datetime) -> Lag:
        """Channels that are owed something and can be reached, and since when the longest-waiting one is."""
        c = CHANNEL.c
        query = select(func.count(), func.min(c.due_since, type_=c.due_since.type))
        owed, since = tx.execute(query.where(c.due_since <= now, c.health != Health.SUSPENDED)).one()
        return Lag(owed, since)
