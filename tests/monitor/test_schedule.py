"""When pages and histories are read next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Slug
from bot.monitor.responses import Hints
from bot.monitor.schedule import (
    FIRST_HISTORY_SPREAD_S,
    MAX_MAX_AGE_S,
    MAX_RETRY_AFTER_S,
    PollIntervals,
    history_due,
    is_gap,
    next_due,
)
from tests.monitor.facts import ACME, at

PACE = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)


def test_an_open_incident_never_slows_a_page_down() -> None:
    hurried = PollIntervals(watched_s=20, open_s=30, idle_s=300, max_backoff_s=3600)
    assert hurried.interval_s(watched=True, open=True) == 20


@pytest.mark.parametrize(
    ("watched", "open_now", "seconds"), [(True, False, 60), (True, True, 30), (False, False, 300), (False, True, 300)]
)
def test_a_page_is_read_at_the_pace_of_those_who_watch_it(watched: bool, open_now: bool, seconds: float) -> None:
    assert PACE.interval_s(watched=watched, open=open_now) == seconds


def test_failures_double_the_wait_up_to_the_longest() -> None:
    assert [PACE.wait_s(60, n) for n in (0, 1, 2, 6, 5000)] == [60, 120, 240, 3600, 3600]
    watched = [PACE.wait_s(60, n, watched=True) for n in (0, 1, 2, 3, 5000)]
    assert [wait_s * 1.1 <= 300 for wait_s in watched] == [True] * 5
    assert watched[:3] == [60, 120, 240]
    assert PACE.wait_s(900, 3, watched=True) == 900


def test_the_next_reading_counts_from_the_planned_time() -> None:
    due = next_due(ACME, at(0), at(0.3), 60)
    assert timedelta(seconds=54) <= due - at(0) <= timedelta(seconds=66)
    assert due == next_due(ACME, at(0), at(0.5), 60)


def test_a_page_far_behind_starts_anew_from_now() -> None:
    due = next_due(ACME, at(0), at(600), 60)
    assert timedelta(seconds=54) <= due - at(600) <= timedelta(seconds=66)


def test_a_mad_retry_after_is_kept_for_a_day_and_no_longer() -> None:
    due = next_due(ACME, at(0), at(0), 60, Hints(retry_after_s=1e12))
    assert due == at(0) + timedelta(seconds=MAX_RETRY_AFTER_S)


def test_a_long_max_age_is_kept_for_five_minutes_and_no_longer() -> None:
    due = next_due(ACME, at(0), at(0), 60, Hints(max_age_s=1e9))
    assert due == at(0) + timedelta(seconds=MAX_MAX_AGE_S)


@given(
    st.text(max_size=20),
    st.floats(-1e5, 1e5),
    st.floats(1, 1e5),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_never_in_the_past_and_never_under_what_the_server_asks(
    slug: str, late: float, wait: float, retry_after: float, max_age: float
) -> None:
    now = at(0)
    due = next_due(Slug(slug), now - timedelta(seconds=late), now, wait, Hints(retry_after, max_age))
    assert due > now
    assert due >= now + timedelta(seconds=min(retry_after, MAX_RETRY_AFTER_S))
    assert due >= now + timedelta(seconds=min(max_age, 300))


def test_the_first_history_is_spread_and_then_kept() -> None:
    slugs = [Slug(f"vendor-{n}") for n in range(50)]
    dues = [history_due(slug, at(0), read_at=None, due=None) for slug in slugs]
    assert all(
        due is not None and timedelta() <= due - at(0) < timedelta(seconds=FIRST_HISTORY_SPREAD_S) for due in dues
    )
    assert len(set(dues)) == 50
    assert history_due(ACME, at(5), read_at=None, due=at(7)) == at(7)


def test_a_quiet_history_is_not_read_again() -> None:
    assert history_due(ACME, at(60), read_at=at(0), due=None) is None


@pytest.mark.parametrize(("days", "hours"), [(1, 1), (3, 1), (4, 6), (13, 6), (15, None)])
def test_a_history_is_read_while_its_newest_end_may_still_be_edited(days: int, hours: int | None) -> None:
    now = at(0)
    due = history_due(ACME, now, read_at=now, due=None, recent_end=now - timedelta(days=days))
    assert due == (None if hours is None else now + timedelta(hours=hours))


def test_a_gap_asks_at_once_for_those_who_watch_and_by_and_by_for_others() -> None:
    assert history_due(ACME, at(60), read_at=at(0), due=None, watched=True, had_gap=True) == at(60)
    spread = history_due(ACME, at(60), read_at=at(0), due=None, had_gap=True)
    assert spread is not None
    assert spread > at(60)


def test_a_stamp_that_moves_asks_every_ten_minutes_at_most() -> None:
    assert history_due(ACME, at(3), read_at=at(0), due=None, page_updated=True) == at(10)
    assert history_due(ACME, at(30), read_at=at(0), due=None, page_updated=True) == at(30)


def test_of_several_reasons_to_read_a_history_the_earliest_counts() -> None:
    end = at(-30)
    assert history_due(ACME, at(0), read_at=at(-30), due=at(5), recent_end=end, watched=True, had_gap=True) == at(0)
    assert history_due(ACME, at(0), read_at=at(-30), due=at(5), recent_end=end) == at(5)
    assert history_due(ACME, at(0), read_at=at(-30), due=at(45), recent_end=end) == at(30)


def test_a_gap_is_three_intervals() -> None:
    assert not is_gap(None, at(0), 60)
    assert not is_gap(at(-3), at(0), 60)
    assert is_gap(at(-3.1), at(0), 60)
