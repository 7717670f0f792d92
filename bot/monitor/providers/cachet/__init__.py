"""Cachet, self-hosted: versions 1 and 2 answer under ``/api/v1``, version 3 under ``/api``. Pure.

An address that ends in ``/api`` is version 3's. Every list reads by its rows' shape. Times have no zone: they are the
server's, and count as UTC. **How an end is known:** incidents stay listed, newest first, and their newest update says
"fixed"; a maintenance says "complete", or is hidden at its end and counts as taken down.
Format: https://docs.cachethq.io/api-reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain import Component, Level, Slug, Snapshot
from bot.monitor.parsing.assemble import EPOCH, page_level
from bot.monitor.parsing.fields import Row, code, objects, raw_label, read_object, row, string, word
from bot.monitor.parsing.text import one_line
from bot.monitor.parsing.urls import root_of
from bot.monitor.provider import Body, ParseFailed, Provider
from bot.monitor.providers.cachet import v3
from bot.monitor.providers.cachet.incidents import LEVELS, read_incident, read_schedule, start_of

LISTED = 20
"""Incidents in one answer: this list is heavy work for an old version's server."""

INDICATORS = {
    "success": Level.OPERATIONAL,
    "info": Level.DEGRADED,
    "danger": Level.MAJOR_OUTAGE,
    "operational": Level.OPERATIONAL,
    "under_maintenance": Level.MAINTENANCE,
    "partial_outage": Level.PARTIAL_OUTAGE,
    "major_outage": Level.MAJOR_OUTAGE,
}
_API = re.compile(r"/api(/v1)?(?:/(?!v1\b)[\w/-]*)?/?$")
_PATHS_2 = (
    "/components?per_page=500",
    "/components/groups?per_page=100",
    f"/incidents?sort=id&order=desc&per_page={LISTED}",
    "/schedules?per_page=100",
    "/status",
)
_PATHS_3 = (
    "/components?include=group&per_page=100",
    f"/incidents?include=components,updates&per_page={LISTED}",
    "/schedules?include=components,updates&sort=-id&per_page=50",
    "/status",
)


def state_urls(page_url: str) -> tuple[str, ...]:
    """Some paths are younger than others of their version."""
    root, found = root_of(page_url, _API), _API.search(page_url.partition("?")[0])
    if found and not found[1]:
        return tuple(f"{root}/api{path}" for path in _PATHS_3)
    return tuple(f"{root}/api/v1{path}" for path in _PATHS_2)


def pages_at(root: str) -> tuple[str, ...]:
    """Of the old versions, and of version 3."""
    return (root, f"{root}/api")


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of all bodies together. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    page = _Page()
    for body in bodies:
        page.add(body)
    page.check()
    components = page.components()
    levels = {component.id: component.level for component in components}
    read = [read_incident(vendor, raw, levels) for raw in page.incidents()]
    read += [read_schedule(vendor, raw) for raw in page.lists.get("schedules", [])]
    incidents = tuple({incident.id: incident for incident in read if incident}.values())
    status = page.status.get("status")
    if not (components or incidents or page.status or page.groups):
        raise ParseFailed("The page lists no components and no state: it may have moved to another platform.")
    indicator = INDICATORS.get(word(status))
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components, incidents, raw=status),
        status_text=one_line(string(page.status.get("message"))),
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        complete_since=page.complete_since(),
        indicator=indicator,
    )


def recognises(body: Body) -> bool:
    try:
        page = _Page()
        page.add(body)
        page.check()
    except ParseFailed:
        return False
    return True


# --- lists ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Page:
    """The rows of all bodies, by what they are. ``cut``: a list goes on where it ends here."""

    lists: dict[str, list[Row]] = field(default_factory=dict)
    status: Row = field(default_factory=dict)
    cut: bool = False

    @property
    def groups(self) -> dict[str, str]:
        return {string(e.get("id")): one_line(string(e.get("name"))) for e in self.lists.get("groups", [])}

    def add(self, body: Body) -> None:
        """Raises :class:`ParseFailed` for a body that is none of Cachet's."""
        found = read_object(body)
        data = found.get("data")
        known = isinstance(data, dict) and word(data.get("status")) in INDICATORS and "message" in data
        if isinstance(data, dict) and (known or data.keys() == {"status", "message"}):
            self.status = data
            return
        links = row(row(row(found.get("meta")).get("pagination")).get("links"))
        if (v3_rows := v3.rows_of(found)) is not None:
            what, listed = v3_rows
            links = row(found.get("links"))
            self.cut |= bool(links.get("next"))
        elif isinstance(data, list) and {"next_page", "previous_page"} <= links.keys():
            listed = objects(data, "rows")
            what = _what(listed, body.url)
            self.cut |= bool(links["next_page"])
        elif data == [] and "path" in row(found.get("meta")) and _API.search(body.url.partition("?")[0]):
            what, listed = _what([], body.url), []
        else:
            raise ParseFailed("The page's JSON is not in Cachet's format: it may have moved to another platform.")
        self.lists.setdefault(what, []).extend(listed)

    def check(self) -> None:
        """A state alone is known by its word: many answer in that shape. Raises :class:`ParseFailed`."""
        if not self.lists and word(self.status.get("status")) not in INDICATORS:
            raise ParseFailed("The page's JSON is not in Cachet's format: it may have moved to another platform.")

    def components(self) -> tuple[Component, ...]:
        groups = self.groups
        found: dict[str, Component] = {}
        for each in self.lists.get("components", []):
            key = string(each.get("id"))
            if not key:
                raise ParseFailed("A component of the page has no id.")
            if each.get("enabled") is not False:
                group = one_line(string(each.get("group"))) or groups.get(string(each.get("group_id"))) or None
                level = LEVELS.get(code(each.get("status")))
                label = raw_label(level, each.get("status_name") or each.get("status"))
                name = one_line(string(each.get("name"))) or key
                found[key] = Component(key, name, level, group=group, raw_status=label)
        return tuple(found.values())

    def incidents(self) -> list[Row]:
        """Updates that came without their incident stand for it."""
        listed = self.lists.get("incidents", [])
        known = {string(each.get("id")) for each in listed}
        alone: dict[str, list[Row]] = {}
        for update in self.lists.get("updates", []):
            if (key := string(update.get("incident_id"))) not in known:
                alone.setdefault(key, []).append(update)
        return [*listed, *({"id": key, "updates": updates} for key, updates in alone.items())]

    def complete_since(self) -> datetime | None:
        """Nothing is promised without both lists: what one lacks may stand in the other."""
        if not {"incidents", "schedules"} <= self.lists.keys():
            return None
        if not self.cut:
            return EPOCH
        return min((at for each in self.lists["incidents"] if (at := start_of(each))), default=None)


def _what(listed: list[Row], url: str) -> str:
    """What rows are; of none, their address tells."""
    if not listed:
        return url.partition("?")[0].rstrip("/").rpartition("/")[2]
    first = listed[0]
    if "incident_id" in first:
        return "updates"
    if "completed_at" in first:
        return "schedules"
    if "message" in first:
        return "incidents"
    return "components" if "status" in first else "groups"


PROVIDER = Provider(
    kind="cachet",
    title="Cachet",
    rate_limit_group="cachet",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    partial=True,
    pages_at=pages_at,
    marks=(b"cachethq",),
)
