"""The story's pages as Atlassian Statuspage v2 would serve them at a time. Pure: site and time in, JSON out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.cli.demo.story import Part, Said, Site, Trouble

ENDED = frozenset({"resolved", "postmortem", "completed"})
INDICATORS = {
    "operational": "none",
    "under_maintenance": "none",
    "degraded_performance": "minor",
    "partial_outage": "major",
    "major_outage": "critical",
}
RANK = {name: rank for rank, name in enumerate(("none", "minor", "major", "critical"))}
WORDS = {
    "none": "All Systems Operational",
    "minor": "Minor Service Outage",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
}

Json = dict[str, Any]


def summary(site: Site, now: datetime) -> Json:
    """``summary.json``: everything that is open now."""
    indicator = max((INDICATORS[part.status(now)] for part in site.parts), key=RANK.__getitem__)
    return {
        "page": _page(site, now),
        "status": {"indicator": indicator, "description": WORDS[indicator]},
        "components": _components(site, now),
        "incidents": [_incident(site, t, now) for t in _troubles(site, now, planned=False, ended=False)],
        "scheduled_maintenances": [_incident(site, t, now) for t in _troubles(site, now, planned=True, ended=False)],
    }


def incidents(site: Site, now: datetime) -> Json:
    """``incidents.json``: ended ones too, newest first."""
    return {
        "page": _page(site, now),
        "incidents": [_incident(site, t, now) for t in _troubles(site, now, planned=False, ended=True)],
    }


def maintenances(site: Site, now: datetime) -> Json:
    """``scheduled-maintenances.json``: completed ones too, newest first."""
    return {
        "page": _page(site, now),
        "scheduled_maintenances": [_incident(site, t, now) for t in _troubles(site, now, planned=True, ended=True)],
    }


def _troubles(site: Site, now: datetime, *, planned: bool, ended: bool) -> list[Trouble]:
    known = [t for t in site.troubles if t.posted(now) and (t.window is not None) == planned]
    known.sort(key=lambda trouble: trouble.posts[0].at, reverse=True)
    return [t for t in known if ended or t.posted(now)[-1].phase not in ENDED]


def _page(site: Site, now: datetime) -> Json:
    changed = max((at for at in site.moments() if at <= now), default=now)
    return {
        "id": site.page_id,
        "name": site.name,
        "url": site.human_url,
        "time_zone": "Etc/UTC",
        "updated_at": _iso(changed),
    }


def _components(site: Site, now: datetime) -> list[Json]:
    rows = [_component(site, part, now, position) for position, part in enumerate(site.parts, 1)]
    for name in dict.fromkeys(part.group for part in site.parts if part.group):
        children = [row for row, part in zip(rows, site.parts, strict=True) if part.group == name]
        group = _component(site, Part(_group_id(site, name), name, None), now, len(rows) + 1)
        group |= {"group": True, "components": [row["id"] for row in children]}
        group["status"] = max((row["status"] for row in children), key=lambda status: RANK[INDICATORS[status]])
        rows.append(group)
    return rows


def _component(site: Site, part: Part, now: datetime, position: int) -> Json:
    changed = max((at for at, _ in part.changes if at <= now), default=datetime(2025, 1, 1, tzinfo=now.tzinfo))
    return {
        "id": part.id,
        "name": part.name,
        "status": part.status(now),
        "created_at": "2025-01-01T00:00:00.000Z",
        "updated_at": _iso(changed),
        "position": position,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": _group_id(site, part.group) if part.group else None,
        "page_id": site.page_id,
        "group": False,
        "only_show_if_degraded": False,
    }


def _group_id(site: Site, name: str) -> str:
    return (site.page_id[:4] + name.lower() + "xxxxxxxx")[:12]


def _incident(site: Site, trouble: Trouble, now: datetime) -> Json:
    posted = trouble.posted(now)
    first, newest = posted[0], posted[-1]
    ends = [post.at for post in posted if post.phase in ENDED and post.phase != "postmortem"]
    window = trouble.window
    return {
        "id": trouble.id,
        "name": trouble.title,
        "status": newest.phase,
        "created_at": _iso(first.at),
        "updated_at": _iso(max(post.changed_at(now) for post in posted)),
        "monitoring_at": next((_iso(post.at) for post in posted if post.phase == "monitoring"), None),
        "resolved_at": _iso(ends[-1]) if ends and newest.phase in ENDED else None,
        "impact": trouble.impact,
        "shortlink": f"{site.human_url}/incidents/{trouble.id}",
        "started_at": _iso(first.at),
        "page_id": site.page_id,
        "incident_updates": [_update(trouble, number, post, now) for number, post in enumerate(posted)][::-1],
        "components": [
            _component(site, part, now, position)
            for position, part in enumerate(site.parts, 1)
            if part.id in trouble.parts
        ],
        **({"scheduled_for": _iso(window[0]), "scheduled_until": _iso(window[1])} if window else {}),
    }


def _update(trouble: Trouble, number: int, post: Said, now: datetime) -> Json:
    return {
        "id": f"{trouble.id[:9]}{number:03}",
        "status": post.phase,
        "body": post.text_at(now),
        "incident_id": trouble.id,
        "created_at": _iso(post.at),
        "updated_at": _iso(post.changed_at(now)),
        "display_at": _iso(post.at),
        "affected_components": None,
        "deliver_notifications": True,
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
