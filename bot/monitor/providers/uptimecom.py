"""Uptime.com's status pages: the data in the page's HTML, with all components and what is open. Pure.

**How an end is known:** an incident is gone from the page when it ends; ``/history`` then holds it, and one that is not
there either was taken down.
Format: the properties that a page's HTML hands to its program, for example https://status.uptime.com; ``/ajax`` and
``/history`` beside it answer in an envelope.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.domain import ENDED, Component, Impact, Incident, IncidentKind, Level, Phase, Slug, Snapshot, worst
from bot.monitor.parsing.assemble import EPOCH, Post, page_level, updates_of
from bot.monitor.parsing.body import check_size, first_element, read_json
from bot.monitor.parsing.fields import Row, objects, raw_label, row, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at, newest_phase
from bot.monitor.parsing.urls import root_of
from bot.monitor.provider import Body, History, ParseFailed, Provider

LEVELS = {
    "operational": Level.OPERATIONAL,
    "notification": Level.OPERATIONAL,
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
    "postmortem": Phase.POSTMORTEM,
    "scheduled": Phase.SCHEDULED,
    "maintenance": Phase.IN_PROGRESS,
    "in_progress": Phase.IN_PROGRESS,
    "verifying": Phase.VERIFYING,
    "completed": Phase.COMPLETED,
}
MAX_DEPTH = 5
"""Groups in groups are followed so far."""

_TAIL = re.compile(r"/(?:ajax|history|incidents?/.*)?/*$")
_PROPERTIES = re.compile(rb"StatusPageDisplayController\s{0,20},\s{0,20}(?=\{)")
_OWN = ("global_is_operational", "components")


def state_urls(page_url: str) -> tuple[str, ...]:
    return (root_of(page_url, _TAIL) + "/",)


def history_urls(page_url: str) -> tuple[str, ...]:
    return (f"{root_of(page_url, _TAIL)}/history",)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = _read(bodies[0])
    components = _components(found)
    levels = {component.id: component.level for component in components}
    incidents = _incidents(vendor, found, levels, taken_at)
    green = found.get("global_is_operational")
    level = page_level(None, components, incidents)
    if level is Level.OPERATIONAL and green is False:
        level = Level.DEGRADED
    return Snapshot(
        vendor=vendor,
        level=level,
        status_text="",
        components=components,
        incidents=incidents,
        taken_at=taken_at,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """What ended; it tells not how far back it goes."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = _enveloped(bodies[0])
    if "past_incidents" not in found:
        raise ParseFailed("The page's history is not in Uptime.com's format.")
    listed = objects(found.get("past_incidents"), "past incidents")
    made = (_incident(vendor, raw, {}, EPOCH, over=True) for raw in listed)
    return History(tuple({i.id: i for i in made if i}.values()), None)


def recognises(body: Body) -> bool:
    try:
        _read(body)
    except ParseFailed:
        return False
    return True


def _read(body: Body) -> Row:
    found = _in_html(body) if first_element(body) == "html" else _enveloped(body)
    if not all(key in found for key in _OWN):
        raise ParseFailed("The page's data is not in Uptime.com's format: it may have moved to another platform.")
    return found


def _in_html(body: Body) -> Row:
    check_size(body)
    start = _PROPERTIES.search(body.content)
    if start is None:
        raise ParseFailed("The page answered with HTML that holds no data of Uptime.com's.")
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(body.content[start.end() :].decode("utf-8", "replace"))
    except RecursionError as error:
        raise ParseFailed("The data in the page's HTML is nested too deeply to be read.") from error
    except ValueError as error:
        raise ParseFailed("The data in the page's HTML is broken or cut off.") from error
    return row(row(found).get("statuspage"))


def _enveloped(body: Body) -> Row:
    found = row(read_json(body))
    data = row(found.get("data"))
    return row(data.get("statuspage")) or data or found


def _components(found: Row) -> tuple[Component, ...]:
    """A group is told by what is in it; an empty one by itself."""
    made: dict[str, Component] = {}
    waiting = [(raw, "", 0) for raw in reversed(objects(found["components"], "components"))]
    while waiting:
        raw, group, depth = waiting.pop()
        key, name = string(raw.get("id")), one_line(string(raw.get("name")))
        if not key:
            raise ParseFailed("A component of the page has no id.")
        inner = rows(raw.get("subcomponents"))
        if inner and depth < MAX_DEPTH:
            waiting += [(each, name or key, depth + 1) for each in reversed(inner)]
            if raw.get("is_group") is True:
                continue
        level = LEVELS.get(word(raw.get("status")))
        made.setdefault(
            key,
            Component(key, name or key, level, group=group or None, raw_status=raw_label(level, raw.get("status"))),
        )
    return tuple(made.values())


def _incidents(
    vendor: Slug, found: Row, levels: Mapping[str, Level | None], taken_at: datetime
) -> tuple[Incident, ...]:
    listed = [
        *objects(found.get("active_incidents"), "incidents"),
        *objects(found.get("upcoming_maintenance"), "maintenances"),
    ]
    made: dict[str, Incident] = {}
    for raw in listed:
        if (incident := _incident(vendor, raw, levels, taken_at)) is not None:
            made.setdefault(incident.id, incident)
    return tuple(made.values())


def _incident(
    vendor: Slug, raw: Row, levels: Mapping[str, Level | None], taken_at: datetime, *, over: bool = False
) -> Incident | None:
    """``over``: the list that it stands in holds ended ones alone."""
    key = string(raw.get("id"))
    planned = word(raw.get("incident_type")) == "scheduled_maintenance"
    start, end = time_of(raw.get("starts_at")), time_of(raw.get("ends_at"))
    updates = updates_of(key, _posts(raw))
    said = string(raw.get("latest_update_incident_state")) or string(raw.get("status"))
    phase = PHASES.get(word(said)) or newest_phase(updates)
    started = start or (updates[0].at if updates else None)
    if over and phase not in ENDED:
        phase = Phase.COMPLETED if planned else Phase.RESOLVED
    elif phase is None and not said:
        phase = Phase.INVESTIGATING
        if planned:
            phase = Phase.SCHEDULED if started and started > taken_at else Phase.IN_PROGRESS
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    affected = {string(each.get("id")): LEVELS.get(word(each.get("status"))) for each in _affected(raw)}
    own = worst([*affected.values(), *(levels.get(each) for each in affected)])
    ended = phase in ENDED
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("name"))) or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE if planned else None,
        started=started,
        resolved=max(started, ended_at(updates) or end or started) if ended else None,
        planned_end=end if planned else None,
        url=web_address(raw.get("url")),
        level=Level.MAINTENANCE if planned else worst(affected.values()) if ended else own,
        components=tuple(affected),
        raw_phase=raw_label(phase, said),
        updates=updates,
    )


def _affected(raw: Row) -> Iterable[Row]:
    return (each for each in rows(raw.get("affected_components")) if string(each.get("id")))


def _posts(raw: Row) -> Iterable[Post]:
    """Newest first on the page."""
    for each in reversed(rows(raw.get("updates"))):
        if (at := time_of(each.get("updated_at"))) is not None:
            phase = PHASES.get(word(each.get("incident_state")))
            yield Post(at, plain(string(each.get("description"))), phase, string(each.get("id")))


PROVIDER = Provider(
    kind="uptimecom",
    title="Uptime.com",
    rate_limit_group="uptimecom",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=history_urls,
    parse_history=parse_history,
    marks=(b"statuspagedisplaycontroller",),
)
