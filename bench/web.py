"""What a vendor's page and an answer of the API cost, and how long readers wait, while pages are polled.

By CPU, with nothing else to do: an answer that is made anew, one that is kept, and one that the client has, beside a
bare starlette application that sends as many bytes through the same server. Then the server shares its process and its
core with the poller, which reads real pages over TLS at the rate of 2,700 vendors a minute, and with a chat that gives
commands: what all of it takes of a core, and how long readers wait who come evenly, at the rate of the bar, from their
planned time. Readers are another process.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bench.commands import USUAL_RATE, usually
from bench.fanout import Asking
from bench.machine import memory_mb, pin
from bench.result import Result, Say, at_least, at_most, quantile
from bench.server import PageServer
from bench.world import START, Clock, World, fetching, polling, vendors
from bot.catalog import Catalog
from bot.monitor.schedule import PollIntervals
from bot.web.api.routes import Api, Settings
from bot.web.dashboards.routes import DashboardPages
from bot.web.listening import listen
from bot.web.metrics import Metrics
from bot.web.pages import Pages
from bot.web.server import serve
from bot.web.site import Site

CONNECTIONS = 16
PER_SECOND = 500
MAX_P99_MS = 50
MAX_COMMAND_MS = 200
MAX_MB = 40
PAGES = 2_701
INTERVAL_S = 60
"""Between two readings of a page: 2,701 are 45 a second, so that the virtual clock keeps pace with the real one."""
PACE = PollIntervals(watched_s=INTERVAL_S, open_s=INTERVAL_S, idle_s=INTERVAL_S, max_backoff_s=3600)
STEADY_S = 60
"""As long as an answer is kept at most: each is made anew meanwhile."""
STEPS = 80
LIFE_S = 20
"""Of a reader's connection; the server ends one after thirty seconds."""


def measure(quick: bool, say: Say) -> list[Result]:
    with PageServer(START) as server:
        pin(0)
        return asyncio.run(_measure(server, 300 if quick else PAGES, 4 if quick else 12, say))


async def _measure(server: PageServer, count: int, seconds: float, say: Say) -> list[Result]:
    clock = Clock()
    listed = vendors(count, server.url)
    async with (
        fetching(server, clock, count) as fetcher,
        polling(listed, fetcher, clock, spread_s=INTERVAL_S, pace=PACE) as world,
    ):
        for step in range(STEPS):
            say(f"first readings and histories: {step} of {STEPS}")
            clock.now += timedelta(seconds=2 * INTERVAL_S / STEPS)
            await world.poller.tick()
        catalog = Catalog(listed)
        asking = Asking(world, catalog)
        before_mb, _ = memory_mb()
        slugs = [vendor.slug for vendor in listed]
        asked = {
            "vendor pages": [f"/v/{slug}" for slug in slugs],
            "API reads": [f"/api/v1/vendors/{slug}" for slug in slugs],
        }
        results = []
        async with _served(_site(world, catalog)) as port:
            for name, paths in asked.items():
                say(f"{name}, with nothing else to do")
                anew = await _spent(Readers(port, paths, once=True))
                kept = await _spent(Readers(port, paths, seconds=seconds))
                again = await _spent(Readers(port, paths[:1], again=True, seconds=seconds))
                each = (
                    f"{kept * 1e3:.2f} ms of CPU each; made anew {anew * 1e3:.2f}; not changed (304) {again * 1e3:.2f}"
                )
                results.append(at_least(f"Web, {name} that are kept, a second of CPU", 1 / kept, PER_SECOND, each))
            memory = memory_mb()[0] - before_mb
            size = await _size(port, asked["vendor pages"][0])
            polls = asyncio.create_task(usually(world, clock, server, count, INTERVAL_S))
            say("polling alone")
            alone = await _share(asyncio.create_task(asyncio.sleep(seconds)))
            for name, paths in asked.items():
                say(f"{name}, while polling")
                await _read(Readers(port, paths, once=True))
                results += await _while_polling(name, Readers(port, paths), alone, asking, min(STEADY_S, 5 * seconds))
            polls.cancel()
            with suppress(asyncio.CancelledError):
                await polls
        async with _served(_bare(size)) as port:
            say("bare starlette")
            bare = await _spent(Readers(port, ["/"], seconds=seconds))
    results.append(Result(f"Web, bare starlette, {size:,} bytes", f"{bare * 1e3:.2f} ms of CPU each"))
    return [*results, at_most("Web, memory for all of them", memory, MAX_MB, " MB")]


async def _while_polling(name: str, readers: Readers, alone: float, asking: Asking, seconds: float) -> list[Result]:
    evenly = asyncio.create_task(_read(replace(readers, seconds=seconds, per_second=PER_SECOND)))
    commands = asyncio.create_task(asking.until(asyncio.create_task(_ended(evenly))))
    share, waited = await _share(commands), evenly.result()
    came = f"{len(waited) / seconds:.0f} a second, p50 {quantile(waited, 0.5) * 1e3:.0f} ms"
    beside = f"{alone * 100:.0f} % of a core without them"
    said = f"Web, {name}, {PER_SECOND} a second while {USUAL_RATE} pages a second are polled"
    return [
        at_most(f"{said}: of a core", share * 100, 100, " %", beside),
        at_most(f"{said}: p99", quantile(waited, 0.99) * 1e3, MAX_P99_MS, " ms", came),
        at_most(f"{said}: commands, p99", quantile(commands.result(), 0.99) * 1e3, MAX_COMMAND_MS, " ms"),
    ]


async def _spent(readers: Readers) -> float:
    """Seconds of this process's CPU an answer."""
    cpu = time.process_time()
    took = await _read(readers)
    return (time.process_time() - cpu) / len(took)


async def _share(work: asyncio.Task[Any]) -> float:
    """Of a core that this process takes while the work goes on."""
    began, cpu = time.perf_counter(), time.process_time()
    await work
    return (time.process_time() - cpu) / (time.perf_counter() - began)


async def _ended(reading: asyncio.Task[list[float]]) -> None:
    await reading


# --- the server ------------------------------------------------------------------------------------------------------


def _site(world: World, catalog: Catalog) -> ASGIApp:
    store, threads, clock = world.store, world.threads, world.clock
    api = Api(store, catalog, threads, clock, Settings(public=True, per_minute=10_000_000))
    pages = Pages(store, catalog, threads, clock, "")
    dashboards = DashboardPages(store, catalog, threads, clock, asyncio.Event())
    return Site(store, threads, clock, Metrics(), 60, pages, api, dashboards).app()


def _bare(size: int) -> ASGIApp:
    body = b"x" * size

    async def hello(request: Request) -> Response:
        return Response(body, media_type="text/html")

    return Starlette(routes=[Route("/", hello)])


@asynccontextmanager
async def _served(app: ASGIApp) -> AsyncIterator[int]:
    stop, listening = asyncio.Event(), listen("127.0.0.1", 22_000)
    port: int = listening.getsockname()[1]
    serving = asyncio.create_task(serve(app, listening, stop))
    try:
        yield port
    finally:
        stop.set()
        await serving


# --- those who read, in a process of their own -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Readers:
    """``again``: they have it already; ``once``: each path once; ``per_second``: of all together, else as fast as can
    be."""

    port: int
    paths: Sequence[str]
    again: bool = False
    once: bool = False
    seconds: float = 600
    per_second: float = 0


async def _read(readers: Readers) -> list[float]:
    """How long each waited for an answer."""
    pipe, theirs = get_context("spawn").Pipe(duplex=False)
    process = get_context("spawn").Process(target=_client, args=(readers, theirs))
    process.start()
    theirs.close()
    took: list[float] = await asyncio.to_thread(pipe.recv)
    process.join()
    return took


async def _size(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        _, body = await _ask(reader, writer, path, b"")
    finally:
        writer.close()
    return len(body)


def _client(readers: Readers, pipe: Connection) -> None:
    pin(1)
    pipe.send(asyncio.run(_all(readers)))


async def _all(readers: Readers) -> list[float]:
    took: list[float] = []
    begun = asyncio.get_running_loop().time()
    await asyncio.gather(*(_connection(readers, number, begun, took) for number in range(CONNECTIONS)))
    return took


async def _connection(readers: Readers, number: int, begun: float, took: list[float]) -> None:
    paths = readers.paths[number::CONNECTIONS] or ([] if readers.once else readers.paths)
    loop, etag, line, opened = asyncio.get_running_loop(), b"", None, begun
    for asked, path in enumerate(paths if readers.once else cycle(paths)):
        planned = loop.time()
        if readers.per_second:
            planned = begun + (asked * CONNECTIONS + number) / readers.per_second
            await asyncio.sleep(max(0.0, planned - loop.time()))
        if loop.time() > begun + readers.seconds:
            break
        if line is None or loop.time() - opened > LIFE_S:
            if line:
                line[1].close()
            line, opened = await asyncio.open_connection("127.0.0.1", readers.port), loop.time()
        etag, _ = await _ask(*line, path, etag if readers.again else b"")
        took.append(loop.time() - planned)
    if line:
        line[1].close()


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, etag: bytes
) -> tuple[bytes, bytes]:
    """The ETag, and the body as it was sent."""
    known = b"if-none-match: " + etag + b"\r\n" if etag else b""
    head = b"GET " + path.encode() + b" HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\n"
    writer.write(head + known + b"\r\n")
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    if b" 200 " not in status and not (etag and b" 304 " in status):
        raise AssertionError(f"{path} was answered {status.decode()}: the measurement is void")
    fields = dict(line.split(b": ", 1) for line in lines if b": " in line)
    return fields.get(b"etag", b""), await reader.readexactly(int(fields.get(b"content-length", b"0")))
