"""Oh Dear: monitors in groups, posts without ids."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import IncidentKind, Level, Phase
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import Row, page, read
from tests.shelf import needs_pages, recorded

OHDEAR = BY_KIND["ohdear"]
DAY = "1780272000"


def told(**changes: object) -> Row:
    monitors = {"Port": [{"label": "Crane", "status": "up"}]}
    return {"summarizedStatus": "up", "pinnedUpdate": None, "monitors": monitors, "updatesPerDay": []} | changes


def test_monitors() -> None:
    snapshot = read(page("ohdear/page.json"), "ohdear")
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("Port/Crane", "Crane", Level.MAJOR_OUTAGE),
        ("Port/Gate", "Gate", Level.OPERATIONAL),
        ("Sea/Crane", "Crane", Level.DEGRADED),
        ("Sea/Buoy", "Buoy", None),
    ]
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "warning")


def test_a_later_resolved_post_ends_those_before_it() -> None:
    posts = {i.title: i for i in read(page("ohdear/page.json"), "ohdear").incidents}
    crane, slow, rails = posts["Crane stuck"], posts["Gate slow"], posts["New rails"]
    assert (crane.phase, crane.level, crane.started) == (
        Phase.INVESTIGATING,
        Level.PARTIAL_OUTAGE,
        datetime(2026, 6, 1, 9, 30, tzinfo=UTC),
    )
    assert [u.text for u in crane.updates] == ["We pull."]
    assert (slow.phase, slow.resolved) == (Phase.RESOLVED, datetime(2026, 5, 31, tzinfo=UTC))
    assert (rails.kind, rails.phase) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED)
    assert (posts["Sale"].phase, posts["Sale"].impact) == (None, None)


@pytest.mark.parametrize(("status", "level"), [("up", 0), ("warning", 2), ("down", 4), ("unknown", None), (None, 0)])
def test_levels(status: object, level: int | None) -> None:
    assert read(told(summarizedStatus=status), "ohdear").level == level
    assert read(told(summarizedStatus=status, monitors=[]), "ohdear").level == (
        level or (0 if status == "up" else None)
    )


def test_a_pinned_post_is_that_of_its_day() -> None:
    pinned = {"title": "Crane", "severity": "high"}
    (one,) = read(told(pinnedUpdate=pinned, updatesPerDay={DAY: [pinned]}), "ohdear").incidents
    (other,) = read(told(updatesPerDay={DAY: [pinned]}), "ohdear").incidents
    assert (one.id, one.started) == (other.id, other.started)
    posts = {DAY: [{"title": "Over", "severity": "resolved"}, pinned]}
    phases = {i.title: i.phase for i in read(told(updatesPerDay=posts), "ohdear").incidents}
    assert phases == {"Crane": Phase.RESOLVED, "Over": Phase.RESOLVED}
    phases = {i.title: i.phase for i in read(told(pinnedUpdate=pinned, updatesPerDay=posts), "ohdear").incidents}
    assert phases["Crane"] is Phase.INVESTIGATING


@pytest.mark.parametrize(
    ("value", "reason"),
    [(told(monitors={"a": [{}]}), "no name"), (told(monitors={"a": 1}), "not a list"), ({"monitors": {}}, "format")],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "ohdear")


def test_what_is_asked_for() -> None:
    for url in ("https://status.acme.example/", "https://status.acme.example/json"):
        assert OHDEAR.state_urls(url) == ("https://status.acme.example/json",)


@needs_pages
@pytest.mark.parametrize("path", recorded("examples/ohdear/*.json"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    states = {"up": Level.OPERATIONAL, "warning": Level.DEGRADED, "down": Level.MAJOR_OUTAGE}
    snapshot = read(Body(path.name, path.read_bytes()), "ohdear")
    assert [(c.group, c.name, c.level) for c in snapshot.components] == [
        (group, m["label"], states[m["status"]]) for group, monitors in raw["monitors"].items() for m in monitors
    ]
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, raw["summarizedStatus"])
    posts = {p["title"]: int(day) for day, listed in sorted(raw["updatesPerDay"].items()) for p in listed}
    by_day = {i.title: i.started.timestamp() for i in snapshot.incidents if i.title != raw["pinnedUpdate"]["title"]}
    assert by_day == posts
    assert [i.title for i in snapshot.incidents if i.is_open] == ["Newer", raw["pinnedUpdate"]["title"]]
