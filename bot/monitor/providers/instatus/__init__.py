"""Instatus: what is open and what is planned in one answer, components in another, texts in the feed. Pure.

The page's own word says little: it may be UP while incidents are open, and its main status is one step milder than the
worst component. So the level is that of the components and incidents. A page's HTML carries all of this as well.
**How an end is known:** the feed holds ended incidents too, with their updates.
Format: https://instatus.com/help/api, https://instatus.com/help/status-page/main-status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from bot.monitor.parsing.body import first_element, read_json
from bot.monitor.parsing.feed_updates import OF_MAINTENANCE
from bot.monitor.parsing.feed_xml import ROOTS, Entry, read_document
from bot.monitor.parsing.fields import Row, number, objects, raw_label, row, rows, string, web_address
from bot.monitor.parsing.flight import Flight, is_flight
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at
from bot.monitor.provider import Body, History, ParseFailed, Provider
from bot.monitor.providers.instatus.feed import affected, incident_of, key_of, updates_in

IMPACTS = {
    "OPERATIONAL": Impact.NONE,
    "UNDERMAINTENANCE": Impact.MAINTENANCE,
    "DEGRADEDPERFORMANCE": Impact.MINOR,
    "MINOROUTAGE": Impact.MAJOR,
    "PARTIALOUTAGE": Impact.MAJOR,
    "MAJOROUTAGE": Impact.CRITICAL,
}
LEVELS = {label: LEVEL_OF_IMPACT[impact] for label, impact in IMPACTS.items()}
PHASES = {
    "INVESTIGATING": Phase.INVESTIGATING,
    "IDENTIFIED": Phase.IDENTIFIED,
    "MONITORING": Phase.MONITORING,
    "RESOLVED": Phase.RESOLVED,
    "NOTSTARTEDYET": Phase.SCHEDULED,
    "INPROGRESS": Phase.IN_PROGRESS,
    "VERIFYING": Phase.VERIFYING,
    "COMPLETED": Phase.COMPLETED,
}
LONGEST_MINUTES = 10 * 365 * 24 * 60

_TAIL = re.compile(r"/(?:(?:v\d/)?(?:summary|components)\.json|history(?:\.atom|\.rss)?|incidents?/.*)?/*$")
_JS_DATE = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2} )(\d{4} \d{2}:\d{2}:\d{2}) GMT([+-]\d{4})(?: \([^()]*\))?"
)


def state_urls(page_url: str) -> tuple[str, ...]:
    root = _root(page_url)
    return (f"{root}/summary.json", f"{root}/v2/components.json", f"{root}/history.atom")


def history_urls(page_url: str) -> tuple[str, ...]:
    return (f"{_root(page_url)}/history.atom",)


def _root(page_url: str) -> str:
    parts = urlsplit(page_url)
    return urlunsplit((parts.scheme, parts.netloc, _TAIL.sub("", parts.path), "", ""))


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of all bodies together, each known by its shape. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    page = _Page(vendor)
    for body in bodies:
        if first_element(body) in ROOTS:
            page.entries = tuple(read_document(body).entries)
        else:
            page.take(_found(body))
    if not page.has_content:
        raise ParseFailed("The page tells neither a state nor components: it may have moved to another platform.")
    incidents = page.incidents()
    return Snapshot(
        vendor=vendor,
        level=page.level(incidents),
        status_text=page.words,
        components=tuple(page.components.values()),
        incidents=incidents,
        taken_at=taken_at,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The incidents of the feed."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    entries = read_document(bodies[0]).entries
    found = {i.id: i for i in (incident_of(vendor, entry) for entry in entries) if i.id}
    return History(tuple(found.values()), min((entry.published for entry in entries), default=None))


def recognises(body: Body) -> bool:
    try:
        return _Page(Slug("")).take(_found(body)).has_content
    except ParseFailed:
        return False


# --- bodies ---------------------------------------------------------------------------------------------------------


def _found(body: Body) -> object:
    """The JSON of a body, or what its HTML carries."""
    if first_element(body) == "html" and is_flight(body):
        flight = Flight(body)
        site = next(flight.find("site", "activeIncidents"), None)
        if site is not None:
            keys = ("site", "activeIncidents", "activeMaintenances", "notices")
            return {key: flight.resolve(site[key]) for key in keys if key in site}
    return read_json(body)


@dataclass(slots=True)
class _Page:
    """What the bodies read so far hold."""

    vendor: Slug
    words: str = ""
    host: str = ""
    has_content: bool = False
    components: dict[str, Component] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    listed: list[tuple[Row, bool]] = field(default_factory=list)

    def take(self, found: object) -> _Page:
        if isinstance(found, list):
            self._take_components(objects(found, "components"))
            return self
        document = row(found)
        head = row(document.get("site")) or row(document.get("page"))
        status = string(head.get("mainStatus")) or string(head.get("status"))
        # Checkly's summary is built alike, and says "OPERATIONAL" of the page.
        is_other = "indicator" in row(document.get("status")) or (status == "OPERATIONAL" and "page" in document)
        if status.isalpha() and status.isupper() and not is_other:
            self.words, self.has_content = status, True
            subdomain = string(head.get("subdomain"))
            self.host = string(head.get("customDomain")) or (f"{subdomain}.instatus.com" if subdomain else "")
            self._list(document, "activeIncidents", planned=False)
            self._list(document, "activeMaintenances", planned=True)
            notices = filter(None, map(row, row(document.get("notices")).values()))
            self.listed += [(each, "duration" in each) for each in notices]
            self._take_components(objects(head.get("components"), "components"))
        elif "components" in document:
            self._take_components(objects(document["components"], "components"))
        else:
            raise ParseFailed("The page's JSON is not in Instatus's format: it may have moved to another platform.")
        return self

    def _list(self, page: Row, key: str, *, planned: bool) -> None:
        self.listed += [(each, planned) for each in objects(page.get(key), "incidents")]

    def _take_components(self, listed: list[Row]) -> None:
        listed = sorted(listed, key=lambda each: number(each.get("order")) or 0.0)
        # Checkly's services are built alike, and name their group in a word.
        named = any(isinstance(each.get("group"), str) for each in listed)
        if named or not all(string(each.get("id")) and string(each.get("status")).isupper() for each in listed):
            raise ParseFailed("The page's components are not in Instatus's format.")
        parents = {string(row(each.get("group")).get("id")) for each in listed}
        below = {string(child) or string(row(child).get("id")): each for each in listed for child in _children(each)}
        for each in listed:
            key = string(each["id"])
            # A parent whose children are not listed is all that is known of them.
            if each.get("archivedAt") or key in parents or _children(each):
                inner = [child for child in _children(each) if isinstance(child, dict)]
                for child in inner if not each.get("archivedAt") else ():
                    self._take_component(child, each)
            elif key not in self.components:
                self._take_component(each, row(each.get("group")) or below.get(key, {}))
        self.has_content = self.has_content or bool(listed)

    def _take_component(self, raw: Row, group: Row) -> None:
        key = string(raw.get("id"))
        if key:
            level = LEVELS.get(string(raw.get("status")))
            name, label = _name(raw.get("name")) or key, raw_label(level, raw.get("status"))
            self.components[key] = Component(key, name, level, group=_name(group.get("name")) or None, raw_status=label)

    def incidents(self) -> tuple[Incident, ...]:
        texts = {key: entry for entry in self.entries if (key := key_of(entry))}
        found: dict[str, Incident] = {}
        for raw, planned in self.listed:
            if (incident := self._incident(raw, texts, planned=planned)) is not None:
                found.setdefault(incident.id, incident)
        return tuple(found.values())

    def _incident(self, raw: Row, texts: Mapping[str, Entry], *, planned: bool) -> Incident | None:
        key = string(raw.get("id"))
        phase = _phase(raw.get("status"), planned=planned)
        started = _time(raw.get("start")) if planned else None
        started = started or _time(raw.get("started"))
        if not key or started is None:
            if phase in ENDED:
                return None
            raise ParseFailed("An incident of the page has no id, or no time that can be read.")
        posts = [
            Post(
                at,
                plain(_word(each.get("message"))),
                _phase(each.get("status"), planned=planned),
                string(each.get("id")),
            )
            for each in rows(raw.get("updates"))
            if (at := _time(each.get("started")) or _time(each.get("createdAt")))
        ]
        entry = texts.get(key)
        updates = updates_of(key, posts) or (updates_in(entry, planned=planned) if entry else ())
        named = tuple(filter(None, (string(each.get("id")) for each in rows(raw.get("components")))))
        named = named or (self._named(entry) if entry else ())
        impact = Impact.MAINTENANCE if planned else IMPACTS.get(string(raw.get("impact")))
        own = LEVEL_OF_IMPACT[impact] if impact else None
        levels = [self.components[each].level for each in named if each in self.components]
        return Incident(
            vendor=self.vendor,
            id=key,
            kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
            title=_name(raw.get("name")) or "Untitled",
            phase=phase,
            impact=impact,
            started=started,
            resolved=(_time(raw.get("resolved")) or ended_at(updates) or started) if phase in ENDED else None,
            planned_end=_until(started, raw.get("duration")) if planned else None,
            url=web_address(raw.get("url")) or (entry.link if entry else self._link(key, planned=planned)),
            level=own if planned or phase in ENDED else worst([own, *levels]),
            components=named,
            raw_phase=raw_label(phase, raw.get("status")),
            raw_impact=raw_label(impact, raw.get("impact")),
            updates=updates,
        )

    def _link(self, key: str, *, planned: bool) -> str | None:
        """HTML tells the page's host, and no links."""
        path = f"{'maintenance' if planned else 'incident'}/{quote(key, safe='')}"
        return web_address(f"https://{self.host}/{path}") if self.host else None

    def _named(self, entry: Entry) -> tuple[str, ...]:
        """The feed tells components by name alone."""
        names = affected(entry)
        return tuple(c.id for c in self.components.values() if c.name.casefold() in names)

    def level(self, incidents: Iterable[Incident]) -> Level | None:
        incidents = tuple(incidents)
        in_doubt = any(component.level is None for component in self.components.values())
        indicator = Level.OPERATIONAL if self.words == "UP" and not in_doubt else None
        for label, level in LEVELS.items():
            if self.words.endswith(label):
                indicator = level
        understood = self.words in ("UP", "HASISSUES")
        found = page_level(indicator, self.components.values(), incidents, raw=None if understood else self.words)
        if self.words == "HASISSUES" and found is Level.OPERATIONAL and not any(i.is_open for i in incidents):
            return Level.DEGRADED
        return found


def _children(raw: Row) -> list[object]:
    children = raw.get("children")
    return children if isinstance(children, list) else []


def _word(value: object) -> str:
    """A text, or one of its translations."""
    texts = row(value)
    return string(value) or string(texts.get("default")) or next(filter(None, map(string, texts.values())), "")


def _name(value: object) -> str:
    return one_line(_word(value))


def _time(value: object) -> datetime | None:
    """ISO, or as JavaScript prints a date."""
    found = _JS_DATE.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 100 else None
    return time_of(f"{found[2]}{found[1]} {found[3]} {found[4]}" if found else value)


def _until(start: datetime, minutes: object) -> datetime | None:
    found = number(minutes)
    return start + timedelta(minutes=found) if found is not None and 0 < found < LONGEST_MINUTES else None


def _phase(value: object, *, planned: bool) -> Phase | None:
    phase = PHASES.get("".join(string(value).upper().split()))
    return OF_MAINTENANCE.get(phase, phase) if planned and phase else phase


PROVIDER = Provider(
    kind="instatus",
    title="Instatus",
    rate_limit_group="instatus",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=history_urls,
    parse_history=parse_history,
    hosts=("instatus.com",),
    marks=(b"instatus.com/",),
    partial=True,
)
