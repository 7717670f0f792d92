"""Whether the parts that services need are still on the pages: looked at when a page lists others than before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select, update

from bot.store.database import Database, writes
from bot.store.json_columns import dump_words, load_filter, load_words
from bot.store.leases import free_checks, is_mine, may_claim
from bot.store.quiet import quiet_until, takes_notices
from bot.store.rows import VENDOR_COLUMNS, channel_of, components_of, vendor_of
from bot.store.tables import CHANNEL, DEPENDENCY, PAGE, SERVICE
from bot.store.values import PartCheck


class PartChecks:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def claim(
        self, tx: Connection, platforms: Sequence[str], now: datetime, limit: int, lease_s: float
    ) -> tuple[PartCheck, ...]:
        """Those that are due, leased: due again after ``lease_s`` unless :meth:`settle` says otherwise. Where the
        channel that defined the service cannot be reached, is quiet or gets its digest alone they wait; where it is
        forgotten nobody is told."""
        d, s, c = DEPENDENCY.c, SERVICE.c, CHANNEL.c
        reached = exists().where(s.pk == d.service, c.pk == s.channel, *takes_notices(platforms))
        theirs = select(s.channel).where(s.pk == d.service).scalar_subquery().label("channel")
        waiting = (
            select(d.pk, theirs)
            .where(d.check_due <= now, reached)
            .order_by(d.check_due, d.pk)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = {row.pk: row.channel for row in tx.execute(waiting)} if may_claim(self._database, tx) else {}
        quiet = quiet_until(tx, found.values(), now)
        for channel, until in quiet.items():
            waits = d.pk.in_([pk for pk, its in found.items() if its == channel])
            tx.execute(update(DEPENDENCY).where(waits).values(check_due=until))
        keys = [pk for pk, channel in found.items() if channel not in quiet]
        if not keys:
            return ()
        where = (c.platform, c.workspace, c.id)
        names = [column for column in VENDOR_COLUMNS if column.name != "slug"]
        query = (
            select(
                d.pk,
                d.filter,
                d.missing,
                d.check_attempts,
                s.name.label("service"),
                *where,
                d.slug,
                PAGE.c.name,
                *names,
            )
            .join_from(DEPENDENCY, SERVICE, d.service == s.pk)
            .join(CHANNEL, s.channel == c.pk)
            .join(PAGE, d.slug == PAGE.c.slug)
            .where(d.pk.in_(keys))
            .order_by(d.check_due, d.pk)
        )
        rows = tx.execute(query).all()
        leased = {"check_due": now + timedelta(seconds=lease_s), "check_attempts": d.check_attempts + 1}
        leased |= {"check_leased_by": self._database.process}
        tx.execute(update(DEPENDENCY).where(d.pk.in_(keys)).values(leased))
        components = components_of(tx, {row.slug for row in rows})
        return tuple(
            PartCheck(
                key=row.pk,
                channel=channel_of(row),
                service=row.service,
                vendor=vendor_of(row),
                filter=load_filter(row.filter),
                components=tuple(components.get(row.slug, {}).values()),
                told=load_words(row.missing) if row.missing else (),
                attempts=row.check_attempts,
            )
            for row in rows
        )

    @writes
    def settle(self, tx: Connection, check: PartCheck, missing: Sequence[str], retry_at: datetime | None) -> None:
        """These of its parts are missing and were told, or it is to be told at ``retry_at``; another process that has
        it now knows better."""
        mine = (DEPENDENCY.c.pk == check.key) & is_mine(self._database, DEPENDENCY.c.check_leased_by)
        told = {"missing": dump_words(missing) if missing else None, "check_attempts": 0} if retry_at is None else {}
        tx.execute(update(DEPENDENCY).where(mine).values(check_due=retry_at, check_leased_by=None, **told))

    @writes
    def free_mine(self, tx: Connection, now: datetime) -> None:
        """What this process has leased can be claimed at once: it tells nobody."""
        if self._database.process is not None:
            free_checks(tx, is_mine(self._database, DEPENDENCY.c.check_leased_by), now)
