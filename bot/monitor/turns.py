"""How steady the parts of a page are: every change of a level is counted here, and nothing is concluded. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import IncidentKind, Level, Snapshot, Turns, worst

PAGE = ""
"""The page itself, among its parts."""
SERIES_GAP = timedelta(hours=1)
"""Turns with less than this between one and the next are one series."""
STEADY = timedelta(days=1)
"""What did not change for so long is steady."""
MAX_RUNS = 16
"""Bad stretches that are kept of a series: enough to know how long it is bad each time."""

_SEVERITY = {
    Level.OPERATIONAL: 0,
    Level.MAINTENANCE: 0,
    Level.DEGRADED: 1,
    Level.PARTIAL_OUTAGE: 2,
    Level.MAJOR_OUTAGE: 3,
}


def severity(level: Level | None) -> int:
    """How many levels worse than good; what is not known is not worse."""
    return 0 if level is None else _SEVERITY[level]


def page_level(snapshot: Snapshot) -> Level:
    """How bad the page calls itself where neither a part nor an incident accounts for it."""
    if any(i.is_open and i.kind is IncidentKind.INCIDENT for i in snapshot.incidents):
        return Level.OPERATIONAL
    parts = worst(component.level for component in snapshot.components)
    level = snapshot.level or Level.OPERATIONAL
    return level if level >= Level.DEGRADED and level > (parts or Level.OPERATIONAL) else Level.OPERATIONAL


def counted(known: Mapping[str, Turns], before: Snapshot | None, after: Snapshot, now: datetime) -> dict[str, Turns]:
    """``known`` with what changed between the readings. A level that is not known, before or after, is no change."""
    new = {component.id: component.level for component in after.components} | {PAGE: page_level(after)}
    if before is None:
        return {part: _unknown_since(now) for part, level in new.items() if severity(level)}
    old = {component.id: component.level for component in before.components} | {PAGE: page_level(before)}
    found = dict(known)
    for part in old.keys() | new.keys():
        if part in old and part in new and None in (old[part], new[part]):
            continue
        was, level = severity(old.get(part)), severity(new.get(part))
        if was != level:
            found[part] = _turned(found.get(part), was, level, now)
        elif level and part not in found:
            found[part] = _unknown_since(now)
    return {part: t for part, t in found.items() if t.bad_since is not None or now - t.last < STEADY}


def is_steady(turns: Turns | None, now: datetime) -> bool:
    """Whether the part had not changed for a day before it changed last."""
    return turns is None or turns.before is None or turns.last - turns.before >= STEADY


def is_live(turns: Turns, now: datetime) -> bool:
    """Whether its series may go on."""
    return now - turns.last <= SERIES_GAP


def _unknown_since(now: datetime) -> Turns:
    return Turns(now, now, count=0, bad_since=now)


def _turned(known: Turns | None, was: int, level: int, now: datetime) -> Turns:
    worse = level > was
    bad_since = None if not level else known.bad_since if known and was else now
    if known is None:
        return Turns(now, now, worse=worse, bad_since=bad_since)
    goes_on = is_live(known, now)
    runs_s = known.runs_s if goes_on else ()
    if known.worse and not worse:
        runs_s = (*runs_s, (now - known.last).total_seconds())[-MAX_RUNS:]
    turned = worse != known.worse or not known.count
    return replace(
        known,
        last=now,
        first=known.first if goes_on and known.count else now,
        count=(known.count + turned) if goes_on else 1,
        worse=worse,
        bad_since=bad_since,
        before=known.last,
        runs_s=runs_s,
    )
