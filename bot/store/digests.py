"""Digests: when each channel gets one, what the one under way tells and how far it was sent.

What a digest tells is put on record before its first message is sent, so that whoever goes on after a crash sends the
rest of the same; what was sent is looked up by its key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, tuple_, update

from bot.domain import Channel, Health, Slug
from bot.domain.digests import DigestItem, DigestSchedule, DigestSection, DigestState
from bot.store import due as due_cards
from bot.store.channels import ensure_channel
from bot.store.database import Database, reads, writes
from bot.store.json_columns import NO_POSTS, dump_words, load_words
from bot.store.leases import free_digests, is_mine, may_claim
from bot.store.rows import AnyRow, channel_key, channel_of, is_channel
from bot.store.tables import CARD, CHANNEL, DIGEST, FLOOD, INCIDENT

_C = CHANNEL.c
_DIGESTS = select(DIGEST, _C.platform, _C.workspace, _C.id, _C.zone, _C.mode, _C.digest_only).join_from(
    DIGEST, CHANNEL, DIGEST.c.channel == _C.pk
)
_NOTHING_UNDER_WAY = {"sending_until": None, "parts": "[]", "more": 0, "refs": "[]"}


class Digests:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def of(self, tx: Connection, channel: Channel) -> DigestState | None:
        row = tx.execute(_DIGESTS.where(is_channel(channel))).one_or_none()
        return _value(row, row.lease) if row else None

    @writes
    def set(
        self,
        tx: Connection,
        channel: Channel,
        schedule: DigestSchedule,
        by: str,
        now: datetime,
        *,
        covered_until: datetime,
        due: datetime,
    ) -> None:
        """Give the channel a digest, or change when it comes; one that is being sent is sent to its end.
        ``covered_until``: what the first one is to begin with; ``due``: when the next one comes."""
        pk = ensure_channel(self._database, tx, channel)
        when = {"minutes": schedule.at.hour * 60 + schedule.at.minute, "weekday": schedule.weekday}
        d = DIGEST.c
        _set_only(tx, pk, schedule.only, now, goes_on=True)
        if tx.execute(update(DIGEST).where(d.channel == pk).values(**when)).rowcount:
            _plan(tx, pk, now, due)
            return
        fresh = {"created_by": by, "created_at": now, "covered_until": covered_until, "told_open": "[]", "lease": 0}
        fresh |= {"counted_from": now}
        tx.execute(DIGEST.insert().values(channel=pk, due=due, **fresh, **when, **_NOTHING_UNDER_WAY))

    @writes
    def plan(self, tx: Connection, channel: Channel, now: datetime, due: datetime) -> None:
        """The channel's clocks were changed: its next digest comes at ``due``. One that is being sent is sent to its
        end."""
        if (pk := channel_key(tx, channel)) is not None:
            _plan(tx, pk, now, due)

    @writes
    def end(self, tx: Connection, channel: Channel, now: datetime) -> bool:
        """False if the channel has none."""
        pk = channel_key(tx, channel)
        if pk is not None:
            _set_only(tx, pk, False, now, goes_on=False)
        return tx.execute(delete(DIGEST).where(DIGEST.c.channel == pk)).rowcount > 0

    @writes
    def claim(
        self, tx: Connection, platforms: Sequence[str], now: datetime, limit: int, lease_s: float
    ) -> tuple[DigestState, ...]:
        """Digests that are due, leased; those whose channel is not healthy wait until it is."""
        d = DIGEST.c
        # Not joined: SQLite would begin with the platform's channels, of which there may be thousands.
        reached = exists().where(_C.pk == d.channel, _C.platform.in_(platforms), _C.health == Health.ACTIVE)
        query = (
            select(d.channel)
            .where(d.due <= now, func.coalesce(d.not_before, now) <= now, reached)
            .order_by(d.due, d.channel)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        keys = tx.scalars(query).all() if may_claim(self._database, tx) else ()
        if not keys:
            return ()
        rows = tx.execute(_DIGESTS.where(d.channel.in_(keys)).order_by(d.due, d.channel)).all()
        leased: dict[str, Any] = {"lease": d.lease + 1, "leased_by": self._database.process}
        leased["not_before"] = now + timedelta(seconds=lease_s)
        tx.execute(update(DIGEST).where(d.channel.in_(keys)).values(leased))
        return tuple(_value(row, row.lease + 1) for row in rows)

    @writes
    def free_mine(self, tx: Connection) -> None:
        """What this process has leased can be claimed at once: it works on none."""
        if self._database.process is not None:
            free_digests(tx, is_mine(self._database, DIGEST.c.leased_by))

    @writes
    def save(self, tx: Connection, digest: DigestState, not_before: datetime) -> bool:
        """Put on record what it tells and how far it was sent, and keep the lease until then; false if that is
        another's by now, or the digest was ended."""
        return tx.execute(_leased(digest).values(**_under_way(digest), not_before=not_before)).rowcount > 0

    @writes
    def settle(self, tx: Connection, digest: DigestState, not_before: datetime | None) -> bool:
        """Put all of it on record and give it back, to be looked at when it is due and not before that; false as for
        :meth:`save`."""
        values = _under_way(digest) | {
            "counted_from": digest.counted_from,
            "covered_until": digest.covered_until,
            "told_open": _dump_items(digest.told_open),
            "error": digest.error,
            "due": digest.due,
            "not_before": not_before,
            "leased_by": None,
        }
        return tx.execute(_leased(digest).values(values)).rowcount > 0


def _set_only(tx: Connection, channel: int, only: bool, now: datetime, *, goes_on: bool) -> None:
    """Whether the channel gets nothing else from now on. Once it does, what no digest has told yet falls due: what is
    open, and what was over, or read to be so, since the last one. ``goes_on``: a digest that is being sent is sent to
    its end."""
    due_cards.take_up(tx, channel)
    changed = update(CHANNEL).where(_C.pk == channel, _C.digest_only != only)
    if not tx.execute(changed.values(digest_only=only)).rowcount or only:
        return
    row = tx.execute(_DIGESTS.where(DIGEST.c.channel == channel)).one_or_none()
    covered, still_open = _last_told(_value(row, row.lease), under_way=goes_on) if row else (now, ())
    c, i, f = CARD.c, INCIDENT.c, FLOOD.c
    theirs = (c.channel == channel) & ~c.dropped & c.flood.is_(None)
    told_as_open = tuple_(i.slug, i.id).in_([(item.vendor, item.incident) for item in still_open])
    over = [~i.open, func.coalesce(i.ended, i.started) <= covered, i.first_seen <= covered]
    # Looked up for each card: a list of them would be of nearly all incidents on record.
    told = exists().where(i.pk == c.incident, *over, *([~told_as_open] if still_open else []))
    never_posted = (c.posts == NO_POSTS) & c.intent.is_(None)
    tx.execute(update(CARD).where(theirs, told, never_posted).values(dropped=True, due_since=None, muted_until=None))
    late = {"version": c.version + 1, "due_since": due_cards.earliest(c.due_since, now)}
    late |= {"catch_up": c.catch_up | c.held.is_(None)}
    tx.execute(update(CARD).where(theirs, ~told).values(late))
    untold = select(c.flood).where(c.channel == channel, c.flood.is_not(None), ~c.dropped, ~told)
    tx.execute(update(FLOOD).where(f.channel == channel, f.ref.is_(None), f.pk.not_in(untold)).values(due=None))
    due_cards.recompute_channel_due(tx, channel)


def _last_told(digest: DigestState, *, under_way: bool) -> tuple[datetime, tuple[DigestItem, ...]]:
    """Up to when digests have told what was over, and what the last one told as open. ``under_way``: the one that is
    being sent counts as told."""
    if not under_way or digest.until is None:
        return digest.covered_until, digest.told_open
    items = (item for part in digest.parts for item in part)
    return digest.until, tuple(item for item in items if item.section is DigestSection.OPEN)


def _plan(tx: Connection, channel: int, now: datetime, due: datetime) -> None:
    d = DIGEST.c
    waiting = update(DIGEST).where(d.channel == channel, d.sending_until.is_(None))
    # Whoever works on it has lost it: what it knows of the time is not so any more.
    again: dict[str, Any] = {"counted_from": now, "due": due, "not_before": None, "error": None, "leased_by": None}
    tx.execute(waiting.values(**again, lease=d.lease + 1))


def _leased(digest: DigestState) -> Any:
    return update(DIGEST).where(DIGEST.c.channel == digest.key, DIGEST.c.lease == digest.lease)


def _under_way(digest: DigestState) -> dict[str, Any]:
    return {
        "sending_until": digest.until,
        "parts": json.dumps([json.loads(_dump_items(part)) for part in digest.parts]),
        "more": digest.more,
        "refs": dump_words(digest.refs),
    }


def _value(row: AnyRow, lease: int) -> DigestState:
    return DigestState(
        key=row.channel,
        channel=channel_of(row),
        zone=row.zone,
        mode=row.mode,
        schedule=DigestSchedule(time(*divmod(row.minutes, 60)), row.weekday, row.digest_only),
        counted_from=row.counted_from,
        covered_until=row.covered_until,
        told_open=_load_items(json.loads(row.told_open)),
        until=row.sending_until,
        parts=tuple(_load_items(part) for part in json.loads(row.parts)),
        more=row.more,
        refs=load_words(row.refs),
        due=row.due,
        error=row.error,
        lease=lease,
    )


def _dump_items(items: Sequence[DigestItem]) -> str:
    return json.dumps([[i.vendor, i.incident, i.section, i.kept_back] for i in items], separators=(",", ":"))


def _load_items(items: Sequence[Sequence[str]]) -> tuple[DigestItem, ...]:
    return tuple(DigestItem(Slug(vendor), id, DigestSection(section), kept) for vendor, id, section, kept in items)
