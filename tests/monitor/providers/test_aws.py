"""AWS: current events in UTF-16, and the feeds of the dashboard before it."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.domain import Impact, Level, Phase, level_word
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import PAGES, body, page, read
from tests.shelf import needs_pages, recorded

AWS = BY_KIND["aws"]
EVENTS = recorded("aws/*.bin", "examples/aws/*.json")
LEVEL_OF_CODE = {0: "operational", 1: "degraded", 2: "partial_outage", 3: "major_outage"}


def in_utf16(content: bytes) -> Body:
    return Body(
        "https://health.aws.amazon.com/public/currentevents", b"\xfe\xff" + content.decode().encode("utf-16-be")
    )


def test_nothing_going_on_is_an_empty_list_in_utf16() -> None:
    snapshot = read(in_utf16(b"[]"), "aws")
    assert (snapshot.level, snapshot.components, snapshot.incidents) == (Level.OPERATIONAL, (), ())
    assert AWS.recognises(in_utf16(b"[]"))
    assert not AWS.recognises(body([]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-8-sig"])
def test_encodings_read_alike(encoding: str) -> None:
    content = (PAGES / "aws/events.json").read_bytes()
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert read(Body("", mark + content.decode().encode(encoding)), "aws") == read(page("aws/events.json"), "aws")


def test_an_event_with_its_log_and_services() -> None:
    snapshot = read(page("aws/events.json"), "aws")
    assert snapshot.level is Level.MAJOR_OUTAGE
    event = snapshot.incidents[0]
    assert (event.title, event.phase, event.impact) == (
        "Power event in one zone",
        Phase.INVESTIGATING,
        Impact.CRITICAL,
    )
    assert (event.regions, event.components) == (
        ("xx-north-1",),
        ("ec2-xx-north-1", "s3-xx-north-1", "amplify-xx-north-1"),
    )
    assert event.started == datetime(2026, 6, 1, 8, 20, tzinfo=UTC)
    assert [(u.at.hour, u.phase, u.text) for u in event.updates] == [
        (8, None, "We look into failing instances in zone xxn1-az2."),
        (9, None, "Power is lost in one building.\n\nTraffic is moved away."),
    ]
    assert [(c.id, c.name, c.region, c.level) for c in snapshot.components[:3]] == [
        ("ec2-xx-north-1", "Amazon Elastic Compute Cloud", "xx-north-1", Level.MAJOR_OUTAGE),
        ("s3-xx-north-1", "Amazon Simple Storage Service", "xx-north-1", Level.OPERATIONAL),
        ("amplify-xx-north-1", "AWS Amplify", "xx-north-1", Level.DEGRADED),
    ]


def test_an_event_that_is_over_stays_listed() -> None:
    event = read(page("aws/events.json"), "aws").incidents[1]
    assert (event.title, event.phase, event.impact) == ("Slow policy changes", Phase.RESOLVED, Impact.MAJOR)
    assert event.resolved == datetime(2026, 5, 31, 5, 58, 20, tzinfo=UTC)
    assert event.regions == ("us-gov-west-1",)
    # The mark of the end is put on every summary; it counts on the last alone.
    assert [u.phase for u in event.updates] == [None, Phase.RESOLVED]


def test_an_unknown_code_is_unknown_and_global_is_everywhere() -> None:
    whole = json.loads((PAGES / "aws/events.json").read_bytes())
    snapshot = read(body(whole[2:]), "aws")
    assert snapshot.level is None
    (event,) = snapshot.incidents
    assert (event.regions, event.impact, event.level) == (("global",), None, None)
    # Its log is in milliseconds, its texts are empty.
    assert [(u.at, u.text) for u in event.updates] == [
        (datetime(2026, 6, 1, 7, 46, 40, tzinfo=UTC), "Late propagation")
    ]


def test_an_event_without_an_arn_is_known_by_service_and_time() -> None:
    row = json.loads((PAGES / "aws/events.json").read_bytes())[0]
    del row["arn"]
    (event,) = read(body([row]), "aws").incidents
    assert (event.id, event.regions) == ("multipleservices-xx-north-1@20260601T082000Z", ("xx-north-1",))


def test_a_feed_without_items_says_nothing() -> None:
    snapshot = read(Body("", page("aws/feed.rss").content.partition(b"<item>")[0] + b"</channel></rss>"), "aws")
    assert (snapshot.level, snapshot.incidents) == (None, ())


@pytest.mark.parametrize("value", [{}, [1], [{"a": 1}], [{"arn": "x", "status": "3"}]])
def test_what_is_no_list_of_events_fails(value: object) -> None:
    with pytest.raises(ParseFailed):
        read(body(value), "aws")


def test_feed_items_of_one_title_are_one_incident_that_the_newest_decides() -> None:
    snapshot = read(page("aws/feed.rss"), "aws")
    going_on, over, long_ago = snapshot.incidents
    assert (going_on.title, going_on.phase, going_on.impact, going_on.regions) == (
        "接続の問題 | Connectivity trouble",
        Phase.INVESTIGATING,
        Impact.CRITICAL,
        ("xx-north-1",),
    )
    assert [(u.at.hour, u.text) for u in going_on.updates] == [(8, "We look into it."), (9, "It got worse.")]
    assert (over.title, over.phase, [u.phase for u in over.updates]) == (
        "Slow calls",
        Phase.RESOLVED,
        [None, Phase.RESOLVED],
    )
    assert over.resolved == datetime(2026, 5, 31, 11, tzinfo=UTC)
    # It was never closed itself; later the service operates normally.
    assert (long_ago.started, long_ago.phase) == (datetime(2026, 1, 1, 11, tzinfo=UTC), Phase.RESOLVED)
    assert len({i.id for i in snapshot.incidents}) == 3
    assert snapshot.level is Level.MAJOR_OUTAGE


def test_an_item_that_is_listed_twice_under_two_titles_begins_one_incident() -> None:
    text = page("aws/feed.rss").content.decode()
    opening = text.split("<item>")[2].partition("</item>")[0]
    again = opening.replace("Connectivity trouble", "Trouble with connections")
    twice = text.replace(opening, f"{again}</item><item>{opening}")
    ids = [incident.id for incident in read(Body("x", twice.encode()), "aws").incidents]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://health.aws.amazon.com/health/status", "https://health.aws.amazon.com/public/currentevents"),
        ("https://status.aws.amazon.com/", "https://health.aws.amazon.com/public/currentevents"),
        ("https://health.amazonaws.cn/health/status", "https://health.amazonaws.cn/public/currentevents"),
        ("https://status.aws.amazon.com/rss/all.rss", "https://status.aws.amazon.com/rss/all.rss"),
        ("https://status.acme.example/", "https://status.acme.example/"),
    ],
)
def test_what_is_asked_for(url: str, asked: str) -> None:
    assert AWS.state_urls(url) == (asked,)


@needs_pages
@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.name)
def test_recorded_events(path: Path) -> None:
    content = path.read_bytes()
    events = json.loads(content.decode("utf-16") if content.startswith(b"\xfe\xff") else content)
    snapshot = read(Body(str(path), content), "aws")
    assert [i.id for i in snapshot.incidents] == [event["arn"] for event in events]
    levels = [LEVEL_OF_CODE[int(event["status"])] for event in events]
    services = {key: told for event in events for key, told in services_of(event).items()}
    levels += [LEVEL_OF_CODE[int(told["current"])] for told in services.values()]
    assert snapshot.level is not None
    assert snapshot.level.word == max(levels, key=list(LEVEL_OF_CODE.values()).index)
    assert {c.id: (c.name, level_word(c.level)) for c in snapshot.components} == {
        key: (told["service_name"], LEVEL_OF_CODE[int(told["current"])]) for key, told in services.items()
    }
    for event, incident in zip(events, snapshot.incidents, strict=True):
        assert incident.title == event["summary"]
        assert incident.started.timestamp() == int(event["date"])
        assert incident.is_open is (event["status"] != "0")
        assert incident.regions == (event["arn"].split(":")[3],)
        assert incident.components == tuple(services_of(event))
        assert [u.at.timestamp() for u in incident.updates] == sorted(e["timestamp"] for e in event["event_log"])
        # Some messages hold links; all else is plain.
        texts = [html.unescape(re.sub(r"</?a\b[^>]*>", "", e["message"])) for e in event["event_log"]]
        assert [u.text.split() for u in incident.updates] == [text.split() for text in texts]


def services_of(event: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Some keys lack their region, and stand in the events of several."""
    region = event["arn"].split(":")[3]
    services = event["impacted_services"].items()
    return {key if key.endswith(region) else f"{key}-{region}": told for key, told in services}


@needs_pages
def test_the_recorded_feed() -> None:
    (path,) = recorded("aws/*.xml")
    items = list(ElementTree.parse(path).getroot().iter("item"))
    snapshot = read(Body(str(path), path.read_bytes()), "aws")
    updates = [update for incident in snapshot.incidents for update in incident.updates]
    zones = {"PDT": "-0700", "PST": "-0800"}
    expected = {
        (item.findtext("guid") or "").rpartition("#")[2]: parsedate_to_datetime(
            (item.findtext("pubDate") or "")[:-3] + zones[(item.findtext("pubDate") or "")[-3:]]
        ).astimezone(UTC)
        for item in items
    }
    assert {update.id: update.at for update in updates} == expected
    # The newest item, which told the end, was left out of the recording.
    assert [i.is_open for i in snapshot.incidents] == [True, False, False, False, False, False]
