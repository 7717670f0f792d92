"""The project's own pages, and short words for odd ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.domain import Slug, Snapshot
from bot.monitor.absence import Evidence
from bot.monitor.news import Context
from bot.monitor.provider import Body
from bot.monitor.providers import BY_KIND

PAGES = Path(__file__).parents[2] / "pages"
ACME = Slug("acme")
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
CERTAIN = Context(evidence=Evidence(readings=1, over=timedelta()))
"""One reading is enough to tell that something is gone."""

Row = dict[str, object]


def page(name: str) -> Body:
    """``statuspage/summary.json``, as its vendor would serve it."""
    path = PAGES / name
    return Body(f"https://status.acme.example/api/v2/{path.name}", path.read_bytes())


def body(value: object, url: str = "https://status.acme.example/api/v2/summary.json") -> Body:
    return Body(url, value if isinstance(value, bytes) else json.dumps(value).encode())


def read(value: Body | object, kind: str = "statuspage") -> Snapshot:
    return BY_KIND[kind].parse(ACME, (value if isinstance(value, Body) else body(value),), NOW)


def summary(**changes: object) -> Row:
    """A green page of one component; ``None`` takes a part away."""
    whole: Row = {
        "page": {"id": "q7h2m4x9c1zd", "name": "Acme", "url": "https://status.acme.example", "time_zone": "Etc/UTC"},
        "status": {"indicator": "none", "description": "All Systems Operational"},
        "components": [component("c1")],
        "incidents": [],
        "scheduled_maintenances": [],
    } | changes
    return {key: value for key, value in whole.items() if value is not None}


def component(key: str, status: object = "operational", **changes: object) -> Row:
    return {"id": key, "name": key.upper(), "status": status, "position": 1, "group": False, "group_id": None} | changes


def incident(key: str, status: object = "investigating", impact: object = "minor", **changes: object) -> Row:
    at = "2026-06-30T10:00:00.000Z"
    return {
        "id": key,
        "name": "Trouble",
        "status": status,
        "impact": impact,
        "created_at": at,
        "started_at": at,
        "incident_updates": [post("u1", status)],
    } | changes


def post(key: str, status: object = "investigating", text: object = "We look.", **changes: object) -> Row:
    return {"id": key, "status": status, "body": text, "display_at": "2026-06-30T10:00:00.000Z"} | changes
