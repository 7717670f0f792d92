"""Checkly: a summary, services, and the texts in what Nuxt writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase, Snapshot
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read

CHECKLY = BY_KIND["checkly"]
PAYLOAD = page("checkly/payload.json")


def whole(*names: str) -> Snapshot:
    return CHECKLY.parse(ACME, tuple(page(f"checkly/{name}.json") for name in names), NOW)


def summary(status: object = "OPERATIONAL", **changes: object) -> Row:
    return {"page": {"name": "Acme", "status": status}, "activeIncidents": [], "activeMaintenances": []} | changes


def test_services() -> None:
    snapshot = whole("summary", "services", "payload")
    assert [(c.id, c.label, c.level) for c in snapshot.components] == [
        ("s1", "Port / Crane", Level.MAJOR_OUTAGE),
        ("s2", "Port / Gate", Level.OPERATIONAL),
        ("s3", "Sea / Buoy", None),
    ]
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "HAS_ISSUES")


def test_the_texts_of_an_incident_stand_in_the_page_s_own_data() -> None:
    crane, rails = whole("summary", "services", "payload").incidents
    assert (crane.title, crane.phase, crane.impact, crane.level, crane.components) == (
        "Crane stuck",
        Phase.IDENTIFIED,
        Impact.MINOR,
        Level.DEGRADED,
        ("s1",),
    )
    assert [(u.id, u.phase, u.text) for u in crane.updates] == [
        ("u1", Phase.INVESTIGATING, "We look."),
        ("u2", Phase.IDENTIFIED, "A rope is torn."),
    ]
    assert (rails.kind, rails.phase, rails.planned_end) == (
        IncidentKind.MAINTENANCE,
        Phase.IN_PROGRESS,
        datetime(2026, 7, 1, 13, tzinfo=UTC),
    )
    assert whole("summary", "services").incidents[0].updates == ()


def test_each_body_alone() -> None:
    assert [(c.id, c.level) for c in whole("summary").components] == [("s1", Level.DEGRADED)]
    own = whole("payload")
    assert [(c.id, c.group, c.level) for c in own.components] == [("s1", "Port", None), ("s2", "Port", None)]
    assert (own.level, len(own.incidents[0].updates)) == (Level.DEGRADED, 2)
    assert whole("services").level is Level.MAJOR_OUTAGE


def test_the_data_in_the_html_is_the_same() -> None:
    head, tail = b'<!doctype html><html><script type="application/json" id="__NUXT_DATA__">', b"</script></html>"
    assert read(Body("https://x.example/", head + PAYLOAD.content + tail), "checkly") == whole("payload")


@pytest.mark.parametrize(
    ("status", "level"), [("OPERATIONAL", 0), ("UNDER_MAINTENANCE", 1), ("HAS_ISSUES", None), ("WET", None)]
)
def test_a_quiet_summary(status: str, level: int | None) -> None:
    assert read(summary(status), "checkly").level == level
    green = body([{"id": "s", "name": "S", "status": "OPERATIONAL", "group": "G"}])
    assert CHECKLY.parse(ACME, (body(summary(status)), green), NOW).level == level


@pytest.mark.parametrize(
    ("status", "level"),
    [("OPERATIONAL", 0), ("MAINTENANCE", 1), ("MINOR", 2), ("MEDIUM", 2), ("MAJOR", 3), ("CRITICAL", 4), ("X", None)],
)
def test_levels_of_services(status: str, level: int | None) -> None:
    assert read([{"id": "s", "name": "S", "status": status, "group": "G"}], "checkly").level == level


def test_what_ended_is_named_by_the_days_of_services() -> None:
    (gate,) = CHECKLY.parse_history(ACME, (PAYLOAD,)).incidents
    assert (gate.title, gate.phase, gate.impact) == ("Gate slow", Phase.RESOLVED, Impact.MINOR)
    assert gate.resolved == datetime(2026, 5, 1, 8, 1, 37, tzinfo=UTC)


def test_instatus_has_lists_of_the_same_names() -> None:
    instatus = BY_KIND["instatus"]
    for name in ("summary", "services", "payload"):
        assert not instatus.recognises(page(f"checkly/{name}.json"))
    assert not instatus.recognises(body(summary()))
    assert CHECKLY.recognises(body(summary()))
    assert not CHECKLY.recognises(body(summary("UP")))
    assert not CHECKLY.recognises(body(summary("HASISSUES")))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (summary(activeIncidents=[{"severity": "MAJOR"}]), "time"),
        (summary(activeMaintenances=[{"id": 1}]), "time"),
        ([[1], 7], "format"),
        ([{"id": "", "name": "S", "status": "MAJOR", "group": "G"}], "no id"),
        ({"activeIncidents": []}, "format"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "checkly")


def test_what_is_asked_for() -> None:
    urls = CHECKLY.state_urls("https://acme.checkly-status-page.com/")
    assert [url.rpartition("/")[2] for url in urls] == ["summary.json", "services.json", "_payload.json"]
    assert all(CHECKLY.state_urls(url) == urls for url in urls)
    assert CHECKLY.history_urls(urls[0]) == urls[2:]


def test_a_service_without_id_and_name_is_passed_over() -> None:
    told = {"id": "i", "name": "x", "severity": "MAJOR", "startedAt": "2026-06-01T09:30:00Z", "affectedServices": [{}]}
    snapshot = read(summary("HAS_ISSUES", activeIncidents=[told | {"status": "IDENTIFIED"}]), "checkly")
    assert (snapshot.components, snapshot.level) == ((), Level.PARTIAL_OUTAGE)


def test_a_summary_is_known_by_severities_alone() -> None:
    told = {"id": "i", "name": "x", "severity": "CRITICAL", "startedAt": "2026-06-01T09:30:00Z", "status": "IDENTIFIED"}
    assert CHECKLY.recognises(body({"activeIncidents": [told]}))
    assert read({"activeIncidents": [told]}, "checkly").level is Level.MAJOR_OUTAGE
