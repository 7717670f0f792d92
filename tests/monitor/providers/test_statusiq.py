"""StatusIQ: a feed whose items are components."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.domain import Level
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import page, read
from tests.shelf import needs_pages, recorded

STATUSIQ = BY_KIND["statusiq"]
FEED = page("statusiq/rss.xml").content
STATES = {
    "Operational": 0,
    "Informational": 0,
    "Under Maintenance": 1,
    "Degraded Performance": 2,
    "Partial Outage": 3,
    "Major Outage": 4,
}


def feed(*titles: str) -> Body:
    head = FEED.partition(b"<item>")[0].decode()
    date = "<pubDate>Wed, 01 Jul 2026 12:59:00 +0200</pubDate>"
    items = "".join(f"<item><title>{title}</title>{date}</item>" for title in titles)
    return Body("https://status.acme.example/rss", f"{head}{items}</channel></rss>".encode())


def test_components() -> None:
    snapshot = read(page("statusiq/rss.xml"), "statusiq")
    assert [(c.id, c.name, c.level) for c in snapshot.components] == [
        ("Crane", "Crane", Level.MAJOR_OUTAGE),
        ("abc_DEF-1", "EU - Gate", Level.MAINTENANCE),
        ("Buoy", "Buoy", Level.PARTIAL_OUTAGE),
        ("Horn", "Horn", Level.OPERATIONAL),
        ("Crane.2", "Crane", Level.OPERATIONAL),
        ("Radar", "Radar", Level.DEGRADED),
        ("Rope", "Rope", None),
    ]
    assert (snapshot.level, snapshot.incidents, snapshot.status_text) == (Level.MAJOR_OUTAGE, (), "Rope - Frayed")
    assert (snapshot.page_updated_at, snapshot.complete_since) == ("Wed, 01 Jul 2026 13:00:00 +0200", None)


@pytest.mark.parametrize(("state", "level"), [*STATES.items(), ("Wet", None)])
def test_levels(state: str, level: int | None) -> None:
    assert read(feed(f"Crane - {state}"), "statusiq").level == level
    assert read(feed("Gate - Operational", f"Crane - {state}"), "statusiq").level == level


def test_of_equal_names_the_first_is_the_worst_wherever_it_stands() -> None:
    parts = read(feed("Crane - Operational", "Crane - Major Outage"), "statusiq").components
    assert [(c.id, c.level) for c in parts] == [("Crane.2", Level.OPERATIONAL), ("Crane", Level.MAJOR_OUTAGE)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (feed(), "lists no components"),
        (Body("x", b"k"), "other than a feed"),
        (page("feeds/blocks.rss"), "not one of StatusIQ"),
        (Body("x", FEED.replace(b"Wed, 01 Jul 2026 10:00", b"soon")), "date"),
    ],
)
def test_what_cannot_be_read_says_why(body: Body, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(body, "statusiq")


def test_what_is_asked_for() -> None:
    for url in ("https://status.acme.example", "https://status.acme.example/rss", "https://status.acme.example/#x"):
        assert STATUSIQ.state_urls(url) == ("https://status.acme.example/rss",)


@needs_pages
@pytest.mark.parametrize("path", recorded("statusiq/*.xml", "examples/statusiq/*.xml"), ids=lambda path: path.name)
def test_recorded_feeds(path: Path) -> None:
    titles = [item.findtext("title") or "" for item in ElementTree.parse(path).getroot().iter("item")]
    body = Body(path.name, path.read_bytes())
    assert STATUSIQ.recognises(body)
    if not titles:
        with pytest.raises(ParseFailed):
            read(body, "statusiq")
        return
    told = [tuple(title.rsplit(" - ", 1)) for title in titles]
    snapshot = read(body, "statusiq")
    assert [(c.name, c.level) for c in snapshot.components] == [(name, STATES[state]) for name, state in told]
    assert Counter(c.name for c in snapshot.components) == Counter(name for name, _ in told)
    assert snapshot.level == max(STATES[state] for _, state in told)


@needs_pages
def test_what_a_broken_page_answers() -> None:
    (path,) = recorded("statusiq/not_a_feed_body.txt")
    with pytest.raises(ParseFailed):
        read(Body(path.name, path.read_bytes()), "statusiq")
