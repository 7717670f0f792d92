"""What is kept of rows between two readings: each once, in its newest version."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence

from bot.store.rows import LoadingCache


class Parts:
    """Of a page: thousands, as some have."""


def test_a_newer_version_takes_the_place_of_the_one_before() -> None:
    cache: LoadingCache[str, Parts] = LoadingCache(300)
    asked: list[tuple[str, int]] = []

    def load(keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Parts]:
        asked.extend(keys)
        return {key: Parts() for key in keys}

    before = weakref.ref(cache.get([("acme", 1), ("bolt", 1)], load)["acme", 1])
    assert cache.get([("acme", 1), ("acme", 2)], load)["acme", 1] is before()
    gc.collect()
    assert before() is None
    assert cache.get([("acme", 2), ("bolt", 1)], load).keys() == {("acme", 2), ("bolt", 1)}
    assert asked == [("acme", 1), ("bolt", 1), ("acme", 2)]
