"""How long the program takes to start: CPU of ``lookout --help``, and of ``lookout run`` until it answers ``help``.

Each in a process of its own, with the compiled modules there already, whatever whoever measures has set; ``run`` on an
empty database, with the console as its chat, and on the same one again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.result import Result, Say, at_most

LOOKOUT = (sys.executable, "-m", "bot")
ROOT = Path(__file__).parents[1]


def measure(quick: bool, say: Say) -> list[Result]:
    rounds = 3 if quick else 9
    helps, first, again = [], [], []
    with TemporaryDirectory(prefix="lookout-bench-") as compiled:
        for round_ in range(rounds + 1):
            say(f"round {round_} of {rounds}")
            with TemporaryDirectory(prefix="lookout-bench-") as folder:
                environment = _environment(folder, compiled)
                helps.append(_cpu((*LOOKOUT, "--help"), environment))
                first.append(_until_answered((*LOOKOUT, "run"), environment))
                again.append(_until_answered((*LOOKOUT, "run"), environment))
    return [
        at_most("`lookout --help`, CPU", median(helps[1:]), 0.4, " s"),
        _answered("`lookout run` answers `help`, CPU until then", again[1:]),
        _answered("the same on a new database, which its tables are made in", first[1:]),
    ]


def _answered(what: str, runs: Sequence[tuple[float, float]]) -> Result:
    wall = median(seconds for _, seconds in runs)
    return at_most(what, median(cpu for cpu, _ in runs), 1, " s", f"{wall:.2f} s by the wall")


def _environment(folder: str, compiled: str) -> Mapping[str, str]:
    """No setting of whoever measures."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOOKOUT_", "PYTHON"))}
    return kept | {
        "HOME": folder,
        "LOOKOUT_DATABASE_URL": f"sqlite:///{folder}/bench.db",
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": compiled,
    }


def _cpu(command: Sequence[str], environment: Mapping[str, str]) -> float:
    before = _children_s()
    subprocess.run(command, cwd=environment["HOME"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return _children_s() - before


def _until_answered(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds of CPU, and by the wall, until the answer to ``help`` is there."""
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=environment["HOME"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write("help\n")
            process.stdin.flush()
            for line in process.stdout:
                if "subscribe" in line:
                    return _process_s(process.pid), time.perf_counter() - began
        finally:
            process.kill()
    raise AssertionError("lookout run ended without an answer: the measurement is void")


def _process_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system
