"""Lets go of what is old: cards, former texts and states of what is long over, level spans once each day's minutes are
counted.

Incidents and their updates stay.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, delete, func, select

from bot.domain import Level, Slug, level_word
from bot.store.database import Database, reads, writes
from bot.store.tables import AUDIT, CARD, DAILY, INCIDENT, REVISION, SPAN, STATE
from bot.store.values import DailyMinutes, Forgotten

BATCH = 500
"""Rows of each table that one transaction lets go of: a few milliseconds, for nobody else can write meanwhile."""


class Retention:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def forget(self, tx: Connection, before: datetime, limit: int = BATCH) -> Forgotten:
        """Some of what was over before then, to be called until nothing is left. A card that is due, or of an incident
        that goes on, is kept whatever its age."""
        return Forgotten(
            _cards(tx, before, limit),
            _revisions(tx, before, limit),
            self._spans(tx, before, limit),
            _states(tx, before, limit),
            _audit(tx, before, limit),
        )

    @reads
    def daily_minutes(self, tx: Connection, slug: Slug, since: date) -> tuple[DailyMinutes, ...]:
        """What was kept of the level spans that were let go, from that day on."""
        d = DAILY.c
        query = select(DAILY).where(d.slug == slug, d.day >= since.isoformat()).order_by(d.day, d.component, d.level)
        return tuple(
            DailyMinutes(date.fromisoformat(row.day), row.component or None, _level(row.level), row.minutes)
            for row in tx.execute(query)
        )

    def _spans(self, tx: Connection, before: datetime, limit: int) -> int:
        s = SPAN.c
        rows = tx.execute(select(SPAN).where(s.ended < before).order_by(s.ended, s.pk).limit(limit)).all()
        minutes: defaultdict[tuple[str, str, str, str], float] = defaultdict(float)
        for row in rows:
            for day, lasted in _days(row.started, row.ended):
                minutes[row.slug, row.component, day.isoformat(), level_word(row.level)] += lasted / timedelta(
                    minutes=1
                )
        if minutes:
            insert = self._database.insert(DAILY)
            insert = insert.on_conflict_do_update(
                index_elements=["slug", "component", "day", "level"],
                set_={"minutes": DAILY.c.minutes + insert.excluded.minutes},
            )
            names = ("slug", "component", "day", "level")
            tx.execute(insert, [dict(zip(names, key, strict=True), minutes=m) for key, m in sorted(minutes.items())])
            tx.execute(delete(SPAN).where(s.pk.in_([row.pk for row in rows])))
        return len(rows)


def _cards(tx: Connection, before: datetime, limit: int) -> int:
    c, i = CARD.c, INCIDENT.c
    last_sign = func.coalesce(c.posted_at, c.root_at, c.created_at, type_=c.created_at.type)
    over = [~i.open, func.coalesce(i.ended, i.started, type_=i.started.type) < before]
    idle = [c.due_since.is_(None), c.intent.is_(None), last_sign < before]
    found = select(c.pk).join_from(CARD, INCIDENT, c.incident == i.pk).where(*over, *idle).order_by(c.pk).limit(limit)
    keys = tx.scalars(found.with_for_update(of=CARD, skip_locked=True)).all()
    if keys:
        tx.execute(delete(CARD).where(c.pk.in_(keys)))
    return len(keys)


def _revisions(tx: Connection, before: datetime, limit: int) -> int:
    r = REVISION.c
    keys = tx.scalars(select(r.pk).where(r.replaced_at < before).order_by(r.pk).limit(limit)).all()
    if keys:
        tx.execute(delete(REVISION).where(r.pk.in_(keys)))
    return len(keys)


def _states(tx: Connection, before: datetime, limit: int) -> int:
    s, i = STATE.c, INCIDENT.c
    over = [~i.open, func.coalesce(i.ended, i.started, type_=i.started.type) < before]
    found = select(s.pk).join_from(STATE, INCIDENT, s.incident == i.pk).where(*over, s.at < before)
    keys = tx.scalars(found.order_by(s.pk).limit(limit)).all()
    if keys:
        tx.execute(delete(STATE).where(s.pk.in_(keys)))
    return len(keys)


def _audit(tx: Connection, before: datetime, limit: int) -> int:
    a = AUDIT.c
    keys = tx.scalars(select(a.pk).where(a.created_at < before).order_by(a.created_at).limit(limit)).all()
    if keys:
        tx.execute(delete(AUDIT).where(a.pk.in_(keys)))
    return len(keys)


def _days(start: datetime, end: datetime) -> list[tuple[date, timedelta]]:
    """How long it lasted on each of its days, in UTC."""
    found, at = [], start
    while at < end:
        midnight = datetime.combine(at.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        found.append((at.astimezone(UTC).date(), min(midnight, end) - at))
        at = midnight
    return found


def _level(word: str) -> Level | None:
    return Level.__members__.get(word.upper())
