"""Floods: a channel's cards of incidents that came in one reading, shown together in one message.

Such a card is like any other, but it is not due before it leaves its flood: when its incident gets worse, when somebody
is to be mentioned about it, or when somebody asks for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, exists, func, or_, select, update

from bot.domain import Channel, Health, HeldReason, Incident, Level, Slug
from bot.domain.flood import Flood, ListedIncident, with_own_root
from bot.store import due
from bot.store.database import Database, reads, writes
from bot.store.following import Callers
from bot.store.json_columns import NO_POSTS, load_wishes
from bot.store.leases import free_floods, is_mine, may_claim
from bot.store.prepared import Prepared
from bot.store.rows import PLATFORM, SETTINGS_COLUMNS, VENDOR_COLUMNS, channel_key, channel_of, settings_of, vendor_of
from bot.store.tables import CARD, CHANNEL, FLOOD, INCIDENT, PAGE, SUBSCRIPTION

ONE_FLOOD = timedelta(hours=1)
"""What comes within this time of a vendor's flood belongs to it."""
MAX_LISTED = 50
"""Incidents that are read for the list; all are counted."""


def hold_back(
    tx: Connection,
    slug: Slug,
    created: Mapping[int, Mapping[int, Incident]],
    mentioning: Mapping[int, Collection[int]],
    limit: int,
    now: datetime,
) -> None:
    """Of the cards just created, by channel and incident, those of a flood become part of its list. ``mentioning``:
    about which of these a channel mentions somebody."""
    for channel, incidents in created.items():
        own = with_own_root(incidents, mentioning.get(channel, ()), limit)
        held: defaultdict[Level | None, list[int]] = defaultdict(list)
        for key in incidents.keys() - own:
            held[incidents[key].level].append(key)
        if not held:
            continue
        flood = _flood(tx, channel, slug, now)
        c = CARD.c
        for level, keys in held.items():
            unseen = (c.channel == channel) & c.incident.in_(keys) & (c.posts == NO_POSTS) & c.intent.is_(None)
            tx.execute(update(CARD).where(unseen).values(flood=flood, flood_level=level, due_since=None))
        _mark(tx, FLOOD.c.pk == flood, now)


def follow(
    tx: Connection, slug: Slug, changed: Mapping[int, Incident], among: due.Among, callers: Callers, now: datetime
) -> int:
    """These incidents have changed: in these channels, a card whose incident is worse than when it came, or that is to
    mention somebody by now, leaves its flood; the lists of the others fall due. Returns how many cards left theirs."""
    rows = _FLOODED.all(tx, {"slug": slug, "incidents": list(changed), **among.bounds})
    cards: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        cards[row.incident].append(row)
    leaving: list[int] = []
    for key, its in cards.items():
        calling = callers.about(changed[key], [row for row in its if not row.mentioned])
        leaving += [row.pk for row in its if row.channel in calling or _is_worse(row, changed[key])]
    if leaving:
        tx.execute(_release(CARD.c.pk.in_(leaving), now))
    if rows:
        _mark(tx, FLOOD.c.pk.in_({row.flood for row in rows}), now)
    return len(leaving)


# Built once: that takes longer than to carry it out.
_FLOODED = Prepared(
    select(
        *(CARD.c[name] for name in ("pk", "incident", "channel", "flood", "flood_level", "mentioned")),
        *(SUBSCRIPTION.c.mention, SUBSCRIPTION.c.through),
    )
    .outerjoin_from(
        CARD,
        SUBSCRIPTION,
        (SUBSCRIPTION.c.channel == CARD.c.channel) & (SUBSCRIPTION.c.slug == bindparam("slug")),
    )
    .where(CARD.c.incident.in_(bindparam("incidents", expanding=True)), CARD.c.flood.is_not(None), ~CARD.c.dropped)
    .where(CARD.c.channel > bindparam("after"), CARD.c.channel <= bindparam("last"))
)


def _is_worse(row: Any, incident: Incident) -> bool:
    if incident.level is None or not incident.is_open or incident.level <= Level.OPERATIONAL:
        return False
    return row.flood_level is None or incident.level > row.flood_level


def _release(which: Any, now: datetime) -> Any:
    return update(CARD).where(which).values(flood=None, version=CARD.c.version + 1, due_since=now)


def _flood(tx: Connection, channel: int, slug: Slug, now: datetime) -> int:
    f = FLOOD.c
    recent = select(f.pk).where(f.channel == channel, f.slug == slug, f.created_at > now - ONE_FLOOD)
    found = tx.scalar(recent.order_by(f.pk.desc()).limit(1))
    if found is not None:
        return int(found)
    fresh = {"maybe_sent": False, "version": 1, "lease": 0, "due": now}
    key = tx.execute(FLOOD.insert().values(channel=channel, slug=slug, created_at=now, **fresh)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _mark(tx: Connection, which: Any, now: datetime) -> None:
    """One that waits and was never sent is looked at again at once: it may be over."""
    f = FLOOD.c
    not_before = case((f.ref.is_(None) & ~f.maybe_sent, None), else_=f.not_before)
    tx.execute(update(FLOOD).where(which).values(version=f.version + 1, due=now, not_before=not_before))


class Floods:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def claim(
        self, tx: Connection, platforms: Sequence[str], now: datetime, limit: int, lease_s: float
    ) -> tuple[Flood, ...]:
        """Lease lists that are due in channels that can be reached, the longest due first. One that was never sent
        counts as maybe sent from here on. A muted vendor's wait."""
        f, c, s = FLOOD.c, CHANNEL.c, SUBSCRIPTION.c
        muted = exists().where(s.channel == f.channel, s.slug == f.slug, s.muted_until > now)
        theirs = select(s.wishes).where(s.channel == f.channel, s.slug == f.slug).scalar_subquery()
        where = (c.platform, c.workspace, c.id.label("id"), theirs.label("wishes"))
        query = (
            select(FLOOD, *where, *SETTINGS_COLUMNS, *VENDOR_COLUMNS)
            .join_from(FLOOD, CHANNEL, f.channel == c.pk)
            .join(PAGE, PAGE.c.slug == f.slug)
            .where(f.due <= now, or_(f.not_before.is_(None), f.not_before <= now), ~muted)
            .where(PLATFORM.in_(platforms), c.health != Health.SUSPENDED, ~c.digest_only)
            .order_by(f.due, f.pk)
            .limit(limit)
            .with_for_update(of=FLOOD, skip_locked=True)
        )
        rows = tx.execute(query).all() if may_claim(self._database, tx) else ()
        if rows:
            leased: dict[str, Any] = {"lease": f.lease + 1, "leased_by": self._database.process}
            leased["not_before"] = now + timedelta(seconds=lease_s)
            sent = case((f.ref.is_(None), True), else_=f.maybe_sent)
            tx.execute(update(FLOOD).where(f.pk.in_([row.pk for row in rows])).values(**leased, maybe_sent=sent))
        return tuple(
            Flood(
                key=row.pk,
                channel=channel_of(row),
                vendor=vendor_of(row),
                created_at=row.created_at,
                ref=row.ref,
                maybe_sent=row.maybe_sent,
                fingerprint=row.fingerprint,
                version=row.version,
                lease=row.lease + 1,
                settings=settings_of(row),
                hold=load_wishes(row.wishes).hold,
                **_contents(tx, row.pk),
            )
            for row in rows
        )

    @writes
    def free_mine(self, tx: Connection) -> None:
        """What this process has leased can be claimed at once: it works on none."""
        if self._database.process is not None:
            free_floods(tx, is_mine(self._database, FLOOD.c.leased_by))

    @writes
    def settle(self, tx: Connection, flood: Flood, not_before: datetime, *, done: bool) -> None:
        """How far the work on it came; nothing if somebody else has leased it since. ``done``: it is not due any more,
        unless something changed meanwhile."""
        f = FLOOD.c
        over = case((f.version == flood.version, None), else_=f.due) if done else f.due
        shown = {"ref": flood.ref, "maybe_sent": flood.maybe_sent, "fingerprint": flood.fingerprint}
        mine = (f.pk == flood.key) & (f.lease == flood.lease)
        tx.execute(update(FLOOD).where(mine).values(**shown, due=over, not_before=not_before, leased_by=None))

    @writes
    def dissolve(self, tx: Connection, flood: Flood, now: datetime) -> None:
        """Its cards leave it, as if quiet hours had kept each back; nothing if somebody else has leased it since."""
        f = FLOOD.c
        channel = tx.scalar(select(f.channel).where(f.pk == flood.key))
        due.lock_channels(tx, CHANNEL.c.pk == channel)
        mine = update(FLOOD).where(f.pk == flood.key, f.lease == flood.lease)
        over = case((f.version == flood.version, None), else_=f.due)
        given_back = {"not_before": None, "leased_by": None}
        if channel is not None and tx.execute(mine.values(due=over, maybe_sent=False, **given_back)).rowcount:
            kept = {"held": HeldReason.QUIET_HOURS, "held_since": now}
            tx.execute(_release((CARD.c.flood == flood.key) & ~CARD.c.dropped, now).values(kept))
            due.recompute_channel_due(tx, channel)

    @writes
    def surface(self, tx: Connection, channel: Channel, slug: Slug, incident_id: str, now: datetime) -> bool:
        """Somebody asks for the incident: its card leaves the flood. False if it is in none."""
        pk = channel_key(tx, channel)
        due.take_up(tx, pk)
        c, i = CARD.c, INCIDENT.c
        its = c.incident.in_(select(i.pk).where(i.slug == slug, i.id == incident_id))
        theirs = (c.channel == pk) & its & c.flood.is_not(None) & ~c.dropped
        flood = tx.scalar(select(c.flood).where(theirs))
        if pk is None or flood is None:
            return False
        tx.execute(_release(theirs, now))
        _mark(tx, FLOOD.c.pk == flood, now)
        due.recompute_channel_due(tx, pk)
        return True

    @reads
    def size(self, tx: Connection, channel: Channel, slug: Slug) -> int:
        """How many of the vendor's cards the channel has in floods."""
        c, i = CARD.c, INCIDENT.c
        query = select(func.count()).select_from(CARD).join(INCIDENT, c.incident == i.pk)
        return tx.scalar(query.where(c.channel == channel_key(tx, channel), i.slug == slug, c.flood.is_not(None))) or 0


def _contents(tx: Connection, flood: int) -> dict[str, Any]:
    c, i = CARD.c, INCIDENT.c
    within = (c.flood == flood) & ~c.dropped
    joined = select(i.id, i.title, i.level, i.phase, i.open, i.started).join_from(CARD, INCIDENT, c.incident == i.pk)
    worst = case(*((i.level == level, int(level)) for level in Level), else_=-1)
    first = joined.where(within).order_by(i.open.desc(), worst.desc(), i.started.desc(), i.pk).limit(MAX_LISTED)
    newest = tx.execute(first).all()
    counted = select(func.count(), func.count().filter(i.open)).select_from(CARD).join(INCIDENT, c.incident == i.pk)
    total, open_ = tx.execute(counted.where(within)).one()
    listed = [ListedIncident(row.id, row.title, row.level, row.phase, row.open, row.started) for row in newest]
    return {"listed": tuple(listed), "total": total, "open": open_}
