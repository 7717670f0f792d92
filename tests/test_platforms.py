"""``docs/platforms.md`` is what the parsers, their fixtures and the catalog make it."""

from __future__ import annotations

from tests.platforms import PAGE, counted, text, written_counts
from tests.shelf import PAGES, needs_pages

HOW = "write it anew: python -m tests.platforms"


def test_the_page_of_platforms_is_up_to_date() -> None:
    shown = PAGE.read_text(encoding="utf-8")
    assert written_counts(shown), HOW
    assert shown == text(written_counts(shown)), HOW


@needs_pages
def test_recorded_pages_are_counted_as_they_are() -> None:
    shown = written_counts(PAGE.read_text(encoding="utf-8"))
    assert {kind: count for kind, count in shown.items() if count} == dict(counted(PAGES)), HOW
