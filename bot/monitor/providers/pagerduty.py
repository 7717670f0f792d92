"""Status pages that PagerDuty serves: an HTML page with its whole state as JSON in ``<script id="data">``. Pure.

What is open and what is over stands in two lists, newest update first. The headline is a setting and stays the same
while an incident is open, so it says nothing. **How an end is known:** the newest update says resolved or completed, or
the incident stands among the resolved ones; a postmortem may follow weeks later. PagerDuty takes posts down again that
turned out to be nothing: an open one that leaves both lists has vanished.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.body import check_size, first_element
from bot.monitor.parsing.fields import Row, objects, raw_label, read_object, row, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at, newest_phase, oldest_first
from bot.monitor.provider import Body, ParseFailed, Provider

IMPACTS = {
    "all_good": Impact.NONE,
    "minor": Impact.MINOR,
    "major": Impact.MAJOR,
    "outage": Impact.CRITICAL,
    "maintenance": Impact.MAINTENANCE,
}
LEVELS = {
    **{label: LEVEL_OF_IMPACT[impact] for label, impact in IMPACTS.items()},
    "operational": Level.OPERATIONAL,
    "partial_outage": Level.PARTIAL_OUTAGE,
}
PHASES = {
    "detected": Phase.INVESTIGATING,
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
    "scheduled": Phase.SCHEDULED,
    "in_progress": Phase.IN_PROGRESS,
    "completed": Phase.COMPLETED,
}
PLANNED = frozenset({Phase.SCHEDULED, Phase.IN_PROGRESS, Phase.COMPLETED})

_OPENING = re.compile(rb"<script\b[^<>]{0,200}\bid=[\"']data[\"'][^<>]{0,200}>", re.IGNORECASE)
_CLOSING = b"</script"


def state_urls(page_url: str) -> tuple[str, ...]:
    return (page_url,)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = _read(bodies[0])
    summary = row(found.get("summary"))
    words = {string(each.get("id")): string(each.get("description")) for each in rows(summary.get("post_enums"))}
    reader = _Reader(vendor, words, web_address(bodies[0].url))
    incidents: dict[str, Incident] = {}
    for key in ("open_incidents", "posts", "resolved_incidents"):
        for raw in objects(summary.get(key), key.replace("_", " ")):
            if (incident := reader.incident(raw, over=key == "resolved_incidents")) is not None:
                incidents.setdefault(incident.id, incident)
    components = _components(found, reader, incidents.values())
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents.values(), when_empty=Level.OPERATIONAL),
        status_text="",
        components=components,
        incidents=tuple(incidents.values()),
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        _read(body)
    except ParseFailed:
        return False
    return True


def _read(body: Body) -> Row:
    check_size(body)
    if first_element(body) is not None:
        opening = _OPENING.search(body.content)
        end = body.content.find(_CLOSING, opening.end()) if opening else -1
        if opening is None or end < 0:
            raise ParseFailed("The page is not one that PagerDuty serves: it holds no data.")
        body = Body(body.url, body.content[opening.end() : end], None)
    found = read_object(body)
    summary = row(found.get("summary"))
    if not isinstance(summary.get("open_incidents"), list) or "post_enums" not in summary:
        raise ParseFailed("The page's data is not in the format of a PagerDuty status page.")
    return found


# --- components -----------------------------------------------------------------------------------------------------


def _components(found: Row, reader: _Reader, incidents: Iterable[Incident]) -> tuple[Component, ...]:
    """The services; one that is inactive only while something open is about it."""
    levels: dict[str, list[Level | None]] = {}
    for incident in incidents:
        if incident.phase is None or incident.is_open:
            for key, level in reader.named.get(incident.id, {}).items():
                planned = incident.kind is IncidentKind.MAINTENANCE
                levels.setdefault(key, []).append(incident.effective_level if planned and incident.phase else level)
    groups = _groups(found)
    components = {}
    for service in objects(row(found.get("summary")).get("post_status_page_services"), "services"):
        key = string(service.get("id"))
        if not key:
            raise ParseFailed("A service of the page has no id.")
        if service.get("is_active") is not False or key in levels:
            level = worst(levels[key]) if key in levels else Level.OPERATIONAL
            group = groups.get(string(service.get("external_business_service_id")))
            name, label = one_line(string(service.get("name"))) or key, raw_label(level, reader.labels.get(key))
            components[key] = Component(key, name, level, group=group, raw_status=label)
    return tuple(components.values())


def _groups(found: Row) -> dict[str, str]:
    """The heading of a service, by the service's id elsewhere at PagerDuty."""
    settings = row(row(found.get("layout")).get("layout_settings"))
    entries = rows(settings.get("business_services"))
    heads = {string(e.get("id")): one_line(string(e.get("name"))) for e in entries if e.get("grouping_element") is True}
    under = {string(e.get("id")): heads.get(string(e.get("Head_ID")), "") for e in entries}
    return {key: head for key, head in under.items() if key and head}


# --- posts ----------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads posts. ``words``: what ids stand for where a post names a state by its id. ``named``: by incident, the
    services of its newest update, with their levels. ``labels``: the page's words for those that are not known."""

    def __init__(self, vendor: Slug, words: Mapping[str, str], url: str | None) -> None:
        self._vendor, self._words, self._url = vendor, words, url
        self.named: dict[str, dict[str, Level | None]] = {}
        self.labels: dict[str, str] = {}

    def incident(self, raw: Row, *, over: bool) -> Incident | None:
        key = string(raw.get("id"))
        posted = [(at, post) for post in rows(raw.get("updates")) if (at := _at(post)) is not None]
        posted = oldest_first(reversed(posted), lambda pair: pair[0])
        phases = [PHASES.get(self._word(post, "status")) for _, post in posted]
        posts = [
            Post(at, plain(string(post.get("message"))), phase, string(post.get("id")))
            for (at, post), phase in zip(posted, phases, strict=True)
        ]
        severities = [self._word(post, "severity") for _, post in posted]
        newest_word = self._word(posted[-1][1], "status") if posted else ""
        planned = word(raw.get("post_type")) == "maintenance" or any(phase in PLANNED for phase in phases)
        phase = newest_phase(updates_of(key, posts)) if newest_word in PHASES or not newest_word else None
        if over and phase not in ENDED:
            phase = Phase.COMPLETED if planned else Phase.RESOLVED
        postmortem = row(raw.get("postmortem"))
        if phase is Phase.RESOLVED and (text := plain(string(postmortem.get("message")))):
            phase = Phase.POSTMORTEM
            at = max(_at(postmortem) or posted[-1][0], posted[-1][0]) if posted else _at(postmortem)
            if at is not None:
                posts.append(Post(at, text, phase, string(postmortem.get("id"))))
        updates = updates_of(key, posts)
        started = time_of(raw.get("starts_at")) or (updates[0].at if updates else time_of(raw.get("created_at")))
        if not key or started is None:
            if phase in ENDED:
                return None
            raise ParseFailed("An incident of the page has no id, or no time that can be read.")
        named = self._services(post for _, post in posted)
        self.named[key] = self._services([posted[-1][1]]) if posted else {}
        ended = phase in ENDED
        impact = _impact(severities if ended else severities[-1:], planned=planned)
        own = LEVEL_OF_IMPACT[impact] if impact else None
        return Incident(
            vendor=self._vendor,
            id=key,
            kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
            title=one_line(string(raw.get("title"))) or "Untitled",
            phase=phase,
            impact=impact,
            started=started,
            resolved=(ended_at(updates) or started) if ended else None,
            planned_end=time_of(raw.get("ends_at")) if planned else None,
            url=self._url,
            level=own if planned else worst([own, *(named if ended else self.named[key]).values()]),
            components=tuple(self.named[key] or named),
            raw_phase=raw_label(phase, newest_word),
            raw_impact=raw_label(impact, next(reversed(severities), None)),
            updates=updates,
        )

    def _services(self, posts: Iterable[Row]) -> dict[str, Level | None]:
        found: dict[str, Level | None] = {}
        for post in posts:
            for raw in rows(post.get("impacted_business_services")) + rows(post.get("impacted_services")):
                key = string(raw.get("id")) or string(row(raw.get("service")).get("id"))
                label = self._word(raw, "severity") or self._word(raw, "impact")
                level = LEVELS.get(label)
                if level is None:
                    self.labels[key] = label
                if key:
                    found[key] = worst((level, found.get(key)))
        return found

    def _word(self, raw: Row, key: str) -> str:
        """A word, or the id of one in ``post_enums``."""
        value = raw.get(key)
        label = string(row(value).get("id")) if isinstance(value, dict) else string(value)
        return word(self._words.get(label, label))


def _impact(severities: Iterable[str], *, planned: bool) -> Impact | None:
    if planned:
        return Impact.MAINTENANCE
    known = [IMPACTS[severity] for severity in severities if severity in IMPACTS]
    return max(known, key=lambda impact: LEVEL_OF_IMPACT[impact], default=None)


def _at(post: Row) -> datetime | None:
    return time_of(post.get("reported_at")) or time_of(post.get("created_at"))


PROVIDER = Provider(
    kind="pagerduty",
    title="PagerDuty status pages",
    rate_limit_group="pagerduty",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=("status.pagerduty.com",),
)
