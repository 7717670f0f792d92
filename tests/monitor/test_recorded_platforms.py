"""Real pages of the platforms that are not Statuspage's, held against a second reader of their raw bodies."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Slug
from bot.monitor.detect import recognise
from bot.monitor.provider import Body
from bot.monitor.providers import BY_KIND
from bot.monitor.snapshot_json import to_json
from tests.monitor import raw_pages, raw_vendors
from tests.monitor.raw_pages import Raw, at
from tests.shelf import needs_pages, recorded

pytestmark = needs_pages

NOW = datetime(2026, 11, 1, tzinfo=UTC)
READERS: dict[str, Callable[[Path], Raw]] = {
    "gcp": raw_vendors.google,
    "googleworkspace": raw_vendors.google,
    **{name: getattr(raw_vendors, name) for name in ["apple", "aws", "azure", "heroku", "infomaniak", "m365", "slack"]},
    **{
        name: getattr(raw_pages, name)
        for name in [
            "betterstack",
            "cachet",
            "cstate",
            "gatus",
            "hund",
            "incidentio",
            "instatus",
            "ohdear",
            "pagerduty",
            "statusio",
            "statuspal",
            "uptimekuma",
            "uptimerobot",
        ]
    },
}
"""By the folder that the recorded pages of a platform stand in."""
KINDS = {"gcp": "google", "googleworkspace": "google"}
OVER = {"resolved", "postmortem", "completed"}
PAGES = [
    path
    for path in recorded("**/*.*")
    if path.parent.name in READERS
    # Their own tests read these: a feed of updates, one of states, HTML without data, Statuspage's format.
    and not (path.suffix == ".xml" and path.parent.name == "aws")
    and not (path.suffix == ".html" and path.parent.name == "betterstack")
    and "compat" not in path.name
]


def told(path: Path) -> tuple[Raw, dict[str, Any]]:
    kind = KINDS.get(path.parent.name, path.parent.name)
    given = Body(path.name, path.read_bytes())
    assert recognise(given) == kind
    snapshot = BY_KIND[kind].parse(Slug("acme"), (given,), NOW)
    found: dict[str, Any] = json.loads(json.dumps(to_json(None, kind, path.name, snapshot)))
    return READERS[path.parent.name](path), found


def key_of(incident: dict[str, Any], raw: Raw) -> str:
    """cState and Oh Dear have no ids: there a title is what both readers have."""
    return str(incident["id"] if incident["id"] in raw.events else incident["title"])


def letters(markup: str) -> str:
    """What is left of a text whose markup is off, whichever markup it was; links may be written out."""
    text = html.unescape(re.sub(r"<[^<>]*>", "", html.unescape(markup)))
    return re.sub(r"https?://\S+|[\W_]", "", text)


def each_page(test: Any) -> Any:
    return pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}-{path.name}")(test)


@each_page
def test_the_level(path: Path) -> None:
    raw, found = told(path)
    assert found["level"] == raw.level


@each_page
def test_the_components(path: Path) -> None:
    raw, found = told(path)
    assert {c["id"]: (c["name"], c["group"], c["level"]) for c in found["components"]} == raw.parts
    assert len(found["components"]) == len(raw.parts)


@each_page
def test_what_is_open(path: Path) -> None:
    raw, found = told(path)
    listed = {key_of(i, raw): i["phase"] is not None and i["phase"] not in OVER for i in found["incidents"]}
    if path.suffix == ".html":
        # It also shows what is over, which the data that was taken out of it does not hold.
        listed = {key: is_open for key, is_open in listed.items() if is_open or key in raw.events}
    assert listed == {key: event.is_open for key, event in raw.events.items()}


@each_page
def test_phases_and_times(path: Path) -> None:
    raw, found = told(path)
    for incident in found["incidents"]:
        event = raw.events.get(key_of(incident, raw))
        if event is None:
            continue
        assert event.phase in (..., incident["phase"])
        assert event.start in (..., at(incident["started_at"]))
        assert event.end in (..., incident["resolved_at"] and at(incident["resolved_at"]))
        assert (incident["resolved_at"] is None) is (incident["phase"] not in OVER)


@each_page
def test_updates_oldest_first(path: Path) -> None:
    raw, found = told(path)
    for incident in found["incidents"]:
        updates = incident["updates"]
        event = raw.events.get(key_of(incident, raw))
        if event is None:
            continue
        assert [at(update["at"]) for update in updates] == [time for time, _, _ in event.posts]
        for update, (_, phase, text) in zip(updates, event.posts, strict=True):
            assert phase in (..., update["phase"])
            assert letters(update["text"]) == letters(text)
            assert update["at"].endswith("Z")
            assert not re.search(r"&(?:amp|lt|gt|quot|nbsp|#\d+);|</?(?:p|br|div|b|strong|a)\b", update["text"])


def test_every_recorded_page_is_held_against_a_second_reading() -> None:
    elsewhere = {"statuspage", "statusiq", "aws/rss", "betterstack/buildjet", "compat"}
    left = [path for path in recorded("**/*.*") if path not in PAGES and path.suffix not in (".csv", ".md")]
    assert [path for path in left if not any(each in str(path) for each in elsewhere)] == []
