"""The Statuspage v2 API as a whole page, for Atlassian's pages and for those that answer in its format. Pure.

One poll of ``summary.json`` holds all components and what is open. ``incidents.json`` and
``scheduled-maintenances.json`` hold the 50 newest of each. Any of the API's bodies reads by its shape, a webhook's
payload too.
Format: https://metastatuspage.com/api.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain import ENDED, Component, Incident, IncidentKind, Level, Slug, Snapshot
from bot.monitor.parsing.assemble import EPOCH, page_level
from bot.monitor.parsing.fields import Row, items, objects, read_object, row, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, time_of
from bot.monitor.parsing.urls import root_of
from bot.monitor.provider import Body, History, ParseFailed
from bot.monitor.providers.statuspage.rows import COMPONENT_LEVELS, INDICATORS, read_components, read_incidents

LISTED = 50
"""How many incidents, and how many maintenances, the API lists; it knows no further pages."""

NEVER = datetime(2200, 1, 1, tzinfo=UTC)

_ULID = re.compile(r"01[0-9A-HJKMNP-TV-Z]{24}")
_TAIL = re.compile(r"/(?:api(?:/v2(?:/[\w/.-]*)?)?|history(?:\.atom|\.rss)?|incidents(?:/[\w-]*)?|feed\.rss)/?$")


def page_root(url: str) -> str:
    """The address that the API hangs under: without the query and the known tails of a page's own links."""
    return root_of(url, _TAIL)


def state_urls(page_url: str) -> tuple[str, ...]:
    return (f"{page_root(page_url)}/api/v2/summary.json",)


def history_urls(page_url: str) -> tuple[str, ...]:
    root = page_root(page_url)
    return (f"{root}/api/v2/incidents.json", f"{root}/api/v2/scheduled-maintenances.json")


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_object(bodies[0])
    if not _has_shape(found):
        raise ParseFailed("The page's JSON is not in Statuspage's format: it may have moved to another platform.")
    page = _Page.read(vendor, found, bodies[0].url)
    if not page.has_content:
        raise ParseFailed("The page lists no components and no state: it may have moved to another platform.")
    return Snapshot(
        vendor=vendor,
        level=page.level,
        status_text=page.status_text,
        components=page.components,
        incidents=page.incidents,
        taken_at=taken_at,
        complete_since=page.oldest if page.is_history else None,
        page_updated_at=page.updated_at,
        indicator=INDICATORS.get(word(page.raw_indicator)),
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The newest incidents, and the maintenances if that list is there: incident.io has been seen without it.

    Without it nothing is promised, or a maintenance that is over would count as taken down.
    """
    pages, failures = [], []
    for body in bodies:
        try:
            pages.append(_Page.read(vendor, read_object(body), body.url))
        except ParseFailed as failure:
            failures.append(failure)
    lists = frozenset(key for page in pages for key in page.lists)
    if "incidents" not in lists:
        raise failures[0] if failures else ParseFailed("The page's history holds no list of incidents.")
    incidents: dict[str, Incident] = {}
    for page in pages:
        for incident in page.incidents:
            incidents.setdefault(incident.id, incident)
    if "scheduled_maintenances" not in lists:
        return History(tuple(incidents.values()), None)
    cuts = [page.oldest or NEVER for page in pages if page.cut]
    return History(tuple(incidents.values()), max(cuts, default=EPOCH))


def is_v2(body: Body) -> bool:
    """Whether a body is one of this API's, whoever serves it."""
    try:
        return _has_shape(read_object(body))
    except ParseFailed:
        return False


def has_ulids(body: Body) -> bool:
    """Whether it is incident.io that answers in this format: ULIDs, and no time zone."""
    try:
        found = read_object(body)
    except ParseFailed:
        return False
    page = row(found.get("page"))
    first = [row(each) for key in _LISTS for each in items(found.get(key))[:1]]
    ids = [string(each.get("id")) for each in (page, *first)]
    return _has_shape(found) and "time_zone" not in page and any(_ULID.fullmatch(key) for key in ids)


def lacks_ids(body: Body) -> bool:
    """Whether it is OpenStatus that answers in this format: neither the page nor its components have an id."""
    try:
        found = read_object(body)
    except ParseFailed:
        return False
    page = row(found.get("page"))
    named = {"name", "url", "updated_at"} <= page.keys()
    return named and "id" not in page and not any("id" in each for each in rows(found.get("components")))


def _has_shape(found: Row) -> bool:
    page, status = row(found.get("page")), row(found.get("status"))
    if "indicator" in status or "status_indicator" in page:
        return True
    if page.get("id") and any(key in found for key in (*_LISTS, "incident", "component")):
        return True
    listed = (each for key in _LISTS for each in rows(found.get(key)))
    return any("incident_updates" in each or "page_id" in each or each.get("status") in _LOWER_CASE for each in listed)


_LISTS = ("components", "incidents", "scheduled_maintenances")
_SINGLES = {"components": "component", "incidents": "incident"}
_KINDS = {"incidents": IncidentKind.INCIDENT, "scheduled_maintenances": IncidentKind.MAINTENANCE}
_LOWER_CASE = tuple(COMPONENT_LEVELS)
"""Instatus has the same words in capitals."""


@dataclass(frozen=True, slots=True)
class _Page:
    """One body, read."""

    raw_indicator: object
    """Its own word for its state; ``None`` or ``""`` where the body holds no state."""
    level: Level | None
    status_text: str
    updated_at: str | None
    components: tuple[Component, ...]
    incidents: tuple[Incident, ...]
    lists: frozenset[str]
    """Which of the API's lists it holds."""
    cut: bool
    """One of the lists may go on where it ends here."""
    oldest: datetime | None
    """The lists hold everything that started from then on."""

    @classmethod
    def read(cls, vendor: Slug, found: Row, url: str) -> _Page:
        page, status = row(found.get("page")), row(found.get("status"))
        bare = found.get("status") if not status else None
        raw_indicator = bare or status.get("indicator", page.get("status_indicator"))
        listed = {key: objects(found.get(key), key.replace("_", " ")) + _single(found, key) for key in _LISTS}
        components, groups = read_components(listed["components"])
        levels = {component.id: component.level for component in components}
        root = web_address(page.get("url")) or web_address(url)
        incidents: dict[str, Incident] = {}
        for key, kind in _KINDS.items():
            for incident in read_incidents(vendor, listed[key], kind, root and page_root(root), levels):
                incidents.setdefault(incident.id, incident)
        indicator = INDICATORS.get(word(raw_indicator))
        text = string(status.get("description")) or string(page.get("status_description")) or string(raw_indicator)
        return cls(
            raw_indicator=raw_indicator,
            level=page_level(indicator, components, incidents.values(), raw=raw_indicator, groups=groups),
            status_text=one_line(text),
            updated_at=string(page.get("updated_at")) or None,
            components=components,
            incidents=tuple(incidents.values()),
            lists=frozenset(key for key in _LISTS if key in found or (page and url.endswith(_FILES.get(key, "\n")))),
            cut=any(len(listed[key]) >= LISTED for key in _KINDS),
            oldest=max((at for key in _KINDS if (at := _oldest(listed[key]))), default=None),
        )

    @property
    def is_indicated(self) -> bool:
        """Whether it holds a state of its own, understood or not."""
        return self.raw_indicator not in (None, "")

    @property
    def has_content(self) -> bool:
        """Whether the body says anything. An empty list of components without a state is what moved pages leave."""
        if self.is_indicated or self.components or self.incidents:
            return True
        return "components" not in self.lists and bool(self.lists)

    @property
    def is_history(self) -> bool:
        """Of the lists alone, only one that holds ended incidents too is more than what is open now."""
        return not self.is_indicated and "incidents" in self.lists and any(i.phase in ENDED for i in self.incidents)


_FILES = {"incidents": "/incidents.json", "scheduled_maintenances": "/scheduled-maintenances.json"}
"""incident.io leaves an empty list out: then the request tells which one it is."""


def _oldest(listed: list[Row]) -> datetime | None:
    """From when on a list that was cut at its end is whole.

    The API sorts by creation, and an incident may be entered with an earlier start: of the times of a row the latest is
    what surely bounds the list, whichever it was sorted by.
    """
    keys = ("created_at", "started_at", "scheduled_for")
    times = ([at for key in keys if (at := time_of(raw.get(key)))] for raw in listed)
    return min((max(each) for each in times if each), default=None)


def _single(found: Row, key: str) -> list[Row]:
    """A webhook's payload holds one row, under the name of one."""
    return rows([found.get(_SINGLES.get(key, ""))])
