"""OnlineOrNot: what React Router streams into the page's HTML."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot.domain import Impact, Level, Phase
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import page, read

ONLINEORNOT = BY_KIND["onlineornot"]
PAGE = page("onlineornot/page.html").content


def streaming(*values: object) -> Body:
    """A page that streams these lines."""
    text = "".join(json.dumps(value) + "\n" for value in values)
    script = f"<script>streamController.enqueue({json.dumps(text)});</script>"
    return Body("https://x.example/", f"<!doctype html><html>{script}</html>".encode())


def incident(impact: str, ended: str | None) -> Body:
    names = ["incidentId", "title", "started", "ended", "impact"]
    values = ["i1", "Crane stuck", "2026-06-01T09:30:00Z", ended, impact]
    return streaming([{f"_{n}": n + 5 for n in range(1, 6)}, *names, *values])


def test_components_and_incidents() -> None:
    snapshot = read(page("onlineornot/page.html"), "onlineornot")
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("k1", "Crane", Level.MAJOR_OUTAGE),
        ("k2", "Gate", Level.OPERATIONAL),
        ("k3", "Buoy", None),
    ]
    crane, gate = snapshot.incidents
    assert (crane.id, crane.phase, crane.impact, crane.components) == (
        "i2",
        Phase.IDENTIFIED,
        Impact.CRITICAL,
        ("k1",),
    )
    assert [(u.id, u.phase, u.text) for u in crane.updates] == [
        ("u1", Phase.INVESTIGATING, "We look."),
        ("u2", Phase.IDENTIFIED, 'A "rope" is torn.\nWe pull.'),
    ]
    assert (gate.phase, gate.level, gate.resolved) == (
        Phase.RESOLVED,
        Level.DEGRADED,
        datetime(2026, 5, 1, 10, 30, tzinfo=UTC),
    )
    assert snapshot.level is Level.MAJOR_OUTAGE


@pytest.mark.parametrize(
    ("impact", "ended", "level"),
    [
        ("MAJOR_OUTAGE", None, Level.MAJOR_OUTAGE),
        ("PARTIAL_OUTAGE", None, Level.PARTIAL_OUTAGE),
        ("DEGRADED_PERFORMANCE", None, Level.DEGRADED),
        ("WET", None, None),
        ("MAJOR_OUTAGE", "2026-06-01T10:30:00Z", Level.OPERATIONAL),
    ],
)
def test_incidents_alone(impact: str, ended: str | None, level: Level | None) -> None:
    snapshot = read(incident(impact, ended), "onlineornot")
    assert (snapshot.level, snapshot.incidents[0].phase) == (
        level,
        Phase.RESOLVED if ended else Phase.INVESTIGATING,
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (Body("x", PAGE[: len(PAGE) // 2]), "no data"),
        (Body("x", PAGE.replace(b"loaderData", b"loader\\qData")), "broken"),
        (Body("x", PAGE.replace(b"</html>", b"")), "cut off"),
        (Body("x", PAGE.replace(b"streamController", b"riverController")), "no data"),
        (streaming([{"_1": 2}, "name", "Acme"]), "format"),
    ],
)
def test_what_cannot_be_read_says_why(body: Body, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(body, "onlineornot")


def test_a_page_is_known_by_its_incidents() -> None:
    assert ONLINEORNOT.recognises(incident("MAJOR_OUTAGE", None))


def test_another_page_of_react_router_is_none() -> None:
    assert not ONLINEORNOT.recognises(streaming([{"_1": 2, "_3": 4}, "name", "Acme", "status", "OPERATIONAL"]))
