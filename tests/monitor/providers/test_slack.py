"""Slack: what is going on in one list, what is over in another."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.news import judge
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read
from tests.shelf import needs_pages, recorded

SLACK = BY_KIND["slack"]


def test_quiet() -> None:
    snapshot = read(page("slack/quiet.json"), "slack")
    assert (snapshot.level, snapshot.status_text, snapshot.incidents) == (Level.OPERATIONAL, "ok", ())
    assert snapshot.page_updated_at == "2026-06-01T04:00:00-07:00"


def test_what_is_going_on() -> None:
    snapshot = read(page("slack/active.json"), "slack")
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "active")
    outage, notice, work = snapshot.incidents
    assert (outage.id, outage.title, outage.phase, outage.impact) == (
        "2001",
        "Nobody can & may log in",
        Phase.INVESTIGATING,
        Impact.CRITICAL,
    )
    assert outage.url == "https://slack-status.com/2026-06/abc"
    assert outage.started == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert [(u.at.hour, u.text) for u in outage.updates] == [
        (10, "It is the first."),
        (11, "It is the second."),
        (12, "It is the third."),
    ]
    assert (notice.id, notice.impact, notice.level, notice.updates) == ("2002", Impact.NONE, Level.OPERATIONAL, ())
    assert notice.started == datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert (work.kind, work.phase, work.impact) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED, Impact.MAINTENANCE)
    assert {c.id: c.level for c in snapshot.components} == {
        "Login/SSO": Level.MAJOR_OUTAGE,
        "Messaging": Level.MAJOR_OUTAGE,
        "Search": Level.OPERATIONAL,
    }


def test_a_notice_alone_is_green() -> None:
    row = json.loads(page("slack/active.json").content)
    assert read(body(row | {"active_incidents": row["active_incidents"][1:2]}), "slack").level is Level.OPERATIONAL


@pytest.mark.parametrize(
    "change", [{"active_incidents": []}, {"status": "wobbly", "active_incidents": []}, {"type": "wobbly"}]
)
def test_what_is_not_understood_is_not_green(change: Row) -> None:
    row = json.loads(page("slack/active.json").content)
    one = row["active_incidents"][1]
    whole = row | change if "active_incidents" in change else row | {"active_incidents": [one | change]}
    assert read(body(whole), "slack").level is None


def test_an_incident_that_left_is_found_in_the_history() -> None:
    history = SLACK.parse_history(ACME, (page("slack/history.json"),))
    files, work = history.incidents
    assert (files.phase, files.resolved) == (Phase.RESOLVED, datetime(2026, 5, 20, 12, tzinfo=UTC))
    assert [u.phase for u in files.updates] == [None, Phase.RESOLVED]
    assert (work.kind, work.phase) == (IncidentKind.MAINTENANCE, Phase.COMPLETED)
    assert history.complete_since is None
    open_row = json.loads(page("slack/history.json").content)[0] | {"status": "active", "services": ["Files"]}
    quiet = read(page("slack/quiet.json"), "slack")
    current = json.loads(page("slack/quiet.json").content)
    before = read(body(current | {"status": "active", "active_incidents": [open_row]}), "slack")
    after = judge(before, quiet, NOW, history=history).snapshot.incident("1990")
    assert after is not None
    assert (after.phase, after.components) == (Phase.RESOLVED, ("Files",))


@pytest.mark.parametrize(
    "value", [{}, {"active_incidents": []}, {"status": "ok"}, [{"id": 1}], {"status": "ok"} | {"x": 1}]
)
def test_what_is_not_slacks_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "slack")


def test_what_is_asked_for() -> None:
    assert SLACK.state_urls("https://status.slack.com/") == ("https://slack-status.com/api/v2.0.0/current",)
    assert SLACK.history_urls("https://slack-status.com") == ("https://slack-status.com/api/v2.0.0/history",)
    assert SLACK.state_urls("https://status.acme.example/") == ("https://status.acme.example/",)


@needs_pages
@pytest.mark.parametrize("path", recorded("slack/*.json"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    told = json.loads(path.read_bytes())
    snapshot = read(Body(str(path), path.read_bytes()), "slack")
    kinds = {each["type"] for each in told["active_incidents"]}
    assert kinds <= {"incident"}
    assert snapshot.level is (Level.DEGRADED if kinds else Level.OPERATIONAL)
    assert snapshot.status_text == told["status"]
    assert {c.name for c in snapshot.components} == {s for each in told["active_incidents"] for s in each["services"]}
    for each, incident in zip(told["active_incidents"], snapshot.incidents, strict=True):
        assert (incident.id, incident.title, incident.url) == (str(each["id"]), each["title"], each["url"])
        assert incident.started == datetime.fromisoformat(each["date_created"])
        assert incident.is_open
        assert incident.components == tuple(each["services"])
        assert [(u.at, u.text) for u in incident.updates] == [
            (datetime.fromisoformat(note["date_created"]), note["body"]) for note in each["notes"]
        ]
