"""Microsoft 365: posts, their feeds, and Graph's service health."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import Level, Phase, level_word
from bot.monitor.news import judge
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, CERTAIN, NOW, Row, body, page, read
from tests.shelf import needs_pages, recorded

M365 = BY_KIND["m365"]
POSTS = "https://status.cloud.microsoft/api/posts"
MAC = Body(f"{POSTS}/mac", page("m365/mac.json").content)


def test_quiet_is_one_word_and_boilerplate() -> None:
    snapshot = read(MAC, "m365")
    assert (snapshot.level, snapshot.status_text, snapshot.incidents) == (Level.OPERATIONAL, "Available", ())
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("mac", "Microsoft 365 admin center", Level.OPERATIONAL)
    ]


def test_posts_of_services_beside_that_of_a_surface() -> None:
    snapshot = M365.parse(ACME, (MAC, page("m365/consumer.json")), NOW)
    assert (snapshot.level, snapshot.status_text) == (
        Level.DEGRADED,
        "Available, Service degradation, Service restored, Operational",
    )
    assert {c.id: (c.name, c.level) for c in snapshot.components} == {
        "mac": ("Microsoft 365 admin center", Level.OPERATIONAL),
        "Mail": ("Made-up Mail", Level.DEGRADED),
        "Lists": ("Made-up Lists", Level.OPERATIONAL),
        "ToDo": ("Made-up To-Do", Level.OPERATIONAL),
    }
    mail, lists = snapshot.incidents
    assert (mail.id, mail.title, mail.phase, mail.components) == (
        "post-mail",
        "Mail is late",
        Phase.INVESTIGATING,
        ("Mail",),
    )
    assert [(u.at, u.text) for u in mail.updates] == [
        (datetime(2026, 6, 1, 10, tzinfo=UTC), "Some mail arrives\u00a0late.\nWe look into it.")
    ]
    assert (lists.title, lists.phase, lists.resolved) == (
        "Made-up Lists: Service restored",
        Phase.RESOLVED,
        datetime(2026, 6, 1, 8, tzinfo=UTC),
    )


def test_the_clock_of_the_server_is_no_news() -> None:
    later = page("m365/consumer.json").content.replace(b"T11:5", b"T12:5")
    assert later != page("m365/consumer.json").content
    assert read(Body("", later), "m365") == read(page("m365/consumer.json"), "m365")


def test_the_feed_says_the_same() -> None:
    snapshot = read(page("m365/feed.rss"), "m365")
    assert (snapshot.level, snapshot.status_text) == (Level.DEGRADED, "Service degradation")
    (incident,) = snapshot.incidents
    assert (incident.title, incident.started.hour, incident.updates[0].text) == (
        "Sign-in fails",
        10,
        "We look into it.",
    )
    assert not M365.recognises(page("azure/two.xml"))


def test_graph_services_with_their_issues() -> None:
    snapshot = read(page("m365/graph.json"), "m365")
    assert snapshot.level is Level.MAJOR_OUTAGE
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("Exchange", "Exchange Online", Level.MAJOR_OUTAGE),
        ("Made-up Clips", "Made-up Clips", Level.OPERATIONAL),
        ("Planner", "Made-up Planner", None),
    ]
    mail, old = snapshot.incidents
    assert (mail.phase, mail.components, mail.level) == (Phase.MONITORING, ("Exchange",), Level.DEGRADED)
    assert [u.text for u in mail.updates] == ["We look into it.", "Better."]
    assert (old.phase, old.resolved) == (Phase.RESOLVED, datetime(2026, 5, 1, 12, tzinfo=UTC))


def test_an_issue_is_over_when_it_says_so_whatever_its_status() -> None:
    row = json.loads(page("m365/graph.json").content)
    issues = row["value"][0].pop("issues")
    assert read(body({"value": issues}), "m365").incidents[0].is_open
    (over,) = read(body({"value": [issues[0] | {"isResolved": True}]}), "m365").incidents
    assert (over.phase, over.resolved) == (Phase.RESOLVED, over.started)


def test_a_post_that_goes_back_to_available_is_gone() -> None:
    before = read(page("m365/consumer.json"), "m365")
    row = json.loads(page("m365/consumer.json").content)
    green = body([row[0] | {"Status": "Available"}, *row[1:]])
    assert [i.id for i in judge(before, read(green, "m365"), NOW).missing] == ["post-mail"]
    history = M365.parse_history(ACME, (green,))
    gone = judge(before, read(green, "m365"), NOW, history=history, context=CERTAIN)
    assert [i.id for i in gone.snapshot.incidents if i.vanished] == ["post-mail"]


@pytest.mark.parametrize(("status", "level"), [("Unknown", None), ("wobbly", None), ("ServiceRestored", 0)])
def test_words(status: str, level: Level | None) -> None:
    row: Row = json.loads(MAC.content) | {"Status": status}
    snapshot = read(body(row), "m365")
    assert (snapshot.level, snapshot.status_text) == (level, status)


@pytest.mark.parametrize("value", [{}, [], {"value": []}, {"Status": "Available"}, [{"Message": "x"}]])
def test_what_is_no_post_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "m365")


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://status.cloud.microsoft", (f"{POSTS}/mac", f"{POSTS}/ppac", f"{POSTS}/m365Consumer")),
        ("https://status.cloud.microsoft/api/feed/ppac", (f"{POSTS}/ppac",)),
        (f"{POSTS}/azure", (f"{POSTS}/azure",)),
        ("https://status.acme.example/", ("https://status.acme.example/",)),
    ],
)
def test_what_is_asked_for(url: str, asked: tuple[str, ...]) -> None:
    assert M365.state_urls(url) == M365.history_urls(url) == asked


@needs_pages
@pytest.mark.parametrize("path", recorded("m365/*.json"), ids=lambda path: path.name)
def test_recorded_pages(path: Path) -> None:
    told = json.loads(path.read_bytes())
    snapshot = read(Body(str(path), path.read_bytes()), "m365")
    levels = {"serviceOperational": "operational", "serviceDegradation": "degraded", "Available": "operational"}
    if "value" in told:
        expected = {each["id"].strip(): levels[each["status"]] for each in told["value"]}
        assert {c.id: level_word(c.level) for c in snapshot.components} == expected
        assert level_word(snapshot.level) == max(expected.values(), key=["operational", "degraded"].index)
    else:
        assert (level_word(snapshot.level), snapshot.status_text) == (levels[told["Status"]], told["Status"])
    assert snapshot.incidents == ()
