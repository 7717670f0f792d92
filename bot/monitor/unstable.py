"""An episode whose parts come and go: folded into one line of its card, told anew when it is an outage after all. Pure.

From its third turn on an episode is unstable. It stays open until nothing turned for an hour. Its turns are told by
edits of its root: every half an hour, and, up to 80 a day, once it has been better or worse for 45 s. What stays bad
for longer than it was bad each time before is an outage: it is told, and so is its end; a level that is worse than all
before is told at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import Incident, Level, PageMemory, Phase, Turns, Unstable, Update, worst
from bot.monitor.trouble import CONFIRM_AFTER, PAGE_ITSELF, Trouble, regions
from bot.monitor.turns import PAGE, SERIES_GAP, STEADY, is_live, severity

UNSTABLE_TURNS = 3
FOLDED_EVERY = timedelta(minutes=30)
"""Edits of the root where nothing else asks for one: 48 a day."""
EDIT_TAKES = timedelta(minutes=18)
"""Of the time, for each edit: 80 a day."""
EDITS_AHEAD = 5
"""So many may be made before their time is there."""
STAYS_S = 45.0
"""A bad stretch is no mere turn once two readings of an open page, half a minute apart, have seen it go on."""
LONGER = 1.1
"""And once it is longer than the stretches before by a tenth: readings are not exact."""
FEW_RUNS = 4
"""Of fewer stretches before it, nobody can tell how long such a stretch usually is."""
MAX_OUTAGES = 10
"""Outages of an unstable part that are told within a day: each is two replies, of at most 24."""
NO_TROUBLE = "The page shows no trouble any more."


def is_unstable(episode: Incident | None, about: Iterable[str], turns: Mapping[str, Turns], now: datetime) -> bool:
    """Whether the episode, open or to be opened, turns a third time, or did and has not been quiet for an hour."""
    live = [t for part in about if (t := turns.get(part)) is not None and is_live(t, now)]
    if episode is not None and episode.unstable is not None and episode.is_open:
        return bool(live)
    return any(t.count >= UNSTABLE_TURNS for t in live)


def folded(
    episode: Incident,
    found: Trouble,
    trouble: Trouble,
    about: Iterable[str],
    now: datetime,
    memory: PageMemory,
    *,
    listed: Collection[str],
) -> tuple[Incident, PageMemory]:
    """The episode as it is to be shown now. ``found``: all that is bad; ``trouble``: of that what is believed;
    ``about``: the episode's parts; ``listed``: the page's."""
    turns = [t for part in about if (t := memory.turns.get(part)) is not None]
    outage, announced = memory.outage, _within_a_day(memory.announced, now)
    is_worse = severity(found.level) > severity(episode.level)
    is_new = bool(set(trouble.parts) - set(episode.components or (PAGE,)))
    updates = episode.updates
    if outage is not None and severity(found.level) < severity(outage):
        updates, outage = _with(episode, found, now), None
    elif is_worse or (
        (is_new or (outage is None and _stays(found, memory.turns, now))) and len(announced) < MAX_OUTAGES
    ):
        updates, outage = _with(episode, found, now), found.level
        announced = announced if is_worse else (*announced, now)
    line, folded_at, used = episode.unstable, memory.folded_at, max(memory.folded_until or now, now)
    told = updates != episode.updates
    is_old = line is None or folded_at is None or now - folded_at >= FOLDED_EVERY
    if told or is_old or (_is_another(line, turns, now) and used <= now + EDIT_TAKES * (EDITS_AHEAD - 1)):
        line, folded_at, used = _line(turns, line, found, now, told=told), now, used + EDIT_TAKES
    shown = replace(
        episode,
        phase=Phase.INVESTIGATING,
        resolved=None,
        level=worst((episode.level, found.level)),
        title=f"{_named(found)}: unstable" if found.parts else episode.title,
        components=components(episode, found, listed),
        regions=regions(episode.regions, found.components),
        updates=updates,
        unstable=line,
    )
    pending = {part: waits for part, waits in memory.pending.items() if part not in episode.components}
    memory = replace(memory, pending=pending, folded_at=folded_at, folded_until=used)
    return shown, replace(memory, outage=outage, announced=announced)


def ended(episode: Incident, turns: Mapping[str, Turns], now: datetime) -> Incident:
    """It was over with its last turn; who was told so already is not told again."""
    about = [t for part in episode.components or (PAGE,) if (t := turns.get(part)) is not None]
    line = _line(about, episode.unstable, Trouble(), now, told=True)
    updates = episode.updates
    if not updates or updates[-1].phase is not Phase.RESOLVED:
        updates += (next_update(episode, Phase.RESOLVED, now, NO_TROUBLE),)
    return replace(episode, phase=Phase.RESOLVED, resolved=line.last if line else now, updates=updates, unstable=line)


def components(episode: Incident, trouble: Trouble, listed: Collection[str]) -> tuple[str, ...]:
    """The episode's parts with those in trouble now, without those that left the page meanwhile."""
    known = (part for part in episode.components if part in listed or not trouble.components)
    return tuple(dict.fromkeys((*known, *(component.id for component in trouble.components))))


def look_at(line: Unstable | None, about: Iterable[str], memory: PageMemory, now: datetime) -> datetime:
    """When to decide again: the card is to be brought up to date, a stretch gets long, or all was quiet for an hour."""
    turns = [t for part in about if (t := memory.turns.get(part)) is not None]
    times = [t.last + SERIES_GAP + timedelta(seconds=1) for t in turns if is_live(t, now)]
    if memory.pending:
        times.append(now + CONFIRM_AFTER)
    if memory.folded_at is not None:
        times.append(memory.folded_at + FOLDED_EVERY)
    if turns and (line is None or line.now is None or line.last != max(t.last for t in turns)):
        paid = (memory.folded_until or now) - EDIT_TAKES * (EDITS_AHEAD - 1)
        times.append(max(max(t.last for t in turns) + timedelta(seconds=STAYS_S), paid))
    if memory.outage is None:
        times += [t.last + timedelta(seconds=_usual_s(t)) for t in turns if t.bad_since is not None]
    return max(now, min(times, default=now + SERIES_GAP))


def next_update(episode: Incident, phase: Phase, now: datetime, text: str) -> Update:
    return Update(f"{episode.id}.{len(episode.updates) + 1}", phase, max(now, episode.started), text)


def _with(episode: Incident, found: Trouble, now: datetime) -> tuple[Update, ...]:
    """The updates with what is the case now, unless the last one says so."""
    phase, text = (Phase.INVESTIGATING, found.text) if found.parts else (Phase.RESOLVED, NO_TROUBLE)
    last = episode.updates[-1] if episode.updates else None
    if last is not None and (last.phase, last.text) == (phase, text):
        return episode.updates
    return (*episode.updates, next_update(episode, phase, now, text))


def _stays(found: Trouble, turns: Mapping[str, Turns], now: datetime) -> bool:
    bad = [t for part in found.parts if (t := turns.get(part)) is not None]
    return any((now - t.last).total_seconds() >= _usual_s(t) for t in bad)


def _usual_s(turns: Turns) -> float:
    """For how long it must be bad to be more than one more turn."""
    usual = max(turns.runs_s) * LONGER if len(turns.runs_s) >= FEW_RUNS else 0.0
    return max(STAYS_S, usual)


def _named(found: Trouble) -> str:
    match found.components:
        case ():
            return PAGE_ITSELF
        case (component,):
            return component.label
        case components:
            return f"{len(components)} components"


def _line(
    turns: Iterable[Turns], known: Unstable | None, found: Trouble, now: datetime, *, told: bool
) -> Unstable | None:
    """``told``: what is the case now has a message of its own."""
    counted = [t for t in turns if t.count]
    if not counted:
        return known
    most = max(counted, key=lambda t: t.count)
    last = max(t.last for t in counted)
    stays = told or (now - last).total_seconds() >= STAYS_S
    return Unstable(most.count, most.first, last, (found.level or Level.OPERATIONAL) if stays else None)


def _is_another(line: Unstable | None, turns: Iterable[Turns], now: datetime) -> bool:
    """Whether it has been for a while what the card does not say."""
    last = max((t.last for t in turns if t.count), default=None)
    if line is None or last is None or (now - last).total_seconds() < STAYS_S:
        return False
    return (line.last, line.now is None) != (last, False)


def _within_a_day(times: Iterable[datetime], now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in times if now - at < STEADY)
