"""LambStatus, self-hosted: lists of components, incidents and maintenances, and the texts of each by itself. Pure.

**How an end is known:** ended incidents and maintenances stay in the lists, as "Resolved" and "Completed".
Format: https://github.com/ks888/LambStatus/tree/master/packages/lambda/src (``api`` and ``model``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

from bot.domain import ENDED, Component, Impact, Incident, IncidentKind, Level, Phase, Slug, Snapshot
from bot.monitor.parsing.assemble import EPOCH, Post, page_level, updates_of
from bot.monitor.parsing.body import read_json
from bot.monitor.parsing.fields import Row, objects, raw_label, row, rows, string, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at
from bot.monitor.parsing.urls import root_of
from bot.monitor.provider import Body, ParseFailed, Provider

MOST_DETAILS = 10
"""So many are asked for by themselves, to have their texts: each is a request of its own."""
ENDED_DETAILS = 2
"""Of those, such as ended lately: their last texts are news."""

LEVELS = {
    "operational": Level.OPERATIONAL,
    "under_maintenance": Level.MAINTENANCE,
    "degraded_performance": Level.DEGRADED,
    "partial_outage": Level.PARTIAL_OUTAGE,
    "major_outage": Level.MAJOR_OUTAGE,
}
PHASES = {
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
    "scheduled": Phase.SCHEDULED,
    "in_progress": Phase.IN_PROGRESS,
    "verifying": Phase.VERIFYING,
    "completed": Phase.COMPLETED,
}

_TAIL = re.compile(r"/(?:api/(?:components|incidents|maintenances).*|(?:incidents|maintenances)(?:/.*)?|history)?/*$")
_LISTS = {"incidentID": "incidents", "maintenanceID": "maintenances"}
_IDS = ("componentID", *_LISTS)


def state_urls(page_url: str) -> tuple[str, ...]:
    root = root_of(page_url, _TAIL)
    return tuple(f"{root}/api/{part}" for part in ("components", "incidents", "maintenances"))


def more_urls(page_url: str, bodies: tuple[Body, ...]) -> tuple[str, ...]:
    """What is open and what ended last, the newest first. Raises :class:`ParseFailed`."""
    listed = [raw for raw in _read(bodies) if "componentID" not in raw]
    listed.sort(key=lambda raw: string(raw.get("updatedAt")), reverse=True)
    over = [raw for raw in listed if PHASES.get(word(raw.get("status"))) in ENDED]
    wanted = over[:ENDED_DETAILS] + [raw for raw in listed if raw not in over]
    paths = (f"{_LISTS[key]}/{quote(string(raw[key]), safe='')}" for raw in wanted for key in _LISTS if key in raw)
    return tuple(dict.fromkeys(f"{root_of(page_url, _TAIL)}/api/{path}" for path in paths))[:MOST_DETAILS]


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the lists and of what is told of each. Raises :class:`ParseFailed`."""
    listed = _read(bodies)
    components = _components(listed)
    incidents = _incidents(vendor, listed)
    if not components and not incidents:
        raise ParseFailed("The page lists no components: it may have moved to another platform.")
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents),
        status_text="",
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        complete_since=EPOCH if any("incidentID" in raw for raw in listed) else None,
    )


def recognises(body: Body) -> bool:
    try:
        listed = _read((body,))
    except ParseFailed:
        return False
    return bool(listed) and all(any(key in raw for key in _IDS) for raw in listed)


def _read(bodies: tuple[Body, ...]) -> list[Row]:
    """The rows of all lists, and of each that was asked for by itself."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    listed: list[Row] = []
    for body in bodies:
        found = read_json(body)
        listed += [row(found)] if isinstance(found, dict) else objects(found, "answers")
    if not all(any(key in raw for key in _IDS) for raw in listed):
        raise ParseFailed("The page's JSON is not in LambStatus' format: it may have moved to another platform.")
    return listed


def _components(listed: Iterable[Row]) -> tuple[Component, ...]:
    made: dict[str, Component] = {}
    for raw in listed:
        if "componentID" not in raw:
            continue
        key = string(raw["componentID"])
        if not key:
            raise ParseFailed("A component of the page has no id.")
        level = LEVELS.get(word(raw.get("status")))
        label = raw_label(level, raw.get("status"))
        made[key] = Component(key, one_line(string(raw.get("name"))) or key, level, raw_status=label)
    return tuple(made.values())


def _incidents(vendor: Slug, listed: Iterable[Row]) -> tuple[Incident, ...]:
    """Each by itself comes after the lists, and tells more."""
    made: dict[str, Incident] = {}
    for raw in listed:
        if "componentID" not in raw and (incident := _incident(vendor, raw)) is not None:
            made[incident.id] = incident
    return tuple(made.values())


def _incident(vendor: Slug, raw: Row) -> Incident | None:
    planned = "maintenanceID" in raw
    key = string(raw.get("maintenanceID" if planned else "incidentID"))
    kind = "maintenance" if planned else "incident"
    phase = PHASES.get(word(raw.get("status")))
    created = time_of(raw.get("createdAt"))
    started = (time_of(raw.get("startAt")) if planned else None) or created
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed(f"Of an entry of the page's {kind}s there is no id, or no time that can be read.")
    posts = [
        Post(
            at,
            plain(string(each.get("message"))),
            PHASES.get(word(each.get(f"{kind}Status"))),
            string(each.get(f"{kind}UpdateID")),
        )
        for each in rows(raw.get(f"{kind}Updates"))
        if (at := time_of(each.get("createdAt")) or time_of(each.get("updatedAt")))
    ]
    updates = updates_of(key, posts)
    over = phase in ENDED
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("name"))) or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE if planned else None,
        started=started,
        resolved=max(started, ended_at(updates) or time_of(raw.get("updatedAt")) or started) if over else None,
        planned_end=time_of(raw.get("endAt")) if planned else None,
        url=None,
        level=Level.MAINTENANCE if planned else None,
        raw_phase=raw_label(phase, raw.get("status")),
        updates=updates,
    )


PROVIDER = Provider(
    kind="lambstatus",
    title="LambStatus",
    rate_limit_group="lambstatus",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    more_urls=more_urls,
    partial=True,
    marks=(b"lambstatus",),
)
