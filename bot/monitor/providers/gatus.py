"""Gatus, self-hosted: endpoints with the results of their newest checks, and announcements. Pure.

An endpoint is up or down; there are no incidents but what the operator announces, each by one text. **How an end is
known:** an endpoint tells its own; an announcement is archived, a later one says "operational", or it is taken out of
the configuration and counts as taken down.
Format: https://github.com/TwiN/gatus/tree/master/api.
"""

from __future__ import annotations

import re
from datetime import datetime

from bot.domain import LEVEL_OF_IMPACT, Component, Impact, Incident, IncidentKind, Level, Phase, Slug, Snapshot
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.body import read_json
from bot.monitor.parsing.fields import Row, objects, raw_label, row, rows, string, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import update_ids
from bot.monitor.parsing.urls import root_of
from bot.monitor.provider import Body, ParseFailed, Provider

IMPACTS = {
    "outage": Impact.CRITICAL,
    "warning": Impact.MINOR,
    "information": Impact.NONE,
    "operational": Impact.NONE,
    "none": Impact.NONE,
}
LONGEST_TITLE = 100

_API = re.compile(r"/api/v1(?:/.*)?$")


def state_urls(page_url: str) -> tuple[str, ...]:
    """The pages are pages of results: each holds every endpoint, the first with the newest results."""
    root = root_of(page_url, _API)
    return (f"{root}/api/v1/endpoints/statuses?page=1&pageSize=20", f"{root}/api/v1/config")


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the endpoints, of the announcements, or of both. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    components: tuple[Component, ...] = ()
    incidents: tuple[Incident, ...] = ()
    for body in bodies:
        found = read_json(body)
        if isinstance(found, list) and _are_endpoints(raw := objects(found, "endpoints")):
            components = _components(raw)
        elif isinstance(found, dict) and isinstance(found.get("announcements"), list):
            incidents = _announced(vendor, objects(found["announcements"], "announcements"))
        elif not (isinstance(found, dict) and "authenticated" in found):
            raise ParseFailed("The page's JSON is not in Gatus's format: it may have moved to another platform.")
    if not components and not incidents:
        raise ParseFailed("The page lists no endpoints: it may have moved to another platform.")
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents),
        status_text="",
        components=components,
        incidents=incidents,
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        found = read_json(body)
    except ParseFailed:
        return False
    if isinstance(found, list):
        raw = rows(found)
        return bool(raw) and len(raw) == len(found) and _are_endpoints(raw)
    return {"oidc", "authenticated"} <= row(found).keys()


def _are_endpoints(raw: list[Row]) -> bool:
    """Results may be absent: of an endpoint that was not checked yet."""
    return bool(raw) and all("key" in each and "name" in each for each in raw) and any("results" in e for e in raw)


def _components(raw: list[Row]) -> tuple[Component, ...]:
    found: dict[str, Component] = {}
    for endpoint in raw:
        key = string(endpoint.get("key"))
        if not key:
            raise ParseFailed("An endpoint of the page has no key.")
        name = one_line(string(endpoint.get("name"))) or key
        level, label = _level(endpoint)
        found[key] = Component(
            key, name, level, group=one_line(string(endpoint.get("group"))) or None, raw_status=label
        )
    return tuple(found.values())


def _level(endpoint: Row) -> tuple[Level | None, str | None]:
    """Of the newest result, and what it says if that is not known; they stand oldest first."""
    newest = rows(endpoint.get("results"))[-1:]
    match newest[0].get("success") if newest else None:
        case True:
            return Level.OPERATIONAL, None
        case False:
            return Level.MAJOR_OUTAGE, None
        case other:
            return None, raw_label(None, other)


def _announced(vendor: Slug, raw: list[Row]) -> tuple[Incident, ...]:
    dated = [(time_of(each.get("timestamp")), each) for each in raw]
    times = [at for at, _ in dated if at is not None]
    if len(times) < len(dated):
        raise ParseFailed("An announcement of the page has no time that can be read.")
    ends = sorted(at for at, each in zip(times, raw, strict=True) if word(each.get("type")) == "operational")
    found = []
    # Newest first; those of one second are counted from the oldest, which stays.
    keys = update_ids("announcement", sorted(times))
    for (at, each), key in zip(sorted(zip(times, raw, strict=True), key=_first), keys, strict=True):
        text = plain(string(each.get("message")))
        type_ = word(each.get("type"))
        end = next((end for end in ends if end >= at), at if each.get("archived") is True else None)
        impact = IMPACTS.get(type_)
        phase = Phase.RESOLVED if type_ == "operational" else None
        found.append(
            Incident(
                vendor=vendor,
                id=key,
                kind=IncidentKind.INCIDENT,
                title=_title(text),
                phase=Phase.RESOLVED if end else Phase.INVESTIGATING,
                impact=impact,
                started=at,
                resolved=end,
                level=LEVEL_OF_IMPACT[impact] if impact else None,
                raw_impact=raw_label(impact, each.get("type")),
                updates=updates_of(key, [Post(at, text, phase)]),
            )
        )
    return tuple(found)


def _first(pair: tuple[datetime, Row]) -> datetime:
    return pair[0]


def _title(text: str) -> str:
    """An announcement is all text: its first line, or the beginning of that."""
    line = one_line(text.partition("\n")[0])
    return (line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…") or "Untitled"


PROVIDER = Provider(
    kind="gatus",
    title="Gatus",
    rate_limit_group="gatus",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    partial=True,
    marks=(b"gatus",),
)
