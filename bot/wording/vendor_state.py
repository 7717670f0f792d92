"""How a vendor stands: the answer to "is there an outage?", whole and in one line."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.domain import IncidentKind, Level, PageState, Phase
from bot.message import Line, Link, Moment, Span, Strong, Style, Tone
from bot.wording.phrases import DOTS, age, count, duration, excerpt, level_text, level_tone, source

STALE = timedelta(minutes=30)
STALE_INTERVALS = 3
"""A reading older than both of these is a memory, not an answer."""
WEAK = "its page is not confirmed to be the official one. Check the link before you rely on it."
NAME_CHARS = 60
TITLE_CHARS = 80
INCIDENTS_NAMED = 2
"""In one line of a board; there are more of them one command away."""


def is_current(standing: PageState, now: datetime) -> bool:
    """Read, readable and fresh: only then is there a state *now*."""
    if standing.snapshot is None or standing.read_at is None or standing.unreadable:
        return False
    limit = max(STALE, timedelta(seconds=STALE_INTERVALS * (standing.interval_s or 0)))
    return now - standing.read_at <= limit


def rank(standing: PageState, now: datetime) -> tuple[int, str]:
    """Sorts worst first; what nobody can tell stands between trouble and green."""
    name = standing.vendor.name.casefold()
    if standing.snapshot is None or not is_current(standing, now) or standing.snapshot.level is None:
        return (-1, name)
    level = standing.snapshot.level
    return (0 if level is Level.OPERATIONAL else -1 - level, name)


def tone(standing: PageState, now: datetime) -> Tone:
    return level_tone(standing.snapshot.level if standing.snapshot and is_current(standing, now) else None)


def verdict(standing: PageState, now: datetime) -> str:
    """The first line: yes, no, or that nobody can tell."""
    name, snapshot = standing.vendor.name, standing.snapshot
    if snapshot is None or standing.read_at is None:
        if standing.unreadable:
            return f"We can't tell — the status page of {name} cannot be read."
        return f"We can't tell yet — the status page of {name} has not been read."
    if not is_current(standing, now):
        then = f"{level_text(snapshot.level)} when it was last read, {age(standing.read_at, now)}"
        why = "cannot be read now" if standing.unreadable else "has not been read lately"
        return f"We can't tell — the status page of {name} {why}; {then}."
    troubles = [i for i in snapshot.incidents if i.is_open and i.kind is not IncidentKind.MAINTENANCE]
    match snapshot.level:
        case None if snapshot.components:
            return f"We can't tell — the status page of {name} shows a state that I have no word for."
        case None:
            return f"We can't tell — the status page of {name} publishes posts, but no level."
        case Level.OPERATIONAL if troubles:
            return f"No outage reported, but {name} has {count(len(troubles), 'open incident')}."
        case Level.OPERATIONAL:
            return f"No — {name} is operational."
        case Level.MAINTENANCE:
            return f"No outage — {name} is under maintenance."
        case Level.DEGRADED:
            return f"Yes — {name} has degraded performance."
        case Level.PARTIAL_OUTAGE | Level.MAJOR_OUTAGE as level:
            return f"Yes — {name} has a {level_text(level)}."


def footer(standing: PageState, now: datetime) -> Line:
    """How old the reading is, and where it comes from."""
    read = f"Read {age(standing.read_at, now)}" if standing.read_at else "Not read yet"
    return (f"{read} · ", source(standing.vendor.human_url))


def state_line(standing: PageState, now: datetime) -> Line:
    """One vendor in one line, with the age of its reading."""
    name = Link(standing.vendor.name, standing.vendor.human_url)
    if standing.snapshot is None or standing.read_at is None:
        return (name, " — cannot be read" if standing.unreadable else " — not read yet")
    was = level_text(standing.snapshot.level)
    read = f"read {age(standing.read_at, now)}"
    if standing.unreadable:
        return (name, f" — unknown: cannot be read now; {was} {age(standing.read_at, now)}")
    if not is_current(standing, now):
        return (name, f" — unknown: not read lately; {was} {age(standing.read_at, now)}")
    level = was if standing.snapshot.level is not None else "gives no level"
    troubles = [i for i in standing.snapshot.incidents if i.is_open and i.phase is not Phase.SCHEDULED]
    if not troubles:
        return (Strong(level), " · ", name, f" ({read})")
    newest = max(troubles, key=lambda i: i.started)
    more = f" and {len(troubles) - 1} more" if len(troubles) > 1 else ""
    what = f": {excerpt(newest.title, 100)}{more}, for {duration(now - newest.started)}"
    return (Strong(level), " · ", name, what, f" ({read})")


def board_vendor_line(
    standing: PageState,
    since: datetime | None,
    now: datetime,
    *,
    muted: Line = (),
    muted_incidents: Collection[str] = (),
) -> Line:
    """One vendor in one line of a dashboard: it stays true while it stands, because it tells moments and no ages, and
    it is the same again as long as nothing happens. ``since``: when the page's level began. ``muted``: until when
    nothing of it is told; ``muted_incidents``: the same by their ids.
    """
    snapshot, about = standing.snapshot, _open_incidents(standing, muted_incidents)
    word: Span = Strong("unknown")
    if snapshot is None or not is_current(standing, now):
        about = _unknown_line(standing)
    elif snapshot.level is None:
        about = (", which gives no level", *about)
    elif snapshot.level is Level.OPERATIONAL:
        word = level_text(snapshot.level)
        about = (", since ", Moment(since, Style.DATE), *about) if since else about
    else:
        word = Strong(level_text(snapshot.level))
        about = (", began ", Moment(since, Style.AGO), *about) if since else about
    name = Link(excerpt(standing.vendor.name, NAME_CHARS), standing.vendor.human_url)
    quiet: Line = (" · muted", *muted) if muted else ()
    return (f"{DOTS[tone(standing, now)]} ", word, " · ", name, *about, *quiet)


def _unknown_line(standing: PageState) -> Line:
    """Why nobody can tell, and what was last told."""
    unreadable, snapshot = standing.unreadable, standing.snapshot
    was = f"; {level_text(snapshot.level)} before that" if snapshot and snapshot.level is not None else ""
    if unreadable:
        return (", cannot be read since ", Moment(unreadable.since, Style.DATETIME), was)
    if snapshot is None or standing.read_at is None:
        return (", not read yet",)
    return (", not read since ", Moment(standing.read_at, Style.DATETIME), was)


def _open_incidents(standing: PageState, muted: Collection[str]) -> Line:
    """What is open, the newest first, each linked; what is only planned is not."""
    snapshot = standing.snapshot
    still = [i for i in snapshot.incidents if i.is_open and i.phase is not Phase.SCHEDULED] if snapshot else []
    still.sort(key=lambda i: (i.started, i.id), reverse=True)
    shown = still if len(still) <= INCIDENTS_NAMED + 1 else still[:INCIDENTS_NAMED]
    spans: list[Span] = []
    for incident in shown:
        spans.append("; " if spans else ": ")
        title = excerpt(incident.title, TITLE_CHARS) or incident.id
        spans.append(Link(title, incident.url or standing.vendor.human_url))
        if incident.id in muted:
            spans.append(" (muted)")
    if len(still) > len(shown):
        spans.append(f" and {len(still) - len(shown)} more")
    return tuple(spans)
