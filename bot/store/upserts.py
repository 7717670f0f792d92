"""Puts a reading on record: components, level spans, incidents, their updates and edits. Nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, select, update

from bot.domain import Incident, Level, Slug, Snapshot, Update, worst
from bot.store.database import Database
from bot.store.json_columns import dump_condition, dump_words
from bot.store.rows import AnyRow
from bot.store.tables import COMPONENT, INCIDENT, PAGE, REVISION, SPAN, UPDATE

LINK_LIMIT = 500
"""Characters of a link that are looked for."""


def upsert_components(database: Database, tx: Connection, snapshot: Snapshot) -> None:
    """The page's components as they are now; one that is not listed any more stays for the names in old incidents."""
    listed = {
        component.id: {
            "slug": snapshot.vendor,
            "id": component.id,
            "position": position,
            "name": component.name,
            "group_name": component.group,
            "region": component.region,
            "level": component.level,
            "hidden_when_ok": component.hidden_when_ok,
            "raw_status": component.raw_status,
            "gone": False,
        }
        for position, component in enumerate(snapshot.components)
    }
    known = {row.id: row._asdict() for row in tx.execute(select(COMPONENT).where(COMPONENT.c.slug == snapshot.vendor))}
    changed = [row for id, row in listed.items() if known.get(id) != row]
    if changed:
        insert = database.insert(COMPONENT)
        columns = {name: insert.excluded[name] for name in changed[0] if name not in ("slug", "id")}
        tx.execute(insert.on_conflict_do_update(index_elements=["slug", "id"], set_=columns), changed)
    gone = [id for id, row in known.items() if id not in listed and not row["gone"]]
    if gone:
        delisted = update(COMPONENT).where(COMPONENT.c.slug == snapshot.vendor, COMPONENT.c.id.in_(gone))
        tx.execute(delisted.values(gone=True))


def upsert_spans(tx: Connection, snapshot: Snapshot) -> None:
    """A span ends where the level changes or the component is listed no more; the next one begins there."""
    now: dict[str, Level | None] = {"": snapshot.level}
    now |= {component.id: component.level for component in snapshot.components}
    s = SPAN.c
    ongoing = {
        row.component: row
        for row in tx.execute(select(s.pk, s.component, s.level).where(s.slug == snapshot.vendor, s.ended.is_(None)))
    }
    over = [row.pk for id, row in ongoing.items() if id not in now or now[id] != row.level]
    if over:
        tx.execute(update(SPAN).where(s.pk.in_(over)).values(ended=snapshot.taken_at))
    starting = [id for id, level in now.items() if id not in ongoing or ongoing[id].level != level]
    if starting:
        tx.execute(
            SPAN.insert(),
            [
                {"slug": snapshot.vendor, "component": id, "level": now[id], "started": snapshot.taken_at}
                for id in starting
            ],
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
    known = _rows(tx, slug, [incident.id for incident in incidents])
    new = [_columns(i, None, now) | {"first_seen": now, "version": 1} for i in incidents if i.id not in known]
    changed = [{"of": known[i.id].pk, **_columns(i, known[i.id], now)} for i in incidents if i.id in known]
    if new:
        tx.execute(INCIDENT.insert(), new)
    if changed:
        change = update(INCIDENT).where(INCIDENT.c.pk == bindparam("of"))
        tx.execute(change.values(version=INCIDENT.c.version + 1), changed)
    keys = {row.id: row.pk for row in _rows(tx, slug, [incident.id for incident in incidents]).values()}
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
    return {row.id: row for row in tx.execute(select(INCIDENT).where(INCIDENT.c.slug == slug, INCIDENT.c.id.in_(ids)))}


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
        (row.incident, row.id): row for row in tx.execute(select(UPDATE).where(UPDATE.c.incident.in_(incidents)))
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
        tx.execute(UPDATE.insert(), new)
    if changed:
        tx.execute(update(UPDATE).where(UPDATE.c.pk == bindparam("of")), changed)
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
