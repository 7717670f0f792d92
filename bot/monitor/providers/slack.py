"""Slack's own status API. ``current`` lists what is going on, ``history`` the 37 to 50 newest. Pure.

Incidents have a type and no stages; the notes of one say what happened in words alone. There is no list of services:
the components are those that something going on names. **How an end is known:** an incident leaves ``current`` and
stands in ``history`` with ``resolved``, ``completed`` or ``cancelled``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

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
from bot.monitor.parsing.fields import Row, items, objects, raw_label, row, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import oldest_first
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, History, ParseFailed, Provider

HOSTS = ("slack-status.com", "status.slack.com")
ROOT = "https://slack-status.com/api/v2.0.0"

IMPACTS = {
    "outage": Impact.CRITICAL,
    "incident": Impact.MINOR,
    "notice": Impact.NONE,
    "maintenance": Impact.MAINTENANCE,
}
PHASES = {
    "active": Phase.INVESTIGATING,
    "resolved": Phase.RESOLVED,
    "scheduled": Phase.SCHEDULED,
    "completed": Phase.COMPLETED,
    "cancelled": Phase.COMPLETED,
}
PLANNED = frozenset({"scheduled", "completed", "cancelled"})


def state_urls(page_url: str) -> tuple[str, ...]:
    return (f"{ROOT}/current" if is_under(page_url, HOSTS) else page_url,)


def history_urls(_: str) -> tuple[str, ...]:
    return (f"{ROOT}/history",)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of ``current``, or of ``history`` alone. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_json(bodies[0])
    if isinstance(found, list):
        status, stamp, listed = "", "", _history_rows(found)
    else:
        current = row(found)
        if "active_incidents" not in current or not string(current.get("status")):
            raise ParseFailed("The page's JSON is not in the format of Slack's status API.")
        status, stamp = string(current["status"]), string(current.get("date_updated"))
        listed = objects(current["active_incidents"], "active incidents")
    incidents = _incidents(vendor, listed)
    components = with_incident_labels(_components(incidents), incidents)
    # "active" says no more than the list does; with nothing listed, it is not known what is meant.
    when_empty = Level.OPERATIONAL if word(status) == "ok" or (status and incidents) else None
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents, when_empty=when_empty),
        status_text=status,
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        page_updated_at=stamp or None,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """How long the list is varies, so it promises nothing about what it lacks."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_json(bodies[0])
    if not isinstance(found, list):
        raise ParseFailed("The page's history is not the list that Slack's status API answers with.")
    return History(_incidents(vendor, _history_rows(found)), None)


def recognises(body: Body) -> bool:
    try:
        found = read_json(body)
        if isinstance(found, list):
            return bool(_history_rows(found))
        return "active_incidents" in row(found) and "date_updated" in row(found)
    except ParseFailed:
        return False


def _history_rows(found: list[object]) -> list[Row]:
    listed = objects(found, "incidents")
    if not all("notes" in each and "date_created" in each for each in listed):
        raise ParseFailed("The page's JSON is a list of something other than Slack's incidents.")
    return listed


def _components(incidents: Iterable[Incident]) -> tuple[Component, ...]:
    levels: dict[str, list[Level | None]] = {}
    for incident in incidents:
        if incident.is_open:
            for name in incident.components:
                levels.setdefault(name, []).append(
                    incident.effective_level if incident.kind is IncidentKind.MAINTENANCE else incident.level
                )
    return tuple(Component(name, name, worst(found)) for name, found in levels.items())


def _incidents(vendor: Slug, listed: Iterable[Row]) -> tuple[Incident, ...]:
    found = (_incident(vendor, each) for each in listed)
    return tuple({incident.id: incident for incident in found if incident}.values())


def _incident(vendor: Slug, raw: Row) -> Incident | None:
    # The id is a number in one list and a string in the other.
    key = string(raw.get("id"))
    status = word(raw.get("status"))
    phase = PHASES.get(status)
    started = time_of(raw.get("date_created"))
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    planned = status in PLANNED or word(raw.get("type")) == "maintenance"
    impact = IMPACTS.get(word(raw.get("type")))
    # The order differs between lists.
    notes = oldest_first(
        ((time_of(note.get("date_created")) or started, note) for note in rows(raw.get("notes"))), _first
    )
    posts = [
        Post(at, plain(string(note.get("body"))), phase if phase in ENDED and i == len(notes) else None)
        for i, (at, note) in enumerate(notes, start=1)
    ]
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE if planned else impact,
        started=started,
        resolved=(time_of(raw.get("date_updated")) or started) if phase in ENDED else None,
        url=web_address(raw.get("url")),
        level=Level.MAINTENANCE if planned else LEVEL_OF_IMPACT[impact] if impact else None,
        raw_phase=raw_label(phase, raw.get("status")),
        raw_impact=None if planned else raw_label(impact, raw.get("type")),
        components=tuple(dict.fromkeys(name for name in map(_service, items(raw.get("services"))) if name)),
        updates=updates_of(key, posts),
    )


def _first(pair: tuple[datetime, Row]) -> datetime:
    return pair[0]


def _service(value: object) -> str:
    return one_line(string(row(value).get("name") if isinstance(value, dict) else value))


PROVIDER = Provider(
    kind="slack",
    title="Slack Status",
    rate_limit_group="slack",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=history_urls,
    parse_history=parse_history,
    hosts=HOSTS,
)
