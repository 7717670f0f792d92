"""Which chat platforms are connected, for the heartbeat: a short loss is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.app.platforms import Platform

PATIENCE_S = 30.0
"""Sockets are replaced every few hours, which takes seconds."""


class Connections:
    """``monotonic``: seconds."""

    def __init__(self, platforms: Sequence[Platform], monotonic: Callable[[], float]) -> None:
        self._platforms = platforms
        self._monotonic = monotonic
        self._seen = {platform.adapter.platform: monotonic() for platform in platforms}

    def weaknesses(self) -> dict[str, str]:
        """By platform, what is promised less than it could be."""
        return {one.adapter.platform: one.weakness for one in self._platforms if one.weakness}

    def report(self) -> dict[str, str | None]:
        """By platform, a sentence on what is wrong, or ``None``."""
        now, report = self._monotonic(), {}
        for platform in self._platforms:
            name = platform.adapter.platform
            if platform.connected:
                self._seen[name] = now
            away_s = now - self._seen[name]
            trouble = f"not connected for {away_s:.0f} s: see the log for what it meets."
            report[name] = None if away_s < PATIENCE_S else trouble
        return report
