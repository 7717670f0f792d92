"""How values stand in columns: times in UTC, levels and enums by their words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Enum, String
from sqlmodel.sql.sqltypes import UTCDateTime

from bot.domain import Level

_LEVELS: dict[str | None, Level | None] = {None: None, **{level.word: level for level in Level}}


class UtcTime(UTCDateTime):
    """An aware time, in UTC. SQLite gets the text that SQLAlchemy makes of it, in half of the time, and is read in a
    seventh: each reading of a page writes and reads a dozen."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        return _to_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _to_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.utcoffset() is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds").removesuffix("+00:00")


def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")


class LevelWord(TypeDecorator[Level]):
    """A level by its word, so that a level put in between some day changes no row."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Level | None, dialect: Dialect) -> str | None:
        return None if value is None else value.word

    def process_result_value(self, value: str | None, dialect: Dialect) -> Level | None:
        return _LEVELS[value]

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], Level | None]:
        """The same, without a call of Python's for each component that is read."""
        return _LEVELS.__getitem__


def stored_word(enum: type[StrEnum]) -> Any:
    """SQLModel would store the member's name, in a native enum of PostgreSQL."""
    return Enum(enum, native_enum=False, values_callable=lambda e: [member.value for member in e], length=40)
