"""Works out a vendor's days: the worst level of each, and how long each level lasted. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.domain import IncidentKind, IncidentRecord, Level, LevelSpan, Phase, worst


def day_starts(days: int, zone: ZoneInfo, now: datetime) -> tuple[tuple[date, datetime], ...]:
    """The last days up to today in the zone, oldest first, each with its first moment in UTC."""
    return _starts(days, zone, now.astimezone(zone).date())


@lru_cache(maxsize=100)
def _starts(days: int, zone: ZoneInfo, today: date) -> tuple[tuple[date, datetime], ...]:
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return tuple((day, datetime.combine(day, time(), zone).astimezone(UTC)) for day in dates)


def worst_by_day(
    starts: Sequence[tuple[date, datetime]],
    spans: Iterable[LevelSpan],
    records: Iterable[IncidentRecord],
    known_until: datetime,
    now: datetime,
) -> tuple[tuple[date, Level | None], ...]:
    """Each day's worst level, by the levels of the page and by its incidents; ``None`` where neither is on record.

    ``known_until``: when the page was last read, if that is not just now.
    """
    intervals = [(span.start, span.end or known_until, span.level) for span in spans]
    intervals += [interval for record in records if (interval := _of_incident(record, known_until))]
    ends = [start for _, start in starts[1:]] + [now]
    return tuple(
        (day, worst(level for begin, end_, level in intervals if begin < end and end_ >= start))
        for (day, start), end in zip(starts, ends, strict=True)
    )


def time_at_level(spans: Iterable[LevelSpan], since: datetime, known_until: datetime) -> dict[Level | None, timedelta]:
    """How long the page itself showed each level."""
    total: defaultdict[Level | None, timedelta] = defaultdict(timedelta)
    for span in spans:
        total[span.level] += max(timedelta(), (span.end or known_until) - max(span.start, since))
    return dict(total)


def _of_incident(record: IncidentRecord, known_until: datetime) -> tuple[datetime, datetime, Level | None] | None:
    incident = record.incident
    if incident.phase is Phase.SCHEDULED or incident.vanished:
        return None
    level = Level.MAINTENANCE if incident.kind is IncidentKind.MAINTENANCE else record.peak
    end = incident.resolved or (known_until if incident.is_open else incident.started)
    return incident.started, end, level
