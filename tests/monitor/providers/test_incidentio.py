"""incident.io in Statuspage's format: what it leaves out, and how the two are told apart."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import Level, Phase
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, Row, body, page, read, summary

PROVIDER = BY_KIND["incidentio"]
ULID = "01HZZZZZZZ0000000000000000"


def test_a_page_without_groups_components_of_incidents_and_texts() -> None:
    snapshot = read(page("incidentio/summary.json"), "incidentio")
    assert [(c.id[-2:], c.label, c.level) for c in snapshot.components] == [
        ("A1", "Login", Level.OPERATIONAL),
        ("A2", "Login", Level.MAJOR_OUTAGE),
    ]
    (found,) = snapshot.incidents
    assert found.started == datetime(2026, 4, 15, 9, 43, 28, tzinfo=UTC)
    assert found.url == "https://status.tramway.example/incidents/01HZZZZZZZ00000000000000B1"
    assert (found.phase, found.resolved, found.components) == (Phase.INVESTIGATING, None, ())
    assert [(u.phase, u.text) for u in found.updates] == [
        (Phase.INVESTIGATING, ""),
        (Phase.RESOLVED, ""),
        (Phase.INVESTIGATING, ""),
    ]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"page": {"id": ULID}}, "incidentio"),
        ({"page": {"id": ULID, "time_zone": "Etc/UTC"}}, "statuspage"),
        ({"page": {"id": "q7h2m4x9c1zd"}}, "statuspage"),
        ({"page": None}, "statuspage"),
        ({"page": None, "components": [{"id": ULID, "name": "A", "status": "operational"}]}, "incidentio"),
        ({"page": None, "components": None, "incidents": [{"id": ULID, "incident_updates": []}]}, "incidentio"),
    ],
)
def test_ulids_without_a_time_zone_are_incidentios(changes: Row, kind: str) -> None:
    given = body(summary(**changes))
    assert [k for k in ("statuspage", "incidentio") if BY_KIND[k].recognises(given)] == [kind]


def test_empty_lists_are_left_out_of_its_history_too() -> None:
    urls = PROVIDER.history_urls("https://status.tramway.example")
    history = PROVIDER.parse_history(ACME, tuple(body({"page": {"id": ULID}}, url) for url in urls))
    assert history.incidents == ()
    assert history.complete_since is not None


def test_the_earlier_of_start_and_first_update_is_the_start() -> None:
    posts = [
        {"id": f"{ULID[:-1]}{n}", "status": "investigating", "body": "", "created_at": at}
        for n, at in ((1, EARLY), (2, LATE))
    ]
    row = {"id": ULID, "name": "Slow", "status": "investigating", "impact": "minor", "incident_updates": posts}
    for start in (LATE, EARLY):
        given = summary(page={"id": ULID}, incidents=[{**row, "started_at": start, "created_at": start}])
        (found,) = read(given, "incidentio").incidents
        assert found.started == datetime(2026, 4, 15, 9, tzinfo=UTC)


EARLY, LATE = "2026-04-15T09:00:00Z", "2026-04-15T10:00:00Z"
