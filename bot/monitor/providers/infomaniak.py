"""Infomaniak's events: what impacts services, and planned work. Pure.

An event has one text, in several languages; the English one is taken where there is one. Its type tells planned work,
what impacts a service (degraded) and what is critical. **How an end is known:** the status is "terminated".
Ended events stay listed; an open one that leaves the list was taken down.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

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
from bot.monitor.parsing.assemble import Post, page_level, updates_of, with_incident_labels
from bot.monitor.parsing.fields import (
    Row,
    objects,
    raw_label,
    read_object,
    row,
    rows,
    seconds,
    string,
    web_address,
    word,
)
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider

HOSTS = ("infomaniakstatus.com", "status.infomaniak.com")
HUMAN_URL = "https://infomaniakstatus.com/"

PHASES = {
    "inprogress": Phase.INVESTIGATING,
    "in_progress": Phase.INVESTIGATING,
    "terminated": Phase.RESOLVED,
    "resolved": Phase.RESOLVED,
}
PLANNED_PHASES = {
    "planned": Phase.SCHEDULED,
    "scheduled": Phase.SCHEDULED,
    "inprogress": Phase.IN_PROGRESS,
    "in_progress": Phase.IN_PROGRESS,
    "terminated": Phase.COMPLETED,
    "cancelled": Phase.COMPLETED,
}
PLANNED = ("enhancement", "maintenance", "planned", "scheduled")
LEVELS = {"impacting": Level.DEGRADED, "critical": Level.MAJOR_OUTAGE}
IMPACTS = {"critical": Impact.CRITICAL}
SWISS_TIME = ZoneInfo("Europe/Zurich")


def state_urls(page_url: str) -> tuple[str, ...]:
    return ("https://api.infomaniak.com/2/events" if is_under(page_url, HOSTS) else page_url,)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_object(bodies[0])
    if word(found.get("result")) == "error":
        raise ParseFailed("Infomaniak refused the request: its events need a token with the scope “event”.")
    if word(found.get("result")) != "success" or not isinstance(found.get("data"), list):
        raise ParseFailed("The page's JSON is not in the format of Infomaniak's events.")
    listed = objects(found["data"], "events")
    incidents = tuple({i.id: i for each in listed if (i := _incident(vendor, each))}.values())
    components = with_incident_labels(_components(listed, incidents), incidents)
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents, when_empty=Level.OPERATIONAL),
        status_text="",
        components=components,
        incidents=incidents,
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        found = read_object(body)
    except ParseFailed:
        return False
    events = rows(found.get("data"))
    shape = ("started_at", "description", "services")
    return word(found.get("result")) == "success" and bool(events) and all(key in e for key in shape for e in events)


def _components(listed: Iterable[Row], incidents: Iterable[Incident]) -> tuple[Component, ...]:
    services = (service for each in listed for service in rows(each.get("services")))
    names = dict(map(_service, services))
    levels: dict[str, list[Level | None]] = {}
    for incident in incidents:
        if incident.phase is None or incident.is_open:
            for key in incident.components:
                levels.setdefault(key, []).append(incident.effective_level if incident.phase else None)
    return tuple(
        Component(key, name, worst(levels[key]) if key in levels else Level.OPERATIONAL)
        for key, name in names.items()
        if key
    )


def _service(service: Row) -> tuple[str, str]:
    key = string(service.get("id")) or string(service.get("name"))
    return key, one_line(string(service.get("name"))) or key


def _incident(vendor: Slug, raw: Row) -> Incident | None:
    key = string(raw.get("id"))
    kind = word(raw.get("type"))
    planned = kind.startswith(PLANNED)
    phase = (PLANNED_PHASES if planned else PHASES).get(word(raw.get("status")))
    started, ends = _at(raw.get("started_at")), _at(raw.get("ended_at"))
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An event of the page has no id, or no time that can be read.")
    title, text = _texts(row(raw.get("description")))
    posts = [Post(started, text), *(_comment(comment, started) for comment in rows(raw.get("comments")))]
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=title or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE if planned else IMPACTS.get(kind),
        started=started,
        resolved=(ends or started) if phase in ENDED else None,
        planned_end=ends if planned else None,
        url=_link(raw.get("url")),
        level=Level.MAINTENANCE if planned else LEVELS.get(kind),
        raw_phase=raw_label(phase, raw.get("status")),
        raw_impact=raw_label(Impact.MAINTENANCE if planned else LEVELS.get(kind), raw.get("type")),
        components=tuple(dict.fromkeys(name for name, _ in map(_service, rows(raw.get("services"))) if name)),
        updates=updates_of(key, (post for post in posts if post.text)),
    )


def _texts(raw: Row) -> tuple[str, str]:
    """Title and text: in English, else as written."""
    translations = rows(raw.get("translations")) + rows(raw.get("translation"))
    english = next((t for t in translations if word(t.get("language")) == "en"), {})
    title = one_line(string(english.get("title"))) or one_line(string(raw.get("title")))
    written = string(raw.get("description")) or string(raw.get("body"))
    return title, plain(string(english.get("body"))) or plain(written)


def _comment(comment: Row, started: datetime) -> Post:
    return Post(_at(comment.get("started_at")) or started, _texts(comment)[1], None, string(comment.get("id")))


def _at(value: object) -> datetime | None:
    """Comments may have a time without a zone: it is the time in Switzerland, an hour or two ahead of the events'."""
    try:
        local = datetime.fromisoformat(string(value))
        zoned = local if local.tzinfo else local.replace(tzinfo=SWISS_TIME)
        return seconds(value) or time_of(zoned.isoformat())
    except ValueError:
        return seconds(value) or time_of(value)


def _link(value: object) -> str | None:
    """Whole, or the last part of it."""
    text = string(value)
    return web_address(text) or (urljoin(HUMAN_URL, text) if text.isalnum() else None)


PROVIDER = Provider(
    kind="infomaniak",
    title="Infomaniak events",
    rate_limit_group="infomaniak",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
    lists_all_components=False,
)
