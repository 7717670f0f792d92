"""What the store adds to a changed page: CPU of ``records.record`` and ``records.before`` against the same statements
with the same parameters on bare sqlite3, for a page of 10 KB and one of 55 KB.

Three copies of one database hold the page with its history and the channels that subscribe to it. On the first the
statements are noted, on the second the store works, on the third bare sqlite3 repeats what was noted; every round is an
update of the page's open incident, or the opening or the end of one. Then the same rounds on PostgreSQL.
"""

from __future__ import annotations

import gc
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event

from bench import pages
from bench.chat import PLATFORM
from bench.machine import pin
from bench.postgres import server
from bench.result import Result, Say, at_most, ratio
from bench.world import START, slug, vendors
from bot import routing
from bot.domain import Channel, Filter, Snapshot, Subscription
from bot.monitor.news import Context, judge
from bot.monitor.provider import Body, History
from bot.monitor.providers.statuspage import PROVIDER
from bot.store import Store
from bot.store.values import PollOutcome, Recording, Validator

SIZES_KB = (10, 55)
BAR = 4
OPEN_FOR = 8
"""Rounds from the opening of an incident to the next one's."""
Statement = tuple[str, str, Any]
"""The method of the driver, the SQL, the parameters."""


def measure(quick: bool, say: Say) -> list[Result]:
    pin(0)
    results = []
    for size_kb in SIZES_KB:
        number = next(n for n in range(1_000) if abs(pages.size_kb(n) - size_kb) < size_kb / 10)
        results += _measure(number, size_kb, 24 if quick else 80, say)
        results.append(_on_postgresql(number, size_kb, 24 if quick else 80, say))
    return results


def _measure(number: int, size_kb: int, rounds: int, say: Say) -> list[Result]:
    page = ChangingPage(number)
    spent: dict[str, list[float]] = {name: [] for name in ("before", "bare before", "record", "bare record")}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="lookout-bench-")))
        noted, store, bare = stack.enter_context(_copies(folder, page))
        for round_ in range(rounds + 1):
            say(f"a page of {size_kb} KB: round {round_} of {rounds}")
            now, read = page.next()
            gc.collect()
            ids = [incident.id for incident in read.incidents]

            def before(of: Store, ids: list[str] = ids, read: Snapshot = read) -> Snapshot | None:
                return of.records.before(slug(0), ids, read.complete_since)

            recording = _recording(before(noted.store), read, now)
            before_ = noted.of(lambda: before(noted.store))
            record_ = noted.of(lambda: noted.store.records.record(recording, routing.route))  # noqa: B023
            took = {
                "before": _cpu(lambda: before(store)),
                "bare before": _cpu(lambda: bare(before_)),  # noqa: B023
                "record": _cpu(lambda: store.records.record(recording, routing.route)),  # noqa: B023
                "bare record": _cpu(lambda: bare(record_)),  # noqa: B023
            }
            if round_:
                for name, seconds in took.items():
                    spent[name].append(seconds)
    return [
        at_most(
            f"{name}, a page of {size_kb} KB ÷ the same statements on bare sqlite3",
            ratio(spent[arm], spent[f"bare {arm}"]),
            BAR,
            detail=f"{median(spent[arm]) * 1e3:.2f} ms of CPU for {median(spent[f'bare {arm}']) * 1e3:.2f}",
        )
        for name, arm in (("Recording a changed page", "record"), ("Reading what is on record of it", "before"))
    ]


def _on_postgresql(number: int, size_kb: int, rounds: int, say: Say) -> Result:
    page = ChangingPage(number)
    reading, recording, database_s = [], [], 0.0
    with server() as database, closing(Store(database.url)) as store:
        _fill(store, page)
        for round_ in range(rounds + 1):
            say(f"a page of {size_kb} KB on PostgreSQL: round {round_} of {rounds}")
            now, read = page.next()
            ids = [incident.id for incident in read.incidents]
            gc.collect()
            its_cpu = database.cpu_s()
            began = time.process_time()
            before = store.records.before(slug(0), ids, read.complete_since)
            was_read = time.process_time()
            its_own = _recording(before, read, now)
            judged = time.process_time()
            store.records.record(its_own, routing.route)
            if round_:
                reading.append(was_read - began)
                recording.append(time.process_time() - judged)
                database_s += database.cpu_s() - its_cpu
    return Result(
        f"— on PostgreSQL, a page of {size_kb} KB: recording; reading what is on record; the server's part of both",
        f"{median(recording) * 1e3:.2f}; {median(reading) * 1e3:.2f}; {database_s / rounds * 1e3:.2f} ms of CPU",
    )


class ChangingPage:
    """A page that says something new each time it is read."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._now = START
        self._posts: list[tuple[str, datetime, str]] = []

    def next(self) -> tuple[datetime, Snapshot]:
        """The time, and what is read then."""
        self._now += timedelta(minutes=1)
        if len(self._posts) == OPEN_FOR:
            self._posts = []
        else:
            self._posts.append((f"p{self._now.timestamp()}", self._now, f"At {self._now} we continue to look."))
        return self._now, self.read(self._posts)

    def read(self, posts: list[tuple[str, datetime, str]]) -> Snapshot:
        body = pages.summary(self._number, START, posts)
        return PROVIDER.parse(slug(0), (Body("https://v0.pages.example/api/v2/summary.json", body),), self._now)

    def first(self, store: Store) -> None:
        """Put its first reading on record, with its history."""
        read, listed = self.read([]), pages.incidents(self._number, START)
        store.records.record(_recording(None, read, START), routing.route)
        history = PROVIDER.parse_history(slug(0), (Body("https://v0.pages.example/api/v2/incidents.json", listed),))
        before = store.records.before(slug(0), [], history.complete_since)
        store.records.record(_recording(before, read, START, history), routing.route)


def _recording(before: Snapshot | None, read: Snapshot, now: datetime, history: History | None = None) -> Recording:
    context = Context(seen_at=now - timedelta(minutes=1))
    silent_before = now if history else None
    news = judge(before, read, now, history=history, silent_before=silent_before, context=context, give_up=True)
    facts = (news.incidents, news.announce, news.merged, news.explained)
    return Recording(news.snapshot, _outcome(now), *facts, before=before)


def _outcome(now: datetime) -> PollOutcome:
    validator = Validator('"etag"', None, "0" * 64, now)
    url = "https://v0.pages.example/api/v2/summary.json"
    return PollOutcome(slug(0), now + timedelta(minutes=1), 60, read_at=now, validators={url: validator})


@dataclass(frozen=True, slots=True)
class Noted:
    """A store whose statements are noted as the driver gets them."""

    store: Store
    _statements: list[Statement]

    def of(self, work: Callable[[], object]) -> list[Statement]:
        """The statements of this work, without those that begin and end its transaction."""
        self._statements.clear()
        work()
        return [s for s in self._statements if not s[1].startswith("BEGIN")]


def _fill(store: Store, page: ChangingPage) -> None:
    store.pages.sync_catalog(vendors(20, lambda n: f"https://v{n}.pages.example"), START, 0)
    page.first(store)
    for number in range(2):
        channel = Channel(PLATFORM, "T1", f"c{number}")
        store.channels.subscribe(Subscription(channel, slug(0), Filter(), "U1", START), routing.route)


@contextmanager
def _copies(folder: Path, page: ChangingPage) -> Iterator[tuple[Noted, Store, Callable[[list[Statement]], None]]]:
    files = [folder / f"{name}.db" for name in ("noted", "store", "bare")]
    store = Store(f"sqlite:///{files[0]}")
    _fill(store, page)
    store.close()
    for file in files[1:]:
        copyfile(files[0], file)
    stores = [Store(f"sqlite:///{file}") for file in files[:2]]
    statements: list[Statement] = []
    with closing(stores[0]), closing(stores[1]), closing(sqlite3.connect(files[2], isolation_level=None)) as bare:
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            bare.execute(f"PRAGMA {pragma}")
        stores[0].engine.dispose()
        event.listen(stores[0].engine, "do_connect", lambda dialect, record, args, kwargs: _noting(statements, args[0]))
        yield Noted(stores[0], statements), stores[1], lambda noted: _repeat(bare, noted)


def _noting(statements: list[Statement], file: str) -> sqlite3.Connection:
    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, parameters: Any = (), /) -> Cursor:
            statements.append(("execute", sql, parameters))
            return super().execute(sql, parameters)

        def executemany(self, sql: str, parameters: Any, /) -> Cursor:
            rows = list(parameters)
            statements.append(("executemany", sql, rows))
            return super().executemany(sql, rows)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            cursor: sqlite3.Cursor = self.cursor().execute(sql, parameters)
            return cursor

    return sqlite3.connect(file, check_same_thread=False, factory=Connection)


def _repeat(bare: sqlite3.Connection, statements: list[Statement]) -> None:
    bare.execute("BEGIN IMMEDIATE")
    for method, sql, parameters in statements:
        cursor = getattr(bare, method)(sql, parameters)
        if cursor.description is not None:
            cursor.fetchall()
    bare.execute("COMMIT")


def _cpu(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before
