"""The tables. Nothing here knows what they are for: reading and writing them is the business of the rooms.

JSON stands in text columns and goes through ``codec``; times are aware UTC; enums are their values as short strings.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Dialect, Index, Table, Text, UniqueConstraint, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import BigInteger, Enum, Field, Integer, MetaData, SQLModel, String

from bot.domain import Health, Impact, IncidentKind, Level, Mode, Phase, VerdictReason


class Row(SQLModel):
    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class LevelWord(TypeDecorator[Level]):
    """A level by its word, so that a level put in between some day changes no row."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Level | None, dialect: Dialect) -> str | None:
        return None if value is None else value.word

    def process_result_value(self, value: str | None, dialect: Dialect) -> Level | None:
        return None if value is None else Level[value.upper()]


def _word(enum: type[StrEnum]) -> Any:
    """SQLModel would store the member's name, in a native enum of PostgreSQL."""
    return Enum(enum, native_enum=False, values_callable=lambda e: [member.value for member in e], length=40)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that ``where`` holds; ``= 1`` is how SQLite says true."""
    return Index(
        name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where.replace(" = 1", ""))
    )


_KEY: Any = BigInteger().with_variant(Integer, "sqlite")


class Page(Row, table=True):
    """A vendor of the catalog and how its page stands. ``kind`` is the catalog's, ``detected`` what was found, at
    ``detected_url``.

    ``version`` grows whenever the vendor or its components change, so that what was read may be kept by it. ``dark``:
    it was not read for long, and its level spans ended at its last reading. What is on record was read as ``read_kind``
    at ``read_url``; before ``moved_at`` it was ``moved_from``, at ``moved_url``.
    """

    __tablename__ = "page"
    __table_args__ = (
        _partial("ix_page_due", "due", where="enabled = 1"),
        _partial("ix_page_dark", "slug", where="dark = 1"),
    )

    slug: str = Field(primary_key=True)
    name: str
    aliases: str = Field(sa_type=Text)
    homepage: str | None
    page_url: str
    human_url: str
    category: str
    subcategory: str
    kind: str | None
    detected: str | None
    detected_url: str | None
    enabled: bool
    version: int

    due: datetime
    watched: bool
    open: bool
    failures: int
    lookups: int
    dark: bool
    interval_s: float | None
    read_at: datetime | None
    unreadable_reason: str | None = Field(sa_type=Text)
    unreadable_since: datetime | None
    validators: str = Field(sa_type=Text)
    history_read_at: datetime | None
    history_due: datetime | None
    recent_end: datetime | None
    stamp: str | None
    detect_due: datetime | None
    read_kind: str | None
    read_url: str | None
    moved_from: str | None
    moved_url: str | None
    moved_at: datetime | None
    left_behind: str | None = Field(sa_type=Text)

    taken_at: datetime | None
    level: Level | None = Field(sa_type=LevelWord)
    words: str = Field(sa_type=Text)


class OwnPageRow(Row, table=True):
    """A workspace that reads this page, which is no catalog's. ``url``: as it was typed there."""

    __tablename__ = "own_page"
    __table_args__ = (Index(None, "platform", "workspace"),)

    slug: str = Field(primary_key=True, foreign_key="page.slug", ondelete="CASCADE")
    platform: str = Field(primary_key=True)
    workspace: str = Field(primary_key=True)
    url: str = Field(sa_type=Text)
    by: str
    at: datetime


class ComponentRow(Row, table=True):
    """``gone``: not on the page any more; kept for the names in old incidents."""

    __tablename__ = "component"

    slug: str = Field(primary_key=True, foreign_key="page.slug", ondelete="CASCADE")
    id: str = Field(primary_key=True)
    position: int
    name: str
    group_name: str | None
    region: str | None
    level: Level | None = Field(sa_type=LevelWord)
    quiet: bool
    said: str | None
    gone: bool


class SpanRow(Row, table=True):
    """A stretch at one level. ``component`` is empty for the page itself."""

    __tablename__ = "span"
    __table_args__ = (
        _partial("uq_span_standing", "slug", "component", where="ended IS NULL", unique=True),
        Index(None, "slug", "ended"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    slug: str = Field(foreign_key="page.slug", ondelete="CASCADE")
    component: str
    level: Level | None = Field(sa_type=LevelWord)
    began: datetime
    ended: datetime | None


class IncidentRow(Row, table=True):
    """``open`` and ``ended`` are worked out when it is written; ``link`` is the url without what links vary in."""

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("slug", "id"),
        Index(None, "slug", "started"),
        Index(None, "slug", "ended"),
        Index(None, "id"),
        Index(None, "link"),
        _partial("ix_incident_open", "slug", where="open = 1"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    slug: str = Field(foreign_key="page.slug", ondelete="CASCADE")
    id: str
    kind: IncidentKind = Field(sa_type=_word(IncidentKind))
    title: str = Field(sa_type=Text)
    phase: Phase | None = Field(sa_type=_word(Phase))
    impact: Impact | None = Field(sa_type=_word(Impact))
    started: datetime
    resolved: datetime | None
    until: datetime | None
    url: str | None = Field(sa_type=Text)
    level: Level | None = Field(sa_type=LevelWord)
    components: str = Field(sa_type=Text)
    regions: str = Field(sa_type=Text)
    phase_said: str | None
    impact_said: str | None
    vanished: bool

    open: bool
    ended: datetime | None
    link: str | None
    peak: Level | None = Field(sa_type=LevelWord)
    first_seen: datetime
    merged_into: str | None
    version: int


class UpdateRow(Row, table=True):
    """``removed``: the page took it down."""

    __tablename__ = "incident_update"
    __table_args__ = (UniqueConstraint("incident", "id"),)

    pk: int = Field(primary_key=True, sa_type=_KEY)
    incident: int = Field(foreign_key="incident.pk", ondelete="CASCADE", sa_type=_KEY)
    id: str
    phase: Phase | None = Field(sa_type=_word(Phase))
    at: datetime
    text: str = Field(sa_type=Text)
    removed: bool


class RevisionRow(Row, table=True):
    """What an update said before it was edited."""

    __tablename__ = "revision"
    __table_args__ = (Index(None, "incident"),)

    pk: int = Field(primary_key=True, sa_type=_KEY)
    incident: int = Field(foreign_key="incident.pk", ondelete="CASCADE", sa_type=_KEY)
    id: str
    phase: Phase | None = Field(sa_type=_word(Phase))
    at: datetime
    text: str = Field(sa_type=Text)
    replaced_at: datetime


class ChannelRow(Row, table=True):
    """``due_since``: when its oldest due card fell due; ``lease`` counts how often it was leased, and fences."""

    __tablename__ = "channel"
    __table_args__ = (
        UniqueConstraint("platform", "workspace", "id"),
        _partial("ix_channel_due", "due_since", where="due_since IS NOT NULL"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    platform: str
    workspace: str
    id: str
    mode: Mode = Field(sa_type=_word(Mode))
    zone: str
    health: Health = Field(sa_type=_word(Health))
    reason: str | None = Field(sa_type=Text)
    since: datetime | None
    tries: int
    told: bool
    due_since: datetime | None
    not_before: datetime | None
    lease: int
    leased_until: datetime | None


class SubscriptionRow(Row, table=True):
    """``lost``: what its filter named when the vendor's page moved, and the new page does not have; the channel is told
    once, at ``notice_due``."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("channel", "slug"),
        Index(None, "slug"),
        _partial("ix_subscription_notice", "notice_due", where="notice_due IS NOT NULL"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    channel: int = Field(foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    slug: str = Field(foreign_key="page.slug", ondelete="CASCADE")
    filter: str = Field(sa_type=Text)
    mention: str | None = Field(sa_type=Text)
    muted_until: datetime | None
    by: str
    at: datetime
    lost: str | None = Field(sa_type=Text)
    notice_due: datetime | None
    notice_tries: int = Field(default=0)


class CardRow(Row, table=True):
    """``due_since``: it differs from its incident; ahead, at ``muted_until``, for a muted card that is to be looked at
    then. ``dropped``: the channel wants no more of it, what it was shown stays known; ``mentioned`` as in ``Shown``.
    ``version`` grows with every reason to look again.
    """

    __tablename__ = "card"
    __table_args__ = (
        UniqueConstraint("channel", "incident"),
        Index(None, "incident"),
        Index(None, "channel", "root_at"),
        _partial("ix_card_due", "channel", "due_since", where="due_since IS NOT NULL"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    channel: int = Field(foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    incident: int = Field(foreign_key="incident.pk", ondelete="CASCADE", sa_type=_KEY)
    why: VerdictReason = Field(sa_type=_word(VerdictReason))
    detail: str = Field(sa_type=Text)
    made_at: datetime
    shown: str = Field(sa_type=Text)
    mentioned: bool
    root_at: datetime | None
    posted_at: datetime | None
    fold: bool
    dropped: bool
    muted_until: datetime | None
    version: int
    due_since: datetime | None
    intent: str | None = Field(sa_type=Text)


class BoardRow(Row, table=True):
    """A channel's board. ``due``: it is to be looked at then, but not before ``not_before``, because it is leased, was
    edited lately or cannot be shown. The others as in ``values.Board``."""

    __tablename__ = "board"
    __table_args__ = (Index(None, "due"),)

    channel: int = Field(primary_key=True, foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    by: str
    at: datetime
    number: int
    ref: str | None = Field(sa_type=Text)
    begun: bool
    shows: str | None
    edited_at: datetime | None
    to_pin: bool
    leaving: str = Field(sa_type=Text)
    gone_at: datetime | None
    trouble: str | None = Field(sa_type=Text)
    closing: bool
    version: int
    lease: int
    due: datetime
    not_before: datetime | None


def _table(model: type[Row]) -> Table:
    return Row.metadata.tables[str(model.__tablename__)]


PAGE = _table(Page)
OWN_PAGE = _table(OwnPageRow)
COMPONENT = _table(ComponentRow)
SPAN = _table(SpanRow)
INCIDENT = _table(IncidentRow)
UPDATE = _table(UpdateRow)
REVISION = _table(RevisionRow)
CHANNEL = _table(ChannelRow)
SUBSCRIPTION = _table(SubscriptionRow)
CARD = _table(CardRow)
BOARD = _table(BoardRow)
