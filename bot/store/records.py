"""What is recorded for good: incidents, updates with their edits, level spans."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Semaphore
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, func, or_, select, true, update

from bot.domain import (
    EVERY_INCIDENT,
    IncidentChoice,
    IncidentKind,
    IncidentOverview,
    IncidentPlace,
    IncidentRecord,
    Level,
    LevelSpan,
    Slug,
    Snapshot,
    is_page_open,
)
from bot.domain.flood import FLOOD_LIMIT
from bot.store import due
from bot.store.courses import record_states
from bot.store.database import Database, StoreUnavailable, reads
from bot.store.fan_out import CHANNELS_AT_ONCE, STRIPES, FanOut, FanOuts
from bot.store.moves import apply
from bot.store.own_pages import hidden_except
from bot.store.pages import held_page, write_outcomes
from bot.store.prepared import Prepared, given
from bot.store.rows import (
    AnyRow,
    components_of,
    incidents_of,
    is_open,
    lasting_since,
    records_of,
    snapshot_of,
)
from bot.store.search import search
from bot.store.tables import INCIDENT, PAGE, SPAN
from bot.store.upserts import link, record_merges, upsert_components, upsert_incidents, upsert_spans
from bot.store.values import Recording, Route

EPISODE_MEMORY = timedelta(hours=1)
"""So long after its end an episode can go on: see :mod:`bot.monitor.episodes`."""


class Records:
    def __init__(
        self, database: Database, flood_limit: int = FLOOD_LIMIT, channels_at_once: int = CHANNELS_AT_ONCE
    ) -> None:
        """``flood_limit``: as in :func:`bot.domain.flood.with_own_root`. ``channels_at_once``: as in
        :class:`bot.store.fan_out.FanOuts`."""
        self._database = database
        self._fan_outs = FanOuts(database, flood_limit, channels_at_once)
        self._at_once = Semaphore(STRIPES)
        """However many recordings there are: each part takes a connection."""

    @reads
    def before(
        self,
        tx: Connection,
        slug: Slug,
        ids: Sequence[str],
        since: datetime | None,
        *,
        gone: bool = False,
        urls: Collection[str] = (),
        titles: Collection[str] = (),
    ) -> Snapshot | None:
        """What is on record to hold a new reading against: level, words, components, and the incidents that are open,
        or have one of these ids, or started at or after ``since``, and the episodes that ended lately; vanished ones
        are among them, merged episodes are not. ``gone``: after the page's components those that are not on it any
        more. ``urls``, ``titles``: the incidents that have one of these as well. ``None``: never read."""
        page = _READ_PAGE.one(tx, {"of": slug})
        if page is None:
            return None
        wanted = {"of": slug, "ids": list(ids), "lately": page.taken_at - EPISODE_MEMORY, "since": since}
        query = _BEFORE
        if urls or titles:
            query = _BEFORE_OR_ALIKE
            wanted |= {"links": list(map(link, urls)), "titles": list(titles)}
        incidents = incidents_of(tx, query.all(tx, wanted))
        components = components_of(tx, [slug])[slug]
        if gone:
            components |= {
                id: c for id, c in components_of(tx, [slug], gone=True)[slug].items() if id not in components
            }
        return snapshot_of(page, components.values(), incidents)

    def record(self, recording: Recording, route: Route, on_first: Callable[[int], None] | None = None) -> int | None:
        """One transaction: page, components, level spans, incidents, updates and edits, and the cards now due of the
        first channels; then one for each further part of the channels, see :mod:`bot.store.fan_out`. ``on_first`` is
        called in between with how many cards fell due, where there are more to come.

        Returns how many cards fell due; ``None``: another process has claimed the page since, and nothing is written.
        ``route`` is asked once for each announced or changed open incident, and part of the channels, about the
        vendor's subscriptions that have no card for it yet. What is open at the first sight mentions nobody.
        """
        recorded = self._database.write(lambda tx: self._record(tx, recording, route))
        if recorded is None:
            return None
        count, left = recorded
        if not left:
            return count
        if on_first is not None:
            on_first(count)
        # What was recorded stays so: a database that is away now is no reason to record it again.
        with suppress(StoreUnavailable), ThreadPoolExecutor(len(left), "fan-out") as threads:
            count += sum(threads.map(lambda key: self._finish(key, route), left))
        return count

    def _finish(self, left: int, route: Route) -> int:
        count = 0
        while True:
            with self._at_once:
                more = self._database.write(lambda tx: self._fan_outs.go_on(tx, left, route))
            if more is None:
                return count
            count += more

    def go_on(self, route: Route) -> int:
        """What a recording has left undone, of another process or before the database was away: the next part of it.
        To be called now and then. Returns how many cards fell due."""
        left = self._database.read(self._fan_outs.next)
        return 0 if left is None else self._database.write(lambda tx: self._fan_outs.go_on(tx, left, route)) or 0

    def _record(self, tx: Connection, recording: Recording, route: Route) -> tuple[int, Sequence[int]] | None:
        """How many cards fell due, and the keys of the fan-outs that are left."""
        snapshot = recording.snapshot
        slug, now = snapshot.vendor, snapshot.taken_at
        page = held_page(self._database, tx, slug)
        if page is None:
            return None
        write_outcomes(tx, [recording.outcome])
        if recording.move is not None:
            apply(tx, slug, recording.move, recording.outcome, now)
        parts_changed = not _has_same_parts(recording, page) and upsert_components(self._database, tx, snapshot)
        if parts_changed or page.taken_at is None or page.stale or page.level != snapshot.level:
            upsert_spans(tx, snapshot)
        keys = upsert_incidents(tx, slug, recording.incidents, now)
        merged = record_merges(tx, slug, recording.merged)
        explained = record_merges(tx, slug, recording.explained)
        record_states(tx, recording, keys, merged)
        _update_page(tx, snapshot)
        changed = {*keys.values(), *(key for pair in (*merged, *explained) for key in pair)}
        if not page.watched and not merged:
            return 0, ()
        count = 0
        left: Sequence[int] = ()
        if changed:
            wanted = [i.id for i in recording.incidents if i.is_open or i.id in recording.announce]
            fan_out = FanOut(
                slug,
                now,
                first_sight=page.taken_at is None,
                changed=tuple(sorted(changed)),
                news=tuple(keys.values()),
                announced=tuple(keys[id] for id in dict.fromkeys(wanted)),
                merges=tuple(merged),
            )
            incidents = {keys[incident.id]: incident for incident in recording.incidents}
            components = {component.id: component for component in snapshot.components}
            count, left = self._fan_outs.begin(tx, fan_out, incidents, components, route)
        due.mark_boards(tx, [slug])
        return count, left

    @reads
    def incidents(
        self, tx: Connection, slugs: Sequence[Slug], since: datetime, *, texts: bool = True
    ) -> tuple[IncidentRecord, ...]:
        """Incidents of these vendors that are open, or started or ended at or after ``since``; newest first; merged
        episodes excluded. ``texts``: with their updates, and with what those said before they were edited."""
        rows = _INCIDENTS[self._database.sqlite].all(tx, {"slugs": list(slugs), "since": since})
        return tuple(records_of(tx, rows, texts=texts))

    @reads
    def overview(
        self,
        tx: Connection,
        slugs: Sequence[Slug],
        since: datetime,
        until: datetime | None,
        *,
        newest: int,
        open: int = 0,
        choice: IncidentChoice = EVERY_INCIDENT,
        after: IncidentPlace | None = None,
        texts: bool = False,
    ) -> IncidentOverview:
        """The same incidents, without those that started at ``until`` or later, as they are chosen, counted; of the
        ``newest`` ones, of those ``after`` a place, and of the newest ``open`` ones at most so many whole. ``texts``:
        the newest with their updates."""
        i = INCIDENT.c
        chosen = and_(i.merged_into.is_(None), true() if until is None else i.started < until, _chosen(choice))
        within = lasting_since(slugs, since, sqlite=self._database.sqlite) & chosen
        counts = tx.execute(select(i.kind, i.peak, func.count()).where(within).group_by(i.kind, i.peak)).all()
        listed = select(INCIDENT).order_by(*_NEWEST_FIRST)
        following = listed.where(within, true() if after is None else _is_after(after))
        still = tx.execute(listed.where(is_open(slugs), chosen).limit(open)).all() if open else ()
        return IncidentOverview(
            {(kind, peak): count for kind, peak, count in counts},
            tuple(records_of(tx, tx.execute(following.limit(newest)).all(), texts=texts)),
            tuple(records_of(tx, still, texts=False)),
        )

    @reads
    def incident(self, tx: Connection, slug: Slug, incident_id: str) -> IncidentRecord | None:
        query = select(INCIDENT).where(INCIDENT.c.slug == slug, INCIDENT.c.id == incident_id)
        return next(iter(records_of(tx, tx.execute(query).all())), None)

    @reads
    def find_incident(self, tx: Connection, text: str, own: Collection[Slug] = ()) -> tuple[IncidentRecord, ...]:
        """By ``vendor/id``, by id alone, by a link to it, or by the start of an id; the best match first, at most 5.
        Of workspaces' own pages only ``own`` are searched."""
        return tuple(records_of(tx, search(tx, text, hidden_except(own))))

    @reads
    def spans(self, tx: Connection, slug: Slug, since: datetime, *, components: bool = False) -> tuple[LevelSpan, ...]:
        """Level spans that reach into the time since, oldest first: the page's, or its components' instead."""
        rows = _SPANS[components].all(tx, {"of": slug, "since": since})
        return tuple(LevelSpan(component or None, level, started, ended) for component, level, started, ended in rows)


def _chosen(choice: IncidentChoice) -> ColumnElement[bool]:
    i, peaks = INCIDENT.c, [level for level in Level if choice.level is not None and level >= choice.level]
    return and_(
        true() if choice.kind is None else i.kind == choice.kind,
        true() if choice.open is None else i.open == choice.open,
        true() if choice.level is None else i.peak.in_(peaks),
    )


def _is_after(place: IncidentPlace) -> ColumnElement[bool]:
    """Where the newest come first. Of those that started at once none, once the incident itself is gone."""
    i, of_its_time = INCIDENT.c, INCIDENT.alias()
    its_key = select(of_its_time.c.pk).where(of_its_time.c.slug == place.vendor, of_its_time.c.id == place.id)
    same_time = and_(i.started == place.started, i.pk < its_key.scalar_subquery())
    return or_(i.started < place.started, same_time)


def _has_same_parts(recording: Recording, page: AnyRow) -> bool:
    """Whether its components are those that it was compared with, and these still are what is on record."""
    before = recording.before
    if before is None or recording.move is not None or before.taken_at != page.taken_at:
        return False
    return before.components == recording.snapshot.components


def _update_page(tx: Connection, snapshot: Snapshot) -> None:
    listed = _OPEN_PHASES.all(tx, {"of": snapshot.vendor})
    page = {
        "of": snapshot.vendor,
        "level": snapshot.level,
        "status_text": snapshot.status_text,
        "taken_at": snapshot.taken_at,
        "open": is_page_open(snapshot.level, listed),
    }
    _UPDATE_PAGE.run(tx, page)


# Statements are built once: to build one takes longer than to carry it out.
_p, _i, _s = PAGE.c, INCIDENT.c, SPAN.c
_OF: BindParameter[Any] = bindparam("of")
_READ_PAGE = Prepared(
    select(_p.slug, _p.level, _p.status_text, _p.taken_at, _p.page_updated_at).where(
        _p.slug == _OF, _p.taken_at.is_not(None)
    )
)
_NEWEST_FIRST = (_i.started.desc(), _i.pk.desc())
_SINCE: BindParameter[Any] = bindparam("since", type_=_i.started.type)
_INCIDENTS = {
    sqlite: Prepared(
        select(INCIDENT)
        .where(lasting_since(bindparam("slugs", expanding=True), _SINCE, sqlite=sqlite), _i.merged_into.is_(None))
        .order_by(*_NEWEST_FIRST)
    )
    for sqlite in (True, False)
}
_LASTING = (
    select(_s.component, _s.level, _s.started, _s.ended)
    .where(_s.slug == _OF, or_(_s.ended.is_(None), _s.ended > _SINCE))
    .order_by(_s.started, _s.pk)
)
_SPANS = {True: Prepared(_LASTING.where(_s.component != "")), False: Prepared(_LASTING.where(_s.component == ""))}
_KNOWN = select(INCIDENT).where(_i.merged_into.is_(None)).order_by(_i.started, _i.pk)
_WANTED = (
    _i.open,
    _i.id.in_(bindparam("ids", expanding=True)),
    (_i.kind == IncidentKind.EPISODE) & (_i.ended >= bindparam("lately", type_=_i.ended.type)),
    # Without such a time there is none that starts after it.
    _i.started >= bindparam("since", type_=_i.started.type),
)
_ALIKE = (_i.link.in_(bindparam("links", expanding=True)), _i.title.in_(bindparam("titles", expanding=True)))


def _theirs(*any_of: ColumnElement[bool]) -> ColumnElement[bool]:
    """Of the vendor one for which any of these is so. The vendor is named with each: SQLite finds them in as many
    indexes then, and else goes through all that it ever had."""
    return or_(*((_i.slug == _OF) & its for its in any_of))


_BEFORE = Prepared(_KNOWN.where(_theirs(*_WANTED)))
_BEFORE_OR_ALIKE = Prepared(_KNOWN.where(_theirs(*_WANTED, *_ALIKE)))
_OPEN_PHASES = Prepared(select(_i.kind, _i.phase).where(_i.slug == _OF, _i.open))
_UPDATE_PAGE = Prepared(
    update(PAGE)
    .where(_p.slug == _OF)
    .values(
        given(PAGE, ("level", "status_text", "taken_at", "open"))
        | {
            "recent_end": select(func.max(_i.ended)).where(_i.slug == _OF).scalar_subquery(),
            "read_kind": func.coalesce(_p.detected, _p.kind),
            "read_url": func.coalesce(_p.detected_url, _p.page_url),
            "version": _p.version + 1,
        }
    )
)
