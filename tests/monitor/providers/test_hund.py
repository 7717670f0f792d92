"""Hund: a feed, the first event of a stream, and an API behind a key."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, body, page, read
from tests.shelf import needs_pages, recorded

HUND = BY_KIND["hund"]
FEED, STREAM, ISSUES = (page(f"hund/{name}") for name in ("feed.atom", "stream.txt", "issues.json"))


def event(**changes: object) -> dict[str, Any]:
    data = STREAM.content.decode().split("data: ")[1].split("\n")[0]
    return dict(json.loads(data) | changes)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_feed_tells_issues_and_no_state() -> None:
    snapshot = read(FEED, "hund")
    assert (snapshot.level, snapshot.components) == (None, ())
    assert [(i.id[-2:], i.title, i.phase) for i in snapshot.incidents] == [
        ("b7", "Slow proxies", Phase.MONITORING),
        ("a0", "No proxies", Phase.RESOLVED),
    ]


def test_the_streams_first_event_tells_the_state() -> None:
    snapshot = read(STREAM, "hund")
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "degraded")
    assert [(c.label, c.level) for c in snapshot.components] == [
        ("Regions / Delft", Level.OPERATIONAL),
        ("Regions / Leeds & York", Level.MAJOR_OUTAGE),
        ("Regions / Lyon", None),
    ]
    (cut,) = snapshot.incidents
    assert (cut.phase, cut.impact, cut.started) == (Phase.IDENTIFIED, Impact.CRITICAL, utc("2026-06-03T10:00"))
    assert read(body(event()), "hund") == snapshot


@pytest.mark.parametrize(("state", "level"), [("operational", Level.OPERATIONAL), ("asleep", None)])
def test_quiet(state: str, level: Level | None) -> None:
    assert read(body(event(state=state, groups=[], issues=[])), "hund").level == level


def test_the_apis_issues() -> None:
    cables, leeds, old = read(ISSUES, "hund").incidents
    assert (cables.kind, cables.phase) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED)
    assert (cables.started, cables.planned_end) == (utc("2026-09-21T14:13:20"), utc("2026-09-21T15:13:20"))
    assert cables.updates[0].text == "Work on cables."
    assert [(u.id, u.phase, u.text) for u in leeds.updates] == [
        (leeds.id, Phase.INVESTIGATING, "Down."),
        ("u1", Phase.IDENTIFIED, "Found."),
        ("u2", Phase.MONITORING, "Up?"),
    ]
    assert (leeds.phase, leeds.level) == (Phase.MONITORING, Level.MAJOR_OUTAGE)
    assert (old.kind, old.phase, old.resolved) == (
        IncidentKind.MAINTENANCE,
        Phase.COMPLETED,
        utc("2026-05-28T20:41:40"),
    )


def test_planned_work_has_the_stages_of_work() -> None:
    told = json.loads(ISSUES.content)
    told["data"][1] |= {"schedule": {"starts_at": 1780480800, "started": True, "ended": False}}
    work = read(body(told), "hund").incidents[1]
    assert (work.kind, work.phase) == (IncidentKind.MAINTENANCE, Phase.IN_PROGRESS)
    assert [u.phase for u in work.updates] == [Phase.IN_PROGRESS, Phase.IN_PROGRESS, Phase.VERIFYING]


@pytest.mark.parametrize(
    "value",
    [
        {"type": "paged_array", "data": []},
        {"state": "operational", "groups": {}},
        event(issues=[{"title": "x"}]),
        event(groups=[{"components": [{"name": "no id"}]}]),
        STREAM.content[:200],
        b"event: ping\ndata: {}\n\n",
    ],
)
def test_what_cannot_be_read_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "hund")


def test_what_is_asked_for() -> None:
    assert HUND.state_urls("https://acme.hund.io") == ("https://acme.hund.io/state_feed/feed",)


@needs_pages
@pytest.mark.parametrize("path", recorded("examples/hund/*.json"), ids=lambda path: path.name)
def test_recorded_examples(path: Path) -> None:
    raw = json.loads(path.read_bytes())["data"]
    given = Body(str(path), path.read_bytes())
    assert HUND.recognises(given)
    snapshot = HUND.parse(ACME, (given,), NOW)
    match path.stem:
        case "components":
            assert [(c.id, c.name) for c in snapshot.components] == [(row["id"], row["name"]) for row in raw]
        case "groups":
            assert [(c.id, c.name, c.group) for c in snapshot.components] == [
                (row["id"], row["name"], group["name"]) for group in raw for row in group["components"]["data"]
            ]
        case "issues":
            # Both examples have one id.
            (issue,) = snapshot.incidents
            assert (issue.id, issue.title) == (raw[0]["id"], raw[0]["title"])
            assert issue.started == datetime.fromtimestamp(raw[0]["schedule"]["starts_at"], UTC)
            assert list(issue.components) == [row["id"] for row in raw[0]["components"]["data"]]
        case _:
            assert (snapshot.components, snapshot.incidents, snapshot.level) == ((), (), None)
