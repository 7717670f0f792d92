"""Messages that are to be published to those who follow their channel. Each stands here from the transaction that puts
its outcome on record, so none is forgotten; one that is published twice is refused by its platform."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from bot.domain import ENDED, Health
from bot.domain.flood import ListedIncident
from bot.domain.publication import WITHIN, Announcing, Publication
from bot.store.database import Database, writes
from bot.store.leases import free_publications, is_mine, may_claim
from bot.store.rows import PLATFORM, AnyRow, channel_of
from bot.store.tables import CARD, CHANNEL, INCIDENT, PAGE, PUBLICATION
from bot.store.values import RecordOutcome


def fresh_publications(outcome: RecordOutcome, channel: int) -> list[dict[str, Any]]:
    """The rows of what an outcome announces."""
    row = {"channel": channel, "card": outcome.card, "created_at": outcome.posted_at, "due": outcome.posted_at}
    return [{**row, "ref": ref} for ref in outcome.publish]


class Publications:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def claim(
        self, tx: Connection, platforms: Sequence[str], now: datetime, limit: int, lease_s: float
    ) -> tuple[Announcing, ...]:
        """Lease all that is pending in some channels in which something is due, and that can be reached."""
        p, c = PUBLICATION.c, CHANNEL.c
        due = select(p.channel).where(p.due <= now)
        leased = select(p.channel).where(p.due.is_not(None), p.leased_until > now)
        query = (
            select(c.pk, c.platform, c.workspace, c.id)
            .where(c.pk.in_(due), c.pk.not_in(leased), PLATFORM.in_(platforms), c.health != Health.SUSPENDED)
            .order_by(c.pk)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
        )
        may = may_claim(self._database, tx)
        channels = {row.pk: channel_of(row) for row in tx.execute(query)} if may else {}
        if not channels:
            return ()
        pending = p.channel.in_(channels) & p.due.is_not(None)
        leased_until = now + timedelta(seconds=lease_s)
        lease = update(PUBLICATION).where(pending)
        tx.execute(lease.values(leased_until=leased_until, leased_by=self._database.process))
        tx.execute(delete(PUBLICATION).where(p.channel.in_(channels), p.due.is_(None), p.created_at < now - 2 * WITHIN))
        i = INCIDENT.c
        listed = (
            select(PUBLICATION, i.id, i.title, i.level, i.phase, i.open, i.started, i.ended, i.url, PAGE.c.name)
            .join_from(PUBLICATION, CARD, p.card == CARD.c.pk)
            .join(INCIDENT, CARD.c.incident == i.pk)
            .join(PAGE, i.slug == PAGE.c.slug)
            .where(pending)
            .order_by(p.created_at, p.pk)
        )
        found: defaultdict[int, list[Publication]] = defaultdict(list)
        for row in tx.execute(listed):
            found[row.channel].append(_publication(row))
        # A message that tells several counts once.
        counted = (
            select(p.channel, func.max(p.published_at).label("at"))
            .where(p.channel.in_(channels), p.published_at > now - WITHIN)
            .group_by(p.channel, func.coalesce(p.summary, p.ref))
        )
        published: defaultdict[int, list[datetime]] = defaultdict(list)
        for row in tx.execute(counted):
            published[row.channel].append(row.at)
        return tuple(
            Announcing(where, tuple(found[pk]), tuple(sorted(published[pk]))) for pk, where in channels.items()
        )

    @writes
    def free_mine(self, tx: Connection) -> None:
        """What this process has leased can be claimed at once: it works on none."""
        if self._database.process is not None:
            free_publications(tx, is_mine(self._database, PUBLICATION.c.leased_by))

    @writes
    def begin_summary(self, tx: Connection, keys: Collection[int], summary: str) -> None:
        """These are told by the message with this key, which may be sent from here on."""
        tx.execute(update(PUBLICATION).where(PUBLICATION.c.pk.in_(keys)).values(summary=summary))

    @writes
    def settle(self, tx: Connection, keys: Collection[int], published_at: datetime | None) -> None:
        """Nothing is left to do for these; ``published_at`` is ``None`` where they cannot be published."""
        done = update(PUBLICATION).where(PUBLICATION.c.pk.in_(keys))
        tx.execute(done.values(due=None, leased_until=None, leased_by=None, published_at=published_at))

    @writes
    def postpone(self, tx: Connection, keys: Collection[int], until: datetime) -> None:
        """The channel takes none of these before then."""
        later = update(PUBLICATION).where(PUBLICATION.c.pk.in_(keys))
        tx.execute(later.values(due=until, leased_until=None, leased_by=None))


def _publication(row: AnyRow) -> Publication:
    about = ListedIncident(
        row.id,
        row.title,
        row.level,
        row.phase,
        row.open,
        row.started,
        vendor=row.name,
        url=row.url,
        ended=row.ended if row.phase in ENDED else None,
    )
    return Publication(row.pk, row.ref, about, row.due > row.created_at, row.summary)
