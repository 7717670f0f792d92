"""PlayStation Network's status: the services of each region, with what is wrong with them in each country. Pure.

A service is told once for a region: an outage in every country of it that lists the service is a major one, in some a
partial one. There are no incidents. **How an end is known:** the words are the state itself; one that is over may stay
listed for a while, with its end.
Format: the documents that https://status.playstation.com itself reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.domain import Component, Level, Slug, Snapshot, worst
from bot.monitor.parsing.assemble import page_level
from bot.monitor.parsing.fields import Row, objects, raw_label, read_object, rows, string, word
from bot.monitor.parsing.text import one_line, time_of
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider

HOSTS = ("status.playstation.com",)
REGIONS = {"SCEA": "Americas", "SCEE": "Europe", "SCEJ": "Asia"}

LEVELS = {
    "ok": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "degraded": Level.DEGRADED,
    "outage": Level.MAJOR_OUTAGE,
}


def state_urls(page_url: str) -> tuple[str, ...]:
    if not is_under(page_url, HOSTS) or page_url.endswith(".json"):
        return (page_url,)
    return tuple(f"https://{HOSTS[0]}/data/statuses/region/{region}.json" for region in REGIONS)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of all regions that were read. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    components: dict[str, Component] = {}
    for found in map(read_object, bodies):
        if not _has_shape(found):
            raise ParseFailed("The page's JSON is not in the format of PlayStation's status.")
        components |= {component.id: component for component in _components(found, taken_at)}
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components.values(), ()),
        status_text="",
        components=tuple(components.values()),
        incidents=(),
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        return _has_shape(read_object(body))
    except ParseFailed:
        return False


def _has_shape(found: Row) -> bool:
    return "regionName" in found and isinstance(found.get("countries"), list)


def _components(found: Row, taken_at: datetime) -> Iterable[Component]:
    region = string(found["regionName"])
    told: dict[str, list[tuple[Level | None, str | None]]] = {}
    for country in objects(found["countries"], "countries"):
        for service in objects(country.get("services"), "services"):
            name = one_line(string(service.get("serviceName")))
            if not name:
                raise ParseFailed("A service of the page has no name.")
            told.setdefault(name, []).append(_state(service, taken_at))
    for name, states in told.items():
        levels = [level for level, _ in states]
        level = worst(levels)
        if level is Level.MAJOR_OUTAGE and not all(each is Level.MAJOR_OUTAGE for each in levels):
            level = Level.PARTIAL_OUTAGE
        if level is Level.OPERATIONAL and None in levels:
            level = None
        label = next((label for _, label in states if label), None) if level is None else None
        group = REGIONS.get(region, region) or None
        yield Component(f"{region}/{name}", name, level, group=group, region=group, raw_status=label)


def _state(service: Row, taken_at: datetime) -> tuple[Level | None, str | None]:
    """The worst of what is going on, for the service and for what it is made of; else the first word that is not
    known."""
    holders = (service, *rows(service.get("resources")))
    going_on = [each for holder in holders for each in rows(holder.get("status")) if _is_now(each, taken_at)]
    levels = [LEVELS.get(word(each.get("statusType"))) for each in going_on]
    known = worst(levels)
    if None in levels and known in (None, Level.OPERATIONAL):
        return None, raw_label(None, going_on[levels.index(None)].get("statusType"))
    return known if going_on else Level.OPERATIONAL, None


def _is_now(status: Row, taken_at: datetime) -> bool:
    start, end = time_of(status.get("startDate")), time_of(status.get("endDate"))
    return (start is None or start <= taken_at) and (end is None or end > taken_at)


PROVIDER = Provider(
    kind="playstation",
    title="PlayStation Network Status",
    rate_limit_group="playstation",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
    partial=True,
)
