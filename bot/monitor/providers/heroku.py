"""Heroku's status API, version 4: three systems with colours, incidents, scheduled maintenances. Pure.

Sets of keys differ by age. Colours and ``state`` are what can be trusted: ``resolved`` is false on some that ended, and
``scheduled`` keeps rows for months that say "upcoming". **How an end is known:** an incident leaves the current status
and stands in ``/api/v4/incidents`` as resolved; a maintenance ends with its newest update.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from bot.domain import (
    ENDED,
    Component,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Phase,
    Slug,
    Snapshot,
    Update,
    worst,
)
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.body import read_json
from bot.monitor.parsing.fields import Row, objects, raw_label, row, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at, newest_phase
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, History, ParseFailed, Provider

HOSTS = ("status.heroku.com",)
ROOT = "https://status.heroku.com/api/v4"

COLOURS = {
    "green": Level.OPERATIONAL,
    "blue": Level.MAINTENANCE,
    "yellow": Level.DEGRADED,
    "red": Level.MAJOR_OUTAGE,
}
PHASES = {
    "investigating": Phase.INVESTIGATING,
    "issue": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
}
PLANNED_PHASES = {"scheduled": Phase.SCHEDULED, "maintenance": Phase.IN_PROGRESS, "resolved": Phase.COMPLETED}
STATES = {"upcoming": Phase.SCHEDULED, "active": Phase.IN_PROGRESS, "in_progress": Phase.IN_PROGRESS}
LISTED = 50

_COMPLETED = re.compile(
    r"\b(?:maintenance|update|upgrade)(?: window| work)? (?:is|was|has|has been) (?:now )?(?:completed?|finished)\b",
    re.I,
)


def state_urls(page_url: str) -> tuple[str, ...]:
    return (f"{ROOT}/current-status" if is_under(page_url, HOSTS) else page_url,)


def history_urls(_: str) -> tuple[str, ...]:
    return (f"{ROOT}/incidents?limit={LISTED}",)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = row(read_json(bodies[0]))
    if not _has_shape(found):
        raise ParseFailed("The page's JSON is not in the format of Heroku's status API.")
    components = _components(objects(found["status"], "systems"))
    incidents = _incidents(vendor, objects(found.get("incidents"), "incidents"), IncidentKind.INCIDENT)
    incidents |= _incidents(vendor, objects(found.get("scheduled"), "maintenances"), IncidentKind.MAINTENANCE)
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents.values()),
        status_text="",
        components=components,
        incidents=tuple(incidents.values()),
        taken_at=taken_at,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The newest incidents; their order is not documented, so the list promises nothing about what it lacks."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_json(bodies[0])
    listed = objects(found if isinstance(found, list) else row(found).get("incidents"), "incidents")
    return History(tuple(_incidents(vendor, listed, IncidentKind.INCIDENT).values()), None)


def recognises(body: Body) -> bool:
    try:
        return _has_shape(row(read_json(body)))
    except ParseFailed:
        return False


def _has_shape(found: Row) -> bool:
    systems = rows(found.get("status"))
    return bool(systems) and all("system" in system for system in systems)


def _components(systems: Iterable[Row]) -> tuple[Component, ...]:
    found: dict[str, Component] = {}
    for system in systems:
        name = one_line(string(system.get("system")))
        if not name:
            raise ParseFailed("A system of the page has no name.")
        level = COLOURS.get(word(system.get("status")))
        found[name] = Component(name, name, level, raw_status=raw_label(level, system.get("status")))
    return tuple(found.values())


def _incidents(vendor: Slug, listed: Iterable[Row], kind: IncidentKind) -> dict[str, Incident]:
    found = (_incident(vendor, each, kind) for each in listed)
    return {incident.id: incident for incident in found if incident}


def _incident(vendor: Slug, raw: Row, kind: IncidentKind) -> Incident | None:
    key = string(raw.get("id"))
    posts = rows(raw.get("updates"))
    if kind is IncidentKind.INCIDENT and any(
        word(post.get("update_type")) in ("scheduled", "maintenance") for post in posts
    ):
        kind = IncidentKind.MAINTENANCE
    started = time_of(raw.get("created_at")) or min(
        (at for p in posts if (at := time_of(p.get("created_at")))), default=None
    )
    updates = _updates(key, posts, kind, started) if started else ()
    phase = _phase(raw, updates, kind)
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    ended = time_of(raw.get("resolved_at")) or ended_at(updates) or (updates[-1].at if updates else started)
    planned = kind is IncidentKind.MAINTENANCE
    # A row is written days ahead, and has no field for the time when the work begins.
    begun = next((update.at for update in updates if update.phase is Phase.IN_PROGRESS), started)
    return Incident(
        vendor=vendor,
        id=key,
        kind=kind,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE if planned else None,
        started=begun,
        resolved=ended if phase in ENDED else None,
        url=web_address(raw.get("full_url")),
        level=Level.MAINTENANCE if planned else _level(raw, posts, over=phase in ENDED),
        raw_phase=raw_label(phase, raw.get("state")),
        components=tuple(name for system in rows(raw.get("systems")) if (name := one_line(string(system.get("name"))))),
        updates=updates,
    )


def _updates(key: str, posts: list[Row], kind: IncidentKind, started: datetime) -> tuple[Update, ...]:
    phases = PLANNED_PHASES if kind is IncidentKind.MAINTENANCE else PHASES
    # Newest first; turned round, so that posts of one time keep their order.
    return updates_of(
        key,
        (
            Post(
                time_of(post.get("created_at")) or started,
                plain(string(post.get("contents"))),
                phases.get(word(post.get("update_type"))),
                string(post.get("id")),
            )
            for post in reversed(posts)
        ),
    )


def _phase(raw: Row, updates: tuple[Update, ...], kind: IncidentKind) -> Phase | None:
    newest = newest_phase(updates)
    state = word(raw.get("state"))
    if kind is IncidentKind.MAINTENANCE:
        # Rows stay "upcoming" for good; that it is over then shows in the words of the newest update alone.
        over = newest is Phase.COMPLETED or state in ("resolved", "completed") or raw.get("resolved") is True
        if over or (updates and _COMPLETED.search(updates[-1].text)):
            return Phase.COMPLETED
        if newest is Phase.IN_PROGRESS:
            return newest
        return STATES.get(state, newest or (Phase.SCHEDULED if not state else None))
    if state == "resolved" or (not state and raw.get("resolved") is True):
        return Phase.RESOLVED
    if state not in ("open", ""):
        return None
    return newest if newest and newest not in ENDED else Phase.INVESTIGATING


def _level(raw: Row, posts: list[Row], *, over: bool) -> Level | None:
    """The colours for development and production: of the newest update, or the worst there were once it is over."""
    levels = [_colours(post) for post in posts] or [_colours(raw)]
    newest_first = [level for level in levels if level is not None]
    return worst(newest_first) if over else next(iter(newest_first), None)


def _colours(post: Row) -> Level | None:
    return worst(COLOURS.get(word(post.get(key))) for key in ("status_dev", "status_prod"))


PROVIDER = Provider(
    kind="heroku",
    title="Heroku Status",
    rate_limit_group="heroku",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=history_urls,
    parse_history=parse_history,
    hosts=HOSTS,
)
