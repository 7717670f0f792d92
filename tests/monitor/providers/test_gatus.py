"""Gatus: endpoints by their newest result, announcements."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import Impact, Level, Phase
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read
from tests.shelf import needs_pages, recorded

GATUS = BY_KIND["gatus"]
BOTH = (page("gatus/statuses.json"), page("gatus/config.json"))


def endpoint(*results: object) -> list[Row]:
    return [{"name": "crane", "group": "port", "key": "port_crane", "results": [{"success": r} for r in results]}]


def test_each_endpoint_is_what_its_newest_result_says() -> None:
    snapshot = GATUS.parse(ACME, BOTH, NOW)
    assert [(c.id, c.label, c.level) for c in snapshot.components] == [
        ("port_crane", "port / crane", Level.MAJOR_OUTAGE),
        ("_gate", "gate", Level.OPERATIONAL),
        ("sea_buoy", "sea / buoy", None),
    ]
    assert snapshot.level is Level.MAJOR_OUTAGE


@pytest.mark.parametrize(
    ("results", "level"),
    [
        ((False, True), Level.OPERATIONAL),
        ((True, False), Level.MAJOR_OUTAGE),
        ((), None),
        ((True, None), None),
        ((True, "true"), None),
    ],
)
def test_levels(results: tuple[object, ...], level: Level | None) -> None:
    assert read(endpoint(*results), "gatus").level is level


def test_announcements_end_with_a_later_operational_one() -> None:
    rope, slow, opens, crane = GATUS.parse(ACME, BOTH, NOW).incidents
    assert (crane.title, crane.phase, crane.impact, crane.level) == (
        "The crane is **stuck**.",
        Phase.INVESTIGATING,
        Impact.CRITICAL,
        Level.MAJOR_OUTAGE,
    )
    assert [u.text for u in crane.updates] == ["The crane is **stuck**.\nWe pull."]
    assert (slow.phase, slow.impact, slow.resolved) == (
        Phase.RESOLVED,
        Impact.MINOR,
        datetime(2026, 6, 2, 12, tzinfo=UTC),
    )
    assert (opens.phase, opens.level) == (Phase.RESOLVED, Level.OPERATIONAL)
    assert (rope.phase, rope.impact, rope.level) == (Phase.RESOLVED, None, None)


def test_a_green_page_with_a_warning_is_not_green() -> None:
    told = {"timestamp": "2026-06-02T10:00:00Z", "type": "warning", "message": "Slow."}
    config = {"oidc": False, "authenticated": True, "announcements": [told]}
    assert GATUS.parse(ACME, (body(endpoint(True)), body(config)), NOW).level is Level.DEGRADED
    assert GATUS.parse(ACME, (body(endpoint(True)), body(config | {"announcements": []})), NOW).level == 0
    old = {"oidc": True, "authenticated": True}
    assert GATUS.parse(ACME, (body(endpoint(True)), body(old)), NOW).level is Level.OPERATIONAL
    told["type"] = "sale"
    assert GATUS.parse(ACME, (body(endpoint(True)), body(config)), NOW).level is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([{"name": "x", "key": "", "results": []}], "no key"),
        ({"oidc": True, "authenticated": False, "announcements": []}, "no endpoints"),
        ({"oidc": True, "authenticated": True, "announcements": [{"message": "x"}]}, "no time"),
        ({"error": "x"}, "format"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(body(value), "gatus")


def test_what_is_asked_for() -> None:
    urls = GATUS.state_urls("https://x.example/")
    assert urls[0] == "https://x.example/api/v1/endpoints/statuses?page=1&pageSize=20"
    assert all(GATUS.state_urls(url) == urls for url in urls)


@needs_pages
@pytest.mark.parametrize("path", recorded("examples/gatus/*.json"), ids=lambda path: path.name)
def test_recorded_endpoints(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    snapshot = read(Body(path.name, path.read_bytes()), "gatus")
    assert [(c.id, c.name, c.group) for c in snapshot.components] == [(e["key"], e["name"], e["group"]) for e in raw]
    up = [endpoint["results"][-1]["success"] for endpoint in raw]
    assert [c.level for c in snapshot.components] == [Level.OPERATIONAL if u else Level.MAJOR_OUTAGE for u in up]
    assert snapshot.level is (Level.OPERATIONAL if all(up) else Level.MAJOR_OUTAGE)
