"""cState: systems, issues from two files, texts from the feed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import Impact, Level, Phase, Snapshot
from bot.monitor.parsing.assemble import EPOCH
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read
from tests.shelf import needs_pages, recorded

CSTATE = BY_KIND["cstate"]
FILES = ("index.json", "issues.json", "index.xml")


def whole(*names: str) -> Snapshot:
    return CSTATE.parse(ACME, tuple(page(f"cstate/{name}") for name in names), NOW)


def index(**changes: object) -> Row:
    systems = [{"name": "Crane", "category": "Port", "status": "ok", "unresolvedIssues": []}]
    return {"cStateVersion": "6.0", "summaryStatus": "ok", "systems": systems, "pinnedIssues": []} | changes


def test_systems_under_their_categories() -> None:
    snapshot = whole(*FILES)
    assert [(c.id, c.label, c.level) for c in snapshot.components] == [
        ("Crane", "Port / Crane", Level.MAJOR_OUTAGE),
        ("Gate", "Port / Gate", Level.MAJOR_OUTAGE),
        ("Buoy", "Sea / Buoy", Level.OPERATIONAL),
        ("Radar", "Sea / Radar", None),
    ]
    assert (snapshot.level, snapshot.status_text, snapshot.complete_since) == (Level.MAJOR_OUTAGE, "down", EPOCH)


def test_an_issue_of_two_systems_is_one_with_its_text() -> None:
    crane, berth, gate = whole(*FILES).incidents
    assert (crane.id, crane.phase, crane.impact, crane.components) == (
        "2026-06-01-crane",
        Phase.INVESTIGATING,
        Impact.CRITICAL,
        ("Crane", "Gate"),
    )
    assert crane.started == datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
    assert [(u.phase, u.text) for u in crane.updates] == [(None, "Monitoring - We pull.")]
    assert (berth.phase, berth.impact, berth.level) == (Phase.INVESTIGATING, Impact.NONE, Level.OPERATIONAL)
    assert (gate.phase, gate.resolved, gate.level) == (
        Phase.RESOLVED,
        datetime(2026, 4, 1, 9, 15, tzinfo=UTC),
        Level.DEGRADED,
    )


def test_the_first_file_alone_tells_what_is_open() -> None:
    snapshot = whole("index.json")
    assert [(i.id, i.phase) for i in snapshot.incidents] == [
        ("2026-06-01-crane", Phase.INVESTIGATING),
        ("2026-05-01-berth", None),
    ]
    assert snapshot.complete_since is None
    assert [i.id for i in whole("issues.json").incidents] == ["2026-06-01-crane", "2026-05-01-berth", "2026-04-01-gate"]


def test_a_broken_list_or_feed_takes_nothing_from_the_rest() -> None:
    broken = page("cstate/issues.json").content.replace(b"Gate slow", b'The "gate" is slow')
    feed = Body("https://status.acme.example/index.xml", b"<rss><channel>")
    snapshot = CSTATE.parse(ACME, (page("cstate/index.json"), body(broken), feed), NOW)
    assert ([i.title for i in snapshot.incidents], snapshot.complete_since) == (["Crane stuck", "New berth"], None)
    with pytest.raises(ParseFailed, match="broken"):
        CSTATE.parse(ACME, (body(broken),), NOW)


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("ok", Level.OPERATIONAL),
        ("notice", Level.DEGRADED),
        ("disrupted", Level.PARTIAL_OUTAGE),
        ("down", Level.MAJOR_OUTAGE),
        ("wobbly", None),
        (None, None),
    ],
)
def test_levels(status: object, level: Level | None) -> None:
    systems = [{"name": "Crane", "status": status, "unresolvedIssues": []}]
    assert read(index(systems=systems, summaryStatus=status), "cstate").level is level


def test_a_page_can_be_disrupted_without_an_issue() -> None:
    assert read(index(summaryStatus="disrupted"), "cstate").level is Level.PARTIAL_OUTAGE


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (index(systems=[{"status": "ok"}]), "no name"),
        (index(systems=[{"name": "x", "unresolvedIssues": [{"title": "x", "permalink": "/a/"}]}]), "time"),
        ({"is": "404", "title": "Error - Not Found"}, "format"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "cstate")


def test_a_feed_alone_tells_no_state() -> None:
    with pytest.raises(ParseFailed, match="no state"):
        whole("index.xml")


def test_what_is_asked_for() -> None:
    urls = CSTATE.state_urls("https://x.example/")
    assert urls == (
        "https://x.example/index.json",
        "https://x.example/issues/index.json",
        "https://x.example/index.xml",
    )
    assert all(CSTATE.state_urls(url) == urls for url in urls)


@needs_pages
@pytest.mark.parametrize("path", recorded("cstate/*.json", "examples/cstate/*.json"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    states = {"ok": 0, "notice": 2, "disrupted": 3, "down": 4}
    snapshot = read(Body(path.name, path.read_bytes()), "cstate")
    assert [(c.name, c.group, c.level) for c in snapshot.components] == [
        (system["name"], system["category"], states[system["status"]]) for system in raw["systems"]
    ]
    assert snapshot.level == max(states[raw["summaryStatus"]], *(states[s["status"]] for s in raw["systems"]))
    issues = {issue["title"]: issue for system in raw["systems"] for issue in system["unresolvedIssues"]}
    assert [i.title for i in snapshot.incidents] == list(issues)
    for incident in snapshot.incidents:
        issue = issues[incident.title]
        assert (incident.is_open, incident.resolved, issue["resolvedAt"]) == (True, None, "<no value>")
        assert incident.level is not None
        assert incident.level >= states[issue["severity"]]
        assert (incident.components, incident.url) == (tuple(issue["affected"]), issue["permalink"])
        assert incident.started == datetime.strptime(issue["createdAt"], "%Y-%m-%d %H:%M:%S %z UTC")
