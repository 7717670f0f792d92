"""Apple's system status, for everyone and for developers: services with their events, as JSON or as JSONP. Pure.

A service is green while all its events are closed. **How an end is known:** an event stays listed for a day or so with
``eventStatus`` resolved or completed. One that leaves the list without that has vanished.
"""

from __future__ import annotations

import re
from dataclasses import replace
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
    worst,
)
from bot.monitor.parsing.assemble import Post, page_level, updates_of, with_incident_labels
from bot.monitor.parsing.body import read_json
from bot.monitor.parsing.fields import Row, milliseconds, objects, raw_label, rows, string, word
from bot.monitor.parsing.text import one_line, plain, time_of, zone_of
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider

DATA = "https://www.apple.com/support/systemstatus/data"
HOSTS = ("www.apple.com", "developer.apple.com")
HUMAN_URL = "https://www.apple.com/support/systemstatus/"

IMPACTS = {
    "outage": Impact.CRITICAL,
    "issue": Impact.MINOR,
    "performance": Impact.MINOR,
    "maintenance": Impact.MAINTENANCE,
    "available": Impact.NONE,
}
PHASES = {"ongoing": Phase.INVESTIGATING, "resolved": Phase.RESOLVED, "completed": Phase.RESOLVED}
PLANNED_PHASES = {
    "upcoming": Phase.SCHEDULED,
    "ongoing": Phase.IN_PROGRESS,
    "completed": Phase.COMPLETED,
    "resolved": Phase.COMPLETED,
}

_CALL = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:/\*\*/\s*)?[A-Za-z_$][\w$.]{0,63}\s*\(")
_WRITTEN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2}) ([A-Z]{1,5})")


def state_urls(page_url: str) -> tuple[str, ...]:
    parts = urlsplit(page_url)
    if parts.path.endswith(".js") or not is_under(page_url, HOSTS):
        return (page_url,)
    locale = re.search(r"_([a-z]{2}_[A-Z]{2})", parts.path)
    file = f"system_status_{locale[1] if locale else 'en_US'}.js"
    return (f"{DATA}/developer/{file}" if "developer" in page_url else f"{DATA}/{file}",)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = _read(bodies[0])
    services = objects(found.get("services"), "services")
    if not services:
        raise ParseFailed("The page lists no services.")
    components: dict[str, Component] = {}
    incidents: dict[str, Incident] = {}
    for service in services:
        name = one_line(string(service.get("serviceName")))
        if not name:
            raise ParseFailed("A service of the page has no name.")
        events = [e for raw in objects(service.get("events"), "events") if (e := _incident(vendor, raw, name))]
        twin = components.get(name)
        level = _standing(events)
        components[name] = Component(name, name, worst((level, twin.level)) if twin else level)
        for event in events:
            incidents[event.id] = _joined(incidents[event.id], event) if event.id in incidents else event
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components.values(), incidents.values()),
        status_text=plain(string(found.get("drMessage"))),
        components=with_incident_labels(components.values(), incidents.values()),
        incidents=tuple(incidents.values()),
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        services = rows(_read(body).get("services"))
    except ParseFailed:
        return False
    return bool(services) and all("serviceName" in service and "events" in service for service in services)


def _read(body: Body) -> Row:
    content = body.content
    if (call := _CALL.match(content)) is not None:
        content = content[call.end() :].rstrip().removesuffix(b";").rstrip().removesuffix(b")")
    found = read_json(Body(body.url, content, body.content_type))
    if not isinstance(found, dict) or "services" not in found:
        raise ParseFailed("The page's JSON is not in the format of Apple's system status.")
    return found


def _standing(events: list[Incident]) -> Level | None:
    """What its events make of a service: closed ones nothing, and one that is not understood leaves it in doubt."""
    level = worst([Level.OPERATIONAL, *(event.effective_level for event in events)])
    doubt = any(event.phase is None or (event.is_open and event.level is None) for event in events)
    return None if doubt and level is Level.OPERATIONAL else level


def _joined(one: Incident, other: Incident) -> Incident:
    """One event stands under each service that it is about."""
    components = tuple(dict.fromkeys(one.components + other.components))
    return replace(other if one.phase in ENDED else one, title=one.title, components=components)


def _incident(vendor: Slug, raw: Row, service: str) -> Incident | None:
    key = string(raw.get("messageId"))
    impact = IMPACTS.get(word(raw.get("statusType")))
    status = word(raw.get("eventStatus"))
    planned = impact is Impact.MAINTENANCE or status == "upcoming"
    phase = (PLANNED_PHASES if planned else PHASES).get(status)
    started = _time(raw, "epochStartDate", "startDate") or _time(raw, "", "datePosted")
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An event of the page has no id, or no time that can be read.")
    ends = _time(raw, "epochEndDate", "endDate")
    text = "\n".join(part for name in ("message", "usersAffected") if (part := plain(string(raw.get(name)))))
    type_word = one_line(string(raw.get("statusType"))) or "Event"
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=f"{service}: {type_word}",
        phase=phase,
        impact=impact,
        started=started,
        resolved=(ends or started) if phase in ENDED else None,
        planned_end=ends if planned else None,
        url=HUMAN_URL,
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        components=(service,),
        raw_phase=raw_label(phase, raw.get("eventStatus")),
        raw_impact=raw_label(impact, raw.get("statusType")),
        # The text is rewritten as things go on: an edit of the one update, whose time is that of the event.
        updates=updates_of(key, [Post(_time(raw, "", "datePosted") or started, text)] if text else ()),
    )


def _time(raw: Row, epoch: str, written: str) -> datetime | None:
    """The epoch fields in milliseconds; the written ones are for people, in the zone of Cupertino."""
    if (at := milliseconds(raw.get(epoch))) is not None:
        return at
    found = _WRITTEN.fullmatch(string(raw.get(written)))
    if found is None:
        return None
    month, day, year, hour, minute = map(int, found.groups()[:5])
    try:
        return time_of(datetime(year, month, day, hour, minute, tzinfo=zone_of(found[6])).isoformat())
    except ValueError:
        return None


PROVIDER = Provider(
    kind="apple",
    title="Apple System Status",
    rate_limit_group="apple",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
)
