"""Uptime Kuma, self-hosted: groups of monitors with their heartbeats, banners, and what is under maintenance now. Pure.

A banner ("incident") has a colour and is about no monitor. **How an end is known:** version 2 lists resolved ones in
its history; a banner that is only unpinned, and a maintenance that is over, go away and count as taken down. A monitor
tells its end by itself.
Format: https://github.com/louislam/uptime-kuma/blob/master/server/routers/status-page-router.js.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import unquote, urlsplit

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
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.body import first_element
from bot.monitor.parsing.fields import Row, code, items, objects, raw_label, read_object, row, rows, string, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.urls import origin_of
from bot.monitor.provider import Body, History, ParseFailed, Provider

LEVELS = {0: Level.MAJOR_OUTAGE, 1: Level.OPERATIONAL, 3: Level.MAINTENANCE}
"""Of heartbeats. 2 is "pending": one check failed, and whether it is down is what the next ones will tell."""

IMPACTS = {"danger": Impact.CRITICAL, "warning": Impact.MINOR, "info": Impact.NONE}
"""Of banner styles."""
COLOURS = frozenset({"light", "dark", "primary"})
"""Styles without a meaning."""

PHASES = {"under_maintenance": Phase.IN_PROGRESS, "scheduled": Phase.SCHEDULED, "ended": Phase.COMPLETED}
DEFAULT_SLUG = "default"

_SLUG = re.compile(r"/(?:status|api/status-page(?:/heartbeat)?)/([^/]{1,255})(?:/|$)")
_PRELOADED = re.compile(
    rb"window\.preloadData\s{0,9}=\s{0,9}\{[^<]{0,200}?['\"]slug['\"]\s{0,9}:\s{0,9}['\"]([\w-]{1,255})"
)


def state_urls(page_url: str) -> tuple[str, ...]:
    """The page, then its heartbeats. The slug is that of ``/status/<slug>``."""
    root = f"{origin_of(page_url)}/api/status-page"
    return (f"{root}/{_slug(page_url)}", f"{root}/heartbeat/{_slug(page_url)}")


def history_urls(page_url: str) -> tuple[str, ...]:
    """Only version 2 has one."""
    return (f"{origin_of(page_url)}/api/status-page/{_slug(page_url)}/incident-history",)


def pages_at(root: str) -> tuple[str, ...]:
    """An address without a slug tells nothing; its HTML does."""
    return (root,) if _SLUG.search(urlsplit(root).path) else ()


def page_url_in(body: Body) -> str | None:
    """The address of the page that an HTML page of this platform shows: its slug stands in what it preloads."""
    found = _PRELOADED.search(body.content) if first_element(body) == "html" else None
    return f"{origin_of(body.url)}/status/{found[1].decode()}" if found else None


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the page, its heartbeats, or both. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    page, beats = _read(bodies)
    components = _components(page, beats)
    levels = [component.level for component in components]
    known = worst(levels) if levels and None not in levels else None
    banners = [_banner(vendor, raw) for raw in _banners(page)]
    planned = [_maintenance(vendor, raw, taken_at) for raw in objects(page.get("maintenanceList"), "maintenances")]
    incidents = tuple({incident.id: incident for incident in (*banners, *planned) if incident}.values())
    if not components and not incidents:
        raise ParseFailed("The page shows no monitors: it may have moved to another platform.")
    return Snapshot(
        vendor=vendor,
        level=page_level(known, components, incidents),
        status_text="",
        components=components,
        incidents=incidents,
        taken_at=taken_at,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The newest banners; there are more pages, and maintenances are in none, so nothing is promised."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_object(bodies[0])
    if not isinstance(found.get("incidents"), list):
        raise ParseFailed("The page's history holds no list of incidents.")
    banners = (_banner(vendor, raw) for raw in rows(found["incidents"]))
    return History(tuple({banner.id: banner for banner in banners if banner}.values()), None)


def recognises(body: Body) -> bool:
    try:
        _read((body,))
    except ParseFailed:
        return False
    return True


def _slug(page_url: str) -> str:
    found = _SLUG.search(urlsplit(page_url).path)
    return found[1] if found and unquote(found[1]) not in ("heartbeat", "status-page") else DEFAULT_SLUG


def _read(bodies: Iterable[Body]) -> tuple[Row, Mapping[str, object]]:
    """The page and the beats by monitor; empty where not given."""
    page: Row = {}
    beats: Row = {}
    for body in bodies:
        found = read_object(body)
        if isinstance(found.get("heartbeatList"), dict):
            beats = row(found["heartbeatList"])
        elif isinstance(found.get("publicGroupList"), list):
            page = found
        else:
            raise ParseFailed("The page's JSON is not in Uptime Kuma's format: it may have moved to another platform.")
    return page, beats


def _components(page: Row, beats: Mapping[str, object]) -> tuple[Component, ...]:
    """The monitors; one that stands in two groups counts in the first."""
    found: dict[str, Component] = {}
    for group in objects(page.get("publicGroupList"), "groups"):
        for monitor in objects(group.get("monitorList"), "monitors"):
            key = string(monitor.get("id"))
            if not key:
                raise ParseFailed("A monitor of the page has no id.")
            name = one_line(string(monitor.get("name"))) or key
            group_name = one_line(string(group.get("name"))) or None
            level, label = _level(beats.get(key))
            found.setdefault(key, Component(key, name, level, group=group_name, raw_status=label))
    if not page:
        ids = ((one_line(string(key)), *_level(raw)) for key, raw in beats.items())
        found = {key: Component(key, key, level, raw_status=label) for key, level, label in ids if key}
    return tuple(found.values())


def _level(beats: object) -> tuple[Level | None, str | None]:
    """Of the newest beat, and its code if that is not known; they stand oldest first."""
    status = row(next(reversed(items(beats)), None)).get("status")
    level = LEVELS.get(code(status))
    return level, raw_label(level, status)


# --- banners and maintenances ---------------------------------------------------------------------------------------


def _banners(page: Row) -> list[Row]:
    """Version 1 shows one or none, version 2 a list."""
    one = page.get("incident")
    return objects(page.get("incidents"), "incidents") or objects([one] if one else [], "incidents")


def _banner(vendor: Slug, raw: Row) -> Incident | None:
    key = string(raw.get("id"))
    started = time_of(raw.get("createdDate"))
    over = raw.get("active") is False
    if not key or started is None:
        if over:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    impact = IMPACTS.get(word(raw.get("style")))
    text = plain(string(raw.get("content")))
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=Phase.RESOLVED if over else Phase.INVESTIGATING,
        impact=impact,
        started=started,
        resolved=max(time_of(raw.get("lastUpdatedDate")) or started, started) if over else None,
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        raw_impact=None if word(raw.get("style")) in COLOURS else raw_label(impact, raw.get("style")),
        updates=updates_of(key, [Post(started, text)] if text else []),
    )


def _maintenance(vendor: Slug, raw: Row, taken_at: datetime) -> Incident | None:
    """Each turn of one that comes again is one of its own."""
    number_of = string(raw.get("id"))
    phase = PHASES.get(word(raw.get("status")))
    slots = [
        (start, _time(slot.get("endDate"), raw))
        for slot in rows(raw.get("timeslotList"))
        if (start := _time(slot.get("startDate"), raw))
    ]
    slot = next((slot for slot in slots if slot[1] is None or slot[1] > taken_at), slots[-1] if slots else None)
    dates = items(raw.get("dateRange"))
    started, until = slot or (_time(dates[0], raw) if dates else None, None)
    # One that is switched on by hand has no time; the day is what stays the same from one reading to the next.
    started = started or taken_at.replace(hour=0, minute=0, second=0, microsecond=0)
    if not number_of:
        raise ParseFailed("A maintenance of the page has no id.")
    turns = word(raw.get("strategy")) not in ("single", "manual", "")
    key = f"maintenance-{number_of}" + (f"-{started:%Y%m%dT%H%M%SZ}" if turns else "")
    text = plain(string(raw.get("description")))
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE,
        started=started,
        resolved=(until or started) if phase in ENDED else None,
        planned_end=until,
        level=Level.MAINTENANCE,
        raw_phase=raw_label(phase, raw.get("status")),
        updates=updates_of(key, [Post(started, text)] if text and slot else []),
    )


def _time(value: object, raw: Row) -> datetime | None:
    """Without a zone, in that of the maintenance."""
    text, offset = string(value), string(raw.get("timezoneOffset"))
    return time_of(text if text.endswith("Z") or not offset else text + offset) or time_of(text)


PROVIDER = Provider(
    kind="uptimekuma",
    title="Uptime Kuma",
    rate_limit_group="uptimekuma",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=history_urls,
    parse_history=parse_history,
    pages_at=pages_at,
    page_url_in=page_url_in,
)
