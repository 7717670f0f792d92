"""Uptime Kuma: monitors by their newest beat, banners, maintenances under way."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase, Snapshot
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read
from tests.shelf import needs_pages, recorded

KUMA = BY_KIND["uptimekuma"]


def whole() -> Snapshot:
    return KUMA.parse(ACME, (page("uptimekuma/page.json"), page("uptimekuma/heartbeat.json")), NOW)


def small(**changes: object) -> Row:
    groups = [{"id": 1, "name": "Port", "monitorList": [{"id": 1, "name": "Crane"}]}]
    return {"config": {"slug": "main"}, "incident": None, "publicGroupList": groups, "maintenanceList": []} | changes


def beats(*statuses: object) -> Row:
    return {"heartbeatList": {"1": [{"status": status, "time": "2026-07-01 11:00:00.000"} for status in statuses]}}


def of(*values: object) -> Snapshot:
    return KUMA.parse(ACME, tuple(map(body, values)), NOW)


def test_each_monitor_is_what_its_newest_beat_says() -> None:
    snapshot = whole()
    assert [(c.id, c.label, c.level) for c in snapshot.components] == [
        ("11", "Port / Crane", Level.MAJOR_OUTAGE),
        ("12", "Port / Gate", Level.OPERATIONAL),
        ("13", "Port / New gate", None),
        ("14", "Sea / Buoy", None),
        ("15", "Sea / Radar", Level.MAINTENANCE),
    ]
    assert snapshot.level is Level.MAJOR_OUTAGE


@pytest.mark.parametrize(
    ("statuses", "level"),
    [
        ((0, 1), Level.OPERATIONAL),
        ((1, 0), Level.MAJOR_OUTAGE),
        ((1, 2), None),
        ((1, 3), Level.MAINTENANCE),
        ((1, 4), None),
        ((1, "x"), None),
        ((), None),
    ],
)
def test_levels(statuses: tuple[object, ...], level: Level | None) -> None:
    assert of(small(), beats(*statuses)).level is level


def test_the_page_without_its_beats_says_nothing_of_its_state_and_the_beats_alone_all() -> None:
    assert (of(small()).level, of(small()).components[0].name) == (None, "Crane")
    assert (of(beats(1)).level, of(beats(1)).components[0].id) == (Level.OPERATIONAL, "1")


def test_banners_are_open_and_about_no_monitor() -> None:
    crane, hours = whole().incidents[:2]
    assert (crane.id, crane.phase, crane.impact, crane.level, crane.components) == (
        "4",
        Phase.INVESTIGATING,
        Impact.CRITICAL,
        Level.MAJOR_OUTAGE,
        (),
    )
    assert [(u.phase, u.at, u.text) for u in crane.updates] == [
        (None, datetime(2026, 6, 1, 9, 30, tzinfo=UTC), "The crane is **stuck**.")
    ]
    assert (hours.impact, hours.level, hours.phase) == (None, None, Phase.INVESTIGATING)


def test_a_banner_of_version_1_and_a_colour_that_says_nothing() -> None:
    banner: Row = {"id": 2, "style": "light", "title": "Hello", "content": "", "createdDate": "2026-06-01 09:30:00"}
    snapshot = of(small(incident=banner), beats(1))
    assert (snapshot.incidents[0].title, snapshot.level) == ("Hello", Level.OPERATIONAL)
    assert of(small(incident=banner | {"style": "warning"}), beats(1)).level is Level.DEGRADED
    assert of(small(incident=banner)).level is None


def test_maintenances_in_their_zone_each_turn_by_itself() -> None:
    radar, weekly, by_hand = whole().incidents[2:]
    assert {i.kind for i in (radar, weekly, by_hand)} == {IncidentKind.MAINTENANCE}
    assert (radar.id, radar.started, radar.planned_end) == (
        "maintenance-7",
        datetime(2026, 7, 1, 10, tzinfo=UTC),
        datetime(2026, 7, 1, 14, tzinfo=UTC),
    )
    assert (weekly.id, weekly.phase) == ("maintenance-8-20260701T110000Z", Phase.IN_PROGRESS)
    assert (by_hand.id, by_hand.started) == ("maintenance-9", datetime(2026, 7, 1, tzinfo=UTC))


def test_the_history_of_version_2_tells_the_end() -> None:
    told = {"id": 4, "title": "Crane", "style": "danger", "content": "x", "active": False, "pin": False}
    times = {"createdDate": "2026-06-01 09:30:00", "lastUpdatedDate": "2026-06-01 10:30:00"}
    history = KUMA.parse_history(ACME, (body({"ok": True, "incidents": [told | times, told | times | {"id": 3}]}),))
    assert [(i.id, i.phase, i.resolved) for i in history.incidents] == [
        ("4", Phase.RESOLVED, datetime(2026, 6, 1, 10, 30, tzinfo=UTC)),
        ("3", Phase.RESOLVED, datetime(2026, 6, 1, 10, 30, tzinfo=UTC)),
    ]
    assert history.complete_since is None
    with pytest.raises(ParseFailed):
        KUMA.parse_history(ACME, (body({"status": "fail", "msg": "Not Found"}),))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (small(publicGroupList=[]), "no monitors"),
        (small(publicGroupList=[{"monitorList": [{"name": "x"}]}]), "no id"),
        (small(incidents=[{"id": 1, "title": "x"}]), "time"),
        ({"status": "fail", "msg": "Status Page Not Found"}, "format"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        of(value)


def test_what_is_asked_for() -> None:
    urls = ("https://x.example/api/status-page/main", "https://x.example/api/status-page/heartbeat/main")
    for page_url in ("https://x.example/status/main", "https://x.example/status/main/", *urls):
        assert KUMA.state_urls(page_url) == urls
    assert KUMA.history_urls("https://x.example/status/main") == (urls[0] + "/incident-history",)
    assert KUMA.state_urls("https://x.example")[0] == "https://x.example/api/status-page/default"
    assert KUMA.pages_at("https://x.example") == ()
    assert KUMA.pages_at("https://x.example/status/main") == ("https://x.example/status/main",)


def test_the_html_of_a_page_tells_its_slug() -> None:
    html = (
        b"<!DOCTYPE html><html><script>window.preloadData = {'config':{'slug':'main-2','title':'A'}};</script></html>"
    )
    assert KUMA.page_url_in(Body("https://x.example/", html)) == "https://x.example/status/main-2"
    assert KUMA.page_url_in(Body("https://x.example/", b"<html></html>")) is None


@needs_pages
def test_recorded_pages() -> None:
    told, beat = (json.loads(path.read_bytes()) for path in reversed(recorded("uptimekuma/*.json")))
    states = {0: Level.MAJOR_OUTAGE, 1: Level.OPERATIONAL, 3: Level.MAINTENANCE}
    snapshot = of(told, beat)
    expected = [
        (
            str(monitor["id"]),
            monitor["name"],
            group["name"],
            states[beat["heartbeatList"][str(monitor["id"])][-1]["status"]],
        )
        for group in told["publicGroupList"]
        for monitor in group["monitorList"]
    ]
    assert [(c.id, c.name, c.group, c.level) for c in snapshot.components] == expected
    assert (snapshot.level, snapshot.incidents) == (max(level for *_, level in expected), ())
    assert (read(told, "uptimekuma").level, read(beat, "uptimekuma").level) == (None, Level.OPERATIONAL)


def test_ids_of_beats_are_text_that_can_be_kept() -> None:
    told = b'{"heartbeatList": {"\\ud800": [{"status": 0}], "7": [{"status": 1}]}}'
    assert [c.id for c in of(told).components] == ["7"]
