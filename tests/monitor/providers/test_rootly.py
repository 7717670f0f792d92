"""Rootly: like Statuspage, and not to be taken for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.detect import recognise
from bot.monitor.parsing.assemble import EPOCH
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, body, page, read

ROOTLY = BY_KIND["rootly"]
STATUS = page("rootly/status.json")


def whole(indicator: object = "none", *incidents: dict[str, object]) -> dict[str, Any]:
    found = json.loads(STATUS.content)
    found["status"]["indicator"] = indicator
    found["incidents"] = list(incidents)
    return dict(found)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("indicator", "level"),
    [
        ("none", Level.OPERATIONAL),
        ("minor", Level.DEGRADED),
        ("major", Level.MAJOR_OUTAGE),
        ("maintenance", Level.MAINTENANCE),
        ("wobbly", None),
    ],
)
def test_indicators(indicator: str, level: Level | None) -> None:
    given = body(whole(indicator))
    assert recognise(given) == "rootly"
    assert read(given, "rootly").level == level


def test_an_incident_is_known_by_its_address() -> None:
    slow = read(STATUS, "rootly").incidents[0]
    assert (slow.id, slow.phase, slow.impact, slow.level) == ("abc123", Phase.IDENTIFIED, Impact.MINOR, Level.DEGRADED)
    assert (slow.started, slow.resolved) == (utc("2026-06-03T10:30"), None)
    assert [(u.id, u.phase, u.text) for u in slow.updates] == [
        ("abc123:20260603T103500Z.01", Phase.INVESTIGATING, "We look at it."),
        ("abc123:20260603T110000Z.01", Phase.IDENTIFIED, "We found a queue."),
    ]


def test_a_maintenance() -> None:
    racks = read(STATUS, "rootly").incidents[1]
    assert (racks.kind, racks.phase, racks.effective_level) == (
        IncidentKind.MAINTENANCE,
        Phase.SCHEDULED,
        Level.OPERATIONAL,
    )


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({"status": "mitigated"}, Phase.MONITORING),
        ({"status": "resolved"}, Phase.RESOLVED),
        ({"status": "started", "resolved_at": "2026-06-03T12:00:00Z"}, Phase.RESOLVED),
        ({"status": "wobbly"}, None),
    ],
)
def test_stages(changes: dict[str, object], phase: Phase | None) -> None:
    row: dict[str, object] = {"name": "x", "started_at": "2026-06-03T10:00:00Z", "impact": "odd"}
    (found,) = read(body(whole("none", row | changes)), "rootly").incidents
    assert (found.phase, found.id, found.level) == (phase, "incident-20260603T100000Z", None)


def test_a_second_reading_tells_that_what_it_lacks_is_over() -> None:
    url = "https://status.acme.example/api/v1/status.json"
    assert ROOTLY.state_urls("https://status.acme.example/") == ROOTLY.history_urls(url) == (url,)
    history = ROOTLY.parse_history(ACME, (STATUS,))
    assert (len(history.incidents), history.complete_since) == (2, EPOCH)


@pytest.mark.parametrize(
    "value",
    [
        {"page": {"id": "x", "url": "y", "time_zone": "z"}, "status": {"indicator": "none"}, "incidents": []},
        {"page": {"url": "y", "time_zone": "z"}, "incidents": []},
        whole("none", {"name": "x", "started_at": "yesterday", "status": "started"}),
        whole("none", {"id": "x", "name": "x"}),
        whole() | {"incidents": {}},
    ],
)
def test_what_cannot_be_read_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "rootly")
