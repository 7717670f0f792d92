"""The rows of a Statuspage v2 body: components, incidents, maintenances. Pure; it must not judge the page as a whole.

A field of the wrong type or an unknown word costs that field alone. A row that cannot be held apart from others, or not
be placed in time, costs the reading, unless it is over: a page must never look greener for a row that was left out.
Formats: https://metastatuspage.com/api and, with ULIDs, https://docs.incident.io/status-pages.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from bot.domain import (
    ENDED,
    LEVEL_OF_IMPACT,
    Component,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Phase,
    Slug,
    Update,
    worst,
)
from bot.monitor.parsing.fields import raw_label
from bot.monitor.parsing.text import clean, one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at, newest_phase, oldest_first, update_ids
from bot.monitor.provider import ParseFailed

Row = Mapping[str, object]

INDICATORS = {
    "none": Level.OPERATIONAL,
    "minor": Level.DEGRADED,
    "major": Level.PARTIAL_OUTAGE,
    "critical": Level.MAJOR_OUTAGE,
    "maintenance": Level.MAINTENANCE,
}
COMPONENT_LEVELS = {
    "operational": Level.OPERATIONAL,
    "under_maintenance": Level.MAINTENANCE,
    "degraded_performance": Level.DEGRADED,
    "partial_outage": Level.PARTIAL_OUTAGE,
    "major_outage": Level.MAJOR_OUTAGE,
    "full_outage": Level.MAJOR_OUTAGE,
}
PHASES = {
    **{phase.value: phase for phase in Phase},
    "maintenance_scheduled": Phase.SCHEDULED,
    "maintenance_in_progress": Phase.IN_PROGRESS,
    "maintenance_complete": Phase.COMPLETED,
}
IMPACTS = {impact.value: impact for impact in Impact}


def rows_of(body: Row, key: str) -> list[object]:
    """The list under a key; absent and null count as empty, as incident.io leaves empty lists out."""
    rows = body.get(key)
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise ParseFailed(f"The page's {key.replace('_', ' ')} are not a list.")
    return rows


def string(value: object) -> str:
    """A cleaned string; anything else is ``""``. Numbers stand for ids in some clones."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return str(value)
    return clean(value).strip() if isinstance(value, str) else ""


def word(value: object) -> str:
    return string(value).lower().replace(" ", "_").replace("-", "_")


def web_address(value: object) -> str | None:
    text = string(value)
    try:
        known = urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).hostname)
    except ValueError:
        return None
    return text if known and not any(map(str.isspace, text)) else None


# --- components -----------------------------------------------------------------------------------------------------


def read_components(rows: list[object]) -> tuple[tuple[Component, ...], tuple[Level | None, ...]]:
    """Leaves in the order in which the page shows them, and the levels of the groups.

    ``position`` counts within a parent, and ``group_id`` may name a row that is not in the body.
    """
    numbered = list(enumerate(_objects(rows, "component")))
    groups = {string(row.get("id")): (i, row) for i, row in numbered if row.get("group") is True}
    parents = {child: g for g, (_, row) in groups.items() for child in map(string, _list(row.get("components")))}
    placed: list[tuple[tuple[float, int, float, int], Component]] = []
    for i, row in numbered:
        if row.get("group") is True:
            continue
        component = _component(row)
        own = (_position(row), i)
        if (group := groups.get(string(row.get("group_id")) or parents.get(component.id, ""))) is not None:
            at, parent = group
            name = one_line(string(parent.get("name"))) or None
            placed.append(((_position(parent), at, *own), replace(component, group=name)))
        else:
            placed.append(((*own, -1.0, -1), component))
    placed.sort(key=lambda pair: pair[0])
    leaves: dict[str, Component] = {}
    for _, component in placed:
        twin = leaves.get(component.id)
        leaves[component.id] = _joined(twin, component) if twin else component
    return tuple(leaves.values()), tuple(_level(row) for _, row in groups.values())


def _joined(one: Component, other: Component) -> Component:
    level = worst((one.level, other.level))
    return replace(one, level=level, raw_status=raw_label(level, one.raw_status or other.raw_status))


def _component(row: Row) -> Component:
    name = one_line(string(row.get("name")))
    # Clones without ids exist (OpenStatus): there the name is all that holds rows apart.
    key = string(row.get("id")) or name
    if not key:
        raise ParseFailed("A component of the page has neither an id nor a name.")
    level, quiet = _level(row), row.get("only_show_if_degraded") is True
    return Component(key, name or key, level, hidden_when_ok=quiet, raw_status=raw_label(level, row.get("status")))


def _level(row: Row) -> Level | None:
    return COMPONENT_LEVELS.get(word(row.get("status")))


def _position(row: Row) -> float:
    value = row.get("position")
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return math.inf
    return max(-(2.0**53), min(value, 2.0**53))


# --- incidents and maintenances -------------------------------------------------------------------------------------


def read_incidents(
    vendor: Slug, rows: list[object], kind: IncidentKind, page_url: str | None, levels: Mapping[str, Level | None]
) -> tuple[Incident, ...]:
    """``levels``: of the page's components by id, as far as the body holds them."""
    found: dict[str, Incident] = {}
    for row in _objects(rows, kind.value):
        incident = _incident(vendor, row, kind, page_url, levels)
        if incident is not None:
            found.setdefault(incident.id, incident)
    return tuple(found.values())


def _incident(
    vendor: Slug, row: Row, kind: IncidentKind, page_url: str | None, levels: Mapping[str, Level | None]
) -> Incident | None:
    times = {
        key: time_of(row.get(key)) for key in ("started_at", "created_at", "scheduled_for", "updated_at", "resolved_at")
    }
    posts = [post for post in _list(row.get("incident_updates")) if isinstance(post, dict) and post]
    if times["scheduled_for"]:
        kind = IncidentKind.MAINTENANCE
    planned = times["scheduled_for"] if kind is IncidentKind.MAINTENANCE else None
    said = [at for post in posts if (at := _posted(post)) is not None]
    started = planned or times["started_at"] or times["created_at"] or min(said, default=times["updated_at"])
    key = string(row.get("id"))
    updates = _updates(posts, key, started) if started else ()
    phase = _phase(row, updates, times["resolved_at"])
    if not key or started is None:
        if phase in ENDED:
            return None
        lacks = "no time that can be read" if key else "no id"
        raise ParseFailed(
            f"{'A maintenance' if kind is IncidentKind.MAINTENANCE else 'An incident'} of the page has {lacks}."
        )
    named = _named(row, posts)
    impact = IMPACTS.get(word(row.get("impact")))
    return Incident(
        vendor=vendor,
        id=key,
        kind=kind,
        title=one_line(string(row.get("name"))) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=(times["resolved_at"] or ended_at(updates) or times["updated_at"]) if phase in ENDED else None,
        planned_end=time_of(row.get("scheduled_until")) if kind is IncidentKind.MAINTENANCE else None,
        url=web_address(row.get("shortlink")) or (page_url and f"{page_url}/incidents/{quote(key, safe='')}"),
        level=_weigh(impact, phase, {key: levels.get(key, level) for key, level in named.items()}, posts),
        components=tuple(named),
        raw_phase=raw_label(phase, row.get("status")),
        raw_impact=raw_label(impact, row.get("impact")),
        updates=updates,
    )


def _phase(row: Row, updates: tuple[Update, ...], resolved: datetime | None) -> Phase | None:
    if string(row.get("status")):
        return PHASES.get(word(row.get("status")))
    return newest_phase(updates) or (Phase.RESOLVED if resolved else None)


def _updates(posts: Sequence[Row], incident: str, started: datetime) -> tuple[Update, ...]:
    posted = oldest_first(((_posted(post) or started, post) for post in reversed(posts)), lambda pair: pair[0])
    own_ids = update_ids(incident, (at for at, _ in posted))
    found: dict[str, Update] = {}
    for (at, post), own_id in zip(posted, own_ids, strict=True):
        key = string(post.get("id")) or own_id
        found[key] = Update(key, PHASES.get(word(post.get("status"))), at, plain(string(post.get("body"))))
    # Posts of one time stay as the page lists them; of an id that comes twice the newest counts.
    return tuple(sorted(found.values(), key=lambda update: update.at))


def _posted(post: Row) -> datetime | None:
    # display_at can be set by hand and is what the page sorts by; it may precede created_at.
    return time_of(post.get("display_at")) or time_of(post.get("created_at")) or time_of(post.get("updated_at"))


def _named(row: Row, posts: Sequence[Row]) -> dict[str, Level | None]:
    """Component ids with their levels: the incident's own list, else what its updates say that they affect."""
    embedded = (c for c in _list(row.get("components")) if isinstance(c, dict) and c.get("group") is not True)
    named = {key: _level(c) for c in embedded if (key := string(c.get("id")))}
    if named:
        return named
    for post in reversed(posts):
        for affected in _list(post.get("affected_components")):
            if isinstance(affected, dict) and (key := string(affected.get("code"))):
                named[key] = COMPONENT_LEVELS.get(word(affected.get("new_status")))
    return named


def _weigh(
    impact: Impact | None, phase: Phase | None, named: Mapping[str, Level | None], posts: Sequence[Row]
) -> Level | None:
    """The worst of the impact and of the named components. Once it is over, what those are now is no longer its doing:
    then the impact alone counts, or, where there is none, the worst that its updates told of."""
    own = LEVEL_OF_IMPACT[impact] if impact else None
    if phase not in ENDED:
        return worst((own, *named.values()))
    if own is not None:
        return own
    return worst(
        COMPONENT_LEVELS.get(word(affected.get("new_status")))
        for post in posts
        for affected in _list(post.get("affected_components"))
        if isinstance(affected, dict)
    )


def _objects(rows: list[object], what: str) -> Iterator[Row]:
    for row in rows:
        if not isinstance(row, dict):
            raise ParseFailed(f"The page lists something that is no {what} among its {what}s.")
        yield row


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
