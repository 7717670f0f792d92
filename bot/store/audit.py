"""The audit: each command that changed something, with who ran it and when."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, func, select

from bot.domain import AuditLine, Channel
from bot.store.database import Database, reads, writes
from bot.store.tables import AUDIT

LINES_KEPT = 10_000
"""Of each workspace, however long all else is kept: years of changes by hand, a few megabytes at most."""


class Audit:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def add(self, tx: Connection, line: AuditLine) -> None:
        where = {"platform": line.channel.platform, "workspace": line.channel.workspace, "channel": line.channel.id}
        who = {"created_by": line.by, "created_name": line.name, "created_at": line.at}
        tx.execute(AUDIT.insert().values(**where, **who, text=line.text))

    @reads
    def of(
        self, tx: Connection, channel: Channel, limit: int, before: int | None = None, *, everywhere: bool = False
    ) -> tuple[AuditLine, ...]:
        """The channel's, or all of its workspace's, the newest first. ``before``: only lines older than this number."""
        a = AUDIT.c
        which = (a.platform == channel.platform) & (a.workspace == channel.workspace)
        which = which if everywhere else which & (a.channel == channel.id)
        query = select(AUDIT).where(which if before is None else which & (a.pk < before))
        return tuple(
            AuditLine(
                Channel(row.platform, row.workspace, row.channel),
                row.created_by,
                row.created_at,
                row.text,
                row.created_name,
                row.pk,
            )
            for row in tx.execute(query.order_by(a.pk.desc()).limit(limit))
        )

    @writes
    def trim(self, tx: Connection, kept: int = LINES_KEPT) -> int:
        """Let go of the oldest lines of workspaces that have more; returns how many."""
        a, trimmed = AUDIT.c, 0
        many = select(a.platform, a.workspace).group_by(a.platform, a.workspace).having(func.count() > kept)
        for platform, workspace in tx.execute(many).all():
            theirs: ColumnElement[bool] = (a.platform == platform) & (a.workspace == workspace)
            oldest_kept = select(a.pk).where(theirs).order_by(a.pk.desc()).offset(kept - 1).limit(1)
            trimmed += tx.execute(delete(AUDIT).where(theirs, a.pk < oldest_kept.scalar_subquery())).rowcount
        return trimmed
