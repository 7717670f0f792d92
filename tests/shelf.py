"""The recorded pages that some tests read. They are no part of the project: without them those tests skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("LOOKOUT_SHARED") or Path(__file__).parents[2] / "shared")
PAGES = SHARED / "pages"

needs_pages = pytest.mark.skipif(not PAGES.is_dir(), reason="the recorded pages are not beside this checkout")


def recorded(*patterns: str) -> list[Path]:
    """Recorded pages by glob, sorted; none where the shelf is absent."""
    return sorted(path for pattern in patterns for path in PAGES.glob(pattern)) if PAGES.is_dir() else []
