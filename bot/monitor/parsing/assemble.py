"""Puts the parts of a page together: posts to updates, levels of parts to its level. Pure; it knows no platform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.domain import ENDED, Component, Incident, IncidentKind, Level, Phase, Update, worst
from bot.monitor.parsing.timeline import oldest_first, update_ids

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Post:
    """What will be an update."""

    at: datetime
    text: str
    phase: Phase | None = None
    id: str = ""
    """The page's own; ``""`` where it has none."""


def updates_of(incident: str, posts: Iterable[Post], *, newest_wins: bool = False) -> tuple[Update, ...]:
    """Oldest first, see :func:`oldest_first`. An id that comes twice counts once: its oldest post, or its newest."""
    ordered = oldest_first(posts, lambda post: post.at)
    made = update_ids(incident, (post.at for post in ordered))
    found: dict[str, Update] = {}
    for post, key in zip(ordered, made, strict=True):
        update = Update(post.id or key, post.phase, post.at, post.text)
        if newest_wins or update.id not in found:
            found[update.id] = update
    return tuple(sorted(found.values(), key=lambda update: update.at))


def page_level(
    indicator: Level | None,
    components: Iterable[Component],
    incidents: Iterable[Incident],
    *,
    raw: object = None,
    when_empty: Level | None = None,
    groups: Iterable[Level | None] = (),
) -> Level | None:
    """The worst of all that is known; green only where nothing is in doubt.

    ``raw``: the page's own word for ``indicator``. One that is not understood leaves in doubt what else looks green.
    ``when_empty``: the level of a page that lists nothing, where that is its only sign of being operational.
    ``groups``: levels of groups of components, which count where they are worse than what is in them.
    Where all of that is green, an incident that is only being watched makes the page degraded at most.
    """
    incidents, groups = tuple(incidents), tuple(groups)
    leaves = [component.level for component in components]
    known = worst((indicator, *leaves, *groups, *(incident.effective_level for incident in incidents)))
    if known is not None and known > Level.OPERATIONAL:
        is_doubtful = indicator is None and (not leaves or raw not in (None, ""))
        shown = (indicator, *leaves, *groups)
        return known if is_doubtful or not _is_recovering(shown, incidents) else min(known, Level.DEGRADED)
    if any(_is_in_doubt(incident, indicator) for incident in incidents):
        return None
    if indicator is not None or raw not in (None, ""):
        return indicator
    if leaves:
        return Level.OPERATIONAL if None not in leaves else None
    return when_empty


def _is_recovering(shown: Iterable[Level | None], incidents: Iterable[Incident]) -> bool:
    """Whether nothing that the page shows is bad, its own word included, and what is open is only being watched."""
    going_on = [i for i in incidents if i.kind is IncidentKind.INCIDENT and i.effective_level]
    return (worst(shown) or Level.OPERATIONAL) <= Level.MAINTENANCE and all(
        incident.phase is Phase.MONITORING for incident in going_on
    )


def with_incident_labels(components: Iterable[Component], incidents: Iterable[Incident]) -> tuple[Component, ...]:
    """Components that take their levels from the incidents about them: one that is unknown has the word of the incident
    that is not understood."""
    labels = {
        key: unknown
        for incident in incidents
        if incident.phase not in ENDED and (unknown := incident.raw_impact or incident.raw_phase)
        for key in incident.components
    }
    return tuple(replace(c, raw_status=labels.get(c.id)) if c.level is None else c for c in components)


def _is_in_doubt(incident: Incident, indicator: Level | None) -> bool:
    if incident.phase is None:
        return incident.level is not Level.OPERATIONAL
    return indicator is None and incident.is_open and incident.level is None and incident.kind is IncidentKind.INCIDENT
