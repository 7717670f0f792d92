"""OneUptime's status pages, hosted and self-hosted: one overview of parts, their states, and what is open. Pure.

Times and ids may be wrapped, as ``{"_type": …, "value": …}``. **How an end is known:** an incident leaves the overview
when it is over; ``timelineIncidents`` there names those of the last weeks with their state, and what is in neither was
taken down.
Format: https://github.com/OneUptime/oneuptime/blob/master/Common/Server/API/StatusPageAPI.ts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

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
)
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.fields import Row, number, raw_label, read_object, row, rows, string, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at
from bot.monitor.parsing.urls import origin_of
from bot.monitor.provider import Body, ParseFailed, Provider

LEVELS = {
    "operational": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "under_maintenance": Level.MAINTENANCE,
    "degraded": Level.DEGRADED,
    "degraded_performance": Level.DEGRADED,
    "partial_outage": Level.PARTIAL_OUTAGE,
    "major_outage": Level.MAJOR_OUTAGE,
    "offline": Level.MAJOR_OUTAGE,
}
"""The states that a project begins with, and the usual ones that people add; each project may name its own."""
IMPACTS = {
    "minor_incident": Impact.MINOR,
    "minor": Impact.MINOR,
    "major_incident": Impact.MAJOR,
    "major": Impact.MAJOR,
    "critical_incident": Impact.CRITICAL,
    "critical": Impact.CRITICAL,
}
PHASES = {
    "created": Phase.INVESTIGATING,
    "identified": Phase.INVESTIGATING,
    "investigating": Phase.INVESTIGATING,
    "acknowledged": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
    "scheduled": Phase.SCHEDULED,
    "ongoing": Phase.IN_PROGRESS,
    "ended": Phase.COMPLETED,
    "completed": Phase.COMPLETED,
}

_OVERVIEW = re.compile(r"/status-page-api/overview/[\w.-]{1,253}/?$")
_PREVIEW = re.compile(r"/status-page/([0-9a-f-]{32,36})(?:/.*)?$")


def state_urls(page_url: str) -> tuple[str, ...]:
    """By the page's domain; a page without one of its own has an id in its path."""
    parts = urlsplit(page_url)
    if _OVERVIEW.search(parts.path):
        return (page_url,)
    preview = _PREVIEW.search(parts.path)
    return (f"{origin_of(page_url)}/status-page-api/overview/{preview[1] if preview else parts.hostname or ''}",)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_object(bodies[0])
    if not _has_shape(found):
        raise ParseFailed("The page's JSON is not in OneUptime's format: it may have moved to another platform.")
    by_monitor: dict[str, list[str]] = {}
    components = _components(found, by_monitor)
    incidents = _incidents(vendor, found, by_monitor)
    said = one_line(string(row(found.get("overallStatus")).get("name")))
    indicator = LEVELS.get(word(said))
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components, incidents, raw=said),
        status_text=said,
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        indicator=indicator,
    )


def recognises(body: Body) -> bool:
    try:
        return _has_shape(read_object(body))
    except ParseFailed:
        return False


def _has_shape(found: Row) -> bool:
    return isinstance(found.get("statusPageResources"), list) and isinstance(found.get("monitorStatuses"), list)


def _value(value: object) -> object:
    """What is in a wrapper; anything else as it is."""
    wrapped = row(value)
    return wrapped.get("value") if "_type" in wrapped else value


def _id(value: object) -> str:
    return string(_value(value))


def _at(value: object) -> datetime | None:
    return time_of(_value(value))


def _components(found: Row, by_monitor: dict[str, list[str]]) -> tuple[Component, ...]:
    """``by_monitor`` gets the components that show each monitor."""
    statuses = {_id(each.get("_id")): each for each in rows(found["monitorStatuses"])}
    groups = {_id(each.get("_id")): one_line(string(each.get("name"))) for each in rows(found.get("resourceGroups"))}
    of_groups = row(found.get("monitorGroupCurrentStatuses"))
    made: dict[str, Component] = {}
    for raw in sorted(rows(found["statusPageResources"]), key=lambda each: number(each.get("order")) or 0):
        key = _id(raw.get("_id"))
        if not key:
            raise ParseFailed("A part of the page has no id.")
        monitor, monitors = row(raw.get("monitor")), _id(raw.get("monitorGroupId"))
        status = statuses.get(_id(monitor.get("currentMonitorStatusId")) or _id(of_groups.get(monitors)), {})
        level = _level(status)
        name = one_line(string(raw.get("displayName"))) or key
        group = groups.get(_id(raw.get("statusPageGroupId"))) or None
        made[key] = Component(key, name, level, group=group, raw_status=raw_label(level, status.get("name")))
        for each in filter(None, (_id(monitor.get("_id")), _id(raw.get("monitorId")))):
            by_monitor.setdefault(each, []).append(key)
    return tuple(made.values())


def _level(status: Row) -> Level | None:
    """By its name; else green by its flag, as projects name their states as they like."""
    known = LEVELS.get(word(status.get("name")))
    if known is None and status.get("isOperationalState") is True:
        return Level.OPERATIONAL
    return Level.MAJOR_OUTAGE if known is None and status.get("isOfflineState") is True else known


# --- incidents ------------------------------------------------------------------------------------------------------


def _incidents(vendor: Slug, found: Row, by_monitor: Mapping[str, list[str]]) -> tuple[Incident, ...]:
    """Of what is over there is only the list of the last weeks."""
    made: dict[str, Incident] = {}
    of_incidents = (rows(found.get("incidentPublicNotes")), rows(found.get("incidentStateTimelines")))
    of_events = (
        rows(found.get("scheduledMaintenanceEventsPublicNotes")),
        rows(found.get("scheduledMaintenanceStateTimelines")),
    )
    for raw in rows(found.get("activeIncidents")):
        if (incident := _incident(vendor, raw, *of_incidents, by_monitor)) is not None:
            made[incident.id] = incident
    for raw in rows(found.get("scheduledMaintenanceEvents")):
        if (incident := _maintenance(vendor, raw, *of_events, by_monitor)) is not None:
            made[incident.id] = incident
    for raw in rows(found.get("timelineIncidents")):
        incident = _incident(vendor, raw, *of_incidents, by_monitor)
        if incident is not None and incident.phase in ENDED:
            made.setdefault(incident.id, incident)
    return tuple(made.values())


def _incident(
    vendor: Slug, raw: Row, notes: list[Row], stages: list[Row], by_monitor: Mapping[str, list[str]]
) -> Incident | None:
    key = _id(raw.get("_id"))
    state = row(raw.get("currentIncidentState"))
    phase = _phase(state)
    started = _at(raw.get("declaredAt")) or _at(raw.get("createdAt"))
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    posts = [Post(started, plain(string(raw.get("description"))), Phase.INVESTIGATING)]
    posts += _posts(key, "incidentId", "incidentState", notes, stages)
    updates = updates_of(key, [post for post in posts if post.text or post.phase])
    severity = row(raw.get("incidentSeverity")).get("name")
    impact = IMPACTS.get(word(severity))
    over = phase in ENDED
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=max(started, ended_at(updates) or started) if over else None,
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        components=_named(raw, by_monitor),
        raw_phase=raw_label(phase, state.get("name")),
        raw_impact=raw_label(impact, severity),
        updates=updates,
    )


def _maintenance(
    vendor: Slug, raw: Row, notes: list[Row], stages: list[Row], by_monitor: Mapping[str, list[str]]
) -> Incident | None:
    key, state = _id(raw.get("_id")), row(raw.get("currentScheduledMaintenanceState"))
    phase = _phase(state)
    started = _at(raw.get("startsAt")) or _at(raw.get("createdAt"))
    if not key or started is None:
        raise ParseFailed("A maintenance of the page has no id, or no time that can be read.")
    announced = _at(raw.get("createdAt")) or started
    posts = [Post(min(announced, started), plain(string(raw.get("description"))), Phase.SCHEDULED)]
    posts += _posts(key, "scheduledMaintenanceId", "scheduledMaintenanceState", notes, stages)
    updates = updates_of(key, [post for post in posts if post.text or post.phase])
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE,
        started=started,
        resolved=max(started, ended_at(updates) or started) if phase in ENDED else None,
        planned_end=_at(raw.get("endsAt")),
        level=Level.MAINTENANCE,
        components=_named(raw, by_monitor),
        raw_phase=raw_label(phase, state.get("name")),
        updates=updates,
    )


def _phase(state: Row) -> Phase | None:
    """By its name; else by its flag, as projects name their states as they like."""
    flags = {
        "isResolvedState": Phase.RESOLVED,
        "isAcknowledgedState": Phase.IDENTIFIED,
        "isCreatedState": Phase.INVESTIGATING,
        "isScheduledState": Phase.SCHEDULED,
        "isOngoingState": Phase.IN_PROGRESS,
    }
    by_flag = (phase for flag, phase in flags.items() if state.get(flag) is True)
    return PHASES.get(word(state.get("name"))) or next(by_flag, None)


def _posts(key: str, of: str, state: str, notes: Iterable[Row], stages: Iterable[Row]) -> Iterable[Post]:
    for note in notes:
        if _id(note.get(of)) == key and (at := _at(note.get("postedAt")) or _at(note.get("createdAt"))):
            yield Post(at, plain(string(note.get("note"))))
    for stage in stages:
        phase = _phase(row(stage.get(state)))
        if _id(stage.get(of)) == key and phase and (at := _at(stage.get("startsAt")) or _at(stage.get("createdAt"))):
            yield Post(at, "", phase, _id(stage.get("_id")))


def _named(raw: Row, by_monitor: Mapping[str, list[str]]) -> tuple[str, ...]:
    monitors = (_id(each.get("_id")) for each in rows(raw.get("monitors")))
    return tuple(dict.fromkeys(key for monitor in monitors for key in by_monitor.get(monitor, ())))


PROVIDER = Provider(
    kind="oneuptime",
    title="OneUptime",
    rate_limit_group="oneuptime",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    marks=(b"oneuptime",),
)
