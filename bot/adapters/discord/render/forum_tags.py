"""Which of a forum's tags say how an incident stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.message import Tone

MAX_TAGS = 5
_OPEN = ("open", "ongoing", "active", "incident", "outage")
_NAMES = {
    Tone.OK: ("operational", "resolved", "ended", "closed"),
    Tone.ENDED: ("resolved", "ended", "closed", "fixed", "completed", "done", "solved"),
    Tone.MAINTENANCE: ("maintenance", "planned", "scheduled"),
    Tone.DEGRADED: ("degraded", "degraded performance", "minor", *_OPEN),
    Tone.PARTIAL: ("partial outage", "partial", "major", *_OPEN),
    Tone.MAJOR: ("major outage", "critical", *_OPEN),
    Tone.UNKNOWN: ("unknown", *_OPEN),
    Tone.GONE: ("taken down", "removed", "withdrawn", "closed"),
    Tone.PLAIN: (),
}


def fitting(tags: Iterable[tuple[str, str]], tone: Tone) -> list[str]:
    """``tags``: name and id. The ids of those that are named like the state, at most five."""
    wanted = _NAMES[tone]
    return [id for name, id in tags if name.strip().casefold() in wanted][:MAX_TAGS]
