"""Hyperping: one word for all, and services in blocks."""

from __future__ import annotations

import pytest

from bot.domain import Level
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, page, read

HYPERPING = BY_KIND["hyperping"]


def test_services_stand_in_their_blocks() -> None:
    snapshot = HYPERPING.parse(ACME, (page("hyperping/status.json"), page("hyperping/config.json")), NOW)
    assert [(c.id, c.label, c.level, c.raw_status) for c in snapshot.components] == [
        ("mon_crane", "Port / Crane", Level.MAJOR_OUTAGE, None),
        ("mon_gate", "Port / Gate", Level.OPERATIONAL, None),
        ("21", "Bouée", Level.MAINTENANCE, None),
        ("23", "Red lamp", Level.DEGRADED, None),
        ("24", "Green lamp", None, "flickers"),
    ]
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "incident")


@pytest.mark.parametrize(
    ("indicator", "level"), [("up", 0), ("maintenance", 1), ("incident", 3), ("outage", 4), ("asleep", None)]
)
def test_the_word_for_all_is_enough(indicator: str, level: int | None) -> None:
    snapshot = read({"indicator": indicator, "uptime": "99.9%"}, "hyperping")
    assert (snapshot.level, snapshot.status_text, snapshot.components) == (level, indicator, ())


def test_maintenance_hides_no_outage() -> None:
    services = [{"id": 1, "alias": "Crane", "status": "outage"}, {"id": 2, "alias": "Gate", "status": "maintenance"}]
    config = {
        "globals": {"topLevelStatus": {"status": "maintenance"}},
        "sections": {"blocks": [{"services": services}]},
    }
    assert read(config, "hyperping").level is Level.MAJOR_OUTAGE


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"page": {}, "indicator": "none"}, "not in Hyperping's format"),
        ({"globals": {"topLevelStatus": {}}, "sections": {"blocks": [{"services": [{}]}]}}, "no id"),
        ({"globals": {"topLevelStatus": {}}, "sections": {"blocks": 1}}, "not a list"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "hyperping")


def test_what_is_asked_for() -> None:
    for url in ("https://acme.hyperping.app/", "https://acme.hyperping.app/status.json"):
        assert HYPERPING.state_urls(url) == (
            "https://acme.hyperping.app/status.json",
            "https://acme.hyperping.app/api/config?hostname=acme.hyperping.app",
        )
