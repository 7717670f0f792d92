"""The states of an incident that was read only once it was over, made of its updates and their times. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.domain import ENDED, IncidentCourse, IncidentRecord, IncidentState


def states_of(course: IncidentCourse) -> tuple[IncidentState, ...]:
    """As it was read; where no channel could have heard of it then, as if each update had been read at once."""
    if any(state.offered for state in course.states):
        return course.states
    return tuple(_as_updated(course.record))


def _as_updated(record: IncidentRecord) -> Iterator[IncidentState]:
    """How bad it was at which time is not on record: it counts as its worst throughout."""
    incident = replace(record.incident, level=record.peak, explained_by=None)
    going_on = replace(incident, phase=None, resolved=None, listed_open=True, vanished=False, unlisted=False)
    going_on = replace(going_on, overdue=False, recovering=False, unstable=None)
    shown, phase, at = going_on, None, incident.started
    for number, update in enumerate(incident.updates, start=1):
        phase = update.phase or phase
        ended = update.at if phase in ENDED else None
        at = max(at, update.at) if number > 1 else update.at
        shown = replace(going_on, phase=phase, resolved=ended, updates=incident.updates[:number])
        yield IncidentState(at, shown, offered=True)
    if not incident.updates:
        yield IncidentState(at, shown, offered=True)
    if (shown.phase, False, False) != (incident.phase, incident.vanished, incident.unlisted):
        yield IncidentState(max(at, incident.resolved or at), incident, offered=True)
