"""Processes of the bot on one PostgreSQL, each with a part of the work, and what all of them and the server used.

Pages and chat stand in each process: what is measured is the bot's own work and the database's, not a server's of ours.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from bench import pages
from bench.chat import PLATFORM, Noting
from bench.fanout import Page
from bench.reaction import utc_now
from bench.world import CONCURRENCY, PACE, START, slug, vendors
from bot import routing
from bot.app.heartbeat import Heartbeat, this_process
from bot.app.readers import TICK_S
from bot.app.run import freeze_loaded_objects
from bot.app.wakeups import Wakeups
from bot.delivery.worker import Delivery
from bot.domain import Channel, Filter, Incident, Subscription
from bot.domain.role import Role
from bot.logs import configure
from bot.message import Message
from bot.monitor.poller import Policy, Poller
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure, NotModified
from bot.store import Store
from bot.store.signals import Signal
from bot.store.tables import CHANNEL, PAGE, SUBSCRIPTION
from bot.store.values import Validator
from bot.threads import Threads

PATIENCE_S = 300.0
"""Work that takes longer has stalled."""
REST = timedelta(minutes=5)
"""Until a page falls due that nobody is to read."""
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Part:
    """What one process does. ``latency_s``: how long the chat takes for a message."""

    roles: frozenset[Role]
    latency_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """By one process since it was told to go, or to count anew."""

    posts: int
    pages: int
    cpu_s: float
    acts: tuple[tuple[str, float], ...] = ()
    """Channel and moment of each post."""


class Chat(Noting):
    def __init__(self, latency_s: float) -> None:
        super().__init__()
        self.acts: list[tuple[str, float]] = []
        self._latency_s = latency_s

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        self.acts.append((channel.id, time.time()))
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        return await super().post(channel, message, key)


class Unchanging:
    """Pages that say the same each time."""

    def __init__(self) -> None:
        number = next(n for n in range(1_000) if 8 < pages.size_kb(n) < 12)
        self._body = pages.summary(number, START)

    async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Answer:
        if not url.endswith("summary.json"):
            return FetchFailed(FetchFailure.HTTP_STATUS, "There is none.", status=404)
        if validator is not None:
            return NotModified(validator)
        return Fetched(url, self._body, "application/json", Validator(etag="1", read_at=utc_now()))


class Process:
    """One of them, from here."""

    def __init__(self, part: Part, url: str) -> None:
        context: Any = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_live, args=(part, url, theirs))
        self._process.start()
        theirs.close()

    def ready(self) -> None:
        assert self._pipe.recv() == "ready"

    def go(self) -> None:
        self._pipe.send("go")

    def count_anew(self) -> None:
        self._pipe.send("count anew")

    def stop(self) -> Done:
        self._pipe.send("stop")
        done: Done = self._pipe.recv()
        self._process.join()
        return done

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


@contextmanager
def fleet(parts: Sequence[Part], url: str) -> Iterator[list[Process]]:
    """Ready to go."""
    with ExitStack() as stack:
        found = []
        for part in parts:
            process = Process(part, url)
            stack.callback(process.kill)
            found.append(process)
        for process in found:
            process.ready()
        yield found


def _live(part: Part, url: str, pipe: Connection) -> None:
    configure("ERROR")
    asyncio.run(_work(part, url, pipe))


async def _work(part: Part, url: str, pipe: Connection) -> None:
    identity = this_process(utc_now(), tuple(part.roles))
    store, threads, stop, read = Store(url, identity), Threads(), asyncio.Event(), 0

    def polled(kind: str, outcome: str, seconds: float) -> None:
        nonlocal read
        read += 1

    heartbeat = Heartbeat(store, threads, utc_now, identity)
    chat, policy = Chat(part.latency_s), Policy(PACE)
    delivery = Delivery(store, [chat], threads, utc_now, life=heartbeat.life)
    poller = Poller(
        *(store, threads, Unchanging(), routing.route, utc_now, policy),
        concurrency=CONCURRENCY,
        on_due=lambda _: delivery.wake(),
        on_poll=polled,
    )
    tasks = [asyncio.create_task(heartbeat.run(stop))]
    freeze_loaded_objects()
    pipe.send("ready")
    await _told(pipe)
    cpu = time.process_time()
    wake: dict[Signal, Any] = {}
    if Role.DELIVER in part.roles:
        wake[Signal.CARDS] = delivery.wake
        tasks.append(asyncio.create_task(delivery.run(stop)))
    if Role.POLL in part.roles:
        wake[Signal.PAGES] = poller.pulse
        tasks.append(asyncio.create_task(_pulse(poller, stop)))
    tasks.append(asyncio.create_task(Wakeups(store.listener(), Threads(1), wake).run(stop)))
    while await _told(pipe) == "count anew":
        cpu, read = time.process_time(), 0
        chat.count = 0
        chat.acts.clear()
    done = Done(len(chat.acts), read, time.process_time() - cpu, tuple(chat.acts))
    stop.set()
    await asyncio.gather(*tasks)
    await poller.aclose()
    threads.close()
    store.close(utc_now())
    pipe.send(done)


async def _told(pipe: Connection) -> str:
    loop, heard = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(pipe.fileno(), heard.set)
    await heard.wait()
    loop.remove_reader(pipe.fileno())
    said: str = pipe.recv()
    return said


async def _pulse(poller: Poller, stop: asyncio.Event) -> None:
    while not stop.is_set():
        poller.pulse()
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK_S):
                await stop.wait()


class Server:
    """The database and what is in it: channels that all subscribe to one vendor, and pages of other vendors."""

    def __init__(self, url: str, channels: int, page_count: int) -> None:
        self.url = url
        self.store = Store(url)
        self._page = Page()
        self.store.pages.sync_catalog(vendors(page_count + 1, lambda n: f"https://v{n}.pages.example"), START, 0)
        self._record()
        self._subscribe(channels)
        self.rest()

    def _subscribe(self, channels: int) -> None:
        first = Channel(PLATFORM, "T1", "c0")
        self.store.channels.subscribe(Subscription(first, slug(0), Filter(), "U1", START), routing.route)
        with self.store.engine.begin() as tx:
            for table, change in ((CHANNEL, "id"), (SUBSCRIPTION, "channel")):
                row = dict(tx.execute(select(table)).one()._mapping)
                rows = [
                    row | {"pk": row["pk"] + n, change: f"c{n}" if change == "id" else row["channel"] + n}
                    for n in range(1, channels)
                ]
                for start in range(0, len(rows), 1_000):
                    tx.execute(table.insert(), rows[start : start + 1_000])

    def rest(self) -> None:
        """No page is due."""
        with self.store.engine.begin() as tx:
            tx.execute(update(PAGE).values(due=utc_now() + REST))

    def pages_due(self) -> None:
        with self.store.engine.begin() as tx:
            tx.execute(update(PAGE).where(PAGE.c.slug != slug(0)).values(due=utc_now()))

    def incident(self) -> None:
        """One more, for every channel."""
        self._record(self._page.opened())

    def _record(self, *news: Incident) -> None:
        """Nobody else is to read that page."""
        recording = self._page.recording(*news)
        outcome = replace(recording.outcome, due=utc_now() + REST)
        if self.store.records.record(replace(recording, outcome=outcome), routing.route) is None:
            raise AssertionError("the page is another process's: the measurement is void")

    def wait(self, *, cards: bool, pages: bool) -> None:
        """Until every channel has its cards, or all pages were read."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with self.store.engine.connect() as tx:
                waiting = tx.scalar(select(func.count()).where(CHANNEL.c.due_since.is_not(None))) if cards else 0
                late = (PAGE.c.due <= utc_now()) | PAGE.c.leased_until.is_not(None)
                waiting = (waiting or 0) + ((tx.scalar(select(func.count()).where(late)) or 0) if pages else 0)
            if not waiting:
                return
            time.sleep(0.1)
        raise AssertionError(f"{waiting} channels or pages still wait: the measurement is void")

    def cpu_s(self) -> float:
        """Processor seconds of all of the server's processes, those that have ended included."""
        with self.store.engine.connect() as tx:
            backend: int = tx.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
        postmaster = int(_stat(backend)[1])
        ticks = sum(map(int, _stat(postmaster)[11:15]))
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError, IndexError):
                    fields = _stat(int(entry.name))
                    ticks += sum(map(int, fields[11:13])) if int(fields[1]) == postmaster else 0
        return ticks / CLOCK_TICKS

    def close(self) -> None:
        self.store.close()


def _stat(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` behind the name, from the state on."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
