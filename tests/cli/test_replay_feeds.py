"""Feeds as they really are through the whole bot: parsed, recorded, and told to a channel."""

from __future__ import annotations

import asyncio
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.cli.replay import replay
from bot.domain import Mode
from tests.monitor.feed_days import EIGHT, HOST, OLD, Item, feed, later

LATE = Item()
OVER = later(LATE, text="The ferries are back to normal.", at=EIGHT + timedelta(hours=1))


def told(folder: Path, *readings: tuple[float, bytes]) -> list[tuple[str, str, str]]:
    """(act, title, reason) of what brings news; each reading with its hours after eight o'clock."""
    for hours, content in readings:
        Path(folder, f"{EIGHT + timedelta(hours=hours):%Y-%m-%dT%H%M%S}.xml").write_bytes(content)
    file, reported = io.StringIO(), list[str]()
    play = replay(
        [folder],
        Console(file=file, width=100),
        reported.append,
        kind="rss",
        mode=Mode.THREAD,
        as_json=True,
        silent_first=True,
    )
    assert (asyncio.run(play), reported) == (0, [])
    rows: list[dict[str, Any]] = [json.loads(line) for line in file.getvalue().splitlines()]
    return [
        (row["act"], row["title"], row["reason"])
        for row in rows
        if row["reason"] not in ("announced", "dropped", "refreshed")
    ]


def test_new_ids_moved_dates_and_a_wrong_byte_make_one_card(tmp_path: Path) -> None:
    fresh = [later(item, id=f"new {item.link}") for item in (LATE, OLD)]
    moved = [later(item, at=EIGHT + timedelta(minutes=30)) for item in (LATE, OLD)]
    acts = told(
        tmp_path,
        (0, feed(OLD)),
        (0.1, feed(LATE, OLD)),
        (0.2, feed(*fresh)),
        (0.3, feed(LATE, OLD).replace(b"late ferries", b"late\x0b ferri\x00es")),
        (0.4, feed(*moved)),
        (1.1, feed(OLD, OVER, OVER)),
        (1.2, feed(*(later(item, title=f"[Resolved] {item.title}") for item in (OVER, OLD)))),
    )
    assert acts == [("post", "Ferries late", "opened"), ("reply", "Ferries late", "resolved")]


def test_after_a_month_all_new_ids_and_dates_are_known_by_title_and_link(tmp_path: Path) -> None:
    days = 30 * 24
    renamed = [
        later(item, id=f"new {item.link}", at=EIGHT + timedelta(hours=days), link=f"{item.link}/#top")
        for item in (OVER, OLD)
    ]
    acts = told(tmp_path, (0, feed(OLD)), (0.1, feed(LATE, OLD)), (1.1, feed(OVER, OLD)), (days, feed(*renamed)))
    assert acts == [("post", "Ferries late", "opened"), ("reply", "Ferries late", "resolved")]


def test_a_reused_id_is_a_card_of_its_own(tmp_path: Path) -> None:
    again = later(LATE, text="No ferry leaves the harbour.", at=EIGHT + timedelta(hours=72))
    acts = told(
        tmp_path, (0, feed(OLD)), (0.1, feed(LATE, OLD)), (1.1, feed(OVER, OLD)), (72, feed(again)), (73, feed(again))
    )
    assert acts == [
        ("post", "Ferries late", "opened"),
        ("reply", "Ferries late", "resolved"),
        ("post", "Ferries late", "opened"),
    ]


def test_what_falls_off_the_bottom_is_closed_as_no_longer_listed(tmp_path: Path) -> None:
    newer = [
        Item(f"Fog {n}", "Resolved.", EIGHT + timedelta(hours=n), f"f{n}", f"{HOST}/n/{n + 10}") for n in (24, 12, 6)
    ]
    acts = told(tmp_path, (0, feed(OLD)), (0.1, feed(LATE, OLD)), (25, feed(*newer)))
    assert [act for act in acts if act[1] == "Ferries late"] == [
        ("post", "Ferries late", "opened"),
        ("edit", "Ferries late", "unlisted"),
    ]


def test_what_is_missing_from_the_middle_for_five_minutes_was_taken_down(tmp_path: Path) -> None:
    newest = Item("Fog", "Resolved.", EIGHT + timedelta(hours=1), "f", f"{HOST}/n/9")
    acts = told(
        tmp_path,
        (0, feed(OLD)),
        (0.1, feed(LATE, OLD)),
        (1.10, feed(newest, OLD)),
        (1.13, feed(newest, LATE, OLD)),
        (2, feed(newest, OLD)),
    )
    assert [act for act in acts if act[1] == "Ferries late"] == [
        ("post", "Ferries late", "opened"),
        ("edit", "Ferries late", "vanished"),
    ]
