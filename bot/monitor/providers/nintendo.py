"""Nintendo's network status: what is wrong now, and maintenances. Pure.

Entries have no id: each is known by what it is about and when it began, in US Pacific time. **How an end is known:** by
the end that the entry names, or by the code 3; it stays listed for about a day.
Format: https://www.nintendo.co.jp/netinfo/en_US/status.json, which https://www.nintendo.co.jp/netinfo/en_US/index.html
reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from bot.domain import ENDED, Component, Impact, Incident, IncidentKind, Level, Phase, Slug, Snapshot, worst
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.dates import written_date
from bot.monitor.parsing.fields import Row, code, items, objects, read_object, string
from bot.monitor.parsing.text import one_line, plain
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider

HOSTS = ("nintendo.co.jp",)
STATUS = "https://www.nintendo.co.jp/netinfo/en_US/status.json"
ENDED_CODE = 3
_LISTS = (
    ("operational_statuses", IncidentKind.INCIDENT),
    ("temporary_maintenances", IncidentKind.MAINTENANCE),
)


def state_urls(page_url: str) -> tuple[str, ...]:
    return (STATUS if is_under(page_url, HOSTS) and not urlsplit(page_url).path.endswith(".json") else page_url,)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the one body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_object(bodies[0])
    if not _has_shape(found):
        raise ParseFailed("The page's JSON is not in the format of Nintendo's network status.")
    listed = [_incident(vendor, raw, kind, taken_at) for name, kind in _LISTS for raw in objects(found[name], name)]
    incidents = tuple({incident.id: incident for incident in reversed(listed)}.values())[::-1]
    components = tuple(_components(found, incidents))
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
        return _has_shape(read_object(body))
    except ParseFailed:
        return False


def _has_shape(found: Row) -> bool:
    return all(isinstance(found.get(name), list) for name, _ in _LISTS)


def _components(found: Row, incidents: tuple[Incident, ...]) -> Iterator[Component]:
    """The platforms that the page names, each as bad as what is under way there."""
    names = [one_line(string(raw.get("name"))) for raw in objects(found.get("categories"), "categories")]
    named = [name for incident in incidents for name in incident.components]
    for name in dict.fromkeys(filter(None, (*names, *named))):
        under_way = [i.level for i in incidents if i.phase not in {*ENDED, Phase.SCHEDULED} and name in i.components]
        yield Component(name, name[:1].upper() + name[1:], worst((Level.OPERATIONAL, *under_way)))


def _incident(vendor: Slug, raw: Row, kind: IncidentKind, taken_at: datetime) -> Incident:
    title, planned = one_line(string(raw.get("software_title"))), kind is IncidentKind.MAINTENANCE
    platforms = tuple(dict.fromkeys(filter(None, (one_line(string(each)) for each in items(raw.get("platform"))))))
    services = ", ".join(filter(None, (one_line(string(each)) for each in items(raw.get("services")))))
    began, ends = _time(raw.get("begin")), _time(raw.get("end"))
    if not (title or services) or began is None:
        raise ParseFailed("Of an entry of the page there is no title, or no time that can be read.")
    known_by = "\n".join((kind.value, *sorted(platforms), title, services, began.isoformat()))
    key = hashlib.sha256(known_by.encode()).hexdigest()[:16]
    is_over = code(raw.get("event_status")) == ENDED_CODE or (ends is not None and ends <= taken_at)
    if is_over:
        phase = Phase.COMPLETED if planned else Phase.RESOLVED
    elif planned:
        phase = Phase.SCHEDULED if taken_at < began else Phase.IN_PROGRESS
    else:
        phase = Phase.INVESTIGATING
    over = min(max(began, ends or taken_at), max(began, taken_at))
    text = plain(string(raw.get("message")))
    return Incident(
        vendor=vendor,
        id=key,
        kind=kind,
        title=f"{title}: {services}" if title and services else title or services,
        phase=phase,
        impact=Impact.MAINTENANCE if planned else None,
        started=began,
        resolved=over if is_over else None,
        planned_end=ends if planned else None,
        url=None,
        level=Level.MAINTENANCE if planned else Level.DEGRADED,
        components=platforms,
        updates=updates_of(key, [Post(over if is_over else began, text, phase)] if text else []),
    )


def _time(value: object) -> datetime | None:
    """``Monday, January 22, 2018  2 :14 AM``."""
    text = string(value)
    written = written_date(f"{text.replace(' :', ':')} PT") if text else None
    return written.at if written else None


PROVIDER = Provider(
    kind="nintendo",
    title="Nintendo Network Status",
    rate_limit_group="nintendo",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
)
