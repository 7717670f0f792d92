"""OnlineOrNot's status pages: the data that React Router streams into the page's HTML. Pure.

Objects are found by what they hold, wherever they stand: an incident has a title, a start, an end and an impact; a
component a name and a state. **How an end is known:** an incident stays listed, with its end.
Format: seen in pages; words as in https://developers.onlineornot.com/api.
"""

from __future__ import annotations

from datetime import datetime

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
    Snapshot,
    worst,
)
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.body import check_ended
from bot.monitor.parsing.fields import Row, raw_label, row, rows, string, web_address, word
from bot.monitor.parsing.flattened import Flattened, read_stream
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import newest_phase
from bot.monitor.provider import Body, ParseFailed, Provider

LEVELS = {
    "operational": Level.OPERATIONAL,
    "under_maintenance": Level.MAINTENANCE,
    "maintenance": Level.MAINTENANCE,
    "degraded_performance": Level.DEGRADED,
    "partial_outage": Level.PARTIAL_OUTAGE,
    "major_outage": Level.MAJOR_OUTAGE,
}
IMPACTS = {
    "no_impact": Impact.NONE,
    "operational": Impact.NONE,
    "under_maintenance": Impact.MAINTENANCE,
    "maintenance": Impact.MAINTENANCE,
    "degraded_performance": Impact.MINOR,
    "partial_outage": Impact.MAJOR,
    "major_outage": Impact.CRITICAL,
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


def state_urls(page_url: str) -> tuple[str, ...]:
    return (page_url,)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    data = read_stream(bodies[0])
    check_ended(bodies[0])
    components = _components(data)
    levels = {component.id: component.level for component in components}
    listed = list(data.objects("title", "started", "ended", "impact"))
    incidents = tuple({i.id: i for each in listed if (i := _incident(vendor, each, levels))}.values())
    if not components and not incidents:
        raise ParseFailed("The page's data is not in OnlineOrNot's format: it may have moved to another platform.")
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents, when_empty=Level.OPERATIONAL),
        status_text="",
        components=components,
        incidents=incidents,
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    """Other pages are made with React Router too."""
    try:
        data = read_stream(body)
        return any(True for _ in data.objects("incidentId", "started")) or (
            b"onlineornot.com" in body.content and bool(_components(data))
        )
    except ParseFailed:
        return False


def _components(data: Flattened) -> tuple[Component, ...]:
    """What has a name and a state that a component has; uptime checks inside have other words."""
    found: dict[str, Component] = {}
    for raw in data.objects("name", "status"):
        name = one_line(string(raw.get("name")))
        key = string(raw.get("componentId")) or string(raw.get("id")) or name
        known = word(raw.get("status")) in LEVELS
        if key and name and (known or "componentId" in raw):
            group = one_line(string(row(raw.get("group")).get("name")) or string(raw.get("groupName"))) or None
            level = LEVELS.get(word(raw.get("status")))
            label = raw_label(level, raw.get("status"))
            found.setdefault(key, Component(key, name, level, group=group, raw_status=label))
    return tuple(found.values())


def _incident(vendor: Slug, raw: Row, levels: dict[str, Level | None]) -> Incident | None:
    key = string(raw.get("incidentId")) or string(raw.get("id"))
    started, ended = time_of(raw.get("started")), time_of(raw.get("ended"))
    title = one_line(string(raw.get("title"))) or "Untitled"
    if not key or started is None:
        if ended:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    impact = IMPACTS.get(word(raw.get("impact")))
    planned = impact is Impact.MAINTENANCE
    posts = []
    for post in rows(raw.get("updates")) + rows(raw.get("incidentUpdates")):
        at = next((at for name in ("created", "createdAt", "date", "started") if (at := time_of(post.get(name)))), None)
        texts = (string(post.get(name)) for name in ("description", "message", "body", "text"))
        if at is not None:
            posts.append(
                Post(
                    at,
                    plain(next(filter(None, texts), "")),
                    PHASES.get(word(post.get("status"))),
                    string(post.get("id")),
                )
            )
    updates = updates_of(key, posts)
    phase = PHASES.get(word(raw.get("status"))) or newest_phase(updates)
    if ended and phase not in ENDED:
        phase = Phase.COMPLETED if planned else Phase.RESOLVED
    elif not ended and (phase is None or phase in ENDED):
        phase = Phase.IN_PROGRESS if planned else Phase.INVESTIGATING
    named = [row(part) for part in rows(raw.get("components")) + rows(raw.get("affectedComponents"))]
    parts = dict.fromkeys(filter(None, (string(p.get("componentId")) or string(p.get("id")) for p in named)))
    own = LEVEL_OF_IMPACT[impact] if impact else None
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=title,
        phase=phase,
        impact=impact,
        started=started,
        resolved=max(ended or started, started) if phase in ENDED else None,
        url=web_address(raw.get("url")),
        level=own if phase in ENDED else worst([own, *(levels.get(part) for part in parts)]),
        components=tuple(parts),
        raw_impact=raw_label(impact, raw.get("impact")),
        updates=updates,
    )


PROVIDER = Provider(
    kind="onlineornot",
    title="OnlineOrNot",
    rate_limit_group="onlineornot",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=("onlineornot.com",),
    marks=(b"onlineornot.com",),
)
