"""The state of a vendor: the answer to "is there an outage?", whole and in one line."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.domain import Component, Incident, IncidentKind, Level, PageState, Phase, Snapshot, Vendor, worst
from bot.message import Line, Link, Moment, Span, Strong, Style, Tone
from bot.wording.phrases import DOTS, age, count, duration, excerpt, level_text, level_tone, possessive, source

STALE = timedelta(minutes=30)
STALE_INTERVALS = 3
"""A reading older than both of these is a memory, not an answer."""
WEAK = "its page is not confirmed to be the official one. Check the link before you rely on it."
NO_PAGE_TEXT = "has no status page that programs can read"
NAME_CHARS = 60
TITLE_CHARS = 80
INCIDENTS_NAMED = 2
"""In one line of a board; there are more of them one command away."""


def is_current(state: PageState, now: datetime) -> bool:
    """Read, readable and fresh: only then is there a state *now*."""
    if state.snapshot is None or state.read_at is None or state.unreadable:
        return False
    limit = max(STALE, timedelta(seconds=STALE_INTERVALS * (state.interval_s or 0)))
    return now - state.read_at <= limit


def level_now(state: PageState, now: datetime) -> Level | None:
    """``None`` where the page cannot be read, or was not read lately."""
    return state.snapshot.level if state.snapshot and is_current(state, now) else None


def rank(state: PageState, now: datetime) -> tuple[int, str]:
    """Sorts worst first; an unknown state stands between trouble and green."""
    name = state.vendor.name.casefold()
    if state.snapshot is None or not is_current(state, now) or state.snapshot.level is None:
        return (-1, name)
    level = state.snapshot.level
    return (0 if level is Level.OPERATIONAL else -1 - level, name)


def tone(state: PageState, now: datetime) -> Tone:
    return level_tone(level_now(state, now))


def outage_answer(state: PageState, now: datetime) -> str:
    """The first line, after the dot of its colour."""
    return f"{DOTS[tone(state, now)]} {plain_answer(state, now)}"


def plain_answer(state: PageState, now: datetime) -> str:
    """How it stands, or that it is not known, in a sentence."""
    name, snapshot = state.vendor.name, state.snapshot
    if not state.vendor.has_page:
        return f"Unknown: {name} {NO_PAGE_TEXT}."
    page = f"{possessive(name)} status page"
    if snapshot is None or state.read_at is None:
        if state.unreadable:
            return f"Unknown: {page} can't be read."
        return f"Unknown: {page} has not been read yet."
    if not is_current(state, now):
        then = f"{level_text(snapshot.level)} when it was last read, {age(state.read_at, now)}"
        why = "can't be read now" if state.unreadable else "has not been read lately"
        return f"Unknown: {page} {why}; {then}."
    match snapshot.level:
        case None if snapshot.components:
            return f"Unknown: {page} shows a state that I have no word for."
        case None:
            return f"Unknown: {page} publishes posts, but no level."
        case level:
            return _level_answer(name, level, len(_troubles(snapshot)))


def part_answer(state: PageState, part: str, components: Collection[Component], now: datetime) -> str:
    """The first line about a part of a vendor: of these components, or of something that its page does not list."""
    name, snapshot = f"{part} ({state.vendor.name})", state.snapshot
    if snapshot is None or not is_current(state, now):
        return outage_answer(state, now)
    if not components:
        return f"{DOTS[Tone.OK]} {state.vendor.name} reports nothing about {part}."
    level = worst([component.level for component in components])
    if level is None:
        return f"{DOTS[Tone.UNKNOWN]} Unknown: the status page shows a state of {name} that I have no word for."
    ids = {component.id for component in components}
    answer = _level_answer(name, level, sum(not ids.isdisjoint(i.components) for i in _troubles(snapshot)))
    return f"{DOTS[level_tone(level)]} {answer}"


def _troubles(snapshot: Snapshot) -> list[Incident]:
    return [i for i in _under_way(snapshot) if i.kind is not IncidentKind.MAINTENANCE]


def _level_answer(name: str, level: Level, troubles: int) -> str:
    match level:
        case Level.OPERATIONAL if troubles:
            return f"{name} is operational, with {count(troubles, 'open incident')}."
        case Level.OPERATIONAL:
            return f"{name} is operational."
        case Level.MAINTENANCE:
            return f"{name} is under maintenance."
        case Level.DEGRADED:
            return f"{name} has degraded performance."
        case Level.PARTIAL_OUTAGE | Level.MAJOR_OUTAGE:
            return f"{name} has a {level_text(level)}."


def people_look_line(vendor: Vendor) -> Line:
    """For a vendor without a page that programs can read."""
    return ("People look here: ", Link(vendor.human_url, vendor.human_url))


def footer(state: PageState, now: datetime) -> Line:
    """How old the reading is, and where it comes from."""
    if not state.vendor.has_page:
        return ("Not read · ", source(state.vendor.human_url))
    read = f"Read {age(state.read_at, now)}" if state.read_at else "Not read yet"
    return (f"{read} · ", source(state.vendor.human_url))


def state_line(state: PageState, now: datetime) -> Line:
    """One vendor in one line, with the dot of its colour and the age of its reading."""
    return (f"{DOTS[tone(state, now)]} ", *_state_line(state, now))


def _state_line(state: PageState, now: datetime) -> Line:
    name = Link(state.vendor.name, state.vendor.human_url)
    if not state.vendor.has_page:
        return (name, f" — {NO_PAGE_TEXT}")
    if state.snapshot is None or state.read_at is None:
        return (name, " — unknown: can't be read" if state.unreadable else " — unknown: not read yet")
    was = level_text(state.snapshot.level)
    read = f"read {age(state.read_at, now)}"
    if state.unreadable:
        return (name, f" — unknown: can't be read now; {was} {age(state.read_at, now)}")
    if not is_current(state, now):
        return (name, f" — unknown: not read lately; {was} {age(state.read_at, now)}")
    level = was if state.snapshot.level is not None else "gives no level"
    under_way = _under_way(state.snapshot)
    if not under_way:
        return (Strong(level), " · ", name, f" ({read})")
    newest = max(under_way, key=lambda i: i.started)
    more = f" and {len(under_way) - 1} more" if len(under_way) > 1 else ""
    what = f": {excerpt(newest.title, 100)}{more}, for {duration(now - newest.started)}"
    return (Strong(level), " · ", name, what, f" ({read})")


def board_vendor_line(
    state: PageState,
    since: datetime | None,
    now: datetime,
    *,
    muted: Line = (),
    muted_incidents: Collection[str] = (),
) -> Line:
    """One vendor in one line of a board: it stays true while it is shown, because it has moments and no ages, and it is
    the same again as long as nothing happens. ``since``: when the page's level began. ``muted``: until when
    nothing of it is posted, as text; ``muted_incidents``: ids of open ones that the channel mutes by themselves.
    """
    snapshot, about = state.snapshot, _open_incidents(state, muted_incidents)
    word: Span = Strong("unknown")
    if snapshot is None or not is_current(state, now):
        about = _unknown_line(state)
    elif snapshot.level is None:
        about = (", which gives no level", *about)
    elif snapshot.level is Level.OPERATIONAL:
        word = level_text(snapshot.level)
        about = (", since ", Moment(since, Style.DATE), *about) if since else about
    else:
        word = Strong(level_text(snapshot.level))
        about = (", began ", Moment(since, Style.AGO), *about) if since else about
    name = Link(excerpt(state.vendor.name, NAME_CHARS), state.vendor.human_url)
    quiet: Line = (" · muted", *muted) if muted else ()
    return (f"{DOTS[tone(state, now)]} ", word, " · ", name, *about, *quiet)


def _unknown_line(state: PageState) -> Line:
    """Why the state is unknown, and the last known level."""
    unreadable, snapshot = state.unreadable, state.snapshot
    was = f"; {level_text(snapshot.level)} before that" if snapshot and snapshot.level is not None else ""
    if unreadable:
        return (", cannot be read since ", Moment(unreadable.since, Style.DATETIME), was)
    if snapshot is None or state.read_at is None:
        return (", not read yet",)
    return (", not read since ", Moment(state.read_at, Style.DATETIME), was)


def _open_incidents(state: PageState, muted: Collection[str]) -> Line:
    """What is under way, the newest first, each linked."""
    still = _under_way(state.snapshot) if state.snapshot else []
    still.sort(key=lambda i: (i.started, i.id), reverse=True)
    shown = still if len(still) <= INCIDENTS_NAMED + 1 else still[:INCIDENTS_NAMED]
    spans: list[Span] = []
    for incident in shown:
        spans.append("; " if spans else ": ")
        title = excerpt(incident.title, TITLE_CHARS) or incident.id
        spans.append(Link(title, incident.url or state.vendor.human_url))
        if incident.id in muted:
            spans.append(" (muted)")
    if len(still) > len(shown):
        spans.append(f" and {len(still) - len(shown)} more")
    return tuple(spans)


def _under_way(snapshot: Snapshot) -> list[Incident]:
    """What is open now, a maintenance that is only planned not."""
    return [i for i in snapshot.incidents if i.is_open and i.phase is not Phase.SCHEDULED]
