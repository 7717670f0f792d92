"""Keys of the HTTP API and of tools: made once, kept as a digest, compared in constant time."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import datetime, timedelta
from hmac import compare_digest

from sqlalchemy import Connection, select, update

from bot.domain import ApiKey
from bot.store.database import Database, StoreError, reads, writes
from bot.store.rows import AnyRow
from bot.store.tables import API_KEY

PREFIX = "lk"
"""So that scanners for leaked secrets, and people, know what it is."""
ID_BYTES = 5
SECRET_BYTES = 32
"""As much as a digest has: no slow hash is needed, for nobody can guess it."""
NOTED_EVERY = timedelta(minutes=1)
"""A use sooner after the last one is not written down."""
_TOKEN = re.compile(rf"{PREFIX}_([0-9a-f]{{{2 * ID_BYTES}}})_([0-9a-f]{{{2 * SECRET_BYTES}}})")
_NOBODYS = hashlib.sha256(b"").hexdigest()
"""Compared with where the id is unknown, so that this takes as long."""


class Keys:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, key: ApiKey, secret: bytes) -> str:
        """Keep the key; returns the token to show to whoever may use it, once: it is kept nowhere. ``secret``: random,
        :data:`SECRET_BYTES` long."""
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"a secret has {SECRET_BYTES} bytes")
        self._insert(key, _digest(secret.hex()))
        return f"{PREFIX}_{key.id}_{secret.hex()}"

    @writes
    def _insert(self, tx: Connection, key: ApiKey, digest: str) -> None:
        tx.execute(
            API_KEY.insert().values(
                id=key.id,
                digest=digest,
                scope=key.scope,
                platform=key.platform,
                workspace=key.workspace,
                label=key.label,
                created_at=key.created_at,
            )
        )

    def authenticate(self, token: str, now: datetime) -> ApiKey | None:
        """The key that this is the token of; ``None``: of none, or of one that was revoked."""
        parts = _TOKEN.fullmatch(token)
        id, secret = (parts[1], parts[2]) if parts else ("", "")
        row = self._row(id)
        matches = compare_digest(_digest(secret), row.digest if row else _NOBODYS)
        if row is None or not matches or row.revoked_at is not None:
            return None
        if row.last_used_at is None or now - row.last_used_at >= NOTED_EVERY:
            # That it was used is worth less than an answer.
            with suppress(StoreError):
                self._note_use(id, now)
        return _key_of(row)

    @reads
    def _row(self, tx: Connection, id: str) -> AnyRow | None:
        return tx.execute(select(API_KEY).where(API_KEY.c.id == id)).one_or_none()

    @writes
    def _note_use(self, tx: Connection, id: str, now: datetime) -> None:
        tx.execute(update(API_KEY).where(API_KEY.c.id == id).values(last_used_at=now))

    @reads
    def all(self, tx: Connection) -> tuple[ApiKey, ...]:
        """Revoked ones too, the oldest first."""
        return tuple(_key_of(row) for row in tx.execute(select(API_KEY).order_by(API_KEY.c.created_at, API_KEY.c.id)))

    @writes
    def revoke(self, tx: Connection, id: str, now: datetime) -> bool:
        """It opens nothing any more. False if there is none, or it was revoked before."""
        valid = (API_KEY.c.id == id) & API_KEY.c.revoked_at.is_(None)
        return tx.execute(update(API_KEY).where(valid).values(revoked_at=now)).rowcount > 0


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key_of(row: AnyRow) -> ApiKey:
    return ApiKey(
        row.id, row.scope, row.platform, row.workspace, row.label, row.created_at, row.last_used_at, row.revoked_at
    )
