"""Sorry: a page's state, its components and its notices, from the page's own API or from the hosted one. Pure.

``degraded`` is worse than ``partially-degraded``, which is what a component is that has degraded ones below it.
**How an end is known:** notices stay listed when they are over, as ``resolved``, ``false_alarm`` (posted in the
title), ``complete`` or ``cancelled``.
Formats: https://docs.sorryapp.com/v1, and ``/api`` of any page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

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
    worst,
)
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.fields import (
    Row,
    items,
    number,
    objects,
    raw_label,
    read_object,
    row,
    rows,
    string,
    web_address,
    word,
)
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at
from bot.monitor.provider import Body, History, ParseFailed, Provider

LEVELS = {
    "operational": Level.OPERATIONAL,
    "under_maintenance": Level.MAINTENANCE,
    "partially_degraded": Level.DEGRADED,
    "degraded": Level.MAJOR_OUTAGE,
}
PHASES = {
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "recovering": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
    "false_alarm": Phase.RESOLVED,
    "scheduled": Phase.SCHEDULED,
    "underway": Phase.IN_PROGRESS,
    "complete": Phase.COMPLETED,
    "cancelled": Phase.COMPLETED,
    # The state of a general notice.
    "open": Phase.IDENTIFIED,
    "closed": Phase.RESOLVED,
}
KINDS = frozenset({"planned", "unplanned", "general"})
TOLD = {"false_alarm": "False alarm", "cancelled": "Cancelled"}
"""Ends that are not what their phase is called."""

_HOSTED = re.compile(r"(/v1/pages/[\w-]{1,100})(?:/.*)?")
_KEYS = ("page", "components", "notices", "response")


def state_urls(page_url: str) -> tuple[str, ...]:
    """Of a page: its state, components and present notices. Of the hosted API: components and notices."""
    parts = urlsplit(page_url)
    hosted = _HOSTED.fullmatch(parts.path)
    if hosted and parts.hostname == "api.sorryapp.com":
        paths = [f"{hosted[1]}/components", f"{hosted[1]}/notices?include=updates,components"]
    else:
        root = parts.path.partition("/api/v1")[0].rstrip("/")
        paths = [f"{root}/api/v1/{each}" for each in ("status", "components", "notices")]
    return tuple(urlunsplit((parts.scheme, parts.netloc, "", "", "")) + path for path in paths)


def history_urls(page_url: str) -> tuple[str, ...]:
    return state_urls(page_url)[-1:]


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of all bodies together, each known by its shape. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    page: Row = {}
    parts: list[Row] = []
    notices: list[Row] = []
    for body in bodies:
        found = _read(body)
        page = row(found.get("page")) or page
        parts += _listed(found, "components")
        notices += _listed(found, "notices")
    components = _components(parts)
    incidents = _incidents(vendor, notices, {c.id: c.level for c in components})
    state = string(page.get("state"))
    indicator = LEVELS.get(word(state))
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components, incidents, raw=state),
        status_text=one_line(string(page.get("state_text")) or state),
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        page_updated_at=string(page.get("updated_at")) or None,
        indicator=indicator,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The notices; the list has pages, so it promises nothing about what it lacks."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    notices = [each for body in bodies for each in _listed(_read(body), "notices")]
    return History(_incidents(vendor, notices, {}), None)


def recognises(body: Body) -> bool:
    try:
        _read(body)
    except ParseFailed:
        return False
    return True


def _read(body: Body) -> Row:
    found = read_object(body)
    page = row(found.get("page"))
    listed = [each for key in _KEYS[1:] for each in rows(found.get(key))]
    if "state" in page and "status" not in page and "status" not in found:
        return found
    if listed and all("state" in each and ("parent_id" in each or "timeline_state" in each) for each in listed):
        return found
    if "notices" in found and "meta" in found and not listed:
        return found
    raise ParseFailed("The page's JSON is not in Sorry's format: it may have moved to another platform.")


def _listed(found: Row, key: str) -> list[Row]:
    """Rows under their own name, or in the ``response`` of the hosted API, recognised by what they have."""
    listed = objects(found.get(key), key) + objects(row(found.get("page")).get(key), key)
    mark = "timeline_state" if key == "notices" else "parent_id"
    return listed + [each for each in objects(found.get("response"), key) if mark in each]


def _components(listed: list[Row]) -> tuple[Component, ...]:
    names = {string(each.get("id")): one_line(string(each.get("name"))) for each in listed}
    made: dict[str, Component] = {}
    for each in sorted(listed, key=lambda each: number(each.get("position")) or 0.0):
        key = string(each.get("id"))
        if not key:
            raise ParseFailed("A component of the page has no id.")
        group = names.get(string(each.get("parent_id"))) or None
        level = LEVELS.get(word(each.get("state")))
        made[key] = Component(
            key, names[key] or key, level, group=group, raw_status=raw_label(level, each.get("state"))
        )
    return tuple(made.values())


def _incidents(vendor: Slug, notices: list[Row], levels: Mapping[str, Level | None]) -> tuple[Incident, ...]:
    made: dict[str, Incident] = {}
    for raw in notices:
        if (incident := _incident(vendor, raw, levels)) is not None:
            made.setdefault(incident.id, incident)
    return tuple(made.values())


def _incident(vendor: Slug, raw: Row, levels: Mapping[str, Level | None]) -> Incident | None:
    key = string(raw.get("id"))
    kind, state = word(raw.get("type")), word(raw.get("state"))
    planned, general = kind == "planned", kind == "general"
    phase = PHASES.get(state)
    if phase is None and word(raw.get("timeline_state")).startswith("past"):
        phase = Phase.COMPLETED if planned else Phase.RESOLVED
    began = time_of(raw.get("began_at"))
    start = (time_of(raw.get("begins_at")) if planned else None) or began or time_of(raw.get("created_at"))
    if not key or start is None:
        if phase in ENDED:
            return None
        raise ParseFailed("A notice of the page has no id, or no time that can be read.")
    posts = [
        Post(at, plain(string(each.get("content"))), PHASES.get(word(each.get("state"))), string(each.get("id")))
        for each in rows(raw.get("updates"))
        if (at := time_of(each.get("created_at")) or start)
    ]
    if not posts and (text := plain(string(raw.get("synopsis")))):
        posts = [Post(time_of(raw.get("created_at")) or start, text)]
    updates = updates_of(key, posts)
    embedded = {string(each.get("id")): LEVELS.get(word(each.get("state"))) for each in rows(raw.get("components"))}
    named = [*embedded, *map(string, items(raw.get("component_ids")))]
    named = list(dict.fromkeys(filter(None, named)))
    own = Level.MAINTENANCE if planned else Level.OPERATIONAL if general else None
    title = one_line(string(raw.get("subject"))) or "Untitled"
    over = phase in ENDED
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=f"{TOLD[state]}: {title}" if state in TOLD else title,
        phase=phase,
        impact=Impact.MAINTENANCE if planned else Impact.NONE if general else None,
        started=start,
        resolved=(time_of(raw.get("ended_at")) or ended_at(updates) or start) if over else None,
        planned_end=time_of(raw.get("ends_at")) if planned else None,
        url=web_address(raw.get("link")) or web_address(raw.get("url")),
        level=own if planned or over else worst([own, *(embedded.get(each) or levels.get(each) for each in named)]),
        components=tuple(named),
        raw_phase=raw_label(phase, raw.get("state")),
        raw_impact=raw_label(kind if kind in KINDS else None, raw.get("type")),
        updates=updates,
    )


PROVIDER = Provider(
    kind="sorryapp",
    title="Sorry",
    rate_limit_group="sorryapp",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=history_urls,
    parse_history=parse_history,
    hosts=("sorryapp.com",),
    marks=(b"sorryapp.com",),
    partial=True,
)
