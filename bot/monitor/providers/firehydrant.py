"""FireHydrant: one file with the page's whole past. Pure.

The conditions of components have the customer's own names; the file says which of three states each stands for. A
component is green unless an open incident says otherwise. **How an end is known:** an incident that is over stays in
the file, with the time at which it was resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

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
    worst,
)
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.fields import (
    Row,
    milliseconds,
    number,
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
from bot.monitor.parsing.timeline import newest_phase, oldest_first
from bot.monitor.provider import Body, ParseFailed, Provider

LEVELS = {"operational": Level.OPERATIONAL, "degraded": Level.DEGRADED, "offline": Level.MAJOR_OUTAGE}
IMPACTS = {
    "sev0": Impact.CRITICAL,
    "sev1": Impact.CRITICAL,
    "sev2": Impact.MAJOR,
    "sev3": Impact.MINOR,
    "sev4": Impact.MINOR,
    "sev5": Impact.NONE,
    "maintenance": Impact.MAINTENANCE,
}
UNSET = "unset"
PHASES = {
    "resolved": Phase.RESOLVED,
    "closed": Phase.RESOLVED,
    "mitigated": Phase.MONITORING,
    "monitoring": Phase.MONITORING,
    "identified": Phase.IDENTIFIED,
    "investigating": Phase.INVESTIGATING,
    "acknowledged": Phase.INVESTIGATING,
    "detected": Phase.INVESTIGATING,
    "started": Phase.INVESTIGATING,
}
"""Of milestones, the furthest first: a note belongs to the one that was reached before it."""
OPEN_STAGES = [(name, phase) for name, phase in PHASES.items() if phase is not Phase.RESOLVED]

_LABEL = re.compile(r"\W{0,9}(investigating|identified|monitoring|resolved)\W{0,9}\s[-\u2013\u2014]\s", re.IGNORECASE)
"""What notes that were brought along from another platform begin with: ``➡️ **Resolved** — …``."""

MS_FROM = 10**11
"""A time of that many seconds lies in the year 5138: it is in milliseconds."""


def state_urls(page_url: str) -> tuple[str, ...]:
    parts = urlsplit(page_url)
    root = parts.path.rstrip("/").removesuffix("/data/payload.json")
    return (urlunsplit((parts.scheme, parts.netloc, f"{root}/data/payload.json", "", "")),)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = _read(bodies[0])
    conditions = _conditions(found)
    made: dict[str, Incident] = {}
    affected: dict[str, list[Level | None]] = {}
    labels: dict[str, str | None] = {}
    for raw in objects(found["incidents"], "incidents"):
        incident, levels, unknown = _incident(vendor, raw, conditions)
        if made.setdefault(incident.id, incident) is incident and incident.is_open:
            for key, level in levels.items():
                affected.setdefault(key, []).append(level)
            labels |= unknown
    components = _components(found, affected, labels)
    incidents = tuple(made.values())
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents, when_empty=Level.OPERATIONAL),
        status_text="",
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        complete_since=min((incident.started for incident in incidents), default=None),
    )


def recognises(body: Body) -> bool:
    try:
        _read(body)
    except ParseFailed:
        return False
    return True


def _read(body: Body) -> Row:
    found = read_object(body)
    if not isinstance(found.get("incidents"), list) or not all(key in found for key in ("conditions", "components")):
        raise ParseFailed("The page's JSON is not in FireHydrant's format: it may have moved to another platform.")
    return found


def _conditions(found: Row) -> Mapping[str, Level | None]:
    """Levels by the customer's words; those of the three states stand for themselves."""
    raw = found["conditions"]
    pairs: Iterable[tuple[str, object]] = row(raw).items()
    if isinstance(raw, list):
        pairs = [(string(each.get("name")), each.get("condition") or each.get("status")) for each in rows(raw)]
    return LEVELS | {word(name): LEVELS.get(word(state)) for name, state in pairs}


def _components(
    found: Row, affected: Mapping[str, list[Level | None]], labels: Mapping[str, str | None]
) -> tuple[Component, ...]:
    made: dict[str, Component] = {}
    for raw in objects(found["components"], "components"):
        key = string(raw.get("id"))
        if not key:
            raise ParseFailed("A component of the page has no id.")
        level = worst(affected[key]) if key in affected else Level.OPERATIONAL
        name = one_line(string(raw.get("name"))) or key
        made[key] = Component(key, name, level, raw_status=raw_label(level, labels.get(key)))
    return tuple(made.values())


def _incident(
    vendor: Slug, raw: Row, conditions: Mapping[str, Level | None]
) -> tuple[Incident, Mapping[str, Level | None], Mapping[str, str | None]]:
    """With the levels of the components that it names, and the words for them that are not known."""
    key = string(raw.get("id"))
    times = {name: _time(at) for name, at in row(raw.get("timestamps")).items()}
    ended = times.get("resolved")
    impact = IMPACTS.get(word(raw.get("severitySlug")))
    planned = impact is Impact.MAINTENANCE
    updates = updates_of(key, _posts(rows(raw.get("timeline")), planned=planned))
    firsts = [at for name in ("started", "detected", "acknowledged") if (at := times.get(name))]
    started = next(iter(firsts), None) or (updates[0].at if updates else None) or ended
    if not key or started is None:
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    phase = Phase.COMPLETED if planned else Phase.RESOLVED
    if ended is None:
        noted = newest_phase(updates)
        reached = (stage for name, stage in OPEN_STAGES if times.get(name) or stage is noted)
        phase = Phase.IN_PROGRESS if planned else next(reached, Phase.INVESTIGATING)
    words = {id_: each.get("condition") for each in rows(raw.get("components")) if (id_ := _id(each))}
    levels = {id_: conditions.get(word(condition)) for id_, condition in words.items()}
    unknown = {} if planned else {id_: raw_label(levels[id_], condition) for id_, condition in words.items()}
    own = LEVEL_OF_IMPACT[impact] if impact else None
    incident = Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title")) or string(raw.get("name"))) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=ended,
        url=web_address(raw.get("url")),
        level=own if planned else worst([own, *levels.values()]),
        components=tuple(levels),
        raw_impact=None if word(raw.get("severitySlug")) == UNSET else raw_label(impact, raw.get("severitySlug")),
        updates=updates,
    )
    return incident, {id_: Level.MAINTENANCE if planned else level for id_, level in levels.items()}, unknown


def _id(raw: Row) -> str:
    return string(raw.get("id")) or string(raw.get("componentId")) or string(row(raw.get("component")).get("id"))


def _posts(timeline: Iterable[Row], *, planned: bool) -> Iterator[Post]:
    """The notes, each in one of the two forms that it has; what stands between them tells the stage."""
    dated = [(at, each) for each in timeline if (at := _time(each.get("occurredAt")) or _time(each.get("time")))]
    stage: Phase | None = None
    for at, raw in oldest_first(dated, _first):
        details = row(raw.get("details"))
        reached = row(details.get("milestoneUpdate")).get("currentMilestone")
        stage = PHASES.get(word(reached), stage)
        text = plain(string(details.get("note")) or string(row(details.get("note")).get("note")))
        label = _LABEL.match(text)
        phase = PHASES[label[1].lower()] if label else stage
        if planned and phase:
            phase = Phase.COMPLETED if phase is Phase.RESOLVED else Phase.IN_PROGRESS
        if text:
            yield Post(at, text, phase, string(raw.get("id")))


def _first(pair: tuple[datetime, Row]) -> datetime:
    return pair[0]


def _time(value: object) -> datetime | None:
    found = number(value)
    if found is None:
        return time_of(value)
    return milliseconds(found) if found >= MS_FROM else seconds(found)


PROVIDER = Provider(
    kind="firehydrant",
    title="FireHydrant",
    rate_limit_group="firehydrant",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    marks=(b"firehydrant",),
)
