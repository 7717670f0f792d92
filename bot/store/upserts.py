"""Puts a reading on record: components, level spans, incidents, their updates and edits. Nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import BindParameter, Connection, bindparam, func, select, update

from bot.domain import Filter, Incident, Level, Slug, Snapshot, Update, worst
from bot.store.database import Database, Insert, inserts
from bot.store.json_columns import dump_condition, dump_filter, dump_words
from bot.store.prepared import Prepared, given
from bot.store.rows import AnyRow
from bot.store.tables import COMPONENT, DEPENDENCY, INCIDENT, PAGE, REVISION, SPAN, UPDATE

MISSING_FOR = timedelta(minutes=10)
"""A part that services need is told as missing after this: pages leave one out for a moment."""
LINK_LIMIT = 500
"""Characters of a link that are looked for."""


def upsert_components(database: Database, tx: Connection, snapshot: Snapshot) -> bool:
    """The page's components as they are now; one that is not listed any more stays for the names in old incidents.
    Returns whether any has another level now, or is listed anew or no more."""
    listed = {
        c.id: (c.id, position, c.name, c.group, c.region, c.level, c.hidden_when_ok, c.raw_status, False)
        for position, c in enumerate(snapshot.components)
    }
    known = {row[0]: tuple(row) for row in _KNOWN_COMPONENTS.all(tx, {"of": snapshot.vendor})}
    changed = [row for id, row in listed.items() if known.get(id) != row]
    if changed:
        rows = [dict(zip(_COMPONENT_COLUMNS, row, strict=True), slug=snapshot.vendor) for row in changed]
        _UPSERT_COMPONENT[database.sqlite].run(tx, *rows)
    gone = [id for id, row in known.items() if id not in listed and not row[_GONE]]
    if gone:
        _DELIST_COMPONENTS.run(tx, {"of": snapshot.vendor, "ids": gone})
    # A filter may name the fields from name to region.
    if known and (gone or any(row[0] in known and known[row[0]][2:5] != row[2:5] for row in changed)):
        _CHECK_NEEDS.run(tx, {"of": snapshot.vendor, "at": snapshot.taken_at + MISSING_FOR})
    return bool(gone) or any(
        row[0] not in known or known[row[0]][_LEVEL] != row[_LEVEL] or known[row[0]][_GONE] for row in changed
    )


def upsert_spans(tx: Connection, snapshot: Snapshot) -> None:
    """A span ends where the level changes or the component is listed no more; the next one begins there."""
    now: dict[str, Level | None] = {"": snapshot.level}
    now |= {component.id: component.level for component in snapshot.components}
    ongoing = {row.component: row for row in _ONGOING_SPANS.all(tx, {"of": snapshot.vendor})}
    over = [row.pk for id, row in ongoing.items() if id not in now or now[id] != row.level]
    if over:
        _END_SPANS.run(tx, {"keys": over, "at": snapshot.taken_at})
    starting = [id for id, level in now.items() if id not in ongoing or ongoing[id].level != level]
    _BEGIN_SPAN.run(
        tx,
        *(
            {"slug": snapshot.vendor, "component": id, "level": now[id], "started": snapshot.taken_at}
            for id in starting
        ),
    )


def end_spans(tx: Connection, slug: str, at: datetime) -> None:
    """What the page showed is on record until its last reading only."""
    tx.execute(update(SPAN).where(SPAN.c.slug == slug, SPAN.c.ended.is_(None)).values(ended=at))


def resume_spans(tx: Connection, slug: str, at: datetime) -> None:
    """The page shows again, or still, what is on record of it."""
    c = COMPONENT.c
    levels: dict[str, Level | None] = {
        row.id: row.level for row in tx.execute(select(c.id, c.level).where(c.slug == slug, ~c.gone))
    }
    levels[""] = tx.scalar(select(PAGE.c.level).where(PAGE.c.slug == slug))
    tx.execute(
        SPAN.insert(), [{"slug": slug, "component": id, "level": level, "started": at} for id, level in levels.items()]
    )


def upsert_incidents(tx: Connection, slug: Slug, incidents: Sequence[Incident], now: datetime) -> dict[str, int]:
    """Their keys by id."""
    incidents = list({incident.id: incident for incident in incidents}.values())
    if not incidents:
        return {}
    ids = [incident.id for incident in incidents]
    known = _rows(tx, slug, ids)
    new = [_columns(i, None, now) | {"first_seen": now, "version": 1} for i in incidents if i.id not in known]
    changed = [{"of": known[i.id].pk, **_columns(i, known[i.id], now)} for i in incidents if i.id in known]
    if new:
        tx.execute(INCIDENT.insert(), new)
    if changed:
        _CHANGE_INCIDENT.run(tx, *changed)
    keys = {id: row.pk for id, row in (_rows(tx, slug, ids) if new else known).items()}
    _upsert_updates(tx, {keys[incident.id]: incident for incident in incidents}, now)
    return keys


def record_merges(tx: Connection, slug: Slug, merged: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
    """Mark the episodes as explained; the keys of those pairs of which both are on record."""
    pairs = []
    for episode, incident in merged:
        rows = _rows(tx, slug, [episode, incident])
        if len(rows) == 2:
            change = update(INCIDENT).where(INCIDENT.c.pk == rows[episode].pk)
            tx.execute(change.values(merged_into=incident, open=False, version=INCIDENT.c.version + 1))
            pairs.append((rows[episode].pk, rows[incident].pk))
    return pairs


def link(url: str) -> str:
    """A link without what links to the same place differ in: scheme, letter case of the host, closing slash, query."""
    host, path = split_link(url)
    return f"{host}{path}"[:LINK_LIMIT]


def split_link(url: str) -> tuple[str, str]:
    """Host and path of a link, with or without its scheme; no host where it is none."""
    url = url.strip()
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
    except ValueError:
        return "", url
    return parts.netloc.lower(), parts.path.rstrip("/")


def _rows(tx: Connection, slug: Slug, ids: Sequence[str]) -> dict[str, AnyRow]:
    """What is needed of those on record to change them, by id."""
    return {row.id: row for row in _KNOWN_INCIDENTS.all(tx, {"of": slug, "ids": list(ids)})}


def _columns(incident: Incident, known: AnyRow | None, now: datetime) -> dict[str, Any]:
    merged_into = known.merged_into if known else None
    return {
        "slug": incident.vendor,
        "id": incident.id,
        "kind": incident.kind,
        "title": incident.title,
        "phase": incident.phase,
        "impact": incident.impact,
        "started": incident.started,
        "resolved": incident.resolved,
        "planned_end": incident.planned_end,
        "url": incident.url,
        "level": incident.level,
        "components": dump_words(incident.components),
        "regions": dump_words(incident.regions),
        "raw_phase": incident.raw_phase,
        "raw_impact": incident.raw_impact,
        "vanished": incident.vanished,
        "condition": dump_condition(incident),
        "open": incident.is_open and merged_into is None,
        "ended": _ended(incident, known, now),
        "link": link(incident.url) if incident.url else None,
        "peak": worst((incident.level, known.peak if known else None)),
    }


def _ended(incident: Incident, known: AnyRow | None, now: datetime) -> datetime | None:
    """When it was over as far as one can tell: a page need not say, and one that vanished never does."""
    if incident.is_open:
        return None
    if incident.resolved:
        return incident.resolved
    if incident.vanished or incident.unlisted:
        return known.ended if known and known.ended else now
    return incident.updates[-1].at if incident.updates else incident.started


def _upsert_updates(tx: Connection, incidents: Mapping[int, Incident], now: datetime) -> None:
    known: dict[tuple[int, str], AnyRow] = {
        (row.incident, row.id): row for row in _KNOWN_UPDATES.all(tx, {"keys": list(incidents)})
    }
    published = {(key, post.id): post for key, incident in incidents.items() for post in incident.updates}
    new = [_update_columns(key, post) for (key, id), post in published.items() if (key, id) not in known]
    changed, replaced = [], []
    for key_and_id, post in published.items():
        row = known.get(key_and_id)
        if row is None or (not row.removed and Update(row.id, row.phase, row.at, row.text) == post):
            continue
        changed.append({"of": row.pk, **_update_columns(key_and_id[0], post)})
        if (row.phase, row.text) != (post.phase, post.text):
            replaced.append(
                {"incident": key_and_id[0], "id": row.id, "phase": row.phase, "at": row.at, "text": row.text}
                | {"replaced_at": now}
            )
    removed = [row.pk for spot, row in known.items() if spot not in published and not row.removed]
    if new:
        _INSERT_UPDATE.run(tx, *new)
    if changed:
        _CHANGE_UPDATE.run(tx, *changed)
    if replaced:
        tx.execute(REVISION.insert(), replaced)
    if removed:
        tx.execute(update(UPDATE).where(UPDATE.c.pk.in_(removed)).values(removed=True))


def _update_columns(incident: int, post: Update) -> dict[str, Any]:
    return {
        "incident": incident,
        "id": post.id,
        "phase": post.phase,
        "at": post.at,
        "text": post.text,
        "removed": False,
    }


def _upsert_component(insert: Insert) -> Insert:
    insert = insert.values(given(COMPONENT, ("slug", *_COMPONENT_COLUMNS)))
    columns = {name: insert.excluded[name] for name in _COMPONENT_COLUMNS if name != "id"}
    return insert.on_conflict_do_update(index_elements=["slug", "id"], set_=columns)


_COMPONENT_COLUMNS = (
    *("id", "position", "name", "group_name", "region"),
    *("level", "hidden_when_ok", "raw_status", "gone"),
)
_LEVEL, _GONE = map(_COMPONENT_COLUMNS.index, ("level", "gone"))
_UPDATE_COLUMNS = ("incident", "id", "phase", "at", "text", "removed")
_KEPT = ("pk", "slug", "id", "first_seen", "merged_into", "version")
"""What of an incident no page changes."""
_OF: BindParameter[Any] = bindparam("of")
_CHECK_NEEDS = Prepared(
    update(DEPENDENCY)
    .where(DEPENDENCY.c.slug == _OF, DEPENDENCY.c.filter != dump_filter(Filter()))
    .values(check_due=func.coalesce(DEPENDENCY.c.check_due, bindparam("at", type_=DEPENDENCY.c.check_due.type)))
)
_KNOWN_COMPONENTS = Prepared(select(*(COMPONENT.c[name] for name in _COMPONENT_COLUMNS)).where(COMPONENT.c.slug == _OF))
_UPSERT_COMPONENT = {kind: Prepared(insert) for kind, insert in inserts(COMPONENT, _upsert_component).items()}
_DELIST_COMPONENTS = Prepared(
    update(COMPONENT)
    .where(COMPONENT.c.slug == _OF, COMPONENT.c.id.in_(bindparam("ids", expanding=True)))
    .values(gone=True)
)
_ONGOING_SPANS = Prepared(
    select(SPAN.c.pk, SPAN.c.component, SPAN.c.level).where(SPAN.c.slug == _OF, SPAN.c.ended.is_(None))
)
_END_SPANS = Prepared(
    update(SPAN)
    .where(SPAN.c.pk.in_(bindparam("keys", expanding=True)))
    .values(ended=bindparam("at", type_=SPAN.c.ended.type))
)
_BEGIN_SPAN = Prepared(SPAN.insert().values(given(SPAN, ("slug", "component", "level", "started"))))
_KNOWN_INCIDENTS = Prepared(
    select(*(INCIDENT.c[name] for name in ("pk", "id", "merged_into", "peak", "ended"))).where(
        INCIDENT.c.slug == _OF, INCIDENT.c.id.in_(bindparam("ids", expanding=True))
    )
)
_CHANGE_INCIDENT = Prepared(
    update(INCIDENT)
    .where(INCIDENT.c.pk == _OF)
    .values(
        {
            **given(INCIDENT, [name for column in INCIDENT.c if (name := column.name) not in _KEPT]),
            "version": INCIDENT.c.version + 1,
        }
    )
)
_KNOWN_UPDATES = Prepared(
    select(UPDATE.c.pk, *(UPDATE.c[name] for name in _UPDATE_COLUMNS)).where(
        UPDATE.c.incident.in_(bindparam("keys", expanding=True))
    )
)
_INSERT_UPDATE = Prepared(UPDATE.insert().values(given(UPDATE, _UPDATE_COLUMNS)))
_CHANGE_UPDATE = Prepared(update(UPDATE).where(UPDATE.c.pk == _OF).values(given(UPDATE, _UPDATE_COLUMNS)))
