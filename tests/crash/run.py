"""Tells one story to the bot, kills it on the way, and has the chat's log judged."""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from tests.crash.life import live
from tests.crash.stage import Kill, Stage
from tests.crash.tale import INCIDENTS, LOST, Tale
from tests.crash.verdict import judge

MEAN_REQUESTS = 60
"""Between two kills, on average."""
LONGEST_S = 240

_NURSERY = multiprocessing.get_context("forkserver")
_NURSERY.set_forkserver_preload(["tests.crash.life"])


@dataclass
class Told:
    """What came of it. ``kills`` hit a living bot; ``wrong`` is what the channels should not have seen, or missed."""

    kills: int = 0
    messages: int = 0
    edits: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: Told) -> Told:
        return Told(
            self.kills + other.kills,
            self.messages + other.messages,
            self.edits + other.edits,
            self.requests + other.requests,
            self.faults + other.faults,
            self.wrong + other.wrong,
        )

    def line(self) -> str:
        met = ", ".join(f"{count} of {fault}" for fault, count in sorted(self.faults.items()) if fault != "none")
        result = f"{len(self.wrong)} WRONG" if self.wrong else "nothing lost, nothing doubled, order kept"
        return f"{self.kills} kills, {self.messages} messages, {self.edits} edits ({met}): {result}"


def tell(seed: int, kills: int, *, incidents: int = INCIDENTS, mean: int = MEAN_REQUESTS, broken: str = "") -> Told:
    """One story with at most so many kills."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_tell(seed, kills, incidents, mean, broken, Path(folder)))


async def _tell(seed: int, kills: int, incidents: int, mean: int, broken: str, folder: Path) -> Told:
    random = Random(f"kills {seed}")
    tale = Tale(seed, datetime.now(UTC) - timedelta(hours=2), incidents)
    stage, told = Stage(tale, Random(f"faults {seed}")), Told()
    async with asyncio.timeout(LONGEST_S), await stage.open() as server:
        port = server.sockets[0].getsockname()[1]
        while not stage.quiet:
            kill = _kill(random, mean) if told.kills < kills else None
            life = _NURSERY.Process(target=live, args=(port, f"sqlite:///{folder / 'lookout.db'}", broken))
            life.start()
            stage.arm(life.pid or 0, kill)
            await _end(life)
            stage.disarm()
            if life.exitcode == -9:
                told.kills += 1
            elif life.exitcode != 0 or not stage.quiet:
                told.wrong.append(f"the bot ended by itself with exit code {life.exitcode}")
                break
    told.messages, told.edits = len(stage.log), sum(len(message.texts) - 1 for message in stage.log)
    told.requests, told.faults = stage.requests, stage.faults
    told.wrong += judge(tale.troubles, stage.log)
    if stage.told.count(LOST) > 1 or set(stage.told) - {LOST}:
        told.wrong.append(f"subscribers were told of trouble with {stage.told}")
    return told


def _kill(random: Random, mean: int) -> Kill:
    moment = random.choice(("before", "after", "later"))
    return Kill(
        1 + int(random.expovariate(1 / mean)), moment, random.uniform(0, 0.5) if random.random() < 0.15 else None
    )


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
