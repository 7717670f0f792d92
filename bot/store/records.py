"""What is recorded for good: incidents, updates with their edits, level spans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select, update

from bot.domain import Component, Incident, IncidentKind, IncidentRecord, LevelSpan, Slug, Snapshot, is_page_open
from bot.domain.flood import FLOOD_LIMIT
from bot.store import due, floods
from bot.store.courses import record_states
from bot.store.database import Database, reads, writes
from bot.store.moves import apply
from bot.store.own_pages import hidden_except
from bot.store.pages import held_pages, settle
from bot.store.rows import (
    components_of,
    explained_of,
    incidents_of,
    newest_end,
    open_incidents,
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
    def __init__(self, database: Database, flood_limit: int = FLOOD_LIMIT) -> None:
        """``flood_limit``: as in :func:`bot.domain.flood.with_own_root`."""
        self._database = database
        self._flood_limit = flood_limit

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
        page = tx.execute(select(PAGE).where(PAGE.c.slug == slug, PAGE.c.taken_at.is_not(None))).one_or_none()
        if page is None:
            return None
        i = INCIDENT.c
        lately = (i.kind == IncidentKind.EPISODE) & (i.ended >= page.taken_at - EPISODE_MEMORY)
        wanted = [i.open, i.id.in_(ids), lately] + ([] if since is None else [i.started >= since])
        if urls or titles:
            wanted += [i.link.in_(list(map(link, urls))), i.title.in_(list(titles))]
        query = select(INCIDENT).where(i.slug == slug, i.merged_into.is_(None), or_(*wanted)).order_by(i.started, i.pk)
        incidents = incidents_of(tx, tx.execute(query).all())
        components = components_of(tx, [slug])[slug]
        if gone:
            components |= {
                id: c for id, c in components_of(tx, [slug], gone=True)[slug].items() if id not in components
            }
        return snapshot_of(page, components.values(), incidents)

    @writes
    def record(self, tx: Connection, recording: Recording, route: Route) -> int | None:
        """One transaction: page, components, level spans, incidents, updates and edits, and every card now due.

        Returns how many cards fell due; ``None``: another process has claimed the page since, and nothing is written.
        ``route`` is asked once for each announced or changed open incident about the vendor's subscriptions that have
        no card for it yet. What is open at the first sight mentions nobody.
        """
        snapshot = recording.snapshot
        slug, now = snapshot.vendor, snapshot.taken_at
        if slug not in held_pages(self._database, tx, [slug]):
            return None
        first_sight = tx.scalar(select(PAGE.c.taken_at).where(PAGE.c.slug == slug)) is None
        settle(tx, [recording.outcome])
        if recording.move is not None:
            apply(tx, slug, recording.move, recording.outcome, now)
        upsert_components(self._database, tx, snapshot)
        upsert_spans(tx, snapshot)
        keys = upsert_incidents(tx, slug, recording.incidents, now)
        merged = record_merges(tx, slug, recording.merged)
        explained = record_merges(tx, slug, recording.explained)
        record_states(tx, recording, keys, merged)
        _update_page(tx, snapshot)
        count = self._make_due(tx, recording, route, keys, merged, explained, first_sight=first_sight)
        due.mark_boards(tx, [slug])
        return count

    def _make_due(
        self,
        tx: Connection,
        recording: Recording,
        route: Route,
        keys: Mapping[str, int],
        merged: Sequence[tuple[int, int]],
        closed: Sequence[tuple[int, int]],
        *,
        first_sight: bool,
    ) -> int:
        snapshot = recording.snapshot
        slug, now = snapshot.vendor, snapshot.taken_at
        concerned = {*keys.values(), *(key for pair in (*merged, *closed) for key in pair)}
        if not concerned:
            return 0
        due.lock_concerned(tx, slug, concerned)
        for episode, into in merged:
            due.merge(tx, episode, into, now)
        count = due.mark_due(tx, concerned, now)
        components: dict[str, Component] = {component.id: component for component in snapshot.components}
        subscribers = due.subscribers(tx, slug)
        explained = explained_of(tx, concerned) if subscribers else set()
        created: defaultdict[int, dict[int, Incident]] = defaultdict(dict)
        count += floods.follow(tx, slug, {keys[incident.id]: incident for incident in recording.incidents}, now)
        for incident in recording.incidents if subscribers else ():
            key = keys[incident.id]
            if (incident.id in recording.announce or incident.is_open) and key not in explained:
                with_card = due.channels_with_card(tx, key)
                candidates = {pk: s for pk, s in subscribers.items() if pk not in with_card}
                verdicts = due.matching(route, incident, components, candidates)
                count += due.create_cards(self._database, tx, key, verdicts, subscribers, now)
                for pk in verdicts:
                    created[pk][key] = incident
                if first_sight:
                    due.suppress_mentions(tx, incident, key, {pk: subscribers[pk] for pk in verdicts})
        calling = {} if first_sight else subscribers
        floods.hold_back(tx, slug, created, calling, self._flood_limit, now)
        if count:
            due.mark_channels(tx, concerned, now)
        return count

    @reads
    def incidents(self, tx: Connection, slugs: Sequence[Slug], since: datetime) -> tuple[IncidentRecord, ...]:
        """Incidents of these vendors that are open, or started or ended at or after ``since``; newest first; merged
        episodes excluded."""
        i = INCIDENT.c
        query = (
            select(INCIDENT)
            .where(i.slug.in_(slugs), i.merged_into.is_(None), or_(i.open, i.started >= since, i.ended >= since))
            .order_by(i.started.desc(), i.pk.desc())
        )
        return tuple(records_of(tx, tx.execute(query).all()))

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
        s = SPAN.c
        query = (
            select(SPAN)
            .where(s.slug == slug, or_(s.ended.is_(None), s.ended > since))
            .where(s.component != "" if components else s.component == "")
            .order_by(s.started, s.pk)
        )
        return tuple(LevelSpan(row.component or None, row.level, row.started, row.ended) for row in tx.execute(query))


def _update_page(tx: Connection, snapshot: Snapshot) -> None:
    listed = ((row.kind, row.phase) for row in open_incidents(tx, [snapshot.vendor]))
    tx.execute(
        update(PAGE)
        .where(PAGE.c.slug == snapshot.vendor)
        .values(
            level=snapshot.level,
            status_text=snapshot.status_text,
            taken_at=snapshot.taken_at,
            open=is_page_open(snapshot.level, listed),
            recent_end=newest_end(tx, snapshot.vendor),
            read_kind=func.coalesce(PAGE.c.detected, PAGE.c.kind),
            read_url=func.coalesce(PAGE.c.detected_url, PAGE.c.page_url),
            version=PAGE.c.version + 1,
        )
    )
