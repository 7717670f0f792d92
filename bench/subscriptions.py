"""A channel with 500 subscriptions: the CPU that ``status``, ``list`` and ``incidents`` take there, and ``subscribe``
of 500 names at once.

The vendors are the catalog's; each has a page of the benchmark's with its history on record. The commands are run as
the app does it, from the typed line to the message. On PostgreSQL it is the process's part alone.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import pages
from bench.chat import PLATFORM
from bench.machine import pin
from bench.postgres import server
from bench.result import Result, Say, at_most
from bench.world import START
from bot import catalog as catalogs
from bot import routing
from bot.catalog import Catalog
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle, parse_line
from bot.commands.request import Request
from bot.domain import Channel, Snapshot, Vendor
from bot.monitor.news import judge
from bot.monitor.provider import Body
from bot.monitor.providers.statuspage import PROVIDER
from bot.store import Store
from bot.store.values import PollOutcome, Recording

COUNT = 500
OPEN_EVERY = 20
"""One page in so many has an open incident."""
LOOK_UPS = ("status", "list", "incidents")


def measure(quick: bool, say: Say) -> list[Result]:
    pin(0)
    catalog = catalogs.load()
    subscribed = [vendor for vendor in catalog if vendor.has_page and vendor.enabled][:COUNT]
    with (
        TemporaryDirectory(prefix="lookout-bench-") as folder,
        closing(Store(f"sqlite:///{Path(folder, 'bench.db')}")) as store,
    ):
        results = _measure(store, catalog, subscribed, 5 if quick else 20, say)
    with server() as database, closing(Store(database.url)) as store:
        there = _measure(store, catalog, subscribed, 5, say)
    return [*results, *(Result(f"— on PostgreSQL: {one.what}", one.measured) for one in there)]


def _measure(store: Store, catalog: Catalog, subscribed: Sequence[Vendor], rounds: int, say: Say) -> list[Result]:
    store.pages.sync_catalog(tuple(catalog), START, 0)
    for number, vendor in enumerate(subscribed):
        if number % 50 == 0:
            say(f"readings and histories: {number} of {COUNT}")
        _read(store, vendor, number)

    def ask(line: str, channel: str = "c0") -> None:
        context = CommandContext(store, catalog.plus(store.own.of(Channel(PLATFORM, "T1", channel))), START)
        reply = handle(Request(*parse_line(line), Channel(PLATFORM, "T1", channel), "U1"), context)
        if not reply.messages or reply.unread:
            raise AssertionError(f"{line[:30]} was not answered: the measurement is void")

    every = [" ".join(vendor.typed for vendor in subscribed[at : at + 250]) for at in range(0, COUNT, 250)]
    subscribing = []
    for round_ in range(1 if rounds < 10 else 3):
        say(f"subscribe of {COUNT} names: round {round_ + 1}")
        subscribing.append(sum(_cpu(lambda: ask(f"subscribe {names}", f"c{round_}")) for names in every))  # noqa: B023
        if (found := len(store.channels.vendors(Channel(PLATFORM, "T1", f"c{round_}")))) != COUNT:
            raise AssertionError(f"{found} subscriptions, not {COUNT}: the measurement is void")
    results = []
    for line in LOOK_UPS:
        say(line)
        took_ms = median([_cpu(lambda: ask(line)) * 1e3 for _ in range(rounds + 1)][1:])  # noqa: B023
        results.append(at_most(f"`{line}` with {COUNT} subscriptions, CPU", took_ms, 60, " ms"))
    return [*results, at_most(f"`subscribe` of {COUNT} names, CPU", median(subscribing), 1, " s")]


def _read(store: Store, vendor: Vendor, number: int) -> None:
    """The page's first reading, then its history."""
    posts = [(f"p{number}", START - timedelta(hours=1), "We look into it.")] if number % OPEN_EVERY == 0 else []
    body = Body("https://v0.pages.example/api/v2/summary.json", pages.summary(number, START, posts))
    read = replace(PROVIDER.parse(vendor.slug, (body,), START), vendor=vendor.slug)
    store.records.record(_recording(None, read, START), routing.route)
    past = Body("https://v0.pages.example/api/v2/incidents.json", pages.incidents(number, START))
    history = PROVIDER.parse_history(vendor.slug, (past,))
    before = store.records.before(vendor.slug, [], history.complete_since)
    news = judge(before, read, START, history=history, silent_before=START)
    outcome = PollOutcome(vendor.slug, START + timedelta(minutes=1), 60, read_at=START, history_read_at=START)
    store.records.record(Recording(news.snapshot, outcome, news.incidents), routing.route)


def _recording(before: Snapshot | None, read: Snapshot, now: datetime) -> Recording:
    news = judge(before, read, now)
    outcome = PollOutcome(read.vendor, now + timedelta(minutes=1), 60, read_at=now)
    return Recording(news.snapshot, outcome, news.incidents, news.announce)


def _cpu(work: Callable[[], object]) -> float:
    gc.collect()
    before = time.process_time()
    work()
    return time.process_time() - before
