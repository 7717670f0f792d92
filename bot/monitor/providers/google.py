"""Google's status dashboards: Cloud, Workspace, Firebase and Play answer with one list of incidents. Pure.

``incidents.json`` holds what is open and a rolling window of what is over; the texts are Markdown. ``products.json``,
where there is one, holds all products. There is no "all clear": green is that nothing is open. **How an end is known:**
``end`` is set. An update's AVAILABLE says that the service is back, not that the incident is over. An open incident
that leaves the list was taken down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

from bot.domain import LEVEL_OF_IMPACT, Component, Impact, Incident, IncidentKind, Level, Phase, Slug, Snapshot, worst
from bot.monitor.parsing.assemble import Post, page_level, updates_of, with_incident_labels
from bot.monitor.parsing.body import read_json
from bot.monitor.parsing.fields import Row, objects, raw_label, row, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider

IMPACTS = {
    "low": Impact.MINOR,
    "medium": Impact.MAJOR,
    "high": Impact.CRITICAL,
    "service_information": Impact.MINOR,
    "service_disruption": Impact.MAJOR,
    "service_outage": Impact.CRITICAL,
}
"""``severity`` and ``status_impact`` say the same in other words; ``low`` is not in the published schema."""

HOSTS = ("status.cloud.google.com", "status.firebase.google.com", "status.play.google.com", "www.google.com")
WITH_PRODUCTS = ("status.cloud.google.com", "www.google.com")
CLOUD = "https://status.cloud.google.com/"

_FILES = re.compile(r"/(?:incidents|products)(?:\.schema)?(?:\.json|/[\w-]*)?/?$|/summary/?$")
_LOCATIONS = ("currently_affected_locations", "previously_affected_locations")


def state_urls(page_url: str) -> tuple[str, ...]:
    if not is_under(page_url, HOSTS):
        return (page_url,)
    parts = urlsplit(page_url)
    root = urlunsplit((parts.scheme, parts.netloc, _FILES.sub("", parts.path).rstrip("/"), "", ""))
    files = ("incidents.json", "products.json") if is_under(page_url, WITH_PRODUCTS) else ("incidents.json",)
    return tuple(f"{root}/{file}" for file in files)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot`; each body tells by its shape which it is. Raises :class:`ParseFailed`."""
    incidents: dict[str, Incident] = {}
    products: dict[str, str] = {}
    names: dict[str, str] = {}
    read = False
    for body in bodies:
        found = read_json(body)
        if isinstance(found, dict) and "products" in found:
            products.update(_names(objects(found["products"], "products")))
            continue
        read = True
        for each in _incident_rows(found):
            names.update(_names(rows(each.get("affected_products"))))
            if (incident := _incident(vendor, each, body.url)) is not None:
                incidents[incident.id] = incident
    if not read:
        raise ParseFailed("The page answered without its list of incidents.")
    components = with_incident_labels(_components({**names, **products}, incidents.values()), incidents.values())
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
        return bool(_incident_rows(read_json(body)))
    except ParseFailed:
        return False


def _incident_rows(found: object) -> list[Row]:
    # One incident alone is what the link to its JSON answers.
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list):
        raise ParseFailed("The page's JSON is not the list of incidents that Google's dashboards answer with.")
    incidents = objects(found, "incidents")
    if not all("external_desc" in each or "most_recent_update" in each for each in incidents):
        raise ParseFailed("The page's JSON is a list of something other than Google's incidents.")
    return incidents


# --- products -------------------------------------------------------------------------------------------------------


def _names(products: Iterable[Row]) -> dict[str, str]:
    named = {
        string(each.get("id")): one_line(string(each.get("current_title")) or string(each.get("title")))
        for each in products
    }
    return {key: name or key for key, name in named.items() if key}


def _components(names: Mapping[str, str], incidents: Iterable[Incident]) -> tuple[Component, ...]:
    """A product has a region only while all that is open about it is in that one."""
    levels: dict[str, list[Level | None]] = {}
    regions: dict[str, set[str]] = {}
    for incident in incidents:
        if incident.is_open:
            for key in incident.components:
                levels.setdefault(key, []).append(incident.level)
                regions.setdefault(key, set()).update(incident.regions or ("",))
    return tuple(
        Component(key, name, worst(levels[key]) if key in levels else Level.OPERATIONAL, region=_only(regions.get(key)))
        for key, name in names.items()
    )


def _only(regions: set[str] | None) -> str | None:
    return next(iter(regions)) or None if regions and len(regions) == 1 else None


# --- incidents ------------------------------------------------------------------------------------------------------


def _incident(vendor: Slug, raw: Row, url: str) -> Incident | None:
    key = string(raw.get("id")) or string(raw.get("number"))
    over = raw.get("end") not in (None, "")
    started = time_of(raw.get("begin")) or time_of(raw.get("created"))
    if not key or started is None:
        if over:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    posts = rows(raw.get("updates")) or rows([raw.get("most_recent_update")])
    newest = row(raw.get("most_recent_update")) or max(posts, key=lambda post: string(post.get("when")), default={})
    ended = (time_of(raw.get("end")) or time_of(raw.get("modified")) or started) if over else None
    impact = IMPACTS.get(word(raw.get("severity"))) or IMPACTS.get(word(raw.get("status_impact")))
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=_title(raw),
        phase=Phase.RESOLVED if ended else _standing(newest),
        impact=impact,
        started=started,
        resolved=ended,
        url=_link(raw, url),
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        raw_impact=raw_label(impact, raw.get("severity") or raw.get("status_impact")),
        components=tuple(_names(rows(raw.get("affected_products")))),
        regions=_regions(raw, posts, is_open=ended is None),
        # Newest first, and some have one time: turned round, so that those keep their order.
        updates=updates_of(key, (_post(post, started, ended) for post in reversed(posts))),
    )


def _standing(newest: Row) -> Phase:
    return Phase.MONITORING if word(newest.get("status")) == "available" else Phase.INVESTIGATING


def _post(post: Row, started: datetime, ended: datetime | None) -> Post:
    """An update has the service's state, no stage: AVAILABLE from the end on is the end, before it the wait for it."""
    at = time_of(post.get("when")) or time_of(post.get("created")) or started
    back = word(post.get("status")) == "available"
    over = ended is not None and at >= ended
    return Post(at, unmark(string(post.get("text"))), (Phase.RESOLVED if over else Phase.MONITORING) if back else None)


def _title(raw: Row) -> str:
    title = re.sub(r"^\s*\*\*Title:?\*\*:?\s*", "", string(raw.get("external_desc")))
    return one_line(unmark(title)) or one_line(string(raw.get("service_name"))) or "Untitled"


def _link(raw: Row, url: str) -> str | None:
    uri = string(raw.get("uri"))
    if (absolute := web_address(uri)) is not None:
        return absolute
    # Only Cloud has locations: so a body that came from nowhere still tells whose it is.
    base = web_address(url) or (CLOUD if any(name in raw for name in _LOCATIONS) else None)
    if not uri or base is None:
        return None
    try:
        return web_address(urljoin(base, uri))
    except ValueError:
        return None


def _regions(raw: Row, posts: Iterable[Row], *, is_open: bool) -> tuple[str, ...]:
    names = _LOCATIONS[:1] if is_open and raw.get(_LOCATIONS[0]) else _LOCATIONS
    found = [string(place.get("id")) for name in names for place in rows(raw.get(name))]
    if not found:
        found = [string(place.get("id")) for post in posts for place in rows(post.get("affected_locations"))]
    return tuple(dict.fromkeys(region for region in found if region))


_LINK = re.compile(r"\[([^\[\]()]{1,300})\]\((https?://[^\s()]{1,500})\)")
_STRONG = re.compile(r"(?<![\w*])(\*\*|__)(?=\S)([^*_\n]{1,500}?)(?<=\S)\1(?![\w*])")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(?:\\#[\\#]{0,12}[ \t]+)?", re.MULTILINE)
_BREAK = re.compile(r"\\$", re.MULTILINE)
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|~>-])")


def unmark(markdown: str) -> str:
    """Markdown's headings, bold, links and escapes taken off; what else it has reads well as it is."""
    text = _BREAK.sub("", _HEADING.sub("", markdown))
    text = _LINK.sub(lambda link: link[1] if link[1] == link[2] else f"{link[1]} ({link[2]})", text)
    return plain(_ESCAPE.sub(r"\1", _STRONG.sub(r"\2", text)))


PROVIDER = Provider(
    kind="google",
    title="Google status dashboards",
    rate_limit_group="google",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
    lists_all_components=False,
)
