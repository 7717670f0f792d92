"""How things are spread over processes: laws that hold whoever looks when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.limits.spread import next_step

EVENTS = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60)


def look(me: str, owners: dict[int, str | None], processes: set[str]) -> int:
    step = next_step(me, owners, processes)
    assert step.take is None or owners[step.take] is None, "nobody's"
    assert step.give is None or owners[step.give] == me
    if step.take is not None:
        owners[step.take] = me
    if step.give is not None:
        owners[step.give] = None
    return (step.take is not None) + (step.give is not None)


@given(st.integers(1, 12), EVENTS)
def test_whoever_joins_or_dies_soon_everything_has_an_owner_and_nobody_much_more_than_others(
    count: int, events: list[tuple[str, bool]]
) -> None:
    owners: dict[int, str | None] = dict.fromkeys(range(count))
    processes = {"a"}
    for who, dies in events:
        if dies and processes - {who}:
            processes.discard(who)
            owners = {number: None if owner == who else owner for number, owner in owners.items()}
        else:
            processes.add(who)
            assert look(who, owners, processes) <= 1, "one thing at a time"
    for _ in range(2 * count):
        for who in sorted(processes):
            look(who, owners, processes)
    shares = [sum(owner == who for owner in owners.values()) for who in processes]
    assert None not in owners.values()
    assert max(shares) <= -(-count // len(processes))
    settled = dict(owners)
    assert all(not look(who, owners, processes) for who in processes), "and then nothing moves"
    assert owners == settled
