"""Whose leases there are: a process may claim while it is alive, and what the dead held is free.

A lease names its process (``leased_by``). Leases of a store that no process joined name nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, select, update

from bot.store.database import Database
from bot.store.due import lock_channels
from bot.store.prepared import Prepared
from bot.store.shared_tables import SHARD
from bot.store.signals import Signal, signal
from bot.store.tables import BOARD, CHANNEL, DEPENDENCY, DIGEST, FLOOD, PAGE, PROCESS, PUBLICATION, SUBSCRIPTION

LEASED_PAGE = PAGE.c.leased_until.is_not(None)
LEASED_CHANNEL = CHANNEL.c.leased_until.is_not(None)
LEASED_BOARD = BOARD.c.leased_by.is_not(None)
LEASED_DIGEST = DIGEST.c.leased_by.is_not(None)
LEASED_FLOOD = FLOOD.c.leased_by.is_not(None)
LEASED_PUBLICATION = PUBLICATION.c.leased_by.is_not(None)
LEASED_CHECK = DEPENDENCY.c.check_leased_by.is_not(None)
LEASED_NOTICE = SUBSCRIPTION.c.notice_due.is_not(None) & SUBSCRIPTION.c.notice_leased_by.is_not(None)

_PROCESS = Prepared(
    select(PROCESS.c.id).where(PROCESS.c.id == bindparam("process")).with_for_update(read=True, key_share=True)
)


def may_claim(database: Database, tx: Connection) -> bool:
    """Whether this process has not been found dead, nor will be before the transaction ends. A store that no process
    joined may always claim."""
    if database.process is None:
        return True
    return _PROCESS.one(tx, {"process": database.process}) is not None


def is_mine(database: Database, holder: ColumnElement[Any]) -> ColumnElement[bool]:
    """The fence: nobody has claimed it since this process did."""
    return holder.is_not_distinct_from(database.process)


def free_pages(tx: Connection, which: ColumnElement[bool], now: datetime) -> None:
    """Those of these that are leased are due at once; whoever held one has lost it. The same for the rest."""
    p, leased = PAGE.c, and_(LEASED_PAGE, which)
    if slugs := tx.scalars(select(p.slug).where(leased).order_by(p.slug).with_for_update(key_share=True)).all():
        due = case((p.due < now, p.due), else_=now)
        tx.execute(update(PAGE).where(p.slug.in_(slugs)).values(due=due, leased_by=None, leased_until=None))
        signal(tx, Signal.PAGES)


def free_channels(tx: Connection, which: ColumnElement[bool]) -> None:
    c, leased = CHANNEL.c, and_(LEASED_CHANNEL, which)
    lock_channels(tx, leased)
    if tx.execute(update(CHANNEL).where(leased).values(lease=c.lease + 1, leased_by=None, leased_until=None)).rowcount:
        signal(tx, Signal.CARDS)


def free_boards(tx: Connection, which: ColumnElement[bool]) -> None:
    b = BOARD.c
    tx.execute(update(BOARD).where(LEASED_BOARD, which).values(lease=b.lease + 1, leased_by=None, not_before=None))


def free_digests(tx: Connection, which: ColumnElement[bool]) -> None:
    d = DIGEST.c
    tx.execute(update(DIGEST).where(LEASED_DIGEST, which).values(lease=d.lease + 1, leased_by=None, not_before=None))


def free_floods(tx: Connection, which: ColumnElement[bool]) -> None:
    f = FLOOD.c
    tx.execute(update(FLOOD).where(LEASED_FLOOD, which).values(lease=f.lease + 1, leased_by=None, not_before=None))


def free_publications(tx: Connection, which: ColumnElement[bool]) -> None:
    tx.execute(update(PUBLICATION).where(LEASED_PUBLICATION, which).values(leased_by=None, leased_until=None))


def free_notices(tx: Connection, which: ColumnElement[bool], now: datetime) -> None:
    tx.execute(update(SUBSCRIPTION).where(LEASED_NOTICE, which).values(notice_due=now, notice_leased_by=None))


def free_checks(tx: Connection, which: ColumnElement[bool], now: datetime) -> None:
    tx.execute(update(DEPENDENCY).where(LEASED_CHECK, which).values(check_due=now, check_leased_by=None))


def free_all(tx: Connection, which: Callable[[ColumnElement[Any]], ColumnElement[bool]], now: datetime) -> None:
    """``which``: whether a lease with this holder is meant."""
    free_pages(tx, which(PAGE.c.leased_by), now)
    free_channels(tx, which(CHANNEL.c.leased_by))
    free_notices(tx, which(SUBSCRIPTION.c.notice_leased_by), now)
    free_checks(tx, which(DEPENDENCY.c.check_leased_by), now)
    free_boards(tx, which(BOARD.c.leased_by))
    free_digests(tx, which(DIGEST.c.leased_by))
    free_floods(tx, which(FLOOD.c.leased_by))
    free_publications(tx, which(PUBLICATION.c.leased_by))


def held_by_each(tx: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """How many pages each process holds, and how many channels, by its id."""
    pages, channels = (
        tx.execute(select(holder, func.count()).where(leased, holder.is_not(None)).group_by(holder)).all()
        for holder, leased in ((PAGE.c.leased_by, LEASED_PAGE), (CHANNEL.c.leased_by, LEASED_CHANNEL))
    )
    return dict(map(tuple, pages)), dict(map(tuple, channels))


def shards_of_each(tx: Connection) -> Mapping[str, tuple[int, ...]]:
    """Discord's shards that each process has, by its id."""
    s = SHARD.c
    held: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
    for row in tx.execute(select(s.process, s.number).where(s.process.is_not(None)).order_by(s.number)):
        held[row.process] += (row.number,)
    return held
