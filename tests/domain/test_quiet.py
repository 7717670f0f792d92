from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import QuietHours

BERLIN = "Europe/Berlin"
NIGHT = QuietHours(time(22), time(7))


def end(quiet: QuietHours, zone: str, now: str) -> str | None:
    """Both by the zone's clock; a second ``02:30`` is written ``02:30 again``."""
    where, again = ZoneInfo(zone), now.endswith(" again")
    wall = datetime.fromisoformat(now.removesuffix(" again")).replace(tzinfo=where, fold=int(again))
    found = quiet.end_after(wall.astimezone(UTC), zone)
    if found is None:
        return None
    local = found.astimezone(where)
    return f"{local:%Y-%m-%d %H:%M}" + (" again" if local.fold else "")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-02 21:59", None),
        ("2026-03-02 22:00", "2026-03-03 07:00"),
        ("2026-03-03 06:59", "2026-03-03 07:00"),
        ("2026-03-03 07:00", None),
        ("2026-03-28 23:00", "2026-03-29 07:00"),
        ("2026-10-24 23:00", "2026-10-25 07:00"),
    ],
)
def test_a_night_ends_in_the_morning_by_the_clock_on_the_wall(now: str, expected: str | None) -> None:
    assert end(NIGHT, BERLIN, now) == expected
    assert end(NIGHT, "America/Los_Angeles", now) == expected


def test_hours_of_one_day() -> None:
    lunch = QuietHours(time(12), time(13, 30))
    assert end(lunch, BERLIN, "2026-03-02 12:15") == "2026-03-02 13:30"
    assert end(lunch, BERLIN, "2026-03-02 13:30") is None


def test_a_night_that_ends_while_the_clock_jumps_ends_with_the_jump() -> None:
    early = QuietHours(time(22), time(2, 30))
    assert end(early, BERLIN, "2026-03-29 01:59") == "2026-03-29 03:00"
    assert end(early, BERLIN, "2026-03-29 03:00") is None
    assert end(QuietHours(time(2, 30), time(8)), BERLIN, "2026-03-29 03:00") == "2026-03-29 08:00"
    assert end(QuietHours(time(22), time(2, 10)), "Australia/Lord_Howe", "2026-10-04 01:50") == "2026-10-04 02:30"


def test_a_night_that_ends_while_the_clock_is_set_back_ends_once() -> None:
    early = QuietHours(time(22), time(2, 30))
    assert end(early, BERLIN, "2026-10-25 02:00") == "2026-10-25 02:30 again"
    assert end(early, BERLIN, "2026-10-25 02:45") == "2026-10-25 02:30 again"
    assert end(early, BERLIN, "2026-10-25 02:30 again") is None
    late = QuietHours(time(2, 30), time(8))
    assert end(late, BERLIN, "2026-10-25 02:15") is None
    assert end(late, BERLIN, "2026-10-25 02:15 again") == "2026-10-25 08:00"


def test_a_midnight_that_is_skipped() -> None:
    weekend = QuietHours(None, None, weekends=True)
    assert end(weekend, "Africa/Cairo", "2026-04-25 12:00") == "2026-04-27 00:00"
    assert end(QuietHours(time(20), time(0)), "Africa/Cairo", "2026-04-23 23:00") == "2026-04-24 01:00"


def test_weekends_join_the_nights_around_them() -> None:
    both = QuietHours(time(22), time(7), weekends=True)
    assert end(both, BERLIN, "2026-03-06 21:00") is None
    assert end(both, BERLIN, "2026-03-06 22:00") == "2026-03-09 07:00", "from Friday night to Monday morning"
    assert end(both, BERLIN, "2026-03-08 12:00") == "2026-03-09 07:00"
    assert end(both, BERLIN, "2026-03-09 12:00") is None
    assert end(QuietHours(None, None, weekends=True), BERLIN, "2026-03-06 23:59") is None


times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
moments = st.timedeltas(timedelta(), timedelta(days=7000)).map(lambda after: datetime(2011, 1, 1, tzinfo=UTC) + after)
zones = st.sampled_from((BERLIN, "UTC", "America/St_Johns", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia"))


@given(
    now=moments,
    start=times,
    end=times,
    weekends=st.booleans(),
    zone=zones,
)
def test_whatever_the_wall_says_is_kept(now: datetime, start: time, end: time, weekends: bool, zone: str) -> None:
    if start == end:
        return
    quiet = QuietHours(start, end, weekends)
    until = quiet.end_after(now, zone)
    local = now.astimezone(ZoneInfo(zone))
    wall = local.time()
    at_night = start <= wall < end if start < end else wall >= start or wall < end
    if at_night or (weekends and local.weekday() >= 5):
        assert until is not None
        assert now < until <= now + timedelta(days=8)
    if until is not None:
        assert quiet.end_after(until, zone) is None, "it ends once"
        assert quiet.end_after(until - timedelta(seconds=1), zone) == until
