"""FireHydrant: a whole past in one file, and the customer's own names for what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import body, page, read

PAYLOAD = page("firehydrant/payload.json")


def whole(**changes: object) -> dict[str, Any]:
    return dict(json.loads(PAYLOAD.content) | changes)


def one(**changes: object) -> dict[str, Any]:
    row = json.loads(PAYLOAD.content)["incidents"][0] | changes
    return whole(incidents=[row])


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_quiet() -> None:
    snapshot = read(body(whole(incidents=[])), "firehydrant")
    assert (snapshot.level, snapshot.complete_since) == (Level.OPERATIONAL, None)
    assert {c.level for c in snapshot.components} == {Level.OPERATIONAL}


def test_components_are_green_unless_something_open_says_otherwise() -> None:
    snapshot = read(PAYLOAD, "firehydrant")
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("c1", "Kettle & tap", Level.DEGRADED),
        ("c2", "Cellar", Level.MAINTENANCE),
        ("c3", "Bar", Level.OPERATIONAL),
    ]
    assert (snapshot.level, snapshot.complete_since) == (Level.DEGRADED, utc("2026-05-01T10:00"))


def test_incidents() -> None:
    slow, cleaning, beer = read(PAYLOAD, "firehydrant").incidents
    assert (slow.phase, slow.impact, slow.level) == (Phase.INVESTIGATING, Impact.MINOR, Level.DEGRADED)
    assert [(u.id, u.at, u.text) for u in slow.updates] == [
        ("t1", utc("2026-06-03T10:10"), "We look at the kettle."),
        ("t2", utc("2026-06-03T10:50"), "A valve is stuck."),
    ]
    assert (cleaning.kind, cleaning.phase, cleaning.effective_level) == (
        IncidentKind.MAINTENANCE,
        Phase.IN_PROGRESS,
        Level.MAINTENANCE,
    )
    assert cleaning.started == utc("2026-06-03T10:00")
    assert (beer.phase, beer.resolved, beer.level) == (Phase.RESOLVED, utc("2026-05-01T12:00"), Level.MAJOR_OUTAGE)


def note(minute: int, text: str) -> dict[str, Any]:
    at = f"2026-06-03T10:{minute:02}:00Z"
    return {"id": f"n{minute}", "time": at, "occurredAt": at, "details": {"note": {"note": text}}}


def milestone(minute: int, reached: str) -> dict[str, Any]:
    at = f"2026-06-03T10:{minute:02}:00Z"
    return {"time": at, "occurredAt": at, "details": {"milestoneUpdate": {"currentMilestone": reached}}}


def test_milestones_between_the_notes_tell_their_stage() -> None:
    timeline = [
        note(50, "All is well."),
        milestone(45, "resolved"),
        note(40, "It holds."),
        milestone(40, "mitigated"),
        note(30, "Still the valve."),
        milestone(25, "seventh_heaven"),
        milestone(20, "identified"),
        note(10, "We look."),
    ]
    (found,) = read(body(one(timeline=timeline)), "firehydrant").incidents
    assert [(u.id, u.phase) for u in found.updates] == [
        ("n10", None),
        ("n30", Phase.IDENTIFIED),
        ("n40", Phase.MONITORING),
        ("n50", Phase.RESOLVED),
    ]
    # No time of an end is told: then it is not over.
    assert (found.phase, found.is_open) == (Phase.INVESTIGATING, True)


def test_so_do_the_labels_of_notes_that_came_from_another_platform() -> None:
    texts = ["➡️ **Investigating** — Slow.", "➡️ **Monitoring** — It runs.", "Resolved - Over.", "Monitoring is blind."]
    timeline = [note(minute, text) for minute, text in enumerate(texts)][::-1]
    (found,) = read(body(one(timeline=timeline)), "firehydrant").incidents
    assert [u.phase for u in found.updates] == [Phase.INVESTIGATING, Phase.MONITORING, Phase.RESOLVED, None]
    assert [u.text for u in found.updates] == texts
    over = {"started": "2026-06-03T10:00:00Z", "resolved": "2026-06-03T10:02:00Z"}
    (planned,) = read(
        body(one(timeline=timeline, severitySlug="MAINTENANCE", timestamps=over)), "firehydrant"
    ).incidents
    assert [u.phase for u in planned.updates] == [Phase.IN_PROGRESS, Phase.IN_PROGRESS, Phase.COMPLETED, None]
    assert (planned.phase, planned.resolved) == (Phase.COMPLETED, utc("2026-06-03T10:02"))


@pytest.mark.parametrize(
    ("timestamps", "phase"),
    [
        ({}, Phase.INVESTIGATING),
        ({"acknowledged": "2026-06-03T10:01:00Z"}, Phase.INVESTIGATING),
        ({"identified": "2026-06-03T10:02:00Z", "investigating": "2026-06-03T10:01:00Z"}, Phase.IDENTIFIED),
        ({"mitigated": "2026-06-03T10:03:00Z", "identified": "2026-06-03T10:02:00Z"}, Phase.MONITORING),
    ],
)
def test_how_far_an_open_incident_got(timestamps: dict[str, str], phase: Phase) -> None:
    times = {"started": "2026-06-03T10:00:00Z"} | timestamps
    (found,) = read(body(one(timestamps=times, timeline=[])), "firehydrant").incidents
    assert (found.phase, found.resolved) == (phase, None)


@pytest.mark.parametrize(
    ("given", "level"),
    [
        (one(severitySlug="wobbly", components=[{"id": "c1", "condition": "Closed"}]), Level.MAJOR_OUTAGE),
        (one(severitySlug="SEV1", components=[]), Level.MAJOR_OUTAGE),
        (one(severitySlug="wobbly", components=[{"id": "c1", "condition": "Odd"}]), None),
        (one(severitySlug="UNSET", components=[]), None),
        (one(severitySlug="UNSET", components=[{"id": "c1", "condition": "OFFLINE"}]), Level.MAJOR_OUTAGE),
    ],
)
def test_unknown_words_are_not_green(given: dict[str, Any], level: Level | None) -> None:
    assert read(body(given), "firehydrant").level == level


@pytest.mark.parametrize(
    "value",
    [
        {"incidents": []},
        whole(incidents={}),
        whole(components=[{"name": "no id"}]),
        one(id=None),
        one(timestamps={}, timeline=[]),
    ],
)
def test_what_cannot_be_read_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "firehydrant")


def test_what_is_asked_for() -> None:
    url = "https://status.acme.example/data/payload.json"
    assert BY_KIND["firehydrant"].state_urls("https://status.acme.example/") == (url,)
    assert BY_KIND["firehydrant"].state_urls(url) == (url,)
