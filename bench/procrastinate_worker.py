"""The same fan-out on procrastinate, for :mod:`bench.rival`: a job a message, a lock a channel, so that a channel's
come in their order. Run by an interpreter that has procrastinate and aiohttp; Lookout's needs neither.

``defer DATABASE CHANNELS EACH``: a job for each message. ``work DATABASE SINK SILENT_S``: carry them out, 200 at once,
until told to end. A worker that is silent for so long counts as dead, and others go on with its jobs, as its
documentation does it: https://procrastinate.readthedocs.io/en/stable/howto/production/retry_stalled_jobs.html
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from contextlib import suppress

import aiohttp
import procrastinate  # type: ignore[import-not-found]

AT_ONCE = 200
BATCH = 1_000
session: aiohttp.ClientSession
sink = ""


def app_on(database: str) -> procrastinate.App:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=database, max_size=10))

    @app.task(name="post")  # type: ignore[untyped-decorator]
    async def post(channel: str, about: int) -> None:
        message = {"channel": channel, "about": about, "key": f"{channel}/{about}"}
        async with session.post(sink, json=message) as response:
            response.raise_for_status()

    return app


async def defer(database: str, channels: int, each: int) -> None:
    app = app_on(database)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        began = time.monotonic()
        task = app.tasks["post"]
        jobs = [
            task.configure(lock=f"c{channel}").job.evolve(task_kwargs={"channel": f"c{channel}", "about": about})
            for about in range(each)
            for channel in range(1, channels + 1)
        ]
        for at in range(0, len(jobs), BATCH):
            await app.job_manager.batch_defer_jobs_async(jobs[at : at + BATCH])
        sys.stdout.write(f"{time.monotonic() - began}\n")


async def work(database: str, url: str, silent_s: float) -> None:
    global session, sink
    app, sink = app_on(database), url
    async with app.open_async(), aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:

        async def retry_stalled() -> None:
            while True:
                await asyncio.sleep(silent_s / 3)
                for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_s):
                    await app.job_manager.retry_job(job)

        retrying = asyncio.create_task(retry_stalled())
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=AT_ONCE,
                install_signal_handlers=False,
                update_heartbeat_interval=silent_s / 3,
                stalled_worker_timeout=silent_s,
            )
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
        with suppress(asyncio.CancelledError):
            await working
        retrying.cancel()


if __name__ == "__main__":
    what, database, *rest = sys.argv[1:]
    if what == "defer":
        asyncio.run(defer(database, int(rest[0]), int(rest[1])))
    else:
        asyncio.run(work(database, rest[0], float(rest[1])))
