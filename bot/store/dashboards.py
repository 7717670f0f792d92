"""Links to dashboards, of channels and of whole workspaces: made once, kept as a digest, good until they expire or are
revoked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from bot.domain import Channel, Workspace
from bot.store.database import Database, reads, writes
from bot.store.rows import channel_key, channel_of, is_channel
from bot.store.tables import CHANNEL, DASHBOARD_LINK

SECRET_BYTES = 32
MAX_LINKS = 20
"""Asked for in one channel, of each sort; of more, the oldest open nothing any more."""


class Dashboards:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, channel: Channel, by: str, secret: bytes, now: datetime, valid: timedelta, *, everywhere: bool = False
    ) -> str | None:
        """The token for a new link; it is kept nowhere. ``None``: the channel is not on record, so there is nothing to
        show. ``secret``: random, :data:`SECRET_BYTES` long. ``everywhere``: it shows the channel's whole workspace."""
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"a secret has {SECRET_BYTES} bytes")
        link = {"created_by": by, "created_at": now, "expires_at": now + valid, "everywhere": everywhere}
        return secret.hex() if self._insert(channel, link | {"digest": _digest(secret.hex())}) else None

    @writes
    def _insert(self, tx: Connection, channel: Channel, link: Mapping[str, Any]) -> bool:
        key = channel_key(tx, channel)
        if key is None:
            return False
        d = DASHBOARD_LINK.c
        alike = (d.channel == key) & (d.everywhere == link["everywhere"])
        newest = select(d.digest).where(alike).order_by(d.created_at.desc(), d.digest).limit(MAX_LINKS - 1)
        kept = tx.scalars(newest).all()
        tx.execute(delete(DASHBOARD_LINK).where((d.expires_at <= link["created_at"]) | (alike & d.digest.not_in(kept))))
        tx.execute(DASHBOARD_LINK.insert().values(channel=key, **link))
        return True

    @reads
    def shown(self, tx: Connection, token: str, now: datetime) -> Channel | Workspace | None:
        """Whose dashboard it opens; ``None``: nobody's. Only digests are compared, so how long that takes says nothing
        about a token."""
        d = DASHBOARD_LINK.c
        query = select(CHANNEL, d.everywhere).join(DASHBOARD_LINK, d.channel == CHANNEL.c.pk)
        row = tx.execute(query.where(d.digest == _digest(token), d.expires_at > now)).one_or_none()
        if row is None:
            return None
        channel = channel_of(row)
        return Workspace(channel.platform, channel.workspace) if row.everywhere else channel

    @writes
    def revoke(self, tx: Connection, channel: Channel, *, everywhere: bool = False) -> int:
        """All links to the channel's dashboard, or to that of its whole workspace, open nothing any more; returns how
        many that were."""
        c, d = CHANNEL.c, DASHBOARD_LINK.c
        here = (c.platform == channel.platform) & (c.workspace == channel.workspace)
        asked_in = select(c.pk).where(here if everywhere else is_channel(channel))
        return tx.execute(delete(DASHBOARD_LINK).where(d.channel.in_(asked_in), d.everywhere == everywhere)).rowcount


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
