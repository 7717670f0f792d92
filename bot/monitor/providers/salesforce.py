"""Salesforce Trust: all instances, or the one that a customer is on, each with its incidents and maintenances. Pure.

An incident repeats under each instance that it is about. Its texts are keys, readable only with ``/v1/localizations``;
without that body a key is written out as words. **How an end is known:** each impact of an incident has an ``endTime``;
more often it just leaves its instances and stands in ``/v1/incidents``, ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import quote, urlsplit

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
from bot.monitor.parsing.body import read_json
from bot.monitor.parsing.fields import Row, items, objects, raw_label, row, rows, string, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, History, ParseFailed, Provider

HOSTS = ("status.salesforce.com", "trust.salesforce.com")
API = "https://api.status.salesforce.com/v1"
LISTED = 100

LEVELS = {
    "ok": Level.OPERATIONAL,
    "informational": Level.OPERATIONAL,
    "informational_core": Level.OPERATIONAL,
    "informational_noncore": Level.OPERATIONAL,
    "maintenance_core": Level.MAINTENANCE,
    "maintenance_noncore": Level.MAINTENANCE,
    "minor_incident_core": Level.DEGRADED,
    "minor_incident_noncore": Level.DEGRADED,
    "major_incident_noncore": Level.PARTIAL_OUTAGE,
    "major_incident_core": Level.MAJOR_OUTAGE,
}
IMPACTS = {"minor": Impact.MINOR, "major": Impact.MAJOR}
EVENTS = {
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "issueisolated": Phase.IDENTIFIED,
    "implementingsolution": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
}
PLANNED_EVENTS = {
    "scheduled": Phase.SCHEDULED,
    "rescheduled": Phase.SCHEDULED,
    "reminder": Phase.SCHEDULED,
    "inprogress": Phase.IN_PROGRESS,
    "started": Phase.IN_PROGRESS,
    "maintenanceextended": Phase.IN_PROGRESS,
    "completed": Phase.COMPLETED,
    "cancelled": Phase.COMPLETED,
    "canceled": Phase.COMPLETED,
}
"""What the types of events begin with, without regard to case: ``issueIsolatedDatabaseTier``."""
MESSAGE = {"rootCause": "Root cause", "actionPlan": "Action plan", "pathToResolution": "Path to resolution"}

_INSTANCE = re.compile(r"/instances/([A-Za-z0-9_-]{1,40})")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def state_urls(page_url: str) -> tuple[str, ...]:
    if not is_under(page_url, HOSTS) or page_url.startswith(API):
        return (page_url,)
    key = _instance_of(page_url)
    return (f"{API}/instances/{key}/status" if key else f"{API}/instances/status/preview",)


def history_urls(page_url: str) -> tuple[str, ...]:
    key = _instance_of(page_url)
    return (f"{API}/incidents?limit={LISTED}" + (f"&instance={key}" if key else ""),)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot`; each body tells by its shape which it is. Raises :class:`ParseFailed`."""
    instances, loose, reader = _read(vendor, bodies)
    if instances is None and loose is None:
        raise ParseFailed("The page answered without its instances.")
    components = {component.id: component for component in map(_component, instances or ()) if component}
    found: dict[str, Incident] = {}
    for raw in [*(i for each in instances or () for i in rows(each.get("Incidents"))), *(loose or ())]:
        if (incident := reader.incident(raw, components)) is not None:
            found.setdefault(incident.id, incident)
    planned: dict[str, Incident] = {}
    for raw in (m for each in instances or () for m in rows(each.get("Maintenances"))):
        if (maintenance := reader.maintenance(raw, components, taken_at)) is not None:
            planned.setdefault(maintenance.id, maintenance)
    # Incidents and maintenances are numbered apart.
    incidents = (*found.values(), *(m for key, m in planned.items() if key not in found))
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components.values(), incidents, when_empty=Level.OPERATIONAL),
        status_text=string((instances or [{}])[0].get("status")) if len(instances or ()) == 1 else "",
        components=tuple(components.values()),
        incidents=incidents,
        taken_at=taken_at,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The newest incidents; the list promises nothing about what it lacks."""
    _, loose, reader = _read(vendor, bodies)
    if loose is None:
        raise ParseFailed("The page's history holds no list of incidents.")
    found = (reader.incident(raw, {}) for raw in loose)
    return History(tuple({incident.id: incident for incident in found if incident}.values()), None)


def recognises(body: Body) -> bool:
    try:
        instances, loose, _ = _read(Slug(""), (body,))
    except ParseFailed:
        return False
    return bool(instances or loose)


def _instance_of(page_url: str) -> str:
    found = _INSTANCE.search(urlsplit(page_url).path)
    return quote(found[1]) if found and found[1] != "status" else ""


def _read(vendor: Slug, bodies: Iterable[Body]) -> tuple[list[Row] | None, list[Row] | None, _Reader]:
    instances: list[Row] | None = None
    loose: list[Row] | None = None
    texts: dict[str, str] = {}
    for body in bodies:
        found = read_json(body)
        if not isinstance(found, dict | list):
            raise ParseFailed("The page's JSON is not in the format of Salesforce Trust.")
        listed = objects([found] if isinstance(found, dict) else found, "instances")
        if all("key" in each and "status" in each and "Incidents" in each for each in listed) and listed:
            instances = (instances or []) + listed
        elif all("modelKey" in each and "text" in each for each in listed) and listed:
            texts |= {string(each["modelKey"]): one_line(string(each["text"])) for each in listed}
        elif all("IncidentImpacts" in each and "instanceKeys" in each for each in listed):
            # An empty list is that of incidents: there are always instances.
            loose = (loose or []) + listed
        else:
            raise ParseFailed("The page's JSON is not in the format of Salesforce Trust.")
    return instances, loose, _Reader(vendor, texts)


def _component(instance: Row) -> Component | None:
    """Retired instances stay in the list; they count only while something is wrong with them."""
    key = string(instance.get("key"))
    level = LEVELS.get(word(instance.get("status")))
    if not key:
        raise ParseFailed("An instance of the page has no key.")
    if instance.get("isActive") is False and level is Level.OPERATIONAL:
        return None
    label = raw_label(level, instance.get("status"))
    return Component(key, key, level, region=string(instance.get("location")) or None, raw_status=label)


class _Reader:
    """Reads incidents and maintenances. ``texts``: what keys stand for, as far as that is known."""

    def __init__(self, vendor: Slug, texts: Mapping[str, str]) -> None:
        self._vendor, self._texts = vendor, texts

    def incident(self, raw: Row, instances: Mapping[str, Component]) -> Incident | None:
        key = string(raw.get("id"))
        impacts = rows(raw.get("IncidentImpacts"))
        ends = [time_of(each.get("endTime")) for each in impacts]
        over = word(raw.get("status")) == "resolved" or (bool(ends) and None not in ends)
        started = min((at for each in impacts if (at := time_of(each.get("startTime")))), default=None)
        started = started or time_of(raw.get("createdAt"))
        if not key or started is None:
            if over:
                return None
            raise ParseFailed("An incident of the page has no id, or no time that can be read.")
        posts = [self._post(event, started, EVENTS) for event in rows(raw.get("IncidentEvents"))]
        if text := self._message(row(raw.get("message"))):
            posts.append(Post(time_of(raw.get("updatedAt")) or started, text, id=f"{key}:message"))
        updates = updates_of(key, posts)
        named = self._named(raw, instances)
        impact = max(
            (IMPACTS[severity] for severity in map(_severity, impacts) if severity in IMPACTS),
            key=_level_of,
            default=None,
        )
        own = LEVEL_OF_IMPACT[impact] if impact else None
        stage = next((update.phase for update in reversed(updates) if update.phase and update.phase not in ENDED), None)
        last = max((at for at in ends if at), default=None)
        return Incident(
            vendor=self._vendor,
            id=key,
            kind=IncidentKind.INCIDENT,
            title=self._title(raw, impacts),
            phase=Phase.RESOLVED if over else stage or Phase.INVESTIGATING,
            impact=impact,
            started=started,
            resolved=(last or time_of(raw.get("updatedAt")) or started) if over else None,
            url=f"https://status.salesforce.com/incidents/{quote(key)}",
            level=own if over else worst([own, *(instances[name].level for name in named if name in instances)]),
            components=named,
            raw_impact=raw_label(impact, next(iter(map(_severity, impacts)), None)),
            regions=self._regions(named, instances),
            updates=updates,
        )

    def maintenance(self, raw: Row, instances: Mapping[str, Component], now: datetime) -> Incident | None:
        key = string(raw.get("id"))
        started = time_of(raw.get("plannedStartTime")) or time_of(raw.get("createdAt"))
        posts = [self._post(event, started, PLANNED_EVENTS) for event in rows(raw.get("MaintenanceEvents")) if started]
        updates = updates_of(key, posts)
        named = self._named(raw, instances)
        phase = next((update.phase for update in reversed(updates) if update.phase), Phase.SCHEDULED)
        if not key or started is None:
            if phase in ENDED:
                return None
            raise ParseFailed("A maintenance of the page has no id, or no time that can be read.")
        # The events may say "scheduled" to the end; then the instance tells that it is under way.
        states = [instances[name].level for name in named if name in instances]
        if phase is Phase.SCHEDULED and started <= now and Level.MAINTENANCE in states:
            phase = Phase.IN_PROGRESS
        return Incident(
            vendor=self._vendor,
            id=key,
            kind=IncidentKind.MAINTENANCE,
            title=one_line(string(raw.get("name"))) or one_line(self._text(raw.get("message"))) or "Maintenance",
            phase=phase,
            impact=Impact.MAINTENANCE,
            started=started,
            resolved=(updates[-1].at if updates else started) if phase in ENDED else None,
            planned_end=time_of(raw.get("plannedEndTime")),
            url=f"https://status.salesforce.com/maintenances/{quote(key)}",
            level=Level.MAINTENANCE,
            components=named,
            regions=self._regions(named, instances),
            updates=updates,
        )

    def _post(self, event: Row, started: datetime, phases: Mapping[str, Phase]) -> Post:
        at = time_of(event.get("createdAt")) or started
        text = self._texts.get(string(event.get("message")), "") or plain(string(event.get("message")))
        kind = word(event.get("type")).replace("_", "")
        phase = next((phase for start, phase in phases.items() if kind.startswith(start)), None)
        return Post(at, text, phase, string(event.get("id")))

    def _message(self, raw: Row) -> str:
        """What is written of an incident beside its events, each part with its name."""
        parts = ((name, self._text(raw.get(key))) for key, name in MESSAGE.items())
        return "\n\n".join(f"{name}: {text}" for name, text in parts if text)

    def _title(self, raw: Row, impacts: Iterable[Row]) -> str:
        types = (one_line(self._text(each.get("type"))) for each in impacts)
        return next((text for text in types if text), "") or f"Incident {string(raw.get('externalId'))}".strip()

    def _text(self, key: object) -> str:
        """``pageLoadErrors`` as "Page load errors"; sentences as they are."""
        label = string(key)
        if label in self._texts:
            return self._texts[label]
        text = plain(label) if " " in label else " ".join(_HUMP.split(label[:200])).lower()
        return text[:1].upper() + text[1:]

    def _named(self, raw: Row, instances: Mapping[str, Component]) -> tuple[str, ...]:
        listed = dict.fromkeys(name for name in map(string, items(raw.get("instanceKeys"))) if name)
        return tuple(name for name in listed if name in instances) or tuple(listed)

    def _regions(self, named: Iterable[str], instances: Mapping[str, Component]) -> tuple[str, ...]:
        regions = (instances[name].region for name in named if name in instances)
        return tuple(dict.fromkeys(region for region in regions if region))


def _severity(impact: Row) -> str:
    return word(impact.get("severity"))


def _level_of(impact: Impact) -> Level:
    return LEVEL_OF_IMPACT[impact]


PROVIDER = Provider(
    kind="salesforce",
    title="Salesforce Trust",
    rate_limit_group="salesforce",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=history_urls,
    parse_history=parse_history,
    hosts=HOSTS,
)
