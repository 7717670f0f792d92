"""Freshstatus' pages: the list of incidents and maintenances that the page itself reads. Pure; it lists no components.

The page's address does not tell the account that its data is read by: the page's HTML does (:func:`page_url_in`).
**How an end is known:** what ended stays listed, with its end.
Format: as its own pages ask for it, ``/v1/public-incidents/`` of https://public-api.freshstatus.io; some who asked
for it were refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from bot.domain import (
    ENDED,
    LEVEL_OF_IMPACT,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Phase,
    Slug,
    Snapshot,
)
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.body import first_element
from bot.monitor.parsing.fields import Row, objects, raw_label, read_object, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import newest_phase
from bot.monitor.provider import Body, ParseFailed, Provider

API = "https://public-api.freshstatus.io/v1/public-incidents/"
HOSTS = ("freshstatus.io",)

IMPACTS = {
    "op": Impact.NONE,
    "um": Impact.MAINTENANCE,
    "pd": Impact.MINOR,
    "dp": Impact.MINOR,
    "po": Impact.MAJOR,
    "mo": Impact.CRITICAL,
}
"""Of components: operational, under maintenance, performance degraded, partial and major outage."""
PHASES = {
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
}

_MARK = b"freshstatus"
_ACCOUNT = re.compile(
    rb"account_?id[\"'\\]{0,4}\s{0,4}[:=]\s{0,4}[\"'\\]{0,4}(\d{1,12})"
    rb"|\"accountdetails\"\s{0,4}:[^<>]{0,400}?\"id\"\s{0,4}:\s{0,4}\"?(\d{1,12})",
    re.IGNORECASE,
)


def state_urls(page_url: str) -> tuple[str, ...]:
    return (page_url,)


def page_url_in(body: Body) -> str | None:
    """Where the data of an HTML page of this platform is read from."""
    if first_element(body) != "html" or _MARK not in body.content.lower():
        return None
    found = _ACCOUNT.search(body.content)
    return f"{API}?account_id={(found[1] or found[2]).decode()}" if found else None


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    listed = _read(bodies[0])
    made = (_incident(vendor, raw, taken_at) for raw in listed)
    incidents = tuple({i.id: i for i in made if i}.values())
    return Snapshot(
        vendor=vendor,
        level=page_level(None, (), incidents, when_empty=Level.OPERATIONAL),
        status_text="",
        components=(),
        incidents=incidents,
        taken_at=taken_at,
        complete_since=min((incident.started for incident in incidents), default=None),
    )


def recognises(body: Body) -> bool:
    """An empty list is anyone's."""
    try:
        return bool(_read(body))
    except ParseFailed:
        return False


def _read(body: Body) -> list[Row]:
    found = read_object(body)
    if not isinstance(found.get("results"), list):
        raise ParseFailed("The page's JSON is not in Freshstatus' format: it may have moved to another platform.")
    listed = objects(found["results"], "incidents")
    if not all("start_time" in raw or "scheduled_start_time" in raw for raw in listed):
        raise ParseFailed("The page's JSON is not in Freshstatus' format: it may have moved to another platform.")
    return listed


def _incident(vendor: Slug, raw: Row, taken_at: datetime) -> Incident | None:
    key = string(raw.get("id"))
    planned = raw.get("is_planned") is True
    planned_end = time_of(raw.get("scheduled_end_time")) if planned else None
    started = (time_of(raw.get("scheduled_start_time")) if planned else None) or time_of(raw.get("start_time"))
    ended = time_of(raw.get("end_time"))
    over = ended is not None and (ended <= taken_at or not planned)
    if not key or started is None:
        if over:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    text = plain(string(raw.get("description")))
    updates = updates_of(key, [*([Post(started, text)] if text else []), *_posts(raw)])
    phase: Phase | None
    if over:
        phase = Phase.COMPLETED if planned else Phase.RESOLVED
    elif planned:
        phase = Phase.SCHEDULED if started > taken_at else Phase.IN_PROGRESS
    else:
        phase = newest_phase(updates) or PHASES.get(word(raw.get("status")))
        phase = Phase.INVESTIGATING if phase is None or phase in ENDED else phase
    codes = [string(each.get("new_status")) for each in rows(raw.get("affected_components"))]
    known = [impact for code in codes if (impact := IMPACTS.get(word(code)))]
    impact = max(known, key=lambda each: LEVEL_OF_IMPACT[each], default=None)
    impact = Impact.MAINTENANCE if planned else impact
    strange = next((code for code in codes if word(code) not in IMPACTS), None)
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=max(started, ended or started) if over else None,
        planned_end=planned_end,
        url=web_address(raw.get("url")),
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        raw_impact=raw_label(impact, strange),
        updates=updates,
    )


def _posts(raw: Row) -> Iterable[Post]:
    for each in rows(raw.get("incident_updates")) or rows(raw.get("updates")):
        if (at := time_of(each.get("created_at")) or time_of(each.get("updated_at"))) is not None:
            text = plain(string(each.get("message")) or string(each.get("description")))
            yield Post(at, text, PHASES.get(word(each.get("status"))), string(each.get("id")))


PROVIDER = Provider(
    kind="freshstatus",
    title="Freshstatus",
    rate_limit_group="freshstatus",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
    lists_all_components=False,
    page_url_in=page_url_in,
)
