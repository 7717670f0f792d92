"""The demo's pages as Atlassian Statuspage v2 would serve them at a given time. Pure: site and time in, JSON out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.cli.demo.story import Component, Incident, Post, Site

ENDED = frozenset({"resolved", "postmortem", "completed"})
INDICATORS = {
    "operational": "none",
    "under_maintenance": "none",
    "degraded_performance": "minor",
    "partial_outage": "major",
    "major_outage": "critical",
}
RANK = {name: rank for rank, name in enumerate(("none", "minor", "major", "critical"))}
DESCRIPTIONS = {
    "none": "All Systems Operational",
    "minor": "Minor Service Outage",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
}

Json = dict[str, Any]


def summary(site: Site, now: datetime) -> Json:
    """``summary.json``: everything that is open now."""
    indicator = max((INDICATORS[component.status(now)] for component in site.components), key=RANK.__getitem__)
    return {
        "page": _page(site, now),
        "status": {"indicator": indicator, "description": DESCRIPTIONS[indicator]},
        "components": _components(site, now),
        "incidents": _listed(site, now, planned=False, ended=False),
        "scheduled_maintenances": _listed(site, now, planned=True, ended=False),
    }


def incidents(site: Site, now: datetime) -> Json:
    """``incidents.json``: ended ones too, newest first."""
    return {
        "page": _page(site, now),
        "incidents": _listed(site, now, planned=False, ended=True),
    }


def maintenances(site: Site, now: datetime) -> Json:
    """``scheduled-maintenances.json``: completed ones too, newest first."""
    return {
        "page": _page(site, now),
        "scheduled_maintenances": _listed(site, now, planned=True, ended=True),
    }


def _listed(site: Site, now: datetime, *, planned: bool, ended: bool) -> list[Json]:
    """Newest first."""
    incidents = [incident for incident in site.incidents if (incident.planned is not None) == planned]
    known = [incident for incident in incidents if incident.posts_until(now)]
    known.sort(key=lambda incident: incident.posts[0].at, reverse=True)
    listed = [incident for incident in known if ended or incident.posts_until(now)[-1].phase not in ENDED]
    return [_incident(site, incident, now) for incident in listed]


def _page(site: Site, now: datetime) -> Json:
    changed = max((at for at in site.change_times() if at <= now), default=now)
    return {
        "id": site.page_id,
        "name": site.name,
        "url": site.human_url,
        "time_zone": "Etc/UTC",
        "updated_at": _iso(changed),
    }


def _components(site: Site, now: datetime) -> list[Json]:
    rows = [_component(site, component, now, position) for position, component in enumerate(site.components, 1)]
    for name in dict.fromkeys(component.group for component in site.components if component.group):
        children = [row for row, component in zip(rows, site.components, strict=True) if component.group == name]
        group = _component(site, Component(_group_id(site, name), name, None), now, len(rows) + 1)
        group |= {"group": True, "components": [row["id"] for row in children]}
        group["status"] = max((row["status"] for row in children), key=lambda status: RANK[INDICATORS[status]])
        rows.append(group)
    return rows


def _component(site: Site, component: Component, now: datetime, position: int) -> Json:
    changed = max(
        (at for at, _ in component.status_changes if at <= now), default=datetime(2025, 1, 1, tzinfo=now.tzinfo)
    )
    return {
        "id": component.id,
        "name": component.name,
        "status": component.status(now),
        "created_at": "2025-01-01T00:00:00.000Z",
        "updated_at": _iso(changed),
        "position": position,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": _group_id(site, component.group) if component.group else None,
        "page_id": site.page_id,
        "group": False,
        "only_show_if_degraded": False,
    }


def _group_id(site: Site, name: str) -> str:
    return (site.page_id[:4] + name.lower() + "xxxxxxxx")[:12]


def _incident(site: Site, incident: Incident, now: datetime) -> Json:
    posted = incident.posts_until(now)
    first, newest = posted[0], posted[-1]
    ends = [post.at for post in posted if post.phase in ENDED and post.phase != "postmortem"]
    window = incident.planned
    return {
        "id": incident.id,
        "name": incident.title,
        "status": newest.phase,
        "created_at": _iso(first.at),
        "updated_at": _iso(max(post.changed_at(now) for post in posted)),
        "monitoring_at": next((_iso(post.at) for post in posted if post.phase == "monitoring"), None),
        "resolved_at": _iso(ends[-1]) if ends and newest.phase in ENDED else None,
        "impact": incident.impact,
        "shortlink": f"{site.human_url}/incidents/{incident.id}",
        "started_at": _iso(first.at),
        "page_id": site.page_id,
        "incident_updates": [_update(incident, number, post, now) for number, post in enumerate(posted)][::-1],
        "components": [
            _component(site, component, now, position)
            for position, component in enumerate(site.components, 1)
            if component.id in incident.component_ids
        ],
        **({"scheduled_for": _iso(window[0]), "scheduled_until": _iso(window[1])} if window else {}),
    }


def _update(incident: Incident, number: int, post: Post, now: datetime) -> Json:
    return {
        "id": f"{incident.id[:9]}{number:03}",
        "status": post.phase,
        "body": post.text_at(now),
        "incident_id": incident.id,
        "created_at": _iso(post.at),
        "updated_at": _iso(post.changed_at(now)),
        "display_at": _iso(post.at),
        "affected_components": None,
        "deliver_notifications": True,
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
