"""Boards: which message shows the state of a channel's vendors, what it shows, and when it is to be looked at again.

It falls due in the transaction that changes what it shows (``due.mark_boards``), and now and then by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, delete, exists, func, select, update

from bot.domain import (
    Board,
    Channel,
    Component,
    Filter,
    Health,
    Incident,
    Service,
    ServiceScope,
    Slug,
    Tile,
)
from bot.store.channels import ensure_channel
from bot.store.database import Database, reads, writes
from bot.store.json_columns import dump_words, load_words
from bot.store.leases import free_boards, is_mine, may_claim
from bot.store.pages import states_of
from bot.store.rows import AnyRow, channel_of, components_of, incidents_of, is_channel, mute_of, open_incidents
from bot.store.services import services_on
from bot.store.tables import BOARD, CARD, CHANNEL, INCIDENT, PAGE, SPAN, SUBSCRIPTION
from bot.store.values import BoardCounts, BoardOutcome

_BOARDS = select(BOARD, CHANNEL.c.platform, CHANNEL.c.workspace, CHANNEL.c.id).join_from(
    BOARD, CHANNEL, BOARD.c.channel == CHANNEL.c.pk
)
_NEW = {
    "maybe_sent": False,
    "fingerprint": None,
    "edited_at": None,
    "pin_pending": True,
    "error": None,
    "not_before": None,
}
"""Of a message that is to be sent."""


class Boards:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def of(self, tx: Connection, channel: Channel) -> Board | None:
        """The channel's board, unless it is being taken down."""
        board = _board(tx, channel, lock=False)
        return None if board is None or board.closing else board

    @writes
    def put_up(self, tx: Connection, channel: Channel, by: str, now: datetime) -> bool:
        """Give the channel a board, or move the one it has to the channel's end; returns whether it had one."""
        board = _board(tx, channel)
        if board is None:
            pk = ensure_channel(self._database, tx, channel)
            fresh = {"number": 1, "ref": None, "retired_refs": dump_words(()), "deleted_at": None, "closing": False}
            row = {
                "channel": pk,
                "created_by": by,
                "created_at": now,
                "version": 1,
                "lease": 0,
                "due": now,
                **fresh,
                **_NEW,
            }
            # Somebody else may have been faster.
            tx.execute(self._database.insert(BOARD).values(row).on_conflict_do_nothing())
            return False
        changes: dict[str, Any] = {"created_by": by}
        if board.ref is not None or board.closing:
            retired = dump_words((*board.retired_refs, *filter(None, [board.ref])))
            changes |= {"retired_refs": retired, "ref": None, "number": board.number + 1, "closing": False, **_NEW}
            changes |= {"lease": board.lease + 1}
        elif board.error:
            changes |= {"error": None, "not_before": None, "lease": board.lease + 1}
        _change(tx, board, now, changes)
        return not board.closing

    @writes
    def take_down(self, tx: Connection, channel: Channel, now: datetime) -> bool:
        """The message is to say that it is no board any more, and then to be deleted here; false if there is none."""
        board = _board(tx, channel)
        if board is None or board.closing:
            return False
        retired = dump_words((*board.retired_refs, *filter(None, [board.ref])))
        changes = {"retired_refs": retired, "ref": None, "closing": True, "lease": board.lease + 1, "not_before": None}
        _change(tx, board, now, changes)
        return True

    @writes
    def claim(
        self, tx: Connection, platforms: Sequence[str], now: datetime, limit: int, lease_s: float
    ) -> tuple[Board, ...]:
        """Boards that are due, leased; those whose channel is not healthy wait until it is. One that is to be sent
        counts as maybe sent from now on; what is returned says whether it did before."""
        b, c = BOARD.c, CHANNEL.c
        # Not joined: SQLite would begin with the platform's channels, of which there may be thousands.
        reached = exists().where(c.pk == b.channel, c.platform.in_(platforms), c.health == Health.ACTIVE)
        query = (
            select(b.channel)
            .where(b.due <= now, func.coalesce(b.not_before, now) <= now, reached)
            .order_by(b.due, b.channel)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        keys = tx.scalars(query).all() if may_claim(self._database, tx) else ()
        if not keys:
            return ()
        rows = tx.execute(_BOARDS.where(b.channel.in_(keys)).order_by(b.due, b.channel)).all()
        maybe_sent = case((b.ref.is_(None) & ~b.closing, True), else_=b.maybe_sent)
        leased = {"lease": b.lease + 1, "maybe_sent": maybe_sent, "not_before": now + timedelta(seconds=lease_s)}
        leased |= {"leased_by": self._database.process}
        tx.execute(update(BOARD).where(b.channel.in_(keys)).values(leased))
        return tuple(_value(row, row.lease + 1) for row in rows)

    @writes
    def free_mine(self, tx: Connection) -> None:
        """What this process has leased can be claimed at once: it works on none."""
        if self._database.process is not None:
            free_boards(tx, is_mine(self._database, BOARD.c.leased_by))

    @reads
    def tiles(self, tx: Connection, boards: Sequence[Board], now: datetime) -> tuple[tuple[Tile, ...], ...]:
        """What each of these boards is to show, by vendor."""
        keys = [board.key for board in boards]
        s = SUBSCRIPTION.c
        query = select(s.channel, s.slug, s.muted_until).where(s.channel.in_(keys)).order_by(s.channel, s.slug)
        subscribed: defaultdict[int, list[AnyRow]] = defaultdict(list)
        for row in tx.execute(query):
            subscribed[row.channel].append(row)
        slugs = sorted({row.slug for rows in subscribed.values() for row in rows})
        pages = tx.execute(select(PAGE).where(PAGE.c.slug.in_(slugs))).all()
        open_now = open_incidents(tx, slugs)
        states = {s.vendor.slug: s for s in states_of(pages, {}, _by_vendor(incidents_of(tx, open_now)))}
        n = SPAN.c
        spans = select(n.slug, n.started).where(n.slug.in_(slugs), n.component == "", n.ended.is_(None))
        since = {row.slug: row.started for row in tx.execute(spans)}
        muted = _muted(tx, keys, [row.pk for row in open_now], now)
        return tuple(
            tuple(
                Tile(
                    states[Slug(row.slug)],
                    since.get(row.slug),
                    mute_of(row.muted_until) if row.muted_until and row.muted_until > now else None,
                    frozenset(muted[board.key, row.slug]),
                )
                for row in subscribed[board.key]
            )
            for board in boards
        )

    @reads
    def needs(
        self, tx: Connection, boards: Sequence[Board], slugs: Collection[Slug]
    ) -> tuple[tuple[Mapping[Slug, Sequence[Service]], ...], Mapping[Slug, Sequence[Component]]]:
        """For each board, by vendor, the services that count there and need it; and the components of those of these
        vendors of which parts are needed."""
        scopes = [ServiceScope.of(board.channel) for board in boards]
        found = services_on(tx, set(scopes), slugs)
        in_part = {slug for (_, slug), known in found.items() if any(Filter() not in s.filters(slug) for s in known)}
        parts = components_of(tx, in_part) if in_part else {}
        needed = [{slug: found[scope, slug] for slug in slugs if (scope, slug) in found} for scope in scopes]
        return tuple(needed), {slug: tuple(parts.get(slug, {}).values()) for slug in in_part}

    @writes
    def save(self, tx: Connection, board: Board) -> bool:
        """Put on record how far it came, and keep the lease; false if that is another's."""
        return tx.execute(_leased(board).values(_columns(board))).rowcount > 0

    @writes
    def settle(self, tx: Connection, outcomes: Sequence[BoardOutcome]) -> int:
        """Put on record how far these came, and give them back: one that there was a reason to look at again since it
        was claimed is due for that. Returns how many were still leased by who settles them."""
        b, written = BOARD.c, 0
        for outcome in outcomes:
            next_due = case((b.version == outcome.board.version, outcome.due), else_=b.due)
            values = _columns(outcome.board) | {"due": next_due, "not_before": outcome.not_before, "leased_by": None}
            written += tx.execute(_leased(outcome.board).values(values)).rowcount
        return written

    @writes
    def forget(self, tx: Connection, board: Board) -> bool:
        """False if another holds it now."""
        b = BOARD.c
        return tx.execute(delete(BOARD).where(b.channel == board.key, b.lease == board.lease)).rowcount > 0

    @reads
    def counts(self, tx: Connection) -> BoardCounts:
        b, c = BOARD.c, CHANNEL.c
        total = tx.scalar(select(func.count()).select_from(BOARD).where(~b.closing)) or 0
        rows = tx.execute(_BOARDS.where(b.error.is_not(None)).order_by(c.platform, c.workspace, c.id))
        return BoardCounts(total, tuple((channel_of(row), row.error) for row in rows))


def _board(tx: Connection, channel: Channel, *, lock: bool = True) -> Board | None:
    query = _BOARDS.where(is_channel(channel))
    row = tx.execute(query.with_for_update(of=BOARD) if lock else query).one_or_none()
    return _value(row, row.lease) if row else None


def _value(row: AnyRow, lease: int) -> Board:
    return Board(
        key=row.channel,
        channel=channel_of(row),
        created_by=row.created_by,
        created_at=row.created_at,
        number=row.number,
        ref=row.ref,
        maybe_sent=row.maybe_sent,
        fingerprint=row.fingerprint,
        edited_at=row.edited_at,
        pin_pending=row.pin_pending,
        retired_refs=load_words(row.retired_refs),
        deleted_at=row.deleted_at,
        error=row.error,
        closing=row.closing,
        version=row.version,
        lease=lease,
    )


def _columns(board: Board) -> dict[str, Any]:
    return {
        "number": board.number,
        "ref": board.ref,
        "maybe_sent": board.maybe_sent,
        "fingerprint": board.fingerprint,
        "edited_at": board.edited_at,
        "pin_pending": board.pin_pending,
        "retired_refs": dump_words(board.retired_refs),
        "deleted_at": board.deleted_at,
        "error": board.error,
    }


def _leased(board: Board) -> Any:
    return update(BOARD).where(BOARD.c.channel == board.key, BOARD.c.lease == board.lease)


def _change(tx: Connection, board: Board, now: datetime, changes: dict[str, Any]) -> None:
    b = BOARD.c
    values = {"due": now, "version": b.version + 1, **changes}
    tx.execute(update(BOARD).where(b.channel == board.key).values(values))


def _by_vendor(incidents: Sequence[Incident]) -> dict[str, list[Incident]]:
    found: dict[str, list[Incident]] = {}
    for incident in incidents:
        found.setdefault(incident.vendor, []).append(incident)
    return found


def _muted(
    tx: Connection, channels: Sequence[int], incidents: Sequence[int], now: datetime
) -> defaultdict[tuple[int, str], list[str]]:
    """Ids of incidents that the channels mute by themselves, by channel and vendor."""
    c, i = CARD.c, INCIDENT.c
    query = (
        select(c.channel, i.slug, i.id)
        .join_from(CARD, INCIDENT, c.incident == i.pk)
        .where(c.incident.in_(incidents), c.channel.in_(channels), ~c.dropped, c.muted_until > now)
    )
    found: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for row in tx.execute(query) if incidents else ():
        found[row.channel, row.slug].append(row.id)
    return found
