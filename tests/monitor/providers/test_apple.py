"""Apple: services with their events, in three wrappings."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import Row, body, page, read
from tests.shelf import needs_pages, recorded

APPLE = BY_KIND["apple"]
DATA = "https://www.apple.com/support/systemstatus/data"


def event(**changes: object) -> Row:
    return {
        "messageId": "1",
        "statusType": "Issue",
        "eventStatus": "ongoing",
        "message": "Slow.",
        "epochStartDate": 1780308000000,
    } | changes


def services(*events: Row) -> Row:
    return {"drMessage": None, "services": [{"serviceName": "Store", "redirectUrl": None, "events": list(events)}]}


def test_quiet_as_plain_json() -> None:
    snapshot = read(page("apple/quiet.json"), "apple")
    assert (snapshot.level, snapshot.incidents) == (Level.OPERATIONAL, ())
    assert [(c.name, c.level) for c in snapshot.components] == [("Made-up Store", Level.OPERATIONAL)]


@pytest.mark.parametrize(
    ("before", "after"), [(b"", b""), (b"jsonCallback(", b");"), (b"\xef\xbb\xbf", b""), (b"\xef\xbb\xbfcb (", b")\n")]
)
def test_wrappings_read_alike(before: bytes, after: bytes) -> None:
    content = page("apple/quiet.json").content
    given = Body("", before + content + after)
    assert APPLE.recognises(given)
    assert read(given, "apple") == read(page("apple/quiet.json"), "apple")


def test_events() -> None:
    snapshot = read(page("apple/status.js"), "apple")
    assert snapshot.level is Level.MAJOR_OUTAGE
    assert [(c.name, c.level) for c in snapshot.components] == [
        ("Made-up Store", Level.MAJOR_OUTAGE),
        ("Made-up Music", Level.MAJOR_OUTAGE),
        ("Made-up Maps", Level.OPERATIONAL),
        ("Made-up Mail", Level.OPERATIONAL),
    ]
    outage, slow, work = snapshot.incidents
    # One event stands under each service that it is about.
    assert (outage.id, outage.title, outage.components) == (
        "4001",
        "Made-up Store: Outage",
        ("Made-up Store", "Made-up Music"),
    )
    assert (outage.phase, outage.impact) == (Phase.INVESTIGATING, Impact.CRITICAL)
    assert outage.started == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert [(u.at.hour, u.text) for u in outage.updates] == [(12, "Nobody can buy.\nSome users are affected")]
    assert (slow.phase, slow.resolved) == (Phase.RESOLVED, datetime(2026, 5, 31, 11, tzinfo=UTC))
    assert (work.kind, work.phase) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED)
    # Without the epoch fields the written times are all there is, in the zone that they name.
    assert (work.started, work.planned_end) == (
        datetime(2026, 7, 2, 10, tzinfo=UTC),
        datetime(2026, 7, 2, 11, tzinfo=UTC),
    )
    assert work.updates[0].at == datetime(2026, 5, 30, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "level", "phase"),
    [
        ({}, Level.DEGRADED, Phase.INVESTIGATING),
        ({"statusType": "Maintenance"}, Level.MAINTENANCE, Phase.IN_PROGRESS),
        ({"statusType": "Maintenance", "eventStatus": "completed"}, Level.OPERATIONAL, Phase.COMPLETED),
        ({"statusType": "Wobbly"}, None, Phase.INVESTIGATING),
        ({"eventStatus": "wobbly"}, None, None),
        ({"eventStatus": "resolved", "statusType": "Wobbly"}, Level.OPERATIONAL, Phase.RESOLVED),
    ],
)
def test_words(changes: Row, level: Level | None, phase: Phase | None) -> None:
    snapshot = read(body(services(event(**changes))), "apple")
    assert (snapshot.level, snapshot.components[0].level, snapshot.incidents[0].phase) == (level, level, phase)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"services": []},
        {"services": [{"events": []}]},
        services(event(messageId=None)),
        services(event(epochStartDate="soon")),
        {"services": [{"serviceName": "x", "events": 3}]},
    ],
)
def test_what_cannot_be_told_apart_or_placed_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "apple")


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://www.apple.com/support/systemstatus", f"{DATA}/system_status_en_US.js"),
        ("https://developer.apple.com/system-status/", f"{DATA}/developer/system_status_en_US.js"),
        (f"{DATA}/system_status_de_DE.js", f"{DATA}/system_status_de_DE.js"),
        ("https://status.acme.example/", "https://status.acme.example/"),
    ],
)
def test_what_is_asked_for(url: str, asked: str) -> None:
    assert APPLE.state_urls(url) == (asked,)


@needs_pages
@pytest.mark.parametrize("path", recorded("examples/apple/*.js"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    told = json.loads(re.sub(r"^\w+\(|\);?\s*$", "", path.read_text()))
    snapshot = read(Body(str(path), path.read_bytes()), "apple")
    open_events = {
        s["serviceName"]: [e for e in s["events"] if e["eventStatus"] == "ongoing"] for s in told["services"]
    }
    assert {c.name: c.level is not Level.OPERATIONAL for c in snapshot.components} == {
        name: bool(events) for name, events in open_events.items()
    }
    assert snapshot.level is Level.MAJOR_OUTAGE
    events = [(service["serviceName"], each) for service in told["services"] for each in service["events"]]
    for (service, each), incident in zip(events, snapshot.incidents, strict=True):
        assert (incident.id, incident.components) == (each["messageId"], (service,))
        assert incident.started.timestamp() * 1000 == each["epochStartDate"]
        assert incident.is_open is (each["eventStatus"] == "ongoing")
        assert each["message"] in incident.updates[0].text
