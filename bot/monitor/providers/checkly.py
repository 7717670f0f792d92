"""Checkly's status pages: a summary of what is open, the services, and the page's own data with the texts. Pure.

**How an end is known:** the summary lists only what is open; what ended is named, as resolved, by the days of the
services that it hit, in the page's own data. A maintenance that is over goes away and counts as taken down.
Format: seen in ``/summary.json``, ``/services.json`` and Nuxt's ``/_payload.json``; words as in
https://www.checklyhq.com/docs/api-reference (status page incidents).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

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
from bot.monitor.parsing.body import first_element, read_json
from bot.monitor.parsing.fields import Row, number, objects, raw_label, row, rows, string, web_address, word
from bot.monitor.parsing.flattened import is_flattened, read_nuxt
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at, newest_phase
from bot.monitor.parsing.urls import root_of
from bot.monitor.provider import Body, History, ParseFailed, Provider

IMPACTS = {
    "minor": Impact.MINOR,
    "medium": Impact.MINOR,
    "major": Impact.MAJOR,
    "critical": Impact.CRITICAL,
    "maintenance": Impact.MAINTENANCE,
}
LEVELS = {
    "operational": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "under_maintenance": Level.MAINTENANCE,
    "minor": Level.DEGRADED,
    "medium": Level.DEGRADED,
    "major": Level.PARTIAL_OUTAGE,
    "critical": Level.MAJOR_OUTAGE,
}
INDICATORS = {"operational": Level.OPERATIONAL, "under_maintenance": Level.MAINTENANCE}

PHASES = {
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
}
PLANNED_PHASES = {
    "scheduled": Phase.SCHEDULED,
    "upcoming": Phase.SCHEDULED,
    "in_progress": Phase.IN_PROGRESS,
    "active": Phase.IN_PROGRESS,
    "completed": Phase.COMPLETED,
}

DAY_S = 86_400

_TAIL = re.compile(r"/(?:summary\.json|services\.json|_payload\.json|incident/[\w-]{1,64})?/?$")


def state_urls(page_url: str) -> tuple[str, ...]:
    root = root_of(page_url, _TAIL)
    return (f"{root}/summary.json", f"{root}/services.json", f"{root}/_payload.json")


def history_urls(page_url: str) -> tuple[str, ...]:
    return (f"{root_of(page_url, _TAIL)}/_payload.json",)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of all bodies together, or of any of them. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    page = _Page()
    for body in bodies:
        page.add(body)
    if page.summary is None and not page.services:
        raise page.failure or ParseFailed("The page lists no services: it may have moved to another platform.")
    summary = page.summary or {"activeIncidents": [*page.texts.values()]}
    read = [
        _incident(vendor, {**page.texts.get(string(raw.get("id")), {}), **raw})
        for raw in objects(summary.get("activeIncidents"), "incidents")
    ]
    read += [_maintenance(vendor, raw, taken_at) for raw in objects(summary.get("activeMaintenances"), "maintenances")]
    incidents = tuple({incident.id: incident for incident in read if incident}.values())
    components = _components(page)
    words = string(row(summary.get("page")).get("status"))
    # "HAS_ISSUES" says no more than the incidents do; where nothing is listed, it is not known what is meant.
    indicator = INDICATORS.get(word(words))
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components, incidents, raw=words),
        status_text=words,
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        indicator=indicator,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """What the days of the services name as resolved; they go back for some weeks, and promise nothing."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found: dict[str, Incident] = {}
    for raw in read_nuxt(bodies[0]).objects("id", "name", "severity", "lastUpdateStatus"):
        incident = _incident(vendor, raw)
        if incident and incident.phase in ENDED:
            # On each day of several stands the same length, and it is not that of the whole.
            lasted = number(raw.get("duration")) if incident.id not in found else None
            end = incident.started + timedelta(seconds=lasted) if lasted and 0 < lasted < DAY_S else incident.resolved
            found[incident.id] = replace(incident, resolved=end)
    return History(tuple(found.values()), None)


def recognises(body: Body) -> bool:
    page = _Page()
    page.add(body)
    return page.failure is None


@dataclass(slots=True)
class _Page:
    """``texts``: the incidents of the page's own data, by id. ``failure``: why a body could not be read."""

    summary: Row | None = None
    services: list[Row] = field(default_factory=list)
    texts: dict[str, Row] = field(default_factory=dict)
    failure: ParseFailed | None = None

    def add(self, body: Body) -> None:
        try:
            if first_element(body) == "html":
                self._take_own(body)
                return
            found = read_json(body)
            if is_flattened(found):
                self._take_own(body)
            elif isinstance(found, dict) and _is_own(found):
                self.summary = found
            elif isinstance(found, list) and found and all(_is_service(row(each)) for each in found):
                self.services = objects(found, "services")
            else:
                raise ParseFailed("The page's JSON is not in Checkly's format: it may have moved to another platform.")
        except ParseFailed as failure:
            self.failure = failure

    def _take_own(self, body: Body) -> None:
        data = row(row(read_nuxt(body).root()).get("data"))
        lists = {key: value for key, value in data.items() if key.startswith("unresolved-incidents")}
        if not lists:
            raise ParseFailed("The page's data is not in Checkly's format: it may have moved to another platform.")
        for value in lists.values():
            for raw in rows(row(value).get("incidents")) + rows(value):
                self.texts[string(raw.get("id"))] = raw
        if not self.services:
            pages = (row(value) for key, value in data.items() if "cards" in row(value) or key.startswith("status"))
            cards = (card for page in pages for card in rows(page.get("cards")))
            self.services = [{**s, "group": card.get("name")} for card in cards for s in rows(card.get("services"))]


def _is_own(found: Row) -> bool:
    """Instatus has lists of the same names, other words for its page, and its incidents an impact."""
    if not isinstance(found.get("activeIncidents"), list):
        return False
    raw = rows(found["activeIncidents"])
    page = word(row(found.get("page")).get("status"))
    if page in ("up", "hasissues", "undermaintenance") or any("impact" in each for each in raw):
        return False
    return bool(page and "activeMaintenances" in found) or any("severity" in each for each in raw)


def _is_service(each: Row) -> bool:
    return {"id", "name", "status", "group"} <= each.keys() and string(each["status"]).isupper()


def _components(page: _Page) -> tuple[Component, ...]:
    """The services, or of a summary alone those that are affected."""
    found: dict[str, Component] = {}
    for service in page.services:
        key = string(service.get("id"))
        if not key:
            raise ParseFailed("A service of the page has no id.")
        group = one_line(string(service.get("group"))) or None
        level = LEVELS.get(word(service.get("status")))
        label = raw_label(level, service.get("status"))
        found[key] = Component(key, _name(service) or key, level, group=group, raw_status=label)
    if page.services:
        return tuple(found.values())
    for raw in objects((page.summary or {}).get("activeIncidents"), "incidents"):
        impact = IMPACTS.get(word(raw.get("severity")))
        for service in _services(raw):
            key = string(service.get("id")) or _name(service)
            if key:
                own = LEVEL_OF_IMPACT[impact] if impact else None
                level = worst((own, found[key].level)) if key in found else own
                group = one_line(string(service.get("group"))) or None
                label = raw_label(level, raw.get("severity"))
                found[key] = Component(key, _name(service) or key, level, group=group, raw_status=label)
    return tuple(found.values())


def _name(raw: Row) -> str:
    return one_line(string(raw.get("name")))


# --- incidents and maintenances -------------------------------------------------------------------------------------


def _incident(vendor: Slug, raw: Row) -> Incident | None:
    key = string(raw.get("id"))
    posts = []
    for post in rows(raw.get("incidentUpdates")) or rows(raw.get("updates")):
        if at := _first_time(post, "createdAt", "created_at", "updatedAt"):
            text = plain(string(post.get("description")) or string(post.get("text")))
            phase = PHASES.get(word(post.get("incidentUpdateStatus")) or word(post.get("status")))
            posts.append(Post(at, text, phase, string(post.get("id"))))
    updates = updates_of(key, posts)
    newest_status = word(raw.get("status")) or word(raw.get("lastUpdateStatus"))
    phase = PHASES.get(newest_status) if newest_status else newest_phase(updates)
    started = _first_time(raw, "startedAt", "createdAt", "created_at") or (updates[0].at if updates else None)
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    impact = IMPACTS.get(word(raw.get("severity")))
    named = (string(service.get("id")) or _name(service) for service in _services(raw))
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=_name(raw) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=ended_at(updates),
        url=web_address(raw.get("url")),
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        components=tuple(dict.fromkeys(filter(None, named))),
        raw_phase=raw_label(phase, newest_status),
        raw_impact=raw_label(impact, raw.get("severity")),
        updates=updates,
    )


def _maintenance(vendor: Slug, raw: Row, taken_at: datetime) -> Incident | None:
    """The list holds those that are under way; what it says otherwise wins."""
    key = string(raw.get("id"))
    started = _first_time(raw, "startsAt", "startedAt", "scheduledFor", "start", "createdAt")
    until = _first_time(raw, "endsAt", "endedAt", "scheduledUntil", "end")
    status = word(raw.get("status"))
    by_time = Phase.SCHEDULED if started and started > taken_at else Phase.IN_PROGRESS
    phase = PLANNED_PHASES.get(status) if status else by_time
    if not key or started is None:
        raise ParseFailed("A maintenance of the page has no id, or no time that can be read.")
    text = plain(string(raw.get("description")))
    named = (string(service.get("id")) or _name(service) for service in _services(raw))
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE,
        title=_name(raw) or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE,
        started=started,
        resolved=max(until or started, started) if phase in ENDED else None,
        planned_end=until,
        url=web_address(raw.get("url")),
        level=Level.MAINTENANCE,
        components=tuple(dict.fromkeys(filter(None, named))),
        raw_phase=raw_label(phase, raw.get("status")),
        updates=updates_of(key, [Post(started, text)] if text else []),
    )


def _services(raw: Row) -> list[Row]:
    return rows(raw.get("affectedServices")) or rows(raw.get("services")) or rows(raw.get("impactedServices"))


def _first_time(raw: Row, *keys: str) -> datetime | None:
    return next((at for key in keys if (at := time_of(raw.get(key)))), None)


PROVIDER = Provider(
    kind="checkly",
    title="Checkly",
    rate_limit_group="checkly",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    lists_all_components=False,
    history_urls=history_urls,
    parse_history=parse_history,
    hosts=("checkly-status-page.com", "checkly-status-pages.com", "checkly-dashboards.com"),
    partial=True,
    marks=(b"checkly",),
)
