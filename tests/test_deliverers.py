"""Four deliverers, each a process of its own, one killed and one stopped: a chat's log tells that nothing is lost, none
is shown twice, and every channel has its messages in their order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.deliverers import EACH, Course, run
from bench.postgres import Server
from bench.sink import Judged, judge
from tests.databases import Postgres

SMALL = Course(channels=100, silent_s=1.5, stopped_s=3, limit_s=90)


def test_a_killed_and_a_stopped_deliverer_lose_nothing_and_show_nothing_twice(
    postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        judged = run(SMALL, Server(tmp_path, url), tmp_path, lambda _: None)
    assert (judged.shown, judged.lost, judged.doubled, judged.misplaced) == (100 * EACH, 0, 0, 0)


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ([("a", 0, 0), ("a", 1, 0), ("b", 0, 0), ("b", 1, 0)], Judged(4, 0, 0, 0, 0, 3, 1)),
        ([("a", 1, 0), ("a", 0, 0), ("b", 0, 0)], Judged(3, 1, 0, 1, 0, 2, 0)),
        ([("a", 0, 0), ("a", 0, 1), ("a", 0, 0), ("a", 1, 0), ("b", 0, 0), ("b", 1, 0)], Judged(5, 0, 1, 0, 1, 5, 2)),
        ([], Judged(0, 4, 0, 0, 0, 0, 0)),
    ],
)
def test_the_judge_sees_what_is_lost_doubled_and_out_of_order(
    posts: list[tuple[str, int, int]], expected: Judged, tmp_path: Path
) -> None:
    log = tmp_path / "chat.log"
    lines = [
        json.dumps({"at": at, "channel": channel, "about": about, "dropped": bool(dropped)})
        for at, (channel, about, dropped) in enumerate(posts)
    ]
    log.write_text("\n".join(lines))
    assert judge(log, channels=2, each=2) == expected
