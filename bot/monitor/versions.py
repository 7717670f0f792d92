"""Versions of a page that are served in turn, as caches of one page need not agree. Pure.

A version that a newer one superseded is no news when it returns, nor is one that lacks the newest updates on record;
one that stays for ten minutes is believed, and one under a newer stamp of the page at once. Only incidents are
compared: how steady parts are is the business of :mod:`bot.monitor.turns`. Numbers that run on in a text ("3 minutes
ago", "1,204 users") make a version every twenty minutes at most."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeGuard

from bot.domain import Incident, IncidentKind, Snapshot, Versions, digest
from bot.monitor.parsing.text import time_of

BELIEVED_AFTER = timedelta(minutes=10)
KEPT_FOR = timedelta(days=1)
"""What an incident's last change superseded is known for so long."""
MAX_SUPERSEDED = 8
COUNTED_EVERY = timedelta(minutes=20)
"""Edits of what only counts: 72 a day."""
FREE_CHANGES = 3
"""What has changed so often within a day may be counting: fewer changes are told as they are read."""
_COUNT = re.compile(
    r"\d[\d.,:/\u00a0\u202f]*|\ban? (?=second|minute|hour|day)|\b(?:second|minute|hour|day)s?\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Sifted:
    """A reading without the versions that were superseded."""

    incidents: tuple[Incident, ...]
    """As the page lists them, those of a superseded version as they are on record."""
    versions: Mapping[str, Versions]
    is_old: bool
    """All that differs from the record is of a superseded version: so is the whole reading."""
    old_parts: frozenset[str] | None
    """What that version's incidents are about; ``None``: one of them names no part."""
    counted_at: datetime | None
    """When what only counted since is to be told."""

    @property
    def look_at(self) -> datetime | None:
        """When a version that returned is to be believed."""
        times = [v.since + BELIEVED_AFTER for v in self.versions.values() if v.since is not None]
        return min([*times, *([self.counted_at] if self.counted_at else [])], default=None)


def is_behind(updated_at: str | None, known: str | None) -> bool:
    """Whether a page's own time of change is older than on record."""
    at, newest = time_of(updated_at), time_of(known)
    return at is not None and newest is not None and at < newest


def is_newer(updated_at: str | None, known: str | None) -> bool:
    """Whether it is newer: what it stands on is the page's newest version, whatever was there before."""
    return is_behind(known, updated_at)


def sift(
    before: Snapshot,
    listed: Iterable[Incident],
    merged: Callable[[Incident, Incident], Incident],
    known: Mapping[str, Versions],
    now: datetime,
    *,
    newer: bool,
) -> Sifted:
    """``listed``: the incidents of a reading; ``merged`` makes one comparable with what is on record of it; ``newer``:
    see :func:`is_newer`."""
    on_record = {incident.id: incident for incident in before.incidents}
    returned: dict[str, Versions] = {}
    kept, is_new = [], False
    old_parts: set[str] | None = set()
    counted_at: list[datetime] = []
    for incident in listed:
        was = on_record.get(incident.id)
        outcome = None if was is None else merged(was, incident)
        if was is not None and outcome is not None and _may_count(changes := known.get(was.id), now):
            calm = _as_last_told(was, incident)
            if calm != incident and not _is_changed(was, calmed := merged(was, calm)):
                incident, outcome = calm, calmed
                counted_at.append(changes.changed_at + COUNTED_EVERY)
        if was is None or outcome is None or _is_changed(was, outcome):
            old = None if newer or was is None or outcome is None else _old(was, outcome, known.get(was.id), now)
            if old is not None and was is not None:
                returned[was.id] = old
                about = {*was.components, *incident.components}
                old_parts = None if old_parts is None or not about else old_parts | about
                incident = was
            else:
                is_new = True
        kept.append(incident)
    versions = {id: returned.get(id) or _present(v) for id, v in known.items() if now - v.changed_at < KEPT_FOR}
    return Sifted(
        tuple(kept),
        versions | returned,
        bool(returned) and not is_new,
        None if old_parts is None else frozenset(old_parts),
        min(counted_at, default=None),
    )


def superseded(
    known: Mapping[str, Versions], before: Snapshot, after: Iterable[Incident], now: datetime
) -> dict[str, Versions]:
    """With the versions on record that what is recorded now supersedes, what was taken down among them."""
    on_record = {incident.id: incident for incident in before.incidents}
    found = dict(known)
    for incident in after:
        was = on_record.get(incident.id)
        if was is not None and was.kind is not IncidentKind.EPISODE and _is_changed(was, incident):
            earlier = (*(found[was.id].superseded if was.id in found else ()), version(was))
            current = "" if incident.vanished or incident.unlisted else version(incident)
            kept = tuple(dict.fromkeys(each for each in earlier if each != current))
            found[was.id] = Versions(now, kept[-MAX_SUPERSEDED:])
    return found


def version(incident: Incident) -> str:
    """Of what a reader sees, without levels: those follow parts, which may come and go."""
    start = incident.started.isoformat() if incident.kind is IncidentKind.MAINTENANCE else ""
    end = incident.planned_end.isoformat() if incident.planned_end else ""
    facts = (incident.title, incident.phase or "", incident.impact or "", start, end)
    posts = (f"{u.id}\x1e{u.digest}" for u in incident.updates if not u.is_note)
    return digest(*facts, "\x1e".join(sorted(incident.components)), *posts)


def _may_count(changes: Versions | None, now: datetime) -> TypeGuard[Versions]:
    """Whether it changed often, and a short while ago."""
    return changes is not None and len(changes.superseded) >= FREE_CHANGES and now - changes.changed_at < COUNTED_EVERY


def _as_last_told(was: Incident, now: Incident) -> Incident:
    """With the words on record where only numbers differ."""
    texts = {update.id: update.text for update in was.updates}
    return replace(
        now,
        title=_counted(was.title, now.title),
        updates=tuple(replace(u, text=_counted(texts.get(u.id, u.text), u.text)) for u in now.updates),
    )


def _counted(was: str, now: str) -> str:
    return was if was == now or _COUNT.sub("#", was) == _COUNT.sub("#", now) else now


def _lacks_newest(was: Incident, now: Incident) -> bool:
    """Whether it has nothing that is not on record, and not the newest update on record: an older version, though it
    was never read as such."""
    known = {u.id: u.digest for u in was.updates if not u.is_note}
    listed = {u.id: u.digest for u in now.updates if not u.is_note}
    newest = next(reversed(known), None)
    return newest is not None and newest not in listed and listed.items() < known.items() and bool(listed)


def _old(was: Incident, outcome: Incident, known: Versions | None, now: datetime) -> Versions | None:
    """The mark of a superseded version that is served again, and not for long; ``None``: it is news."""
    this = version(outcome)
    if not ((known is not None and this in known.superseded) or _lacks_newest(was, outcome)):
        return None
    since = known.since if known is not None and known.returned == this and known.since is not None else now
    if now - since >= BELIEVED_AFTER:
        return None
    return replace(known or Versions(now), returned=this, since=since)


def _is_changed(was: Incident, now: Incident) -> bool:
    gone = was.vanished or was.unlisted, now.vanished or now.unlisted
    return version(was) != version(now) or gone[0] != gone[1]


def _present(versions: Versions) -> Versions:
    """Nothing old is served of it now."""
    return versions if versions.since is None else replace(versions, returned=None, since=None)
