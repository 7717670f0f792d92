"""Cachet's incidents and schedules, in the rows of version 2. Pure; it knows no lists and no requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain import ENDED, Impact, Incident, IncidentKind, Level, Phase, Slug, worst
from bot.monitor.parsing.assemble import Post, updates_of
from bot.monitor.parsing.fields import Row, code, raw_label, rows, string, web_address
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.provider import ParseFailed

LEVELS = {
    1: Level.OPERATIONAL,
    2: Level.DEGRADED,
    3: Level.PARTIAL_OUTAGE,
    4: Level.MAJOR_OUTAGE,
    6: Level.MAINTENANCE,
}
"""Of components. 0 (version 2) and 5 (version 3) say "unknown"."""

PHASES = {1: Phase.INVESTIGATING, 2: Phase.IDENTIFIED, 3: Phase.MONITORING, 4: Phase.RESOLVED}
REPORTED = 0
"""Version 3's "reported", which is open; in version 2 the same number says "scheduled"."""

PHASES_OF_PLANNED = {
    0: Phase.SCHEDULED,
    1: Phase.IN_PROGRESS,
    2: Phase.IN_PROGRESS,
    3: Phase.VERIFYING,
    4: Phase.COMPLETED,
}
"""Before there were schedules, a maintenance was an incident with a planned time."""

PHASES_OF_SCHEDULES = {0: Phase.SCHEDULED, 1: Phase.IN_PROGRESS, 2: Phase.COMPLETED}


def start_of(raw: Row) -> datetime | None:
    return time_of(raw.get("occurred_at")) or time_of(raw.get("created_at"))


def read_incident(vendor: Slug, raw: Row, levels: Mapping[str, Level | None]) -> Incident | None:
    """``levels``: of the components. ``None`` for one that ended and has no id or time. Raises :class:`ParseFailed`."""
    is_v3 = "reported" in raw
    planned_for = time_of(raw.get("scheduled_at"))
    planned = planned_for is not None or (code(raw.get("status")) == 0 and not is_v3)
    phases = PHASES_OF_PLANNED if planned else {**PHASES, REPORTED: Phase.INVESTIGATING} if is_v3 else PHASES
    posts = _posts(raw, phases)
    newest = max(posts, key=lambda post: post.at).phase if posts else None
    status = next((raw[key] for key in ("latest_status", "status") if raw.get(key) is not None), None)
    phase = phases.get(code(status)) if status is not None else newest
    if raw.get("is_resolved") is True and phase not in ENDED:
        phase = Phase.COMPLETED if planned else Phase.RESOLVED
    ends = [post.at for post in posts if post.phase in ENDED]
    named = _named(raw)
    now = {} if phase in ENDED else levels
    return _made(
        vendor,
        raw,
        key=string(raw.get("id")),
        phase=phase,
        started=planned_for or start_of(raw) or min((post.at for post in posts), default=None),
        resolved=ends[-1] if ends else time_of(raw.get("updated_at")),
        posts=posts,
        level=Level.MAINTENANCE if planned else worst([*named.values(), *(now.get(part) for part in named)]),
        planned=planned,
        raw_phase=raw_label(phase, raw.get("status_name") or status),
    )


def read_schedule(vendor: Slug, raw: Row) -> Incident | None:
    """Schedules are counted by themselves: their numbers are those of incidents too. Raises :class:`ParseFailed`."""
    key = string(raw.get("id"))
    ends = time_of(raw.get("completed_at"))
    phase = PHASES_OF_SCHEDULES.get(code(raw.get("status")))
    return _made(
        vendor,
        raw,
        key=key and f"schedule-{key}",
        phase=phase,
        started=time_of(raw.get("scheduled_at")),
        resolved=ends,
        posts=_posts(raw, {}),
        level=Level.MAINTENANCE,
        planned=True,
        until=ends,
        raw_phase=raw_label(phase, raw.get("human_status") or raw.get("status")),
    )


def _made(
    vendor: Slug,
    raw: Row,
    *,
    key: str,
    phase: Phase | None,
    started: datetime | None,
    resolved: datetime | None,
    posts: Sequence[Post],
    level: Level | None,
    planned: bool,
    until: datetime | None = None,
    raw_phase: str | None = None,
) -> Incident | None:
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    text = plain(string(raw.get("message")))
    opened = (time_of(raw.get("created_at")) if planned else None) or started
    # Updates are counted from 1; of two at one time, the incident's own text is the first.
    first = [Post(opened, text, None if posts else phase, "0")] if text else []
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("name"))) or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE if planned else None,
        started=started,
        resolved=max(resolved or started, started) if phase in ENDED else None,
        planned_end=until,
        url=web_address(raw.get("permalink")),
        level=level,
        components=tuple(_named(raw)),
        raw_phase=raw_phase,
        updates=updates_of(key, [*first, *posts]),
    )


def _posts(raw: Row, phases: Mapping[int, Phase]) -> list[Post]:
    """Oldest first; those of one time in the order of their numbers."""
    listed = rows(raw.get("updates"))
    listed.sort(key=lambda each: code(each.get("id")))
    dated = ((time_of(each.get("created_at")) or start_of(raw), each) for each in listed)
    posts = [
        Post(at, plain(string(each.get("message"))), phases.get(code(each.get("status"))), string(each.get("id")))
        for at, each in dated
        if at
    ]
    return sorted(posts, key=lambda post: post.at)


def _named(raw: Row) -> dict[str, Level | None]:
    """The components of an incident, with the level that it gives them where it does."""
    named = {}
    for each in rows(raw.get("components")):
        key = string(each.get("component_id")) or string(each.get("id"))
        status = each.get("component_status", each.get("status"))
        named[key] = LEVELS.get(code(status))
    if (only := string(raw.get("component_id"))) not in ("", "0"):
        named.setdefault(only, LEVELS.get(code(raw.get("component_status"))))
    named.pop("", None)
    return named
