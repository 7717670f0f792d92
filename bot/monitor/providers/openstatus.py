"""OpenStatus: a feed of its own with everything, and a summary like Statuspage's but without ids of components. Pure.

**How an end is known:** ended reports stay in the feed; in the summary alone they only go away. Maintenances have a
window, and only the summary tells their stage: in the feed the window does.
Format: https://docs.openstatus.dev/reference/status-page and the ``(public)/feed`` and ``api/status`` routes of
https://github.com/openstatusHQ/openstatus.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from bot.domain import ENDED, Component, Impact, Incident, IncidentKind, Level, Phase, Slug, Snapshot, worst
from bot.monitor.parsing.assemble import Post, page_level, updates_of
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
from bot.monitor.parsing.urls import root_of
from bot.monitor.provider import Body, ParseFailed, Provider
from bot.monitor.providers.statuspage.v2 import lacks_ids

LEVELS = {
    "success": Level.OPERATIONAL,
    "info": Level.MAINTENANCE,
    "degraded": Level.DEGRADED,
    "error": Level.MAJOR_OUTAGE,
    "operational": Level.OPERATIONAL,
    "under_maintenance": Level.MAINTENANCE,
    "degraded_performance": Level.DEGRADED,
    "partial_outage": Level.PARTIAL_OUTAGE,
    "major_outage": Level.MAJOR_OUTAGE,
}
INDICATORS = {
    "none": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "minor": Level.DEGRADED,
    "major": Level.MAJOR_OUTAGE,
    "critical": Level.MAJOR_OUTAGE,
}
"""The summary says "major" for "error": its description is "Major Outage"."""

PLANNED_PHASES = {"scheduled": Phase.SCHEDULED, "in_progress": Phase.IN_PROGRESS}
PHASES = {
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
}

_TAIL = re.compile(r"/(?:feed/(?:json|rss|atom)|(?:api/status/)?(?:summary|current|incidents)\.json)/?$")


def state_urls(page_url: str) -> tuple[str, ...]:
    root = root_of(page_url, _TAIL)
    return (f"{root}/feed/json", f"{root}/api/status/summary.json")


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the feed and the summary, or of either. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    feed: Row = {}
    summary: dict[str, object] = {}
    for body in bodies:
        found = read_object(body)
        if _is_feed(found):
            feed = found
        elif _is_summary(found, body):
            summary.update(found)
        else:
            raise ParseFailed("The page's JSON is not in OpenStatus's format: it may have moved to another platform.")
    status = row(summary.get("status"))
    components = _components(feed, summary)
    levels = {component.id: component.level for component in components}
    url = web_address(row(summary.get("page")).get("url"))
    # The feed was written when it says so: an older one must not make a maintenance look over.
    written = min(time_of(feed.get("updatedAt")) or taken_at, taken_at)
    listed = [_report(vendor, raw, levels, url) for raw in objects(feed.get("statusReports"), "reports")]
    listed += [_window(vendor, raw, written) for raw in objects(feed.get("maintenances"), "maintenances")]
    if not feed:
        listed = [_report(vendor, raw, {}, url) for raw in objects(summary.get("incidents"), "incidents")]
        listed += [_window(vendor, t, taken_at) for t in objects(summary.get("scheduled_maintenances"), "maintenances")]
    incidents = tuple({incident.id: incident for incident in listed if incident}.values())
    raw_indicator = string(feed.get("status")) or string(status.get("indicator"))
    indicator = worst((LEVELS.get(word(feed.get("status"))), INDICATORS.get(word(status.get("indicator")))))
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components, incidents, raw=raw_indicator),
        status_text=one_line(string(status.get("description")) or string(feed.get("status"))),
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        complete_since=min((incident.started for incident in incidents), default=None) if feed else None,
        indicator=indicator,
    )


def recognises(body: Body) -> bool:
    try:
        found = read_object(body)
    except ParseFailed:
        return False
    return _is_feed(found) or _is_summary(found, body)


def _is_feed(found: Row) -> bool:
    return isinstance(found.get("statusReports"), list) and isinstance(found.get("maintenances"), list)


def _is_summary(found: Row, body: Body) -> bool:
    # Rootly's answers have no ids either, but a zone.
    if "time_zone" in row(found.get("page")):
        return False
    return lacks_ids(body) and ("indicator" in row(found.get("status")) or isinstance(found.get("incidents"), list))


def _components(feed: Row, summary: Row) -> tuple[Component, ...]:
    """Those of the feed, which tells the states of monitors; the summary tells all states, by name."""
    by_name: dict[str, Level | None] = {}
    statuses: dict[str, object] = {}
    for each in objects(summary.get("components"), "components"):
        name, level = _name(each), LEVELS.get(word(each.get("status")))
        by_name[name] = worst((level, by_name[name])) if name in by_name else level
        statuses[name] = each.get("status")
    if not feed:
        named = ((name, level, raw_label(level, statuses[name])) for name, level in by_name.items() if name)
        return tuple(Component(name, name, level, raw_status=unknown) for name, level, unknown in named)
    monitors = objects(feed.get("monitors"), "monitors")
    states = {string(each.get("id")): each.get("status") for each in monitors}
    by_monitor = {key: LEVELS.get(word(state)) for key, state in states.items()}
    groups = {string(each.get("id")): _name(each) for each in rows(feed.get("pageComponentGroups"))}
    found: dict[str, Component] = {}
    for each in objects(feed.get("pageComponents"), "components") or [
        {**m, "monitorId": m.get("id")} for m in monitors
    ]:
        key = string(each.get("id"))
        if not key:
            raise ParseFailed("A component of the page has no id.")
        name = _name(each) or key
        monitor = string(each.get("monitorId"))
        level = worst((by_monitor.get(monitor), by_name.get(name)))
        unknown = raw_label(level, statuses.get(name) or states.get(monitor))
        found[key] = Component(
            key, name, level, group=groups.get(string(each.get("groupId"))) or None, raw_status=unknown
        )
    return tuple(found.values())


def _name(raw: Row) -> str:
    return one_line(string(raw.get("name")))


# --- reports and maintenances ---------------------------------------------------------------------------------------


def _report(vendor: Slug, raw: Row, levels: Mapping[str, Level | None], url: str | None) -> Incident | None:
    """Of the feed, or an incident of the summary."""
    key = string(raw.get("id"))
    posts = []
    for post in rows(raw.get("statusReportUpdates")) + rows(raw.get("incident_updates")):
        text = plain(string(post.get("message")) or string(post.get("body")))
        if at := time_of(post.get("date")) or time_of(post.get("created_at")):
            posts.append(Post(at, text, PHASES.get(word(post.get("status"))), string(post.get("id"))))
    # The summary has no ids of updates, and both list the newest first.
    posts.reverse()
    updates = updates_of(key, posts)
    state = word(raw.get("status"))
    phase = PHASES.get(state) if state else newest_phase(updates)
    started = updates[0].at if updates else time_of(raw.get("createdAt")) or time_of(raw.get("updatedAt"))
    started = started or time_of(raw.get("updated_at"))
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("A report of the page has no id, or no time that can be read.")
    named = _named(raw)
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title")) or string(raw.get("name"))) or "Untitled",
        phase=phase,
        impact=None,
        started=started,
        resolved=(ended_at(updates) or time_of(raw.get("updatedAt")) or started) if phase in ENDED else None,
        url=url and f"{url.rstrip('/')}/events/report/{key}",
        level=None if phase in ENDED else worst(levels.get(part) for part in named),
        components=named,
        raw_phase=raw_label(phase, raw.get("status")),
        updates=updates,
    )


def _window(vendor: Slug, raw: Row, taken_at: datetime) -> Incident | None:
    """Maintenances are counted by themselves: their numbers are those of reports too."""
    number_of = string(raw.get("id"))
    started = time_of(raw.get("from")) or time_of(raw.get("scheduled_for"))
    until = time_of(raw.get("to")) or time_of(raw.get("scheduled_until"))
    if not number_of or started is None:
        raise ParseFailed("A maintenance of the page has no id, or no time that can be read.")
    key = f"maintenance-{number_of}"
    status = word(raw.get("status"))
    over = not status and until is not None and until <= taken_at
    stage = Phase.COMPLETED if over else Phase.IN_PROGRESS if started <= taken_at else Phase.SCHEDULED
    text = plain(string(raw.get("message")))
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE,
        title=one_line(string(raw.get("title")) or string(raw.get("name"))) or "Untitled",
        phase=PLANNED_PHASES.get(status) if status else stage,
        impact=Impact.MAINTENANCE,
        started=started,
        resolved=until if over else None,
        planned_end=until,
        level=Level.MAINTENANCE,
        components=_named(raw),
        updates=updates_of(key, [Post(started, text)] if text else []),
    )


def _named(raw: Row) -> tuple[str, ...]:
    """Old feeds name monitors."""
    listed = raw.get("pageComponents", raw.get("monitors"))
    return tuple(dict.fromkeys(filter(None, map(string, items(listed)))))


PROVIDER = Provider(
    kind="openstatus",
    title="OpenStatus",
    rate_limit_group="openstatus",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=("openstatus.dev",),
    partial=True,
    marks=(b"openstatus.dev",),
)
