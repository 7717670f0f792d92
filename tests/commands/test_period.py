"""Which days are meant by what words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.commands.period import split_period
from bot.commands.scan import UsageError

NOW = datetime(2026, 9, 14, 23, 30, tzinfo=UTC)
"""Half past one on a Tuesday in Berlin."""
BERLIN = ZoneInfo("Europe/Berlin")


def day(number: int, month: int = 9) -> datetime:
    """The first moment of a day in Berlin."""
    return datetime(2026, month, number, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "rest", "since", "until", "words"),
    [
        ("github yesterday", "github", day(14), day(15), "yesterday"),
        ("yesterday github", "github", day(14), day(15), "yesterday"),
        ("today", "", day(15), None, "today"),
        ("github last night", "github", day(14), None, "since yesterday"),
        ("github last week", "github", NOW - timedelta(days=7), None, "in the last 7 days"),
        ("github in the last 36 hours", "github", NOW - timedelta(days=2), None, "in the last 2 days"),
        ("past 2 weeks", "", NOW - timedelta(days=14), None, "in the last 14 days"),
        ("the last couple of days", "", NOW - timedelta(days=2), None, "in the last 2 days"),
        ("30 days", "", NOW - timedelta(days=30), None, "in the last 30 days"),
        ("this week", "", day(14), None, "since Monday 14 September"),
        ("this month", "", day(1), None, "since Tuesday 1 September"),
        ("since monday", "", day(14), None, "since Monday 14 September"),
        ("since Fri", "", day(11), None, "since Friday 11 September"),
        ("on tuesday", "", day(8), day(9), "on Tuesday 8 September"),
        ("last weekend", "", day(12), day(14), "last weekend, from Saturday 12 September on"),
        ("since 2026-09-02", "", day(2), None, "since Wednesday 2 September"),
        ("on Sep 3rd", "", day(3), day(4), "on Thursday 3 September"),
        ("3 days ago", "", NOW - timedelta(days=3), None, "in the last 3 days"),
        ("from July to Aug", "", day(1, 7), day(1), "from July 2026 to August 2026"),
        (
            "between november and september",
            "",
            datetime(2025, 10, 31, 23, tzinfo=UTC),
            None,
            "from November 2025 to September 2026",
        ),
        ("3 sep 2026", "", day(3), day(4), "on Thursday 3 September"),
        ("3.9.", "", day(3), day(4), "on Thursday 3 September"),
    ],
)
def test_words_for_days(text: str, rest: str, since: datetime, until: datetime | None, words: str) -> None:
    found_rest, period = split_period(text, BERLIN, NOW)
    assert period is not None
    assert (found_rest, period.since, period.until, period.words) == (rest, since, until, words)


@pytest.mark.parametrize("text", ["github", "monday.com", "route 53", "1.1.1.1", "365 github", "github on monday.com"])
def test_names_are_no_days(text: str) -> None:
    assert split_period(text, BERLIN, NOW) == (text, None)


@pytest.mark.parametrize("text", ["2026-02-31", "on 2019-01-01", "last 900 days", "0 days", "2027-01-01"])
def test_days_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="for example"):
        split_period(text, BERLIN, NOW)
