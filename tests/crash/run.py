"""Tells one story to the bot, kills it on the way, and has the chat's log judged."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from random import Random

from bot.store import StoreError
from tests.crash.hand import Hand
from tests.crash.life import live
from tests.crash.servers import KINDS, Place
from tests.crash.stage import Stage, Strike
from tests.crash.tale import AGO, INCIDENTS, LOST, VENDORS, Tale
from tests.crash.verdict import judge

MEAN_REQUESTS = 60
"""Between two strikes at a life, on average."""
LONGEST_S = 240
"""A story with its strikes, on a machine that does the fixed work in ``WORK_S``; weather comes on top."""
WORK_S = 0.12
CUT_EVERY_S = 2.0
CUTS = 3
PART_S = (0.2, 3.0)
"""How long a process and the database are parted: some of it is longer than until others take it for dead."""
STOP_S = (1.2, 2.5)
"""How long a life is stopped: longer than it takes until others take it for dead."""

NURSERY_GONE = 255
"""The exit code of a life that nobody knows the end of, for what began it was ended first. It may be stopped."""

_NURSERY = multiprocessing.get_context("forkserver")
_NURSERY.set_forkserver_preload(["tests.crash.life"])


@dataclass
class Told:
    """What came of it. ``kills`` and ``stops`` hit a living bot; ``moves`` are kills after which it went on from a
    backup. ``wrong`` is what the channels should not have seen, or missed."""

    kills: int = 0
    stops: int = 0
    moves: int = 0
    cuts: int = 0
    partitions: int = 0
    messages: int = 0
    edits: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: Told) -> Told:
        return Told(
            self.kills + other.kills,
            self.stops + other.stops,
            self.moves + other.moves,
            self.cuts + other.cuts,
            self.partitions + other.partitions,
            self.messages + other.messages,
            self.edits + other.edits,
            self.requests + other.requests,
            self.faults + other.faults,
            self.wrong + other.wrong,
        )

    @property
    def points(self) -> int:
        return self.kills + self.stops

    def line(self) -> str:
        met = ", ".join(f"{count} of {fault}" for fault, count in sorted(self.faults.items()) if fault != "none")
        result = f"{len(self.wrong)} WRONG" if self.wrong else "nothing lost, nothing doubled, order kept"
        struck = f"{self.kills} kills" + (f" ({self.moves} restored)" if self.moves else "")
        struck += f", {self.stops} stops, {self.cuts} cuts" if self.stops or self.cuts else ""
        struck += f", {self.partitions} partitions" if self.partitions else ""
        return f"{struck}, {self.messages} messages, {self.edits} edits ({met}): {result}"


@dataclass(frozen=True)
class Story:
    """``points``: strikes at most. ``mean``: requests between two. ``broken``: a fault of the bot's own. ``away_s``:
    for how long the database stops once, where it can; its connections are cut now and then, too. ``moves``: before so
    many of the kills everything is backed up, and the next life goes on from that, elsewhere. ``parted_every_s``:
    between two partitions of the network of each process, on average, where it has one of its own; 0: none."""

    seed: int
    points: int
    incidents: int = INCIDENTS
    mean: int = MEAN_REQUESTS
    broken: str = ""
    away_s: float = 0
    moves: int = 0
    parted_every_s: float = 0


def tell(story: Story, database: str = "sqlite", begins: Callable[[], None] = lambda: None) -> Told:
    """``begins`` is called when the bot's first process is there. However it ends, nothing of it is left running.

    Raises :class:`tests.databases.NoServer`."""
    with KINDS[database]() as place:
        telling = _Telling(story, place, begins)
        try:
            return asyncio.run(telling.run())
        finally:
            telling.kill()


class _Telling:
    def __init__(self, story: Story, place: Place, begins: Callable[[], None]) -> None:
        self.story = story
        self.place = place
        self.begins = begins
        self.tale = Tale(story.seed, datetime.now(UTC) - AGO, story.incidents)
        self.stage = Stage(self.tale, Random(f"faults {story.seed}"))
        self.random = Random(f"kills {story.seed}")
        self.told = Told()
        self.hand = Hand(self.stage, place)
        self._planned = 0
        self._moves = 0
        self._began = False
        self._alive: set[BaseProcess] = set()

    def kill(self) -> None:
        """Whatever a second Ctrl-C left undone."""
        for life in self._alive:
            life.kill()
            life.join()

    async def run(self) -> Told:
        tale, stage, told = self.tale, self.stage, self.told
        limit_s = (LONGEST_S + 3 * self.story.points) * slowness() + 2 * self.story.away_s
        await self.place.open()
        numbers = range(1, len(self.place.parts) + 1)
        async with asyncio.timeout(limit_s), await stage.open() as server:
            port = server.sockets[0].getsockname()[1]
            hand = asyncio.create_task(self.hand.run())
            weather = [asyncio.create_task(each) for each in (self._weather(), *map(self._network, numbers))]
            try:
                await asyncio.gather(hand, *(self._lives(port, number) for number in numbers))
            finally:
                for each in (hand, *weather):
                    each.cancel()
                await asyncio.gather(hand, *weather, return_exceptions=True)
                await self.place.close()
        told.stops = stage.stops
        told.messages, told.edits = len(stage.log), sum(len(message.texts) - 1 for message in stage.log)
        told.requests, told.faults = stage.requests, stage.faults
        told.wrong += judge(tale.troubles, stage.log, self.hand.moments)
        if stage.told.count(LOST) > 1 or set(stage.told) - {LOST}:
            told.wrong.append(f"subscribers were told of trouble with {stage.told}")
        return told

    async def _lives(self, port: int, number: int) -> None:
        """One after another, until the story is told and the channels are quiet."""
        stage = self.stage
        while not stage.quiet:
            roles = self.place.parts[number - 1]
            how = (port, self.place.url_of(number), self.story.broken, number, roles)
            life = _NURSERY.Process(target=live, args=how)
            life.start()
            self._alive.add(life)
            if not self._began:
                self._began = True
                self.begins()
            stage.arm(number, life.pid or 0, self._plan)
            await _end(life)
            stage.disarm(number)
            self._alive.discard(life)
            if life.exitcode == -9:
                self.told.kills += 1
                if self._moves > self.told.moves:
                    self.told.moves += 1
                    await asyncio.to_thread(self.place.restore)
                    self.hand.resume()
            elif life.exitcode != 0 or not stage.quiet:
                self.told.wrong.append(f"the bot ended by itself with exit code {life.exitcode}")
                stage.quiet = True

    def _plan(self) -> Strike | None:
        if self._planned >= self.story.points or self.stage.quiet:
            return None
        self._planned += 1
        random = self.random
        moment = random.choice(("before", "after", "later"))
        after_s = random.uniform(0, 0.5) if random.random() < 0.15 else None
        stops = len(self.place.parts) > 1 and random.random() < 0.4
        stop_s = random.uniform(*STOP_S) if stops else None
        backup = self._back_up if self._planned <= self.story.moves and len(self.place.parts) == 1 else None
        return Strike(1 + int(random.expovariate(1 / self.story.mean)), moment, after_s, stop_s, backup)

    def _back_up(self) -> None:
        self.hand.pause()
        try:
            self.place.back_up()
        except StoreError:
            # Killed so early that there are no tables yet: nothing to move.
            self.hand.resume()
            return
        self._moves += 1

    async def _weather(self) -> None:
        """At some time in the story the connections are cut again and again; at another, the database is away."""
        if not self.story.away_s or len(self.place.parts) == 1:
            return
        early, late = sorted(self.random.sample(range(10, 90), 2))
        for share, befalls in ((early, self._cut), (late, self._rest)):
            while self.tale.told < len(self.tale.steps) * share // 100:  # noqa: ASYNC110 (the story has no bell)
                await asyncio.sleep(0.05)
            await befalls()

    async def _network(self, number: int) -> None:
        """Between one process and the database: parted again and again, loudly or silently."""
        if not self.story.parted_every_s:
            return
        random = Random(f"network {self.story.seed} {number}")
        while True:
            await asyncio.sleep(random.expovariate(1 / self.story.parted_every_s))
            silently = random.random() < 0.5
            await self.place.part(number, random.uniform(*PART_S), silently=silently)
            self.told.partitions += 1

    async def _cut(self) -> None:
        for _ in range(CUTS):
            await self.place.cut()
            self.told.cuts += 1
            await asyncio.sleep(CUT_EVERY_S)

    async def _rest(self) -> None:
        await self.place.rest(self.story.away_s)
        self.told.cuts += 1


def slowness() -> float:
    """How much longer than where the limit was measured this machine takes for a fixed piece of work; at least 1."""
    began, story = time.perf_counter(), Tale(1, datetime(2026, 3, 2, tzinfo=UTC))
    while story.told < len(story.steps):
        story.tell()
        for vendor in VENDORS:
            json.dumps(story.page(vendor, "summary.json"))
    return max(1.0, (time.perf_counter() - began) / WORK_S)


async def _end(life: BaseProcess) -> None:
    """Until the process is gone, without holding the loop up."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(life.sentinel, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(life.sentinel)
        if not gone.is_set():
            life.kill()
        life.join()
        if life.exitcode == NURSERY_GONE and life.pid:
            with suppress(ProcessLookupError):
                os.kill(life.pid, signal.SIGKILL)
