"""The order of updates, the phase and end that follow from them, and ids for those that have none. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from bot.domain import ENDED, Phase, Update

Listed = TypeVar("Listed")


def oldest_first(listed: Iterable[Listed], at: Callable[[Listed], datetime]) -> list[Listed]:
    """By time; what has one time stays as it was listed, turned round where the list has its newest first."""
    found = list(listed)
    if found and at(found[0]) > at(found[-1]):
        found.reverse()
    return sorted(found, key=at)


def newest_phase(updates: Sequence[Update]) -> Phase | None:
    """Of the newest update that names one."""
    return next((update.phase for update in reversed(updates) if update.phase), None)


def ended_at(updates: Sequence[Update]) -> datetime | None:
    """When the last stretch of ended updates began: a postmortem weeks later does not move the end."""
    at = None
    for update in reversed([update for update in updates if update.phase]):
        if update.phase not in ENDED:
            break
        at = update.at
    return at


ONE_MINUTE = timedelta(minutes=1)


def ends_last(updates: Iterable[Update]) -> tuple[Update, ...]:
    """Oldest first; of those of one time, an end is the last word."""
    return tuple(sorted(updates, key=lambda update: (update.at, update.phase in ENDED)))


def settled_phase(updates: Sequence[Update]) -> Phase | None:
    """As :func:`newest_phase`, but of the stages of the last minute an end wins: whoever writes several at once puts
    them in any order, and an incident that was over is not reopened within a minute."""
    return newest_phase(_settled(updates))


def settled_end(updates: Sequence[Update]) -> datetime | None:
    """As :func:`ended_at`, for :func:`settled_phase`."""
    return ended_at(_settled(updates))


def _settled(updates: Sequence[Update]) -> Sequence[Update]:
    named = [update for update in updates if update.phase]
    for number in reversed(range(len(named))):
        if named[-1].at - named[number].at >= ONE_MINUTE:
            break
        if named[number].phase in ENDED:
            return named[: number + 1]
    return named


def update_ids(incident: str, times: Iterable[datetime]) -> Iterator[str]:
    """For the updates of an incident, oldest first: its id, the second, and a count among those of one second.

    Vendors edit texts, and keep times and number: so an edited update keeps its id.
    """
    seen: Counter[str] = Counter()
    for at in times:
        second = f"{at:%Y%m%dT%H%M%SZ}"
        seen[second] += 1
        yield f"{incident}:{second}.{seen[second]:02}"
