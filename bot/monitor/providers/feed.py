"""RSS and Atom feeds of status pages. A feed is history, never a state: it gives no level and names no components.

**How an end is known:** the words of an entry's newest update, or of its title, say so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from bot.domain import Incident, IncidentKind, Slug, Snapshot, Update, digest
from bot.monitor.parsing.body import first_element
from bot.monitor.parsing.feed_updates import (
    OF_INCIDENT,
    OF_MAINTENANCE,
    SCHEDULED_LABELS,
    FeedUpdate,
    listed_updates,
    one_update,
    planned_window,
)
from bot.monitor.parsing.feed_xml import ROOTS, Document, Entry, read_document
from bot.monitor.parsing.timeline import ended_at, newest_phase, update_ids
from bot.monitor.provider import Body, ParseFailed, Provider

LONGEST_ID = 200

_ID_IN_LINK = re.compile(r"/(?:incidents?|issues?|maintenances?)/([A-Za-z0-9_-]{1,64})/?(?:[?#]|$)")
_LOOKS_LIKE_FEED = re.compile(r"\.(?:rss|atom|xml|rdf)$|/(?:rss|atom|feeds?)(?:/|$)", re.IGNORECASE)


def looks_like_feed(url: str) -> bool:
    """By its path alone: ``/history.atom``, ``/rss/all``, ``/status/feed/``."""
    return _LOOKS_LIKE_FEED.search(urlsplit(url).path) is not None


def state_urls(page_url: str) -> tuple[str, ...]:
    """The address itself; a bare host is asked for the feed that Statuspage and its like have."""
    parts = urlsplit(page_url)
    if parts.path.strip("/") or parts.query:
        return (page_url,)
    return (urlunsplit((parts.scheme, parts.netloc, "/history.atom", "", "")),)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    document = read_document(bodies[0])
    if document.undated and not document.entries:
        raise ParseFailed("None of the feed's entries has a date that can be read.")
    incidents = _incidents(vendor, document)
    # Newest news first, so what started after the oldest entry's time is listed, whichever of its times that one has.
    bounds = [max(entry.published, incident.started) for entry, incident in incidents]
    return Snapshot(
        vendor=vendor,
        level=None,
        status_text="",
        components=(),
        incidents=_merged([incident for _, incident in incidents]),
        taken_at=taken_at,
        complete_since=min(bounds, default=None),
        page_updated_at=document.updated_at,
    )


def recognises(body: Body) -> bool:
    return first_element(body) in ROOTS


def _incidents(vendor: Slug, document: Document) -> list[tuple[Entry, Incident]]:
    links = Counter(entry.link for entry in document.entries)
    return [(entry, _incident(vendor, entry, _identity(entry, links))) for entry in document.entries]


def _identity(entry: Entry, links: Counter[str | None]) -> str:
    """The page's own id of the incident where the link tells it; else the guid, the link, or title and date."""
    if entry.link and (found := _ID_IN_LINK.search(entry.link)):
        return found[1]
    if entry.id:
        # Azure makes guids from titles and uses them again for later incidents.
        again = "" if _slug(entry.id) != _slug(entry.title) else f"@{entry.published:%Y%m%dT%H%M%SZ}"
        key = entry.id + again
    elif entry.link and links[entry.link] == 1:
        key = entry.link
    else:
        key = digest(entry.title, entry.published.isoformat())
    return key if len(key) <= LONGEST_ID else digest(key)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _incident(vendor: Slug, entry: Entry, key: str) -> Incident:
    listed = listed_updates(entry.content, entry.published, entry.updated)
    window = planned_window(entry.content, entry.published)
    if listed:
        started = listed[0].at
        planned = window is not None or any(update.phase in SCHEDULED_LABELS for update in listed)
    else:
        started = entry.published
        only, planned = one_update(entry.title, entry.content, entry.updated)
        listed = (only,)
    updates = _numbered(key, listed)
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=entry.title,
        phase=newest_phase(updates),
        impact=None,
        started=window.start if window else started,
        resolved=ended_at(updates),
        planned_end=window.end if window else None,
        url=entry.link,
        updates=updates,
    )


def _numbered(key: str, listed: Iterable[FeedUpdate]) -> tuple[Update, ...]:
    listed = sorted(listed, key=lambda update: update.at)
    ids = update_ids(key, (update.at for update in listed))
    return tuple(Update(each, update.phase, update.at, update.text) for each, update in zip(ids, listed, strict=True))


def _merged(incidents: list[Incident]) -> tuple[Incident, ...]:
    """Some feeds have an entry for each update: entries of one incident become one. The newest decides, but on whether
    it is planned work: that is announced, and the word "resolved" is then the end of that work."""
    by_id: dict[str, list[Incident]] = {}
    for incident in incidents:
        by_id.setdefault(incident.id, []).append(incident)
    return tuple(parts[0] if len(parts) == 1 else _joined(parts) for parts in by_id.values())


def _joined(parts: list[Incident]) -> Incident:
    oldest_first = parts[::-1]
    oldest_first.sort(key=lambda part: part.updates[-1].at)
    newest, kind = oldest_first[-1], oldest_first[0].kind
    stages = OF_MAINTENANCE if kind is IncidentKind.MAINTENANCE else OF_INCIDENT
    posts = (update for part in oldest_first for update in part.updates)
    listed = (FeedUpdate(u.at, stages.get(u.phase, u.phase) if u.phase else None, u.text) for u in posts)
    updates = _numbered(newest.id, listed)
    return replace(
        newest,
        kind=kind,
        started=min(part.started for part in parts),
        phase=newest_phase(updates),
        resolved=ended_at(updates),
        updates=updates,
    )


PROVIDER = Provider(
    kind="rss",
    title="RSS/Atom feed",
    rate_limit_group="feed",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    lists_all_components=False,
)
