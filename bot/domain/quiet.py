"""Quiet hours: from when to when a channel wants no new messages, by the clock on its wall. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.level import Level

_DAY = timedelta(days=1)
_SATURDAY = 5
_MAX_JOINED = 20
"""Nights and weekends that follow upon one another without a pause: more than any week has."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Every night, the whole weekend, or both."""

    start: time | None
    """On the wall; ``None``: only weekends. It is never equal to ``end``."""
    end: time | None
    """Of the same day, or of the next if it is not after ``start``."""
    weekends: bool = False
    """Saturdays and Sundays are quiet as a whole."""
    except_level: Level | None = None
    """What is at this level or worse goes through."""

    def end_after(self, now: datetime, zone: str) -> datetime | None:
        """When the quiet time that ``now`` lies in is over; ``None``: it is not quiet. What begins as another ends is
        one quiet time."""
        where, end = ZoneInfo(zone), now
        for _ in range(_MAX_JOINED):
            later = max((until for since, until in self._around(end, where) if since <= end < until), default=None)
            if later is None:
                break
            end = later
        return end if end > now else None

    def _around(self, at: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """The quiet times that may hold the moment."""
        today = at.astimezone(zone).date()
        for day in (today - _DAY, today, today + _DAY):
            if self.start is not None and self.end is not None:
                ends_on = day if self.end > self.start else day + _DAY
                yield _first(day, self.start, zone), _last(ends_on, self.end, zone)
        if self.weekends:
            saturday = today - _DAY * ((today.weekday() - _SATURDAY) % 7)
            yield _first(saturday, time(), zone), _first(saturday + 2 * _DAY, time(), zone)


def _first(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the clock on the wall first shows that time, or passes it where it jumps over it."""
    return _moment(datetime.combine(day, at, zone))


def _last(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When it last shows that time: where it is set back, a night ends once."""
    return _moment(datetime.combine(day, at, zone).replace(fold=1))


def _moment(wall: datetime) -> datetime:
    before, after = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if before <= after:
        return after if wall.fold else before
    # The clock jumps over that time, somewhere between the two, at a full minute.
    early, late = after, before
    while late - early > timedelta(minutes=1):
        middle = (early + (late - early) / 2).replace(second=0, microsecond=0)
        is_before = middle.astimezone(wall.tzinfo).replace(tzinfo=None) < wall.replace(tzinfo=None)
        early, late = (middle, late) if is_before else (early, middle)
    return late
