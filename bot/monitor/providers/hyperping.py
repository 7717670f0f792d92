"""Hyperping's status pages: one word for all, and the services with their own. Pure; texts of incidents are not there.

The word for all is the worst but one: "maintenance" wins over everything else, so it says nothing of outages beside
it. **How an end is known:** the words are the state itself.
Format: https://hyperping.com/docs/status-page/status-page-json; the services are seen in ``/api/config``, which the
page itself reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from bot.domain import Component, Level, Slug, Snapshot
from bot.monitor.parsing.assemble import page_level
from bot.monitor.parsing.fields import Row, objects, raw_label, read_object, row, rows, string, word
from bot.monitor.parsing.text import one_line
from bot.monitor.parsing.urls import root_of
from bot.monitor.provider import Body, ParseFailed, Provider

INDICATORS = {
    "up": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "incident": Level.PARTIAL_OUTAGE,
    "outage": Level.MAJOR_OUTAGE,
}
LEVELS = {
    "up": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "incident": Level.DEGRADED,
    "outage": Level.MAJOR_OUTAGE,
    "down": Level.MAJOR_OUTAGE,
}

_TAIL = re.compile(r"/(?:status\.json|api/config)?/*$")


def state_urls(page_url: str) -> tuple[str, ...]:
    root = root_of(page_url, _TAIL)
    return (f"{root}/status.json", f"{root}/api/config?hostname={urlsplit(root).hostname or ''}")


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of either body, or of both. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    words: list[str] = []
    components: tuple[Component, ...] = ()
    for found in map(read_object, bodies):
        if _is_config(found):
            components = components or _components(found)
            words.append(string(row(row(found["globals"]).get("topLevelStatus")).get("status")))
        elif _is_summary(found):
            words.append(string(found["indicator"]))
        else:
            raise ParseFailed("The page's JSON is not in Hyperping's format: it may have moved to another platform.")
    said = next(filter(None, words), "")
    return Snapshot(
        vendor=vendor,
        level=page_level(INDICATORS.get(word(said)), components, (), raw=said),
        status_text=said,
        components=components,
        incidents=(),
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        found = read_object(body)
    except ParseFailed:
        return False
    return _is_config(found) or (_is_summary(found) and "uptime" in found)


def _is_summary(found: Row) -> bool:
    return isinstance(found.get("indicator"), str) and "page" not in found


def _is_config(found: Row) -> bool:
    return "topLevelStatus" in row(found.get("globals")) and isinstance(found.get("sections"), dict)


def _components(found: Row) -> tuple[Component, ...]:
    made: dict[str, Component] = {}
    for block in objects(row(found["sections"]).get("blocks"), "blocks"):
        group = _named(block.get("name"))
        for service in _services(block):
            key = string(service.get("uuid")) or string(service.get("id"))
            name = one_line(string(service.get("alias"))) or _named(service.get("name")) or key
            if not key:
                raise ParseFailed("A service of the page has no id.")
            level = LEVELS.get(word(service.get("status")))
            label = raw_label(level, service.get("status"))
            made[key] = Component(key, name, level, group=group or None, raw_status=label)
    return tuple(made.values())


def _services(block: Row) -> Iterator[Row]:
    """A service may be a group of further ones."""
    for service in objects(block.get("services"), "services"):
        inner = rows(service.get("services"))
        yield from inner or (service,)


def _named(value: object) -> str:
    """A name, or names by language, English first."""
    names = row(value)
    return one_line(string(names.get("en")) or next(filter(None, map(string, names.values())), "") or string(value))


PROVIDER = Provider(
    kind="hyperping",
    title="Hyperping",
    rate_limit_group="hyperping",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=("hyperping.app",),
    partial=True,
    lists_all_components=False,
    marks=(b"hyperping",),
)
