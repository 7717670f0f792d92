"""Zendesk's status site: services, and the newest incidents with the services that each is about (JSON:API). Pure.

No service has a state and no incident has texts: a service is what open incidents make of it, and green is that
nothing is open. **How an end is known:** ``resolvedAt`` is set, as the whole and service by service; ``status`` goes
stale and stays "monitoring" for months. Ended incidents stay listed; an open one that leaves the list was taken down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from bot.domain import (
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
from bot.monitor.parsing.assemble import page_level, with_incident_labels
from bot.monitor.parsing.fields import Row, objects, raw_label, read_object, row, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, time_of
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider

HOSTS = ("status.zendesk.com",)
HUMAN_URL = "https://status.zendesk.com/"

IMPACTS = {"minor": Impact.MINOR, "major": Impact.MAJOR, "critical": Impact.CRITICAL}
PHASES = {
    "resolved": Phase.MONITORING,
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "scheduled": Phase.SCHEDULED,
    "in_progress": Phase.IN_PROGRESS,
    "verifying": Phase.VERIFYING,
}
"""Of open incidents: where "resolved" comes without ``resolvedAt``, the end is still to come."""


def state_urls(page_url: str) -> tuple[str, ...]:
    """``?subdomain=`` of a customer's account limits both lists to the pod that it is on."""
    if not is_under(page_url, HOSTS):
        return (page_url,)
    account = parse_qs(urlsplit(page_url).query).get("subdomain", [""])[0]
    query = f"?{urlencode({'subdomain': account})}" if account else ""
    return tuple(f"https://status.zendesk.com/api/ssp/{name}.json{query}" for name in ("incidents", "services"))


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot`; each body tells by its shape which it is. Raises :class:`ParseFailed`."""
    listed: list[Row] = []
    about: dict[str, list[Row]] = {}
    names: dict[str, tuple[str, str]] = {}
    kinds = set()
    for body in bodies:
        found = read_object(body)
        kind = _kind(found)
        if kind is None:
            raise ParseFailed("The page's JSON is not in the format of Zendesk's status site.")
        kinds.add(kind)
        data = objects(found.get("data"), f"{kind}s")
        if kind == "service":
            names |= _services(data)
            continue
        listed += data
        for included in rows(found.get("included")):
            link = row(included.get("attributes"))
            if string(link.get("serviceId")):
                about.setdefault(string(link.get("incidentId")), []).append(link)
    if not kinds:
        raise ParseFailed("The page gave no answer to read.")
    incidents = tuple({i.id: i for each in listed if (i := _incident(vendor, each, about))}.values())
    # The list of services alone says nothing of how they are.
    when_empty = Level.OPERATIONAL if "incident" in kinds else None
    components = with_incident_labels(_components(names, about, incidents, when_empty), incidents)
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents, when_empty=when_empty),
        status_text="",
        components=components,
        incidents=incidents,
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        return _kind(read_object(body)) is not None
    except ParseFailed:
        return False


def _kind(found: Row) -> str | None:
    """Which list it is; an empty one of incidents has nothing but its two keys."""
    data = found.get("data")
    if not isinstance(data, list):
        return None
    types = {string(each.get("type")) for each in rows(data)}
    if types == {"service"} and len(rows(data)) == len(data):
        return "service"
    if types == {"incident"} and all("attributes" in each for each in rows(data)):
        return "incident" if "startedAt" in row(rows(data)[0].get("attributes")) else None
    return "incident" if not data and "included" in found else None


# --- services -------------------------------------------------------------------------------------------------------


def _services(data: Iterable[Row]) -> dict[str, tuple[str, str]]:
    """Names and parents by id."""
    found = {}
    for each in data:
        key, raw = string(each.get("id")), row(each.get("attributes"))
        if not key:
            raise ParseFailed("A service of the page has no id.")
        found[key] = (one_line(string(raw.get("name"))) or key, "")
    return found


def _components(
    names: Mapping[str, tuple[str, str]],
    about: Mapping[str, list[Row]],
    incidents: Iterable[Incident],
    when_empty: Level | None,
) -> tuple[Component, ...]:
    """All services of the list, and those below them that incidents are about; the list has no lower ones."""
    levels: dict[str, list[Level | None]] = {key: [] for key in names}
    found = dict(names)
    for incident in incidents:
        for link in about.get(incident.id, ()):
            key = string(link.get("serviceId"))
            if key not in found:
                found[key] = (one_line(string(link.get("serviceName"))) or key, string(link.get("serviceParentId")))
            if incident.is_open and not _is_set(link.get("resolvedAt")):
                planned = incident.kind is IncidentKind.MAINTENANCE
                levels.setdefault(key, []).append(incident.effective_level if planned else _level(link, incident.level))
    return tuple(
        Component(
            key,
            name,
            worst(levels[key]) if levels.get(key) else when_empty,
            group=found[parent][0] if parent in found else None,
        )
        for key, (name, parent) in found.items()
    )


def _level(link: Row, otherwise: Level | None) -> Level | None:
    if link.get("outage") is True:
        return Level.MAJOR_OUTAGE
    return Level.DEGRADED if link.get("degradation") is True else otherwise


# --- incidents ------------------------------------------------------------------------------------------------------


def _incident(vendor: Slug, each: Row, about: Mapping[str, list[Row]]) -> Incident | None:
    key, raw = string(each.get("id")), row(each.get("attributes"))
    over = _is_set(raw.get("resolvedAt"))
    started = time_of(raw.get("startedAt"))
    if not key or started is None:
        if over:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    until = time_of(raw.get("maintResolvesAt"))
    status = word(raw.get("status"))
    planned = until is not None or PHASES.get(status) in (Phase.SCHEDULED, Phase.IN_PROGRESS, Phase.VERIFYING)
    impact = Impact.MAINTENANCE if planned else IMPACTS.get(word(raw.get("impact")))
    links = about.get(key, [])
    own = LEVEL_OF_IMPACT[impact] if impact else None
    postmortem = web_address(raw.get("postmortem"))
    open_phase = PHASES.get(status, None if status else Phase.INVESTIGATING)
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("name"))) or "Untitled",
        phase=_end(planned, postmortem) if over else open_phase,
        impact=impact,
        started=started,
        resolved=(time_of(raw.get("resolvedAt")) or started) if over else None,
        planned_end=until,
        url=postmortem or HUMAN_URL,
        level=own if planned else worst([own, _level(raw, None), *(_level(link, None) for link in links)]),
        components=tuple(dict.fromkeys(string(link.get("serviceId")) for link in links)),
        raw_phase=None if over else raw_label(open_phase, raw.get("status")),
        raw_impact=raw_label(impact, raw.get("impact")),
    )


def _end(planned: bool, postmortem: str | None) -> Phase:
    if planned:
        return Phase.COMPLETED
    return Phase.POSTMORTEM if postmortem else Phase.RESOLVED


def _is_set(value: object) -> bool:
    return value not in (None, "", False)


PROVIDER = Provider(
    kind="zendesk",
    title="Zendesk Status",
    rate_limit_group="zendesk",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
    lists_all_components=False,
)
