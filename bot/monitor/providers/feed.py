"""RSS and Atom feeds of status pages. A feed is history, never a state: it gives no level and names no components.

**How an end is known:** the newest update of an entry says so, by a label or in a finished statement, in any of eight
languages; or its title is labelled so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from bot.domain import Incident, IncidentKind, Slug, Snapshot, Update
from bot.monitor.parsing.feed_entries import Post, grouped
from bot.monitor.parsing.feed_updates import (
    OF_INCIDENT,
    OF_MAINTENANCE,
    SCHEDULED_LABELS,
    FeedUpdate,
    Window,
    listed_updates,
    one_update,
    planned_window,
)
from bot.monitor.parsing.feed_xml import Entry, is_feed, read_document
from bot.monitor.parsing.timeline import ends_last, settled_end, settled_phase, update_ids
from bot.monitor.provider import Body, ParseFailed, Provider

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
    document = read_document(bodies[0], taken_at)
    groups = grouped(document.entries)
    incidents = [_incident(vendor, key, posts) for key, posts in groups]
    # Newest news first, so what started after the oldest entry's time is listed, whichever of its times that one has.
    bounds = [
        max(max(post.entry.published for post in posts), incident.started)
        for (_, posts), incident in zip(groups, incidents, strict=True)
        if any(post.entry.dated for post in posts)
    ]
    return Snapshot(
        vendor=vendor,
        level=None,
        status_text="",
        components=(),
        incidents=tuple(incidents),
        taken_at=taken_at,
        complete_since=min(bounds, default=None),
        page_updated_at=document.updated_at,
        newest_only=frozenset(key for key, posts in groups if not any(_lists_updates(post.entry) for post in posts)),
        undated=document.undated,
        zoneless=document.zoneless,
    )


def recognises(body: Body) -> bool:
    return is_feed(body)


def _incident(vendor: Slug, key: str, posts: Sequence[Post]) -> Incident:
    """Of its entries, oldest first. The newest decides, but on whether it is planned work: that is announced, and the
    word "resolved" is then the end of that work."""
    told = [_told(post) for post in posts]
    planned, window = told[0].planned, told[-1].window
    stages = OF_MAINTENANCE if planned else OF_INCIDENT
    if len(told) > 1:
        # An entry may stand there twice.
        posted = [update for updates in dict.fromkeys(each.updates for each in told) for update in updates]
        posted = [replace(u, phase=stages.get(u.phase, u.phase) if u.phase else None) for u in posted]
    else:
        posted = list(told[0].updates)
    updates = _numbered(key, posted)
    newest = posts[-1]
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=newest.title,
        phase=settled_phase(updates),
        impact=None,
        started=window.start if window else min(each.started for each in told),
        resolved=settled_end(updates),
        planned_end=window.end if window else None,
        url=newest.entry.link,
        updates=updates,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What one entry tells."""

    started: datetime
    planned: bool
    window: Window | None
    updates: tuple[FeedUpdate, ...]


def _told(post: Post) -> _Told:
    entry = post.entry
    listed = listed_updates(entry.content, entry.published, entry.updated)
    window = planned_window(entry.content, entry.published)
    if listed:
        planned = window is not None or any(update.phase in SCHEDULED_LABELS for update in listed)
        return _Told(listed[0].at, planned, window, listed)
    only, planned = one_update(entry.title, entry.content, entry.updated)
    return _Told(entry.published, planned, window, (only,))


def _lists_updates(entry: Entry) -> bool:
    return bool(listed_updates(entry.content, entry.published, entry.updated))


def _numbered(key: str, listed: Iterable[FeedUpdate]) -> tuple[Update, ...]:
    listed = sorted(listed, key=lambda update: update.at)
    ids = update_ids(key, (update.at for update in listed))
    return ends_last(
        Update(each, update.phase, update.at, update.text) for each, update in zip(ids, listed, strict=True)
    )


PROVIDER = Provider(
    kind="rss",
    title="RSS/Atom feed",
    rate_limit_group="feed",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    lists_all_components=False,
    ids_change=True,
)
