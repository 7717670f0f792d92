"""Whether the running bot does its work: decided from what the store and the process know. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.role import ALL_ROLES, Role
from bot.store.values import Vitals
from bot.wording.phrases import age, duration

PERIODS = 3
"""A watched page that waits longer than so many of its intervals says that nothing is read any more."""
MIN_OVERDUE = timedelta(minutes=5)
MAX_LATE = timedelta(minutes=10)
"""A channel that can be reached and waits longer says that nothing is delivered."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of ``/readyz``."""

    name: str
    ok: bool
    text: str


def assess(vitals: Vitals, watched_s: float, now: datetime, roles: frozenset[Role] = ALL_ROLES) -> Sequence[Check]:
    """What those who have these roles answer for. ``watched_s``: how often the page of a subscribed vendor is read."""
    overdue = now - vitals.oldest_due if vitals.oldest_due else timedelta()
    late = now - vitals.waiting_since if vitals.waiting_since else timedelta()
    newest = age(vitals.newest_reading, now) if vitals.newest_reading else "none yet"
    checks = {
        None: Check("store", True, "answers"),
        Role.POLL: Check(
            "polling",
            overdue <= max(MIN_OVERDUE, PERIODS * timedelta(seconds=watched_s)),
            f"newest reading {newest}, oldest watched page due for {duration(overdue)}",
        ),
        Role.DELIVER: Check("delivery", late <= MAX_LATE, f"oldest channel waiting for {duration(late)}"),
    }
    return tuple(check for role, check in checks.items() if role is None or role in roles)
