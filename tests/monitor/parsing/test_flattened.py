"""Lists of values named by their places: what comes back, and that it stays small."""

from __future__ import annotations

import json

import pytest

from bot.monitor.parsing.flattened import Flattened, is_flattened, read_nuxt
from bot.monitor.provider import Body, ParseFailed


def nuxt(values: object) -> Flattened:
    return read_nuxt(Body("https://x.example/_payload.json", json.dumps(values).encode()))


def test_values_come_back_as_they_were() -> None:
    flat = [["ShallowReactive", 1], {"a": 2, "b": 3, "c": -1, "d": 5}, "x", [2, 4, -3], 7, ["Date", "2026-06-01"]]
    assert nuxt(flat).root() == {"a": "x", "b": ["x", 7, None], "c": None, "d": "2026-06-01"}
    keyed = Flattened([{"_1": 2, "_3": 4, "_9": 2}, "a", "x", "b", [2, -5]])
    assert keyed.root() == {"a": "x", "b": ["x", None], "_9": "x"}


def test_objects_are_found_wherever_they_stand() -> None:
    flat = Flattened([{"x": 1}, [2, 3], {"id": 4, "name": 4}, {"id": 4}, "n"])
    assert list(flat.objects("id", "name")) == [{"id": "n", "name": "n"}]


def test_a_value_may_hold_itself() -> None:
    assert str(Flattened([{"a": 0}]).root()).count("a") < 20


def test_many_that_hold_each_other_are_no_more_than_they_are() -> None:
    names = [f"k{n}" for n in range(40)]
    ring = [dict.fromkeys(names, 1), dict.fromkeys(names, 0)]
    assert Flattened(ring).root() == dict.fromkeys(names, dict.fromkeys(names))


def test_what_would_grow_without_end_is_refused() -> None:
    # Each list holds the next one twenty times.
    values: list[object] = [{"a": 1}, *([n + 1] * 20 for n in range(1, 12)), "x"]
    with pytest.raises(ParseFailed, match="too large"):
        nuxt(values).root()


@pytest.mark.parametrize("value", [[], {}, [1], [{}], [[], 1], [{"id": "a"}, {"id": "b"}], [{"a": True}, 1], ["x", 1]])
def test_other_lists_are_none(value: object) -> None:
    assert not is_flattened(value)
    with pytest.raises(ParseFailed):
        nuxt(value)
