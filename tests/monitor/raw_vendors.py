"""As :mod:`tests.monitor.raw_pages`, for the platforms of one vendor."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from tests.monitor.raw_pages import (
    DARK,
    DOWN,
    GREEN,
    PART,
    SLOW,
    WORK,
    Event,
    Part,
    Post,
    Raw,
    at,
    loaded,
    oldest_first,
    since_1970,
    worst,
)

SWISS_TIME = ZoneInfo("Europe/Zurich")


def aws(path: Path) -> Raw:
    found = Raw(DARK)
    codes = {"0": GREEN, "1": SLOW, "2": PART, "3": DOWN}
    for row in loaded(path):
        for key, part in row["impacted_services"].items():
            region = row["arn"].split(":")[3]
            key = key if key.endswith(region) else f"{key}-{region}"
            found.parts[key] = (part["service_name"], region, codes[str(part["current"])])
        posts = [(since_1970(e["timestamp"]), None, e["message"]) for e in row["event_log"]]
        open_now = row["status"] != "0"
        start = since_1970(int(row["date"]))
        found.events[row["arn"]] = Event(open_now, "investigating", start, None, oldest_first(posts))
        found.level = worst([found.level, codes[row["status"]], *(level for _, _, level in found.parts.values())])
    return found


def azure(path: Path) -> Raw:
    found = Raw(GREEN)
    for item in ElementTree.parse(path).getroot().iter("item"):
        start = parsedate_to_datetime((item.findtext("pubDate") or "").replace("Z", "+0000")).astimezone(UTC)
        key = f"{item.findtext('guid')}@{start:%Y%m%dT%H%M%SZ}"
        posts: list[Post] = [(start, None, item.findtext("description") or "")]
        found.events[key] = Event(True, "investigating", start, None, posts)
        services = [each.text or "" for each in item.findall("category") if each.text != "West US"]
        found.parts |= {name: (name, None, SLOW) for name in services}
        found.level = SLOW
    return found


def google(path: Path) -> Raw:
    raw = loaded(path)
    impacts = {"low": SLOW, "medium": PART, "high": DOWN}
    found = Raw(GREEN)
    for row in [raw] if isinstance(raw, dict) else raw:
        open_now = row.get("end") is None
        level = impacts[row["severity"]] if open_now else GREEN
        found.level = worst([found.level, level])
        for product in row["affected_products"]:
            found.parts[product["id"]] = (product.get("current_title", product["title"]), None, level)
        told = row.get("updates") or [row["most_recent_update"]]
        posts = oldest_first((at(u["when"]), ..., u["text"]) for u in told[::-1])
        phase = ... if open_now else "resolved"
        end = None if open_now else at(row["end"])
        found.events[row["id"]] = Event(open_now, phase, at(row["begin"]), end, posts)
    return found


def heroku(path: Path) -> Raw:
    raw = loaded(path)
    colours = {"green": GREEN, "blue": WORK, "yellow": SLOW, "red": DOWN}
    parts: dict[str, Part] = {row["system"]: (row["system"], None, colours[row["status"]]) for row in raw["status"]}
    found = Raw(worst(level for _, _, level in parts.values()), parts)
    words = {"issue": "investigating"}
    for row in raw["incidents"]:
        told = [
            (at(u["created_at"]), words.get(u["update_type"], u["update_type"]), u["contents"]) for u in row["updates"]
        ]
        found.events[str(row["id"])] = Event(
            row["state"] == "open", told[0][1], at(row["created_at"]), None, oldest_first(told)
        )
    for row in raw["scheduled"]:
        stages = {"maintenance": "in_progress", "resolved": "completed", "scheduled": "scheduled"}
        told = [(at(u["created_at"]), stages[u["update_type"]], u["contents"]) for u in row["updates"]]
        # It is stale: its newest words say that it is complete.
        found.events[str(row["id"])] = Event(False, "completed", posts=oldest_first(told))
    return found


def infomaniak(path: Path) -> Raw:
    found = Raw(GREEN)
    for row in loaded(path)["data"]:
        planned = row["type"].startswith(("enhancement", "maintenance"))
        open_now = row["status"] == "inprogress"
        phase = ("in_progress" if planned else "investigating") if open_now else "completed" if planned else "resolved"
        end = None if open_now else since_1970(row["ended_at"])
        start = since_1970(row["started_at"])
        said = next(said for said in row["description"]["translations"] if said["language"] == "en")
        posts: list[Post] = [(start, ..., said["body"])]
        for comment in row["comments"] if isinstance(row["comments"], list) else []:
            english = next(said for said in comment["translation"] if said["language"] == "en")
            said_at = comment["started_at"]
            # Where it is no number it is the time in Switzerland.
            local = datetime.fromisoformat(said_at).replace(tzinfo=SWISS_TIME) if isinstance(said_at, str) else None
            posts.append((local.astimezone(UTC) if local else since_1970(said_at), ..., english["body"]))
        found.events[str(row["id"])] = Event(open_now, phase, start, end, oldest_first(posts))
        level = (WORK if planned else DOWN if row["type"] == "critical" else SLOW) if open_now else GREEN
        found.level = worst([found.level, level])
        for part in row["services"]:
            key, known = str(part["id"]), found.parts.get(str(part["id"]), ("", None, GREEN))[2]
            found.parts[key] = (part["name"], None, worst([known, level]))
    return found


def m365(path: Path) -> Raw:
    raw = loaded(path)
    words = {"Available": GREEN, "serviceOperational": GREEN, "serviceDegradation": SLOW}
    if "value" in raw:
        parts: dict[str, Part] = {r["id"]: (r["service"].strip(), None, words[r["status"]]) for r in raw["value"]}
        return Raw(worst(level for _, _, level in parts.values()), {key.strip(): part for key, part in parts.items()})
    return Raw(words[raw["Status"]], {"Microsoft 365": ("Microsoft 365", None, words[raw["Status"]])})


def slack(path: Path) -> Raw:
    raw = loaded(path)
    found = Raw({"ok": GREEN, "active": DARK}[raw["status"]])
    for row in raw["active_incidents"]:
        level = {"outage": DOWN, "incident": SLOW, "notice": GREEN}[row["type"]]
        found.level = worst([found.level, level])
        found.parts |= {name: (name, None, level) for name in row["services"]}
        posts = oldest_first((at(note["date_created"]), None, note["body"]) for note in row["notes"])
        found.events[str(row["id"])] = Event(True, "investigating", at(row["date_created"]), None, posts)
    return found


def apple(path: Path) -> Raw:
    raw = json.loads(path.read_text("utf-8").strip().removeprefix("jsonCallback(").removesuffix(";").removesuffix(")"))
    found = Raw(GREEN)
    for service in raw["services"]:
        level = GREEN
        for row in service["events"]:
            open_now = row["eventStatus"] == "ongoing"
            level = {"Outage": DOWN}[row["statusType"]] if open_now else level
            month, day, year, hour, minute = map(int, re.findall(r"\d+", row["datePosted"]))
            posted = at(f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00-07:00")
            text = f"{row['message']} {row['usersAffected']}"
            start = since_1970(row["epochStartDate"] / 1000)
            found.events[row["messageId"]] = Event(open_now, "investigating", start, None, [(posted, None, text)])
        found.parts[service["serviceName"]] = (service["serviceName"], None, level)
        found.level = worst([found.level, level])
    return found
