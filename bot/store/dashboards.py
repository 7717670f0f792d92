"""Links to a channel's dashboard: made once, kept as a digest, good until they expire or are revoked."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from bot.domain import Channel
from bot.store.database import Database, reads, writes
from bot.store.rows import channel_key, channel_of
from bot.store.tables import CHANNEL, DASHBOARD_LINK

SECRET_BYTES = 32
MAX_LINKS = 20
"""Of one channel at once; of more, the oldest open nothing any more."""


class Dashboards:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, channel: Channel, by: str, secret: bytes, now: datetime, valid: timedelta) -> str | None:
        """The token for a new link; it is kept nowhere. ``None``: the channel is not on record, so there is nothing to
        show. ``secret``: random, :data:`SECRET_BYTES` long."""
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"a secret has {SECRET_BYTES} bytes")
        return secret.hex() if self._insert(channel, by, _digest(secret.hex()), now, now + valid) else None

    @writes
    def _insert(self, tx: Connection, channel: Channel, by: str, digest: str, now: datetime, expires: datetime) -> bool:
        key = channel_key(tx, channel)
        if key is None:
            return False
        d = DASHBOARD_LINK.c
        newest = select(d.digest).where(d.channel == key).order_by(d.created_at.desc(), d.digest).limit(MAX_LINKS - 1)
        kept = tx.scalars(newest).all()
        tx.execute(delete(DASHBOARD_LINK).where((d.expires_at <= now) | ((d.channel == key) & d.digest.not_in(kept))))
        tx.execute(
            DASHBOARD_LINK.insert().values(
                digest=digest, channel=key, created_by=by, created_at=now, expires_at=expires
            )
        )
        return True

    @reads
    def channel(self, tx: Connection, token: str, now: datetime) -> Channel | None:
        """Whose dashboard it opens; ``None``: nobody's. Only digests are compared, so how long that takes says nothing
        about a token."""
        d = DASHBOARD_LINK.c
        query = select(CHANNEL).join(DASHBOARD_LINK, d.channel == CHANNEL.c.pk)
        row = tx.execute(query.where(d.digest == _digest(token), d.expires_at > now)).one_or_none()
        return channel_of(row) if row else None

    @writes
    def revoke(self, tx: Connection, channel: Channel) -> int:
        """All links of the channel open nothing any more; returns how many that were."""
        key = channel_key(tx, channel)
        if key is None:
            return 0
        return tx.execute(delete(DASHBOARD_LINK).where(DASHBOARD_LINK.c.channel == key)).rowcount


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
