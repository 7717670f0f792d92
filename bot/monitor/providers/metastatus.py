"""Meta's status: the services of each of its business products. Pure.

It tells states alone, and none of what Facebook, Instagram and WhatsApp are for people. **How an end is known:** the
words are the state itself.
Format: https://metastatus.com/data/orgs.json, which https://metastatus.com reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from bot.domain import Component, Level, Slug, Snapshot
from bot.monitor.parsing.assemble import page_level
from bot.monitor.parsing.body import read_json
from bot.monitor.parsing.fields import Row, items, objects, raw_label, rows, string, word
from bot.monitor.parsing.text import one_line
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider

HOSTS = ("metastatus.com",)
ORGS = "https://metastatus.com/data/orgs.json"
LEVELS = {
    "no_known_issues": Level.OPERATIONAL,
    "resolved": Level.OPERATIONAL,
    "low_disruptions": Level.DEGRADED,
    "medium_disruptions": Level.PARTIAL_OUTAGE,
    "high_disruptions": Level.MAJOR_OUTAGE,
}


def state_urls(page_url: str) -> tuple[str, ...]:
    return (ORGS if is_under(page_url, HOSTS) and not urlsplit(page_url).path.endswith(".json") else page_url,)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the one body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    products = objects(read_json(bodies[0]), "products")
    if not _has_shape(products):
        raise ParseFailed("The page's JSON is not in the format of Meta's status.")
    components = tuple(_components(products))
    if not components:
        raise ParseFailed("No product of the page has an id.")
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, ()),
        status_text="",
        components=components,
        incidents=(),
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        return _has_shape(objects(read_json(body), "products"))
    except ParseFailed:
        return False


def _has_shape(products: list[Row]) -> bool:
    services = [each for raw in products for each in items(raw.get("services"))]
    return bool(services) and all(isinstance(each, dict) and "status" in each for each in services)


def _components(products: Iterable[Row]) -> Iterator[Component]:
    seen: set[str] = set()
    for product in products:
        key = string(product.get("id"))
        group = one_line(string(product.get("name"))) or key
        for service in rows(product.get("services")):
            name = one_line(string(service.get("name"))) or group
            id = f"{key}/{string(service.get('id')) or name}"
            if not key or id in seen:
                continue
            seen.add(id)
            level = LEVELS.get(word(service.get("status")))
            label = raw_label(level, service.get("status"))
            yield Component(id, name, level, group=group if group != name else None, raw_status=label)


PROVIDER = Provider(
    kind="metastatus",
    title="Meta Status",
    rate_limit_group="metastatus",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
)
