"""What is new on record, in the order in which it came: updates of incidents, and levels of whole pages.

Rows are only ever added to the end of both, so that a place among them is a cursor that stays good.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, exists, func, select, text, true

from bot.domain import OWN, Level, Phase, Slug
from bot.store.database import Database, reads
from bot.store.tables import INCIDENT, PAGE, SPAN, UPDATE

NEAR = 1_000
"""Of so many rows at the end, those of some vendors are picked out; of more, they are searched for by vendor."""
RECENT = 10_000
"""Rows at the end of a table that transactions under way may have added to: more than any one adds."""
_LATE = "age({table}.xmin) <= age(pg_snapshot_xmin(pg_current_snapshot())::xid)"
"""Of rows on PostgreSQL: a transaction that began before theirs is still under way, and rows before them may come."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody has read."""

    update: int
    span: int


@dataclass(frozen=True, slots=True)
class NewUpdate:
    vendor: Slug
    incident: str
    title: str
    at: datetime
    phase: Phase | None
    text: str
    level: Level | None


@dataclass(frozen=True, slots=True)
class NewLevel:
    vendor: Slug
    at: datetime
    level: Level | None


class Feed:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def end(self, tx: Connection) -> Place:
        """The place after all that is there."""
        return self._end(tx)

    @reads
    def after(
        self, tx: Connection, place: Place, limit: int, slugs: Collection[Slug] = (), own: Collection[Slug] = ()
    ) -> tuple[tuple[NewUpdate | NewLevel, ...], Place]:
        """At most ``limit`` of each kind, and the place after them. ``slugs``: of these vendors alone; ``own``: of
        workspaces' own pages these."""
        end = self._end(tx)
        u, i, s = UPDATE.c, INCIDENT.c, SPAN.c
        updates = (
            select(u.pk, i.slug, i.id, i.title, i.level, u.at, u.phase, u.text)
            .join_from(UPDATE, INCIDENT, u.incident == i.pk)
            .where(u.pk > place.update, u.pk <= end.update, ~u.removed)
            .where(_is_of(i.slug, slugs, end.update - place.update), _is_shown(i.slug, own))
            .order_by(u.pk)
            .limit(limit)
        )
        spans = (
            select(s.pk, s.slug, s.started, s.level)
            .where(s.pk > place.span, s.pk <= end.span, s.component == "")
            .where(_is_of(s.slug, slugs, end.span - place.span), _is_shown(s.slug, own))
            .order_by(s.pk)
            .limit(limit)
        )
        found, levels = tx.execute(updates).all(), tx.execute(spans).all()
        entries: list[NewUpdate | NewLevel] = [
            NewUpdate(Slug(row.slug), row.id, row.title, row.at, row.phase, row.text, row.level) for row in found
        ]
        entries += [NewLevel(Slug(row.slug), row.started, row.level) for row in levels]
        reached = Place(
            found[-1].pk if len(found) == limit else max(end.update, place.update),
            levels[-1].pk if len(levels) == limit else max(end.span, place.span),
        )
        return tuple(sorted(entries, key=lambda entry: entry.at)), reached

    def _end(self, tx: Connection) -> Place:
        return Place(self._last(tx, UPDATE), self._last(tx, SPAN))

    def _last(self, tx: Connection, table: Table) -> int:
        if self._database.sqlite:
            return tx.scalar(select(func.max(table.c.pk))) or 0
        newest = tx.scalar(select(func.max(table.c.pk))) or 0
        recent = table.c.pk > newest - RECENT
        late = tx.scalar(select(func.min(table.c.pk)).where(recent, text(_LATE.format(table=table.name))))
        return newest if late is None else late - 1


def _is_of(slug: ColumnElement[str], slugs: Collection[Slug], rows: int) -> ColumnElement[bool]:
    """Whether one of so many rows is of these vendors, if any are named. Not by the bare column where the rows are few:
    SQLite would begin with all that the vendors ever had."""
    if not slugs:
        return true()
    return (slug.concat("") if rows <= NEAR else slug).in_(slugs)


def _is_shown(slug: ColumnElement[str], own: Collection[Slug]) -> ColumnElement[bool]:
    """Looked up for each row: PostgreSQL would weigh a list of what is hidden with each incident, and go through all of
    them."""
    return ~exists().where(PAGE.c.slug == slug, PAGE.c.category == OWN, PAGE.c.slug.not_in(own))
