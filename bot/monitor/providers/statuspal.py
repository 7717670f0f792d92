"""StatusPal: one summary of services in a tree, what is open, what is planned, and notices. Pure.

Times have no zone and are UTC (https://statuspal.io/api-docs). A service that has others below it may be affected by
itself, so it is a component too, and the group of those. What has a custom domain is known to the API by its subdomain
alone, which its HTML may tell (:func:`api_url_in`). **How an end is known:** an update or ``ends_at`` says so before
the incident goes; one that goes without is read once more, as history, and one that is missing there too is over, as
far as anyone outside can tell.
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
from bot.monitor.parsing.body import check_ended, check_size, first_element
from bot.monitor.parsing.feed_updates import OF_MAINTENANCE
from bot.monitor.parsing.fields import (
    Row,
    items,
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
from bot.monitor.parsing.timeline import ended_at, newest_phase
from bot.monitor.provider import Body, History, ParseFailed, Provider

IMPACTS = {
    "none": Impact.NONE,
    "info": Impact.NONE,
    "performance": Impact.MINOR,
    "minor": Impact.MAJOR,
    "major": Impact.CRITICAL,
    "scheduled": Impact.MAINTENANCE,
    "emergency_maintenance": Impact.MAINTENANCE,
}
"""``minor`` is worse than ``performance``, and nothing is worse than ``major``."""

PHASES = {
    "issue": Phase.INVESTIGATING,
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
    "postmortem": Phase.POSTMORTEM,
    "scheduled": Phase.SCHEDULED,
    "in_progress": Phase.IN_PROGRESS,
    "verifying": Phase.VERIFYING,
    "completed": Phase.COMPLETED,
}
_SUMMARY = re.compile(r"/api/v2/status_pages/([\w-]{1,100})/(?:summary|incidents|status)/?")
_API_IN_HTML = re.compile(rb"(?:https:)?//((?:\w{1,20}\.)?statuspal\.(?:io|eu))/api/v2/status_pages/([\w-]{1,100})")
_HOST_IN_HTML = re.compile(rb"https://(?!www\.|docs\.|app\.|api\.)([a-z0-9-]{1,63})\.(statuspal\.(?:io|eu))\b")
_STATE_IN_HTML = re.compile(rb"class=[\"'][^\"'<>]{0,200}\bsystem-status[^\"'<>]{0,200}\btype-([a-z-]{1,40})")
_HOST = re.compile(r"(?:(?P<sub>[a-z0-9-]{1,63})\.)?(?P<domain>statuspal\.(?:io|eu))")


def state_urls(page_url: str) -> tuple[str, ...]:
    """The API's address, also of a page under StatusPal's own domains; any other address is asked for itself."""
    api = _api(page_url)
    return (f"{api}/summary" if api else page_url,)


def _api(page_url: str) -> str | None:
    parts = urlsplit(page_url)
    if found := _SUMMARY.fullmatch(parts.path):
        return urlunsplit((parts.scheme, parts.netloc, f"/api/v2/status_pages/{found[1]}", "", ""))
    host = _HOST.fullmatch(parts.hostname or "")
    if host is None:
        return None
    sub = host["sub"] or parts.path.strip("/").removeprefix("status-pages/").partition("/")[0]
    return f"https://{host['domain']}/api/v2/status_pages/{sub}" if sub else None


def api_url_in(body: Body) -> str | None:
    """Where the data of an HTML page of this platform is read from, if the page tells."""
    if first_element(body) != "html" or _STATE_IN_HTML.search(body.content) is None:
        return None
    if found := _API_IN_HTML.search(body.content):
        return f"https://{found[1].decode()}/api/v2/status_pages/{found[2].decode()}/summary"
    if found := _HOST_IN_HTML.search(body.content):
        return f"https://{found[2].decode()}/api/v2/status_pages/{found[1].decode()}/summary"
    return None


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body; HTML tells the state alone. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    if first_element(bodies[0]) == "html":
        return _of_html(vendor, bodies[0], taken_at)
    found = _read(bodies[0])
    page = row(found.get("status_page"))
    components = _components(found)
    incidents = _incidents(vendor, found, {c.id: c.level for c in components}, taken_at)
    # The other word is an older and coarser one: "minor" stands beside "performance" and "info".
    key, holder = ("current_incident_type", page)
    if key not in page:
        key, holder = ("current_status_type", found)
    status = holder.get(key)
    return Snapshot(
        vendor=vendor,
        level=page_level(_level(status) if key in holder else None, components, incidents, raw=status),
        status_text=one_line(string(status)),
        components=components,
        incidents=incidents,
        taken_at=taken_at,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The second reading: what it lacks is not there."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    return History(_incidents(vendor, _read(bodies[0]), {}, None), EPOCH)


def recognises(body: Body) -> bool:
    try:
        if first_element(body) == "html":
            # Where it tells of the API, that is to be read.
            return _STATE_IN_HTML.search(body.content) is not None and api_url_in(body) is None
        _read(body)
    except ParseFailed:
        return False
    return True


def _read(body: Body) -> Row:
    found = read_object(body)
    page = row(found.get("status_page"))
    if "subdomain" not in page or not isinstance(found.get("services"), list):
        raise ParseFailed("The page's JSON is not in StatusPal's format: it may have moved to another platform.")
    return found


def _of_html(vendor: Slug, body: Body, taken_at: datetime) -> Snapshot:
    check_size(body)
    check_ended(body)
    state = _STATE_IN_HTML.search(body.content)
    if state is None:
        raise ParseFailed("The page answered with HTML that tells no state.")
    status = state[1].decode()
    return Snapshot(vendor, _level(status), status, (), (), taken_at)


def _impact(value: object) -> Impact | None:
    return Impact.NONE if value is None else IMPACTS.get(word(value))


def _level(value: object) -> Level | None:
    impact = _impact(value)
    return LEVEL_OF_IMPACT[impact] if impact else None


def _components(found: Row) -> tuple[Component, ...]:
    waiting = [(each, "") for each in reversed(objects(found["services"], "services"))]
    made: dict[str, Component] = {}
    while waiting:
        raw, group = waiting.pop()
        key, name = string(raw.get("id")), one_line(string(raw.get("name")))
        if not key:
            raise ParseFailed("A service of the page has no id.")
        # Where a service does not tell its state, none of it is known.
        level = _level(raw["current_incident_type"]) if "current_incident_type" in raw else None
        label = raw_label(level, raw.get("current_incident_type"))
        made.setdefault(key, Component(key, name or key, level, group=group or None, raw_status=label))
        waiting += [(each, name) for each in reversed(rows(raw.get("children"))) if each]
    return tuple(made.values())


# --- incidents ------------------------------------------------------------------------------------------------------


def _incidents(
    vendor: Slug, found: Row, levels: Mapping[str, Level | None], taken_at: datetime | None
) -> tuple[Incident, ...]:
    lists = (
        ("incidents", None),
        ("maintenances", Phase.IN_PROGRESS),
        ("upcoming_maintenances", Phase.SCHEDULED),
    )
    made: dict[str, Incident] = {}
    for key, planned in lists:
        for raw in objects(found.get(key), key.replace("_", " ")):
            if (incident := _incident(vendor, raw, planned, levels, taken_at)) is not None:
                made.setdefault(incident.id, incident)
    for raw in objects(found.get("info_notices"), "notices"):
        if (notice := _notice(vendor, raw)) is not None:
            made.setdefault(notice.id, notice)
    return tuple(made.values())


def _incident(
    vendor: Slug, raw: Row, listed: Phase | None, levels: Mapping[str, Level | None], taken_at: datetime | None
) -> Incident | None:
    """``listed``: the phase that the list of a maintenance tells. ``taken_at`` ``None``: only updates tell an end."""
    key = string(raw.get("id"))
    impact = _impact(raw.get("type"))
    planned = listed is not None or impact is Impact.MAINTENANCE
    start, end = time_of(raw.get("starts_at")), time_of(raw.get("ends_at"))
    updates = updates_of(key, _posts(raw, start, OF_MAINTENANCE if planned else {}))
    started = start or (updates[0].at if updates else time_of(raw.get("inserted_at")))
    phase = newest_phase(updates)
    if phase not in ENDED:
        if listed is None and end is not None and taken_at is not None and end <= taken_at:
            phase = Phase.COMPLETED if planned else Phase.RESOLVED
        elif planned:
            phase = phase if phase is Phase.VERIFYING else listed or Phase.IN_PROGRESS
        else:
            phase = phase or Phase.INVESTIGATING
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    named = tuple(dict.fromkeys(filter(None, map(string, items(raw.get("service_ids"))))))
    impact = Impact.MAINTENANCE if planned else impact
    own = LEVEL_OF_IMPACT[impact] if impact else None
    over = phase in ENDED
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=(end or ended_at(updates) or started) if over else None,
        planned_end=end if planned else None,
        url=web_address(raw.get("url")),
        level=own if planned or over else worst([own, *(levels.get(each) for each in named)]),
        components=named,
        raw_impact=raw_label(impact, raw.get("type")),
        updates=updates,
    )


def _notice(vendor: Slug, raw: Row) -> Incident | None:
    """Something to know, with no stages and no weight."""
    key = f"notice-{string(raw.get('id'))}"
    updates = updates_of(key, _posts(raw, None, {}))
    started = time_of(raw.get("featured_from")) or (updates[0].at if updates else None)
    if key == "notice-" or started is None:
        return None
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=None,
        impact=Impact.NONE,
        started=started,
        url=web_address(raw.get("url")),
        level=Level.OPERATIONAL,
        components=tuple(dict.fromkeys(filter(None, map(string, items(raw.get("service_ids")))))),
        updates=updates,
    )


def _posts(raw: Row, start: datetime | None, stages: Mapping[Phase, Phase]) -> list[Post]:
    """Newest first on the page; turned round, so that updates of one time keep their order. ``stages``: what the words
    mean here, where that is not what they say."""
    found = []
    for each in reversed(rows(raw.get("updates"))):
        at = time_of(each.get("posted_at")) or time_of(each.get("inserted_at")) or start
        if at is not None:
            text = string(each.get("description")) or string(each.get("description_html"))
            phase = PHASES.get(word(each.get("type")))
            found.append(Post(at, plain(text), stages.get(phase, phase) if phase else None, string(each.get("id"))))
    return found


PROVIDER = Provider(
    kind="statuspal",
    title="StatusPal",
    rate_limit_group="statuspal",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=state_urls,
    parse_history=parse_history,
    hosts=("statuspal.io", "statuspal.eu"),
    page_url_in=api_url_in,
)
