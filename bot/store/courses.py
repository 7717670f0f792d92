"""How incidents stood over time: a row whenever one of them changed. Written with each reading, and read to tell what a
channel would have been shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from bot.domain import Component, IncidentCourse, IncidentRecord, IncidentState, Slug, Update
from bot.store.database import Database, reads
from bot.store.json_columns import dump_state, load_state, rename_in_state
from bot.store.prepared import Prepared, given
from bot.store.rows import AnyRow, components_of, lasting_since, records_of
from bot.store.tables import INCIDENT, STATE, UPDATE
from bot.store.values import Recording


def record_states(
    tx: Connection, recording: Recording, keys: Mapping[str, int], merged: Sequence[tuple[int, int]]
) -> None:
    """The incidents of a reading, by their ``keys``, as they stand now; ``merged``: keys of episode and incident. What
    was over before it was read, and no news, has no states."""
    at = recording.snapshot.taken_at
    offered = {keys[i.id]: i.is_open or i.id in recording.announce for i in recording.incidents}
    known = {row.incident for row in _WITH_STATES.all(tx, {"keys": list(offered)})}
    rows = [
        {"incident": key, "at": at, "offered": offered[key], "merged_into": None, "facts": dump_state(incident)}
        for incident in recording.incidents
        if offered[key := keys[incident.id]] or key in known
    ]
    rows += [
        {"incident": episode, "at": at, "offered": False, "merged_into": into, "facts": ""} for episode, into in merged
    ]
    _INSERT_STATE.run(tx, *rows)


# Built once: that takes longer than to carry it out.
_WITH_STATES = Prepared(
    select(STATE.c.incident).where(STATE.c.incident.in_(bindparam("keys", expanding=True))).distinct()
)
_INSERT_STATE = Prepared(STATE.insert().values(given(STATE, ("incident", "at", "offered", "merged_into", "facts"))))


def rename_states(
    tx: Connection, slug: Slug, components: Mapping[str, str], updates: Mapping[str, Mapping[str, Sequence[str]]]
) -> None:
    """After a move: ``components`` by their old ids, ``updates`` by incident and old id."""
    s, i = STATE.c, INCIDENT.c
    query = select(s.pk, s.facts, i.id).join_from(STATE, INCIDENT, s.incident == i.pk).where(i.slug == slug)
    changed = []
    for row in tx.execute(query.where(s.facts != "")):
        facts = rename_in_state(row.facts, components, updates.get(row.id, {}))
        if facts != row.facts:
            changed.append({"of": row.pk, "renamed": facts})
    if changed:
        tx.execute(update(STATE).where(s.pk == bindparam("of")).values(facts=bindparam("renamed")), changed)


class Courses:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def of_vendor(
        self, tx: Connection, slug: Slug, since: datetime, limit: int
    ) -> tuple[dict[str, Component], tuple[IncidentCourse, ...]]:
        """The page's components, those too that are not on it any more, and the newest ``limit`` of the incidents that
        are open, or started or ended at or after ``since``, with the episodes that became theirs; newest first."""
        i = INCIDENT.c
        lasting = select(INCIDENT).where(lasting_since([slug], since, sqlite=self._database.sqlite))
        query = lasting.order_by(i.started.desc(), i.pk.desc()).limit(limit)
        rows = tx.execute(query).all()
        records = dict(zip([row.pk for row in rows], records_of(tx, rows), strict=True))
        states = _states(tx, records)
        components = components_of(tx, [slug], gone=True)[slug]
        return components, tuple(IncidentCourse(record, states.get(key, ())) for key, record in records.items())


def _states(tx: Connection, records: Mapping[int, IncidentRecord]) -> dict[int, tuple[IncidentState, ...]]:
    """By the incidents' keys."""
    s, u = STATE.c, UPDATE.c
    removed: defaultdict[int, dict[str, Update]] = defaultdict(dict)
    for row in tx.execute(select(UPDATE).where(u.incident.in_(records), u.removed)):
        removed[row.incident][row.id] = Update(row.id, row.phase, row.at, row.text)
    rows: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in tx.execute(select(STATE).where(s.incident.in_(records)).order_by(s.pk)):
        rows[row.incident].append(row)
    return {key: _course(records[key], rows[key], removed[key], records) for key in rows}


def _course(
    record: IncidentRecord, rows: Sequence[AnyRow], removed: Mapping[str, Update], records: Mapping[int, IncidentRecord]
) -> tuple[IncidentState, ...]:
    updates = {**removed, **{one.id: one for one in record.incident.updates}}
    states: list[IncidentState] = []
    for row in rows:
        texts = updates | {
            revision.update.id: revision.update
            for revision in reversed(record.revisions)
            if revision.replaced_at > row.at
        }
        before = states[-1].incident if states else record.incident
        incident = load_state(row.facts, record.incident, texts) if row.facts else before
        into = records.get(row.merged_into)
        states.append(IncidentState(row.at, incident, row.offered, into.incident.id if into else None))
    return tuple(states)
