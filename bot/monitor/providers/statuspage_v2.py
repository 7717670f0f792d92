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
from urllib.parse import urlsplit, urlunsplit

from bot.domain import ENDED, Component, Incident, IncidentKind, Level, Slug, Snapshot, worst
from bot.monitor.parsing.body import read_json
from bot.monitor.parsing.text import one_line, time_of
from bot.monitor.provider import Body, History, ParseFailed
from bot.monitor.providers.statuspage_rows import (
    COMPONENT_LEVELS,
    INDICATORS,
    Row,
    read_components,
    read_incidents,
    rows_of,
    string,
    web_address,
    word,
)

LISTED = 50
"""How many incidents, and how many maintenances, the API lists; it knows no further pages."""

SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(2200, 1, 1, tzinfo=UTC)

_ULID = re.compile(r"01[0-9A-HJKMNP-TV-Z]{24}")
_TAIL = re.compile(r"/(?:api(?:/v2(?:/[\w/.-]*)?)?|history(?:\.atom|\.rss)?|incidents(?:/[\w-]*)?|feed\.rss)/?$")


def page_root(url: str) -> str:
    """The address that the API hangs under: without the query and the known tails of a page's own links."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, _TAIL.sub("", parts.path).rstrip("/"), "", ""))


def state_urls(page_url: str) -> tuple[str, ...]:
    return (f"{page_root(page_url)}/api/v2/summary.json",)


def history_urls(page_url: str) -> tuple[str, ...]:
    root = page_root(page_url)
    return (f"{root}/api/v2/incidents.json", f"{root}/api/v2/scheduled-maintenances.json")


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = _read_object(bodies[0])
    if not _has_shape(found):
        raise ParseFailed("The page's JSON is not in Statuspage's format: it may have moved to another platform.")
    page = _Page.read(vendor, found, bodies[0].url)
    if not page.tells:
        raise ParseFailed("The page lists no components and no state: it may have moved to another platform.")
    return Snapshot(
        vendor=vendor,
        level=page.level,
        status_text=page.words,
        components=page.components,
        incidents=page.incidents,
        taken_at=taken_at,
        complete_since=page.oldest if page.is_history else None,
        page_updated_at=page.stamp,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The newest incidents, and the maintenances if that list is there: incident.io has been seen without it.

    Without it nothing is promised, or a maintenance that is over would count as taken down.
    """
    pages, failures = [], []
    for body in bodies:
        try:
            pages.append(_Page.read(vendor, _read_object(body), body.url))
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
    return History(tuple(incidents.values()), max(cuts, default=SINCE_EVER))


def is_v2(body: Body) -> bool:
    """Whether a body is one of this API's, whoever serves it."""
    try:
        return _has_shape(_read_object(body))
    except ParseFailed:
        return False


def has_ulids(body: Body) -> bool:
    """Whether it is incident.io that answers in this format: ULIDs, and no time zone."""
    try:
        found = _read_object(body)
    except ParseFailed:
        return False
    page = _object(found.get("page"))
    rows = [row for key in _LISTS for row in _list(found.get(key))[:1]]
    ids = [string(row.get("id")) for row in (page, *rows) if isinstance(row, dict)]
    return _has_shape(found) and "time_zone" not in page and any(_ULID.fullmatch(key) for key in ids)


def lacks_ids(body: Body) -> bool:
    """Whether it is OpenStatus that answers in this format: neither the page nor its components have an id."""
    try:
        found = _read_object(body)
    except ParseFailed:
        return False
    page = _object(found.get("page"))
    parts = [row for row in _list(found.get("components")) if isinstance(row, dict)]
    return "id" not in page and {"name", "url", "updated_at"} <= page.keys() and not any("id" in row for row in parts)


def _read_object(body: Body) -> Row:
    found = read_json(body)
    if not isinstance(found, dict):
        raise ParseFailed("The page's JSON is not the object that this kind of page answers with.")
    return found


def _has_shape(found: Row) -> bool:
    page, status = _object(found.get("page")), _object(found.get("status"))
    if "indicator" in status or "status_indicator" in page:
        return True
    if page.get("id") and any(key in found for key in (*_LISTS, "incident", "component")):
        return True
    rows = [row for key in _LISTS for row in _list(found.get(key)) if isinstance(row, dict)]
    return any("incident_updates" in row or "page_id" in row or row.get("status") in _LOWER_CASE for row in rows)


_LISTS = ("components", "incidents", "scheduled_maintenances")
_LOWER_CASE = tuple(COMPONENT_LEVELS)
"""Instatus has the same words in capitals."""


@dataclass(frozen=True, slots=True)
class _Page:
    """One body, read.

    ``indicated``: it holds a state of its own, understood or not. ``lists``: which lists it holds. ``cut``: one of
    these may go on where it ends here. ``oldest``: they hold everything that started from then on.
    """

    indicator: Level | None
    indicated: bool
    words: str
    stamp: str | None
    components: tuple[Component, ...]
    group_levels: tuple[Level | None, ...]
    incidents: tuple[Incident, ...]
    lists: frozenset[str]
    cut: bool
    oldest: datetime | None

    @classmethod
    def read(cls, vendor: Slug, found: Row, url: str) -> _Page:
        page, told = _object(found.get("page")), found.get("status")
        status = _object(told)
        said = status.get("indicator", page.get("status_indicator")) if status or not told else told
        components, group_levels = read_components(rows_of(found, "components") + _single(found, "component"))
        levels = {component.id: component.level for component in components}
        root = web_address(page.get("url")) or web_address(url)
        rows = {
            IncidentKind.INCIDENT: rows_of(found, "incidents") + _single(found, "incident"),
            IncidentKind.MAINTENANCE: rows_of(found, "scheduled_maintenances"),
        }
        incidents: dict[str, Incident] = {}
        for kind, listed in rows.items():
            for incident in read_incidents(vendor, listed, kind, root and page_root(root), levels):
                incidents.setdefault(incident.id, incident)
        return cls(
            indicator=INDICATORS.get(word(said)),
            indicated=said not in (None, ""),
            words=one_line(string(status.get("description")) or string(page.get("status_description")) or string(said)),
            stamp=string(page.get("updated_at")) or None,
            components=components,
            group_levels=group_levels,
            incidents=tuple(incidents.values()),
            lists=frozenset(key for key in _LISTS if key in found or (page and url.endswith(_FILES.get(key, "\n")))),
            cut=any(len(listed) >= LISTED for listed in rows.values()),
            oldest=max((at for listed in rows.values() if (at := _oldest(listed))), default=None),
        )

    @property
    def tells(self) -> bool:
        """Whether the body says anything. An empty catalogue without a state is what moved pages leave behind."""
        if self.indicated or self.components or self.incidents:
            return True
        return "components" not in self.lists and bool(self.lists)

    @property
    def is_history(self) -> bool:
        """Of the lists alone, only one that holds ended incidents too is more than what is open now."""
        return not self.indicated and "incidents" in self.lists and any(i.phase in ENDED for i in self.incidents)

    @property
    def level(self) -> Level | None:
        """The worst of all that is known; green only where nothing is in doubt."""
        leaves = [component.level for component in self.components]
        known = worst(
            (self.indicator, *leaves, *self.group_levels, *(incident.effective_level for incident in self.incidents))
        )
        if known is not None and known > Level.OPERATIONAL:
            return known
        if any(i.phase is None and i.level is not Level.OPERATIONAL for i in self.incidents):
            return None
        if self.indicated:
            return self.indicator
        return Level.OPERATIONAL if leaves and None not in leaves else None


_FILES = {"incidents": "/incidents.json", "scheduled_maintenances": "/scheduled-maintenances.json"}
"""incident.io leaves an empty list out: then the request tells which one it is."""


def _oldest(rows: list[object]) -> datetime | None:
    """From when on a list that was cut at its end is whole.

    The API sorts by creation, and an incident may be entered with an earlier start: of the times of a row the latest is
    what surely bounds the list, whichever it was sorted by.
    """
    keys = ("created_at", "started_at", "scheduled_for")
    times = ([at for key in keys if (at := time_of(row.get(key)))] for row in map(_object, rows))
    return min((max(row) for row in times if row), default=None)


def _single(found: Row, key: str) -> list[object]:
    row = found.get(key)
    return [row] if isinstance(row, dict) else []


def _object(value: object) -> Row:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
