"""Four deliverers, each in a process of its own, and 100,000 cards on PostgreSQL, for a chat that keeps a log: one is
killed, one is stopped for 90 s and goes on. The chat's log alone is judged."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.chat import PLATFORM
from bench.fanout import Page
from bench.postgres import Server, copies, server
from bench.result import Result, Say
from bench.sink import Judged, judge, sink
from bench.world import slug, vendors
from bot import routing
from bot.domain import Channel, Filter, Subscription
from bot.store import Store
from bot.store.processes import SILENT_S

EACH = 4
"""Incidents, each a card in every channel; a channel hears of them in their order."""
DELIVERERS = 4


@dataclass(frozen=True, slots=True)
class Course:
    """``silent_s``: who gives no sign of life for so long is dead. ``stopped_s``: how long one is."""

    channels: int
    silent_s: float
    stopped_s: float
    limit_s: float


WHOLE = Course(25_000, SILENT_S, 90, 1_800)
QUICK = Course(1_000, 3, 9, 120)


def measure(quick: bool, say: Say) -> list[Result]:
    course = QUICK if quick else WHOLE
    with server() as database, TemporaryDirectory(prefix="lookout-bench-") as folder:
        judged = run(course, database, Path(folder), say)
    clean = (judged.lost, judged.doubled, judged.misplaced) == (0, 0, 0)
    what = f"{course.channels * EACH:,} cards to a chat that drops repeats, {DELIVERERS} deliverers on PostgreSQL"
    told = (
        f"{judged.shown:,} messages, {judged.shown / judged.took_s:,.0f} a second; {judged.dropped} posts were repeats"
    )
    return [
        Result(
            f"{what}, one killed, one stopped for {course.stopped_s:g} s: lost; doubled; channels out of order",
            f"{judged.lost}; {judged.doubled}; {judged.misplaced}  ({told})",
            "0; 0; 0",
            clean,
        )
    ]


def run(course: Course, database: Server, folder: Path, say: Say) -> Judged:
    log = folder / "chat.log"
    log.touch()
    say(f"{course.channels * EACH:,} cards")
    fill(database, course.channels, EACH)
    with sink(log) as url:
        words = [sys.executable, "-m", "bench.deliverer", database.url, url, str(course.silent_s)]
        processes = [subprocess.Popen(words, stdin=subprocess.PIPE) for _ in range(DELIVERERS)]
        try:
            _watch(processes, course, lambda: log.read_bytes().count(b"\n"), say)
        finally:
            for process in processes:
                process.send_signal(signal.SIGCONT)
                process.terminate()
            for process in processes:
                process.communicate(timeout=30)
    return judge(log, course.channels, EACH)


def _watch(processes: Sequence[subprocess.Popen[bytes]], course: Course, posts: Callable[[], int], say: Say) -> None:
    """Kill one after a quarter, stop one after two fifths, let it go on, and wait until nothing comes any more."""
    cards, killed = course.channels * EACH, False
    stopped_at: float | None = None
    went_on = False
    began = quiet_since = time.monotonic()
    before = 0
    while time.monotonic() - began < course.limit_s:
        time.sleep(0.1)
        count, now = posts(), time.monotonic()
        if count != before:
            before, quiet_since = count, now
        if not killed and count >= cards / 4:
            say("one is killed")
            processes[0].kill()
            killed = True
        if stopped_at is None and count >= cards * 2 / 5:
            say(f"one is stopped for {course.stopped_s:g} s")
            processes[1].send_signal(signal.SIGSTOP)
            stopped_at = now
        if stopped_at is not None and not went_on and now - stopped_at >= course.stopped_s:
            say("it goes on")
            processes[1].send_signal(signal.SIGCONT)
            went_on, quiet_since = True, now
        if went_on and now - quiet_since > 2 * course.silent_s:
            return


def fill(database: Server, channels: int, each: int) -> None:
    """A vendor, its subscribers, and so many incidents, one after another, each with its number in its title."""
    store, page = Store(database.url), Page()
    store.pages.sync_catalog(vendors(1, lambda _: "https://v0.pages.example"), datetime.now(UTC), 0)
    store.records.record(page.recording(), routing.route)
    first = Subscription(Channel(PLATFORM, "T0", "c0"), slug(0), Filter(), "U1", datetime.now(UTC))
    store.channels.subscribe(first, routing.route)
    database.run(*copies(channels), "VACUUM ANALYZE")
    for number in range(each):
        incident = replace(page.opened(), title=f"Incident {number}")
        store.records.record(page.recording(incident), routing.route)
    store.close()
