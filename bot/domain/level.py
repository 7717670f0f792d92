"""How bad it is, ordered, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Level(IntEnum):
    """How bad it is, ordered. *Unknown is not a level*: where nothing is known, the value is ``None``."""

    OPERATIONAL = 0
    MAINTENANCE = 1
    DEGRADED = 2
    PARTIAL_OUTAGE = 3
    MAJOR_OUTAGE = 4

    @property
    def word(self) -> str:
        """The name outside the program: ``partial_outage``."""
        return self.name.lower()


def level_word(level: Level | None) -> str:
    """``level.word``, or ``unknown``."""
    return "unknown" if level is None else level.word


LEVEL_OF_SEVERITY = {
    "operational": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "minor": Level.DEGRADED,
    "degraded": Level.DEGRADED,
    "degraded_performance": Level.DEGRADED,
    "major": Level.PARTIAL_OUTAGE,
    "partial": Level.PARTIAL_OUTAGE,
    "partial_outage": Level.PARTIAL_OUTAGE,
    "critical": Level.MAJOR_OUTAGE,
    "major_outage": Level.MAJOR_OUTAGE,
}
"""Severities as pages and people write them. The first word of a level is the one that is written back."""


def worst(levels: Iterable[Level | None]) -> Level | None:
    """The worst of the known ones; ``None`` when none is known."""
    return max((level for level in levels if level is not None), default=None)
