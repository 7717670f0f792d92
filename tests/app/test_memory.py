from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from bot.app.memory import give_back

PAGES = Path("/proc/self/statm")


@pytest.mark.skipif(
    not PAGES.exists() or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc on Linux keeps memory so"
)
def test_what_is_free_below_what_is_not_goes_back_to_the_system() -> None:
    freed = [bytes(60_000) for _ in range(2_000)]
    kept = bytes(60_000)
    del freed
    before = _resident()
    give_back()
    assert kept
    assert before - _resident() > 10_000, "of 120 MB, in pages of 4 KB"


def _resident() -> int:
    return int(PAGES.read_text().split()[1])
