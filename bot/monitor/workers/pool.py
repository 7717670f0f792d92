"""Starts workers when they are wanted, hands them jobs, and starts others in place of those that met their limit."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock, Timer
from typing import Any

from bot.monitor.provider import Body, ParseFailed
from bot.monitor.workers.framing import read_answer, write_job
from bot.monitor.workers.jobs import RESULTS, Job
from bot.monitor.workers.wire import decoder, encode

WORKER_BYTES = 200_000
"""Larger bodies go to a worker: the most that a smaller one is known to hold the loop is 0.05 s."""
CPU_S = 10
"""Real pages reach 1.5 MB and take half a second."""
WALL_FACTOR = 6
"""On a busy machine a worker gets its processor time late: after this many times as long it is ended all the same."""


ENDED_AT_LIMIT = (-signal.SIGXCPU, -signal.SIGKILL, None)
"""By the system for its processor time, or by us, or as we stop."""


class WorkerBug(Exception):
    """A parser raised what it must not, or a worker cannot be run here. The message is the worker's traceback."""


def for_worker(bodies: Sequence[Body]) -> bool:
    """Whether these are too large to be understood in this process."""
    return sum(len(body.content) for body in bodies) > WORKER_BYTES


class Workers:
    """One worker process, started with the first job, and a thread that waits for it. From any event loop.

    ``cpu_s``: the processor time that a job may take, in seconds.
    """

    def __init__(self, cpu_s: float = CPU_S) -> None:
        self._cpu_s = cpu_s
        self._running: list[subprocess.Popen[bytes]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="worker")
        self._lock = Lock()
        self._closed = False
        self._finalizer = weakref.finalize(self, _end_all, self._running)

    async def run(self, job: Job, bodies: Sequence[Body]) -> Any:
        """The result of ``jobs.perform``, of the type that ``jobs.RESULTS`` names. Raises
        :class:`bot.monitor.provider.ParseFailed`, also for what meets its limit, and :class:`WorkerBug`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._perform, job, tuple(bodies))

    def close(self) -> None:
        """Jobs under way fail."""
        with self._lock:
            self._closed = True
            self._finalizer()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _perform(self, job: Job, bodies: tuple[Body, ...]) -> Any:
        with self._lock:
            if self._closed:
                raise ParseFailed("Lookout is being stopped.")
            if not self._running:
                self._running.append(_start())
            worker = self._running[0]
        assert worker.stdin is not None
        assert worker.stdout is not None
        watch = Timer(self._cpu_s * WALL_FACTOR, worker.kill)
        watch.daemon = True
        watch.start()
        try:
            write_job(worker.stdin, encode(job), bodies, self._cpu_s)
            answer = read_answer(worker.stdout)
        except (OSError, ValueError):
            answer = None
        finally:
            watch.cancel()
        if answer is None:
            code = _end_all(self._running, patience_s=1)
            if code not in ENDED_AT_LIMIT:
                raise WorkerBug(f"A worker ended with the code {code}.")
            raise ParseFailed(f"The page takes more than {self._cpu_s:g} seconds of processor time to understand.")
        verdict, value = answer
        if verdict == "failed":
            raise ParseFailed(str(value))
        if verdict == "bug":
            raise WorkerBug(value)
        return decoder(RESULTS[job.task])(value)


def _start() -> subprocess.Popen[bytes]:
    # Its own session: Ctrl-C ends us, and we end it.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "bot.monitor.workers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        start_new_session=True,
    )


def _end_all(running: list[subprocess.Popen[bytes]], patience_s: float = 0) -> int | None:
    """Returns what the last of them ended with, by itself within ``patience_s`` or by this; ``None``: no worker."""
    code: int | None = None
    while running:
        worker = running.pop()
        with suppress(subprocess.TimeoutExpired):
            worker.wait(patience_s)
        worker.kill()
        code = worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
    return code
