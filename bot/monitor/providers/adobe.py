"""Adobe's status: the events of the last weeks, each with the products that it hits and the posts about each. Pure.

An event has a history for every product in it, and texts that stand apart, by language. **How an end is known:** an
ended event stays listed, its products closed or completed and with an end.
Format: the document that https://status.adobe.com itself reads, of the last 40 days.
"""

from __future__ import annotations

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
from bot.monitor.parsing.fields import Row, items, raw_label, read_object, row, seconds, string, word
from bot.monitor.parsing.text import one_line, plain
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider

HOSTS = ("status.adobe.com",)
EVENTS = "https://data.status.adobe.com/adobestatus/StatusEvents"
HUMAN_URL = "https://status.adobe.com"
LANGUAGE = "en"

IMPACTS = {
    "major": Impact.MAJOR,
    "minor": Impact.MINOR,
    "potential": Impact.MINOR,
    "trivial": Impact.NONE,
    "maintenance": Impact.MAINTENANCE,
}
PHASES: Mapping[str, Phase | None] = {
    "discovery": Phase.INVESTIGATING,
    "opened": Phase.INVESTIGATING,
    "reopened": Phase.INVESTIGATING,
    "started": Phase.INVESTIGATING,
    "updated": None,
    "closed": Phase.RESOLVED,
    "completed": Phase.RESOLVED,
    "dismissed": Phase.RESOLVED,
}
PLANNED_PHASES: Mapping[str, Phase | None] = {
    "scheduled": Phase.SCHEDULED,
    "opened": Phase.SCHEDULED,
    "updated": None,
    "started": Phase.IN_PROGRESS,
    "completed": Phase.COMPLETED,
    "closed": Phase.COMPLETED,
    "dismissed": Phase.COMPLETED,
    "canceled": Phase.COMPLETED,
    "cancelled": Phase.COMPLETED,
}

_SECTIONS = (("incidentEvent", "incidents", False), ("maintenanceEvent", "maintenance", True))
_TIME = "{:%Y-%m-%d %H:%M} UTC"


def state_urls(page_url: str) -> tuple[str, ...]:
    return (EVENTS if is_under(page_url, HOSTS) else page_url,)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_object(bodies[0])
    if not _has_shape(found):
        raise ParseFailed("The page's JSON is not in the format of Adobe's status.")
    incidents: dict[str, Incident] = {}
    names: dict[str, Component] = {}
    for section, key, planned in _SECTIONS:
        texts = row(row(row(found[section]).get("messages")).get(LANGUAGE))
        for event in row(row(found[section]).get(key)).values():
            for product in _products(row(event)):
                names.setdefault(product.id, product)
            if (incident := _incident(vendor, row(event), texts, planned=planned)) is not None:
                incidents.setdefault(incident.id, incident)
    components = tuple(_with_level(component, incidents.values()) for component in names.values())
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
        return _has_shape(read_object(body))
    except ParseFailed:
        return False


def _has_shape(found: Row) -> bool:
    return all(isinstance(row(found.get(section)).get(key), dict) for section, key, _ in _SECTIONS)


def _products(event: Row) -> Iterable[Component]:
    """In the cloud that holds each; their levels follow from the events."""
    clouds = [row(cloud) for cloud in row(event.get("clouds")).values()]
    for raw in map(row, row(event.get("products")).values()):
        key, name = string(raw.get("id")), one_line(string(raw.get("name")))
        held = (c for c in clouds if key in map(string, items(c.get("cloudProducts"))))
        group = next((one_line(string(cloud.get("name"))) for cloud in held), "")
        if key:
            yield Component(key, name or key, None, group=group or None)


def _with_level(component: Component, incidents: Iterable[Incident]) -> Component:
    about = [i for i in incidents if component.id in i.components and i.phase not in {*ENDED, Phase.SCHEDULED}]
    unknown = next((i.raw_impact or i.raw_phase for i in about if i.level is None), None)
    level = worst([i.level for i in about]) if about else Level.OPERATIONAL
    return Component(
        component.id, component.name, level, group=component.group, raw_status=unknown if level is None else None
    )


def _incident(vendor: Slug, event: Row, texts: Row, *, planned: bool) -> Incident | None:
    key = string(event.get("id"))
    products = [row(product) for product in row(event.get("products")).values()]
    histories = [_history(product) for product in products] or [_history(event)]
    if not any(histories):
        histories = [_history(event)]
    posted = sorted((post for history in histories for post in history), key=lambda post: post[0])
    starts = [at for raw in (event, *products) if (at := seconds(raw.get("startedOn")))]
    ends = [at for raw in products if (at := seconds(raw.get("endedOn")))]
    until = seconds(event.get("completedOn"))
    started = seconds(event.get("scheduledDate")) if planned else None
    started = started or min(starts, default=None) or (posted[0][0] if posted else None)
    words = PLANNED_PHASES if planned else PHASES
    newest = [_status(history) or string(event.get("status")) for history in histories]
    phases = [_phase(word_, words, planned=planned) for word_ in newest]
    still = [phase for phase in phases if phase not in ENDED]
    over = bool(phases) and not still
    if not key or started is None:
        if over:
            return None
        raise ParseFailed("An event of the page has no id, or no time that can be read.")
    severities = [string(history[-1][1].get("severity")) for history in histories if history]
    impacts = [IMPACTS.get(word(severity)) for severity in severities]
    impact = Impact.MAINTENANCE if planned else _worst(impacts)
    strange = next((s for s, known in zip(severities, impacts, strict=True) if known is None), None)
    phase = (phases[0] if over else next(iter(still), None)) if phases else None
    title = next((text for _, raw in reversed(posted) if (text := _text(texts, raw.get("titleToken")))), "")
    window = {"startDateTime": started, "endDateTime": until or max(ends, default=None)}
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(_filled(title, window)) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=max(started, *ends, posted[-1][0] if not ends and posted else started) if over else None,
        planned_end=until if planned else None,
        url=HUMAN_URL,
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        components=tuple(dict.fromkeys(filter(None, (string(product.get("id")) for product in products)))),
        raw_phase=None if phase else raw_label(None, next(iter(newest), None)),
        raw_impact=raw_label(impact, strange),
        updates=updates_of(key, _posts(posted, texts, words, window)),
    )


def _history(raw: Row) -> list[tuple[datetime, Row]]:
    """By the second under which each post stands, oldest first."""
    found = ((seconds(at), row(post)) for at, post in row(raw.get("history")).items())
    return sorted(((at, post) for at, post in found if at), key=lambda pair: pair[0])


def _status(history: list[tuple[datetime, Row]]) -> str:
    """The newest word that says where things stand: an update only says that there is one."""
    told = [status for _, raw in history if (status := string(raw.get("status")))]
    return next((status for status in reversed(told) if word(status) != "updated"), told[-1] if told else "")


def _phase(status: str, words: Mapping[str, Phase | None], *, planned: bool) -> Phase | None:
    if word(status) in words:
        return words[word(status)] or (Phase.SCHEDULED if planned else Phase.INVESTIGATING)
    return None


def _worst(impacts: Iterable[Impact | None]) -> Impact | None:
    return max((i for i in impacts if i), key=lambda impact: LEVEL_OF_IMPACT[impact], default=None)


def _posts(
    posted: Iterable[tuple[datetime, Row]],
    texts: Row,
    words: Mapping[str, Phase | None],
    window: Mapping[str, datetime | None],
) -> Iterable[Post]:
    """The same post stands in the history of every product that it is about."""
    seen = set()
    for at, raw in posted:
        text = plain(_filled(_text(texts, raw.get("messageToken")), window))
        phase = words.get(word(raw.get("status")))
        if (at, text, phase) not in seen:
            seen.add((at, text, phase))
            yield Post(at, text, phase)


def _text(texts: Row, token: object) -> str:
    found = row(texts.get(string(token)))
    return string(found.get("htmlMessage")) or string(found.get("textMessage"))


def _filled(text: str, window: Mapping[str, datetime | None]) -> str:
    for name, at in window.items():
        text = text.replace(f"{{{name}}}", _TIME.format(at) if at else "…")
    return text


PROVIDER = Provider(
    kind="adobe",
    title="Adobe Status",
    rate_limit_group="adobe",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
    lists_all_components=False,
)
