"""What is out of the ordinary with incidents, from the page around them and the clock: recovering, overdue, and a level
that follows parts which come and go. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.domain import Incident, IncidentKind, Level, Phase, Snapshot, Turns, worst
from bot.monitor import plans
from bot.monitor.turns import SERIES_GAP, is_live
from bot.monitor.unstable import UNSTABLE_TURNS


def applied(
    after: Snapshot, turns: Mapping[str, Turns], before: Snapshot | None, now: datetime, *, is_fresh: bool = True
) -> Snapshot:
    """The reading with all that said of its incidents. Unless it is fresh, it tells nothing of the page's own word."""
    green = is_green(after)
    old = {incident.id: incident for incident in before.incidents} if before else {}

    def shown(incident: Incident) -> Incident:
        incident = plans.with_overdue(incident, now)
        if _is_planned(incident) and incident.level is not None and incident.level > Level.MAINTENANCE:
            # What its parts do months before is not its doing.
            incident = replace(incident, level=Level.MAINTENANCE)
        was = old.get(incident.id)
        recovering = green if is_fresh or was is None else was.recovering
        recovering = recovering and incident.is_open and _is_watched(incident)
        if recovering != incident.recovering:
            incident = replace(incident, recovering=recovering)
        if was is not None and was.is_open and incident.is_open and _is_shaken(incident, turns, now):
            # It would be edited at each turn. How bad it gets is news at once, how good it looks is not.
            incident = replace(incident, level=worst((was.level, incident.level)))
        return incident

    return replace(after, incidents=tuple(map(shown, after.incidents)))


def is_green(snapshot: Snapshot) -> bool:
    """Whether all parts and the page's own word say that all is well, and what is open is only being watched."""
    if snapshot.level is None or snapshot.level > Level.DEGRADED or snapshot.indicator not in (None, Level.OPERATIONAL):
        return False
    if not snapshot.components and snapshot.indicator is None:
        return False
    if any(component.level not in (Level.OPERATIONAL, Level.MAINTENANCE) for component in snapshot.components):
        return False
    going_on = [i for i in snapshot.incidents if i.kind is IncidentKind.INCIDENT and i.effective_level]
    return all(map(_is_watched, going_on))


def look_at(after: Snapshot, turns: Mapping[str, Turns], now: datetime) -> datetime | None:
    """When the parts of an incident will have been quiet for long enough."""
    shaken = [i for i in after.incidents if i.kind is IncidentKind.INCIDENT and i.is_open]
    times = (
        turns[part].last + SERIES_GAP
        for i in shaken
        if _is_shaken(i, turns, now)
        for part in i.components
        if part in turns
    )
    return min((at for at in times if at > now), default=None)


def _is_planned(incident: Incident) -> bool:
    return incident.kind is IncidentKind.MAINTENANCE and incident.phase is Phase.SCHEDULED


def _is_watched(incident: Incident) -> bool:
    return incident.kind is IncidentKind.INCIDENT and incident.phase is Phase.MONITORING


def _is_shaken(incident: Incident, turns: Mapping[str, Turns], now: datetime) -> bool:
    if incident.kind is not IncidentKind.INCIDENT:
        return False
    about = [turns[part] for part in incident.components if part in turns]
    return any(t.count >= UNSTABLE_TURNS and is_live(t, now) for t in about)
