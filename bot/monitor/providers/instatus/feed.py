"""Instatus's feed: texts of incidents by id, and affected components by name. Pure; it tells no state.

Its entries are Statuspage's lists of updates with seconds, under a head that tells type, duration and components.
"""

from __future__ import annotations

import re

from bot.domain import Impact, Incident, IncidentKind, Level, Slug, Update
from bot.monitor.parsing.assemble import Post, updates_of
from bot.monitor.parsing.feed_updates import OF_MAINTENANCE, FeedUpdate, listed_updates
from bot.monitor.parsing.feed_xml import Entry
from bot.monitor.parsing.text import plain
from bot.monitor.parsing.timeline import ended_at, newest_phase

_AFFECTED = re.compile(r"Affected Components:\s{0,9}</strong>([^<]{1,4000})")


def key_of(entry: Entry) -> str:
    """The incident's id: the last part of the entry's id, or of its link."""
    return (entry.id or entry.link or "").rstrip("/").rpartition("/")[2]


def updates_in(entry: Entry, *, planned: bool) -> tuple[Update, ...]:
    listed = listed_updates(entry.content, entry.published, entry.updated)
    return updates_of(key_of(entry), [_post(each, planned=planned) for each in listed])


def affected(entry: Entry) -> set[str]:
    """Names of components, case folded."""
    found = _AFFECTED.search(entry.content)
    return {plain(name).casefold() for name in found[1].split(",")} if found else set()


def incident_of(vendor: Slug, entry: Entry) -> Incident:
    planned = "maintenance/" in f"{entry.id} {entry.link}".lower()
    updates = updates_in(entry, planned=planned)
    return Incident(
        vendor=vendor,
        id=key_of(entry),
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=entry.title,
        phase=newest_phase(updates),
        impact=Impact.MAINTENANCE if planned else None,
        started=entry.published,
        resolved=ended_at(updates),
        url=entry.link,
        level=Level.MAINTENANCE if planned else None,
        updates=updates,
    )


def _post(update: FeedUpdate, *, planned: bool) -> Post:
    # The feed ends each text with a full stop of its own.
    text = update.text[:-1] if update.text.endswith("..") else update.text
    phase = OF_MAINTENANCE.get(update.phase, update.phase) if planned and update.phase else update.phase
    return Post(update.at, text, phase)
