"""How many requests a second the web server answers, and how long the slowest wait: pages and the HTTP API.

The server has this process to itself, the client is another one with as many connections as a browser's users would
have open. Each vendor is asked for in turn, so that nearly every answer is worked out anew; then one again and again,
and one that the client has already.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import closing, suppress
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.result import Result, Say, at_least, at_most, quantile
from bench.world import START
from bot.catalog import Catalog, load
from bot.domain import Component, Impact, Incident, IncidentKind, Level, Phase, Snapshot, Update
from bot.store import Store
from bot.store.values import PollOutcome, Recording
from bot.threads import Threads
from bot.web.api.routes import Api, Settings
from bot.web.dashboards.routes import DashboardPages
from bot.web.listening import listen
from bot.web.metrics import Metrics
from bot.web.pages import Pages
from bot.web.server import serve
from bot.web.site import Site

CONNECTIONS = 16
MIN_PER_SECOND = 500
MAX_P99_MS = 50
INCIDENTS = 4
"""Of each vendor, each with three updates."""


def measure(quick: bool, say: Say) -> list[Result]:
    with TemporaryDirectory() as folder, closing(Store(f"sqlite:///{Path(folder) / 'lookout.db'}")) as store:
        catalog = load()
        say("filling the database")
        _fill(store, catalog, 300 if quick else len(catalog))
        return asyncio.run(_measure(store, catalog, 2 if quick else 8, say))


async def _measure(store: Store, catalog: Catalog, seconds: float, say: Say) -> list[Result]:
    threads, stop, listening = Threads(8), asyncio.Event(), listen("127.0.0.1", 22_000)
    api = Api(store, catalog, threads, lambda: START, Settings(public=True, per_minute=10_000_000))
    pages = Pages(store, catalog, threads, lambda: START, "")
    dashboards = DashboardPages(store, catalog, threads, lambda: START, stop)
    site = Site(store, threads, lambda: START, Metrics(), 60, pages, api, dashboards)
    serving = asyncio.create_task(serve(site.app(), listening, stop))
    slugs = [vendor.slug for vendor in catalog if vendor.enabled]
    results = []
    for name, paths, again in (
        ("API, each vendor in turn", [f"/api/v1/vendors/{slug}" for slug in slugs], False),
        ("API, incidents of each vendor", [f"/api/v1/vendors/{slug}/incidents" for slug in slugs], False),
        ("API, one vendor again and again", ["/api/v1/vendors/github"], False),
        ("API, what did not change (304)", ["/api/v1/vendors/github"], True),
        ("pages, each vendor in turn", [f"/v/{slug}" for slug in slugs], False),
    ):
        say(name)
        took = await _asked(listening.getsockname()[1], paths, again, seconds)
        rate, p99 = len(took) / seconds, quantile(took, 0.99) * 1e3
        results.append(at_least(f"Web, {name}: requests a second", rate, MIN_PER_SECOND))
        results.append(at_most(f"Web, {name}: p99", p99, MAX_P99_MS, " ms", f"{CONNECTIONS} connections"))
    stop.set()
    await serving
    threads.close()
    return results


async def _asked(port: int, paths: list[str], again: bool, seconds: float) -> list[float]:
    """What another process waited for each answer."""
    pipe, theirs = get_context("spawn").Pipe(duplex=False)
    process = get_context("spawn").Process(target=_client, args=(port, paths, again, seconds, theirs))
    process.start()
    theirs.close()
    took: list[float] = await asyncio.to_thread(pipe.recv)
    process.join()
    return took


def _client(port: int, paths: list[str], again: bool, seconds: float, pipe: Connection) -> None:
    pipe.send(asyncio.run(_ask(port, paths, again, seconds)))


async def _ask(port: int, paths: list[str], again: bool, seconds: float) -> list[float]:
    took: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(
        *(_connection(port, paths[n::CONNECTIONS] or paths, again, until, took) for n in range(CONNECTIONS))
    )
    return took


async def _connection(port: int, paths: list[str], again: bool, until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    etag, at = b"", 0
    with suppress(asyncio.IncompleteReadError):
        while time.perf_counter() < until:
            known = b"if-none-match: " + etag + b"\r\n" if etag and again else b""
            began = time.perf_counter()
            writer.write(b"GET " + paths[at % len(paths)].encode() + b" HTTP/1.1\r\nhost: x\r\n" + known + b"\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            await reader.readexactly(int(fields.get(b"content-length", b"0")))
            took.append(time.perf_counter() - began)
            etag, at = fields.get(b"etag", b""), at + 1
    writer.close()


def _fill(store: Store, catalog: Catalog, count: int) -> None:
    store.pages.sync_catalog(tuple(catalog), START, 0)
    parts = tuple(Component(f"c{n}", f"Part {n}", Level.OPERATIONAL) for n in range(12))
    for vendor in [vendor for vendor in catalog if vendor.enabled][:count]:
        incidents = tuple(
            Incident(
                vendor=vendor.slug,
                id=f"inc{n}",
                kind=IncidentKind.INCIDENT,
                title="Elevated error rates",
                phase=Phase.RESOLVED if n else Phase.IDENTIFIED,
                impact=Impact.MINOR,
                started=START - timedelta(days=n, hours=1),
                resolved=START - timedelta(days=n) if n else None,
                level=Level.DEGRADED,
                components=("c1",),
                updates=tuple(
                    Update(
                        f"u{u}", Phase.INVESTIGATING, START - timedelta(days=n, minutes=60 - u), "We look into it. " * 9
                    )
                    for u in range(3)
                ),
            )
            for n in range(INCIDENTS)
        )
        snapshot = Snapshot(vendor.slug, Level.DEGRADED, "Partial trouble", parts, incidents, START)
        outcome = PollOutcome(vendor.slug, START + timedelta(minutes=1), 60.0, read_at=START)
        store.records.record(Recording(snapshot, outcome, incidents=incidents), lambda *_: [])
