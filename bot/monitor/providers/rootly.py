"""Rootly's public API: near to Statuspage's, with neither ids nor components; it lists what is active alone. Pure.

An incident is known by its address. Custom domains only; pages behind a password have no API. **How an end is known:**
an incident that leaves the list is read once more, as history, and one that is missing there too is over, as far as
anyone outside can tell.
Format: https://docs.rootly.com/configuration/status-page-public-api.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from bot.domain import ENDED, LEVEL_OF_IMPACT, Impact, Incident, IncidentKind, Level, Phase, Slug, Snapshot
from bot.monitor.parsing.assemble import EPOCH, Post, page_level, updates_of
from bot.monitor.parsing.fields import Row, objects, raw_label, read_object, row, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at, newest_phase
from bot.monitor.provider import Body, History, ParseFailed, Provider

INDICATORS = {
    "none": Level.OPERATIONAL,
    "minor": Level.DEGRADED,
    "major": Level.MAJOR_OUTAGE,
    "maintenance": Level.MAINTENANCE,
}
"""Its ``major`` stands for "a major outage or a critical incident"; there is no worse word."""

IMPACTS = {impact.value: impact for impact in Impact}
PHASES = {
    **{phase.value: phase for phase in Phase},
    "in_triage": Phase.INVESTIGATING,
    "started": Phase.INVESTIGATING,
    "detected": Phase.INVESTIGATING,
    "acknowledged": Phase.INVESTIGATING,
    "mitigated": Phase.MONITORING,
    "closed": Phase.RESOLVED,
    "cancelled": Phase.RESOLVED,
}
PLANNED = frozenset({Phase.SCHEDULED, Phase.IN_PROGRESS, Phase.VERIFYING, Phase.COMPLETED})


def state_urls(page_url: str) -> tuple[str, ...]:
    parts = urlsplit(page_url)
    root = parts.path.partition("/api/v1/")[0].rstrip("/")
    return (urlunsplit((parts.scheme, parts.netloc, f"{root}/api/v1/status.json", "", "")),)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the state, or of the incidents alone. Raises :class:`ParseFailed`."""
    found = _read(bodies)
    status = row(found.get("status"))
    incidents = _incidents(vendor, found)
    indicator = INDICATORS.get(word(status.get("indicator")))
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, (), incidents, raw=status.get("indicator")),
        status_text=one_line(string(status.get("description")) or string(status.get("indicator"))),
        components=(),
        incidents=incidents,
        taken_at=taken_at,
        page_updated_at=string(row(found.get("page")).get("updated_at")) or None,
        indicator=indicator,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The second reading: what it lacks is not active any more."""
    return History(_incidents(vendor, _read(bodies)), EPOCH)


def recognises(body: Body) -> bool:
    try:
        _read((body,))
    except ParseFailed:
        return False
    return True


def _read(bodies: tuple[Body, ...]) -> Row:
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_object(bodies[0])
    page = row(found.get("page"))
    listed = found.get("incidents")
    # Statuspage's pages and incidents have ids; these have none. OpenStatus's, which have none either, have no zone.
    if not (
        "time_zone" in page
        and "id" not in page
        and "url" in page
        and isinstance(listed, list)
        and "components" not in found
    ):
        raise ParseFailed("The page's JSON is not in Rootly's format: it may have moved to another platform.")
    if not all("started_at" in each and "id" not in each for each in objects(listed, "incidents")):
        raise ParseFailed("The page's incidents are not in Rootly's format.")
    if not listed and "indicator" not in row(found.get("status")):
        raise ParseFailed("The page tells neither a state nor incidents.")
    return found


def _incidents(vendor: Slug, found: Row) -> tuple[Incident, ...]:
    made: dict[str, Incident] = {}
    for raw in objects(found.get("incidents"), "incidents"):
        if (incident := _incident(vendor, raw)) is not None:
            made.setdefault(incident.id, incident)
    return tuple(made.values())


def _incident(vendor: Slug, raw: Row) -> Incident | None:
    started = time_of(raw.get("started_at"))
    url = web_address(raw.get("url"))
    key = urlsplit(url).path.rstrip("/").rpartition("/")[2] if url else ""
    if not key and started:
        key = f"incident-{started:%Y%m%dT%H%M%SZ}"
    posts = [
        Post(at, plain(string(each.get("body"))), PHASES.get(word(each.get("status"))), string(each.get("id")))
        for each in reversed(rows(raw.get("incident_updates")))
        if (at := time_of(each.get("created_at")) or started)
    ]
    updates = updates_of(key, posts)
    stated = PHASES.get(word(raw.get("status")))
    ended = time_of(raw.get("resolved_at"))
    # The status is that of the work behind the page; what was posted tells the stage.
    phase = stated if stated in ENDED or not updates or stated is None else newest_phase(updates) or stated
    if ended is not None and phase not in ENDED:
        phase = Phase.RESOLVED
    impact = IMPACTS.get(word(raw.get("impact")))
    planned = impact is Impact.MAINTENANCE or stated in PLANNED or phase in PLANNED
    if started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An incident of the page has no time that can be read.")
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("name"))) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=(ended or ended_at(updates) or started) if phase in ENDED else None,
        url=url,
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        raw_phase=raw_label(phase, raw.get("status")),
        raw_impact=raw_label(impact, raw.get("impact")),
        updates=updates,
    )


PROVIDER = Provider(
    kind="rootly",
    title="Rootly",
    rate_limit_group="rootly",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    lists_all_components=False,
    history_urls=state_urls,
    parse_history=parse_history,
    hosts=("status.rootly.com",),
    marks=(b"rootly.com",),
)
