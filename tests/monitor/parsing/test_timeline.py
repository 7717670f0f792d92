"""The order of updates, whichever way a page lists them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.monitor.parsing.assemble import Post, updates_of
from bot.monitor.parsing.timeline import oldest_first
from tests.monitor.providers.bodies import Row, body, incident, post, read, summary

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "order"),
    [
        ([], ""),
        ([0, 0, 0], "abc"),
        ([0, 1, 1, 2], "abcd"),
        ([2, 1, 1, 0], "dcba"),
        ([1, 0, 2, 2], "bacd"),
        ([2, 0, 1, 1], "bdca"),
    ],
)
def test_what_has_one_time_stays_as_listed_whichever_end_is_the_newest(minutes: list[int], order: str) -> None:
    listed = [("abcd"[i], NOON + timedelta(minutes=each)) for i, each in enumerate(minutes)]
    assert "".join(name for name, _ in oldest_first(listed, lambda pair: pair[1])) == order


def test_ids_decide_no_order() -> None:
    posts = [Post(NOON, "First.", id="9"), Post(NOON, "Second.", id="10"), Post(NOON, "Second, again.", id="10")]
    assert [(u.id, u.text) for u in updates_of("i1", posts)] == [("9", "First."), ("10", "Second.")]


@pytest.mark.parametrize("newest_first", [True, False])
def test_posts_of_one_minute_stand_as_statuspage_lists_them(newest_first: bool) -> None:
    at = "2026-06-30T10:00:00.000Z"
    posts: list[Row] = [
        post("zzz", "investigating"),
        post("mmm", "identified", display_at="2026-06-30T10:05:00.000Z"),
        post("ccc", "monitoring", display_at="2026-06-30T10:05:00.000Z"),
        post("aaa", "resolved", display_at="2026-06-30T10:06:00.000Z"),
    ]
    listed = posts[::-1] if newest_first else posts
    told = incident("i1", None, incident_updates=listed, started_at=at)
    (found,) = read(body(summary(incidents=[told]))).incidents
    assert [update.id for update in found.updates] == ["zzz", "mmm", "ccc", "aaa"]
    assert found.phase == "resolved"
