"""Lets go of what is old: cards, former texts and states of what is long over, level spans once each day's minutes are
counted.

Incidents and their updates stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, select

from bot.domain import Level, Slug, level_word
from bot.store.database import Database, reads, writes
from bot.store.tables import AUDIT, CARD, DAILY, INCIDENT, REVISION, SPAN, STATE
from bot.store.values import DailyMinutes, Forgotten

BATCH = 500
"""Rows of each table that one transaction lets go of: a few milliseconds, for nobody else can write meanwhile."""

Keys = Sequence[int]


class Retention:
    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, before: datetime, limit: int = BATCH) -> Forgotten:
        """Some of what was over before then, to be called until nothing is left. A card that is due, or of an incident
        that goes on, is kept whatever its age."""
        # Looked for before anybody has to wait: that takes a walk through much that is kept.
        old = self._old(before, limit)
        return self._let_go(before, *old) if any(old) else Forgotten(0, 0, 0, 0)

    @reads
    def _old(self, tx: Connection, before: datetime, limit: int) -> list[Keys]:
        return [tx.scalars(old(before).limit(limit)).all() for old in (_cards, _revisions, _spans, _states, _audit)]

    @writes
    def _let_go(
        self, tx: Connection, before: datetime, cards: Keys, revisions: Keys, spans: Keys, states: Keys, audit: Keys
    ) -> Forgotten:
        """Those of them that are old still."""
        idle = _cards(before).where(CARD.c.pk.in_(cards)).with_for_update(of=CARD, skip_locked=True)
        over = _states(before).where(STATE.c.pk.in_(states))
        return Forgotten(
            _delete(tx, CARD, tx.scalars(idle).all() if cards else ()),
            _delete(tx, REVISION, revisions),
            self._count_and_delete(tx, before, spans),
            _delete(tx, STATE, tx.scalars(over).all() if states else ()),
            _delete(tx, AUDIT, audit),
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

    def _count_and_delete(self, tx: Connection, before: datetime, spans: Keys) -> int:
        s = SPAN.c
        rows = tx.execute(select(SPAN).where(s.pk.in_(spans), s.ended < before)).all() if spans else ()
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
        return _delete(tx, SPAN, [row.pk for row in rows])


def _cards(before: datetime) -> Select[int]:
    """The keys of what is to be let go of, as the next four."""
    c, i = CARD.c, INCIDENT.c
    last_sign = func.coalesce(c.posted_at, c.root_at, c.created_at, type_=c.created_at.type)
    idle = [c.due_since.is_(None), c.intent.is_(None), last_sign < before]
    return select(c.pk).join_from(CARD, INCIDENT, c.incident == i.pk).where(_is_over(before), *idle).order_by(c.pk)


def _revisions(before: datetime) -> Select[int]:
    r = REVISION.c
    return select(r.pk).where(r.replaced_at < before).order_by(r.pk)


def _spans(before: datetime) -> Select[int]:
    s = SPAN.c
    return select(s.pk).where(s.ended < before).order_by(s.ended, s.pk)


def _states(before: datetime) -> Select[int]:
    s, i = STATE.c, INCIDENT.c
    old = select(s.pk).join_from(STATE, INCIDENT, s.incident == i.pk).where(_is_over(before), s.at < before)
    return old.order_by(s.pk)


def _audit(before: datetime) -> Select[int]:
    a = AUDIT.c
    return select(a.pk).where(a.created_at < before).order_by(a.created_at)


def _is_over(before: datetime) -> ColumnElement[bool]:
    i = INCIDENT.c
    return ~i.open & (func.coalesce(i.ended, i.started, type_=i.started.type) < before)


def _delete(tx: Connection, table: Table, keys: Keys) -> int:
    if keys:
        tx.execute(delete(table).where(table.c.pk.in_(keys)))
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
