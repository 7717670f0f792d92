"""Reminders of planned maintenances: which one is due, and when to look for the next. Pure and total.

A reminder belongs to a start: when the plan moves, those of the new start are due again. One that fell due before the
channel was told of that start is not: it knows. One that was kept back past the start is told nevertheless, unless a
message tells of the start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.incident import Incident, IncidentKind, Phase

SAME_START = timedelta(minutes=1)
"""Pages round their times: a plan that moves by less is the same."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What a channel was reminded of."""

    starts: datetime
    lead: timedelta
    """How long before it; none: it was kept back until after it."""


def due_reminder(
    incident: Incident,
    leads: Collection[timedelta],
    told: Collection[Reminder],
    known_since: datetime | None,
    now: datetime,
    *,
    past_start: bool = False,
) -> Reminder | None:
    """The reminder to send now: of several that are due the last one alone. ``known_since``: when the channel was told
    of the start that the plan has now. ``past_start``: one that was kept back is due after it, too."""
    is_plan = incident.kind is IncidentKind.MAINTENANCE and not incident.vanished and not incident.unlisted
    if not (_is_ahead(incident, now) or (past_start and is_plan and now >= incident.started)):
        return None
    starts = incident.started
    passed = [lead for lead in leads if starts - lead <= now and (known_since is None or starts - lead > known_since)]
    lead = min(passed, default=None)
    if lead is None or any(abs(t.starts - starts) < SAME_START and t.lead <= lead for t in told):
        return None
    return Reminder(starts, lead if now < starts else timedelta())


def next_reminder_at(incident: Incident, leads: Iterable[timedelta], now: datetime) -> datetime | None:
    """When the next one falls due; ``None``: none is ahead."""
    if not _is_ahead(incident, now):
        return None
    return min((incident.started - lead for lead in leads if incident.started - lead > now), default=None)


def _is_ahead(incident: Incident, now: datetime) -> bool:
    is_plan = incident.kind is IncidentKind.MAINTENANCE and incident.phase is Phase.SCHEDULED and incident.is_open
    return is_plan and now < incident.started
