"""How a limit is divided among the processes that use it. Pure.

Each asks again and again for its share, and may use what it was given until it asks anew or a short time has passed. So
a share shrinks only once its holder has asked, and another grows by no more than has become free: at no moment do the
shares that are in use come to more than the limit, whoever joins, leaves, falls silent or changes its mind.
"""

from __future__ import annotations

from collections.abc import Mapping


def aims(total: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """What each is to have in the end. Everybody has one at least, as long as there is one for each; who wants little
    gets it, and the others get equal parts of the rest (max-min fair); what nobody wants is divided equally, so that
    whoever was idle can begin at once."""
    fair = _fill(total, {who: max(want, 1) for who, want in wanted.items()})
    rest = total - sum(fair.values())
    spare = _fill(rest, dict.fromkeys(wanted, rest))
    return {who: fair[who] + spare[who] for who in wanted}


def share_of(who: str, total: int, wanted: Mapping[str, int], held: Mapping[str, int]) -> int:
    """What ``who`` may have now. ``wanted``: of all, its own too. ``held``: what the others may be using still."""
    free = total - sum(units for other, units in held.items() if other != who)
    return max(0, min(aims(total, wanted)[who], free))


def _fill(total: int, most: Mapping[str, int]) -> dict[str, int]:
    """``total`` in equal parts, of which nobody takes more than its ``most``."""
    parts, left = {}, total
    for number, who in enumerate(sorted(most, key=lambda who: (most[who], who))):
        parts[who] = min(most[who], left // (len(most) - number))
        left -= parts[who]
    return parts
