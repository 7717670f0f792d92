"""Puts right what was written while the clock stood ahead of the true time: what is due then would wait until it is.

Which times may lie ahead, and how far, is known here for all tables; who writes them need not think of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock

import structlog
from sqlalchemy import ColumnElement, Connection, Table, Update, and_, exists, func, or_, select, update

from bot.domain import IncidentKind
from bot.store.database import Database
from bot.store.due import oldest_due
from bot.store.rows import WHILE_OPEN
from bot.store.tables import (
    BOARD,
    CARD,
    CHANNEL,
    DEPENDENCY,
    DIGEST,
    DRILL,
    INCIDENT,
    PAGE,
    SPAN,
    STATE,
    SUBSCRIPTION,
)

LOOK_EVERY = timedelta(seconds=30)
"""The most that a wrong time costs, where no step of the clock gave it away."""
SLACK = timedelta(seconds=5)
"""Clocks of machines that share a database differ by less."""
MAX_PAGE_WAIT = timedelta(days=1, hours=3)
"""Of a page, its history or its search: a day, give or take a tenth, is the most that is waited for anything."""
MAX_READABLE_WAIT = timedelta(minutes=6)
"""The same for a page that can be read: what its server says of caching, or a lease; more if it is read more rarely."""
MAX_PAUSE = timedelta(days=1)
"""Of a channel or a board: platforms ask for minutes, seldom hours."""
MAX_LEASE = timedelta(seconds=60)
"""Of a channel, as ``bot.delivery`` takes it."""
BOARD_LEASE = timedelta(minutes=2)
MAX_DIGEST_WAIT = timedelta(days=8)
"""A week, and what clocks are put back by."""
DIGEST_LEASE = timedelta(minutes=2)
NOTICE_LEASE = timedelta(minutes=10)
MAX_DRILL_WAIT = timedelta(minutes=2)
"""A drill is over by then."""
MAX_HELD = timedelta(days=8)
"""Longer than any quiet hours with the weekends around them, or any hold."""
MAX_MUTE = timedelta(days=90)
"""The longest that somebody can ask for."""

_PAST: Mapping[Table, Sequence[str]] = {
    PAGE: ("read_at", "history_read_at", "taken_at", "unreadable_since", "moved_at", "first_read_at"),
    CHANNEL: ("since",),
    BOARD: ("edited_at", "deleted_at"),
    DIGEST: ("counted_from", "covered_until"),
    CARD: ("created_at", "root_at", "posted_at"),
    INCIDENT: ("first_seen",),
    STATE: ("at",),
    SPAN: ("started", "ended"),
}
"""When something happened here: never in the future. What pages publish is theirs."""

log = structlog.get_logger(__name__)


class Clock:
    """Safe from any thread; those who share it share what it has seen of the time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._seen: datetime | None = None
        self._looked: datetime | None = None

    def look(self, now: datetime) -> int:
        """To be called before anything due is searched for. When the clock went back, at the first look, and now and
        then: all that lies further ahead than it can be meant to is due now. Returns how many rows were changed."""
        with self._lock:
            went_back = self._seen is not None and now < self._seen - SLACK
            self._seen = now if self._seen is None or went_back else max(now, self._seen)
            if not went_back and self._looked is not None and self._looked <= now < self._looked + LOOK_EVERY:
                return 0
            changed = self._database.write(lambda tx: _mend(tx, now, went_back=went_back))
            self._looked = now
        if changed:
            log.warning("clock.mended", rows=changed)
        return changed


def _mend(tx: Connection, now: datetime, *, went_back: bool) -> int:
    late, p = now + SLACK, PAGE.c
    # All in one walk through the pages, of which there may be many.
    latest = select(*(func.max(column, type_=column.type) for column in (p.read_at, p.history_due, p.detect_due)))
    read_at, *planned = tx.execute(latest).one()
    if went_back or (read_at is not None and read_at > late):
        return sum(tx.execute(change).rowcount for change in _all_that_lies_ahead(now, late))
    pages = [slug for slug, due, longest in _waiting(tx, now) if due > now + longest]
    is_planned = any(at is not None and at > now + MAX_PAGE_WAIT for at in planned)
    return sum(tx.execute(change).rowcount for change in _too_far_ahead(now, late, pages, is_planned=is_planned))


def _all_that_lies_ahead(now: datetime, late: datetime) -> Iterator[Update]:
    """The clock is known to have stood ahead: no time ahead means what it says, but for mutes, which people typed."""
    p, c, b, s, d = PAGE.c, CHANNEL.c, BOARD.c, SUBSCRIPTION.c, DIGEST.c
    # What is remembered of a page's last hours has moments in it, too, and waits for later ones.
    yield _change(PAGE, (p.read_at > late) & p.memory.is_not(None), memory=None)
    yield _change(PAGE, p.due > now, due=now)
    # Of pages that nobody watches, a history and a search more or less: they are not all to be read at once.
    for column in (p.history_due, p.detect_due):
        yield _change(PAGE, (column > now) & (p.watched | (column > now + MAX_PAGE_WAIT)), **{column.name: now})
    yield from _cards_due(now, late, latest_held=late)
    yield _change(CHANNEL, c.leased_until > now + MAX_LEASE, leased_until=now + MAX_LEASE)
    yield _change(CHANNEL, c.not_before > now, not_before=now)
    yield _change(BOARD, b.due > now, due=now)
    yield _change(BOARD, b.not_before > now + BOARD_LEASE, not_before=now + BOARD_LEASE)
    # Whoever looks at it works out anew when it comes.
    yield _change(DIGEST, d.due > now, due=now)
    yield _change(DIGEST, d.not_before > now + DIGEST_LEASE, not_before=now + DIGEST_LEASE)
    yield _change(DRILL, DRILL.c.due > now, due=now)
    yield _change(SUBSCRIPTION, s.notice_due > now + NOTICE_LEASE, notice_due=now + NOTICE_LEASE)
    check = DEPENDENCY.c.check_due
    yield _change(DEPENDENCY, check > now + NOTICE_LEASE, check_due=now + NOTICE_LEASE)
    yield from _mutes(now)
    i = INCIDENT.c
    yield _change(INCIDENT, (i.started > late) & (i.kind == IncidentKind.EPISODE), started=now, version=i.version + 1)
    for table, names in _PAST.items():
        for column in (table.c[name] for name in names):
            yield _change(table, column > late, **{column.name: now})


def _too_far_ahead(now: datetime, late: datetime, pages: list[str], *, is_planned: bool) -> Iterator[Update]:
    """``pages``: those that are due too late; ``is_planned``: a history is, or a search."""
    p, c, b, s, d = PAGE.c, CHANNEL.c, BOARD.c, SUBSCRIPTION.c, DIGEST.c
    if pages:
        yield _change(PAGE, p.slug.in_(pages), due=now)
    for column in (p.history_due, p.detect_due) if is_planned else ():
        yield _change(PAGE, column > now + MAX_PAGE_WAIT, **{column.name: now})
    yield from _cards_due(now, late, latest_held=now + MAX_HELD)
    yield _change(CHANNEL, c.leased_until > late + MAX_LEASE, leased_until=now + MAX_LEASE)
    yield _change(CHANNEL, c.not_before > now + MAX_PAUSE, not_before=now)
    yield _change(BOARD, b.due > now + MAX_MUTE, due=now)
    yield _change(BOARD, b.not_before > now + MAX_PAUSE, not_before=now)
    yield _change(DIGEST, d.due > now + MAX_DIGEST_WAIT, due=now)
    yield _change(DIGEST, d.not_before > now + MAX_PAUSE, not_before=now)
    yield _change(DRILL, DRILL.c.due > now + MAX_DRILL_WAIT, due=now)
    yield _change(SUBSCRIPTION, s.notice_due > late + NOTICE_LEASE, notice_due=now)
    yield _change(DEPENDENCY, DEPENDENCY.c.check_due > late + NOTICE_LEASE, check_due=now)
    yield from _mutes(now)


def _waiting(tx: Connection, now: datetime) -> Iterator[tuple[str, datetime, timedelta]]:
    """Pages that wait long, each with when it is due and the longest that it may wait."""
    p = PAGE.c
    query = select(p.slug, p.due, p.interval_s, p.unreadable_since)
    # Each kind by itself: the index begins with it.
    waiting = p.enabled & p.watched.in_([False, True]) & (p.due > now + MAX_READABLE_WAIT)
    for slug, due, interval_s, unreadable in tx.execute(query.where(waiting)):
        longest = MAX_READABLE_WAIT if unreadable is None and interval_s is not None else MAX_PAGE_WAIT
        yield slug, due, max(longest, timedelta(seconds=1.2 * (interval_s or 0)))


def _cards_due(now: datetime, late: datetime, latest_held: datetime) -> Iterator[Update]:
    """A card is due ahead only where its mute ends then, where it is held back, or for a reminder of what begins later;
    its channel, where its first card is."""
    card, c = CARD.c, CHANNEL.c
    muted = and_(card.muted_until.is_not(None), card.due_since == card.muted_until)
    held = card.held.is_not(None) & (card.due_since <= latest_held)
    yield _change(CARD, (card.due_since > late) & ~muted & ~held & ~_planned(), due_since=now)
    first = oldest_due(c.pk)
    yield _change(CHANNEL, (c.due_since > late) & or_(first.is_(None), first < c.due_since), due_since=first)


def _planned() -> ColumnElement[bool]:
    """Whether the card's incident is a maintenance that begins once it is due."""
    i = INCIDENT.c
    begins_later = (i.kind == IncidentKind.MAINTENANCE) & i.open & (i.started >= CARD.c.due_since)
    return exists().where(i.pk == CARD.c.incident, begins_later)


def _mutes(now: datetime) -> Iterator[Update]:
    """Of cards, those that are due when it ends: one that becomes due later is found then."""
    card, s = CARD.c, SUBSCRIPTION.c
    latest = now + MAX_MUTE + SLACK
    # Not the bare column: SQLite would go through all that is muted or held back.
    until = func.coalesce(card.muted_until, now)
    too_long = (until > latest) & (until != WHILE_OPEN)
    yield _change(CARD, too_long & card.due_since.is_not(None), muted_until=now, due_since=now)
    yield _change(SUBSCRIPTION, s.muted_until > latest, muted_until=now)


def _change(table: Table, which: ColumnElement[bool], **values: object) -> Update:
    return update(table).where(which).values(**values)
