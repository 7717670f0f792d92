"""UptimeRobot: monitors over several answers, and a count over all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Level
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read
from tests.shelf import needs_pages, recorded

ROBOT = BY_KIND["uptimerobot"]
LIST = "https://stats.uptimerobot.com/api/getMonitorList/aBc123"
FIRST, SECOND = page("uptimerobot/list.json"), page("uptimerobot/list_2.json")


def listing(status: object, **counts: int) -> Row:
    monitors = [{"monitorId": 1, "name": "Crane", "statusClass": status}]
    return {"status": "ok", "psp": {"monitors": monitors}, "statistics": {"counts": counts}}


def test_monitors_of_all_pages() -> None:
    snapshot = ROBOT.parse(ACME, (FIRST, SECOND), NOW)
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("101", "Crane & hook", Level.OPERATIONAL),
        ("102", "Gate", Level.DEGRADED),
        ("103", "Buoy", None),
        ("104", "Radar", Level.MAJOR_OUTAGE),
        ("105", "Horn", Level.OPERATIONAL),
    ]
    assert (snapshot.level, snapshot.status_text, snapshot.incidents) == (Level.MAJOR_OUTAGE, "1 monitor down", ())


def test_the_count_tells_of_a_monitor_whose_page_was_not_read() -> None:
    assert ROBOT.parse(ACME, (FIRST,), NOW).level is Level.MAJOR_OUTAGE


def test_one_monitor_alone_and_the_newer_list() -> None:
    assert [c.name for c in read(page("uptimerobot/single.json"), "uptimerobot").components] == ["Crane"]
    assert [c.level for c in read(page("uptimerobot/data.json"), "uptimerobot").components] == [0, None]


@pytest.mark.parametrize(
    ("status", "counts", "level"),
    [
        ("success", {"up": 1, "down": 0}, Level.OPERATIONAL),
        ("danger", {"up": 0, "down": 1}, Level.MAJOR_OUTAGE),
        ("danger", {}, Level.MAJOR_OUTAGE),
        ("warning", {"up": 1, "down": 0}, Level.DEGRADED),
        ("black", {"up": 0, "down": 0, "paused": 1}, None),
        ("black", {"up": 5, "down": 0, "paused": 1}, Level.OPERATIONAL),
        ("sideways", {}, None),
        ("success", {"up": 1, "down": 2}, Level.MAJOR_OUTAGE),
    ],
)
def test_levels(status: str, counts: dict[str, int], level: Level | None) -> None:
    assert read(listing(status, **counts), "uptimerobot").level is level


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"status": "ok", "psp": {"monitors": []}}, "no monitors"),
        ({"status": "ok", "psp": {"monitors": [{"statusClass": "success"}]}}, "no id"),
        ({"status": "error", "message": "x"}, "refuses"),
        ({"status": "ok"}, "format"),
        ({"status": "ok", "data": [{"id": 1}]}, "format"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "uptimerobot")


def test_what_is_asked_for() -> None:
    for url in (LIST, f"{LIST}?page=1", f"{LIST}/", "https://stats.uptimerobot.com/aBc123"):
        assert ROBOT.state_urls(url) == (f"{LIST}?page=1",)
    own = "https://status.acme.example"
    assert ROBOT.state_urls(f"{own}/api/getMonitorList/aBc123") == (f"{own}/api/getMonitorList/aBc123?page=1",)
    assert ROBOT.state_urls(own) == (own,)


def test_the_first_page_tells_how_many_follow() -> None:
    assert ROBOT.more_urls(LIST, (FIRST,)) == (f"{LIST}?page=2",)
    assert ROBOT.more_urls(LIST, (page("uptimerobot/single.json"),)) == ()
    many = json.loads(FIRST.content)
    many["psp"]["totalMonitors"] = 10**9
    assert len(ROBOT.more_urls(LIST, (body(many),))) == 9
    many["psp"] |= {"totalMonitors": -5, "perPage": 0}
    assert ROBOT.more_urls(LIST, (body(many),)) == ()
    with pytest.raises(ParseFailed):
        ROBOT.more_urls(LIST, (body({}),))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"window.pspApiPath = '{LIST}';", LIST),
        ('pspApiPath="/api/getMonitorList/x-1"', "https://status.acme.example/api/getMonitorList/x-1"),
        ("window.pspApiPath = 'http://[/api/getMonitorList/x';", None),
    ],
)
def test_the_html_of_a_page_tells_where_its_data_is(said: str, told: str | None) -> None:
    html = Body("https://status.acme.example/", f"<!doctype html><html><script>{said}</script></html>".encode())
    assert ROBOT.page_url_in(html) == told


@needs_pages
@pytest.mark.parametrize("path", recorded("uptimerobot/*.json"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    raw: dict[str, Any] = json.loads(path.read_bytes())
    told = [raw["monitor"]] if "monitor" in raw else raw["psp"]["monitors"]
    states = {"success": Level.OPERATIONAL, "danger": Level.MAJOR_OUTAGE, "black": None}
    snapshot = read(Body(path.name, path.read_bytes()), "uptimerobot")
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        (str(m["monitorId"]), m["name"], states[m["statusClass"]]) for m in told
    ]
    counts = raw["statistics"]["counts"]
    assert sum(c.level is Level.MAJOR_OUTAGE for c in snapshot.components) == counts["down"]
    expected = Level.MAJOR_OUTAGE if counts["down"] else Level.OPERATIONAL if counts["up"] else None
    assert (snapshot.level, snapshot.status_text) == (expected, raw["statistics"]["count_result"])
