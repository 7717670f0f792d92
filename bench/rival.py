"""Lookout's lease against a library for jobs on PostgreSQL: the same messages, chat and kind of server, in turn.
``python -m bench.rival PYTHON``, where that interpreter has procrastinate and aiohttp. One of two workers is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from sqlalchemy import make_url

from bench.deliverers import EACH, fill
from bench.machine import load, shape
from bench.postgres import server
from bench.sink import Judged, judge, sink
from bot.store.processes import SILENT_S

WORKERS = 2
LIMIT_S = 280.0


def main(python: Path, channels: Annotated[int, typer.Option(help="Each gets four messages.")] = 1_000) -> None:
    """Print rate, order and repeats of both, as the chat's log has them."""
    rival = Path(__file__).with_name("procrastinate_worker.py")
    with server() as database, TemporaryDirectory(prefix="lookout-bench-") as folder:
        began = time.monotonic()
        fill(database, channels, EACH)
        ready = time.monotonic() - began
        ours = _race([sys.executable, "-m", "bench.deliverer"], database.url, Path(folder, "ours.log"), channels)
        _say("Lookout's lease", ready, ours)
    with server() as database, TemporaryDirectory(prefix="lookout-bench-") as folder:
        plain = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
        told = subprocess.check_output([python, rival, "defer", plain, str(channels), str(EACH)], text=True)
        theirs = _race([python, rival, "work"], plain, Path(folder, "theirs.log"), channels)
        _say("procrastinate, a lock a channel", float(told), theirs)
    typer.echo(f"{shape()}, {load()}")


def _race(words: Sequence[str | Path], database: str, log: Path, channels: int) -> Judged:
    log.touch()
    cards, silent_since, before = channels * EACH, time.monotonic(), 0
    with sink(log) as url:
        began = time.monotonic()
        workers = [
            subprocess.Popen([*words, database, url, str(SILENT_S)], stdin=subprocess.PIPE) for _ in range(WORKERS)
        ]
        while time.monotonic() - began < LIMIT_S:
            time.sleep(0.1)
            count = log.read_bytes().count(b"\n")
            if count != before:
                before, silent_since = count, time.monotonic()
            if count >= cards / 4:
                workers[0].kill()
            if count >= cards and time.monotonic() - silent_since > 2 * SILENT_S:
                break
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.communicate(timeout=30)
    return judge(log, channels, EACH)


def _say(who: str, ready_s: float, judged: Judged) -> None:
    rate = judged.shown / 4 / max(judged.quarter_s, 0.001)
    typer.echo(
        f"{who}: {judged.shown:,} messages, {rate:,.0f} a second before the kill; all on record after {ready_s:.1f} s, "
        f"all shown after {judged.took_s:.0f} s; {judged.lost} lost, {judged.doubled} doubled, "
        f"{judged.misplaced} channels out of order, {judged.dropped} repeated posts"
    )


if __name__ == "__main__":
    typer.run(main)
