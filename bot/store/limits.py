"""What processes share of limits (:mod:`bot.limits.shares`), and what is closed for all of them.

Shares are decided one after another, under a lock; on PostgreSQL the server's clock alone says which are in use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, DateTime, and_, delete, func, or_, select

from bot.limits.shared import Ask, Closure
from bot.limits.shares import share_of
from bot.store.database import Database, inserts, writes
from bot.store.leases import may_claim
from bot.store.shared_tables import CLOSURE, SHARE

LASTS_S = 5.0
"""How long a share may be used after it was asked for; it is asked for anew each second."""
LOCK = 0x6C696D697473
"""Of PostgreSQL's advisory locks: whoever holds it decides on shares."""

_SAVE_SHARE = inserts(
    SHARE,
    lambda i: i.on_conflict_do_update(
        index_elements=["limit_name", "process"],
        set_={name: i.excluded[name] for name in ("units", "wanted", "until")},
    ),
)
_SAVE_CLOSURE = inserts(
    CLOSURE,
    lambda i: i.on_conflict_do_update(
        index_elements=["limit_name", "name"],
        set_={"until": i.excluded.until},
        where=CLOSURE.c.until < i.excluded.until,
    ),
)


@dataclass(frozen=True, slots=True)
class Shared:
    """``units`` and ``sharers`` by limit: what this process may use, and how many use the limit. ``closed``: by limit,
    whoever met it."""

    units: Mapping[str, int]
    sharers: Mapping[str, int]
    closed: Mapping[str, Sequence[Closure]]


class Limits:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def exchange(
        self, tx: Connection, asks: Sequence[Ask], met: Mapping[str, Sequence[Closure]], now: datetime
    ) -> Shared | None:
        """For :data:`LASTS_S`, the shares of this process, which are no more than the others leave. ``met``: by limit,
        what was closed to this process since the last time. ``None``: it was found dead, and has none."""
        if self._database.process is None or not may_claim(self._database, tx):
            return None
        if not self._database.sqlite:
            tx.execute(select(func.pg_advisory_xact_lock(LOCK)))
            now = tx.scalar(select(func.clock_timestamp(type_=DateTime(timezone=True)))) or now
        units, sharers = self._shares(tx, asks, now)
        self._close(tx, met, now)
        return Shared(units, sharers, _closed(tx, [ask.limit for ask in asks], now))

    def _shares(self, tx: Connection, asks: Sequence[Ask], now: datetime) -> tuple[dict[str, int], dict[str, int]]:
        s, me = SHARE.c, str(self._database.process)
        alive = tx.execute(select(SHARE).where(s.limit_name.in_([ask.limit for ask in asks]), s.until > now)).all()
        units, sharers, until = dict[str, int](), dict[str, int](), now + timedelta(seconds=LASTS_S)
        for ask in asks:
            others = [row for row in alive if row.limit_name == ask.limit and row.process != me]
            wanted = {row.process: row.wanted for row in others} | {me: ask.wanted}
            held = {row.process: row.units for row in others}
            units[ask.limit], sharers[ask.limit] = share_of(me, ask.total, wanted, held), len(wanted)
        rows = [
            {"limit_name": name, "process": me, "units": units[name], "wanted": ask.wanted, "until": until}
            for ask in asks
            for name in [ask.limit]
        ]
        if rows:
            tx.execute(_SAVE_SHARE[self._database.sqlite], rows)
        return units, sharers

    def _close(self, tx: Connection, met: Mapping[str, Sequence[Closure]], now: datetime) -> None:
        rows = [
            {"limit_name": limit, "name": closure.name, "until": now + timedelta(seconds=closure.seconds)}
            for limit, closures in met.items()
            for closure in closures
        ]
        if rows:
            tx.execute(_SAVE_CLOSURE[self._database.sqlite], rows)


def _closed(tx: Connection, limits: Sequence[str], now: datetime) -> dict[str, list[Closure]]:
    c = CLOSURE.c
    closed: dict[str, list[Closure]] = {limit: [] for limit in limits}
    over = []
    for row in tx.execute(select(CLOSURE)):
        if row.until <= now:
            over.append((row.limit_name, row.name))
        elif row.limit_name in closed:
            closed[row.limit_name].append(Closure(row.name, (row.until - now).total_seconds()))
    if over:
        which = or_(*(and_(c.limit_name == limit, c.name == name) for limit, name in over))
        tx.execute(delete(CLOSURE).where(which, c.until <= now))
    return closed
