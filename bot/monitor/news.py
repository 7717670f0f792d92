"""What a reading brings: the snapshot to save, the changes, and what to announce. Pure; stores nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain import ENDED, Change, Incident, IncidentKind, Opened, PageMemory, Reopened, Snapshot, Vanished, worst
from bot.monitor import absence, conditions, diff, episodes, plans, versions
from bot.monitor.aliases import with_known_ids
from bot.monitor.provider import History

TAKEN_DOWN_WITHIN = timedelta(days=14)
MOVE_PATIENCE = timedelta(days=3)
"""For an incident that was open when its page moved, and that the new page does not list."""
NEWLY_LISTED = timedelta(days=1)
"""An incident whose phase is a word that is not known counts as open if it began no longer ago. A platform that coins a
word for *closed* must not open a page's whole past."""


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
    explained: tuple[tuple[str, str], ...] = ()
    """Both: see :class:`bot.monitor.episodes.EpisodeChanges`."""
    missing: tuple[Incident, ...] = ()
    """Incidents that left the page and whose end is not known yet."""
    recent_end: datetime | None = None
    """The newest end among ``incidents``."""
    recheck_at: datetime | None = None
    """When the history is to be read again for what it does not list any more."""
    worth_recording: bool = True
    memory: PageMemory = field(default_factory=PageMemory)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a page beside what is on record of its incidents and parts."""

    memory: PageMemory = field(default_factory=PageMemory)
    seen_at: datetime | None = None
    """Its last reading."""
    updated_at: str | None = None
    """Its own time of change on record."""
    moved_at: datetime | None = None
    """When it moved to where it is read now."""
    unmatched_open: Collection[str] = ()
    """What was open on the old page and is not listed on the new one. It is waited for."""
    from_record: bool = False
    """The state was not read: it is what is on record."""
    ends_recorded: bool = True
    """Its history can be read; else what left it ended in an unknown way."""
    lists_past: bool = False
    """Its state always lists its past, however short: one reading without an incident says nothing."""
    evidence: absence.Evidence = absence.EVIDENCE


NOTHING_KNOWN = Context()


def judge(
    before: Snapshot | None,
    state: Snapshot,
    now: datetime,
    *,
    history: History | None = None,
    silent_before: datetime | None = None,
    give_up: bool = False,
    late_limit: timedelta | None = None,
    context: Context = NOTHING_KNOWN,
) -> News:
    """Compare a reading with what is on record.

    :param before: ``None`` for the first reading, a baseline: only what is open now is announced.
    :param history: the page's newest incidents, if they were read too.
    :param silent_before: they, or the whole page, are read for the first time: what was over by then is old.
    :param give_up: what left the page and is not in the history has vanished.
    :param late_limit: an incident that ended longer ago is not announced; ``None``: no limit.
    """
    memory = context.memory
    state = with_listed_open(state)
    if before is None:
        decided = episodes.decide(None, state, now, memory)
        after = conditions.applied(decided.after, decided.memory.turns, None, now)
        announced = frozenset(i.id for i in after.incidents if i.is_open)
        incidents = tuple(sorted(after.incidents, key=_age))
        look_at = _earliest(decided.look_at, plans.look_at(incidents, now))
        return News(
            after,
            tuple(map(Opened, incidents)),
            incidents,
            announced,
            recent_end=_newest_end(incidents),
            memory=replace(decided.memory, undated=state.undated, zoneless=state.zoneless, look_at=look_at),
        )

    looked_up = history.incidents if history else ()
    present = frozenset(incident.id for incident in (*looked_up, *state.incidents))
    listed_now = with_known_ids(before, state.incidents, present, context.seen_at, now)
    present = frozenset(incident.id for incident in (*looked_up, *listed_now))
    looked_up = with_known_ids(before, looked_up, present, context.seen_at, now)
    newer = versions.is_newer(state.page_updated_at, context.updated_at)
    sifted = versions.sift(before, listed_now, diff.merge_incident, memory.versions, now, newer=newer)
    window = history.complete_since if history else state.complete_since
    if sifted.is_old:
        # What it lists stays as it is on record, whatever a history beside it says; what that leaves out may be as old.
        state, window = _as_on_record(before, state, sifted.old_parts), None
        shown = {incident.id for incident in listed_now}
        looked_up = tuple(incident for incident in looked_up if incident.id not in shown)
    else:
        state = replace(state, incidents=sifted.incidents)
    listed = {incident.id: incident for incident in (*looked_up, *state.incidents)}
    complete_since = _complete_since(window, before, listed, now)
    if complete_since is not None and context.moved_at is not None:
        complete_since = max(complete_since, context.moved_at)
    patient = context.moved_at is not None and now - context.moved_at <= MOVE_PATIENCE
    waiting = {i.id: i for i in before.incidents if patient and i.is_open and i.id in context.unmatched_open}
    absent = memory.absent
    tells = not sifted.is_old and (context.lists_past or window is not None)
    if tells:
        unlisted = (
            i
            for i in before.incidents
            if i.id not in listed
            and (context.lists_past or (i.id not in waiting and _is_within(i, window if i.is_open else complete_since)))
        )
        absent = absence.watched(memory.absent, unlisted, now)
    elif not sifted.is_old:
        absent = {id: each for id, each in absent.items() if id not in listed}
    uncertain = {id for id, each in absent.items() if not absence.is_certain(each, now, context.evidence)}
    # Who has no history to tell for certain cannot wait for it.
    in_doubt = {i.id: i for i in before.incidents if i.id in uncertain and (tells or not give_up)}
    gone = [
        _gone(i, now, ends_recorded=context.ends_recorded and (i.id not in absent or _is_within(i, window)))
        for i in before.incidents
        if i.is_open
        and i.kind is not IncidentKind.EPISODE
        and i.id not in listed
        and i.id not in waiting
        and i.id not in in_doubt
        and (give_up or (tells and i.id in absent))
    ]
    merged = diff.merge(before, state, looked_up)
    old = {incident.id: incident for incident in before.incidents}
    # Opened again between the reading of the state and that of the history: the next state tells.
    between = {i.id: i for i in before.incidents if i.phase in ENDED and i.id in listed}
    all_incidents = between | in_doubt | waiting | {incident.id: incident for incident in (*merged.incidents, *gone)}
    if context.moved_at != now:
        all_incidents = {
            id: plans.with_changed_plan(old[id], i, now) if id in old else i for id, i in all_incidents.items()
        }
    after = replace(merged, incidents=tuple(all_incidents.values()), complete_since=complete_since)
    decided = episodes.decide(before, after, now, memory)
    is_fresh = not (sifted.is_old or context.from_record)
    after = conditions.applied(decided.after, decided.memory.turns, before, now, is_fresh=is_fresh)
    settled = waiting.keys() | in_doubt.keys() if context.lists_past else waiting.keys()
    open_ids = {incident.id for incident in after.incidents if incident.is_open}

    changes = diff.diff(before, after)
    taken_down = [change.incident for change in changes if isinstance(change, Vanished)]
    changed = {i.id: i for i in (*after.incidents, *taken_down) if old.get(i.id) != i}
    announce = {
        change.incident.id
        for change in changes
        if isinstance(change, Opened | Reopened)
        and (change.incident.is_open or (isinstance(change, Opened) and _is_recent(change.incident, silent_before)))
    }
    announce |= {i.id for i in changed.values() if _ends_with_new_components(old.get(i.id), i)}
    announce -= state.slid_in
    kept_versions = versions.superseded(sifted.versions, before, changed.values(), now)
    recheck_at = None if context.lists_past else absence.recheck_at(absent.values(), now)
    look_at = _earliest(
        decided.look_at,
        sifted.look_at,
        plans.look_at(after.incidents, now),
        conditions.look_at(after, decided.memory.turns, now),
        absence.look_at(absent, before, complete_since, now) if context.lists_past else recheck_at,
    )
    return News(
        snapshot=after,
        changes=changes,
        incidents=tuple(sorted(changed.values(), key=_age)),
        announce=frozenset(i for i in announce if not _is_late(changed[i], now, late_limit)),
        merged=decided.merged,
        explained=decided.explained,
        missing=tuple(i for i in diff.missing(before, state) if i.id in open_ids and i.id not in settled),
        recheck_at=recheck_at,
        recent_end=_newest_end(changed.values()),
        worth_recording=bool(changes or changed or decided.merged or decided.explained)
        or (before.status_text, before.components) != (after.status_text, after.components),
        memory=replace(
            decided.memory,
            versions=kept_versions,
            behind_since=None,
            absent=absent,
            undated=state.undated,
            zoneless=state.zoneless,
            look_at=look_at,
        ),
    )


def _is_within(incident: Incident, window: datetime | None) -> bool:
    """Whether a list that holds all since ``window`` should hold it."""
    return window is not None and incident.started >= window


def _is_recent(incident: Incident, silent_before: datetime | None) -> bool:
    return silent_before is None or max(incident.started, incident.resolved or incident.started) > silent_before


def _as_on_record(before: Snapshot, state: Snapshot, old_parts: Collection[str] | None) -> Snapshot:
    """A reading of a superseded version: nothing has changed but parts that its incidents are not about."""
    going_on = tuple(i for i in before.incidents if i.is_open and i.kind is not IncidentKind.EPISODE)
    read = {} if old_parts is None else {c.id: c for c in state.components if c.id not in old_parts}
    components = tuple(read.get(c.id, c) for c in before.components)
    changed = [now.level for was, now in zip(before.components, components, strict=True) if was.level != now.level]
    return replace(
        state,
        level=worst((before.level, *changed)) if before.level is not None else None,
        status_text=before.status_text,
        components=components,
        incidents=going_on,
        complete_since=None,
    )


def _gone(incident: Incident, now: datetime, *, ends_recorded: bool) -> Incident:
    if incident.kind is IncidentKind.MAINTENANCE:
        return plans.gone(incident, now, ends_recorded=ends_recorded)
    return replace(incident, vanished=ends_recorded, unlisted=not ends_recorded)


def _earliest(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at is not None), default=None)


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
