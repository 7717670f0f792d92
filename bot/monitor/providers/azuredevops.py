"""Azure DevOps' own status: the health of each service in each geography, and one sentence. Pure; no incidents.

**How an end is known:** the words are the state itself; nothing is told of what happened.
Format: https://learn.microsoft.com/rest/api/azure/devops/status/health/get.
"""

from __future__ import annotations

from datetime import datetime

from bot.domain import Component, Level, Slug, Snapshot
from bot.monitor.parsing.assemble import page_level
from bot.monitor.parsing.fields import Row, objects, raw_label, read_object, row, string, word
from bot.monitor.parsing.text import one_line, plain
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider

HOSTS = ("status.dev.azure.com",)
HEALTH = "https://status.dev.azure.com/_apis/status/health?api-version=7.1-preview.1"

LEVELS = {
    "healthy": Level.OPERATIONAL,
    "advisory": Level.DEGRADED,
    "degraded": Level.DEGRADED,
    "unhealthy": Level.MAJOR_OUTAGE,
}


def state_urls(page_url: str) -> tuple[str, ...]:
    return (HEALTH if is_under(page_url, HOSTS) else page_url,)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_object(bodies[0])
    if not _has_shape(found):
        raise ParseFailed("The page's JSON is not in the format of Azure DevOps' status.")
    status = row(found["status"])
    components = _components(found)
    level = LEVELS.get(word(status.get("health")))
    return Snapshot(
        vendor=vendor,
        level=page_level(level, components, (), raw=status.get("health")),
        status_text=plain(string(status.get("message"))),
        components=components,
        incidents=(),
        taken_at=taken_at,
        page_updated_at=string(found.get("lastUpdated")) or None,
    )


def recognises(body: Body) -> bool:
    try:
        found = read_object(body)
        return _has_shape(found) and any("geographies" in each for each in objects(found["services"], "services"))
    except ParseFailed:
        return False


def _has_shape(found: Row) -> bool:
    return "health" in row(found.get("status")) and isinstance(found.get("services"), list)


def _components(found: Row) -> tuple[Component, ...]:
    """Each service stands once for each geography; its name is its id."""
    made: dict[str, Component] = {}
    for service in objects(found["services"], "services"):
        name = one_line(string(service.get("id")))
        if not name:
            raise ParseFailed("A service of the page has no name.")
        for place in objects(service.get("geographies"), "geographies"):
            region = string(place.get("id")) or None
            where = one_line(string(place.get("name"))) or region
            if where is None:
                raise ParseFailed("A geography of the page has no name.")
            level = LEVELS.get(word(place.get("health")))
            label = raw_label(level, place.get("health"))
            key = f"{name}/{region or where}"
            made[key] = Component(key, where, level, group=name, region=region, raw_status=label)
    return tuple(made.values())


PROVIDER = Provider(
    kind="azuredevops",
    title="Azure DevOps Status",
    rate_limit_group="microsoft",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
)
