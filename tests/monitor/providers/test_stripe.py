"""Stripe's own site: one word, one sentence."""

from __future__ import annotations

import json

import pytest

from bot.domain import Level
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import Row, body, page, read

STRIPE = BY_KIND["stripe"]


def test_the_full_state() -> None:
    snapshot = read(page("stripe/full.json"), "stripe")
    assert (snapshot.level, snapshot.status_text, snapshot.incidents) == (Level.DEGRADED, "Some payments are slow.", ())
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("api", "API", Level.OPERATIONAL),
        ("dashboard", "Dashboard", Level.DEGRADED),
    ]


def test_the_older_shape() -> None:
    snapshot = read(page("stripe/current.json"), "stripe")
    assert (snapshot.level, snapshot.page_updated_at) == (Level.OPERATIONAL, "February 09, 2024 @ 06:08PM +00:00")
    assert {c.id: c.level for c in snapshot.components} == {
        "api": Level.OPERATIONAL,
        "dashboard": Level.OPERATIONAL,
        "webhooks": None,
    }


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"UptimeStatus": "up"}, Level.DEGRADED),
        ({"UptimeStatus": "up", "uptimeData": []}, Level.OPERATIONAL),
        ({"UptimeStatus": "down"}, Level.MAJOR_OUTAGE),
        ({"UptimeStatus": "paused", "uptimeData": []}, Level.MAINTENANCE),
        ({"UptimeStatus": "wobbly", "uptimeData": [{"key": "api", "title": "API", "warning": None}]}, None),
    ],
)
def test_words(changes: Row, level: Level | None) -> None:
    assert read(body(json.loads(page("stripe/full.json").content) | changes), "stripe").level is level


@pytest.mark.parametrize(
    "value", [{}, [], {"UptimeStatus": "up"}, {"message": "x"}, {"largestatus": 3.5, "message": ""}]
)
def test_what_is_not_stripes_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "stripe")


def test_the_frozen_address_is_never_asked_for() -> None:
    assert STRIPE.state_urls("https://status.stripe.com/") == ("https://status.stripe.com/current/full",)
    assert STRIPE.state_urls("https://status.stripe.com/current") == ("https://status.stripe.com/current/full",)
    assert STRIPE.state_urls("https://status.acme.example/") == ("https://status.acme.example/",)
