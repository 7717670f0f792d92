"""The tables by which processes agree: none of their rows is worth a thing once all of them have ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from bot.store.tables import Row


class ShareRow(Row):
    """What one process may use of a limit."""

    __tablename__ = "share"

    limit_name: str = Field(primary_key=True)
    process: str = Field(primary_key=True, foreign_key="process.id", ondelete="CASCADE")
    units: int
    wanted: int
    until: datetime
    """On PostgreSQL by the server's clock."""


class ClosureRow(Row):
    """What is not to be asked for until then, by any process."""

    __tablename__ = "closure"

    limit_name: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    until: datetime
    """On PostgreSQL by the server's clock."""


class MemoRow(Row):
    """What a process remembers for the others."""

    __tablename__ = "memo"

    key: str = Field(primary_key=True)
    process: str
    """Which claimed or kept it; it may have ended."""
    value: str = Field(sa_type=Text)
    until: datetime = Field(index=True)


class ShardRow(Row):
    """One of Discord's shards, and the process that is connected with it."""

    __tablename__ = "shard"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    process: str | None = Field(foreign_key="process.id", ondelete="SET NULL")


class IdentifyRow(Row):
    """When the next session of a bucket may be started, by the server's clock on PostgreSQL."""

    __tablename__ = "identify"

    bucket: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    next_at: datetime


class GatewayRow(Row):
    """How many sessions may be started until then."""

    __tablename__ = "gateway"

    name: str = Field(primary_key=True)
    sessions_left: int
    resets_at: datetime


SHARE = Row.metadata.tables["share"]
CLOSURE = Row.metadata.tables["closure"]
MEMO = Row.metadata.tables["memo"]
SHARD = Row.metadata.tables["shard"]
IDENTIFY = Row.metadata.tables["identify"]
GATEWAY = Row.metadata.tables["gateway"]
