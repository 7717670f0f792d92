"""Episodes: a worse level that no incident of the page explains. Pure; it announces nothing itself.

An episode opens at once: to wait whether it passes would hide an outage. When the vendor posts an
incident that explains it, its cards become that incident's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.domain import (
    UNDER_WAY,
    Component,
    Incident,
    IncidentKind,
    Level,
    Phase,
    Snapshot,
    Update,
    worst,
)

MAX_LINES = 50
PAGE_ITSELF = "The page as a whole"


@dataclass(frozen=True, slots=True)
class EpisodeChanges:
    """What becomes of the vendor's episode."""

    after: Snapshot
    """The reading with the episode in it, opened, updated or ended."""
    merged: tuple[tuple[str, str], ...] = ()
    """(episode id, incident id) of an episode that an incident explains."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What is worse than operational without an explanation."""

    components: tuple[Component, ...]
    page: Level | None
    """The level of the page, if that is all that is bad."""

    @property
    def level(self) -> Level | None:
        return worst([self.page, *(component.level for component in self.components)])


def decide(before: Snapshot | None, after: Snapshot, now: datetime) -> EpisodeChanges:
    """``after`` is a reading merged with the record, without episodes. At most one episode is open per vendor."""
    episode = _open_episode(before)
    trouble = _unexplained(after)
    if trouble.level is not None:
        return EpisodeChanges(
            _with_episode(after, _continued(episode, trouble, now) if episode else _opened(after, trouble, now))
        )
    if episode is None:
        return EpisodeChanges(after)
    explained_by = _explanation(episode, before, after)
    if explained_by is not None:
        return EpisodeChanges(after, ((episode.id, explained_by.id),))
    if _is_in_doubt(episode, after):
        return EpisodeChanges(_with_episode(after, episode))
    return EpisodeChanges(_with_episode(after, _ended(episode, now)))


def _open_episode(before: Snapshot | None) -> Incident | None:
    episodes = [i for i in before.incidents if i.kind is IncidentKind.EPISODE and i.is_open] if before else []
    return min(episodes, key=lambda i: (i.started, i.id), default=None)


def _unexplained(after: Snapshot) -> _Trouble:
    bad = tuple(c for c in after.components if c.level is not None and c.level >= Level.DEGRADED)
    incidents = [i for i in after.incidents if _may_explain(i)]
    if any(i.kind is IncidentKind.INCIDENT and not i.components for i in incidents):
        return _Trouble((), None)
    named = {component for incident in incidents for component in incident.components}
    page = None
    if (
        after.level is not None
        and after.level >= Level.DEGRADED
        and not any(i.kind is IncidentKind.INCIDENT for i in incidents)
        and after.level > (worst(c.level for c in bad) or Level.OPERATIONAL)
    ):
        page = after.level
    return _Trouble(tuple(c for c in bad if c.id not in named), page)


def _is_in_doubt(episode: Incident, after: Snapshot) -> bool:
    """Whether what the episode is about may be as bad as it was: its level is unknown now, or, in a feed, absent."""
    if not episode.components:
        return after.level is None
    about = [c.level for c in after.components if c.id in episode.components]
    return None in about or (after.level is None and not after.components)


def _may_explain(incident: Incident) -> bool:
    if incident.kind is IncidentKind.MAINTENANCE:
        return incident.phase in UNDER_WAY and not incident.vanished
    return incident.kind is IncidentKind.INCIDENT and incident.is_open


def _explanation(episode: Incident, before: Snapshot | None, after: Snapshot) -> Incident | None:
    """The incident that explains what the episode was about: a new one, or one that names what is still bad."""
    known = {incident.id for incident in before.incidents} if before else set()
    about = set(episode.components)
    bad = {c.id for c in after.components if c.level is not None and c.level >= Level.DEGRADED}
    page_is_bad = after.level is not None and after.level >= Level.DEGRADED
    candidates = [i for i in after.incidents if _may_explain(i)]
    for incident in sorted(candidates, key=lambda i: (i.id in known, i.started, i.id)):
        named = set(incident.components)
        touches = bool(about & named) if about and named else incident.kind is IncidentKind.INCIDENT
        still_bad = bool(bad & about & (named or about)) if about else page_is_bad
        if touches and (still_bad or incident.id not in known):
            return incident
    return None


def _opened(after: Snapshot, trouble: _Trouble, now: datetime) -> Incident:
    started = now.astimezone(UTC).replace(microsecond=0)
    episode_id = f"episode-{started:%Y%m%dT%H%M%SZ}"
    return Incident(
        vendor=after.vendor,
        id=episode_id,
        kind=IncidentKind.EPISODE,
        title=_title(trouble),
        phase=Phase.INVESTIGATING,
        impact=None,
        started=started,
        level=trouble.level,
        components=tuple(c.id for c in trouble.components),
        regions=_regions((), trouble.components),
        updates=(Update(f"{episode_id}.1", Phase.INVESTIGATING, started, _text(trouble)),),
    )


def _continued(episode: Incident, trouble: _Trouble, now: datetime) -> Incident:
    text = _text(trouble)
    updates = episode.updates
    if not updates or updates[-1].text != text:
        updates += (_next(episode, Phase.INVESTIGATING, now, text),)
    return replace(
        episode,
        level=trouble.level,
        components=tuple(dict.fromkeys([*episode.components, *(c.id for c in trouble.components)])),
        regions=_regions(episode.regions, trouble.components),
        updates=updates,
    )


def _ended(episode: Incident, now: datetime) -> Incident:
    update = _next(episode, Phase.RESOLVED, now, "The page shows no trouble any more.")
    return replace(episode, phase=Phase.RESOLVED, resolved=update.at, updates=(*episode.updates, update))


def _next(episode: Incident, phase: Phase, now: datetime, text: str) -> Update:
    return Update(f"{episode.id}.{len(episode.updates) + 1}", phase, max(now, episode.started), text)


def _with_episode(after: Snapshot, episode: Incident) -> Snapshot:
    return replace(after, incidents=(*after.incidents, episode))


def _title(trouble: _Trouble) -> str:
    words = _words(trouble.level)
    match trouble.components:
        case ():
            return f"{PAGE_ITSELF}: {words}"
        case (component,):
            return f"{component.label}: {words}"
        case components:
            return f"{len(components)} components: {words}"


def _text(trouble: _Trouble) -> str:
    lines = [f"{component.label}: {_words(component.level)}" for component in trouble.components]
    if trouble.page is not None:
        lines.insert(0, f"{PAGE_ITSELF}: {_words(trouble.page)}")
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = [f"and {len(lines) - MAX_LINES} more"]
    return "\n".join(lines)


def _words(level: Level | None) -> str:
    return "unknown" if level is None else level.word.replace("_", " ")


def _regions(known: tuple[str, ...], components: Iterable[Component]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*known, *(c.region for c in components if c.region)]))
