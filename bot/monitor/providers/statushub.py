"""StatusHub: how many services are up, affected and down, and nothing of which, or why. Pure.

**How an end is known:** there are no incidents, only the counts.
Format: as its own pages ask for it, ``/api/statuses``.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from bot.domain import Level, Slug, Snapshot
from bot.monitor.parsing.fields import Row, number, read_object, row
from bot.monitor.provider import Body, ParseFailed, Provider

LEVELS = {
    "count_status_1": Level.OPERATIONAL,
    "count_status_2": Level.DEGRADED,
    "count_status_3": Level.MAJOR_OUTAGE,
}
WORDS = {"count_status_1": "up", "count_status_2": "affected", "count_status_3": "down"}


def state_urls(page_url: str) -> tuple[str, ...]:
    parts = urlsplit(page_url)
    root = parts.path.rstrip("/").removesuffix("/api/statuses")
    return (urlunsplit((parts.scheme, parts.netloc, f"{root}/api/statuses", "", "")),)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    counters = _read(bodies[0])
    counts = {key: number(counters.get(key)) for key in LEVELS}
    there = [key for key, count in counts.items() if count is not None and count > 0]
    worse = [LEVELS[key] for key in there if LEVELS[key] > Level.OPERATIONAL]
    # Green only where all counts are known, and something is up.
    green = Level.OPERATIONAL if there and None not in counts.values() else None
    return Snapshot(
        vendor=vendor,
        level=max(worse, default=green),
        status_text=", ".join(f"{int(counts[key] or 0)} {WORDS[key]}" for key in there),
        components=(),
        incidents=(),
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        _read(body)
    except ParseFailed:
        return False
    return True


def _read(body: Body) -> Row:
    counters = row(read_object(body).get("counters"))
    if not any(key in counters for key in LEVELS):
        raise ParseFailed("The page's JSON is not in StatusHub's format: it may have moved to another platform.")
    return counters


PROVIDER = Provider(
    kind="statushub",
    title="StatusHub",
    rate_limit_group="statushub",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    lists_all_components=False,
    hosts=("statushub.io",),
    marks=(b"statushub.io",),
)
