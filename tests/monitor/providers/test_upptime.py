"""Upptime: sites from a repository's file, incidents from its issues."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, Row, body, page, read

UPPTIME = BY_KIND["upptime"]
SUMMARY = "https://raw.githubusercontent.com/acme/status/master/history/summary.json"


def test_sites() -> None:
    snapshot = read(page("upptime/summary.json"), "upptime")
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("crane", "Crane", Level.MAJOR_OUTAGE),
        ("gate", "Gate", Level.OPERATIONAL),
        ("buoy", "Buoy", Level.DEGRADED),
        ("radar", "Radar", None),
    ]
    assert (snapshot.level, snapshot.incidents) == (Level.MAJOR_OUTAGE, ())


def test_a_quiet_page() -> None:
    site: Row = {"slug": "a", "name": "A", "status": "up", "uptime": "100.00%"}
    assert read([site], "upptime").level is Level.OPERATIONAL
    assert read([site, site | {"slug": "b", "status": "dizzy"}], "upptime").level is None


def test_issues_are_incidents_and_planned_ones_have_their_window_in_a_comment() -> None:
    crane, rails, gate = UPPTIME.parse_history(ACME, (page("upptime/issues.json"),)).incidents
    assert (crane.id, crane.phase, crane.impact, crane.components) == (
        "9",
        Phase.INVESTIGATING,
        Impact.CRITICAL,
        ("crane",),
    )
    assert [u.text for u in crane.updates] == ["In `abc`, Crane was **down**:\n- HTTP code: 500"]
    assert (rails.kind, rails.phase, rails.components) == (
        IncidentKind.MAINTENANCE,
        Phase.SCHEDULED,
        ("crane", "gate"),
    )
    assert (rails.started, rails.planned_end) == (
        datetime(2026, 8, 1, 6, tzinfo=UTC),
        datetime(2026, 8, 1, 9, tzinfo=UTC),
    )
    assert [u.text for u in rails.updates] == ["We lay rails."]
    assert (gate.phase, gate.impact, gate.resolved) == (
        Phase.RESOLVED,
        Impact.MINOR,
        datetime(2026, 5, 1, 9, 40, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "format"),
        ({"message": "API rate limit exceeded for 192.0.2.1."}, "format"),
        ([{"slug": "", "status": "up", "uptime": "1%"}], "no slug"),
        ([{"labels": [], "html_url": "x", "state": "open"}], "no number"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(body(value), "upptime")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/status",
        "https://github.com/acme/status/issues/3",
        "https://acme.github.io/status/",
        "https://api.github.com/repos/acme/status/issues",
        SUMMARY,
    ],
)
def test_what_is_asked_for(url: str) -> None:
    assert UPPTIME.state_urls(url) == (SUMMARY,)
    assert UPPTIME.history_urls(url) == (
        "https://api.github.com/repos/acme/status/issues?labels=status&state=all&per_page=50",
    )


def test_the_html_of_a_page_tells_its_repository() -> None:
    html = (
        '<!doctype html><html><link rel="icon" href="https://raw.githubusercontent.com/upptime/upptime/master/a.png">'
        '<a href="https://github.com/acme/status">GitHub</a><p>Powered by <a href="https://upptime.js.org">Upptime</a>'
    )
    assert UPPTIME.page_url_in(Body("https://status.acme.example/", html.encode())) == "https://github.com/acme/status"
    assert UPPTIME.page_url_in(Body("https://status.acme.example/", html.replace("pptime", "").encode())) is None
    assert UPPTIME.page_url_in(body(json.loads(page("upptime/summary.json").content))) is None
