"""When a page, and its history, are read next. Pure: the clock is an argument, the jitter comes from the slug."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import Slug
from bot.monitor.responses import NO_HINTS, Hints

MAX_RETRY_AFTER_S = 86_400.0
"""A server that asks for more is asked again after a day all the same."""
MAX_MAX_AGE_S = 300.0
"""A page that says it may be cached for longer is still read this often: few mean it."""
MAX_WATCHED_WAIT_S = 300.0
"""The longest wait for the next try of a watched page, jitter included: its subscribers wait for what it says."""
JITTER = 0.1

FIRST_HISTORY_SPREAD_S = 900.0
UPDATED_HISTORY_EVERY = timedelta(minutes=10)
FRESH_END, FRESH_END_EVERY = timedelta(days=3), timedelta(hours=1)
OLD_END, OLD_END_EVERY = timedelta(days=14), timedelta(hours=6)
GAP_INTERVALS = 3


@dataclass(frozen=True, slots=True)
class PollIntervals:
    """How often pages are read, in seconds."""

    watched_s: float
    """Pages with a subscription."""
    open_s: float
    """The same with an open incident."""
    idle_s: float
    """All others."""
    max_backoff_s: float
    """The longest wait between attempts on a failing page."""

    def interval_s(self, *, watched: bool, open: bool) -> float:
        """Of one page that can be read. Never longer for an open incident."""
        if not watched:
            return self.idle_s
        return min(self.open_s, self.watched_s) if open else self.watched_s

    def wait_s(self, interval_s: float, failures: int, *, watched: bool = False) -> float:
        """Doubled with every failure in a row, up to the longest backoff, which is short for a watched page."""
        longest_s = min(self.max_backoff_s, MAX_WATCHED_WAIT_S / (1 + JITTER)) if watched else self.max_backoff_s
        max_wait_s = max(longest_s, interval_s)
        return float(min(interval_s * 2.0 ** min(failures, 60), max_wait_s))


def next_due(slug: Slug, planned: datetime, now: datetime, wait_s: float, hints: Hints = NO_HINTS) -> datetime:
    """``wait_s`` after ``planned``, give or take a tenth: from the planned time, else every reading would drift.

    After ``now`` always, and never under what the server asked for. A page that is behind starts anew from ``now``.
    """
    wait = timedelta(seconds=wait_s * (1 - JITTER + 2 * JITTER * share(slug, planned.isoformat())))
    due = planned + wait
    if due <= now:
        due = now + wait
    requested_s = max(min(hints.retry_after_s or 0.0, MAX_RETRY_AFTER_S), min(hints.max_age_s or 0.0, MAX_MAX_AGE_S))
    return max(due, now + timedelta(seconds=requested_s))


def history_due(
    slug: Slug,
    now: datetime,
    *,
    read_at: datetime | None,
    due: datetime | None,
    recent_end: datetime | None = None,
    watched: bool = False,
    had_gap: bool = False,
    page_updated: bool = False,
) -> datetime | None:
    """When the history of a page is read next, ``None``: not before something asks for it.

    ``read_at``: when it was read last; ``due``: what was planned, kept until it happens. ``recent_end``: the newest end
    of an incident, which its vendor may still edit. ``had_gap``: nothing was read for a while, so that something may
    have come and gone. ``page_updated``: the page's own time of change moved without visible news.
    """
    candidates = [due]
    if read_at is None:
        candidates += [_soon(slug, now)] if due is None else []
    elif recent_end is not None and now - recent_end <= OLD_END:
        candidates.append(read_at + (FRESH_END_EVERY if now - recent_end <= FRESH_END else OLD_END_EVERY))
    if had_gap:
        candidates.append(now if watched else _soon(slug, now))
    if page_updated and read_at is not None:
        candidates.append(max(now, read_at + UPDATED_HISTORY_EVERY))
    return min((time for time in candidates if time is not None), default=None)


def _soon(slug: Slug, now: datetime) -> datetime:
    return now + timedelta(seconds=FIRST_HISTORY_SPREAD_S * share(slug, "history"))


def is_gap(read_at: datetime | None, now: datetime, interval_s: float) -> bool:
    """Whether a page was out of sight long enough for an incident to have come and gone."""
    return read_at is not None and now - read_at > timedelta(seconds=GAP_INTERVALS * interval_s)


def share(slug: Slug, salt: str) -> float:
    """From 0 up to 1, always the same for the same words."""
    return int.from_bytes(hashlib.sha256(f"{slug}\x1f{salt}".encode()).digest()[:8], "big") / 2**64
