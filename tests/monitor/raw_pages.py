"""What the raw body of a recorded page says, worked out without the parsers: a second reader of the platforms that
serve many vendors.

Each reader is as short as the facts in its file allow. ``...`` stands for what a body does not tell.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import EllipsisType
from typing import Any

GREEN, WORK, SLOW = "operational", "maintenance", "degraded"
PART, DOWN, DARK = "partial_outage", "major_outage", "unknown"
RANK = [GREEN, WORK, SLOW, PART, DOWN]
Says = str | None | EllipsisType
Part = tuple[str, str | None, str]
"""Name, group, level."""
Post = tuple[datetime, Says, str]
"""Time, phase, text."""


@dataclass
class Event:
    """``phase`` is that of the newest post where the body has no word of its own."""

    is_open: bool
    phase: Says = ...
    start: datetime | EllipsisType = ...
    end: datetime | EllipsisType | None = ...
    posts: Sequence[Post] = ()


@dataclass
class Raw:
    level: str
    parts: dict[str, Part] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)


def at(text: str) -> datetime:
    """Of ISO 8601; without a zone it is UTC."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def since_1970(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def worst(levels: Iterable[str]) -> str:
    """Of what is known; ``unknown`` where nothing is."""
    return max((level for level in levels if level in RANK), key=RANK.index, default=DARK)


def oldest_first(posts: Iterable[Post]) -> list[Post]:
    return sorted(posts, key=lambda post: post[0])


def loaded(path: Path) -> Any:
    return json.loads(path.read_bytes().decode("utf-16" if path.suffix == ".bin" else "utf-8-sig"), strict=False)


INSTATUS = {"OPERATIONAL": GREEN, "DEGRADEDPERFORMANCE": SLOW, "PARTIALOUTAGE": PART, "MAJOROUTAGE": DOWN}
INCIDENTIO = {
    "operational": GREEN,
    "under_maintenance": WORK,
    "degraded_performance": SLOW,
    "partial_outage": PART,
    "full_outage": DOWN,
}
PLANNED = {"maintenance_scheduled": "scheduled", "maintenance_in_progress": "in_progress"}


def betterstack(path: Path) -> Raw:
    raw = loaded(path)
    words = {"operational": GREEN, "degraded": SLOW, "downtime": DOWN, "maintenance": WORK}
    included = {(row["type"], row["id"]): row for row in raw["included"]}
    found = Raw(words[raw["data"]["attributes"]["aggregate_state"]])
    for (kind, key), row in included.items():
        said = row["attributes"]
        if kind == "status_page_resource":
            section = included["status_page_section", str(said["status_page_section_id"])]
            name = section["attributes"]["name"].strip()
            found.parts[key] = (said["public_name"].strip(), name, words[said["status"]])
        if kind == "status_report":
            linked = [included.get((u["type"], u["id"])) for u in row["relationships"]["status_updates"]["data"]]
            told = [update["attributes"] for update in linked if update]
            posts = oldest_first((at(each["published_at"]), ..., each["message"]) for each in told)
            over = said["aggregate_state"] == "resolved"
            phase = "resolved" if over else ...
            found.events[key] = Event(not over, phase, at(said["starts_at"]), posts=posts)
    return found


def incidentio(path: Path) -> Raw:
    raw = loaded(path.with_name(path.name.replace(".html", ".embedded.json")))
    if "page_title" in raw:
        lists = ("ongoing_incidents", "in_progress_maintenances", "scheduled_maintenances")
        told = [row for key in lists for row in raw[key]]
        named = [part for row in told for part in row["affected_components"]]
        rows = {c["id"]: (c["name"], c["group_name"], INCIDENTIO[c["current_status"]]) for c in named}
        posts = {r["id"]: [(at(r["last_update_at"]), phase_of(r), r["last_update_message"])] for r in told}
        events = {row["id"]: Event(True, phase_of(row), posts=posts[row["id"]]) for row in told}
        return Raw(worst(level for _, _, level in rows.values()), rows, events)
    raw = raw["summary"]
    affected = {row["component_id"]: INCIDENTIO[row["status"]] for row in raw["affected_components"]}
    parts: dict[str, Part] = {r["id"]: (r["name"], None, affected.get(r["id"], GREEN)) for r in raw["components"]}
    found = Raw(worst([GREEN, *affected.values()]), parts)
    for row in raw["ongoing_incidents"]:
        told = [(at(each["published_at"]), each["to_status"], each["message_string"]) for each in row["updates"]]
        found.events[row["id"]] = Event(True, row["status"], at(row["published_at"]), None, told)
    return found


def phase_of(row: dict[str, Any]) -> str:
    return str(PLANNED.get(row["status"], row["status"]))


def instatus(path: Path) -> Raw:
    raw = loaded(path.with_name(path.name.replace(".html", ".embedded.json")))
    site = raw.get("site") or {}
    rows = site.get("components") or raw.get("components") or []
    parts: dict[str, Part] = {
        row["id"]: (row["name"]["default"] if site else row["name"], None, INSTATUS[row["status"]]) for row in rows
    }
    found = Raw(worst([GREEN, *(level for _, _, level in parts.values())]), parts)
    for row in raw.get("activeIncidents", []):
        found.level = worst([found.level, INSTATUS[row["impact"]]])
        found.events[row["id"]] = Event(True, row["status"].lower(), at(row["started"]), None)
    for row in raw.get("activeMaintenances", []):
        found.events[row["id"]] = Event(True, {"NOTSTARTEDYET": "scheduled"}[row["status"]], at(row["start"]), None)
    return found


def statusio(path: Path) -> Raw:
    raw = loaded(path)["result"]
    codes = {100: GREEN, 200: WORK, 300: SLOW, 400: PART, 500: DOWN, 600: DOWN}
    states = {100: "investigating", 200: "identified", 300: "monitoring", 400: "resolved"}
    stages = {100: "scheduled", 200: "in_progress", 300: "verifying", 400: "completed"}
    parts: dict[str, Part] = {
        row["id"]: (row["name"].strip(), None, codes[row["status_code"]]) for row in raw["status"]
    }
    found = Raw(worst([codes[raw["status_overall"]["status_code"]], *(level for _, _, level in parts.values())]), parts)
    for row in raw["incidents"]:
        posts = [(at(m["datetime"]), states[m["state"]], m["details"]) for m in row["messages"]]
        found.events[row["_id"]] = Event(True, posts[-1][1], at(row["datetime_open"]), None, posts)
        found.level = worst([found.level, codes[row["messages"][-1]["status"]]])
    for key, phase in (("active", "in_progress"), ("upcoming", "scheduled")):
        for row in raw["maintenance"][key]:
            posts = [(at(m["datetime"]), stages[m["state"]], m["details"]) for m in row["messages"]]
            found.events[row["_id"]] = Event(True, phase, at(row["datetime_planned_start"]), None, posts)
    return found


def statuspal(path: Path) -> Raw:
    raw = loaded(path)
    types = {None: GREEN, "info": GREEN, "performance": SLOW, "minor": PART, "major": DOWN}
    types |= dict.fromkeys(("scheduled", "emergency-maintenance"), WORK)
    stages = {
        "issue": "investigating",
        "info": None,
        "essential": None,
        "monitoring": "monitoring",
        "scheduled": "scheduled",
    }
    found = Raw(types[raw["status_page"]["current_incident_type"]])

    def walk(rows: list[dict[str, Any]], group: str | None) -> None:
        for row in filter(None, rows):
            found.parts[str(row["id"])] = (row["name"], group, types[row["current_incident_type"]])
            walk(row["children"], row["name"])

    walk(raw["services"], None)
    planned = raw.get("upcoming_maintenances") or []
    for row in [*raw["incidents"], *raw["maintenances"], *planned]:
        said = sorted(row["updates"], key=lambda update: str(update["posted_at"]))
        posts = [(at(u["posted_at"]), stages[u["type"]], u["description"]) for u in said]
        over = row["ends_at"] is not None and row in raw["incidents"]
        phase = "resolved" if over else posts[-1][1]
        if row not in raw["incidents"]:
            phase = "in_progress" if row in raw["maintenances"] else "scheduled"
        start, end = at(row["starts_at"]), at(row["ends_at"]) if over else None
        found.events.setdefault(str(row["id"]), Event(not over, phase, start, end, posts))
    for row in raw.get("info_notices") or []:
        posts = [(at(u["posted_at"]), None, u["description"]) for u in row["updates"]]
        found.events[f"notice-{row['id']}"] = Event(False, None, ..., None, posts)
    return found


def pagerduty(path: Path) -> Raw:
    raw = loaded(path.with_name(path.name.replace(".html", ".embedded.json")))
    entries = raw["layout"]["layout_settings"]["business_services"]
    heads = {entry["id"]: entry["name"].strip() for entry in entries if entry.get("grouping_element")}
    under = {entry["id"]: entry.get("Head_ID", "") for entry in entries}
    summary = raw["summary"]
    assert not summary["open_incidents"]
    found = Raw(GREEN)
    for row in summary["post_status_page_services"]:
        if row["is_active"]:
            group = heads.get(under.get(row["external_business_service_id"], ""))
            found.parts[row["id"]] = (row["name"].strip(), group, GREEN)
    for row in summary["resolved_incidents"]:
        said = {"detected": "investigating"}
        posts = [(at(u["reported_at"]), said.get(u["status"], u["status"]), u["message"]) for u in row["updates"]]
        if row["postmortem"]:
            posts.append((at(row["postmortem"]["reported_at"]), "postmortem", row["postmortem"]["message"]))
        phase = "postmortem" if row["postmortem"] else "resolved"
        found.events[row["id"]] = Event(False, phase, posts=oldest_first(posts))
    return found


def uptimerobot(path: Path) -> Raw:
    raw = loaded(path)
    words = {"success": GREEN, "danger": DOWN, "black": DARK, "paused": DARK}
    rows = [raw["monitor"]] if "monitor" in raw else raw["psp"]["monitors"]
    parts: dict[str, Part] = {str(r["monitorId"]): (r["name"].strip(), None, words[r["statusClass"]]) for r in rows}
    return Raw(worst(level for _, _, level in parts.values()), parts)


def uptimekuma(path: Path) -> Raw:
    raw = loaded(path)
    if "heartbeatList" in raw:
        states = {0: DOWN, 1: GREEN, 3: WORK}
        beats = {key: states[beats[-1]["status"]] for key, beats in raw["heartbeatList"].items()}
        return Raw(worst(beats.values()), {key: (key, None, level) for key, level in beats.items()})
    rows = [(group["name"], row) for group in raw["publicGroupList"] for row in group["monitorList"]]
    return Raw(DARK, {str(row["id"]): (row["name"], group, DARK) for group, row in rows})


def cstate(path: Path) -> Raw:
    raw = loaded(path)
    words = {"ok": GREEN, "notice": SLOW, "disrupted": PART, "down": DOWN}
    # An issue that is about several systems marks each.
    found = Raw(words[raw["summaryStatus"]])
    for row in raw["systems"]:
        found.parts[row["name"]] = (row["name"], row["category"], words[row["status"]])
        for issue in row["unresolvedIssues"]:
            start = at(issue["createdAt"].removesuffix(" +0000 UTC"))
            found.events[issue["title"]] = Event(True, "investigating", start, None)
    return found


def cachet(path: Path) -> Raw:
    data = loaded(path)["data"]
    if isinstance(data, dict):
        return Raw({"success": GREEN, "info": SLOW, "danger": DOWN}[data["status"]])
    found = Raw(DARK)
    for row in data:
        if "incident_id" in row:
            post = (at(row["created_at"]), {4: "resolved"}[row["status"]], row["message"])
            found.events[str(row["incident_id"])] = Event(False, post[1], post[0], post[0], [post])
        elif "scheduled_at" in row:
            stage = {0: "scheduled", 1: "in_progress", 2: "completed"}[row["status"]]
            start, end = at(row["scheduled_at"]), at(row["completed_at"])
            told = [(at(row["created_at"]), ..., row["message"])]
            found.events[f"schedule-{row['id']}"] = Event(stage != "completed", stage, start, end, told)
        elif "message" in row:
            stages = {1: "investigating", 2: "identified", 3: "monitoring", 4: "resolved"}
            said = [(at(u["created_at"]), stages[u["status"]], u["message"]) for u in row["updates"]]
            start = at(row["occurred_at"])
            posts = [(start, None, row["message"]), *said]
            found.events[str(row["id"])] = Event(True, stages[row["latest_status"]], start, None, posts)
        elif "status" in row:
            found.parts[str(row["id"])] = (row["name"], None, {1: GREEN, 2: SLOW, 3: PART, 4: DOWN}[row["status"]])
            found.level = worst(level for _, _, level in found.parts.values())
    return found


def gatus(path: Path) -> Raw:
    rows = loaded(path)
    parts: dict[str, Part] = {
        row["key"]: (row["name"], row["group"], GREEN if row["results"][-1]["success"] else DOWN) for row in rows
    }
    return Raw(worst(level for _, _, level in parts.values()), parts)


def hund(path: Path) -> Raw:
    found = Raw(DARK)
    for row in loaded(path)["data"]:
        if row["type"] == "component":
            found.parts[row["id"]] = (row["name"], None, DARK)
        if row["type"] == "group":
            found.parts |= {part["id"]: (part["name"], row["name"], DARK) for part in row["components"]["data"]}
        # The second row of the example has the id of the first.
        if row["type"] == "issue" and row["schedule"]:
            found.level = WORK
            text = [(since_1970(row["created_at"]), None, row["body_html"])]
            found.events[row["id"]] = Event(True, "in_progress", since_1970(row["schedule"]["starts_at"]), None, text)
    return found


def ohdear(path: Path) -> Raw:
    raw = loaded(path)
    words = {"up": GREEN, "warning": SLOW, "down": DOWN}
    rows = [(group, row) for group, listed in raw["monitors"].items() for row in listed]
    parts: dict[str, Part] = {f"{g}/{row['label']}": (row["label"], g, words[row["status"]]) for g, row in rows}
    found = Raw(worst([words[raw["summarizedStatus"]], *(level for _, _, level in parts.values())]), parts)
    for day, listed in raw["updatesPerDay"].items():
        for row in listed:
            over = row["severity"] == "resolved"
            phase = "resolved" if over else "investigating"
            found.events[row["title"]] = Event(not over, phase, since_1970(int(day)))
    found.events[raw["pinnedUpdate"]["title"]] = Event(True, "scheduled")
    return found
