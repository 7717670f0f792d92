"""Freshstatus: a list of incidents and maintenances, found through the HTML."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import Row, body, page, read

FRESH = BY_KIND["freshstatus"]
API = "https://public-api.freshstatus.io/v1/public-incidents/"


def at(hour: int, minute: int = 0, day: int = 30, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def told(**changes: object) -> Row:
    raw = {"id": 1, "title": "X", "start_time": "2026-06-30T09:00:00Z", "end_time": None}
    return {"count": 1, "results": [raw | changes]}


def test_an_incident_with_its_updates() -> None:
    crane = read(page("freshstatus/incidents.json"), "freshstatus").incidents[0]
    assert (crane.id, crane.title, crane.phase, crane.started) == ("404", "Crane stuck", Phase.IDENTIFIED, at(9))
    assert (crane.impact, crane.level, crane.resolved) == (Impact.CRITICAL, Level.MAJOR_OUTAGE, None)
    assert [(u.at, u.phase, u.text) for u in crane.updates] == [
        (at(9), None, "It hangs."),
        (at(9, 40), Phase.IDENTIFIED, "A bolt."),
    ]


def test_a_code_that_nobody_knows_is_kept() -> None:
    lamp = read(page("freshstatus/incidents.json"), "freshstatus").incidents[1]
    assert (lamp.phase, lamp.impact, lamp.raw_impact, lamp.level) == (Phase.INVESTIGATING, None, "ZZ", None)


def test_what_is_planned_and_what_is_over() -> None:
    ropes, gate = read(page("freshstatus/incidents.json"), "freshstatus").incidents[2:]
    assert (ropes.kind, ropes.phase) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED)
    assert (ropes.started, ropes.planned_end) == (at(2, day=3, month=7), at(4, day=3, month=7))
    assert (gate.phase, gate.resolved, gate.impact) == (Phase.RESOLVED, at(11, day=20), Impact.MINOR)


def test_the_page_is_as_bad_as_what_is_open() -> None:
    assert read(page("freshstatus/incidents.json"), "freshstatus").level is Level.MAJOR_OUTAGE
    assert read(told(end_time="2026-06-30T10:00:00Z"), "freshstatus").level is Level.OPERATIONAL
    assert read({"count": 0, "results": []}, "freshstatus").level is Level.OPERATIONAL
    assert read(told(), "freshstatus").level is None


@pytest.mark.parametrize(
    ("start", "end", "phase"),
    [
        ("2026-07-02T00:00:00Z", None, Phase.SCHEDULED),
        ("2026-07-01T11:00:00Z", None, Phase.IN_PROGRESS),
        ("2026-07-01T11:00:00Z", "2026-07-01T11:30:00Z", Phase.COMPLETED),
        ("2026-07-01T11:00:00Z", "2026-07-01T13:00:00Z", Phase.IN_PROGRESS),
    ],
)
def test_a_maintenance_by_its_times(start: str, end: str | None, phase: Phase) -> None:
    told_ = told(is_planned=True, scheduled_start_time=start, end_time=end)
    assert [i.phase for i in read(told_, "freshstatus").incidents] == [phase]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"results": {}}, "not in Freshstatus' format"),
        ({"results": [{"id": 1}]}, "not in Freshstatus' format"),
        (told(start_time="soon"), "no time"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "freshstatus")


def test_the_html_tells_the_account() -> None:
    assert FRESH.page_url_in(page("freshstatus/page.html")) == f"{API}?account_id=8123"
    for content, account in (
        (b"<html>freshstatus <img src='/x?account_id=65'></html>", "65"),
        (b'<html>freshstatus {"accountId":"7"}</html>', "7"),
        (b"<html>freshstatus</html>", None),
        (b"<html>account_id=65</html>", None),
        (b'{"account_id": 65}', None),
    ):
        assert FRESH.page_url_in(body(content)) == (account and f"{API}?account_id={account}")
