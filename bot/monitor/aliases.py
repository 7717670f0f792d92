"""Incidents that come under new ids although they are on record: the same title, parts and texts. Pure.

Some pages make ids anew at each build. What goes on there keeps the id under which it was first read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import Incident, IncidentKind, Snapshot

SAME_START = timedelta(minutes=2)
MAX_NAMESAKES = 50
"""Of one title, how many are held against a new incident: a page may list thousands."""
SOON = timedelta(minutes=2)
"""Readings so close to each other leave no time for one incident to end and another to begin in the same words."""


def with_known_ids(
    before: Snapshot, listed: Sequence[Incident], present: frozenset[str], seen_at: datetime | None, now: datetime
) -> tuple[Incident, ...]:
    """``listed`` under the ids on record. ``present``: all ids that the page lists anywhere; ``seen_at``: its last
    reading."""
    known = {incident.id for incident in before.incidents}
    gone: defaultdict[str, list[Incident]] = defaultdict(list)
    # What goes on first: an ended one is only another name for what ended.
    for was in sorted(before.incidents, key=lambda incident: not incident.is_open):
        if was.kind is not IncidentKind.EPISODE and was.id not in present:
            gone[_fold(was.title)].append(was)
    found: list[Incident] = []
    for incident in listed:
        twin, namesakes = None, gone[_fold(incident.title)]
        if incident.id not in known:
            twin = next((was for was in namesakes[:MAX_NAMESAKES] if _is_one(was, incident, seen_at, now)), None)
        if twin is not None:
            namesakes.remove(twin)
        found.append(incident if twin is None else _renamed(incident, twin))
    return tuple(found)


def _is_one(was: Incident, new: Incident, seen_at: datetime | None, now: datetime) -> bool:
    alike = was.kind is new.kind and set(was.components) == set(new.components)
    texts = [{_fold(u.text) for u in i.updates if not u.is_note} for i in (was, new)]
    if not alike or not (texts[0] <= texts[1] or texts[1] <= texts[0]) or was.planned_end != new.planned_end:
        return False
    if abs(was.started - new.started) <= SAME_START:
        return True
    # Else it may be the next incident in the words of the one before, which ended meanwhile.
    return (
        was.is_open
        and seen_at is not None
        and bool(texts[0] & texts[1])
        and (new.started <= seen_at or now - seen_at <= SOON)
    )


def _renamed(new: Incident, was: Incident) -> Incident:
    free = {u.digest: u for u in reversed(was.updates) if not u.is_note}
    updates = tuple(free.pop(u.digest, u) for u in new.updates)
    in_order = tuple(sorted(updates, key=lambda update: update.at))
    start = min(was.started, new.started)
    return replace(new, id=was.id, url=was.url or new.url, started=start, updates=in_order)


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
