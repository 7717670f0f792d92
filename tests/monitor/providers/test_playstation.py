"""PlayStation Network: services of regions, told country by country."""

from __future__ import annotations

import pytest

from bot.domain import Level
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, page, read

PLAY = BY_KIND["playstation"]


def told(*statuses: Row) -> Row:
    service = {"serviceName": "Shop", "status": list(statuses)}
    return {"regionName": "SCEA", "countries": [{"countryCode": "US", "services": [service]}]}


def test_a_service_is_told_once_for_a_region() -> None:
    snapshot = PLAY.parse(ACME, (page("playstation/scea.json"), page("playstation/scee.json")), NOW)
    assert [(c.id, c.label, c.region, c.level, c.raw_status) for c in snapshot.components] == [
        ("SCEA/Shop", "Americas / Shop", "Americas", Level.PARTIAL_OUTAGE, None),
        ("SCEA/Games", "Americas / Games", "Americas", Level.OPERATIONAL, None),
        ("SCEA/Video", "Americas / Video", "Americas", Level.MAINTENANCE, None),
        ("SCEA/Chat", "Americas / Chat", "Americas", None, "Hiccup"),
        ("SCEE/Shop", "Europe / Shop", "Europe", Level.MAJOR_OUTAGE, None),
    ]
    assert (snapshot.level, snapshot.incidents) == (Level.MAJOR_OUTAGE, ())


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ({"statusType": "Outage"}, 4),
        ({"statusType": "Degraded"}, 2),
        ({"statusType": "OK"}, 0),
        ({"statusType": "Outage", "endDate": "2026-07-01T11:00:00Z"}, 0),
        ({"statusType": "Outage", "startDate": "2026-07-01T13:00:00Z"}, 0),
        ({"statusType": "Outage", "startDate": "2026-07-01T11:00:00Z", "endDate": "2026-07-01T13:00:00Z"}, 4),
        ({}, None),
    ],
)
def test_only_what_is_going_on_counts(status: Row, level: int | None) -> None:
    assert read(told(status), "playstation").level == level


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"countries": []}, "not in the format"),
        ({"regionName": "SCEA", "countries": [{"services": [{}]}]}, "no name"),
        ({"regionName": "SCEA", "countries": [1]}, "not all JSON objects"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "playstation")


def test_what_is_asked_for() -> None:
    urls = PLAY.state_urls("https://status.playstation.com/de-de")
    assert urls[0] == "https://status.playstation.com/data/statuses/region/SCEA.json"
    assert len(urls) == 3
    assert PLAY.state_urls(urls[1]) == (urls[1],)
