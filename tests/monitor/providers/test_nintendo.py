"""Nintendo's network status: entries without ids, in US Pacific time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import IncidentKind, Level, Phase
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import NOW, Row, page, read

NINTENDO = BY_KIND["nintendo"]
STATUS = "https://www.nintendo.co.jp/netinfo/en_US/status.json"


def entry(**changes: object) -> Row:
    return {"platform": ["web"], "software_title": "X", "begin": "Wednesday, July 1, 2026  4 :30 AM"} | changes


def whole(*entries: Row, **changes: object) -> Row:
    return {"categories": [], "operational_statuses": list(entries), "temporary_maintenances": []} | changes


def test_the_page_is_asked_for_its_data() -> None:
    assert NINTENDO.state_urls("https://www.nintendo.co.jp/netinfo/en_US/index.html") == (STATUS,)
    assert NINTENDO.state_urls(STATUS) == (STATUS,)


def test_a_quiet_page_is_green() -> None:
    snapshot = read(page("nintendo/quiet.json"), "nintendo")
    assert snapshot.level is Level.OPERATIONAL
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("Nintendo Switch", "Nintendo Switch", Level.OPERATIONAL),
        ("web", "Web", Level.OPERATIONAL),
    ]
    assert read(whole(), "nintendo").level is Level.OPERATIONAL


def test_platforms_are_as_bad_as_what_is_under_way() -> None:
    snapshot = read(page("nintendo/trouble.json"), "nintendo")
    assert [(c.id, c.level) for c in snapshot.components] == [
        ("Nintendo Switch", Level.DEGRADED),
        ("web", Level.DEGRADED),
        ("iOS", Level.MAINTENANCE),
    ]
    assert snapshot.level is Level.DEGRADED


def test_what_is_wrong_and_what_is_over() -> None:
    racing, shop, *_ = read(page("nintendo/trouble.json"), "nintendo").incidents
    assert (racing.title, racing.kind, racing.phase) == (
        "Harbour Racing: Online play",
        IncidentKind.INCIDENT,
        Phase.INVESTIGATING,
    )
    assert (racing.started, racing.resolved, racing.level) == (
        datetime(2026, 7, 1, 11, 30, tzinfo=UTC),
        None,
        Level.DEGRADED,
    )
    assert racing.components == ("Nintendo Switch", "web")
    assert [u.text for u in racing.updates] == ["Boats do not leave.\nWe look into it."]
    assert (shop.title, shop.phase, shop.resolved) == (
        "Shop",
        Phase.RESOLVED,
        datetime(2026, 6, 30, 17, 15, tzinfo=UTC),
    )


def test_maintenances_follow_their_times_and_the_code_for_an_end() -> None:
    lighthouse, buoys, ropes = read(page("nintendo/trouble.json"), "nintendo").incidents[2:]
    assert (lighthouse.kind, lighthouse.phase, lighthouse.level) == (
        IncidentKind.MAINTENANCE,
        Phase.IN_PROGRESS,
        Level.MAINTENANCE,
    )
    assert (lighthouse.started, lighthouse.planned_end) == (
        datetime(2026, 7, 1, 11, tzinfo=UTC),
        datetime(2026, 7, 1, 13, tzinfo=UTC),
    )
    assert (buoys.phase, buoys.started) == (Phase.SCHEDULED, datetime(2026, 12, 3, 21, tzinfo=UTC))
    assert (ropes.phase, ropes.resolved) == (Phase.COMPLETED, NOW)


def test_an_entry_keeps_its_id_whatever_it_says() -> None:
    first = read(whole(entry(message="A")), "nintendo").incidents[0]
    assert read(whole(entry(message="B", event_status="3")), "nintendo").incidents[0].id == first.id
    other = entry(begin="Wednesday, July 1, 2026  4 :31 AM")
    assert len({incident.id for incident in read(whole(entry(), entry(), other), "nintendo").incidents}) == 2


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"operational_statuses": []}, "not in the format of Nintendo's"),
        (whole(entry(begin="soon")), "no title, or no time"),
        (whole(entry(software_title="")), "no title, or no time"),
        (whole({"x": 1}, categories={}), "no title, or no time"),
        (whole(categories={}), "not a list"),
    ],
)
def test_what_cannot_be_read_is_said(value: Row, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "nintendo")
