"""Pages that PagerDuty serves: data in an HTML page."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Impact, IncidentKind, Level, Phase
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import body, page, read
from tests.shelf import needs_pages, recorded

PAGERDUTY = BY_KIND["pagerduty"]
DATA = page("pagerduty/data.json").content
HTML = (
    b'<!DOCTYPE html>\n<html><body><div id=\'layout-1\'></div>\n<script id="data" type="application/json">%s</script>\n'
)
URL = "https://status.pagerduty.com/"


def changed(**changes: object) -> dict[str, Any]:
    whole = json.loads(DATA)
    whole["summary"] |= changes
    return dict(whole)


def test_quiet() -> None:
    snapshot = read(body(changed(open_incidents=[], posts=[], resolved_incidents=[])), "pagerduty")
    assert (snapshot.level, snapshot.status_text, snapshot.incidents) == (Level.OPERATIONAL, "", ())
    assert [(c.id, c.label, c.level) for c in snapshot.components] == [
        ("PS1", "Notifications / Notifications (US)", Level.OPERATIONAL),
        ("PS2", "Notifications (EU)", Level.OPERATIONAL),
    ]


def test_the_page_and_its_data_read_alike() -> None:
    given = Body(URL, HTML % DATA)
    assert PAGERDUTY.recognises(given)
    assert read(given, "pagerduty") == read(Body(URL, DATA), "pagerduty")


def test_an_open_incident() -> None:
    snapshot = read(Body(URL, DATA), "pagerduty")
    assert snapshot.level is Level.MAJOR_OUTAGE
    late = snapshot.incidents[0]
    assert (late.id, late.phase, late.impact, late.level) == (
        "PINC2",
        Phase.INVESTIGATING,
        Impact.MINOR,
        Level.MAJOR_OUTAGE,
    )
    assert (late.components, late.url) == (("PS1", "PS2"), URL)
    assert [(u.id, u.at, u.text) for u in late.updates] == [
        ("PU21", datetime(2026, 6, 1, 10, tzinfo=UTC), "We look."),
        ("PU22", datetime(2026, 6, 1, 10, 30, tzinfo=UTC), "It is one queue.\n\nWe drain it."),
    ]
    assert {c.id: c.level for c in snapshot.components} == {"PS1": Level.MAJOR_OUTAGE, "PS2": Level.OPERATIONAL}


def test_an_incident_that_is_over_with_its_postmortem() -> None:
    over = read(Body(URL, DATA), "pagerduty").incidents[2]
    assert (over.phase, over.impact, over.level) == (Phase.POSTMORTEM, Impact.MAJOR, Level.PARTIAL_OUTAGE)
    assert over.resolved == datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert [(u.id, u.phase) for u in over.updates] == [
        ("PU11", Phase.INVESTIGATING),
        ("PU12", Phase.RESOLVED),
        ("PPM1", Phase.POSTMORTEM),
    ]
    assert over.updates[2].text == "Summary\n\nA bad deploy."


def test_what_stands_among_the_resolved_is_over() -> None:
    row = json.loads(DATA)["summary"]["open_incidents"][0]
    (incident,) = read(body(changed(open_incidents=[], posts=[], resolved_incidents=[row])), "pagerduty").incidents
    assert (incident.phase, incident.resolved) == (Phase.RESOLVED, incident.started)


def test_a_maintenance_that_names_its_states_by_id() -> None:
    work = read(Body(URL, DATA), "pagerduty").incidents[1]
    assert (work.kind, work.phase, work.impact) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED, Impact.MAINTENANCE)
    assert (work.started, work.planned_end) == (
        datetime(2026, 7, 2, 10, tzinfo=UTC),
        datetime(2026, 7, 2, 11, tzinfo=UTC),
    )
    assert work.components == ("PS2",)


@pytest.mark.parametrize(("key", "value"), [("status", "wobbly"), ("severity", "wobbly")])
def test_unknown_words_are_not_green(key: str, value: str) -> None:
    row = json.loads(DATA)["summary"]["open_incidents"][0]
    row["updates"] = [row["updates"][0] | {key: value, "impacted_business_services": []}]
    snapshot = read(body(changed(open_incidents=[row], posts=[], resolved_incidents=[])), "pagerduty")
    # The services are not named, so they are green; what is open is in doubt.
    assert snapshot.level is None


@pytest.mark.parametrize(
    "value",
    [
        b"<!DOCTYPE html><html><body>Log in</body></html>",
        HTML % b"{}",
        (HTML % DATA)[:-14],
        HTML % DATA[:-40],
        json.dumps(changed(open_incidents=None)).encode(),
        json.dumps(changed(open_incidents=[{"id": "P1", "title": "x", "updates": []}])).encode(),
    ],
)
def test_what_is_no_such_page_fails(value: bytes) -> None:
    with pytest.raises(ParseFailed):
        read(Body(URL, value), "pagerduty")


def test_the_page_itself_is_asked_for() -> None:
    assert PAGERDUTY.state_urls(URL) == (URL,)


@needs_pages
@pytest.mark.parametrize("path", recorded("pagerduty/*.*"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    raw = path.read_text()
    told = json.loads(
        raw if path.suffix == ".json" else raw.partition('type="application/json">')[2].split("</script>")[0]
    )
    summary = told["summary"]
    snapshot = read(Body(str(path), path.read_bytes()), "pagerduty")
    assert summary["open_incidents"] == []
    assert snapshot.level is Level.OPERATIONAL
    services = {s["id"]: s["name"].strip() for s in summary["post_status_page_services"] if s["is_active"]}
    assert {c.id: c.name for c in snapshot.components} == services
    assert sum(c.group is not None for c in snapshot.components) > len(services) / 2
    levels = {"all_good": 0, "minor": 2, "major": 3, "outage": 4}
    for each, incident in zip(summary["resolved_incidents"], snapshot.incidents, strict=True):
        assert (incident.id, incident.title) == (each["id"], each["title"].strip())
        assert incident.phase is (Phase.POSTMORTEM if each["postmortem"] else Phase.RESOLVED)
        posts = sorted(each["updates"], key=lambda post: post["reported_at"])
        assert [post["status"] for post in posts][-1] == "resolved"
        assert incident.resolved == datetime.fromisoformat(posts[-1]["reported_at"])
        assert incident.started == datetime.fromisoformat(posts[0]["reported_at"])
        told_by = posts + [each["postmortem"]] * bool(each["postmortem"])
        assert [u.id for u in incident.updates] == [post["id"] for post in told_by]
        for update, post in zip(incident.updates, told_by, strict=True):
            text = html.unescape(
                re.sub(r"<[^>]+>", "", re.sub(r"</?(p|br|li|ul|ol|h\d|div)\b[^>]*>", " ", post["message"]))
            )
            assert update.text.split() == text.split()
        worst = [levels[post["severity"]] for post in posts]
        worst += [levels[s["severity"]] for post in posts for s in post["impacted_business_services"]]
        assert incident.level == max(worst)
