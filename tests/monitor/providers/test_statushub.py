"""StatusHub: three counts."""

from __future__ import annotations

import pytest

from bot.domain import Level
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import body, page, read


@pytest.mark.parametrize(
    ("counts", "level", "words"),
    [
        ((3, 0, 0), Level.OPERATIONAL, "3 up"),
        ((3, 1, 0), Level.DEGRADED, "3 up, 1 affected"),
        (("3", "0", "2"), Level.MAJOR_OUTAGE, "3 up, 2 down"),
        ((0, 0, 0), None, ""),
        ((3, None, 0), None, "3 up"),
        ((3, None, 1), Level.MAJOR_OUTAGE, "3 up, 1 down"),
    ],
)
def test_counts(counts: tuple[object, ...], level: Level | None, words: str) -> None:
    given = body({"counters": {f"count_status_{n}": count for n, count in enumerate(counts, start=1)}})
    snapshot = read(given, "statushub")
    assert (snapshot.level, snapshot.status_text) == (level, words)


def test_what_is_asked_for() -> None:
    hub = BY_KIND["statushub"]
    for url in ("https://status.acme.example", "https://status.acme.example/api/statuses"):
        assert hub.state_urls(url) == ("https://status.acme.example/api/statuses",)
    assert read(page("statushub/statuses.json"), "statushub").level is Level.DEGRADED


@pytest.mark.parametrize("value", [{}, {"counters": {}}, {"counters": {"count_status_4": 1}}, []])
def test_what_cannot_be_read_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "statushub")
