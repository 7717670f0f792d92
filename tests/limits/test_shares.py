"""How a limit is divided: laws that hold whoever asks when."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from bot.limits.shares import aims, share_of

TOTALS = st.integers(1, 60)
WANTS = st.dictionaries(st.sampled_from("abcdefghijklmnop"), st.integers(0, 80), min_size=1)
STEPS = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 80), st.booleans()), max_size=60)


def settled(total: int, wanted: Mapping[str, int], held: dict[str, int]) -> dict[str, int]:
    """What they hold once each has asked twice."""
    for _ in range(2):
        for who in wanted:
            held[who] = share_of(who, total, wanted, held)
    return held


@given(TOTALS, STEPS)
def test_no_more_than_the_limit_is_ever_in_use(total: int, steps: list[tuple[str, int, bool]]) -> None:
    """Each asks in any order, wants another number each time, joins and leaves."""
    wanted, held = dict[str, int](), dict[str, int]()
    for who, want, leaves in steps:
        if leaves:
            wanted.pop(who, None)
            held.pop(who, None)
            continue
        wanted[who] = want
        held[who] = share_of(who, total, wanted, held)
        assert held[who] >= 0
        assert sum(held.values()) <= total


@given(TOTALS, WANTS, WANTS)
def test_whatever_was_before_two_rounds_bring_everybody_what_is_fair(
    total: int, before: dict[str, int], wanted: dict[str, int]
) -> None:
    held = {who: units for who, units in settled(total, before, {}).items() if who in wanted}
    assert settled(total, wanted, held) == aims(total, wanted)


@given(TOTALS, WANTS)
def test_the_whole_limit_is_handed_out_and_nobody_starves(total: int, wanted: dict[str, int]) -> None:
    fair = aims(total, wanted)
    assert sum(fair.values()) == total
    if len(wanted) <= total:
        assert min(fair.values()) >= 1


@given(TOTALS, WANTS)
def test_nobody_has_more_than_it_wants_while_another_lacks_something(total: int, wanted: dict[str, int]) -> None:
    fair = aims(total, wanted)
    lacking = [who for who in wanted if fair[who] < wanted[who]]
    for who in wanted:
        for other in lacking:
            assert fair[who] <= max(wanted[who], 1, fair[other] + 1)


@given(TOTALS, WANTS)
def test_who_wants_as_much_gets_as_much(total: int, wanted: dict[str, int]) -> None:
    fair = aims(total, wanted)
    assert all(abs(fair[a] - fair[b]) <= 2 for a in wanted for b in wanted if wanted[a] == wanted[b])


def test_four_busy_ones_have_a_quarter_each_and_one_among_idle_ones_nearly_all() -> None:
    assert sorted(aims(50, dict.fromkeys("abcd", 50)).values()) == [12, 12, 13, 13]
    assert aims(50, {"a": 50, "b": 0, "c": 0, "d": 0}) == {"a": 47, "b": 1, "c": 1, "d": 1}
    assert sorted(aims(50, dict.fromkeys("abcd", 0)).values()) == [12, 12, 13, 13]
