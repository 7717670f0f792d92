"""The public events of the AWS Health Dashboard, and the feeds of the older Service Health Dashboard.

``currentevents`` is one list for all regions, in UTF-16: what is open, and what ended in the last days; ``[]`` is all
clear. **How an end is known:** an ended event stays listed for hours to days with status 0, "[RESOLVED]" in its summary
or an ``end_time``. One that leaves the list without that has vanished.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

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
    Update,
    worst,
)
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.body import first_element, read_json
from bot.monitor.parsing.feed_xml import ROOTS
from bot.monitor.parsing.fields import Row, milliseconds, number, objects, raw_label, row, rows, seconds, string
from bot.monitor.parsing.text import one_line, plain
from bot.monitor.parsing.timeline import oldest_first
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider
from bot.monitor.providers.aws import rss

HOSTS = ("health.aws.amazon.com", "status.aws.amazon.com", "health.amazonaws.cn", "phd.aws.amazon.com")
HUMAN_URL = "https://health.aws.amazon.com/health/status"
EVENTS_PATH = "/public/currentevents"

IMPACTS: Mapping[float | None, Impact] = {0: Impact.NONE, 1: Impact.MINOR, 2: Impact.MAJOR, 3: Impact.CRITICAL}
"""AWS documents none of its codes: 0 is over, 1 informational (also the first hours of outages), 3 a disruption."""

_SHAPE = ("event_log", "impacted_services")
_RESOLVED = re.compile(r"^\s*\[RESOLVED\]\s*", re.IGNORECASE)


def state_urls(page_url: str) -> tuple[str, ...]:
    parts = urlsplit(page_url)
    if parts.path.endswith((".rss", EVENTS_PATH)) or not is_under(page_url, HOSTS):
        return (page_url,)
    # The regions in China have a dashboard of their own.
    host = parts.netloc if parts.netloc.endswith("amazonaws.cn") else "health.aws.amazon.com"
    return (f"https://{host}{EVENTS_PATH}",)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    if first_element(bodies[0]) in ROOTS:
        components, incidents = rss.read(vendor, bodies[0])
        when_empty = None
    else:
        events = _events(bodies[0])
        components = _components(events)
        levels = {component.id: component.level for component in components}
        incidents = tuple({i.id: i for i in [_incident(vendor, event, levels) for event in events] if i}.values())
        when_empty = Level.OPERATIONAL
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
        if first_element(body) in ROOTS:
            return rss.recognises(body)
        events = _events(body)
    except ParseFailed:
        return False
    # An empty list could be anyone's; only AWS sends one in UTF-16.
    return bool(events) or body.content.startswith((b"\xfe\xff", b"\xff\xfe"))


def _events(body: Body) -> list[Row]:
    found = read_json(body)
    if not isinstance(found, list):
        raise ParseFailed("The page's JSON is not the list of events that AWS answers with.")
    events = objects(found, "events")
    if any("arn" not in event and not all(key in event for key in _SHAPE) for event in events):
        raise ParseFailed("The page's JSON is a list of something other than AWS events.")
    return events


# --- components -----------------------------------------------------------------------------------------------------


def _components(events: Iterable[Row]) -> tuple[Component, ...]:
    found: dict[str, Component] = {}
    for event in events:
        for component in _named(event):
            twin = found.get(component.id)
            found[component.id] = _joined(twin, component) if twin else component
    return tuple(found.values())


def _joined(one: Component, other: Component) -> Component:
    level = worst((one.level, other.level))
    return replace(other, level=level, raw_status=raw_label(level, one.raw_status or other.raw_status))


def _named(event: Row) -> list[Component]:
    """The impacted services; where none is listed, the event's own."""
    region = _region(event)
    services = row(event.get("impacted_services"))
    if not services:
        own = string(event.get("service"))
        code = 0 if _has_ended(event) else event.get("status")
        return [_component(region, own, event.get("service_name"), code)] if own else []
    return [
        _component(region, string(key), row(raw).get("service_name"), row(raw).get("current"))
        for key, raw in services.items()
        if string(key)
    ]


def _component(event_region: str | None, key: str, name: object, code: object) -> Component:
    region = rss.region_of(key)
    # Some keys lack their region; the same service may then be listed by events of several regions.
    if region is None and event_region is not None:
        region, key = event_region, f"{key}-{event_region}"
    level = _level(number(code))
    return Component(
        key, one_line(string(name)) or key, level, group=region, region=region, raw_status=raw_label(level, code)
    )


def _region(event: Row) -> str | None:
    """From the ARN, ``arn:aws:health:<region>::event/…``, or the end of the service's key."""
    parts = string(event.get("arn")).split(":", 4)
    return (parts[3] if len(parts) > 3 else "") or rss.region_of(string(event.get("service")))


def _level(code: float | None) -> Level | None:
    impact = IMPACTS.get(code)
    return None if impact is None else LEVEL_OF_IMPACT[impact]


# --- events ---------------------------------------------------------------------------------------------------------


def _incident(vendor: Slug, event: Row, levels: Mapping[str, Level | None]) -> Incident | None:
    ended = _has_ended(event)
    log = rows(event.get("event_log"))
    region = _region(event)
    started = _at(event.get("date")) or min((at for entry in log if (at := _at(entry.get("timestamp")))), default=None)
    service = string(event.get("service"))
    if started is None or not (string(event.get("arn")) or service):
        if ended:
            return None
        raise ParseFailed("An event of the page has no time or no id that can be read.")
    key = string(event.get("arn")) or f"{service}@{started:%Y%m%dT%H%M%SZ}"
    updates = _updates(key, log, started, ended)
    named = [component.id for component in _named(event)]
    impact = _worst_listed(event, log) if ended else IMPACTS.get(number(event.get("status")))
    own = LEVEL_OF_IMPACT[impact] if impact else None
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=_RESOLVED.sub("", one_line(string(event.get("summary")))) or "Untitled",
        phase=Phase.RESOLVED if ended else Phase.INVESTIGATING,
        impact=impact,
        started=started,
        resolved=(_at(event.get("end_time")) or (updates[-1].at if updates else started)) if ended else None,
        url=HUMAN_URL,
        level=own if ended else worst((own, *(levels.get(component) for component in named))),
        components=tuple(dict.fromkeys(named)),
        raw_impact=None if ended else raw_label(impact, event.get("status")),
        regions=(region,) if region else (),
        updates=updates,
    )


def _has_ended(event: Row) -> bool:
    return (
        number(event.get("status")) == 0
        or _RESOLVED.match(string(event.get("summary"))) is not None
        or _at(event.get("end_time")) is not None
    )


def _worst_listed(event: Row, log: Iterable[Row]) -> Impact | None:
    """What an ended event was at its worst: its own status is 0 by then."""
    codes = [number(entry.get("status")) for entry in log]
    codes += [number(row(raw).get("max")) for raw in row(event.get("impacted_services")).values()]
    return max((IMPACTS[code] for code in codes if code in IMPACTS), key=lambda i: LEVEL_OF_IMPACT[i], default=None)


def _updates(key: str, log: list[Row], started: datetime, ended: bool) -> tuple[Update, ...]:
    """The log names no stages. "[RESOLVED]" is put before the summaries of all entries: it counts on the last alone."""
    posts = oldest_first(((_at(entry.get("timestamp")) or started, entry) for entry in log), lambda pair: pair[0])
    return updates_of(
        key,
        (
            Post(
                at,
                plain(string(entry.get("message"))) or one_line(string(entry.get("summary"))),
                Phase.RESOLVED if ended and i == len(posts) and _has_ended(entry) else None,
            )
            for i, (at, entry) in enumerate(posts, start=1)
        ),
    )


def _at(value: object) -> datetime | None:
    """Seconds, but milliseconds in some places."""
    return seconds(value) or milliseconds(value)


PROVIDER = Provider(
    kind="aws",
    title="AWS Health Dashboard",
    rate_limit_group="aws",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
    lists_all_components=False,
)
