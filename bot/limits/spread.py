"""How things that one process at a time may have, such as connections, are spread over the processes. Pure.

Each process looks again and again, and takes or gives back one thing at a time: so they spread by themselves when one
joins, leaves or dies, and nothing is moved that need not be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One of both at most."""

    take: int | None = None
    give: int | None = None


def next_step(me: str, owners: Mapping[int, str | None], processes: Collection[str]) -> Step:
    """``owners``: of each thing, by its number. ``processes``: those that could have some, ``me`` among them.

    Nobody has more than an equal part, rounded up; one that has more gives back the last one.
    """
    mine = sorted(number for number, owner in owners.items() if owner == me)
    free = sorted(number for number, owner in owners.items() if owner is None)
    part = -(-len(owners) // max(len(processes), 1))
    if len(mine) > part:
        return Step(give=mine[-1])
    if free and len(mine) < part:
        return Step(take=free[0])
    return Step()
