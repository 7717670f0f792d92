"""What is worse than operational on a page without an incident that explains it, and whether to believe it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain import UNDER_WAY, Component, Incident, IncidentKind, Level, Snapshot, Turns, level_word, worst
from bot.monitor.turns import PAGE, is_steady, page_level, severity

CLOSE = timedelta(hours=2)
"""What began within so long of one another can be one thing."""
CONFIRM_AFTER = timedelta(seconds=15)
"""The second reading comes so soon: it must be there within 20 s."""
TOLD_AT_ONCE = 2
"""A level that is worse by so many is believed at the first reading."""
MAX_LINES = 50
PAGE_ITSELF = "The page as a whole"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is worse than operational without an explanation."""

    components: tuple[Component, ...] = ()
    page: Level | None = None
    """The level of the page, if that is all that is bad."""

    @property
    def level(self) -> Level | None:
        return worst([self.page, *(component.level for component in self.components)])

    @property
    def parts(self) -> tuple[str, ...]:
        return (*(c.id for c in self.components), *((PAGE,) if self.page is not None else ()))

    @property
    def title(self) -> str:
        words = _words(self.level)
        match self.components:
            case ():
                return f"{PAGE_ITSELF}: {words}"
            case (component,):
                return f"{component.label}: {words}"
            case components:
                return f"{len(components)} components: {words}"

    @property
    def text(self) -> str:
        lines = [f"{component.label}: {_words(component.level)}" for component in self.components]
        if self.page is not None:
            lines.insert(0, f"{PAGE_ITSELF}: {_words(self.page)}")
        if len(lines) > MAX_LINES:
            lines[MAX_LINES:] = [f"and {len(lines) - MAX_LINES} more"]
        return "\n".join(lines)


def unexplained(after: Snapshot, turns: Mapping[str, Turns], first_seen: Mapping[str, datetime]) -> Trouble:
    """A part is explained by an open incident that names it, or that names none and came when the part got bad."""
    incidents = [i for i in after.incidents if may_explain(i)]
    bad = tuple(c for c in after.components if severity(c.level))
    named = {component for incident in incidents for component in incident.components}
    unnamed = [i for i in incidents if i.kind is IncidentKind.INCIDENT and not i.components]
    page = page_level(after)
    return Trouble(
        tuple(
            c for c in bad if c.id not in named and not any(came_with(i, turns.get(c.id), first_seen) for i in unnamed)
        ),
        page if severity(page) else None,
    )


def may_explain(incident: Incident) -> bool:
    if incident.kind is IncidentKind.MAINTENANCE:
        return incident.phase in UNDER_WAY and not incident.vanished and not incident.unlisted
    return incident.kind is IncidentKind.INCIDENT and incident.is_open


def came_with(incident: Incident, turns: Turns | None, first_seen: Mapping[str, datetime]) -> bool:
    """Whether a part got bad about when the incident began, or was first read; of a part that was bad at its first
    sight nobody knows."""
    if turns is None or turns.bad_since is None:
        return True
    unknown = not turns.count and incident.started <= turns.bad_since
    times = (incident.started, first_seen.get(incident.id, incident.started))
    return unknown or any(abs(at - turns.bad_since) <= CLOSE for at in times)


def seen(known: Mapping[str, datetime], after: Snapshot, now: datetime) -> dict[str, datetime]:
    """``known`` for what is open and names no part."""
    return {i.id: known.get(i.id, now) for i in after.incidents if may_explain(i) and not i.components}


def believed(
    found: Trouble,
    before: Snapshot | None,
    told: Collection[str],
    turns: Mapping[str, Turns],
    pending: Mapping[str, tuple[Level, datetime]],
    now: datetime,
) -> tuple[Trouble, dict[str, tuple[Level, datetime]]]:
    """The trouble as far as it is to be told now, and what waits for a second reading.

    What got worse is believed at once if it is two levels worse or its part was steady; else when a later reading still
    says so. ``told``: the parts whose trouble is told already, at the level they had ``before``.
    """
    if before is None:
        return found, {}
    levels = {c.id: c.level for c in before.components} | {PAGE: page_level(before)}
    waiting: dict[str, tuple[Level, datetime]] = {}

    def level_of(part: str, level: Level | None) -> Level | None:
        if part in pending:
            known, since = pending[part]
        else:
            known, since = (levels.get(part) if part in told else None) or Level.OPERATIONAL, now
        worse = severity(level) - severity(known)
        is_confirmed = part in pending and now > since
        if worse <= 0 or worse >= TOLD_AT_ONCE or is_confirmed or is_steady(turns.get(part), now):
            return level
        waiting[part] = (known, since)
        return known

    components = [replace(c, level=level_of(c.id, c.level)) for c in found.components]
    page = None if found.page is None else level_of(PAGE, found.page)
    seen = Trouble(tuple(c for c in components if severity(c.level)), page if severity(page) else None)
    return seen, waiting


def regions(known: tuple[str, ...], components: Iterable[Component]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*known, *(c.region for c in components if c.region)]))


def _words(level: Level | None) -> str:
    return level_word(level).replace("_", " ")
