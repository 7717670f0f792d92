"""What a page does not list any more, in its state or its history, though it lists its past. Pure.

Nodes of one page need not agree, a cache may be older than an incident, and a list is cut off at its end: nothing is
made of an absence before it was seen in three readings, over five minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import Absence, Incident, IncidentKind, Snapshot


@dataclass(frozen=True, slots=True)
class Evidence:
    """What makes an absence certain."""

    readings: int = 3
    over: timedelta = timedelta(minutes=5)


EVIDENCE = Evidence()
MAX_WATCHED = 200
"""Of the newest incidents: a page that has lost more of them has lost its past."""


def watched(known: Mapping[str, Absence], unlisted: Iterable[Incident], now: datetime) -> dict[str, Absence]:
    """Of what is on record and not listed now, how long that has been so."""
    absent = [
        incident.id
        for incident in sorted(unlisted, key=lambda incident: incident.started, reverse=True)
        if incident.kind is not IncidentKind.EPISODE and not (incident.vanished or incident.unlisted)
    ]
    return {id: _once_more(known.get(id), now) for id in absent[:MAX_WATCHED]}


def is_certain(absence: Absence, now: datetime, wanted: Evidence = EVIDENCE) -> bool:
    return absence.readings >= wanted.readings and now - absence.since >= wanted.over


def look_at(absent: Mapping[str, Absence], before: Snapshot, window: datetime | None, now: datetime) -> datetime | None:
    """When the page is to be read whole for what it does not list and is still open, or is missing from the middle of
    its list, which holds all since ``window``: twice more, evenly spread."""
    return recheck_at(
        (
            absent[i.id]
            for i in before.incidents
            if i.id in absent and (i.is_open or (window is not None and i.started >= window))
        ),
        now,
    )


def recheck_at(absences: Iterable[Absence], now: datetime) -> datetime | None:
    """When what does not list them is to be read once more."""
    steps = EVIDENCE.readings - 1
    times = (a.since + EVIDENCE.over * min(a.readings, steps) / steps for a in absences if not is_certain(a, now))
    return min(times, default=None)


def _once_more(known: Absence | None, now: datetime) -> Absence:
    if known is None:
        return Absence(now, 1)
    return Absence(known.since, min(known.readings + 1, EVIDENCE.readings))
