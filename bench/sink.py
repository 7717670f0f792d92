"""A chat, in a process of its own, that keeps a log of all it is sent and drops what comes a second time under one key,
as Discord does with a nonce; and what a chat's log, and nothing else, says of those who posted to it.

A post is JSON: ``channel``, ``about`` (a number; those of one channel are to come in their order), ``key``.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from aiohttp import web

ANSWER_S = 0.05


@dataclass(frozen=True, slots=True)
class Judged:
    shown: int
    """Messages that the channels have."""
    lost: int
    doubled: int
    """Messages that a channel has twice."""
    misplaced: int
    """Channels whose messages are not in their order."""
    dropped: int
    """Posts that came a second time."""
    took_s: float
    """From the first message to the last."""
    quarter_s: float
    """To the end of the first quarter."""


def judge(log: Path, channels: int, each: int) -> Judged:
    """``each``: messages that every channel is to have, about ``0, 1, …``."""
    shown: defaultdict[str, list[int]] = defaultdict(list)
    dropped = 0
    times: list[float] = []
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            post = json.loads(line)
            if post["dropped"]:
                dropped += 1
            else:
                shown[post["channel"]].append(post["about"])
                times.append(post["at"])
    return Judged(
        shown=len(times),
        lost=channels * each - sum(len(set(about)) for about in shown.values()),
        doubled=sum(len(about) - len(set(about)) for about in shown.values()),
        misplaced=sum(about != sorted(about) for about in shown.values()),
        dropped=dropped,
        took_s=times[-1] - times[0] if times else 0.0,
        quarter_s=times[len(times) // 4] - times[0] if times else 0.0,
    )


@contextmanager
def sink(log: Path) -> Iterator[str]:
    """Its address. A line of ``log`` is there before its post is answered."""
    pipe, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs, log), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{pipe.recv()}/"
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection, log: Path) -> None:
    asyncio.run(_run(pipe, log))


async def _run(pipe: Connection, log: Path) -> None:
    known: dict[tuple[str, str], str] = {}
    with log.open("a", encoding="utf-8", buffering=1) as file:

        async def take(request: web.Request) -> web.Response:
            post = await request.json()
            key = (post["channel"], post["key"])
            dropped = key in known
            ref = known.setdefault(key, f"m{len(known)}")
            line = {"at": time.time(), "channel": key[0], "about": post["about"], "dropped": dropped}
            file.write(json.dumps(line) + "\n")
            await asyncio.sleep(ANSWER_S)
            return web.json_response({"ref": ref})

        app = web.Application()
        app.router.add_post("/", take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        pipe.send(runner.addresses[0][1])
        await asyncio.Event().wait()
