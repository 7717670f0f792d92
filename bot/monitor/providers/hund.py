"""Hund: a feed of its issues, the first event of its live stream, and its API. Pure.

The API needs a key and the stream never ends, so a page is polled by its feed, which tells issues and no state. The
other two are read where they are at hand: the stream's first event tells components and the state, the API issues.
**How an end is known:** the newest entry of an issue is titled resolved or ended.
Formats: https://hund.io/help/api, https://hund.io/help/documentation/live-event-streams.
"""

from __future__ import annotations

import re
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
)
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.body import check_size, first_element
from bot.monitor.parsing.feed_updates import OF_MAINTENANCE
from bot.monitor.parsing.feed_xml import ROOTS
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
from bot.monitor.parsing.timeline import ended_at, newest_phase
from bot.monitor.provider import Body, ParseFailed, Provider
from bot.monitor.providers import feed

LEVELS = {
    "operational": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "degraded": Level.DEGRADED,
    "outage": Level.MAJOR_OUTAGE,
}
IMPACT_OF_STATE = {"1": Impact.NONE, "0": Impact.MINOR, "-1": Impact.CRITICAL}
"""What an issue makes of its components."""

PHASES = {
    "assessed": Phase.INVESTIGATING,
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "problem_identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "recovered": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
    "ended": Phase.RESOLVED,
    "cancelled": Phase.RESOLVED,
    "scheduled": Phase.SCHEDULED,
    "maintenance": Phase.IN_PROGRESS,
    "in_progress": Phase.IN_PROGRESS,
}
_EVENT = re.compile(rb"(?:^|\n)event:\s{0,9}init_event\r?\ndata:([^\n]+)")
_ENTRY = re.compile(rb"<id>[^<>]{1,200}Entry/[0-9a-f]{24}</id>")
_PARTS = frozenset({"component", "group", "issue", "event"})


def state_urls(page_url: str) -> tuple[str, ...]:
    parts = urlsplit(page_url)
    if parts.path.rstrip("/").endswith(("/state_feed/feed", "/live/v2/status_page")):
        return (page_url,)
    return (urlunsplit((parts.scheme, parts.netloc, "/state_feed/feed", "", "")),)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    if first_element(bodies[0]) in ROOTS:
        return _of_feed(vendor, bodies[0], taken_at)
    found = _read(bodies[0])
    state = string(found.get("state"))
    data = [each for each in objects(found.get("data"), "rows") if each.get("type") != "event"]
    groups = [*objects(found.get("groups"), "groups"), *_typed(data, "group")]
    components = _components(groups, [*_typed(data, "component"), *rows(found.get("components"))])
    issues = [*objects(found.get("issues"), "issues"), *_typed(data, "issue")]
    incidents = {i.id: i for i in (_issue(vendor, each) for each in reversed(issues)) if i is not None}
    indicator = LEVELS.get(word(state))
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components, incidents.values(), raw=state),
        status_text=state,
        components=components,
        incidents=tuple(reversed(incidents.values())),
        taken_at=taken_at,
        indicator=indicator,
    )


def recognises(body: Body) -> bool:
    try:
        if first_element(body) in ROOTS:
            return _ENTRY.search(body.content) is not None and feed.recognises(body)
        _read(body)
    except ParseFailed:
        return False
    return True


def _read(body: Body) -> Row:
    check_size(body)
    if event := _EVENT.search(body.content):
        body = Body(body.url, event[1])
    found = read_object(body)
    data = objects(found.get("data"), "rows")
    if found.get("type") == "paged_array" and data and all(string(each.get("type")) in _PARTS for each in data):
        return found
    if word(found.get("state")) and isinstance(found.get("groups"), list) and "issues" in found:
        return found
    raise ParseFailed("The page's JSON is not in Hund's format: it may have moved to another platform.")


def _of_feed(vendor: Slug, body: Body, taken_at: datetime) -> Snapshot:
    snapshot = feed.parse(vendor, (body,), taken_at)
    if snapshot.undated and snapshot.undated >= len(snapshot.incidents):
        raise ParseFailed("None of the feed's entries has a date that can be read.")
    return snapshot


def _typed(data: list[Row], what: str) -> list[Row]:
    return [each for each in data if each.get("type") == what]


def _inner(raw: Row, key: str) -> list[Row]:
    """A list, or a page of one."""
    listed = raw.get(key)
    return objects(row(listed).get("data") if isinstance(listed, dict) else listed, key)


def _components(groups: list[Row], loose: list[Row]) -> tuple[Component, ...]:
    made: dict[str, Component] = {}
    placed = [(each, one_line(string(group.get("name")))) for group in groups for each in _inner(group, "components")]
    for raw, group in [*placed, *((each, "") for each in loose)]:
        key = string(raw.get("id"))
        if not key:
            raise ParseFailed("A component of the page has no id.")
        # The API tells uptimes and no states.
        name = one_line(string(raw.get("name"))) or key
        level = LEVELS.get(word(raw.get("state")))
        label = raw_label(level, raw.get("state"))
        made.setdefault(key, Component(key, name, level, group=group or None, raw_status=label))
    return tuple(made.values())


def _issue(vendor: Slug, raw: Row) -> Incident | None:
    key = string(raw.get("id"))
    schedule = row(raw.get("schedule"))
    planned = bool(schedule) or word(raw.get("specialization")) == "maintenance"
    began = _time(schedule.get("starts_at")) or _time(raw.get("began_at")) or _time(raw.get("created_at"))
    made = _time(raw.get("created_at")) or began
    first = Post(made, _text(raw), _phase(raw.get("label"), planned=planned), key) if made and _text(raw) else None
    posts = [
        Post(at, _text(each), _phase(each.get("label"), planned=planned), string(each.get("id")))
        for each in reversed(_inner(raw, "updates"))
        if (at := _time(each.get("effective_after")) or _time(each.get("created_at")) or began)
    ]
    updates = updates_of(key, [first, *posts] if first else posts)
    phase = newest_phase(updates) or Phase.INVESTIGATING
    if planned:
        started = schedule.get("started") is not False
        phase = Phase.IN_PROGRESS if started else Phase.SCHEDULED
    over = raw.get("resolved") is True or raw.get("cancelled") is True or schedule.get("ended") is True
    if over or (phase in ENDED and raw.get("resolved") is None):
        phase = Phase.COMPLETED if planned else Phase.RESOLVED
    elif phase in ENDED:
        phase = Phase.MONITORING
    if not key or began is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An issue of the page has no id, or no time that can be read.")
    impact = Impact.MAINTENANCE if planned else IMPACT_OF_STATE.get(string(raw.get("state_override")))
    ended = _time(raw.get("ended_at")) or _time(raw.get("cancelled_at"))
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=phase,
        impact=impact,
        started=began,
        resolved=(ended or ended_at(updates) or began) if phase in ENDED else None,
        planned_end=_time(schedule.get("ends_at")) if planned else None,
        url=web_address(raw.get("url")),
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        raw_impact=raw_label(impact, raw.get("state_override")),
        components=tuple(dict.fromkeys(filter(None, (string(each.get("id")) for each in _inner(raw, "components"))))),
        updates=updates,
    )


def _text(raw: Row) -> str:
    return plain(string(raw.get("body_html")) or string(raw.get("body")))


def _phase(label: object, *, planned: bool) -> Phase | None:
    phase = PHASES.get(word(label))
    return OF_MAINTENANCE.get(phase, phase) if planned and phase else phase


def _time(value: object) -> datetime | None:
    return seconds(value) or time_of(value)


PROVIDER = Provider(
    kind="hund",
    title="Hund",
    rate_limit_group="hund",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    lists_all_components=False,
    hosts=("hund.io",),
    marks=(b"hund.io",),
)
