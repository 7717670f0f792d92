"""Status.io: one JSON object of components, their containers (regions), what is open and what is planned. Pure.

The page's address does not tell the id that its data is read by: the page's HTML does (:func:`api_url_in`).
**How an end is known:** only what is open is listed. An incident is resolved if its newest message says so before it
goes; one that goes without is read once more, as history, and one that is missing there too is over, as far as anyone
outside can tell.
Format: https://kb.status.io/developers/public-status-api/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

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
from bot.monitor.parsing.assemble import EPOCH, Post, page_level, updates_of
from bot.monitor.parsing.body import check_size, first_element
from bot.monitor.parsing.fields import Row, number, objects, raw_label, read_object, row, rows, string, web_address
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at, oldest_first
from bot.monitor.provider import Body, History, ParseFailed, Provider

API = "https://api.status.io/1.0/status/"

IMPACTS = {
    100: Impact.NONE,
    200: Impact.MAINTENANCE,
    300: Impact.MINOR,
    400: Impact.MAJOR,
    500: Impact.CRITICAL,
    600: Impact.CRITICAL,
}
"""Of status codes; 600 is a security issue. The codes of states are others."""

PHASES = {
    100: Phase.INVESTIGATING,
    200: Phase.IDENTIFIED,
    300: Phase.MONITORING,
    400: Phase.RESOLVED,
}
PHASES_OF_MAINTENANCE = {
    100: Phase.SCHEDULED,
    200: Phase.IN_PROGRESS,
    300: Phase.VERIFYING,
    400: Phase.COMPLETED,
}
_API_PATH = re.compile(r"/1\.0/status/[0-9a-f]{24}/?")
_PAGE_PATH = re.compile(r"/pages?/(?:history/|maintenance/|incident/)?([0-9a-f]{24})(?=/|$)")
_ID_IN_HTML = re.compile(
    rb"(?:statuspage_?id|api\.status\.io/1\.0/status/|/pages/history/)[^0-9A-Za-z]{0,12}([0-9a-f]{24})(?![0-9a-f])",
    re.IGNORECASE,
)


def state_urls(page_url: str) -> tuple[str, ...]:
    """The API's address, also of a page whose path holds its id; any other address is asked for itself."""
    parts = urlsplit(page_url)
    if _API_PATH.fullmatch(parts.path):
        return (urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", "")),)
    found = _PAGE_PATH.match(parts.path)
    return (API + found[1],) if found else (page_url,)


def api_url_in(body: Body) -> str | None:
    """Where the data of an HTML page of this platform is read from."""
    found = _ID_IN_HTML.search(body.content) if first_element(body) == "html" else None
    return API + found[1].decode() if found else None


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    result = _read(bodies)
    overall = row(result.get("status_overall"))
    status_code = overall.get("status_code")
    components = _components(result)
    incidents = _incidents(vendor, result, {component.id: component.level for component in components})
    indicator = _level(status_code)
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components, incidents, raw=status_code),
        status_text=one_line(string(overall.get("status"))),
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        page_updated_at=string(overall.get("updated")) or None,
        indicator=indicator,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The second reading: what it lacks is not there."""
    return History(_incidents(vendor, _read(bodies), {}), EPOCH)


def recognises(body: Body) -> bool:
    try:
        _read((body,))
    except ParseFailed:
        return False
    return True


def _read(bodies: tuple[Body, ...]) -> Row:
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    check_size(bodies[0])
    if api_url_in(bodies[0]) is not None:
        raise ParseFailed("The page answered with HTML: its data is at api.status.io, under the id in that HTML.")
    result = row(read_object(bodies[0]).get("result"))
    if "status_code" not in row(result.get("status_overall")) or not isinstance(result.get("status"), list):
        raise ParseFailed("The page's JSON is not in Status.io's format: it may have moved to another platform.")
    return result


def _impact(code: object) -> Impact | None:
    found = number(code)
    return IMPACTS.get(int(found)) if found is not None else None


def _level(code: object) -> Level | None:
    impact = _impact(code)
    return LEVEL_OF_IMPACT[impact] if impact else None


def _components(result: Row) -> tuple[Component, ...]:
    """With a region where all of it is in one; what is in several counts as bad as in the worst of them."""
    found: dict[str, Component] = {}
    for each in objects(result["status"], "components"):
        key = string(each.get("id"))
        if not key:
            raise ParseFailed("A component of the page has no id.")
        containers = rows(each.get("containers"))
        own = _level(each.get("status_code"))
        known = worst([own, *(_level(container.get("status_code")) for container in containers)])
        level = known if own is not None or (known is not None and known > Level.OPERATIONAL) else None
        found[key] = Component(
            key,
            one_line(string(each.get("name"))) or key,
            level,
            raw_status=raw_label(level, each.get("status") or each.get("status_code")),
            region=(one_line(string(containers[0].get("name"))) or None) if len(containers) == 1 else None,
        )
    return tuple(found.values())


# --- incidents and maintenances -------------------------------------------------------------------------------------


def _incidents(vendor: Slug, result: Row, levels: Mapping[str, Level | None]) -> tuple[Incident, ...]:
    maintenance = row(result.get("maintenance"))
    lists = (
        ("incidents", result.get("incidents"), None),
        ("active maintenances", maintenance.get("active"), Phase.IN_PROGRESS),
        ("upcoming maintenances", maintenance.get("upcoming"), Phase.SCHEDULED),
    )
    found: dict[str, Incident] = {}
    for what, listed, planned in lists:
        for raw in objects(listed, what):
            if (incident := _incident(vendor, raw, planned, levels)) is not None:
                found.setdefault(incident.id, incident)
    return tuple(found.values())


def _incident(vendor: Slug, raw: Row, planned: Phase | None, levels: Mapping[str, Level | None]) -> Incident | None:
    """``planned``: the phase that the list of a maintenance tells, ``None`` for an incident."""
    key = string(raw.get("_id")) or string(raw.get("id"))
    opened = time_of(raw.get("datetime_open"))
    start = (time_of(raw.get("datetime_planned_start")) if planned else None) or opened
    messages = [(at, each) for each in rows(raw.get("messages")) if (at := time_of(each.get("datetime")) or opened)]
    messages = oldest_first(messages, _first)
    phases = PHASES_OF_MAINTENANCE if planned else PHASES
    posts = [
        Post(at, plain(string(each.get("details"))), _phase(phases, each.get("state")), string(each.get("_id")))
        for at, each in messages
    ]
    phase = posts[-1].phase if posts else Phase.INVESTIGATING
    if planned and phase is not Phase.VERIFYING and phase not in ENDED:
        phase = planned
    started = start or (messages[0][0] if messages else None)
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    updates = updates_of(key, posts)
    impacts = [_impact(each.get("status")) for _, each in messages]
    impact = Impact.MAINTENANCE if planned else _worst(impacts if phase in ENDED else impacts[-1:])
    named = [string(each.get("_id")) or string(each.get("id")) for each in rows(raw.get("components_affected"))]
    own = LEVEL_OF_IMPACT[impact] if impact else None
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("name"))) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=(ended_at(updates) or started) if phase in ENDED else None,
        planned_end=time_of(raw.get("datetime_planned_end")) if planned else None,
        url=web_address(raw.get("url")),
        level=own if planned or phase in ENDED else worst([own, *(levels.get(each) for each in named)]),
        components=tuple(dict.fromkeys(filter(None, named))),
        regions=_names(raw.get("containers_affected")),
        raw_phase=raw_label(phase, messages[-1][1].get("state")) if messages else None,
        raw_impact=raw_label(impact, messages[-1][1].get("status")) if messages else None,
        updates=updates,
    )


def _first(pair: tuple[datetime, Row]) -> datetime:
    return pair[0]


def _phase(phases: Mapping[int, Phase], code: object) -> Phase | None:
    found = number(code)
    return phases.get(int(found)) if found is not None else None


def _worst(impacts: list[Impact | None]) -> Impact | None:
    return max((each for each in impacts if each), key=lambda impact: LEVEL_OF_IMPACT[impact], default=None)


def _names(value: object) -> tuple[str, ...]:
    names = (one_line(string(each.get("name"))) for each in rows(value))
    return tuple(dict.fromkeys(filter(None, names)))


PROVIDER = Provider(
    kind="statusio",
    title="Status.io",
    rate_limit_group="statusio",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=state_urls,
    parse_history=parse_history,
    hosts=("status.io", "hostedstatus.com"),
    page_url_in=api_url_in,
)
