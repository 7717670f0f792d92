"""Oh Dear's status pages: monitors in groups, a summary of them, and posts by day without ids. Pure.

Each post stands for itself. **How an end is known:** a later post says "resolved", and ends all before it; a monitor
tells its end by itself. A pinned post that is unpinned stays among those of its day, or counts as taken down.
Format: seen in ``<page>/json``; words as in https://ohdear.app/docs/api/status-pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

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
    digest,
)
from bot.monitor.parsing.assemble import Post, page_level, updates_of
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
from bot.monitor.parsing.urls import root_of
from bot.monitor.provider import Body, ParseFailed, Provider

LEVELS = {"up": Level.OPERATIONAL, "warning": Level.DEGRADED, "down": Level.MAJOR_OUTAGE}
IMPACTS = {
    "info": Impact.NONE,
    "warning": Impact.MINOR,
    "high": Impact.MAJOR,
    "resolved": Impact.NONE,
    "scheduled": Impact.MAINTENANCE,
}
PHASES = {
    "info": None,
    "warning": Phase.INVESTIGATING,
    "high": Phase.INVESTIGATING,
    "resolved": Phase.RESOLVED,
    "scheduled": Phase.SCHEDULED,
}

_TAIL = re.compile(r"/json/?$")


def state_urls(page_url: str) -> tuple[str, ...]:
    return (f"{root_of(page_url, _TAIL)}/json",)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_object(bodies[0])
    if not _has_shape(found):
        raise ParseFailed("The page's JSON is not in Oh Dear's format: it may have moved to another platform.")
    words = string(found.get("summarizedStatus"))
    components = _components(found)
    incidents = _incidents(vendor, found, taken_at)
    indicator = LEVELS.get(word(words))
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components, incidents, raw=words),
        status_text=words,
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        indicator=indicator,
    )


def recognises(body: Body) -> bool:
    try:
        return _has_shape(read_object(body))
    except ParseFailed:
        return False


def _has_shape(found: Row) -> bool:
    return "summarizedStatus" in found and isinstance(found.get("monitors"), dict | list)


def _components(found: Row) -> tuple[Component, ...]:
    """By group; PHP writes no groups as a list."""
    groups = found["monitors"]
    listed = groups.items() if isinstance(groups, dict) else [("", groups)]
    components: dict[str, Component] = {}
    for group, monitors in listed:
        for monitor in objects(monitors, "monitors"):
            name = one_line(string(monitor.get("label")) or string(monitor.get("url")))
            if not name:
                raise ParseFailed("A monitor of the page has no name.")
            heading = one_line(group) or None
            key = f"{heading}/{name}" if heading else name
            level = LEVELS.get(word(monitor.get("status")))
            components[key] = Component(
                key, name, level, group=heading, raw_status=raw_label(level, monitor.get("status"))
            )
    return tuple(components.values())


# --- posts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    at: datetime
    title: str
    severity: str
    text: str
    id: str
    url: str | None
    pinned: bool = False


def _incidents(vendor: Slug, found: Row, taken_at: datetime) -> tuple[Incident, ...]:
    posts = sorted(_posts(row(found.get("updatesPerDay"))), key=lambda post: post.at)
    pinned = row(found.get("pinnedUpdate"))
    if title := one_line(string(pinned.get("title"))):
        again = next((post for post in reversed(posts) if post.title == title), None)
        # A pinned post alone has no time; the day is what stays the same from one reading to the next.
        today = taken_at.replace(hour=0, minute=0, second=0, microsecond=0)
        at = time_of(pinned.get("time")) or (again.at if again else today)
        key = again.id if again else string(pinned.get("id")) or digest("pinned", title)
        post = _entry(pinned, at, title, key, pinned=True)
        posts = [*(each for each in posts if each is not again), post]
    ends = [post.at for post in posts if PHASES.get(post.severity) is Phase.RESOLVED]
    made = (_incident(vendor, post, next((end for end in ends if end >= post.at), None)) for post in posts)
    return tuple({incident.id: incident for incident in made}.values())


def _posts(days: Row) -> Iterator[_Entry]:
    for day, listed in days.items():
        midnight = seconds(day)
        # Newest first, as the page shows them.
        for raw in reversed(rows(listed)):
            at = time_of(raw.get("time")) or midnight
            title = one_line(string(raw.get("title"))) or "Untitled"
            if at is not None:
                yield _entry(raw, at, title, string(raw.get("id")) or digest(day, title))


def _entry(raw: Row, at: datetime, title: str, key: str, *, pinned: bool = False) -> _Entry:
    url = web_address(raw.get("url")) or web_address(raw.get("status_page_url"))
    return _Entry(at, title, word(raw.get("severity")), plain(string(raw.get("text"))), key, url, pinned)


def _incident(vendor: Slug, post: _Entry, end: datetime | None) -> Incident:
    impact = IMPACTS.get(post.severity)
    phase = PHASES.get(post.severity)
    planned = impact is Impact.MAINTENANCE
    if end is not None and not post.pinned and post.severity in PHASES:
        phase = Phase.COMPLETED if planned else Phase.RESOLVED
    over = phase in (Phase.RESOLVED, Phase.COMPLETED)
    update = Post(post.at, post.text, PHASES.get(post.severity))
    return Incident(
        vendor=vendor,
        id=post.id,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=post.title,
        phase=phase,
        impact=impact,
        started=post.at,
        resolved=(end or post.at) if over else None,
        url=post.url,
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        raw_impact=raw_label(impact or phase, post.severity),
        updates=updates_of(post.id, [update] if post.text else []),
    )


PROVIDER = Provider(
    kind="ohdear",
    title="Oh Dear",
    rate_limit_group="ohdear",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    marks=(b"ohdear.app",),
)
