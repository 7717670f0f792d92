"""The JSON that ``probe`` prints."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.monitor.snapshot_json import iso, to_json, unreadable_to_json
from tests.monitor.providers.bodies import ACME, page, read


def test_the_object_has_the_promised_keys_and_words() -> None:
    snapshot = read(page("statuspage/summary.json"))
    found = json.loads(json.dumps(to_json(ACME, "statuspage", "https://status.harbour.example", snapshot)))
    assert list(found) == ["vendor", "kind", "url", "level", "words", "components", "incidents"]
    assert (found["vendor"], found["kind"], found["url"]) == ("acme", "statuspage", "https://status.harbour.example")
    assert (found["level"], found["words"]) == ("degraded", "Partially Degraded Service")
    assert found["components"][2] == {
        "id": "aaaa00000003",
        "name": "Quay & Crane",
        "group": "Europe",
        "level": "degraded",
    }
    assert found["components"][-1]["level"] == "unknown"
    assert found["incidents"][0] == {
        "id": "inci00000001",
        "title": "Cranes move  slowly",
        "kind": "incident",
        "phase": "identified",
        "impact": "minor",
        "started_at": "2026-06-03T11:02:11.105Z",
        "resolved_at": None,
        "url": "http://stspg.example/abc",
        "components": ["aaaa00000003"],
        "updates": [
            {
                "id": "updt00000002",
                "phase": "investigating",
                "at": "2026-06-03T10:45:00.000Z",
                "text": "Back-dated by hand.",
            },
            {
                "id": "updt00000001",
                "phase": "investigating",
                "at": "2026-06-03T11:02:11.200Z",
                "text": "We look at the cranes.",
            },
            {
                "id": "updt00000003",
                "phase": "identified",
                "at": "2026-06-03T12:00:00.000Z",
                "text": "A winch is worn.\n\nWe fetch another;\nit takes <1 hour.",
            },
        ],
    }
    assert [incident["kind"] for incident in found["incidents"]] == ["incident", "maintenance", "maintenance"]


def test_what_is_unknown_is_said_so() -> None:
    found = to_json(None, "rss", "x", read(page("feeds/blocks.rss"), "rss"))
    assert (found["vendor"], found["level"]) == (None, "unknown")
    incidents = found["incidents"]
    assert isinstance(incidents, list)
    assert (incidents[-2]["phase"], incidents[-2]["impact"]) == (None, None)
    assert (found["undated"], "zoneless" in found) == (1, False)
    assert unreadable_to_json(None, "It is gone.") == {"kind": None, "unreadable": "It is gone."}


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_are_iso_and_keep_milliseconds(at: datetime) -> None:
    assert datetime.fromisoformat(iso(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)
