"""What changed between two readings: pure, over normalised values, never over raw pages.

``merge`` first makes a reading comparable with the record (a page's sources do not all have the same fields of an
incident); ``diff`` then compares. Times that move without news (``page_updated_at``, ``taken_at``) are no change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.domain import (
    ENDED,
    Change,
    Component,
    Edited,
    Incident,
    IncidentKind,
    Level,
    LevelChanged,
    Opened,
    Phase,
    Reopened,
    Resolved,
    Snapshot,
    Update,
    Updated,
    Vanished,
)


def diff(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """The changes, oldest incident first, then components in the page's order, then the page. ``diff(a, a) == ()``.

    An incident that is absent from ``after`` has vanished only if it started inside ``after.complete_since``.
    """
    old = {incident.id: incident for incident in before.incidents}
    new = {incident.id: incident for incident in after.incidents}
    changes: list[Change] = []
    for incident in sorted({**old, **new}.values(), key=lambda i: (i.started, i.id)):
        was, now = old.get(incident.id), new.get(incident.id)
        if now is None:
            if _is_gone(incident, after):
                changes.append(Vanished(replace(incident, vanished=True)))
        elif was is None:
            changes.append(Opened(now))
            if now.phase in ENDED:
                changes.append(Resolved(now))
        else:
            changes += _of_incident(was, now)
    changes += _of_components(before, after)
    if before.level != after.level:
        changes.append(LevelChanged(after.vendor, None, before.level, after.level))
    return tuple(changes)


def missing(before: Snapshot, after: Snapshot) -> tuple[Incident, ...]:
    """Open incidents on record that are not in ``after``, a reading that lists only open ones: to be looked up."""
    if after.complete_since is not None:
        return ()
    listed = {incident.id for incident in after.incidents}
    return tuple(i for i in before.incidents if i.is_open and i.id not in listed and i.kind is not IncidentKind.EPISODE)


def merge(before: Snapshot, after: Snapshot, history: Iterable[Incident] = ()) -> Snapshot:
    """``after`` with what only the record and the history know.

    The state wins over the history, which a cache may serve older: an incident that the state lists is never taken from
    the history, and of the others only ended ones are. Open incidents that left a reading of open ones stay as they
    were until they are found; found there under a word that is not known, they are over. A field of an incident that
    a source does not have is kept as it was.
    """
    old = {incident.id: incident for incident in before.incidents}
    gone = {incident.id: incident for incident in missing(before, after)}
    found_ended = (_ended(incident) if incident.id in gone else incident for incident in history)
    found = {incident.id: incident for incident in found_ended if incident.phase in ENDED}
    found.update((incident.id, incident) for incident in after.incidents)
    for key, incident in gone.items():
        found.setdefault(key, incident)
    incidents = tuple(merge_incident(old[i.id], i) if i.id in old else i for i in found.values())
    return replace(after, incidents=incidents)


def _ended(incident: Incident) -> Incident:
    if incident.phase is not None or incident.raw_phase is None:
        return incident
    phase = Phase.COMPLETED if incident.kind is IncidentKind.MAINTENANCE else Phase.RESOLVED
    last = incident.updates[-1].at if incident.updates else None
    return replace(incident, phase=phase, resolved=incident.resolved or last)


def merge_incident(was: Incident, now: Incident) -> Incident:
    """One listed incident with what only the record knows of it."""
    # A word that is not known neither ends an incident nor opens it again.
    phase = was.phase if now.phase is None and now.raw_phase else now.phase
    ended = phase in ENDED
    impact = now.impact or was.impact
    posted = tuple(update for update in was.updates if not update.is_note)
    updates = _with_known_texts(posted, _matched_ids(posted, now.updates))
    notes = tuple(update for update in was.updates if update.is_note)
    return replace(
        now,
        phase=phase,
        # What was known to go on then did, whatever the page says it began at now. A plan is another matter.
        started=min(was.started, now.started) if now.kind is IncidentKind.INCIDENT else now.started,
        listed_open=phase is None and now.resolved is None and (was.listed_open or now.listed_open),
        resolved=(now.resolved or was.resolved) if ended else now.resolved,
        planned_end=now.planned_end or was.planned_end,
        url=now.url or was.url,
        impact=impact,
        raw_impact=now.raw_impact if impact is None else None,
        # At the end components are green again or unlinked: how bad it was, and where, is what was last seen.
        level=_first_known(was.level, now.level)
        if ended and impact == was.impact
        else _first_known(now.level, was.level),
        components=_retained(was.components, now.components, ended=ended),
        regions=_retained(was.regions, now.regions, ended=ended),
        updates=_in_order(_older_updates(posted, updates) + updates, notes),
    )


def _in_order(updates: tuple[Update, ...], notes: tuple[Update, ...]) -> tuple[Update, ...]:
    return tuple(sorted((*updates, *notes), key=lambda update: update.at)) if notes else updates


def _matched_ids(was: tuple[Update, ...], now: tuple[Update, ...]) -> tuple[Update, ...]:
    """Updates under their ids on record. A feed has none, and those made up for it change when a vendor moves an update
    in time: one with the text and phase of a missing one is the same."""
    listed, known = {update.id for update in now}, {update.id for update in was}
    unlisted: dict[str, list[Update]] = {}
    for update in was:
        # One from before everything that is listed may just be listed no longer: see _older.
        if update.id not in listed and now and update.at >= now[0].at:
            unlisted.setdefault(update.digest, []).append(update)
    return tuple(
        replace(update, id=unlisted[update.digest].pop(0).id)
        if update.id not in known and unlisted.get(update.digest)
        else update
        for update in now
    )


def _first_known(level: Level | None, other: Level | None) -> Level | None:
    return other if level is None else level


def _retained(was: tuple[str, ...], now: tuple[str, ...], *, ended: bool) -> tuple[str, ...]:
    if set(was) == set(now) or not now:
        return was
    return tuple(dict.fromkeys(was + now)) if ended else now


def _older_updates(was: tuple[Update, ...], now: tuple[Update, ...]) -> tuple[Update, ...]:
    """Updates from before everything that the source lists: it may list only the newest ones."""
    if not now:
        return was
    listed = {update.id for update in now}
    return tuple(u for u in was if u.id not in listed and u.at < now[0].at)


def _with_known_texts(was: tuple[Update, ...], now: tuple[Update, ...]) -> tuple[Update, ...]:
    """With the texts that this source leaves out: incident.io's API has them all empty on some pages."""
    texts = {update.id: update.text for update in was}
    return tuple(
        replace(update, text=texts[update.id]) if not update.text and texts.get(update.id) else update for update in now
    )


def _is_gone(incident: Incident, after: Snapshot) -> bool:
    return (
        not incident.vanished
        and incident.kind is not IncidentKind.EPISODE
        and after.complete_since is not None
        and incident.started >= after.complete_since
    )


def _of_incident(was: Incident, now: Incident) -> list[Change]:
    changes: list[Change] = []
    if now.vanished and not was.vanished:
        return [Vanished(now)]
    if (was.vanished and not now.vanished) or (was.phase in ENDED and now.is_open):
        changes.append(Reopened(now))
    old = {update.id: update for update in was.updates}
    for update in now.updates:
        if update.id not in old:
            changes.append(Updated(now, update))
        elif update.digest != old[update.id].digest:
            changes.append(Edited(now, old[update.id], update))
    ended = now.phase in ENDED and (was.phase not in ENDED or was.vanished) and not now.vanished
    removed = old.keys() - {update.id for update in now.updates}
    if _card_fields(was) != _card_fields(now) or removed or (was.phase != now.phase and not changes and not ended):
        changes.append(Updated(now, None))
    if ended:
        changes.append(Resolved(now))
    return changes


def _card_fields(incident: Incident) -> tuple[object, ...]:
    """What a card shows of an incident beside its updates and its phase."""
    return (incident.title, incident.impact, incident.level, frozenset(incident.components), incident.planned_end)


def _of_components(before: Snapshot, after: Snapshot) -> list[Change]:
    by_id = {component.id: component for component in before.components}
    # Ids change when a page moves to another platform; the label then still tells which it was.
    listed = {component.id for component in after.components}
    by_label = {component.label: component for component in before.components if component.id not in listed}
    changes: list[Change] = []
    for component in after.components:
        was = by_id.get(component.id) or by_label.get(component.label)
        if was.level != component.level if was else _is_bad(component):
            changes.append(LevelChanged(after.vendor, component, was.level if was else None, component.level))
    return changes


def _is_bad(component: Component) -> bool:
    return component.level is not None and component.level > Level.OPERATIONAL
