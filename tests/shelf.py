"""Recorded pages and platforms' own specifications, which some tests read. They are no part of the project.

A test that needs a part of them says ``@needs("pages")``, and skips without it. What they only make stricter is marked
``shelf`` as well, so that ``-m shelf`` runs all that reads them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("LOOKOUT_SHARED") or Path(__file__).parents[2] / "shared")
PAGES = SHARED / "pages"


def needs(part: str) -> pytest.MarkDecorator:
    """``part``: a file or folder below ``SHARED``."""
    return pytest.mark.shelf(part)


def skip_without(item: pytest.Item) -> None:
    """Skips the test if a part that it needs is not there."""
    for part in (part for mark in item.iter_markers("shelf") for part in mark.args):
        if not (SHARED / part).exists():
            pytest.skip(f"{part} is not beside this checkout: see tests/shelf.py")


needs_pages = needs("pages")


def recorded(*patterns: str) -> list[Path]:
    """Recorded pages by glob, sorted; none where the shelf is absent."""
    return sorted(path for pattern in patterns for path in PAGES.glob(pattern)) if PAGES.is_dir() else []
