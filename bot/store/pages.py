"""Pages and when they are read: the catalog's rows, claims, and how each poll ended."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    Connection,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
    update,
)

from bot.domain import OWN, Component, Incident, Level, PageState, Slug, Vendor
from bot.domain.drill import DRILL_PREFIX
from bot.store import due
from bot.store.database import Database, Insert, inserts, reads, writes
from bot.store.json_columns import dump_memory, dump_validators, dump_words, load_memory, load_validators, load_words
from bot.store.leases import free_pages, is_mine, may_claim
from bot.store.prepared import Prepared, given
from bot.store.rows import (
    VENDOR_COLUMNS,
    AnyRow,
    components_of,
    incidents_of,
    open_incidents,
    snapshot_of,
    unreadable_of,
    vendor_of,
)
from bot.store.tables import PAGE
from bot.store.upserts import end_spans, resume_spans
from bot.store.values import Claim, Lane, PageCounts, PageRevision, PollOutcome

_UNREAD: dict[str, Any] = {
    "detected": None,
    "detected_url": None,
    "failures": 0,
    "failed_lookups": 0,
    "unreadable_reason": None,
    "unreadable_since": None,
    "validators": "{}",
    "detect_due": None,
}
FRESH = _UNREAD | {"version": 1, "watched": False, "open": False, "stale": False, "status_text": ""}
"""A page's columns before its first reading, beside its vendor's."""
STALE_AFTER = timedelta(hours=2)
STALE_AFTER_INTERVALS = 3
"""What a page shows is not known any more once both of these went by without a reading."""

STATE_COLUMNS = (
    *VENDOR_COLUMNS,
    *(PAGE.c[name] for name in ("taken_at", "level", "status_text", "page_updated_at", "read_at", "interval_s")),
    *(
        PAGE.c[name]
        for name in ("unreadable_reason", "unreadable_since", "history_read_at", "history_due", "first_read_at")
    ),
)
"""What a ``PageState`` is made of."""


class Pages:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def sync_catalog(self, tx: Connection, vendors: Sequence[Vendor], now: datetime, spread_s: float) -> None:
        """Make the pages match the catalog. New pages fall due within ``spread_s``, by a hash of their slug; a vendor
        that left the catalog is disabled, never deleted; a page of a workspace's own stays. A detected kind stays
        while the page's url is the same."""
        catalog = {vendor.slug: columns_of(vendor) for vendor in vendors}
        known = {row[0]: dict(zip(_OF_VENDOR, row, strict=True)) for row in _KNOWN_VENDORS.fields(tx, {})}
        new = [
            columns | FRESH | {"due": now + timedelta(seconds=spread_s * _hash_share(slug))}
            for slug, columns in catalog.items()
            if slug not in known
        ]
        changed = [columns for slug, columns in catalog.items() if slug in known and known[slug] != columns]
        moved = [slug for slug in catalog if slug in known and known[slug]["page_url"] != catalog[slug]["page_url"]]
        removed = [
            slug
            for slug, columns in known.items()
            if slug not in catalog and columns["enabled"] and columns["category"] != OWN
        ]
        _ADD_VENDORS[self._database.sqlite].many(tx, new)
        # One statement a page: a list of all slugs may be longer than SQLite takes parameters.
        change = update(PAGE).where(PAGE.c.slug == bindparam("of")).values(version=PAGE.c.version + 1)
        if changed:
            tx.execute(change, [{"of": columns["slug"], **columns} for columns in changed])
        if moved:
            tx.execute(change, [{"of": slug, "due": now, **_UNREAD} for slug in moved])
        if removed:
            tx.execute(change, [{"of": slug, "enabled": False} for slug in removed])

    @writes
    def claim_due(
        self,
        tx: Connection,
        now: datetime,
        places: int | Mapping[Lane, int],
        lease_s: float,
        until: datetime | None = None,
    ) -> tuple[Claim, ...]:
        """Lease enabled pages that are due: their due time moves to ``now + lease_s`` in the same transaction. At most
        so many, or so many of each lane; the most overdue first, and watched ones before all others, so that no backlog
        delays subscribers. ``until``: what falls due by then counts as due."""
        if not may_claim(self._database, tx):
            return ()
        by = now if until is None else until
        lanes = {None: places} if isinstance(places, int) else places
        rows = [row for lane, most in lanes.items() for row in _DUE_PAGES[lane].all(tx, {"by": by, "most": most})]
        return self._lease(tx, rows, now, lease_s)

    @writes
    def claim(self, tx: Connection, slug: Slug, now: datetime, lease_s: float) -> Claim | None:
        """Lease one page whether due or not; ``None`` if there is no such page. Disabled ones too, as somebody asks."""
        if not may_claim(self._database, tx):
            return None
        rows = tx.execute(select(PAGE).where(PAGE.c.slug == slug).with_for_update()).all()
        return next(iter(self._lease(tx, rows, now, lease_s)), None)

    @writes
    def make_due(self, tx: Connection, slugs: Collection[Slug], now: datetime) -> None:
        """These are to be read now, whatever they wait for."""
        if slugs:
            change = update(PAGE).where(PAGE.c.slug == bindparam("of"), PAGE.c.due > now).values(due=now)
            tx.execute(change, [{"of": slug} for slug in sorted(slugs)])

    @writes
    def settle(self, tx: Connection, outcomes: Sequence[PollOutcome]) -> None:
        """Write back how polls without news ended, in one transaction. What only a good reading gives (``read_at``,
        ``validators``, ``kind``, ``page_url``, ``history_read_at``, ``page_updated_at``, ``memory``) stays where it is
        ``None``. Nothing is written of a page that another process has claimed since."""
        held = held_pages(self._database, tx, [s.slug for s in outcomes])
        outcomes = [s for s in outcomes if s.slug in held]
        read = {s.slug: s.read_at for s in outcomes if s.read_at is not None}
        for (slug,) in _STALE_PAGES.fields(tx, {}):
            if slug in read:
                resume_spans(tx, slug, read[slug])
        settle(tx, outcomes)

    @writes
    def free_all_but(self, tx: Connection, reading: Sequence[Slug], now: datetime) -> None:
        """What this process holds beyond these can be claimed at once: claims that it never heard were granted."""
        if self._database.process is not None:
            free_pages(tx, is_mine(self._database, PAGE.c.leased_by) & PAGE.c.slug.not_in(reading), now)

    def _lease(self, tx: Connection, rows: Sequence[AnyRow], now: datetime, lease_s: float) -> tuple[Claim, ...]:
        if rows:
            until = now + timedelta(seconds=lease_s)
            values = {"due": until, "leased_by": self._database.process, "leased_until": until}
            _LEASE.run(tx, {"slugs": [row.slug for row in rows], **values})
        for row in rows:
            if row.read_at is not None and not row.stale and now - row.read_at > _stale_after(row):
                end_spans(tx, row.slug, row.read_at)
                tx.execute(update(PAGE).where(PAGE.c.slug == row.slug).values(stale=True))
        return tuple(_claim(row) for row in rows)

    @reads
    def look_at(self, tx: Connection, slug: Slug) -> datetime | None:
        """When the page is to be judged again although it may not have changed."""
        memory = tx.scalar(select(PAGE.c.memory).where(PAGE.c.slug == slug))
        return load_memory(memory).look_at

    @reads
    def states(self, tx: Connection, slugs: Sequence[Slug], *, details: bool = True) -> tuple[PageState, ...]:
        """The state of these vendors, in the order given; unknown slugs are left out. Without ``details`` no components
        and no updates of the open incidents are read, which are nearly all that there is to read."""
        rows = {row.slug: row for row in _STATES.all(tx, {"slugs": list(slugs)})}
        return read_states(tx, [rows[slug] for slug in slugs if slug in rows], components=details, texts=details)

    @reads
    def vendors(self, tx: Connection, slugs: Sequence[Slug]) -> tuple[Vendor, ...]:
        """These vendors alone, in the order given; unknown slugs are left out."""
        found = {row.slug: row for row in tx.execute(select(*VENDOR_COLUMNS).where(PAGE.c.slug.in_(slugs))).all()}
        return tuple(vendor_of(found[slug]) for slug in slugs if slug in found)

    @reads
    def down(self, tx: Connection, limit: int) -> tuple[PageState, ...]:
        """Enabled pages at a level worse than a maintenance, without their components; the worst first."""
        p = PAGE.c
        bad = [Level.DEGRADED, Level.PARTIAL_OUTAGE, Level.MAJOR_OUTAGE]
        worst_first = case(*((p.level == level, -int(level)) for level in bad))
        query = select(*STATE_COLUMNS).where(p.enabled, p.level.in_(bad)).order_by(worst_first, p.slug).limit(limit)
        return read_states(tx, tx.execute(query).all(), components=False)

    @reads
    def revisions(self, tx: Connection) -> dict[Slug, PageRevision]:
        """Of every vendor what changes with news of it."""
        return {Slug(row[0]): PageRevision(*row[1:]) for row in _REVISIONS.all(tx, {})}

    @reads
    def counts(self, tx: Connection) -> PageCounts:
        p = PAGE.c
        row = tx.execute(
            select(
                func.count().filter(p.enabled),
                func.count().filter(p.enabled, p.read_at.is_not(None)),
                func.count().filter(p.enabled, p.unreadable_since.is_not(None)),
                func.count().filter(~p.enabled, ~p.slug.startswith(DRILL_PREFIX)),
            )
        ).one()
        return PageCounts(*row)

    @reads
    def unreadable(self, tx: Connection) -> tuple[PageState, ...]:
        """Enabled pages that cannot be read now, the longest unreadable first."""
        p = PAGE.c
        query = (
            select(*STATE_COLUMNS)
            .where(p.enabled, p.unreadable_since.is_not(None))
            .order_by(p.unreadable_since, p.slug)
        )
        return read_states(tx, tx.execute(query).all())


def held_pages(database: Database, tx: Connection, slugs: Sequence[str]) -> frozenset[str]:
    """Those of these that no other process has claimed since this one did; nobody does before the transaction ends."""
    rows = _HELD_PAGES.fields(tx, {"slugs": slugs, "process": database.process})
    return frozenset(slug for (slug,) in rows)


def held_page(database: Database, tx: Connection, slug: str) -> AnyRow | None:
    """The same of one page, with what is on record of its last reading: ``taken_at``, ``level``, whether it is
    ``stale`` or ``watched``."""
    return _HELD_PAGE.one(tx, {"of": slug, "process": database.process})


def settle(tx: Connection, outcomes: Sequence[PollOutcome]) -> None:
    """Write them back, and mark the boards that show a page which can be read now and could not, or the other way
    round."""
    unreadable = {s.slug: s.unreadable is not None for s in outcomes}
    changing = _readability_changes(tx, unreadable) if unreadable and due.any_board(tx) else []
    write_outcomes(tx, outcomes)
    if changing:
        due.mark_boards(tx, changing)


def write_outcomes(tx: Connection, outcomes: Iterable[PollOutcome]) -> None:
    """The pages' rows alone."""
    rows = [
        {
            "of": s.slug,
            "due": s.due,
            "interval_s": s.interval_s,
            "failures": s.failures,
            "failed_lookups": s.failed_lookups,
            "unreadable_reason": s.unreadable.reason if s.unreadable else None,
            "unreadable_since": s.unreadable.since if s.unreadable else None,
            "history_due": s.history_due,
            "detect_due": s.detect_due,
            "keep_due": not s.watched and s.failures == 0,
            "new_read_at": s.read_at,
            "new_validators": None if s.validators is None else dump_validators(s.validators),
            "new_detected": s.kind,
            "new_detected_url": s.page_url,
            "new_history_read_at": s.history_read_at,
            "new_page_updated_at": s.page_updated_at,
            "new_memory": None if s.memory is None else dump_memory(s.memory),
        }
        for s in outcomes
    ]
    _SETTLE.many(tx, rows)


def _readability_changes(tx: Connection, unreadable: Mapping[Slug, bool]) -> list[str]:
    """Those that can be read now and could not, or the other way round, and that somebody subscribes to."""
    p = PAGE.c
    rows = tx.execute(select(p.slug, p.unreadable_since).where(p.slug.in_(list(unreadable)), p.watched))
    return [row.slug for row in rows if unreadable[row.slug] != (row.unreadable_since is not None)]


def _given(name: str) -> Any:
    return bindparam(f"new_{name}", type_=PAGE.c[name].type)


def _given_or_kept(name: str) -> Any:
    return func.coalesce(_given(name), PAGE.c[name])


_KEPT_UNLESS_GIVEN = (
    *("read_at", "validators", "detected", "detected_url"),
    *("history_read_at", "page_updated_at", "memory"),
)
_DETECTED_ANEW = or_(*(_given_or_kept(name).is_distinct_from(PAGE.c[name]) for name in ("detected", "detected_url")))
_DUE: BindParameter[datetime] = bindparam("due", type_=PAGE.c.due.type)
_SUBSCRIBED_SINCE = and_(PAGE.c.watched, bindparam("keep_due", type_=Boolean), PAGE.c.due < _DUE)
_SETTLE = Prepared(
    update(PAGE)
    .where(PAGE.c.slug == bindparam("of"))
    .values(
        given(
            PAGE,
            (
                *("interval_s", "failures", "failed_lookups"),
                *("unreadable_reason", "unreadable_since", "history_due", "detect_due"),
            ),
        )
        | {name: _given_or_kept(name) for name in _KEPT_UNLESS_GIVEN}
        | {"due": case((_SUBSCRIBED_SINCE, PAGE.c.due), else_=_DUE)}
        | {"first_read_at": case((PAGE.c.read_at.is_(None), _given("read_at")), else_=PAGE.c.first_read_at)}
        | {"stale": case((_given("read_at").is_not(None), False), else_=PAGE.c.stale)}
        | {"version": PAGE.c.version + case((_DETECTED_ANEW, 1), else_=0), "leased_until": None}
    )
)


_LANES = {
    Lane.WATCHED: PAGE.c.watched & (PAGE.c.category != OWN),
    Lane.IDLE: ~PAGE.c.watched & (PAGE.c.category != OWN),
    # Written out, as the index is only taken for what is known to be in it.
    Lane.OWN: PAGE.c.category == literal_column(f"'{OWN}'", Text),
}
"""As ``Claim.lane`` says it."""
_DUE_PAGE = (
    select(PAGE)
    .where(PAGE.c.enabled, PAGE.c.due <= bindparam("by", type_=PAGE.c.due.type))
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_DUE_PAGES: Mapping[Lane | None, Prepared] = {
    # Named, as the index begins with it.
    None: Prepared(_DUE_PAGE.where(PAGE.c.watched | ~PAGE.c.watched).order_by(PAGE.c.watched.desc(), PAGE.c.due)),
    **{lane: Prepared(_DUE_PAGE.where(its).order_by(PAGE.c.due)) for lane, its in _LANES.items()},
}
"""By lane; ``None``: of them all."""
_LEASE = Prepared(
    update(PAGE)
    .where(PAGE.c.slug.in_(bindparam("slugs", expanding=True)))
    .values(given(PAGE, ("due", "leased_by", "leased_until")))
)
_IS_MINE = PAGE.c.leased_by.is_not_distinct_from(bindparam("process"))
_HELD_PAGE = Prepared(
    select(PAGE.c.taken_at, PAGE.c.level, PAGE.c.stale, PAGE.c.watched)
    .where(PAGE.c.slug == bindparam("of"), _IS_MINE)
    .with_for_update(key_share=True)
)
_HELD_PAGES = Prepared(
    select(PAGE.c.slug)
    .where(PAGE.c.slug.in_(bindparam("slugs", expanding=True)), _IS_MINE)
    .order_by(PAGE.c.slug)
    .with_for_update(key_share=True)
)
_STALE_PAGES = Prepared(select(PAGE.c.slug).where(PAGE.c.stale))


def columns_of(vendor: Vendor) -> dict[str, Any]:
    """What a page's row has of its vendor."""
    return {
        "slug": vendor.slug,
        "name": vendor.name,
        "aliases": dump_words(vendor.aliases),
        "homepage": vendor.homepage,
        "page_url": vendor.page_url,
        "human_url": vendor.human_url,
        "category": vendor.category,
        "subcategory": vendor.subcategory,
        "kind": vendor.kind,
        "enabled": vendor.enabled,
    }


_OF_VENDOR = (
    *("slug", "name", "aliases", "homepage", "page_url", "human_url"),
    *("category", "subcategory", "kind", "enabled"),
)
"""The columns of ``columns_of``."""
_KNOWN_VENDORS = Prepared(select(*(PAGE.c[name] for name in _OF_VENDOR)))


def _add_vendors(insert: Insert) -> Insert:
    """Another process may be starting on the same empty database."""
    return insert.values(given(PAGE, (*_OF_VENDOR, "due", *FRESH))).on_conflict_do_nothing()


_ADD_VENDORS = {kind: Prepared(insert) for kind, insert in inserts(PAGE, _add_vendors).items()}


def _hash_share(slug: str) -> float:
    """A page's place in the first round, from 0 to 1: the same at every start."""
    return int.from_bytes(hashlib.sha256(slug.encode()).digest()[:4]) / 2**32


def _stale_after(row: AnyRow) -> timedelta:
    return max(STALE_AFTER, timedelta(seconds=STALE_AFTER_INTERVALS * (row.interval_s or 0)))


def _claim(row: AnyRow) -> Claim:
    return Claim(
        vendor=vendor_of(row),
        planned=row.due,
        watched=row.watched,
        open=row.open,
        read_at=row.read_at,
        failures=row.failures,
        unreadable=unreadable_of(row),
        validators=load_validators(row.validators),
        history_read_at=row.history_read_at,
        history_due=row.history_due,
        recent_end=row.recent_end,
        page_updated_at=row.page_updated_at,
        failed_lookups=row.failed_lookups,
        catalog_url=row.page_url,
        catalog_kind=row.kind,
        source=None if row.read_kind is None else (row.read_kind, row.read_url),
        moved_at=row.moved_at,
        unmatched_open=load_words(row.unmatched_open) if row.unmatched_open else (),
        detect_due=row.detect_due,
        memory=load_memory(row.memory),
        first_read_at=row.first_read_at,
    )


def read_states(
    tx: Connection, rows: Sequence[AnyRow], *, components: bool = True, texts: bool = True
) -> tuple[PageState, ...]:
    """The state of the vendors of these rows of ``PAGE``, of which ``STATE_COLUMNS`` are needed. Without ``components``
    the snapshots name none of theirs; without ``texts`` the open incidents have no updates."""
    slugs = [row.slug for row in rows]
    by_vendor = components_of(tx, slugs) if components else {}
    open_now: defaultdict[str, list[Incident]] = defaultdict(list)
    for incident in incidents_of(tx, open_incidents(tx, slugs), texts=texts):
        open_now[incident.vendor].append(incident)
    return states_of(rows, by_vendor, open_now)


def states_of(
    rows: Sequence[AnyRow],
    components: Mapping[str, Mapping[str, Component]],
    open_now: Mapping[str, Sequence[Incident]],
) -> tuple[PageState, ...]:
    """Rows of ``PAGE`` with what belongs to them, by slug."""
    return tuple(
        PageState(
            vendor=vendor_of(row),
            snapshot=None
            if row.taken_at is None
            else snapshot_of(row, components.get(row.slug, {}).values(), open_now.get(row.slug, ())),
            read_at=row.read_at,
            unreadable=unreadable_of(row),
            interval_s=row.interval_s,
            history_read_at=row.history_read_at,
            history_pending=row.history_read_at is None and row.history_due is not None,
            first_read_at=row.first_read_at,
        )
        for row in rows
    )


_STATES = Prepared(select(*STATE_COLUMNS).where(PAGE.c.slug.in_(bindparam("slugs", expanding=True))))
# As they are stored: they are only compared.
_REVISIONS = Prepared(
    select(
        PAGE.c.slug,
        PAGE.c.version,
        type_coerce(PAGE.c.unreadable_since, Text).label("unreadable_since"),
        type_coerce(PAGE.c.level, Text).label("level"),
    )
)
