"""Services: what the teams of a workspace run, or one person cares for, and what each needs. Nobody else sees them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select, tuple_, update

from bot.domain import Channel, Dependency, Service, ServiceScope, Slug
from bot.store import due
from bot.store.channels import ensure_channel
from bot.store.database import Database, StoreError, reads, writes
from bot.store.json_columns import dump_filter, load_filter
from bot.store.rows import AnyRow
from bot.store.tables import CHANNEL, DEPENDENCY, SERVICE
from bot.store.watching import update_watched, watch


class Services:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def of(self, tx: Connection, channel: Channel) -> tuple[Service, ...]:
        """Those that count in this channel, by name: its workspace's, or a person's own."""
        return services_of(tx, ServiceScope.of(channel))

    @writes
    def define(self, tx: Connection, channel: Channel, service: Service) -> Service | None:
        """Add the service to those of the channel, or replace the one of its name; returns that. Without an owner it
        keeps the one it had. The cards and boards that may show it fall due, and its vendors are watched.

        Raises :class:`StoreError` for a vendor without a page.
        """
        scope, now = ServiceScope.of(channel), service.created_at
        before = next((s for s in services_of(tx, scope) if s.key == service.key), None)
        _lock(self._database, tx, channel, (*service.vendors, *(before.vendors if before else ())), service.vendors)
        here = ensure_channel(self._database, tx, channel)
        values = {
            "name": service.name,
            "created_by": service.created_by,
            "created_at": now,
            "channel": here,
            **({"owner": service.owner} if before is None or service.owner is not None else {}),
        }
        insert = self._database.insert(SERVICE).values(
            platform=scope.platform, workspace=scope.workspace, direct=scope.direct, key=service.key, **values
        )
        key = ["platform", "workspace", "direct", "key"]
        pk = tx.scalars(insert.on_conflict_do_update(index_elements=key, set_=values).returning(SERVICE.c.pk)).one()
        tx.execute(delete(DEPENDENCY).where(DEPENDENCY.c.service == pk))
        rows = [
            {"service": pk, "position": n, "slug": d.vendor, "filter": dump_filter(d.filter), "check_attempts": 0}
            for n, d in enumerate(service.dependencies)
        ]
        tx.execute(DEPENDENCY.insert(), rows)
        watch(tx, service.vendors, now)
        self._changed(tx, scope, service.vendors, before, now)
        return before

    @writes
    def set_owner(self, tx: Connection, channel: Channel, key: str, owner: str | None) -> bool:
        """False if there is no such service."""
        return tx.execute(update(SERVICE).where(_is(ServiceScope.of(channel), key)).values(owner=owner)).rowcount > 0

    @writes
    def remove(self, tx: Connection, channel: Channel, key: str, now: datetime) -> Service | None:
        """Forget it; returns what it was, ``None`` if there is none."""
        scope = ServiceScope.of(channel)
        before = next((s for s in services_of(tx, scope) if s.key == key), None)
        if before is None:
            return None
        _lock(self._database, tx, channel, before.vendors)
        tx.execute(delete(SERVICE).where(_is(scope, key)))
        self._changed(tx, scope, (), before, now)
        return before

    def _changed(
        self, tx: Connection, scope: ServiceScope, slugs: Collection[Slug], before: Service | None, now: datetime
    ) -> None:
        """A service needs these vendors now, and before those of ``before``."""
        left = [slug for slug in (before.vendors if before else ()) if slug not in slugs]
        update_watched(tx, left)
        due.mark_hit(tx, _counts_in(scope), (*slugs, *left), now)


def services_of(tx: Connection, scope: ServiceScope) -> tuple[Service, ...]:
    """By name."""
    return tuple(service for _, service in _load(tx, _belongs_to(scope)))


def services_on(
    tx: Connection, scopes: Collection[ServiceScope], slugs: Collection[str]
) -> Mapping[tuple[ServiceScope, str], tuple[Service, ...]]:
    """The services of each of these that depend on each of these vendors, by name; each with what it needs of that one
    vendor."""
    d, s = DEPENDENCY.c, SERVICE.c
    owners = tuple_(s.platform, s.workspace, s.direct)
    wanted = [(scope.platform, scope.workspace, scope.direct) for scope in scopes]
    query = (
        select(SERVICE, d.slug, d.filter)
        .join_from(DEPENDENCY, SERVICE, d.service == s.pk)
        .where(d.slug.in_(slugs), owners.in_(wanted))
        .order_by(s.key, d.position)
    )
    found: defaultdict[tuple[ServiceScope, str], dict[int, list[AnyRow]]] = defaultdict(lambda: defaultdict(list))
    for row in tx.execute(query) if wanted and slugs else ():
        found[ServiceScope(row.platform, row.workspace, row.direct), row.slug][row.pk].append(row)
    return {key: tuple(_service(rows) for rows in of.values()) for key, of in found.items()}


def _load(tx: Connection, which: ColumnElement[bool]) -> list[tuple[int, Service]]:
    d, s = DEPENDENCY.c, SERVICE.c
    query = select(SERVICE, d.slug, d.filter).outerjoin_from(SERVICE, DEPENDENCY, d.service == s.pk)
    rows: dict[int, list[AnyRow]] = {}
    for row in tx.execute(query.where(which).order_by(s.key, d.position)):
        rows.setdefault(row.pk, []).append(row)
    return [(pk, _service(of)) for pk, of in rows.items()]


def _service(rows: Sequence[AnyRow]) -> Service:
    """One row for each dependency."""
    first = rows[0]
    needs = tuple(Dependency(Slug(row.slug), load_filter(row.filter)) for row in rows if row.slug is not None)
    return Service(first.name, needs, first.created_by, first.created_at, first.owner)


def _belongs_to(scope: ServiceScope) -> ColumnElement[bool]:
    s = SERVICE.c
    return (s.platform == scope.platform) & (s.workspace == scope.workspace) & (s.direct == scope.direct)


def _is(scope: ServiceScope, key: str) -> ColumnElement[bool]:
    return _belongs_to(scope) & (SERVICE.c.key == key)


def _counts_in(scope: ServiceScope) -> ColumnElement[bool]:
    """Channels whose cards and boards may show its services; direct messages among them that show their own."""
    c = CHANNEL.c
    theirs = (c.platform == scope.platform) & (c.workspace == scope.workspace)
    return theirs & (c.id == scope.direct) if scope.direct else theirs


def _lock(
    database: Database, tx: Connection, channel: Channel, slugs: Sequence[Slug], needed: Sequence[Slug] = ()
) -> None:
    """Pages, then channels: two who change the services of one workspace take turns."""
    pages = due.lock_pages(tx, sorted(set(slugs)))
    if missing := [slug for slug in needed if slug not in pages]:
        raise StoreError(f"There is no vendor {missing[0]}: name one of the catalog.")
    ensure_channel(database, tx, channel)
    due.lock_channels(tx, _counts_in(ServiceScope.of(channel)))
