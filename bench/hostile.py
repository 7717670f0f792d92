"""How long the event loop is held, and other people's commands wait, while somebody subscribes to a page that was made
to be dear, and while such a page is polled.

Bodies of just under what detection reads, and of a page of 8 MB that is read as what it says it is; a few kB packed.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

from bench.fanout import Asking
from bench.result import Result, Say, at_most, quantile
from bench.world import START, Clock, World, polling
from bot import routing
from bot.catalog import Catalog
from bot.domain import Channel, Filter, Slug, Subscription, Vendor
from bot.monitor.fetch import Fetcher
from bot.monitor.poller.pages import DETECTION
from bot.monitor.probe import Prober
from tests.servers import PageServer, Reply

DETECT_BYTES = 3_000_000
POLL_BYTES = 7_900_000
HELD_MS = 100
P99_MS = 300
CHANNEL = Channel("console", "local", "console")


def measure(quick: bool, say: Say) -> list[Result]:
    with PageServer() as server:
        return asyncio.run(_measure(server, quick, say))


async def _measure(server: PageServer, quick: bool, say: Say) -> list[Result]:
    results = []
    quiet = Vendor(Slug("acme"), "Acme", server.url("/acme"), server.url("/acme"), "c", "s", kind="statuspage")
    server.say("/acme/api/v2/summary.json", Reply(_statuspage(20)))
    hostile = dict(list(_hostile(DETECT_BYTES).items())[: 3 if quick else None])
    async with _world([quiet]) as (world, fetcher):
        await world.poller.tick()
        asking = Asking(world, Catalog([quiet]))
        prober = Prober(fetcher, world.threads, world.clock)
        for name, body in hostile.items():
            say(f"subscribing to {name}")
            server.otherwise = _packed(body)
            look = prober.detect_and_read(server.url("/hostile"))
            results += await _while(look, asking, f"Subscribing to {name}")
        prober.workers.close()
    for components in (500, 19_000, 25_000):
        server.otherwise = Reply(b"", 404)
        big = replace(quiet, slug=Slug("big"), name="Big", page_url=server.url("/big"), human_url=server.url("/big"))
        async with _world([quiet, big]) as (world, _):
            await world.poller.tick()
            world.store.channels.subscribe(Subscription(CHANNEL, big.slug, Filter(), "U1", START), routing.route)
            asking = Asking(world, Catalog([quiet]))
            for state in ("operational", "partial_outage"):
                say(f"polling a page of {components:,} components, {state}")
                server.say("/big/api/v2/summary.json", _packed(_statuspage(components, state)))
                world.clock.now += timedelta(minutes=2)  # type: ignore[attr-defined]
                name = f"Polling a page of {components:,} components, all {state}"
                results += await _while(world.poller.tick(), asking, name)
    return results


async def _while(work: Awaitable[object], asking: Asking, name: str) -> list[Result]:
    lags, own = list[float](), list[float]()
    watching = asyncio.create_task(_watch(lags, own))
    begun = time.perf_counter()

    async def run() -> None:
        await work
        await asyncio.sleep(1)

    took = await asking.until(asyncio.create_task(run()))
    detail = f"{time.perf_counter() - begun - 1:.1f} s; {max(own) * 1e3:.0f} ms of processor time at once"
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return [
        at_most(f"{name}: the loop is held", max(lags) * 1e3, HELD_MS, " ms", detail),
        at_most(f"{name}: others' answers, p99", quantile(took, 0.99) * 1e3, P99_MS, " ms", f"{len(took)} commands"),
    ]


async def _watch(lags: list[float], own: list[float]) -> None:
    """``own``: the processor time of this process between two looks, which a busy machine does not make longer."""
    while True:
        begun, used = time.perf_counter(), time.process_time()
        await asyncio.sleep(0.01)
        lags.append(time.perf_counter() - begun - 0.01)
        own.append(time.process_time() - used)


@asynccontextmanager
async def _world(vendors: list[Vendor]) -> AsyncIterator[tuple[World, Fetcher]]:
    clock = Clock()
    fetcher = Fetcher(clock, allow_hosts=["127.0.0.1"], group_max_bytes={DETECTION: DETECT_BYTES})
    try:
        async with polling(vendors, fetcher, clock) as world:
            yield world, fetcher
    finally:
        await fetcher.aclose()


def _packed(body: bytes) -> Reply:
    return Reply(gzip.compress(body), headers={"Content-Encoding": "gzip"}, content_type="text/html")


def _statuspage(components: int, state: str = "operational") -> bytes:
    rows = [
        {"id": f"c{n}", "name": f"Part {n}", "status": state, "position": n, "group": False} for n in range(components)
    ]
    page = {"id": "p", "name": "Big", "url": "https://big.example", "time_zone": "Etc/UTC", "updated_at": state}
    status = {"indicator": "none", "description": "All Systems Operational"}
    content = {"page": page, "status": status, "components": rows, "incidents": [], "scheduled_maintenances": []}
    return json.dumps(content).encode()


def _hostile(size: int) -> dict[str, bytes]:
    def fill(before: bytes, unit: bytes, after: bytes) -> bytes:
        return before + unit * ((size - len(before) - len(after)) // len(unit)) + after

    feed = b'<link rel="alternate" type="application/rss+xml" href="/status.rss">'
    item = b"<item><title>a</title><guid>g</guid><pubDate>x</pubDate></item>"
    push = b'<script>self.__next_f.push([1,"a:{}"])</script>'
    return {
        "a list of objects": fill(b"[", b'{"id":"a","name":"b","status":"up"},', b"{}]"),
        "a list of empty objects": fill(b"[", b"{},", b"{}]"),
        "what looks like a Statuspage": fill(b'{"page":{"id":"p"},"components":[', b'{"id":"a","name":"b"},', b"{}]}"),
        "JSON that is cut off": fill(b'{"page":[', b"{},", b"{}"),
        "links to feeds": fill(b"<html><head>", feed, b"</head></html>"),
        "scripts": fill(b"<!DOCTYPE html><html>", push, b"</html>"),
        "open tags": fill(b"<html>", b"<", b""),
        "open comments": fill(b"<html>", b"<!--", b""),
        "attributes": fill(b"<html><div ", b'data-page="{&quot;a&quot;:1}" ', b"></div></html>"),
        "items of a feed": fill(b'<?xml version="1.0"?><rss version="2.0"><channel>', item, b"</channel></rss>"),
        "nested elements": fill(b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">', b"<a>", b""),
        "white space": b" " * size,
        "more than detection reads": b"a" * (size + 1),
    }
