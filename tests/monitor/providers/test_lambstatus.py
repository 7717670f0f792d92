"""LambStatus: three lists, and the texts of each entry by itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import IncidentKind, Level, Phase
from bot.monitor.parsing.assemble import EPOCH
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read

LAMB = BY_KIND["lambstatus"]
LISTS = tuple(page(f"lambstatus/{name}.json") for name in ("components", "incidents", "maintenances"))
SITE = "https://status.acme.example"


def entry(**changes: object) -> Row:
    return {"incidentID": "i1", "name": "X", "status": "Identified", "createdAt": "2026-06-30T09:00:00Z"} | changes


def test_components() -> None:
    snapshot = LAMB.parse(ACME, LISTS, NOW)
    assert [(c.id, c.name, c.level, c.raw_status) for c in snapshot.components] == [
        ("c1", "Crane", Level.PARTIAL_OUTAGE, None),
        ("c2", "Gate", Level.OPERATIONAL, None),
        ("c3", "Buoy", Level.MAINTENANCE, None),
        ("c4", "Lamp", None, "Flickering"),
    ]
    assert (snapshot.level, snapshot.complete_since) == (Level.PARTIAL_OUTAGE, EPOCH)


def test_lists_tell_what_is_open_and_what_is_over() -> None:
    crane, gate, ropes = LAMB.parse(ACME, LISTS, NOW).incidents
    assert (crane.id, crane.title, crane.phase, crane.started) == (
        "i2",
        "Crane stuck",
        Phase.IDENTIFIED,
        datetime(2026, 6, 30, 9, tzinfo=UTC),
    )
    assert (gate.phase, gate.resolved) == (Phase.RESOLVED, datetime(2026, 6, 1, 10, tzinfo=UTC))
    assert (ropes.kind, ropes.phase, ropes.level) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED, Level.MAINTENANCE)
    assert (ropes.started, ropes.planned_end) == (
        datetime(2026, 7, 3, 2, tzinfo=UTC),
        datetime(2026, 7, 3, 4, tzinfo=UTC),
    )


def test_an_entry_by_itself_has_its_texts() -> None:
    crane = LAMB.parse(ACME, (*LISTS, page("lambstatus/incident.json")), NOW).incidents[0]
    assert [(u.id, u.phase, u.text) for u in crane.updates] == [
        ("u1", Phase.INVESTIGATING, "We pull.\nHard."),
        ("u2", Phase.IDENTIFIED, "A bolt."),
    ]


def test_the_texts_of_what_is_open_and_of_what_ended_last_are_asked_for() -> None:
    assert LAMB.more_urls(SITE, LISTS) == tuple(
        f"{SITE}/api/{path}" for path in ("incidents/i1", "incidents/i2", "maintenances/m1")
    )
    many = [entry(incidentID=f"i{n}", status="Resolved" if n % 2 else "Monitoring") for n in range(40)]
    assert len(LAMB.more_urls(SITE, (body(many),))) == 10
    assert LAMB.more_urls(SITE, (body([entry(incidentID="a/b?c")]),)) == (f"{SITE}/api/incidents/a%2Fb%3Fc",)


def test_a_word_that_nobody_knows_is_kept() -> None:
    (incident,) = read([entry(status="Pondering")], "lambstatus").incidents
    assert (incident.phase, incident.raw_phase) == (None, "Pondering")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([{"id": 1}], "not in LambStatus' format"),
        ([], "lists no components"),
        ([{"componentID": ""}], "no id"),
        ([entry(createdAt="soon")], "Of an entry of the page's incidents there is no id, or no time"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(body(value), "lambstatus")


def test_what_is_asked_for() -> None:
    urls = tuple(f"{SITE}/api/{part}" for part in ("components", "incidents", "maintenances"))
    for url in (SITE, f"{SITE}/", f"{SITE}/incidents/i1", f"{SITE}/history", *urls):
        assert LAMB.state_urls(url) == urls
