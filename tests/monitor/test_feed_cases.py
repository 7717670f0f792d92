"""Small feeds of others, that are no part of the project, through the whole bot: what a channel is told of each."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import pytest
from rich.console import Console

from bot.cli.replay import replay
from bot.domain import Mode
from tests.shelf import SHARED, needs

Row = dict[str, Any]


def told(case: str, *, silent_first: bool = True) -> list[Row]:
    file = io.StringIO()
    reported: list[str] = []
    out = Console(file=file, width=100)
    code = asyncio.run(
        replay(
            [SHARED / "cases" / case],
            out,
            reported.append,
            kind="rss",
            mode=Mode.THREAD,
            as_json=True,
            silent_first=silent_first,
        )
    )
    assert (code, reported) == (0, [])
    return [json.loads(line) for line in file.getvalue().splitlines()]


def posted(rows: list[Row]) -> list[tuple[str, str | None]]:
    """Messages with news, without those that repeat it in the channel or keep what a root drops."""
    repeated = {"dropped", "announced"}
    return [(row["act"], row["phase"]) for row in rows if row["act"] != "edit" and row["reason"] not in repeated]


Posted = list[tuple[str, str | None]]
OPENED: Posted = [("post", "investigating")]
CASES: dict[str, Posted] = {
    "feeds/01-guid-regenerated": OPENED,
    "feeds/03-one-guid-for-all": [*OPENED, ("reply", "resolved")],
    "feeds/04-control-char": OPENED,
    "feeds/05-nbsp-entity": OPENED,
    "feeds/07-lies-about-charset": OPENED,
    "feeds/10-bare-ampersand": OPENED,
    "feeds/11-new-entry-undated": OPENED,
    "feeds/12-localised-date": OPENED,
    "feeds/14-resolved-in-future": [*OPENED, ("reply", "identified"), ("reply", None), ("reply", "resolved")],
    "feeds/15-item-per-update": [*OPENED, ("reply", "identified"), ("reply", "resolved")],
    "feeds/17-pubdate-moves": OPENED,
    "feeds/18-guid-is-title": [*OPENED, ("reply", "identified"), ("reply", "resolved")],
    "feeds/20-two-nodes": OPENED,
    "feeds/21-old-slides-in": OPENED * 2,
    "feeds/22-end-in-other-words": [*OPENED, ("reply", "resolved")],
    "feeds/31-zone-names": OPENED * 2,
    "feeds-right/25-resolved-in-title": [*OPENED, ("reply", "resolved")],
    "feeds-right/28-oldest-first": OPENED,
    "feeds-right/29-cachet-guid-per-update": [*OPENED, ("reply", "identified"), ("reply", "resolved")],
}


@needs("cases/feeds")
@pytest.mark.parametrize("case", CASES)
def test_a_channel_is_told_what_is_right(case: str) -> None:
    rows = told(case)
    assert posted(rows) == CASES[case]
    reasons = {row["reason"] for row in rows if row["act"] == "edit"}
    assert reasons <= {"refreshed", "resolved", "updated"} | ({"vanished"} if case.startswith("feeds/31") else set())


@needs("cases/feed-history")
def test_what_falls_off_the_bottom_is_no_longer_listed() -> None:
    rows = told("feed-history/falls-off-the-bottom")
    card = rows[0]["card"]
    acts = [(row["act"], row["reason"]) for row in rows if row["card"] == card and row["reason"] != "announced"]
    assert acts == [("post", "opened"), ("edit", "unlisted")]


@needs("cases/feed-history")
def test_an_end_and_another_stage_in_one_minute_are_an_end() -> None:
    rows = told("feed-history/end-and-stage-in-one-minute", silent_first=False)
    assert rows[-1]["phase"] == "resolved"
