"""When a channel's digest comes. Pure.

A time that the clocks skip in spring comes as much later as they were put forward; of one that comes twice in autumn
the first counts. So each day has one, and no two are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.digests import DigestSchedule

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
_FIRST, _LAST = 2, 9
"""Days around a moment in which a weekly digest lies before it and after it, whatever the zone does."""


def next_digest(schedule: DigestSchedule, zone: ZoneInfo, after: datetime) -> datetime:
    """The first one after this moment, in UTC."""
    return next(at for at in _moments(schedule, zone, after, range(-_FIRST, _LAST + 1)) if at > after)


def last_digest(schedule: DigestSchedule, zone: ZoneInfo, at: datetime) -> datetime:
    """The last one at this moment or before it, in UTC."""
    return next(m for m in _moments(schedule, zone, at, range(_FIRST, -_LAST - 1, -1)) if m <= at)


def period(schedule: DigestSchedule) -> timedelta:
    """How long one is after the other, give or take an hour."""
    return DAY if schedule.weekday is None else WEEK


def _moments(schedule: DigestSchedule, zone: ZoneInfo, around: datetime, days: range) -> Iterator[datetime]:
    today = around.astimezone(zone).date()
    for ahead in days:
        day: date = today + timedelta(days=ahead)
        if schedule.weekday is None or day.weekday() == schedule.weekday:
            yield datetime.combine(day, schedule.at, zone).astimezone(UTC)
