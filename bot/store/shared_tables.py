"""The tables by which processes agree: none of their rows is worth a thing once all of them have ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from bot.store.tables import Row


class ShareRow(Row, table=True):
    """What one process may use of a limit."""

    __tablename__ = "share"

    limit_name: str = Field(primary_key=True)
    process: str = Field(primary_key=True, foreign_key="process.id", ondelete="CASCADE")
    units: int
    wanted: int
    until: datetime
    """On PostgreSQL by the server's clock."""


class ClosureRow(Row, table=True):
    """What is not to be asked for until then, by any process."""

    __tablename__ = "closure"

    limit_name: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    until: datetime
    """On PostgreSQL by the server's clock."""


class MemoRow(Row, table=True):
    """What a process remembers for the others."""

    __tablename__ = "memo"

    key: str = Field(primary_key=True)
    process: str
    """Which claimed or kept it; it may have ended."""
    value: str = Field(sa_type=Text)
    until: datetime = Field(index=True)


SHARE = Row.metadata.tables["share"]
CLOSURE = Row.metadata.tables["closure"]
MEMO = Row.metadata.tables["memo"]
