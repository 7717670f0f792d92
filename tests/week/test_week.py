"""The first minutes of the week: 20 pages, of which 15 misbehave, and 6 channels."""

from __future__ import annotations

from tests.week.run import run


def test_what_happens_is_told_as_it_was() -> None:
    report = run(1 / 6, 20, 6, seed=1, memory_mb=lambda: 1.0)
    assert report.due > 5
    assert (report.lost, report.doubled) == ([], [])
    assert len(report.by_vice) > 10
