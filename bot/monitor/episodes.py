"""Episodes: a worse level that no incident of the page explains. Pure; it announces nothing itself.

What is believed of a page's trouble (:mod:`bot.monitor.trouble`) opens an episode at once: to wait whether it passes
would hide an outage. Within an hour of its end it goes on. When the vendor posts an incident that explains it, its
cards become that incident's if the two began together; else the incident has its own, and the episode is closed. An
episode whose parts turn a third time is *unstable*: :mod:`bot.monitor.unstable`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.domain import Incident, IncidentKind, PageMemory, Phase, Snapshot, Update
from bot.monitor import unstable
from bot.monitor.trouble import (
    CLOSE,
    CONFIRM_AFTER,
    Trouble,
    believed,
    came_with,
    may_explain,
    regions,
    seen,
    unexplained,
)
from bot.monitor.turns import PAGE, SERIES_GAP, counted, severity


@dataclass(frozen=True, slots=True)
class EpisodeChanges:
    """What becomes of the vendor's episode."""

    after: Snapshot
    """The reading with the episode in it, opened, updated or ended."""
    merged: tuple[tuple[str, str], ...] = ()
    """(episode id, incident id) of an episode whose cards become the incident's."""
    explained: tuple[tuple[str, str], ...] = ()
    """(episode id, incident id) of an episode that is closed by an incident with cards of its own."""
    memory: PageMemory = field(default_factory=PageMemory)
    look_at: datetime | None = None
    """When to decide again, whatever the page says then."""


def decide(before: Snapshot | None, after: Snapshot, now: datetime, memory: PageMemory | None = None) -> EpisodeChanges:
    """``after`` is a reading merged with the record, without episodes. At most one episode is open per vendor."""
    memory = memory or PageMemory()
    turns = counted(memory.turns, before, after, now)
    first_seen = seen(memory.first_seen, after, now)
    found = unexplained(after, turns, first_seen)
    episode = _open_episode(before)
    told = (episode.components or (PAGE,)) if episode else ()
    trouble, pending = believed(found, before, told, turns, memory.pending, now)
    memory = replace(memory, turns=turns, pending=pending, first_seen=first_seen)
    look_at = now + CONFIRM_AFTER if pending else None
    if before is not None and (episode or found.parts):
        again = episode or _ended_lately(before, found, now)
        about = _about(again, found)
        if unstable.is_unstable(again, about, turns, now):
            explained_by = _explanation(again, before, after, memory) if again and not found.parts else None
            if again and explained_by and _is_one(again, explained_by):
                return EpisodeChanges(after, merged=((again.id, explained_by.id),), memory=_settled(memory))
            opened = again or _opened(after, found, now)
            folded, memory = unstable.folded(opened, found, trouble, about, now, memory, listed=_ids(after))
            look_at = unstable.look_at(folded.unstable, about, memory, now)
            return EpisodeChanges(_with_episode(after, folded), memory=memory, look_at=look_at)
        episode = episode or (again if trouble.parts else None)
    memory = _settled(memory)
    if trouble.level is not None:
        current = _continued(episode, trouble, after, now) if episode else _opened(after, trouble, now)
        return EpisodeChanges(_with_episode(after, current), memory=memory, look_at=look_at)
    if episode is None:
        return EpisodeChanges(after, memory=memory, look_at=look_at)
    explained_by = _explanation(episode, before, after, memory)
    if explained_by is not None:
        pair = ((episode.id, explained_by.id),)
        if _is_one(episode, explained_by):
            return EpisodeChanges(after, merged=pair, memory=memory, look_at=look_at)
        return EpisodeChanges(after, explained=pair, memory=memory, look_at=look_at)
    if _is_in_doubt(episode, after):
        return EpisodeChanges(_with_episode(after, episode), memory=memory, look_at=look_at)
    return EpisodeChanges(_with_episode(after, _ended(episode, memory, now)), memory=memory, look_at=look_at)


def _settled(memory: PageMemory) -> PageMemory:
    """Nothing is unstable."""
    return replace(memory, folded_at=None, outage=None)


def _open_episode(before: Snapshot | None) -> Incident | None:
    episodes = [i for i in before.incidents if i.kind is IncidentKind.EPISODE and i.is_open] if before else []
    return min(episodes, key=lambda i: (i.started, i.id), default=None)


def _ended_lately(before: Snapshot, found: Trouble, now: datetime) -> Incident | None:
    """The episode that ended less than an hour ago and was about what is in trouble again."""
    ended = [
        i
        for i in before.incidents
        if i.kind is IncidentKind.EPISODE
        and i.phase is Phase.RESOLVED
        and i.resolved is not None
        and i.explained_by is None
        and now - i.resolved <= SERIES_GAP
        and set(found.parts) & set(i.components or (PAGE,))
    ]
    return max(ended, key=lambda i: (i.started, i.id), default=None)


def _about(episode: Incident | None, found: Trouble) -> tuple[str, ...]:
    """The parts whose turns count."""
    known = (episode.components or (PAGE,)) if episode else ()
    return tuple(dict.fromkeys((*known, *found.parts)))


def _is_in_doubt(episode: Incident, after: Snapshot) -> bool:
    """Whether what the episode is about may be as bad as it was: its level is unknown now, or, in a feed, absent."""
    if not episode.components:
        return after.level is None
    about = [c.level for c in after.components if c.id in episode.components]
    return None in about or (after.level is None and not after.components)


def _explanation(episode: Incident, before: Snapshot | None, after: Snapshot, memory: PageMemory) -> Incident | None:
    """The incident that explains what the episode was about: a new one, or one that explains what is still bad."""
    known = {incident.id for incident in before.incidents} if before else set()
    about = set(episode.components)
    bad = {c.id for c in after.components if severity(c.level)}
    page_is_bad = severity(after.level) > 0
    candidates = [i for i in after.incidents if may_explain(i)]
    for incident in sorted(candidates, key=lambda i: (i.id in known, i.started, i.id)):
        named = set(incident.components)
        if about and named:
            touches = bool(about & named)
        elif about:
            still = [memory.turns.get(part) for part in about & bad]
            touches = incident.kind is IncidentKind.INCIDENT and (
                any(came_with(incident, turns, memory.first_seen) for turns in still)
                if still
                else _began_together(episode, incident)
            )
        else:
            touches = incident.kind is IncidentKind.INCIDENT
        still_bad = bool(bad & about & (named or about)) if about else page_is_bad
        if touches and (still_bad or incident.id not in known):
            return incident
    return None


def _is_one(episode: Incident, incident: Incident) -> bool:
    """Whether incident and episode are one thing: they began together, and most of the incident's parts are the
    episode's. Where one of the two names no part, the time alone tells."""
    named, about = set(incident.components), set(episode.components)
    mostly = not named or not about or 2 * len(named & about) >= len(named)
    return mostly and _began_together(episode, incident)


def _began_together(episode: Incident, incident: Incident) -> bool:
    return abs(incident.started - episode.started) <= CLOSE


def _opened(after: Snapshot, trouble: Trouble, now: datetime) -> Incident:
    started = now.astimezone(UTC).replace(microsecond=0)
    episode_id = f"episode-{started:%Y%m%dT%H%M%SZ}"
    return Incident(
        vendor=after.vendor,
        id=episode_id,
        kind=IncidentKind.EPISODE,
        title=trouble.title,
        phase=Phase.INVESTIGATING,
        impact=None,
        started=started,
        level=trouble.level,
        components=tuple(c.id for c in trouble.components),
        regions=regions((), trouble.components),
        updates=(Update(f"{episode_id}.1", Phase.INVESTIGATING, started, trouble.text),),
    )


def _continued(episode: Incident, trouble: Trouble, after: Snapshot, now: datetime) -> Incident:
    updates = episode.updates
    is_new = not updates or updates[-1].text != trouble.text
    if is_new or not episode.is_open:
        updates += (unstable.next_update(episode, Phase.INVESTIGATING, now, trouble.text),)
    return replace(
        episode,
        title=trouble.title,
        phase=Phase.INVESTIGATING,
        resolved=None,
        level=trouble.level,
        components=unstable.components(episode, trouble, _ids(after)),
        regions=regions(episode.regions, trouble.components),
        updates=updates,
        unstable=None,
    )


def _ids(after: Snapshot) -> frozenset[str]:
    return frozenset(component.id for component in after.components)


def _ended(episode: Incident, memory: PageMemory, now: datetime) -> Incident:
    if episode.unstable is not None:
        return unstable.ended(episode, memory.turns, now)
    update = unstable.next_update(episode, Phase.RESOLVED, now, unstable.NO_TROUBLE)
    return replace(episode, phase=Phase.RESOLVED, resolved=update.at, updates=(*episode.updates, update))


def _with_episode(after: Snapshot, episode: Incident) -> Snapshot:
    return replace(after, incidents=(*after.incidents, episode))
