"""What a page that lists its past does not list any more. Pure.

Nodes of one page need not agree, and a list is cut off at its end: nothing is made of an absence before it was seen in
three readings, over five minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from bot.domain import Absence, IncidentKind, Snapshot

CERTAIN_READINGS = 3
CERTAIN_AFTER = timedelta(minutes=5)
MAX_WATCHED = 200
"""Of the newest incidents: a page that has lost more of them has lost its past."""


def watched(
    known: Mapping[str, Absence], before: Snapshot, listed: Collection[str], now: datetime
) -> dict[str, Absence]:
    """What is on record and not ``listed``, with how long that has been so."""
    absent = [
        incident.id
        for incident in sorted(before.incidents, key=lambda incident: incident.started, reverse=True)
        if incident.id not in listed
        and incident.kind is not IncidentKind.EPISODE
        and not (incident.vanished or incident.unlisted)
    ]
    return {id: _once_more(known.get(id), now) for id in absent[:MAX_WATCHED]}


def is_certain(absence: Absence, now: datetime) -> bool:
    return absence.readings >= CERTAIN_READINGS and now - absence.since >= CERTAIN_AFTER


def look_at(absent: Mapping[str, Absence], before: Snapshot, window: datetime | None, now: datetime) -> datetime | None:
    """When the page is to be read whole for what it does not list and is still open, or is missing from the middle of
    its list, which holds all since ``window``: twice more, evenly spread."""
    times = [
        absent[i.id].since + CERTAIN_AFTER * min(absent[i.id].readings, CERTAIN_READINGS - 1) / (CERTAIN_READINGS - 1)
        for i in before.incidents
        if i.id in absent
        and (i.is_open or (window is not None and i.started >= window))
        and not is_certain(absent[i.id], now)
    ]
    return min(times, default=None)


def _once_more(known: Absence | None, now: datetime) -> Absence:
    if known is None:
        return Absence(now, 1)
    return Absence(known.since, min(known.readings + 1, CERTAIN_READINGS))
