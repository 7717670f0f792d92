"""When a digest comes: by the clocks of its zone, through the days on which those are changed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests.schedule import last_digest, next_digest, period
from bot.domain.digests import DigestSchedule

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [BERLIN, *map(ZoneInfo, ("UTC", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"))]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "after", "upcoming"),
    [
        pytest.param(DigestSchedule(time(9)), "2026-03-02 07:59", "2026-03-02 08:00", id="today"),
        pytest.param(DigestSchedule(time(9)), "2026-03-02 08:00", "2026-03-03 08:00", id="not the one that is now"),
        pytest.param(DigestSchedule(time(9)), "2026-03-28 08:00", "2026-03-29 07:00", id="the clocks are put forward"),
        pytest.param(DigestSchedule(time(9)), "2026-10-24 07:00", "2026-10-25 08:00", id="the clocks are put back"),
        pytest.param(DigestSchedule(time(2, 30)), "2026-03-28 02:00", "2026-03-29 01:30", id="a time that is skipped"),
        pytest.param(DigestSchedule(time(2, 30)), "2026-03-29 01:30", "2026-03-30 00:30", id="and the day after"),
        pytest.param(DigestSchedule(time(2, 30)), "2026-10-24 01:00", "2026-10-25 00:30", id="a time that comes twice"),
        pytest.param(DigestSchedule(time(2, 30)), "2026-10-25 00:30", "2026-10-26 01:30", id="only the first counts"),
        pytest.param(DigestSchedule(time(9), 0), "2026-03-02 07:59", "2026-03-02 08:00", id="this Monday"),
        pytest.param(DigestSchedule(time(9), 0), "2026-03-02 08:00", "2026-03-09 08:00", id="the next Monday"),
        pytest.param(DigestSchedule(time(0, 15), 0), "2026-03-01 23:00", "2026-03-01 23:15", id="Monday there"),
    ],
)
def test_the_next_one(schedule: DigestSchedule, after: str, upcoming: str) -> None:
    assert next_digest(schedule, BERLIN, utc(after)) == utc(upcoming)


@given(
    st.builds(
        DigestSchedule, st.times().map(lambda t: t.replace(second=0, microsecond=0)), st.none() | st.integers(0, 6)
    ),
    st.sampled_from(ZONES),
    st.timedeltas(timedelta(), timedelta(days=365 * 30)).map(lambda span: datetime(2005, 1, 1, tzinfo=UTC) + span),
)
def test_there_is_one_a_day_or_a_week_and_none_between(schedule: DigestSchedule, zone: ZoneInfo, now: datetime) -> None:
    before, after = last_digest(schedule, zone, now), next_digest(schedule, zone, now)
    assert before <= now < after
    assert next_digest(schedule, zone, before) == after
    # Samoa left out a whole day, 30 December 2011.
    assert abs(after - before - period(schedule)) <= timedelta(days=1)
    local = after.astimezone(zone)
    assert schedule.weekday in (None, local.weekday(), (local - timedelta(days=1)).weekday())
