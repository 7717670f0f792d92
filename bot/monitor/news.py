"""What a reading brings: the snapshot to save, the changes, and what to announce. Pure; stores nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain import ENDED, Change, Incident, IncidentKind, Opened, Reopened, Snapshot, Vanished
from bot.monitor import diff, episodes
from bot.monitor.parsing.text import time_of
from bot.monitor.provider import History

TAKEN_DOWN_WITHIN = timedelta(days=14)
MOVE_PATIENCE = timedelta(days=3)
"""For an incident that was open when its page moved, and that the new page does not list."""
NEWLY_LISTED = timedelta(days=1)
"""An incident whose phase is a word that is not known counts as open if it began no longer ago. A platform that coins a
word for *closed* must not open a page's whole past."""
CACHED_FOR = timedelta(minutes=5)
"""So long after a page's own time of change an older reading of it comes from a cache that lags behind."""


@dataclass(frozen=True, slots=True)
class News:
    """A reading compared with the record."""

    snapshot: Snapshot
    changes: tuple[Change, ...] = ()
    incidents: tuple[Incident, ...] = ()
    """New or changed ones, oldest first."""
    announce: frozenset[str] = frozenset()
    """Ids of those that are announced to channels without a card too."""
    merged: tuple[tuple[str, str], ...] = ()
    """See :class:`bot.monitor.episodes.EpisodeChanges`."""
    missing: tuple[Incident, ...] = ()
    """Incidents that left the page and whose end is not known yet."""
    recent_end: datetime | None = None
    """The newest end among ``incidents``."""
    worth_recording: bool = True


def judge(
    before: Snapshot | None,
    state: Snapshot,
    now: datetime,
    *,
    history: History | None = None,
    silent: bool = False,
    give_up: bool = False,
    late_limit: timedelta | None = None,
    moved_at: datetime | None = None,
    unmatched_open: Collection[str] = (),
) -> News:
    """Compare a reading with what is on record.

    :param before: ``None`` for the first reading, a baseline: only what is open now is announced.
    :param history: the page's newest incidents, if they were read too.
    :param silent: they, or the whole page, are read for the first time, so what is new and over is old.
    :param give_up: what left the page and is not in the history has vanished.
    :param late_limit: an incident that ended longer ago is not announced; ``None``: no limit.
    :param moved_at: when the page moved to where it is read now.
    :param unmatched_open: what was open on the old page and is not listed on the new one. It is waited for.
    """
    state = with_listed_open(state)
    if before is None:
        after = episodes.decide(None, state, now).after
        announced = frozenset(i.id for i in after.incidents if i.is_open)
        incidents = tuple(sorted(after.incidents, key=_age))
        return News(after, tuple(map(Opened, incidents)), incidents, announced, recent_end=_newest_end(incidents))

    looked_up = history.incidents if history else ()
    window = history.complete_since if history else state.complete_since
    listed = {incident.id: incident for incident in (*looked_up, *state.incidents)}
    patient = moved_at is not None and now - moved_at <= MOVE_PATIENCE
    waiting = {i.id: i for i in before.incidents if patient and i.is_open and i.id in unmatched_open}
    gone = [
        replace(i, vanished=True)
        for i in before.incidents
        if i.is_open
        and i.kind is not IncidentKind.EPISODE
        and i.id not in listed
        and i.id not in waiting
        and (give_up or (window is not None and i.started >= window))
    ]
    merged = diff.merge(before, state, looked_up)
    all_incidents = waiting | {incident.id: incident for incident in (*merged.incidents, *gone)}
    complete_since = _complete_since(window, before, listed, now)
    if complete_since is not None and moved_at is not None:
        complete_since = max(complete_since, moved_at)
    after = replace(merged, incidents=tuple(all_incidents.values()), complete_since=complete_since)
    episode_changes = episodes.decide(before, after, now)
    after = episode_changes.after
    open_ids = {incident.id for incident in after.incidents if incident.is_open}

    changes = diff.diff(before, after)
    old = {incident.id: incident for incident in before.incidents}
    taken_down = [change.incident for change in changes if isinstance(change, Vanished)]
    changed = {i.id: i for i in (*after.incidents, *taken_down) if old.get(i.id) != i}
    announce = {
        change.incident.id
        for change in changes
        if isinstance(change, Opened | Reopened)
        and (change.incident.is_open or (isinstance(change, Opened) and not silent))
    }
    announce |= {i.id for i in changed.values() if _ends_with_new_components(old.get(i.id), i)}
    return News(
        snapshot=after,
        changes=changes,
        incidents=tuple(sorted(changed.values(), key=_age)),
        announce=frozenset(i for i in announce if not _is_late(changed[i], now, late_limit)),
        merged=episode_changes.merged,
        missing=tuple(i for i in diff.missing(before, state) if i.id in open_ids and i.id not in waiting),
        recent_end=_newest_end(changed.values()),
        worth_recording=bool(changes or changed or episode_changes.merged)
        or (before.status_text, before.components) != (after.status_text, after.components),
    )


def is_outdated(updated_at: str | None, known: str | None, now: datetime) -> bool:
    """Whether a reading with this time of change is older than what is on record, with ``known``.

    Caches of one page need not agree. Only while that is recent: a page may also set its time back for good.
    """
    at, newest = time_of(updated_at), time_of(known)
    return at is not None and newest is not None and at < newest and abs(now - newest) < CACHED_FOR


def with_listed_open(state: Snapshot) -> Snapshot:
    """A list of open incidents says of one that it is open, even under a word that is not known."""
    if state.complete_since is not None or any(i.phase in ENDED for i in state.incidents):
        return state
    listed = (replace(i, listed_open=True) if _is_listed_open(i, state.taken_at) else i for i in state.incidents)
    return replace(state, incidents=tuple(listed))


def _is_listed_open(incident: Incident, now: datetime) -> bool:
    is_unclear = incident.phase is None and incident.raw_phase is not None and incident.resolved is None
    return is_unclear and incident.kind is IncidentKind.INCIDENT and now - incident.started < NEWLY_LISTED


def _ends_with_new_components(was: Incident | None, now: Incident) -> bool:
    """Whether its end names components that it did not name before: who subscribed to those has had no message."""
    return was is not None and was.is_open and now.phase in ENDED and not set(now.components) <= set(was.components)


def _age(incident: Incident) -> tuple[datetime, str]:
    return incident.started, incident.id


def _complete_since(
    window: datetime | None, before: Snapshot, listed: Mapping[str, Incident], now: datetime
) -> datetime | None:
    """Since when the absence of an ended incident means that it was taken down.

    A page that moved to another platform lists its past under new ids, or not at all: nothing is made of what is older
    than all that is both listed and on record, nor of what lies back too far to matter.
    """
    shared = [listed[incident.id].started for incident in before.incidents if incident.id in listed]
    return max(window, min(shared), now - TAKEN_DOWN_WITHIN) if window is not None and shared else None


def _is_late(incident: Incident, now: datetime, limit: timedelta | None) -> bool:
    return limit is not None and not incident.is_open and now - last_contact(incident) > limit


def last_contact(incident: Incident) -> datetime:
    """When the page last posted about the incident; for an ended one, when it ended."""
    if incident.resolved is not None:
        return incident.resolved
    return max([incident.started, *(update.at for update in incident.updates)])


def _newest_end(incidents: Iterable[Incident]) -> datetime | None:
    ends = [last_contact(i) for i in incidents if i.phase in ENDED and i.kind is not IncidentKind.EPISODE]
    return max(ends, default=None)
