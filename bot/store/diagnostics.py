"""What an operator wants to know of everything at once. Reads only, run by hand: nothing here is fast or cached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, Table, column, func, inspect, or_, select, table, text, true

from bot.domain import OWN, Health, Slug, Vendor
from bot.store.database import Database, reads
from bot.store.json_columns import load_filter, load_memory, load_validators
from bot.store.rows import components_of, unreadable_of, vendor_of
from bot.store.tables import CARD, CHANNEL, COMPONENT, INCIDENT, PAGE, SUBSCRIPTION
from bot.store.values import (
    DeliveryLag,
    DetectedPage,
    FilterUsage,
    KindCount,
    MovedPage,
    RawField,
    Totals,
    UnknownWords,
    UnreadablePage,
    Vitals,
)

_SLACK_BOTS = table("slack_bots", *map(column, ("team_id", "enterprise_id", "bot_scopes", "installed_at")))
"""slack_sdk's table, made where the app is installed by OAuth."""
_KIND = func.coalesce(PAGE.c.detected, PAGE.c.kind)


class Diagnostics:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def slack_scopes(self, tx: Connection) -> dict[str, str]:
        """By workspace or organisation, what its newest installation by OAuth was granted, comma-separated."""
        if not inspect(tx).has_table(_SLACK_BOTS.name):
            return {}
        rows = tx.execute(select(_SLACK_BOTS).order_by(_SLACK_BOTS.c.installed_at)).all()
        return {row.team_id or row.enterprise_id or "": row.bot_scopes or "" for row in rows}

    @reads
    def platforms(self, tx: Connection) -> frozenset[str]:
        """Those that a channel on record is of."""
        return frozenset(tx.scalars(select(CHANNEL.c.platform).distinct()))

    @reads
    def kinds(self, tx: Connection) -> tuple[KindCount, ...]:
        """Of the enabled pages, the commonest kind first."""
        p = PAGE.c
        unreadable = func.count().filter(p.unreadable_since.is_not(None))
        query = select(_KIND, func.count(), unreadable).where(p.enabled).group_by(_KIND)
        return tuple(KindCount(*row) for row in tx.execute(query.order_by(func.count().desc(), _KIND.nulls_first())))

    @reads
    def unreadable(self, tx: Connection, limit: int) -> tuple[UnreadablePage, ...]:
        """Enabled pages that cannot be read now: those with subscribers first, the longest unreadable first."""
        p = PAGE.c
        query = select(PAGE).where(p.enabled, p.unreadable_since.is_not(None))
        query = query.order_by(p.watched.desc(), p.unreadable_since, p.slug).limit(limit)
        found = ((vendor_of(row), unreadable_of(row), row.watched) for row in tx.execute(query))
        return tuple(UnreadablePage(vendor, why, watched) for vendor, why, watched in found if why is not None)

    @reads
    def unreadable_and_watched(self, tx: Connection) -> int:
        """How many pages that somebody subscribes to cannot be read now."""
        p = PAGE.c
        query = select(func.count()).where(p.enabled, p.watched, p.unreadable_since.is_not(None))
        return tx.scalar(query) or 0

    @reads
    def moved(self, tx: Connection, limit: int) -> tuple[MovedPage, ...]:
        """Pages that are read at another place than they once were; the newest move first."""
        p = PAGE.c
        query = select(PAGE).where(p.moved_at.is_not(None)).order_by(p.moved_at.desc(), p.slug).limit(limit)
        return tuple(
            MovedPage(vendor_of(row), row.moved_from, row.moved_url, row.moved_at) for row in tx.execute(query)
        )

    @reads
    def detected(self, tx: Connection) -> tuple[DetectedPage, ...]:
        """The catalog's enabled pages that were found to be otherwise than it has them and can be read now; by slug."""
        p, c = PAGE.c, COMPONENT.c
        listed = select(func.count()).where(c.slug == p.slug, ~c.gone).scalar_subquery()
        query = select(PAGE, listed.label("components")).where(
            p.enabled,
            p.category != OWN,
            p.detected.is_not(None),
            p.read_at.is_not(None),
            p.unreadable_since.is_(None),
            or_(p.detected.is_distinct_from(p.kind), p.detected_url.is_distinct_from(p.page_url)),
        )
        return tuple(
            DetectedPage(
                vendor=replace(vendor_of(row), kind=row.kind, page_url=row.page_url),
                kind=row.detected,
                page_url=row.detected_url or row.page_url,
                read_at=row.read_at,
                status_text=row.status_text,
                components=row.components,
            )
            for row in tx.execute(query.order_by(p.slug))
        )

    @reads
    def distrusted(self, tx: Connection, now: datetime) -> tuple[Vendor, ...]:
        """Of the enabled pages, those whose validators have lied lately; by slug."""
        p = PAGE.c
        query = select(PAGE).where(p.enabled, p.validators != "{}").order_by(p.slug)
        return tuple(
            vendor_of(row)
            for row in tx.execute(query)
            if any(v.distrusted_until and now < v.distrusted_until for v in load_validators(row.validators).values())
        )

    @reads
    def odd_dates(self, tx: Connection) -> tuple[tuple[Vendor, int, int], ...]:
        """Feeds with entries whose date cannot be read, and whose date names no zone, and how many of each; by slug."""
        p = PAGE.c
        query = select(PAGE).where(p.enabled, p.memory.is_not(None)).order_by(p.slug)
        found = ((vendor_of(row), load_memory(row.memory)) for row in tx.execute(query))
        return tuple((vendor, m.undated, m.zoneless) for vendor, m in found if m.undated or m.zoneless)

    @reads
    def filters(self, tx: Connection) -> tuple[FilterUsage, ...]:
        """Every filter that was typed for a page that was read, once for all of its channels, by vendor."""
        s, p = SUBSCRIPTION.c, PAGE.c
        pages = select(PAGE, s.filter, func.count().label("channels")).join_from(PAGE, SUBSCRIPTION, s.slug == p.slug)
        rows = tx.execute(
            pages.where(s.filter != "{}", p.taken_at.is_not(None)).group_by(p.slug, s.filter).order_by(p.slug, s.filter)
        ).all()
        components = components_of(tx, {row.slug for row in rows})
        return tuple(
            FilterUsage(vendor_of(row), load_filter(row.filter), row.channels, tuple(components[row.slug].values()))
            for row in rows
        )

    @reads
    def unknowns(self, tx: Connection, words: int) -> tuple[UnknownWords, ...]:
        """By kind, what its pages have that its provider does not know: components of unknown level, phases and impacts
        of incidents; with the ``words`` commonest of the pages' own words each."""
        c, i = COMPONENT.c, INCIDENT.c
        parts = (
            (RawField.STATE, COMPONENT, c.level.is_(None), c.raw_status, ~c.gone),
            (RawField.PHASE, INCIDENT, i.raw_phase.is_not(None), i.raw_phase, true()),
            (RawField.IMPACT, INCIDENT, i.raw_impact.is_not(None), i.raw_impact, true()),
        )
        found = (
            unknown
            for part, table, is_unknown, raw, listed in parts
            for unknown in self._unknown(tx, part, table, is_unknown, raw, listed, words)
        )
        return tuple(sorted(found, key=lambda unknown: unknown.kind))

    def _unknown(
        self,
        tx: Connection,
        part: RawField,
        table: Table,
        is_unknown: ColumnElement[bool],
        raw: Column[str | None],
        listed: ColumnElement[bool],
        words: int,
    ) -> Iterator[UnknownWords]:
        p = PAGE.c
        rows = select(_KIND, func.count(), func.count().filter(is_unknown), func.min(p.slug).filter(is_unknown))
        rows = rows.join_from(table, PAGE, table.c.slug == p.slug).where(p.enabled, listed).group_by(_KIND)
        for kind, total, unknown, slug in tx.execute(rows).all():
            if unknown:
                query = select(raw).join_from(table, PAGE, table.c.slug == p.slug)
                query = query.where(p.enabled, listed, is_unknown, raw.is_not(None), _KIND.is_not_distinct_from(kind))
                commonest = query.group_by(raw).order_by(func.count().desc(), raw).limit(words)
                yield UnknownWords(kind or "", part, total, unknown, tuple(tx.scalars(commonest)), Slug(slug))

    @reads
    def damage(self, tx: Connection) -> str | None:
        """What SQLite finds wrong with its file first; ``None``: nothing, or it is a server's business."""
        if not self._database.sqlite:
            return None
        found = str(tx.scalar(text("PRAGMA quick_check(1)")))
        return None if found == "ok" else found.replace("\n", " ")

    @reads
    def newest_reading(self, tx: Connection) -> tuple[datetime | None, float]:
        """When a page was last read, and the shortest interval, in seconds, at which one is to be."""
        p = PAGE.c
        newest = func.max(p.read_at, type_=p.read_at.type)
        row = tx.execute(select(newest, func.min(p.interval_s)).where(p.enabled)).one()
        return row[0], row[1] or 0.0

    @reads
    def oldest_due(self, tx: Connection, now: datetime) -> tuple[str, datetime] | None:
        """The page that waits longest to be read, by name, and since when; ``None``: none does."""
        p = PAGE.c
        query = select(p.name, p.due).where(p.enabled, p.due < now).order_by(p.due).limit(1)
        row = tx.execute(query).first()
        return None if row is None else (row.name, row.due)

    @reads
    def vitals(self, tx: Connection, now: datetime) -> Vitals:
        p = PAGE.c
        due = select(func.min(p.due, type_=p.due.type)).where(p.enabled, p.watched, p.due <= now)
        newest = tx.scalar(select(func.max(p.read_at, type_=p.read_at.type)))
        return Vitals(newest, tx.scalar(due), _lag(tx, now).since)

    @reads
    def totals(self, tx: Connection, now: datetime) -> Totals:
        p, c = PAGE.c, CHANNEL.c
        read, readable = p.read_at.is_not(None), p.unreadable_since.is_(None)
        pages = tx.execute(
            select(
                func.count().filter(readable, read).label("readable"),
                func.count().filter(~readable).label("unreadable"),
                func.count().filter(readable, ~read).label("unread"),
            ).where(p.enabled)
        ).one()
        channels = tx.execute(select(c.platform, c.health, func.count()).group_by(c.platform, c.health))
        watched = tx.execute(select(p.slug, p.level, p.read_at).where(p.enabled, p.watched)).all()
        no_drill = CARD.c.mode.is_(None)
        due, intent = no_drill & (CARD.c.due_since <= now), no_drill & CARD.c.intent.is_not(None)
        return Totals(
            {(name,): number for name, number in pages._mapping.items()},
            {(platform, health.value): number for platform, health, number in channels},
            tx.scalar(select(func.count()).select_from(CARD).where(due)) or 0,
            tx.scalar(select(func.count()).select_from(CARD).where(intent)) or 0,
            {(row.slug,): int(row.level) for row in watched if row.level is not None},
            tuple((now - row.read_at).total_seconds() for row in watched if row.read_at),
        )

    @reads
    def lag(self, tx: Connection, now: datetime) -> DeliveryLag:
        """Channels where something is due and that can be reached, and since when the longest-waiting one waits."""
        return _lag(tx, now)


def _lag(tx: Connection, now: datetime) -> DeliveryLag:
    c = CHANNEL.c
    query = select(func.count(), func.min(c.due_since, type_=c.due_since.type))
    channels, since = tx.execute(query.where(c.due_since <= now, c.health != Health.SUSPENDED)).one()
    return DeliveryLag(channels, since)
