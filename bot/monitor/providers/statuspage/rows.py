"""The rows of a Statuspage v2 body: components, incidents, maintenances. Pure; it must not judge the page as a whole.

A field of the wrong type or an unknown word costs that field alone. A row that cannot be held apart from others, or not
be placed in time, costs the reading, unless it is over: a page must never look greener for a row that was left out.
Formats: https://metastatuspage.com/api and, with ULIDs, https://docs.incident.io/status-pages.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

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
from bot.monitor.parsing.assemble import Post, updates_of
from bot.monitor.parsing.fields import Row, items, number, raw_label, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at, newest_phase
from bot.monitor.provider import ParseFailed

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


# --- components -----------------------------------------------------------------------------------------------------


def read_components(listed: Sequence[Row]) -> tuple[tuple[Component, ...], tuple[Level | None, ...]]:
    """Leaves in the order in which the page shows them, and the levels of the groups.

    ``position`` counts within a parent, and ``group_id`` may name a row that is not in the body.
    """
    groups = {string(raw.get("id")): (i, raw) for i, raw in enumerate(listed) if raw.get("group") is True}
    parents = {child: key for key, (_, raw) in groups.items() for child in map(string, items(raw.get("components")))}
    shown = {key: ((_position(raw), i), one_line(string(raw.get("name"))) or None) for key, (i, raw) in groups.items()}
    placed: list[tuple[tuple[float, int, float, int], Component]] = []
    for i, raw in enumerate(listed):
        if raw.get("group") is True:
            continue
        place, key = (_position(raw), i), _key(raw)
        if (group := shown.get(string(raw.get("group_id")) or parents.get(key, ""))) is not None:
            its_place, name = group
            placed.append(((*its_place, *place), _component(raw, key, name)))
        else:
            placed.append(((*place, -1.0, -1), _component(raw, key, None)))
    placed.sort(key=lambda pair: pair[0])
    leaves: dict[str, Component] = {}
    for _, component in placed:
        twin = leaves.get(component.id)
        leaves[component.id] = _joined(twin, component) if twin else component
    return tuple(leaves.values()), tuple(_level(raw) for _, raw in groups.values())


def _joined(one: Component, other: Component) -> Component:
    level = worst((one.level, other.level))
    return replace(one, level=level, raw_status=raw_label(level, one.raw_status or other.raw_status))


def _key(raw: Row) -> str:
    # Clones without ids exist (OpenStatus): there the name is all that holds rows apart.
    if key := string(raw.get("id")) or one_line(string(raw.get("name"))):
        return key
    raise ParseFailed("A component of the page has neither an id nor a name.")


def _component(raw: Row, key: str, group: str | None) -> Component:
    level, hidden = _level(raw), raw.get("only_show_if_degraded") is True
    name = one_line(string(raw.get("name"))) or key
    return Component(key, name, level, group, hidden_when_ok=hidden, raw_status=raw_label(level, raw.get("status")))


def _level(raw: Row) -> Level | None:
    return COMPONENT_LEVELS.get(word(raw.get("status")))


def _position(raw: Row) -> float:
    position = number(raw.get("position"))
    return math.inf if position is None else position


# --- incidents and maintenances -------------------------------------------------------------------------------------


def read_incidents(
    vendor: Slug, listed: Iterable[Row], kind: IncidentKind, page_url: str | None, levels: Mapping[str, Level | None]
) -> tuple[Incident, ...]:
    """``levels``: of the page's components by id, as far as the body holds them."""
    found: dict[str, Incident] = {}
    for raw in listed:
        incident = _incident(vendor, raw, kind, page_url, levels)
        if incident is not None:
            found.setdefault(incident.id, incident)
    return tuple(found.values())


def _incident(
    vendor: Slug, raw: Row, kind: IncidentKind, page_url: str | None, levels: Mapping[str, Level | None]
) -> Incident | None:
    times = {
        key: time_of(raw.get(key)) for key in ("started_at", "created_at", "scheduled_for", "updated_at", "resolved_at")
    }
    posts = [post for post in rows(raw.get("incident_updates")) if post]
    if times["scheduled_for"]:
        kind = IncidentKind.MAINTENANCE
    planned = times["scheduled_for"] if kind is IncidentKind.MAINTENANCE else None
    posted = [at for post in posts if (at := _posted_at(post)) is not None]
    started = planned or times["started_at"] or times["created_at"] or min(posted, default=times["updated_at"])
    key = string(raw.get("id"))
    updates = _updates(posts, key, started) if started else ()
    phase = _phase(raw, updates, times["resolved_at"])
    if not key or started is None:
        if phase in ENDED:
            return None
        lacks = "no time that can be read" if key else "no id"
        raise ParseFailed(
            f"{'A maintenance' if kind is IncidentKind.MAINTENANCE else 'An incident'} of the page has {lacks}."
        )
    named = _named(raw, posts)
    impact = IMPACTS.get(word(raw.get("impact")))
    return Incident(
        vendor=vendor,
        id=key,
        kind=kind,
        title=one_line(string(raw.get("name"))) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=(times["resolved_at"] or ended_at(updates) or times["updated_at"]) if phase in ENDED else None,
        planned_end=time_of(raw.get("scheduled_until")) if kind is IncidentKind.MAINTENANCE else None,
        url=web_address(raw.get("shortlink")) or (page_url and f"{page_url}/incidents/{quote(key, safe='')}"),
        level=_weigh(impact, phase, {key: levels.get(key, level) for key, level in named.items()}, posts),
        components=tuple(named),
        raw_phase=raw_label(phase, raw.get("status")),
        raw_impact=raw_label(impact, raw.get("impact")),
        updates=updates,
    )


def _phase(raw: Row, updates: tuple[Update, ...], resolved: datetime | None) -> Phase | None:
    if string(raw.get("status")):
        return PHASES.get(word(raw.get("status")))
    return newest_phase(updates) or (Phase.RESOLVED if resolved else None)


def _updates(posts: Sequence[Row], incident: str, started: datetime) -> tuple[Update, ...]:
    """Posts of one time stay as the page lists them, which is newest first."""
    return updates_of(
        incident,
        [
            Post(
                _posted_at(post) or started,
                plain(string(post.get("body"))),
                PHASES.get(word(post.get("status"))),
                string(post.get("id")),
            )
            for post in reversed(posts)
        ],
        newest_wins=True,
    )


def _posted_at(post: Row) -> datetime | None:
    # display_at can be set by hand and is what the page sorts by; it may precede created_at.
    return time_of(post.get("display_at")) or time_of(post.get("created_at")) or time_of(post.get("updated_at"))


def _named(raw: Row, posts: Sequence[Row]) -> dict[str, Level | None]:
    """Component ids with their levels: the incident's own list, else what its updates say that they affect."""
    embedded = (each for each in rows(raw.get("components")) if each.get("group") is not True)
    named = {key: _level(each) for each in embedded if (key := string(each.get("id")))}
    if named:
        return named
    for post in reversed(posts):
        for affected in rows(post.get("affected_components")):
            if key := string(affected.get("code")):
                named[key] = COMPONENT_LEVELS.get(word(affected.get("new_status")))
    return named


def _weigh(
    impact: Impact | None, phase: Phase | None, named: Mapping[str, Level | None], posts: Sequence[Row]
) -> Level | None:
    """The worst of the impact and of the named components. Once it is over, what those are now is no longer its doing:
    then the impact alone counts, or, where there is none, the worst that its updates reported."""
    own = LEVEL_OF_IMPACT[impact] if impact else None
    if phase not in ENDED:
        return worst((own, *named.values()))
    if own is not None:
        return own
    return worst(
        COMPONENT_LEVELS.get(word(affected.get("new_status")))
        for post in posts
        for affected in rows(post.get("affected_components"))
    )
