"""Google's dashboards: one list, Markdown, no "all clear"."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import Impact, Level, Phase, Snapshot
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from bot.monitor.providers.google import unmark
from tests.monitor.providers.bodies import ACME, NOW, Row, body, page, read
from tests.shelf import needs_pages, recorded

GOOGLE = BY_KIND["google"]
URL = "https://status.cloud.google.com/incidents.json"
PRODUCTS: Row = {
    "products": [
        {"title": "Old Query", "id": "prodquery", "current_title": "Made-up Query"},
        {"title": "Made-up Storage", "id": "prodstore"},
        {"title": "Made-up Mail", "id": "prodmail", "current_title": "Made-up Mail"},
    ]
}
LEVELS = {"low": Level.DEGRADED, "medium": Level.PARTIAL_OUTAGE, "high": Level.MAJOR_OUTAGE}


def incidents() -> Body:
    return Body(URL, page("google/incidents.json").content)


def parse(*bodies: Body) -> Snapshot:
    return GOOGLE.parse(ACME, bodies, NOW)


def test_nothing_open_is_green() -> None:
    assert parse(body([])).level is Level.OPERATIONAL
    assert not GOOGLE.recognises(body([]))
    done = json.loads(incidents().content)[1:]
    snapshot = parse(body(done), body(PRODUCTS))
    assert snapshot.level is Level.OPERATIONAL
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("prodstore", "Made-up Storage", Level.OPERATIONAL),
        ("prodquery", "Made-up Query", Level.OPERATIONAL),
        ("prodmail", "Made-up Mail", Level.OPERATIONAL),
    ]


def test_an_open_incident() -> None:
    snapshot = parse(incidents(), body(PRODUCTS))
    assert snapshot.level is Level.MAJOR_OUTAGE
    open_one = snapshot.incidents[0]
    assert open_one.title == "Queries fail in one region"
    assert (open_one.impact, open_one.components, open_one.regions) == (
        Impact.CRITICAL,
        ("prodquery", "prodstore"),
        ("xx-north1",),
    )
    # The service is back; the incident is over only with its end.
    assert (open_one.phase, open_one.resolved) == (Phase.MONITORING, None)
    assert open_one.started == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert open_one.url == "https://status.cloud.google.com/incidents/OPENaaaaaaaaaaaaaaaa"
    assert [(u.at.hour, u.phase, u.text) for u in open_one.updates] == [
        (11, None, "We look into failing queries."),
        (
            12,
            Phase.MONITORING,
            "Summary\nQueries work again in `xx-north1`.\nSee the guide (https://example.com/a) and wait.\n"
            "Next\nThe size is 5 * 3.",
        ),
    ]
    assert {c.id: (c.level, c.region) for c in snapshot.components} == {
        "prodquery": (Level.MAJOR_OUTAGE, "xx-north1"),
        "prodstore": (Level.MAJOR_OUTAGE, "xx-north1"),
        "prodmail": (Level.OPERATIONAL, None),
    }


def test_an_incident_that_is_over_gets_its_cause_later() -> None:
    done = parse(incidents()).incidents[1]
    assert (done.phase, done.resolved) == (Phase.RESOLVED, datetime(2026, 5, 1, 12, tzinfo=UTC))
    assert [(u.phase, u.text) for u in done.updates] == [
        (None, "Uploads are slow."),
        (Phase.MONITORING, "Uploads seem better, we watch."),
        (Phase.RESOLVED, "Uploads are fast again."),
        (Phase.RESOLVED, "Mini Incident Report\nA disk was full."),
    ]
    assert done.regions == ("global",)


def test_an_end_that_cannot_be_read_is_an_end() -> None:
    row = json.loads(incidents().content)[0] | {"end": "soon"}
    assert parse(body([row])).incidents[0].phase is Phase.RESOLVED


def test_the_newest_update_tells_where_no_field_does() -> None:
    row = json.loads(incidents().content)[0]
    del row["most_recent_update"]
    assert parse(body([row])).incidents[0].phase is Phase.MONITORING
    row["updates"] = row["updates"][1:]
    assert parse(body([row])).incidents[0].phase is Phase.INVESTIGATING


def test_an_unknown_severity_leaves_the_page_unknown() -> None:
    row = json.loads(incidents().content)[0] | {"severity": "wobbly", "status_impact": "WOBBLY"}
    snapshot = parse(body([row]))
    assert (snapshot.level, snapshot.incidents[0].level) == (None, None)


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("## \\# Incident Report\n**Summary**", "Incident Report\nSummary"),
        ("a\\_b \\* c \\\\", "a_b * c \\"),
        ("2 ** 3 ** 4", "2 ** 3 ** 4"),
        ("[x](https://a.example) [https://a.example](https://a.example)", "x (https://a.example) https://a.example"),
        ("#hashtag", "#hashtag"),
        ("<b>bold</b> &amp; more", "bold & more"),
    ],
)
def test_markdown_reads_plain(markdown: str, text: str) -> None:
    assert unmark(markdown) == text


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://status.cloud.google.com", ("/incidents.json", "/products.json")),
        ("https://www.google.com/appsstatus/dashboard/", ("/incidents.json", "/products.json")),
        ("https://www.google.com/appsstatus/dashboard/summary", ("/incidents.json", "/products.json")),
        ("https://status.firebase.google.com/incidents/abc", ("/incidents.json",)),
    ],
)
def test_what_is_asked_for(url: str, asked: tuple[str, ...]) -> None:
    root = re.sub(r"/(?:summary|incidents/abc)?$", "", url)
    assert GOOGLE.state_urls(url) == tuple(root + path for path in asked)


def test_another_address_is_taken_for_the_list() -> None:
    assert GOOGLE.state_urls("https://status.acme.example/x") == ("https://status.acme.example/x",)


@pytest.mark.parametrize("value", [PRODUCTS, {"incidents": []}, [{"id": 1}], [3], "x"])
def test_what_is_no_list_of_incidents_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "google")


@needs_pages
@pytest.mark.parametrize("path", recorded("gcp/*.json", "examples/googleworkspace/*.json"), ids=lambda path: path.name)
def test_recorded_incidents(path: Path) -> None:
    told = json.loads(path.read_bytes())
    told = [told] if isinstance(told, dict) else told
    snapshot = read(Body(str(path), path.read_bytes()), "google")
    open_ones = [each for each in told if not each.get("end")]
    assert snapshot.level == max((LEVELS[each["severity"]] for each in open_ones), default=Level.OPERATIONAL)
    for each, incident in zip(told, snapshot.incidents, strict=True):
        assert incident.id == each["id"]
        assert incident.started == datetime.fromisoformat(each["begin"])
        assert incident.resolved == (datetime.fromisoformat(each["end"]) if each.get("end") else None)
        assert incident.is_open is (not each.get("end"))
        assert incident.level is LEVELS[each["severity"]]
        assert incident.components == tuple(product["id"] for product in each["affected_products"])
        places = each.get("currently_affected_locations", []) + each.get("previously_affected_locations", [])
        assert set(incident.regions) == {place["id"] for place in places}
        updates = each.get("updates") or [each["most_recent_update"]]
        oldest_first = sorted(updates, key=lambda update: update["when"])
        assert [u.at for u in incident.updates] == [datetime.fromisoformat(u["when"]) for u in oldest_first]
        for update, raw in zip(incident.updates, oldest_first, strict=True):
            assert letters(update.text) == letters(raw["text"])
            assert update.phase is (Phase.RESOLVED if raw["status"] == "AVAILABLE" else None)


def letters(text: str) -> str:
    """What markup does not touch."""
    return "".join(re.findall(r"\w", re.sub(r"https?://\S+|</?\w+[^>]*>|_", "", text)))
