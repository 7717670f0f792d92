"""``docs/platforms.md`` is what the parsers, their fixtures and the catalog make it."""

from __future__ import annotations

from tests.platforms import PAGE, counted, kept, text
from tests.shelf import PAGES, needs_pages

HOW = "write it anew: python -m tests.platforms"


def test_the_page_of_platforms_is_up_to_date() -> None:
    shown = PAGE.read_text(encoding="utf-8")
    assert kept(shown), HOW
    assert shown == text(kept(shown)), HOW


@needs_pages
def test_recorded_pages_are_counted_as_they_are() -> None:
    shown = kept(PAGE.read_text(encoding="utf-8"))
    assert {kind: count for kind, count in shown.items() if count} == dict(counted(PAGES)), HOW
