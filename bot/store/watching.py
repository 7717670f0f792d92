"""Which pages are watched, and so read more often: those that a channel subscribes to, or that a service needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, or_, update

from bot.store.signals import Signal, signal
from bot.store.tables import DEPENDENCY, PAGE, SUBSCRIPTION


def watch(tx: Connection, slugs: Sequence[str], now: datetime) -> None:
    """Somebody wants to know of these. Their idle interval may leave a reading minutes old: they are read now, unless
    the last try failed and they are backing off."""
    theirs = PAGE.c.slug.in_(slugs)
    waiting = ~PAGE.c.watched & (PAGE.c.failures == 0) & (PAGE.c.due > now)
    if tx.execute(update(PAGE).where(theirs, waiting).values(due=now)).rowcount:
        signal(tx, Signal.PAGES)
    tx.execute(update(PAGE).where(theirs).values(watched=True))


def update_watched(tx: Connection, slugs: Sequence[str]) -> None:
    """After somebody ceased to want to know of these."""
    subscribed = exists().where(SUBSCRIPTION.c.slug == PAGE.c.slug)
    needed = exists().where(DEPENDENCY.c.slug == PAGE.c.slug)
    tx.execute(update(PAGE).where(PAGE.c.slug.in_(slugs)).values(watched=or_(subscribed, needed)))
