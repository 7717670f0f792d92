"""Maintenances against the clock: moved, cancelled, overdue, or over without a word. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import NOTE_PREFIX, Incident, IncidentKind, Phase, Update

OVERDUE_AFTER = timedelta(minutes=2)
"""Pages end a maintenance by themselves at its planned end, and are read a little later."""
SAME_TIME = timedelta(minutes=1)
CANCELLED = "Cancelled: the vendor took this plan down before it began."
OVER = "It left the page once its planned time was over."


def with_changed_plan(was: Incident, now_: Incident, now: datetime) -> Incident:
    """With a note of its own where the planned time was changed."""
    if now_.kind is not IncidentKind.MAINTENANCE or not (was.is_open and now_.is_open):
        return now_
    # Once it is under way, some platforms put in when it really began.
    planned = was.phase is Phase.SCHEDULED and now_.phase is Phase.SCHEDULED
    moved = planned and _differ(was.started, now_.started)
    if not moved and not _differ(was.planned_end, now_.planned_end):
        return now_
    text = f"Planned time changed: was {_span(was)}, now {_span(now_)}"
    return _with_note(now_, "plan", now_.phase, now, text)


def gone(was: Incident, now: datetime, *, ends_recorded: bool) -> Incident:
    """A maintenance that left its page and stands nowhere: cancelled before its time, over after it, else taken down.

    ``ends_recorded``: what ended would stand somewhere; else only what is yet to begin cannot have ended.
    """
    end = was.planned_end or was.started
    if end <= now:
        over = _with_note(was, "over", Phase.COMPLETED, now, OVER)
        return replace(over, phase=Phase.COMPLETED, resolved=end, overdue=False)
    if was.phase is Phase.SCHEDULED and (ends_recorded or was.started > now):
        return replace(_with_note(was, "cancelled", was.phase, now, CANCELLED), vanished=True)
    return replace(was, vanished=ends_recorded, unlisted=not ends_recorded)


def with_overdue(incident: Incident, now: datetime) -> Incident:
    if incident.kind is not IncidentKind.MAINTENANCE or incident.planned_end is None:
        return incident
    overdue = incident.is_open and now >= incident.planned_end + OVERDUE_AFTER
    return incident if overdue == incident.overdue else replace(incident, overdue=overdue)


def look_at(incidents: Iterable[Incident], now: datetime) -> datetime | None:
    """When the next one is overdue."""
    ends = (
        i.planned_end + OVERDUE_AFTER
        for i in incidents
        if i.kind is IncidentKind.MAINTENANCE and i.is_open and i.planned_end is not None
    )
    return min((end for end in ends if end > now), default=None)


def _differ(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and abs(one - other) >= SAME_TIME


def _with_note(incident: Incident, what: str, phase: Phase | None, now: datetime, text: str) -> Incident:
    note = Update(f"{NOTE_PREFIX}{what}-{now:%Y%m%dT%H%M%SZ}", phase, now, text)
    return replace(incident, updates=(*incident.updates, note))


def _span(incident: Incident) -> str:
    start, end = incident.started, incident.planned_end
    if end is None:
        return f"{_moment(start)} UTC"
    return f"{_moment(start)} to {f'{end:%H:%M}' if start.date() == end.date() else _moment(end)} UTC"


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%b %Y %H:%M}"
