"""How values stand in the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, select, type_coerce
from sqlalchemy.exc import StatementError
from sqlalchemy.types import Text
from sqlmodel.sql.sqltypes import UTCDateTime

from bot.store.tables import PAGE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "at",
    [
        NOON,
        NOON.replace(microsecond=70),
        datetime(987, 1, 2, tzinfo=UTC),
        NOON.astimezone(timezone(timedelta(hours=5.5))),
        NOON.replace(tzinfo=timezone(timedelta(hours=0))),
        None,
    ],
)
def test_a_moment_is_written_and_read_as_by_sqlalchemy(at: datetime | None) -> None:
    ours, theirs = PAGE.c.due.type, UTCDateTime()
    table = Table("moments", MetaData(), Column("ours", ours), Column("theirs", theirs))
    engine = create_engine("sqlite://")
    with engine.begin() as tx:
        table.create(tx)
        tx.execute(table.insert().values(ours=at, theirs=at))
        written = tx.execute(select(type_coerce(table.c.ours, Text), type_coerce(table.c.theirs, Text))).one()
        read = tx.execute(select(table)).one()
    assert written[0] == written[1]
    assert read == (at, at)
    assert at is None or read.ours.tzinfo is UTC


def test_a_moment_without_a_time_zone_is_refused() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as tx, pytest.raises(StatementError, match="time zone"):
        tx.execute(select(PAGE.c.slug).where(PAGE.c.due == NOON.replace(tzinfo=None)))
