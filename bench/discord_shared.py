"""One incident for 2,000 Discord channels, delivered by four processes on one PostgreSQL, to a Discord that keeps its
limits: how much of its 50 requests a second they use together, and how many it refuses."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection

from discord.http import Route

from bench.discord import NOBODY, OK, PATIENCE_S, SERVER, KnownPlaces, check_order
from bench.discord_sink import A_SECOND, Asked, Door, sink
from bench.fanout import Page
from bench.result import Result, Say
from bench.world import slug, vendors
from bot import routing
from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.api.guild_cache import PLATFORM
from bot.adapters.discord.api.rate_limit import RateLimiter
from bot.adapters.discord.client import Lookout
from bot.app.shared_limits import SharedLimits
from bot.delivery.worker import Delivery
from bot.domain import Channel, Filter, Subscription
from bot.logs import configure
from bot.store import Store
from bot.store.tables import CHANNEL, SUBSCRIPTION
from bot.store.values import ProcessIdentity
from bot.threads import Threads
from tests import databases

DELIVERERS = 4
CHANNELS = 2_000
BAR = 0.9


def measure(quick: bool, say: Say) -> list[Result]:
    channels = 600 if quick else CHANNELS
    with databases.postgres(None) as server, server.database() as url, sink() as door, ExitStack() as stack:
        store, page = Store(url), Page()
        stack.callback(store.close)
        store.pages.sync_catalog(vendors(1, lambda _: "https://v0.pages.example"), _now(), 0)
        store.records.record(page.recording(), routing.route)
        say(f"{channels:,} channels subscribe")
        _subscribe(store, channels)
        say(f"{DELIVERERS} deliverers start")
        ready = [stack.enter_context(_Deliverer(url, door, f"d{number}")).started for number in range(DELIVERERS)]
        for pipe in ready:
            pipe.recv()
        say(f"a message for each of {channels:,} channels")
        store.records.record(page.recording(page.opened()), routing.route)
        log: list[Asked] = []
        end = time.monotonic() + PATIENCE_S
        while sum(asked.status == OK for asked in log) < channels:
            if time.monotonic() > end:
                raise AssertionError(f"{len(log)} requests for {channels} channels: the measurement is void")
            time.sleep(1)
            log += door.log()
        return [_result(channels, log)]


def _subscribe(store: Store, channels: int) -> None:
    """One channel through the store; the others as copies of its rows."""
    ids = [str(3 * 10**18 + number) for number in range(channels)]
    first = Subscription(Channel(PLATFORM, SERVER, ids[0]), slug(0), Filter(), "U1", _now())
    store.channels.subscribe(first, routing.route)
    with store.engine.begin() as tx:
        rows = {table: dict(tx.execute(table.select()).mappings().one()) for table in (CHANNEL, SUBSCRIPTION)}
        keys = range(rows[CHANNEL]["pk"] + 1, rows[CHANNEL]["pk"] + channels)
        named = list(zip(keys, ids[1:], strict=True))
        tx.execute(CHANNEL.insert(), [rows[CHANNEL] | {"pk": key, "id": id} for key, id in named])
        tx.execute(SUBSCRIPTION.insert(), [rows[SUBSCRIPTION] | {"pk": key, "channel": key} for key, _ in named])


def _result(channels: int, log: Sequence[Asked]) -> Result:
    sent = [asked for asked in log if asked.status == OK]
    check_order(sent, channels, ["message"])
    took_s, refused = sent[-1].at - sent[0].at, len(log) - len(sent)
    used = channels / A_SECOND / took_s
    seconds = Counter(int(asked.at - sent[0].at) for asked in sent)
    most = max(seconds.values())
    detail = f"{channels:,} channels in {took_s:.1f} s; {refused} refused, at most {most} in a second"
    what = f"Discord's {A_SECOND} requests a second, {DELIVERERS} deliverers: used, none refused"
    return Result(what, f"{used:.2f}  ({detail})", f"≥ {BAR}", used >= BAR and not refused)


class _Deliverer:
    """A process of its own, from its start until the block ends. ``started``: says when it is ready."""

    def __init__(self, url: str, door: Door, name: str) -> None:
        self.started, theirs = get_context("spawn").Pipe()
        self._process = get_context("spawn").Process(target=_run, args=(url, door.url, name, theirs), daemon=True)

    def __enter__(self) -> _Deliverer:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


def _run(url: str, api: str, name: str, started: Connection) -> None:
    configure("WARNING")
    Route.BASE = api
    asyncio.run(_deliver(url, name, started))


async def _deliver(url: str, name: str, started: Connection) -> None:
    store, threads, stop = Store(url, ProcessIdentity(name, "bench", 1, _now())), Threads(), asyncio.Event()
    pace = RateLimiter(time.monotonic)
    async with Lookout(NOBODY, pace, shard_count=1) as client:
        await client.http.static_login("bench")
        client.calls.client = client
        adapter = DiscordAdapter(client.calls, KnownPlaces(client), time.monotonic)
        shared = SharedLimits(store, threads, _now, [pace])
        await shared.exchange()
        started.send(None)
        await asyncio.gather(shared.run(stop), Delivery(store, [adapter], threads, _now).run(stop))


def _now() -> datetime:
    return datetime.now(UTC)
