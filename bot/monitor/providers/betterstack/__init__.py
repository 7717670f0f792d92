"""Better Stack: the page as one JSON:API document of sections, resources, reports and their updates. Pure.

Updates have no stage: what they say of the affected resources and their texts tell it. Ids are strings in one place and
numbers in another. **How an end is known:** an ended report stays listed, as ``resolved``; its ``ends_at`` may stay
empty. A maintenance is under way between its times. The page's HTML tells the state and names alone.
Format: https://betterstack.com/docs/uptime/status-pages/subscribing-to-status-updates/subscribing-to-api/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit, urlunsplit

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
from bot.monitor.parsing.feed_updates import one_update
from bot.monitor.parsing.fields import Row, number, objects, raw_label, read_object, row, rows, string, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at, oldest_first
from bot.monitor.provider import Body, ParseFailed, Provider
from bot.monitor.providers.betterstack import html

IMPACTS = {
    "operational": Impact.NONE,
    "degraded": Impact.MINOR,
    "downtime": Impact.CRITICAL,
    "maintenance": Impact.MAINTENANCE,
}
LEVELS = {label: LEVEL_OF_IMPACT[impact] for label, impact in IMPACTS.items()}
RESOLVED = "resolved"


def state_urls(page_url: str) -> tuple[str, ...]:
    parts = urlsplit(page_url)
    path = parts.path.rstrip("/").removesuffix("/index.json")
    return (urlunsplit((parts.scheme, parts.netloc, f"{path}/index.json", "", "")),)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    if first_element(bodies[0]) == "html":
        return html.parse(vendor, bodies[0], taken_at)
    page = _Page.read(bodies[0])
    components = page.components()
    incidents = page.incidents(vendor, {c.id: c.level for c in components}, taken_at)
    state = string(page.attributes.get("aggregate_state"))
    indicator = LEVELS.get(word(state))
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components, incidents, raw=state),
        status_text=one_line(string(page.attributes.get("announcement"))) or state,
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        page_updated_at=string(page.attributes.get("updated_at")) or None,
        indicator=indicator,
    )


def recognises(body: Body) -> bool:
    try:
        if first_element(body) == "html":
            return html.recognises(body)
        _Page.read(body)
    except ParseFailed:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Page:
    """The document. ``parts``: what it includes, by type and then by id."""

    attributes: Row
    parts: Mapping[str, Mapping[str, Row]]
    root: str | None

    @classmethod
    def read(cls, body: Body) -> _Page:
        found = read_object(body)
        data = row(found.get("data"))
        if data.get("type") != "status_page" or not isinstance(data.get("attributes"), dict):
            raise ParseFailed("The page's JSON is not in Better Stack's format: it may have moved to another platform.")
        parts: dict[str, dict[str, Row]] = {}
        for each in objects(found.get("included"), "parts"):
            parts.setdefault(string(each.get("type")), {})[string(each.get("id"))] = each
        attributes = row(data["attributes"])
        domain = string(attributes.get("custom_domain"))
        at = body.url.partition("?")[0].removesuffix("/index.json")
        root = f"https://{domain}" if domain else at if at.startswith(("https://", "http://")) else None
        return cls(attributes, parts, root)

    def components(self) -> tuple[Component, ...]:
        """In the order of their sections. A resource that is not monitored has no level."""
        sections = {key: row(each.get("attributes")) for key, each in self.parts.get("status_page_section", {}).items()}
        placed = []
        for i, (key, each) in enumerate(self.parts.get("status_page_resource", {}).items()):
            raw = row(each.get("attributes"))
            if not key:
                raise ParseFailed("A resource of the page has no id.")
            section = sections.get(string(raw.get("status_page_section_id")), {})
            name = one_line(string(raw.get("public_name"))) or key
            group = one_line(string(section.get("name"))) or None
            level = LEVELS.get(word(raw.get("status")))
            component = Component(key, name, level, group=group, raw_status=raw_label(level, raw.get("status")))
            placed.append((number(section.get("position")) or 0.0, number(raw.get("position")) or 0.0, i, component))
        return tuple(component for *_, component in sorted(placed, key=lambda each: each[:3]))

    def incidents(self, vendor: Slug, levels: Mapping[str, Level | None], taken_at: datetime) -> tuple[Incident, ...]:
        found = (
            self._incident(vendor, key, each, levels, taken_at)
            for key, each in self.parts.get("status_report", {}).items()
        )
        return tuple(incident for incident in found if incident)

    def _incident(
        self, vendor: Slug, key: str, report: Row, levels: Mapping[str, Level | None], taken_at: datetime
    ) -> Incident | None:
        raw = row(report.get("attributes"))
        planned = word(raw.get("report_type")) == "maintenance" or word(raw.get("aggregate_state")) == "maintenance"
        start, end = time_of(raw.get("starts_at")), time_of(raw.get("ends_at"))
        posted = oldest_first(self._updates(report, start), _first)
        posts = [_post(at, each, planned=planned, id_=id_) for at, id_, each in posted]
        updates = updates_of(key, posts)
        started = start or (updates[0].at if updates else None)
        phase = _phase_of_maintenance(raw, start, end, taken_at) if planned else _phase(raw, posts, end, taken_at)
        if not key or started is None:
            if phase in ENDED:
                return None
            raise ParseFailed("A report of the page has no id, or no time that can be read.")
        affected = _affected(raw)
        named = affected or {id_: None for _, _, each in posted for id_ in _affected(each)}
        impact = Impact.MAINTENANCE if planned else IMPACTS.get(word(raw.get("aggregate_state")))
        ever = [level for _, _, each in posted for level in _affected(each).values()]
        own = LEVEL_OF_IMPACT[impact] if impact else None
        now = [level or levels.get(id_) for id_, level in affected.items()]
        over = phase in ENDED
        return Incident(
            vendor=vendor,
            id=key,
            kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
            title=one_line(string(raw.get("title"))) or "Untitled",
            phase=phase,
            impact=impact,
            started=started,
            resolved=(end if end and end <= taken_at else ended_at(updates) or updates[-1].at if updates else started)
            if over
            else None,
            planned_end=end if planned else None,
            url=self.root and f"{self.root}/incident/{quote(key, safe='')}",
            level=own if planned else worst([own, *(ever if over else now)]),
            components=tuple(named),
            raw_phase=raw_label(phase, raw.get("aggregate_state")),
            raw_impact=None if over else raw_label(impact, raw.get("aggregate_state")),
            updates=updates,
        )

    def _updates(self, report: Row, start: datetime | None) -> list[tuple[datetime, str, Row]]:
        listed = rows(row(row(report.get("relationships")).get("status_updates")).get("data"))
        parts = self.parts.get("status_update", {})
        found = []
        for key in dict.fromkeys(string(each.get("id")) for each in listed):
            raw = row(parts.get(key, {}).get("attributes"))
            at = time_of(raw.get("published_at")) or start
            if raw and at:
                found.append((at, key, raw))
        return found


def _first(each: tuple[datetime, str, Row]) -> datetime:
    return each[0]


def _affected(raw: Row) -> dict[str, Level | None]:
    """Resources by id; ``resolved`` is green again."""
    found = {}
    for each in rows(raw.get("affected_resources")):
        if key := string(each.get("status_page_resource_id")):
            status = word(each.get("status"))
            found[key] = Level.OPERATIONAL if status == RESOLVED else LEVELS.get(status)
    return found


def _post(at: datetime, raw: Row, *, planned: bool, id_: str) -> Post:
    text = plain(string(raw.get("message")))
    states = [word(each.get("status")) for each in rows(raw.get("affected_resources"))]
    if states and all(state == RESOLVED for state in states):
        return Post(at, text, Phase.COMPLETED if planned else Phase.RESOLVED, id_)
    stage = one_update("", text, at)[0].phase
    # Not over while something is still affected, whatever the words are.
    return Post(at, text, None if stage in ENDED and states else stage, id_)


def _phase(raw: Row, posts: list[Post], end: datetime | None, taken_at: datetime) -> Phase | None:
    state = word(raw.get("aggregate_state"))
    if state == RESOLVED or (end is not None and end <= taken_at):
        return Phase.RESOLVED
    newest = next((post.phase for post in reversed(posts) if post.phase), None)
    if not state:
        return newest or Phase.INVESTIGATING
    if state not in LEVELS:
        return None
    return newest if newest not in (None, *ENDED) else Phase.INVESTIGATING


def _phase_of_maintenance(raw: Row, start: datetime | None, end: datetime | None, taken_at: datetime) -> Phase | None:
    if word(raw.get("aggregate_state")) == RESOLVED or (end is not None and end <= taken_at):
        return Phase.COMPLETED
    return Phase.SCHEDULED if start is not None and start > taken_at else Phase.IN_PROGRESS


PROVIDER = Provider(
    kind="betterstack",
    title="Better Stack",
    rate_limit_group="betterstack",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=("betteruptime.com", "betterstack.com"),
    marks=(b"uptime.betterstack.com",),
)
