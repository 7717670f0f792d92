"""The tables. Nothing here knows what they are for: reading and writing them is the business of the repositories.

JSON stands in text columns and goes through ``json_columns``; times are aware UTC; enums are their values as short
strings.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, Table, Text, UniqueConstraint, false, text, true
from sqlmodel import BigInteger, Field, Integer, MetaData, SQLModel
from sqlmodel.main import get_column_from_field
from sqlmodel.sql.sqltypes import UTCDateTime

from bot.domain import Health, HeldReason, Impact, IncidentKind, Level, Mode, Phase, Scope, VerdictReason
from bot.store.column_types import LevelWord, UtcTime, stored_word


class Row(SQLModel):
    """A table, as a class with a field a column. It is neither mapped nor a model to validate with: nobody makes a row
    of it, and to make both of each took a tenth of the start."""

    model_config = {"defer_build": True}
    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        columns = {name: get_column_from_field(field) for name, field in cls.model_fields.items()}
        for name, column in columns.items():
            column.name = column.key = name
            if isinstance(column.type, UTCDateTime):
                column.type = UtcTime()
        Table(str(cls.__tablename__), cls.metadata, *columns.values(), *getattr(cls, "__table_args__", ()))


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that ``where`` holds; ``= 1`` is how SQLite says true."""
    return Index(
        name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where.replace(" = 1", ""))
    )


_KEY: Any = BigInteger().with_variant(Integer, "sqlite")


class Page(Row):
    """A vendor of the catalog, and the state of its page."""

    __tablename__ = "page"
    __table_args__ = (
        # Each lane's due pages, without a look at any other's.
        _partial("ix_page_watched_due", "watched", "due", where="enabled = 1"),
        _partial("ix_page_own_due", "due", where="enabled = 1 AND category = 'own'"),
        _partial("ix_page_stale", "slug", where="stale = 1"),
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
    """The catalog's, as ``page_url`` is."""
    detected: str | None
    """The kind that was found, at ``detected_url``."""
    detected_url: str | None
    enabled: bool
    version: int
    """Grows whenever the vendor or its components change: a key to cache them by."""

    due: datetime
    watched: bool
    """Some channel subscribes to it."""
    open: bool
    """It has an open incident, or a level worse than maintenance."""
    failures: int
    failed_lookups: int
    """Fruitless look-ups, in a row, of an incident that left the page."""
    stale: bool
    """It was not read for long, and its level spans ended at its last reading."""
    interval_s: float | None
    read_at: datetime | None
    unreadable_reason: str | None = Field(sa_type=Text)
    unreadable_since: datetime | None
    validators: str = Field(sa_type=Text)
    history_read_at: datetime | None
    history_due: datetime | None
    recent_end: datetime | None
    """The newest end of an incident on record."""
    page_updated_at: str | None
    """The page's own time of last change, as it writes it."""
    detect_due: datetime | None
    """Its platform is not looked for anew before then; ``None``: whenever there is a reason."""
    read_kind: str | None
    """What is on record was read as this kind, at ``read_url``."""
    read_url: str | None
    moved_from: str | None
    """The kind it was read as before ``moved_at``, at ``moved_url``."""
    moved_url: str | None
    moved_at: datetime | None
    unmatched_open: str | None = Field(sa_type=Text)
    """JSON: ids of open incidents that the page listed before it moved and does not list now."""

    leased_by: str | None
    """The process that claimed it last, or ``None`` if that is dead: who may write back what it read."""
    leased_until: datetime | None
    """It is being read."""

    memory: str | None = Field(sa_type=Text)
    """JSON: what earlier readings leave behind for judging the next ones."""
    first_read_at: datetime | None
    """Of its first reading; ``None`` too where that was before this was recorded."""
    taken_at: datetime | None
    level: Level | None = Field(sa_type=LevelWord)
    status_text: str = Field(sa_type=Text)


class OwnPageRow(Row):
    """A workspace that reads this page, which is no catalog's."""

    __tablename__ = "own_page"
    __table_args__ = (Index(None, "platform", "workspace"),)

    slug: str = Field(primary_key=True, foreign_key="page.slug", ondelete="CASCADE")
    platform: str = Field(primary_key=True)
    workspace: str = Field(primary_key=True)
    url: str = Field(sa_type=Text)
    """As it was typed there."""
    created_by: str
    created_at: datetime


class VendorNoteRow(Row):
    """A workspace's own note on a vendor."""

    __tablename__ = "vendor_note"
    __table_args__ = (Index(None, "slug"),)

    platform: str = Field(primary_key=True)
    workspace: str = Field(primary_key=True)
    slug: str = Field(primary_key=True, foreign_key="page.slug", ondelete="CASCADE")
    text: str = Field(sa_type=Text)
    created_by: str
    created_at: datetime


class AuditRow(Row):
    """A command that changed something: ``AuditLine``."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "platform", "workspace", "channel", "pk"), Index(None, "created_at"))

    pk: int = Field(primary_key=True, sa_type=_KEY)
    platform: str
    workspace: str
    channel: str
    """Its id."""
    created_by: str
    created_name: str
    created_at: datetime
    text: str = Field(sa_type=Text)


class ComponentRow(Row):
    """A component of a page."""

    __tablename__ = "component"

    slug: str = Field(primary_key=True, foreign_key="page.slug", ondelete="CASCADE")
    id: str = Field(primary_key=True)
    position: int
    name: str
    group_name: str | None
    region: str | None
    level: Level | None = Field(sa_type=LevelWord)
    hidden_when_ok: bool
    raw_status: str | None
    gone: bool
    """Not on the page any more; kept for the names in old incidents."""


class SpanRow(Row):
    """A stretch at one level."""

    __tablename__ = "span"
    __table_args__ = (
        _partial("uq_span_open", "slug", "component", where="ended IS NULL", unique=True),
        Index(None, "slug", "ended"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    slug: str = Field(foreign_key="page.slug", ondelete="CASCADE")
    component: str
    """Empty for the page itself."""
    level: Level | None = Field(sa_type=LevelWord)
    started: datetime
    ended: datetime | None


class DailyRow(Row):
    """The minutes of a day, in UTC, at a level: what is kept of spans that were let go."""

    __tablename__ = "daily"

    slug: str = Field(primary_key=True, foreign_key="page.slug", ondelete="CASCADE")
    component: str = Field(primary_key=True)
    """Empty for the page itself."""
    day: str = Field(primary_key=True)
    """ISO 8601."""
    level: str = Field(primary_key=True)
    """Its word; ``unknown`` too."""
    minutes: float


class IncidentRow(Row):
    """An incident, a maintenance or an episode. What depends on the rest is worked out when it is written."""

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
    kind: IncidentKind = Field(sa_type=stored_word(IncidentKind))
    title: str = Field(sa_type=Text)
    phase: Phase | None = Field(sa_type=stored_word(Phase))
    impact: Impact | None = Field(sa_type=stored_word(Impact))
    started: datetime
    resolved: datetime | None
    planned_end: datetime | None
    url: str | None = Field(sa_type=Text)
    level: Level | None = Field(sa_type=LevelWord)
    components: str = Field(sa_type=Text)
    regions: str = Field(sa_type=Text)
    raw_phase: str | None
    raw_impact: str | None
    vanished: bool
    condition: str | None = Field(sa_type=Text)
    """JSON: whether it is unlisted, overdue, recovering or unstable; ``None``: nothing of that."""

    open: bool
    ended: datetime | None
    link: str | None
    """The url without what links to the same place differ in."""
    peak: Level | None = Field(sa_type=LevelWord)
    first_seen: datetime
    merged_into: str | None
    """Of an episode: the id of the incident that explains it."""
    version: int
    """Grows with every change: a key to cache it by."""


class UpdateRow(Row):
    """An update of an incident."""

    __tablename__ = "incident_update"
    __table_args__ = (UniqueConstraint("incident", "id"),)

    pk: int = Field(primary_key=True, sa_type=_KEY)
    incident: int = Field(foreign_key="incident.pk", ondelete="CASCADE", sa_type=_KEY)
    id: str
    phase: Phase | None = Field(sa_type=stored_word(Phase))
    at: datetime
    text: str = Field(sa_type=Text)
    removed: bool
    """The page took it down."""


class RevisionRow(Row):
    """The text of an update before it was edited."""

    __tablename__ = "revision"
    __table_args__ = (Index(None, "incident"),)

    pk: int = Field(primary_key=True, sa_type=_KEY)
    incident: int = Field(foreign_key="incident.pk", ondelete="CASCADE", sa_type=_KEY)
    id: str
    phase: Phase | None = Field(sa_type=stored_word(Phase))
    at: datetime
    text: str = Field(sa_type=Text)
    replaced_at: datetime


class IncidentStateRow(Row):
    """An incident as it stood from a reading on."""

    __tablename__ = "incident_state"
    __table_args__ = (Index(None, "incident"),)

    pk: int = Field(primary_key=True, sa_type=_KEY)
    incident: int = Field(foreign_key="incident.pk", ondelete="CASCADE", sa_type=_KEY)
    at: datetime
    offered: bool
    """Channels without a card were asked whether they want one."""
    merged_into: int | None = Field(sa_type=_KEY)
    """Of an episode: the key of the incident whose cards its own become here."""
    facts: str = Field(sa_type=Text)
    """JSON: what decides which messages there are of it; empty: as before."""


class ChannelRow(Row):
    """A channel: its settings, its health, and whether something is due there."""

    __tablename__ = "channel"
    __table_args__ = (
        UniqueConstraint("platform", "workspace", "id"),
        _partial("ix_channel_due", "due_since", "pk", where="due_since IS NOT NULL"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    platform: str
    workspace: str
    id: str = Field(index=True)
    """The same in all workspaces that share it."""
    mode: Mode = Field(sa_type=stored_word(Mode))
    zone: str
    remind: str | None = Field(default=None, sa_type=Text)
    """JSON: how many seconds before a planned maintenance it is reminded."""
    quiet: str | None = Field(sa_type=Text)
    """JSON: its quiet hours, by the clock of ``zone``."""
    digest_only: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """It gets its digest and nothing else."""
    publish: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    """What opens and ends is published to those who follow the channel, where others can."""
    health: Health = Field(sa_type=stored_word(Health))
    reason: str | None = Field(sa_type=Text)
    since: datetime | None
    tries: int
    subscriber_notified: bool
    due_since: datetime | None
    """When its oldest due card fell due."""
    not_before: datetime | None
    """No act on it earlier than that."""
    lease: int
    """How often it was leased: the fencing token of whoever holds it."""
    leased_by: str | None
    """The id of the process that holds it."""
    leased_until: datetime | None


class SubscriptionRow(Row):
    """A channel's subscription to a vendor."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("channel", "slug"),
        Index(None, "slug", "channel"),
        _partial("ix_subscription_notice", "notice_due", where="notice_due IS NOT NULL"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    channel: int = Field(foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    slug: str = Field(foreign_key="page.slug", ondelete="CASCADE")
    filter: str = Field(sa_type=Text)
    through: str | None = Field(default=None, sa_type=Text)
    """JSON: ``Through``."""
    mention: str | None = Field(sa_type=Text)
    wishes: str | None = Field(sa_type=Text)
    """JSON: when its cards are told; ``None``: as they come."""
    muted_until: datetime | None
    created_by: str
    created_at: datetime
    unmatched: str | None = Field(sa_type=Text)
    """JSON: what its filter named when the vendor's page moved, and the new page does not have."""
    notice_due: datetime | None
    """When the channel is to be notified of that, once."""
    notice_attempts: int = Field(default=0)
    notice_leased_by: str | None = Field(default=None)
    """The process that sends it."""


class CardRow(Row):
    """An incident in a channel: what it shows of it, and since when that is out of date."""

    __tablename__ = "card"
    __table_args__ = (
        # In this order a fan-out adds to it at one place, and finds its next channels.
        UniqueConstraint("incident", "channel"),
        Index(None, "channel", "root_at"),
        _partial("ix_card_due", "channel", "due_since", where="due_since IS NOT NULL"),
        _partial("ix_card_flood", "flood", where="flood IS NOT NULL"),
        _partial("ix_card_intent", "pk", where="intent IS NOT NULL"),
        _partial("ix_card_kept_back", "channel", where="held IS NOT NULL OR muted_until IS NOT NULL"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    channel: int = Field(foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    incident: int = Field(foreign_key="incident.pk", ondelete="CASCADE", sa_type=_KEY)
    reason: VerdictReason = Field(sa_type=stored_word(VerdictReason))
    detail: str = Field(sa_type=Text)
    created_at: datetime
    posts: str = Field(sa_type=Text)
    """JSON: the posts of ``CardState``."""
    mentioned: bool
    """As in ``CardState``."""
    root_at: datetime | None
    posted_at: datetime | None
    catch_up: bool
    dropped: bool
    """The channel wants no more of it; what it was shown stays known."""
    muted_until: datetime | None
    held: HeldReason | None = Field(sa_type=stored_word(HeldReason))
    """Why something of it was not told when it was last looked at."""
    held_since: datetime | None
    flood: int | None = Field(sa_type=_KEY)
    """It is shown in this flood's list, and not due before it leaves it."""
    flood_level: Level | None = Field(sa_type=LevelWord)
    """Its incident's when it came into the flood."""
    deletions: int = Field(sa_column_kwargs={"server_default": "0"})
    """How often its root was deleted, since it was last unmuted."""
    mode: Mode | None = Field(default=None, sa_type=stored_word(Mode))
    """Of a drill, whatever the channel's."""
    ignored: str | None = Field(default=None, sa_type=Text)
    """JSON: ``Ignored``, while it is muted for that."""
    acked_by: str | None = Field(default=None)
    """``Ack``, as the next two."""
    acked_name: str | None = Field(default=None)
    acked_at: datetime | None = Field(default=None)
    version: int
    """Grows with every reason to look again."""
    due_since: datetime | None
    """It differs from its incident since then; ahead, when one that is held back is to be looked at."""
    intent: str | None = Field(sa_type=Text)
    """JSON: the act under way."""


class FanOutRow(Row):
    """A change of incidents that has not reached all channels of its vendor yet."""

    __tablename__ = "fan_out"
    __table_args__ = (_partial("ix_fan_out_merges", "pk", where="merges IS NOT NULL"),)

    pk: int = Field(primary_key=True, sa_type=_KEY)
    slug: str = Field(foreign_key="page.slug", ondelete="CASCADE")
    at: datetime
    first_sight: bool
    urgency: int
    """The worst level of what is announced; -1: none is known."""
    changed: str = Field(sa_type=Text)
    """JSON: keys of incidents, as the next two; see ``FanOut``."""
    news: str = Field(sa_type=Text)
    announced: str = Field(sa_type=Text)
    merges: str | None = Field(default=None, sa_type=Text)
    """JSON: pairs of keys, of an episode and of the incident whose cards its own become."""
    after: int = Field(sa_type=_KEY)
    """The key of the last channel that it has reached: they come in the order of their keys."""
    until: int | None = Field(default=None, sa_type=_KEY)
    """The key of the last one that it is to reach; ``None``: all that follow."""


class PublicationRow(Row):
    """A message to be published to those who follow its channel, and for an hour one that was."""

    __tablename__ = "publication"
    __table_args__ = (
        UniqueConstraint("channel", "ref"),
        Index(None, "card"),
        _partial("ix_publication_due", "due", where="due IS NOT NULL"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    channel: int = Field(foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    card: int = Field(foreign_key="card.pk", ondelete="CASCADE", sa_type=_KEY)
    ref: str
    created_at: datetime
    due: datetime | None
    """Later than ``created_at``: it had to wait for the channel's limit. ``None``: nothing is left to do."""
    summary: str | None
    """The key of the message that tells it with others that had to wait."""
    published_at: datetime | None
    leased_until: datetime | None
    leased_by: str | None = Field(default=None)


class FloodRow(Row):
    """A message that lists incidents which came in one reading; its cards name it."""

    __tablename__ = "flood"
    __table_args__ = (Index(None, "channel", "slug"), _partial("ix_flood_due", "due", where="due IS NOT NULL"))

    pk: int = Field(primary_key=True, sa_type=_KEY)
    channel: int = Field(foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    slug: str = Field(foreign_key="page.slug", ondelete="CASCADE")
    created_at: datetime
    ref: str | None = Field(sa_type=Text)
    maybe_sent: bool
    fingerprint: str | None
    version: int
    lease: int
    due: datetime | None
    not_before: datetime | None
    """It is leased, waits for its channel, or was edited lately."""
    leased_by: str | None = Field(default=None)


class BoardRow(Row):
    """A channel's board; what is not documented here is as in ``bot.domain.Board``."""

    __tablename__ = "board"
    __table_args__ = (Index(None, "due"),)

    channel: int = Field(primary_key=True, foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    created_by: str
    created_at: datetime
    number: int
    ref: str | None = Field(sa_type=Text)
    maybe_sent: bool
    fingerprint: str | None
    edited_at: datetime | None
    pin_pending: bool
    retired_refs: str = Field(sa_type=Text)
    deleted_at: datetime | None
    error: str | None = Field(sa_type=Text)
    closing: bool
    version: int
    lease: int
    due: datetime
    """When it is to be looked at, though not before ``not_before``."""
    not_before: datetime | None
    """It is leased, was edited lately or cannot be shown."""
    leased_by: str | None = Field(default=None)
    """The process that works on it."""


class DigestRow(Row):
    """A channel's digest: when it comes, and how far the one under way was sent. As in
    ``bot.domain.digests.DigestState``."""

    __tablename__ = "digest"
    __table_args__ = (Index(None, "due"),)

    channel: int = Field(primary_key=True, foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    created_by: str
    created_at: datetime
    minutes: int
    """Of its time, after midnight by the channel's clocks."""
    weekday: int | None
    counted_from: datetime
    covered_until: datetime
    told_open: str = Field(sa_type=Text)
    """JSON: what the one before told as open."""
    sending_until: datetime | None
    parts: str = Field(sa_type=Text)
    """JSON: what its messages tell."""
    more: int
    refs: str = Field(sa_type=Text)
    error: str | None = Field(sa_type=Text)
    due: datetime
    """When it is to be looked at, though not before ``not_before``."""
    not_before: datetime | None
    """It is leased, or could not be sent."""
    lease: int
    leased_by: str | None = Field(default=None)
    """The process that works on it."""


class ServiceRow(Row):
    """A service of a workspace, or of a person in direct messages: ``ServiceScope``, and ``Service``."""

    __tablename__ = "service"
    __table_args__ = (UniqueConstraint("platform", "workspace", "direct", "key"), Index(None, "channel"))

    pk: int = Field(primary_key=True, sa_type=_KEY)
    platform: str
    workspace: str
    direct: str
    key: str
    name: str
    owner: str | None = Field(sa_type=Text)
    created_by: str
    created_at: datetime
    channel: int | None = Field(foreign_key="channel.pk", ondelete="SET NULL", sa_type=_KEY)
    """Where it was defined last: what becomes of its parts is told there."""


class FollowingRow(Row):
    """A channel that hears of what hits a service: ``FollowedService``. Its subscriptions come from that."""

    __tablename__ = "following"
    __table_args__ = (Index(None, "service"),)

    channel: int = Field(primary_key=True, foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    service: int = Field(primary_key=True, foreign_key="service.pk", ondelete="CASCADE", sa_type=_KEY)
    filter: str = Field(sa_type=Text)
    mention: str | None = Field(sa_type=Text)
    wishes: str | None = Field(default=None, sa_type=Text)
    """JSON: ``Wishes``."""
    created_by: str
    created_at: datetime


class DependencyRow(Row):
    """What a service needs of a vendor."""

    __tablename__ = "dependency"
    __table_args__ = (
        Index(None, "service"),
        Index(None, "slug"),
        _partial("ix_dependency_check", "check_due", where="check_due IS NOT NULL"),
    )

    pk: int = Field(primary_key=True, sa_type=_KEY)
    service: int = Field(foreign_key="service.pk", ondelete="CASCADE", sa_type=_KEY)
    position: int
    slug: str = Field(foreign_key="page.slug", ondelete="CASCADE")
    filter: str = Field(sa_type=Text)
    missing: str | None = Field(sa_type=Text)
    """JSON: names in the filter that the page does not list any more, and that were told."""
    check_due: datetime | None
    """The page lists other parts than before: when it is to be looked whether these are still there."""
    check_attempts: int = Field(default=0)
    """How often a notice about them was tried."""
    check_leased_by: str | None = Field(default=None)
    """The process that looks."""


class DrillRow(Row):
    """A drill that runs: ``bot.domain.drill.Drill``."""

    __tablename__ = "drill"
    __table_args__ = (Index(None, "due"),)

    channel: int = Field(primary_key=True, foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    slug: str = Field(foreign_key="page.slug", ondelete="CASCADE")
    mode: Mode = Field(sa_type=stored_word(Mode))
    created_by: str
    created_at: datetime
    step: int
    due: datetime
    """When its next step is."""


class ProcessRow(Row):
    """A process that runs the bot: ``ProcessIdentity``, and its last sign of life."""

    __tablename__ = "process"

    id: str = Field(primary_key=True)
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    """On PostgreSQL by the server's clock."""
    report: str = Field(sa_type=Text)
    """JSON: ``ProcessReport``."""
    roles: str | None
    """Comma-separated."""
    version: str | None


class JobRow(Row):
    """A job that is done now and then, by one process of all."""

    __tablename__ = "job"

    name: str = Field(primary_key=True)
    due: datetime
    """When it is to be done again; while somebody is at it, when another one may take it up."""


class DashboardLinkRow(Row):
    """A link to the dashboard of a channel, or of its workspace."""

    __tablename__ = "dashboard_link"

    digest: str = Field(primary_key=True)
    """Of its secret, in hex."""
    channel: int = Field(index=True, foreign_key="channel.pk", ondelete="CASCADE", sa_type=_KEY)
    """Where it was asked for."""
    everywhere: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """It shows all channels of that workspace."""
    created_by: str
    created_at: datetime
    expires_at: datetime


class ApiKeyRow(Row):
    """A key of a program; what is not documented here is as in ``bot.domain.ApiKey``."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True)
    digest: str
    """Of its secret, in hex."""
    scope: Scope = Field(sa_type=stored_word(Scope))
    platform: str
    workspace: str
    label: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def _table(model: type[Row]) -> Table:
    return Row.metadata.tables[str(model.__tablename__)]


PAGE = _table(Page)
OWN_PAGE = _table(OwnPageRow)
VENDOR_NOTE = _table(VendorNoteRow)
AUDIT = _table(AuditRow)
COMPONENT = _table(ComponentRow)
SPAN = _table(SpanRow)
DAILY = _table(DailyRow)
INCIDENT = _table(IncidentRow)
UPDATE = _table(UpdateRow)
REVISION = _table(RevisionRow)
STATE = _table(IncidentStateRow)
CHANNEL = _table(ChannelRow)
SUBSCRIPTION = _table(SubscriptionRow)
CARD = _table(CardRow)
BOARD = _table(BoardRow)
FLOOD = _table(FloodRow)
PUBLICATION = _table(PublicationRow)
FAN_OUT = _table(FanOutRow)
DIGEST = _table(DigestRow)
SERVICE = _table(ServiceRow)
DEPENDENCY = _table(DependencyRow)
FOLLOWING = _table(FollowingRow)
DRILL = _table(DrillRow)
PROCESS = _table(ProcessRow)
JOB = _table(JobRow)
API_KEY = _table(ApiKeyRow)
DASHBOARD_LINK = _table(DashboardLinkRow)
