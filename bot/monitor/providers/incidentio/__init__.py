"""incident.io. Its pages answer in Statuspage's format (ULIDs, no groups, no components on incidents, empty lists left
out, update texts that may all be empty) and in formats of their own, which tell the rest: one reading joins them. Pure.

**How an end is known:** as on Statuspage, whose list of the newest incidents holds the ended ones too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from bot.domain import Component, Incident, IncidentKind, Level, Slug, Snapshot, worst
from bot.monitor.parsing.assemble import page_level
from bot.monitor.provider import Body, History, ParseFailed, Provider
from bot.monitor.providers.incidentio import native
from bot.monitor.providers.statuspage import v2

SHARED_HOST = "statuspage.incident.io"


def state_urls(page_url: str) -> tuple[str, ...]:
    """Statuspage's format, and the native one, which not every page may have."""
    root = v2.page_root(page_url)
    parts = urlsplit(root)
    slug = parts.path.strip("/") if parts.hostname == SHARED_HOST else parts.hostname or ""
    return (*v2.state_urls(page_url), f"{parts.scheme}://{parts.netloc}/proxy/{slug}")


def history_urls(page_url: str) -> tuple[str, ...]:
    return (*v2.history_urls(page_url), v2.page_root(page_url) + "/")


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of all bodies together, each in any of the formats. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    readings = [(body, native.read(vendor, body)) for body in bodies]
    own = [reading for _, reading in readings if reading is not None]
    shared = [body for body, reading in readings if reading is None]
    if not own:
        alone = v2.parse(vendor, tuple(shared), taken_at)
        return replace(alone, incidents=tuple(map(_from_its_first_update, alone.incidents)))
    snapshot = v2.parse(vendor, tuple(shared), taken_at) if shared else None
    incidents: dict[str, Incident] = {incident.id: incident for incident in snapshot.incidents} if snapshot else {}
    for reading in reversed(own):
        incidents.update((i.id, _joined(i, incidents.get(i.id))) for i in reading.incidents)
    components: dict[str, Component] = {}
    for each in (*(c for reading in own for c in reading.components), *(snapshot.components if snapshot else ())):
        components.setdefault(each.id, each)
    # What it lists of its parts counts too: it may know worse of one than the format that the page has of its own.
    shown = worst((snapshot.indicator, *(c.level for c in snapshot.components))) if snapshot else None
    indicator = snapshot.level if snapshot and shown is None else shown
    when_empty = Level.OPERATIONAL if any(reading.is_state for reading in own) else None
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components.values(), incidents.values(), raw=snapshot, when_empty=when_empty),
        status_text=snapshot.status_text if snapshot else "",
        components=tuple(components.values()),
        incidents=tuple(map(_from_its_first_update, incidents.values())),
        taken_at=taken_at,
        page_updated_at=snapshot.page_updated_at if snapshot else None,
        indicator=snapshot.indicator if snapshot else None,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """Statuspage's lists, with the texts that those lack where the page's HTML still shows them."""
    shown: dict[str, Incident] = {}
    shared = []
    for body in bodies:
        try:
            reading = native.read(vendor, body)
        except ParseFailed:
            reading = None
        if reading is None:
            shared.append(body)
        else:
            shown.update((incident.id, incident) for incident in reading.incidents)
    history = v2.parse_history(vendor, tuple(shared))
    joined = (_joined(shown[i.id], i) if i.id in shown else i for i in history.incidents)
    return replace(history, incidents=tuple(map(_from_its_first_update, joined)))


def recognises(body: Body) -> bool:
    try:
        return native.read(Slug(""), body) is not None or v2.has_ulids(body)
    except ParseFailed:
        return False


def _from_its_first_update(incident: Incident) -> Incident:
    """Its start may be set by hand, to after its first update too: the earlier of the two is the start."""
    if incident.kind is not IncidentKind.INCIDENT or not incident.updates:
        return incident
    return replace(incident, started=min(incident.started, incident.updates[0].at))


def _joined(incident: Incident, shared: Incident | None) -> Incident:
    """The native one, with the impact that only the shared format tells."""
    if shared is None:
        return incident
    return replace(
        incident,
        impact=shared.impact or incident.impact,
        level=worst((incident.level, shared.level)),
        resolved=shared.resolved or incident.resolved,
    )


PROVIDER = Provider(
    kind="incidentio",
    title="incident.io",
    rate_limit_group="incidentio",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=history_urls,
    parse_history=parse_history,
    hosts=("incident.io",),
    marks=(b"incident-io-status-page", b"https://incident.io/status-pages"),
    partial=True,
)
