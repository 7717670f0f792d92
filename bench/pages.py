"""Invented Statuspage pages of realistic size and shape, the same at every run. Pure; a page is known by its number.

Sizes unpacked: half of the pages up to 10 KB, nine tenths up to 55 KB, the largest 300 KB.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate, count, pairwise, takewhile
from random import Random
from typing import Any

Json = dict[str, Any]

SIZES_KB = ((0.0, 5.0), (0.5, 10.0), (0.9, 55.0), (0.99, 273.0), (1.0, 300.0))
"""Shares of the pages, and up to which size they are."""
GOLDEN = 0.6180339887498949
COMPONENT_BYTES = 365
MAX_COMPONENTS = 220
HISTORY = 50
QUIET_DAYS = 20
"""The newest incident of a page's history ended so long ago: its vendor edits it no more."""

PHRASES = (
    "we are investigating elevated error rates for some customers in this region and our engineers continue to work on",
    "a fix with the provider queue latency requests webhooks delivery dashboard login search exports have recovered",
    "after the deployment was rolled back identified cause monitoring results further updates will follow shortly api",
)
WORDS = tuple(word for phrase in PHRASES for word in phrase.split())


def size_kb(page: int) -> float:
    """How large the page's summary is to be, spread evenly over the distribution."""
    share = (page * GOLDEN) % 1.0
    for (low, from_kb), (high, to_kb) in pairwise(SIZES_KB):
        if share <= high:
            return from_kb * float((to_kb / from_kb) ** ((share - low) / (high - low)))
    return SIZES_KB[-1][1]


def summary(page: int, base: datetime, posts: Sequence[tuple[str, datetime, str]] = ()) -> bytes:
    """``summary.json``. ``posts``: id, time and text of what its one open incident says, oldest first; without any, the
    page has none open. ``base``: when the benchmark begins."""
    body = dict(_quiet(page, base))
    if posts:
        named = [dict(c, status="partial_outage") for c in body["components"] if not c["group"]][:1]
        changed = {c["id"]: c for c in named}
        body["components"] = [changed.get(c["id"], c) for c in body["components"]]
        body["incidents"] = [_incident(f"live{page:08d}", "Errors in the API", "investigating", named, posts)]
        body["status"] = {"indicator": "major", "description": "Partial System Outage"}
        body["page"] = body["page"] | {"updated_at": _iso(posts[-1][1])}
    return json.dumps(body, separators=(",", ":")).encode()


def incidents(page: int, base: datetime) -> bytes:
    """``incidents.json``: the newest ended ones."""
    random = Random(page)
    named = [c for c in _quiet(page, base)["components"] if not c["group"]]
    rows = []
    for number in range(HISTORY):
        start = base - timedelta(days=QUIET_DAYS + 6 * number, hours=random.uniform(1, 20))
        posts = [
            (f"u{page:06d}{number:02d}{i}", start + timedelta(minutes=25 * i), _text(random, 14 + 10 * (i % 3)))
            for i in range(random.choice((2, 3, 4, 6)))
        ]
        rows.append(_incident(f"i{page:08d}{number:02d}", _text(random, 5), "resolved", named[:2], posts))
    return json.dumps({"page": _quiet(page, base)["page"], "incidents": rows}, separators=(",", ":")).encode()


def unresolved(page: int, base: datetime, posts: Sequence[tuple[str, datetime, str]] = ()) -> bytes:
    """``incidents/unresolved.json``: those that the summary lists."""
    body = json.loads(summary(page, base, posts))
    return json.dumps({"page": body["page"], "incidents": body["incidents"]}, separators=(",", ":")).encode()


def maintenances(page: int, base: datetime) -> bytes:
    """``scheduled-maintenances.json``: those that the summary lists."""
    quiet = _quiet(page, base)
    body = {"page": quiet["page"], "scheduled_maintenances": quiet["scheduled_maintenances"]}
    return json.dumps(body, separators=(",", ":")).encode()


@lru_cache(maxsize=64)
def _quiet(page: int, base: datetime) -> Json:
    wanted = int(size_kb(page) * 1000)
    random = Random(page)
    stamp = _iso(base - timedelta(days=QUIET_DAYS - 1))
    rows = max(4, min(MAX_COMPONENTS, wanted // COMPONENT_BYTES - 1))
    components = list(_components(page, rows, stamp, random))
    body: Json = {
        "page": {
            "id": _key(page, "page"),
            "name": f"Vendor {page}",
            "url": f"https://v{page}.pages.example",
            "time_zone": "Etc/UTC",
            "updated_at": stamp,
        },
        "components": components,
        "incidents": [],
        "scheduled_maintenances": [],
        "status": {"indicator": "none", "description": "All Systems Operational"},
    }
    missing = wanted - len(json.dumps(body, separators=(",", ":")))
    if missing > COMPONENT_BYTES * 10:
        plans = (_maintenance(page, number, base, components, random) for number in count())
        sized = ((plan, len(json.dumps(plan, separators=(",", ":")))) for plan in plans)
        totals = accumulate(sized, lambda sum_, next_: (next_[0], sum_[1] + next_[1]))
        body["scheduled_maintenances"] = [plan for plan, _ in takewhile(lambda pair: pair[1] <= missing, totals)]
    return body


def _components(page: int, rows: int, stamp: str, random: Random) -> Iterator[Json]:
    group: str | None = None
    for position in range(rows):
        is_group = position % 9 == 0 and rows > 12
        group = _key(page, f"c{position}") if is_group else group
        yield {
            "id": _key(page, f"c{position}"),
            "name": _text(random, 2).title() + f" {position}",
            "status": "operational",
            "created_at": "2021-05-04T16:21:08.417Z",
            "updated_at": stamp,
            "position": position + 1,
            "description": _text(random, 8) if position % 3 else None,
            "showcase": False,
            "start_date": "2021-05-04",
            "group_id": None if is_group else group,
            "page_id": _key(page, "page"),
            "group": is_group,
            "only_show_if_degraded": False,
        }


def _maintenance(page: int, number: int, base: datetime, components: Sequence[Json], random: Random) -> Json:
    start = base + timedelta(days=30 + number)
    named = [c for c in components if not c["group"]][: 4 + 5 * (number % 6)]
    posts = [(f"m{page:06d}{number}", base - timedelta(days=QUIET_DAYS), _text(random, 60))]
    plan = _incident(f"m{page:08d}{number}", _text(random, 6), "scheduled", named, posts)
    return plan | {
        "impact": "maintenance",
        "scheduled_for": _iso(start),
        "scheduled_until": _iso(start + timedelta(hours=2)),
    }


def _incident(
    key: str, title: str, status: str, named: Sequence[Json], posts: Sequence[tuple[str, datetime, str]]
) -> Json:
    first, last = posts[0][1], posts[-1][1]
    resolved = status == "resolved"
    return {
        "id": key,
        "name": title,
        "status": status,
        "created_at": _iso(first),
        "updated_at": _iso(last),
        "monitoring_at": None,
        "resolved_at": _iso(last) if resolved else None,
        "impact": "major",
        "shortlink": f"https://short.example/{key}",
        "started_at": _iso(first),
        "page_id": key[:12],
        "components": list(named),
        "incident_updates": [
            {
                "id": id,
                "status": status if id == posts[-1][0] or not resolved else "investigating",
                "body": text,
                "incident_id": key,
                "created_at": _iso(at),
                "updated_at": _iso(at),
                "display_at": _iso(at),
                "affected_components": None,
                "deliver_notifications": True,
                "custom_tweet": None,
                "tweet_id": None,
            }
            for id, at, text in reversed(posts)
        ],
    }


def _key(page: int, what: str) -> str:
    return hashlib.sha256(f"{page} {what}".encode()).hexdigest()[:12]


def _text(random: Random, words: int) -> str:
    return " ".join(random.choices(WORDS, k=words))


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
