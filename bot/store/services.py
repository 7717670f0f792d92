"""Services: what the teams of a workspace run, or one person cares for, and what each needs. Nobody else sees them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update

from bot.domain import Channel, Dependency, FollowedService, Service, ServiceScope, Slug, service_key
from bot.domain.flood import FLOOD_LIMIT
from bot.store import due
from bot.store.channels import ensure_channel
from bot.store.database import Database, StoreError, reads, writes
from bot.store.json_columns import dump_filter, dump_wishes, load_filter, load_wishes
from bot.store.prepared import Prepared
from bot.store.rows import AnyRow, channel_key, channel_of
from bot.store.subscribing import follow_again
from bot.store.tables import CHANNEL, DEPENDENCY, FOLLOWING, SERVICE
from bot.store.values import Route
from bot.store.watching import update_watched, watch


class Services:
    def __init__(self, database: Database, flood_limit: int = FLOOD_LIMIT) -> None:
        """``flood_limit``: as in :func:`bot.domain.flood.with_own_root`."""
        self._database = database
        self._flood_limit = flood_limit

    @reads
    def of(self, tx: Connection, channel: Channel) -> tuple[Service, ...]:
        """Those that count in this channel, by name: its workspace's, or a person's own."""
        return services_of(tx, ServiceScope.of(channel))

    @reads
    def of_workspace(self, tx: Connection, platform: str, workspace: str) -> Mapping[str, tuple[Service, ...]]:
        """All of them: the workspace's under the empty id, each person's under that of their direct messages."""
        ours = (SERVICE.c.platform == platform) & (SERVICE.c.workspace == workspace)
        directs = tx.scalars(select(SERVICE.c.direct).distinct().where(ours)).all()
        return {direct: services_of(tx, ServiceScope(platform, workspace, direct)) for direct in directs}

    @writes
    def define(self, tx: Connection, channel: Channel, service: Service, route: Route) -> Service | None:
        """Add the service to those of the channel, or replace the one of its name; returns that. Without an owner it
        keeps the one it had. The cards and boards that may show it fall due, its vendors are watched, and who follows
        it subscribes to these from now on.

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
        self._changed(tx, scope, service.vendors, before, _followers(tx, scope, service.key), route, now)
        return before

    @writes
    def set_owner(self, tx: Connection, channel: Channel, key: str, owner: str | None) -> bool:
        """False if there is no such service."""
        return tx.execute(update(SERVICE).where(_is(ServiceScope.of(channel), key)).values(owner=owner)).rowcount > 0

    @writes
    def remove(self, tx: Connection, channel: Channel, key: str, route: Route, now: datetime) -> Service | None:
        """Forget it; returns what it was, ``None`` if there is none. Nobody follows it any more."""
        scope = ServiceScope.of(channel)
        before = next((s for s in services_of(tx, scope) if s.key == key), None)
        if before is None:
            return None
        _lock(self._database, tx, channel, before.vendors)
        followers = _followers(tx, scope, key)
        tx.execute(delete(SERVICE).where(_is(scope, key)))
        self._changed(tx, scope, (), before, followers, route, now)
        return before

    @reads
    def followed(self, tx: Connection, channel: Channel) -> tuple[FollowedService, ...]:
        """What the channel follows, by name."""
        f, s = FOLLOWING.c, SERVICE.c
        query = (
            select(s.name, f.filter, f.created_by, f.created_at, f.mention, f.wishes)
            .join_from(FOLLOWING, SERVICE, f.service == s.pk)
            .where(f.channel == channel_key(tx, channel))
            .order_by(s.key)
        )
        return tuple(
            FollowedService(name, load_filter(filter), by, at, mention, load_wishes(wishes))
            for name, filter, by, at, mention, wishes in tx.execute(query)
        )

    @writes
    def follow(self, tx: Connection, channel: Channel, wish: FollowedService, route: Route) -> bool:
        """Subscribe the channel to all that the service needs, however it is defined; or change that. Returns whether
        it followed it before.

        Raises :class:`StoreError` if there is no such service.
        """
        scope = ServiceScope.of(channel)
        found = next(((pk, s) for pk, s in _load(tx, _belongs_to(scope)) if s.key == service_key(wish.name)), None)
        if found is None:
            raise StoreError(f"There is no service {wish.name}: define it first.")
        pk, service = found
        _lock(self._database, tx, channel, service.vendors)
        here = ensure_channel(self._database, tx, channel)
        its_own = (FOLLOWING.c.channel == here) & (FOLLOWING.c.service == pk)
        replaced = tx.execute(delete(FOLLOWING).where(its_own)).rowcount > 0
        asked = {"filter": dump_filter(wish.filter), "mention": wish.mention, "wishes": dump_wishes(wish.wishes)}
        made = {"created_by": wish.created_by, "created_at": wish.created_at}
        tx.execute(FOLLOWING.insert().values(channel=here, service=pk, **asked, **made))
        self._follow_again(tx, {here: channel}, service.vendors, route, wish.created_at)
        return replaced

    @writes
    def unfollow(self, tx: Connection, channel: Channel, key: str, route: Route, now: datetime) -> bool:
        """False if the channel does not follow it."""
        scope = ServiceScope.of(channel)
        found = next(((pk, s) for pk, s in _load(tx, _belongs_to(scope)) if s.key == key), None)
        if found is None:
            return False
        pk, service = found
        _lock(self._database, tx, channel, service.vendors)
        here = ensure_channel(self._database, tx, channel)
        if not tx.execute(delete(FOLLOWING).where(FOLLOWING.c.channel == here, FOLLOWING.c.service == pk)).rowcount:
            return False
        self._follow_again(tx, {here: channel}, service.vendors, route, now)
        return True

    def _changed(
        self,
        tx: Connection,
        scope: ServiceScope,
        slugs: Collection[Slug],
        before: Service | None,
        followers: Mapping[int, Channel],
        route: Route,
        now: datetime,
    ) -> None:
        """A service needs these vendors now, and before those of ``before``."""
        left = [slug for slug in (before.vendors if before else ()) if slug not in slugs]
        self._follow_again(tx, followers, (*slugs, *left), route, now)
        update_watched(tx, left)
        due.mark_hit(tx, _counts_in(scope), (*slugs, *left), now)

    def _follow_again(
        self, tx: Connection, followers: Mapping[int, Channel], slugs: Sequence[Slug], route: Route, now: datetime
    ) -> None:
        for pk, channel in followers.items():
            follow_again(self._database, tx, pk, channel, slugs, route, self._flood_limit, now)


def services_of(tx: Connection, scope: ServiceScope) -> tuple[Service, ...]:
    """By name."""
    return tuple(service for _, service in _load(tx, _belongs_to(scope)))


_s, _d = SERVICE.c, DEPENDENCY.c
_NEEDING = Prepared(
    select(SERVICE, _d.slug, _d.filter)
    .join_from(DEPENDENCY, SERVICE, _d.service == _s.pk)
    .where(_d.slug.in_(bindparam("slugs", expanding=True)), _s.workspace.in_(bindparam("workspaces", expanding=True)))
    .where(_s.direct.in_(bindparam("directs", expanding=True)))
    .order_by(_s.key, _d.position)
)


def services_on(
    tx: Connection, scopes: Collection[ServiceScope], slugs: Collection[str]
) -> Mapping[tuple[ServiceScope, Slug], tuple[Service, ...]]:
    """The services of each of these that depend on each of these vendors, by name; each with what it needs of that one
    vendor."""
    found: defaultdict[tuple[ServiceScope, Slug], dict[int, list[AnyRow]]] = defaultdict(lambda: defaultdict(list))
    asked = {
        "slugs": list(slugs),
        "workspaces": list({scope.workspace for scope in scopes}),
        "directs": list({scope.direct for scope in scopes}),
    }
    for row in _NEEDING.all(tx, asked) if scopes and slugs else ():
        scope = ServiceScope(row.platform, row.workspace, row.direct)
        if scope in scopes:
            found[scope, Slug(row.slug)][row.pk].append(row)
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


def _followers(tx: Connection, scope: ServiceScope, key: str) -> dict[int, Channel]:
    """Channels by their keys."""
    query = (
        select(CHANNEL)
        .join_from(CHANNEL, FOLLOWING, FOLLOWING.c.channel == CHANNEL.c.pk)
        .join(SERVICE, FOLLOWING.c.service == SERVICE.c.pk)
        .where(_is(scope, key))
        .order_by(CHANNEL.c.pk)
    )
    return {row.pk: channel_of(row) for row in tx.execute(query)}


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
