"""What is on record, found again on the page that a vendor moved to. Pure: it stores and announces nothing.

Ids change with the platform. A component is the same if its label is, an incident if its title and start are; what is
found keeps its cards, its spans and its subscriptions under its new id, and nothing of it is news.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import Component, Filter, Incident, IncidentKind, Snapshot, Update
from bot.routing import is_named, unmatched
from bot.store.values import PageMove

SAME_TITLE_WITHIN = timedelta(days=1)
SAME_START_WITHIN = timedelta(minutes=2)
SAME_POST_WITHIN = timedelta(minutes=5)
"""Platforms round times, and define an incident's start in different ways."""


def plan_move(
    before: Snapshot, after: Snapshot, history: Iterable[Incident] = (), *, seen_at: datetime, old_kind: str = "moved"
) -> PageMove:
    """How what is on record is called on the new page.

    ``before`` holds the components that left the page too, after those that are on it. ``history``: the new page's
    past. ``seen_at``: when the old page was last read. ``old_kind`` goes into the new id of what has to make room.
    """
    components = _components(before.components, after.components)
    suffix = f"@{old_kind}-{seen_at:%Y%m%dT%H%M%S}"
    taken = {component.id for component in after.components}
    # The same number for something else, here and below: platforms count from one.
    displaced = {c.id: f"{c.id}{suffix}" for c in before.components if c.id in taken and c.id not in components}
    listed = {incident.id: incident for incident in (*history, *after.incidents)}
    incidents = _incidents(before, tuple(listed.values()), seen_at)
    ours = [i for i in before.incidents if i.kind is not IncidentKind.EPISODE]
    unmatched_ids = [i.id for i in ours if i.is_open and i.id not in incidents]
    updates = {
        new: _updates(was.updates, listed[new].updates, seen_at)
        for was in before.incidents
        if (new := incidents.get(was.id, was.id)) in listed
    }
    for was in before.incidents:
        if was.id in listed and was.id not in incidents and not _is_one(was, listed[was.id]):
            incidents[was.id] = f"{was.id}{suffix}"
            updates.pop(was.id, None)
    return PageMove(
        components={old: new for old, new in components.items() if old != new} | displaced,
        incidents={old: new for old, new in incidents.items() if old != new},
        updates=updates,
        unmatched_open=tuple(incidents.get(id, id) for id in unmatched_ids),
        refit_filter=_refit(before.components, after.components, components),
    )


def renamed(before: Snapshot, move: PageMove) -> Snapshot:
    """What is on record under its new names, as the store has it once the move is recorded."""
    return replace(
        before,
        components=tuple(replace(c, id=move.components.get(c.id, c.id)) for c in before.components),
        incidents=tuple(_renamed(incident, move) for incident in before.incidents),
    )


def _renamed(incident: Incident, move: PageMove) -> Incident:
    new = move.incidents.get(incident.id, incident.id)
    ids = move.updates.get(new, {})
    return replace(
        incident,
        id=new,
        components=tuple(move.components.get(c, c) for c in incident.components),
        updates=tuple(replace(u, id=next(iter(ids.get(u.id, ())), u.id)) for u in incident.updates),
    )


# --- components ------------------------------------------------------------------------------------------------------


def _components(before: Sequence[Component], after: Sequence[Component]) -> dict[str, str]:
    """Old id to new id: by id, but a bare number only where the name agrees; then by (group, name); then by a name
    that there is once."""
    new = {component.id: component for component in after}
    found = {
        c.id: c.id for c in before if c.id in new and (not c.id.isdigit() or _fold(c.name) == _fold(new[c.id].name))
    }
    for key_of in (_label, _name):
        there = Counter(key_of(c) for c in after if c.id not in found.values())
        free = {key_of(c): c.id for c in after if c.id not in found.values() and there[key_of(c)] == 1}
        for component in before:
            if component.id not in found and (id_ := free.pop(key_of(component), None)) is not None:
                found[component.id] = id_
    return found


def _label(component: Component) -> str:
    return _fold(component.label)


def _name(component: Component) -> str:
    return _fold(component.name)


def _refit(
    before: Sequence[Component], after: Sequence[Component], names: Mapping[str, str]
) -> Callable[[Filter], tuple[Filter, tuple[str, ...]]]:
    """A filter for the new page, and what of it could not be kept: it stood for something, and does no more."""
    new = {component.id: component for component in after}

    def refitted(glob: str) -> str:
        if not after or any(is_named(component, glob) for component in after):
            return glob
        for component in before:
            exact = component.id if component.id.casefold() == glob.casefold() else None
            if (exact or component.label.casefold() == glob.casefold()) and component.id in names:
                return names[component.id] if exact else new[names[component.id]].label
        return glob

    def refit(wanted: Filter) -> tuple[Filter, tuple[str, ...]]:
        fitted = replace(
            wanted,
            components=tuple(dict.fromkeys(map(refitted, wanted.components))),
            excluded=tuple(dict.fromkeys(map(refitted, wanted.excluded))),
        )
        never = set(unmatched(fitted, before))
        return fitted, tuple(glob for glob in unmatched(fitted, after) if glob not in never)

    return refit


# --- incidents -------------------------------------------------------------------------------------------------------


def _incidents(before: Snapshot, listed: Sequence[Incident], seen_at: datetime) -> dict[str, str]:
    there = {incident.id: incident for incident in listed}
    ours = [i for i in before.incidents if i.kind is not IncidentKind.EPISODE]
    found = {i.id: i.id for i in ours if i.id in there and _is_one(i, there[i.id])}
    known = {incident.id for incident in before.incidents}
    free = [incident for incident in listed if incident.id not in known]
    for same in (_same_title, _same_start):
        for was in sorted(ours, key=lambda i: (not i.is_open, i.started)):
            alike = [i for i in free if same(was, i)] if was.id not in found else []
            if not was.is_open:
                # What is over is not what is open under the same title today.
                alike = [i for i in alike if not i.is_open or _same_start(was, i)]
            if alike:
                nearest = min(alike, key=lambda i: abs(i.started - was.started))
                found[was.id] = nearest.id
                free.remove(nearest)
    # One open incident here and one there, which the old page should have had already: it was given another title.
    for kind in (IncidentKind.INCIDENT, IncidentKind.MAINTENANCE):
        here = [i for i in ours if i.id not in found and i.is_open and i.kind is kind]
        new = [i for i in free if i.is_open and i.kind is kind and i.started <= seen_at]
        if len(here) == len(new) == 1:
            found[here[0].id] = new[0].id
    return found


def _is_one(was: Incident, now: Incident) -> bool:
    """Of two with one id."""
    return not was.id.isdigit() or _same_title(was, now) or _same_start(was, now)


def _same_title(one: Incident, other: Incident) -> bool:
    return _fold(one.title) == _fold(other.title) and abs(one.started - other.started) <= SAME_TITLE_WITHIN


def _same_start(one: Incident, other: Incident) -> bool:
    return one.kind is other.kind and abs(one.started - other.started) <= SAME_START_WITHIN


def _updates(was: Sequence[Update], now: Sequence[Update], seen_at: datetime) -> dict[str, tuple[str, ...]]:
    """Old id to new ids: what was announced under the old one counts as announced under all of these.

    Found by id, then by text, then by time and phase. What the new page has besides, no newer than the newest on
    record, is old as well, and goes with the one before it; where the old page had no updates, under no id, what is
    older than that page's last reading.
    """
    ids = {update.id for update in was}
    free = [update for update in now if update.id not in ids]
    found: dict[str, list[str]] = {u.id: [u.id] for u in was if any(u.id == n.id for n in now)}
    for same in (_same_text, _same_post):
        for update in was:
            twin = next((n for n in free if same(update, n)), None) if update.id not in found else None
            if twin is not None:
                found[update.id] = [twin.id]
                free.remove(twin)
    if not was:
        return {"": tuple(update.id for update in now if update.at <= seen_at)}
    for extra in free:
        if extra.at <= was[-1].at + SAME_START_WITHIN:
            earlier = [update for update in was if update.at <= extra.at and update.id in found]
            host = earlier[-1] if earlier else next((u for u in was if u.id in found), was[0])
            found.setdefault(host.id, []).append(extra.id)
    return {update.id: tuple(found.get(update.id, ())) for update in was}


def _same_text(one: Update, other: Update) -> bool:
    return bool(one.text) and _fold(one.text) == _fold(other.text)


def _same_post(one: Update, other: Update) -> bool:
    return one.phase is other.phase and abs(one.at - other.at) <= SAME_POST_WITHIN


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
