"""Pulsetic's status pages: monitors, incidents and maintenances, as the page's own program asks for them. Pure.

Nothing else than the state of a monitor says how bad it is. **How an end is known:** an incident's state, its newest
update or its time of end says so; one that left the list was taken down.
Format: what a page such as https://status.kissmetrics.io sends to ``api.pulsetic.com/public/status/`` and its own host,
with POST; the words are those of https://help.pulsetic.com/article/260-api-endpoints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote, unquote, urlsplit

from bot.domain import ENDED, Component, Impact, Incident, IncidentKind, Level, Phase, Slug, Snapshot
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.fields import Row, items, objects, raw_label, read_object, row, rows, string, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import newest_phase
from bot.monitor.provider import Body, ParseFailed, Provider

API = "https://api.pulsetic.com/public/status/"
NO_PASSWORD = b'{"password":null}'
LEVELS = {
    "online": Level.OPERATIONAL,
    "up": Level.OPERATIONAL,
    "operational": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "degraded": Level.DEGRADED,
    "partial": Level.PARTIAL_OUTAGE,
    "offline": Level.MAJOR_OUTAGE,
    "down": Level.MAJOR_OUTAGE,
    "outage": Level.MAJOR_OUTAGE,
}
PHASES = {
    "investigating": Phase.INVESTIGATING,
    "exploring": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
    "postmortem": Phase.POSTMORTEM,
    "completed": Phase.COMPLETED,
}
STARTS = ("started_at", "starts_at", "date", "created_at")
ENDS = ("resolved_at", "ends_at")
_MAINTENANCES = (("live_maintenances", Phase.IN_PROGRESS), ("upcoming_maintenances", Phase.SCHEDULED))
_HOSTED = "app.pulsetic.com"
_SLUG = re.compile(r"/(?:public/)?status/([^/]+)")


def state_urls(page_url: str) -> tuple[str, ...]:
    """A page on a host of its own is known by that, one of Pulsetic's own host by its slug."""
    parts = urlsplit(page_url)
    host = parts.hostname or ""
    slug = _SLUG.match(parts.path) if host in (_HOSTED, urlsplit(API).hostname) else None
    return (API + quote(unquote(slug[1]) if slug else host, safe=""),)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the one body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = row(read_object(bodies[0]).get("data"))
    if not _is_page(found):
        raise ParseFailed("The page's JSON is not in Pulsetic's format: it may have moved, or want a password.")
    components = tuple(_components(found))
    known = frozenset(component.id for component in components)
    incidents = [_incident(vendor, raw, known) for raw in objects(found.get("incidents"), "incidents")]
    for name, phase in _MAINTENANCES:
        incidents += [_maintenance(vendor, raw, phase, known) for raw in objects(found.get(name), "maintenances")]
    told = tuple({incident.id: incident for incident in reversed(incidents) if incident}.values())[::-1]
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, told),
        status_text="",
        components=components,
        incidents=told,
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        return _is_page(row(read_object(body).get("data")))
    except ParseFailed:
        return False


def _is_page(found: Row) -> bool:
    return isinstance(found.get("monitors"), list) and isinstance(found.get("incidents"), list)


def _components(found: Row) -> Iterator[Component]:
    """A monitor that is switched off is not shown."""
    seen: set[str] = set()
    for raw in objects(found["monitors"], "monitors"):
        key = string(raw.get("id"))
        if not key:
            raise ParseFailed("A monitor of the page has no id.")
        if key in seen or raw.get("disabled") in (True, 1):
            continue
        seen.add(key)
        level = LEVELS.get(word(raw.get("status")))
        label = raw_label(level, raw.get("status"))
        yield Component(key, one_line(string(raw.get("name"))) or key, level, raw_status=label)


def _incident(vendor: Slug, raw: Row, known: frozenset[str]) -> Incident | None:
    key = string(raw.get("id"))
    posts = [
        Post(at, plain(string(each.get("message"))), PHASES.get(word(each.get("status"))), string(each.get("id")))
        for each in rows(raw.get("updates"))
        if (at := _time(each, ("date", "created_at")))
    ]
    updates = updates_of(key, posts)
    ended = _time(raw, ENDS)
    said = raw.get("status")
    phase = PHASES.get(word(said)) or (None if string(said) else newest_phase(updates))
    phase = Phase.RESOLVED if phase is None and not string(said) and ended else phase
    started = _time(raw, STARTS) or (updates[0].at if updates else None)
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("Of an incident of the page there is no id, or no time that can be read.")
    over = ended or (updates[-1].at if updates else started)
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=_title(raw),
        phase=phase,
        impact=None,
        started=started,
        resolved=max(started, over) if phase in ENDED else None,
        url=None,
        level=None,
        components=_about(raw, known),
        raw_phase=raw_label(phase, said),
        updates=updates,
    )


def _maintenance(vendor: Slug, raw: Row, phase: Phase, known: frozenset[str]) -> Incident:
    key, started = string(raw.get("id")), _time(raw, STARTS)
    if not key or started is None:
        raise ParseFailed("Of a maintenance of the page there is no id, or no time that can be read.")
    text = plain(string(raw.get("description")))
    key = f"maintenance-{key}"
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE,
        title=_title(raw),
        phase=phase,
        impact=Impact.MAINTENANCE,
        started=started,
        resolved=None,
        planned_end=_time(raw, ENDS),
        url=None,
        level=Level.MAINTENANCE,
        components=_about(raw, known),
        updates=updates_of(key, [Post(started, text, phase)] if text else []),
    )


def _title(raw: Row) -> str:
    return one_line(string(raw.get("title"))) or one_line(string(raw.get("name"))) or "Untitled"


def _about(raw: Row, known: frozenset[str]) -> tuple[str, ...]:
    """Its monitors, as ids or as objects with one."""
    keys = (string(row(each).get("id")) or string(each) for each in items(raw.get("monitors")))
    return tuple(dict.fromkeys(key for key in keys if key in known))


def _time(raw: Row, names: tuple[str, ...]) -> datetime | None:
    return next((at for name in names if (at := time_of(raw.get(name)))), None)


PROVIDER = Provider(
    kind="pulsetic",
    title="Pulsetic",
    rate_limit_group="pulsetic",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=(_HOSTED,),
    marks=(b"pulsetic",),
    posts=((API, NO_PASSWORD),),
)
