"""Which core a process runs on, and what it has used: the measured process and its server never share a core."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import sys
import time
from pathlib import Path

_CORES = "LOOKOUT_BENCH_CORES"
"""Which there are, for processes that are begun by one that is kept on its own: they would be kept there as well."""


def pin(place: int) -> None:
    """Keep this process, and the threads to come, on one core: ``0`` is measured, ``1`` serves. Linux alone can."""
    if sys.platform == "linux":
        all_of_them = " ".join(map(str, sorted(os.sched_getaffinity(0))))
        cores = os.environ.setdefault(_CORES, all_of_them).split()
        os.sched_setaffinity(0, {int(cores[place % len(cores)])})


def memory_mb() -> tuple[float, float]:
    """Resident memory of this process in MB (2**20 bytes): now, and at its most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    status = Path("/proc/self/status")
    if not status.exists():
        return peak, peak
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
    return int(lines["VmRSS"].split()[0]) / 2**10, peak


def cpu_s(pid: int) -> float:
    """Seconds of CPU of another process so far, all its threads: what ``/proc/PID/stat`` has in hundredths. Linux alone
    knows."""
    clock = ctypes.c_int()
    if error := ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise OSError(error, os.strerror(error))
    return time.clock_gettime(clock.value)


def load() -> str:
    """How busy the machine was of late, with the benchmark itself: beyond two, times by the wall are too long."""
    return f"load {os.getloadavg()[1]:.1f}"


def shape() -> str:
    """The machine in a few words: never its name."""
    return f"{os.cpu_count()} cores, {platform.machine()} {platform.system()}, Python {platform.python_version()}"
