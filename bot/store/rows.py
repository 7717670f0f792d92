"""Rows as values: vendors, components, incidents with their updates. Reads; decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Any, Generic, TypeVar

from cachetools import LRUCache
from sqlalchemy import ColumnElement, Connection, Row, bindparam, or_, select, tuple_, union

from bot.domain import (
    Channel,
    ChannelSettings,
    ChannelState,
    Component,
    Incident,
    IncidentRecord,
    Mode,
    Mute,
    Revision,
    Slug,
    Snapshot,
    Subscription,
    Unreadable,
    Update,
    Vendor,
)
from bot.store.json_columns import (
    load_condition,
    load_filter,
    load_ignored,
    load_leads,
    load_quiet,
    load_through,
    load_wishes,
    load_words,
)
from bot.store.prepared import Prepared
from bot.store.tables import CHANNEL, COMPONENT, INCIDENT, PAGE, REVISION, UPDATE

WHILE_OPEN = datetime(9999, 1, 1, tzinfo=UTC)
"""Muted until then: as long as the incident goes on."""

AnyRow = Row[*tuple[Any, ...]]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LoadingCache(Generic[K, V]):
    """The newest versions of the ``max_size`` values used last, by what each is of and its version, which a change of
    the value changes. Safe from any thread."""

    def __init__(self, max_size: int) -> None:
        self._values: LRUCache[K, tuple[int, V]] = LRUCache(max_size)
        self._lock = Lock()

    def get(
        self, keys: Iterable[tuple[K, int]], load: Callable[[list[tuple[K, int]]], Mapping[tuple[K, int], V]]
    ) -> dict[tuple[K, int], V]:
        """The values of these keys; those that are not cached come from one call of ``load``."""
        found: dict[tuple[K, int], V] = {}
        missing: dict[tuple[K, int], None] = {}
        with self._lock:
            # Thousands of rows ask for the same few.
            for of, version in dict.fromkeys(keys):
                known = self._values.get(of)
                if known is not None and known[0] == version:
                    found[of, version] = known[1]
                else:
                    missing[of, version] = None
        if missing:
            loaded = load(list(missing))
            with self._lock:
                self._values.update({of: (version, value) for (of, version), value in loaded.items()})
            found |= loaded
        return found


def is_channel(channel: Channel) -> ColumnElement[bool]:
    c = CHANNEL.c
    return (c.platform == channel.platform) & (c.workspace == channel.workspace) & (c.id == channel.id)


PLATFORM = CHANNEL.c.platform.concat("")
"""For a condition that is to choose among few channels. With the bare column SQLite would begin with all of the
platform's, of which there may be thousands."""


def channel_of(row: AnyRow) -> Channel:
    return Channel(row.platform, row.workspace, row.id)


SETTINGS_COLUMNS = tuple(CHANNEL.c[name] for name in ("mode", "zone", "quiet", "remind", "publish", "digest_only"))


def settings_of(row: AnyRow) -> ChannelSettings:
    """Of a row with ``SETTINGS_COLUMNS``."""
    return _settings(row.mode, row.zone, row.quiet, row.remind, row.publish, row.digest_only)


@lru_cache(maxsize=256)
def _settings(
    mode: Mode, zone: str, quiet: str | None, remind: str | None, publish: bool, digest_only: bool
) -> ChannelSettings:
    leads = load_leads(remind)
    return ChannelSettings(mode, zone, load_quiet(quiet), publish=publish, remind=leads, digest_only=digest_only)


def state_of(row: AnyRow) -> ChannelState:
    return _state(row.health, row.reason, row.since, row.tries, row.subscriber_notified)


_state = lru_cache(maxsize=256)(ChannelState)
"""Thousands of channels have the same settings and are in the same state."""


def channel_key(tx: Connection, channel: Channel) -> int | None:
    """``None``: it was never seen."""
    return tx.scalar(select(CHANNEL.c.pk).where(is_channel(channel)))


def subscription_of(channel: Channel, row: AnyRow) -> Subscription:
    slug, wanted, through = Slug(row.slug), load_filter(row.filter), load_through(row.through)
    known = (wanted, row.created_by, row.created_at, row.mention, row.muted_until)
    return Subscription(channel, slug, *known, wishes=load_wishes(row.wishes), through=through)


def mute_of(until: datetime | None, ignored: str | None = None, vendor_until: datetime | None = None) -> Mute | None:
    if until is None:
        return None
    counts = vendor_until is not None and (ignored is not None or vendor_until > until)
    why = load_ignored(ignored) if ignored else None
    return Mute(None if until == WHILE_OPEN else until, why, vendor_until if counts else None)


VENDOR_COLUMNS = tuple(
    PAGE.c[name]
    for name in (
        *("slug", "name", "aliases", "homepage", "page_url", "human_url"),
        *("category", "subcategory", "kind", "detected", "detected_url", "enabled"),
    )
)


def vendor_of(row: AnyRow) -> Vendor:
    return Vendor(
        slug=Slug(row.slug),
        name=row.name,
        page_url=row.detected_url or row.page_url,
        human_url=row.human_url,
        category=row.category,
        subcategory=row.subcategory,
        aliases=load_words(row.aliases),
        homepage=row.homepage,
        kind=row.detected or row.kind,
        enabled=row.enabled,
    )


def unreadable_of(row: AnyRow) -> Unreadable | None:
    if row.unreadable_reason is None:
        return None
    return Unreadable(row.unreadable_reason, row.unreadable_since)


def snapshot_of(row: AnyRow, components: Iterable[Component], incidents: Iterable[Incident]) -> Snapshot:
    """What is on record promises no completeness, whatever the readings did that it was made from."""
    return Snapshot(
        vendor=Slug(row.slug),
        level=row.level,
        status_text=row.status_text,
        components=tuple(components),
        incidents=tuple(incidents),
        taken_at=row.taken_at,
        page_updated_at=row.page_updated_at,
    )


def components_of(
    tx: Connection, slugs: Collection[str], *, gone: bool = False
) -> defaultdict[str, dict[str, Component]]:
    """By vendor and id, in the page's order. ``gone``: those too that are not on the page any more."""
    found: defaultdict[str, dict[str, Component]] = defaultdict(dict)
    for slug, *fields in (_COMPONENTS if gone else _LISTED_COMPONENTS).fields(tx, {"slugs": list(slugs)}):
        found[slug][fields[0]] = Component(*fields)
    return found


def incidents_of(tx: Connection, rows: Sequence[AnyRow], *, texts: bool = True) -> list[Incident]:
    """The incidents of these rows of ``INCIDENT``, in their order; without ``texts``, without their updates."""
    updates: defaultdict[int, list[Update]] = defaultdict(list)
    for incident, *fields in _UPDATES.fields(tx, {"keys": [row.pk for row in rows]}) if rows and texts else ():
        updates[incident].append(Update(*fields))
    explained = _explained(tx, rows)
    return [_incident(row, updates[row.pk], explained.get((row.slug, row.merged_into))) for row in rows]


def _explained(tx: Connection, rows: Sequence[AnyRow]) -> dict[tuple[str, str], str]:
    """Titles of the incidents that these were merged into, by vendor and id."""
    wanted = [(row.slug, row.merged_into) for row in rows if row.merged_into is not None]
    if not wanted:
        return {}
    i = INCIDENT.c
    query = select(i.slug, i.id, i.title).where(tuple_(i.slug, i.id).in_(wanted))
    return {(row.slug, row.id): row.title for row in tx.execute(query)}


def _incident(row: AnyRow, updates: list[Update], explained: str | None) -> Incident:
    return Incident(
        vendor=Slug(row.slug),
        id=row.id,
        kind=row.kind,
        title=row.title,
        phase=row.phase,
        impact=row.impact,
        started=row.started,
        resolved=row.resolved,
        planned_end=row.planned_end,
        url=row.url,
        level=row.level,
        components=load_words(row.components),
        regions=load_words(row.regions),
        updates=tuple(updates),
        raw_phase=row.raw_phase,
        raw_impact=row.raw_impact,
        listed_open=row.open and row.phase is None,
        vanished=row.vanished,
        **load_condition(row.condition),
        explained_by=explained,
    )


def records_of(tx: Connection, rows: Sequence[AnyRow], *, texts: bool = True) -> list[IncidentRecord]:
    """The same with all that is on record of them."""
    revisions: defaultdict[int, list[Revision]] = defaultdict(list)
    for row in _REVISIONS.all(tx, {"keys": [row.pk for row in rows]}) if rows and texts else ():
        revisions[row.incident].append(Revision(Update(row.id, row.phase, row.at, row.text), row.replaced_at))
    return [
        IncidentRecord(incident, row.first_seen, row.peak, tuple(revisions[row.pk]), row.merged_into, row.ended)
        for row, incident in zip(rows, incidents_of(tx, rows, texts=texts), strict=True)
    ]


def open_incidents(tx: Connection, slugs: Collection[str]) -> Sequence[AnyRow]:
    """Rows of ``INCIDENT``, the oldest first. A merged episode is not open."""
    rows = _OPEN_INCIDENTS.all(tx, {"slugs": list(slugs)})
    # Were SQLite to sort them, it would go through all that a single vendor ever had, which stand in this order.
    return sorted(rows, key=lambda row: (row.started, row.pk))


_ONE = INCIDENT.alias("one")


def lasting_since(slugs: Any, since: Any, *, sqlite: bool) -> ColumnElement[bool]:
    """Whether an incident of these vendors is open, or started or ended at or after ``since``."""
    if not sqlite:
        i = INCIDENT.c
        return i.slug.in_(slugs) & or_(i.open, i.started >= since, i.ended >= since)
    # Each by itself: SQLite would go through all that the vendors ever had.
    i = _ONE.c
    keys = (select(i.pk).where(i.slug.in_(slugs), lasts) for lasts in (i.open, i.started >= since, i.ended >= since))
    return INCIDENT.c.pk.in_(union(*keys))


def is_open(slugs: Any) -> ColumnElement[bool]:
    """Whether an incident of these vendors is open. Found whatever the order in which they are wanted: SQLite would go
    through all that a single vendor ever had, which stand in it."""
    return INCIDENT.c.pk.in_(select(_ONE.c.pk).where(_ONE.c.slug.in_(slugs), _ONE.c.open))


def _several(name: str) -> Any:
    return bindparam(name, expanding=True)


# Statements are built once: to build one takes longer than to carry it out.
_c, _u, _i, _r = COMPONENT.c, UPDATE.c, INCIDENT.c, REVISION.c
_KNOWN_COMPONENTS = (
    select(_c.slug, _c.id, _c.name, _c.level, _c.group_name, _c.region, _c.hidden_when_ok, _c.raw_status)
    .where(_c.slug.in_(_several("slugs")))
    .order_by(_c.slug, _c.position)
)
"""After the vendor the fields of ``Component``."""
_COMPONENTS, _LISTED_COMPONENTS = Prepared(_KNOWN_COMPONENTS), Prepared(_KNOWN_COMPONENTS.where(~_c.gone))
_UPDATES = Prepared(
    select(_u.incident, _u.id, _u.phase, _u.at, _u.text)
    .where(_u.incident.in_(_several("keys")), ~_u.removed)
    .order_by(_u.at, _u.pk)
)
"""After the incident the fields of ``Update``. Of one time, in the order in which they were published."""
_OPEN_INCIDENTS = Prepared(select(INCIDENT).where(_i.slug.in_(_several("slugs")), _i.open))
_REVISIONS = Prepared(select(REVISION).where(_r.incident.in_(_several("keys"))).order_by(_r.replaced_at, _r.pk))
