"""Memory that is free again, given back to the system."""

from __future__ import annotations

import ctypes
from datetime import timedelta

EVERY = timedelta(minutes=10)


def give_back() -> None:
    """The C library keeps what was free for a while, each thread's apart: after a round of all pages a sixth of the
    process. Takes milliseconds, without the interpreter's lock. Only glibc has it:
    https://man7.org/linux/man-pages/man3/malloc_trim.3.html"""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
