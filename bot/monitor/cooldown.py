"""Which hosts asked to be left alone, and for how long: one of them may serve the pages of many vendors. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.limits.shared import Closures
from bot.monitor.responses import FetchFailed, FetchFailure, Hints

SLOW_DOWN = frozenset({420, 429})
SLOW_DOWN_S = 60.0
"""For a host that says "less often" and not how much."""
MAX_COOLDOWN_S = 3600.0
"""A host that asks for more is asked again after this for its other pages; the page itself waits as it was asked."""


class Cooldown:
    """Any refusal with Retry-After is such a request, and so is 420 or 429. ``closures``: tells other processes of it,
    and hears of theirs."""

    def __init__(self, closures: Closures | None = None) -> None:
        self._until: dict[str, datetime] = {}
        self._closures = closures

    def note(self, host: str, status: int, hints: Hints, now: datetime) -> None:
        """``host`` refused with this."""
        wait_s = hints.retry_after_s or (SLOW_DOWN_S if status in SLOW_DOWN else 0.0)
        if wait_s:
            wait_s = min(wait_s, MAX_COOLDOWN_S)
            self._until[host] = now + timedelta(seconds=wait_s)
            if self._closures:
                self._closures.report(host, wait_s)

    def refusal(self, host: str, now: datetime) -> FetchFailed | None:
        """The answer in place of a request that the host does not want yet."""
        remaining_s = max(self._left_s(host, now), self._closures.left_s(host) if self._closures else 0.0)
        if not remaining_s:
            return None
        reason = f"{host} asked to be read less often; it is left alone for another {remaining_s:.0f} seconds."
        return FetchFailed(FetchFailure.HTTP_STATUS, reason, Hints(retry_after_s=remaining_s), 429)

    def _left_s(self, host: str, now: datetime) -> float:
        until = self._until.get(host)
        if until is None:
            return 0.0
        remaining_s = (until - now).total_seconds()
        if not 0 < remaining_s <= MAX_COOLDOWN_S:  # More than was ever set: the clock went back.
            del self._until[host]
            return 0.0
        return remaining_s
