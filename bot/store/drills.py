"""Drills: made-up incidents on record for one channel alone, which go on by the clock and end whatever happens.

A drill's page is a page of its own that no workspace has: it is hidden like all of those, never read, and forgotten a
day after its last drill with all that it had (:meth:`bot.store.own_pages.OwnPages.forget`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from bot.domain import Channel, Mode, Slug, Verdict, VerdictReason
from bot.domain.drill import STEPS, Drill, begin_drill, drill_incident, drill_vendor
from bot.store import due
from bot.store.channels import ensure_channel
from bot.store.database import Database, reads, writes
from bot.store.pages import FRESH, columns_of
from bot.store.rows import AnyRow, channel_key, channel_of
from bot.store.tables import CARD, CHANNEL, DRILL, PAGE
from bot.store.upserts import upsert_incidents

KEPT_WHILE_RUNNING = timedelta(days=365)
"""So far ahead lies the due time of a running drill's page, by which own pages are forgotten."""
MAX_ADVANCED = 50
"""Drills that one transaction takes on."""


class Drills:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def running(self, tx: Connection, channel: Channel) -> Drill | None:
        row = tx.execute(_DRILLS.where(DRILL.c.channel == channel_key(tx, channel))).one_or_none()
        return _drill(row) if row else None

    @writes
    def start(self, tx: Connection, channel: Channel, mode: Mode, by: str, now: datetime) -> bool:
        """Put its opening on record, with a card that is due in this channel; false if one runs there."""
        drill, vendor = begin_drill(channel, mode, by, now), drill_vendor(channel)
        page = columns_of(vendor) | FRESH | {"due": now + KEPT_WHILE_RUNNING}
        tx.execute(self._database.insert(PAGE).values(page).on_conflict_do_nothing())
        tx.execute(update(PAGE).where(PAGE.c.slug == vendor.slug).values(due=now + KEPT_WHILE_RUNNING))
        due.lock_pages(tx, [vendor.slug])
        key = ensure_channel(self._database, tx, channel)
        begun = self._database.insert(DRILL).values(
            channel=key, slug=vendor.slug, mode=mode, created_by=by, created_at=now, step=0, due=now + STEPS[1]
        )
        if tx.execute(begun.on_conflict_do_nothing().returning(DRILL.c.channel)).first() is None:
            return False
        incident = drill_incident(drill)
        keys = upsert_incidents(tx, vendor.slug, [incident], now)
        due.create_card(self._database, tx, key, keys[incident.id], Verdict(True, VerdictReason.TEST), now)
        tx.execute(update(CARD).where(CARD.c.incident == keys[incident.id]).values(mode=mode))
        due.mark_channels(tx, [keys[incident.id]], now)
        return True

    @writes
    def advance(self, tx: Connection, now: datetime) -> int:
        """Put on record what has become of those that are due; returns how many."""
        waiting = _DRILLS.where(DRILL.c.due <= now).order_by(DRILL.c.due).limit(MAX_ADVANCED)
        rows = tx.execute(waiting.with_for_update(of=DRILL, skip_locked=True)).all()
        for row in rows:
            self._advance(tx, _drill(row), row.channel, now)
        return len(rows)

    def _advance(self, tx: Connection, drill: Drill, key: int, now: datetime) -> None:
        # However late it is, each step is told: a crash must not make an end of an opening.
        drill = replace(drill, step=drill.step + 1)
        slug, incident = drill.vendor, drill_incident(drill)
        due.lock_pages(tx, [slug])
        due.lock_channels(tx, CHANNEL.c.pk == key)
        keys = upsert_incidents(tx, slug, [incident], now)
        due.mark_due(tx, keys.values(), now)
        due.mark_channels(tx, list(keys.values()), now)
        if drill.step + 1 < len(STEPS):
            next_at = max(drill.started_at + STEPS[drill.step + 1], now)
            tx.execute(update(DRILL).where(DRILL.c.channel == key).values(step=drill.step, due=next_at))
            return
        tx.execute(delete(DRILL).where(DRILL.c.channel == key))
        tx.execute(update(PAGE).where(PAGE.c.slug == slug).values(due=now))


_DRILLS = select(DRILL, *(CHANNEL.c[name] for name in ("platform", "workspace", "id"))).join_from(
    DRILL, CHANNEL, DRILL.c.channel == CHANNEL.c.pk
)


def _drill(row: AnyRow) -> Drill:
    return Drill(channel_of(row), row.mode, row.created_by, row.created_at, Slug(row.slug), row.step)
