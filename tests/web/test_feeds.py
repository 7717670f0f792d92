"""Feeds, calendars and badges as those programs read them that people follow them with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import feedparser
from icalendar import Calendar

from bot.domain import IncidentKind, Phase, Update
from bot.store import Store
from tests.store.given import Route, at, incident, reading
from tests.web.test_pages import GITHUB, LATER, get, store

__all__ = ["store"]


def events(store: Store, path: str, now: datetime = LATER) -> list[Any]:
    """Of the calendar that is served there."""
    return list(Calendar.from_ical(get(store, path, now).content).walk("VEVENT"))


def followed(store: Store, now: datetime = LATER) -> Any:
    """The feed, as a reader of feeds has it."""
    answer = get(store, "/v/github.atom", now)
    return feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})


def test_a_feed_reader_finds_nothing_to_mend(store: Store) -> None:
    feed = followed(store)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    assert feed.feed.title == "GitHub: incidents"
    newest = feed.entries[0]
    assert newest.title.startswith("Errors <script>alert(1)</script>") or "&lt;script&gt;" in newest.title
    assert newest.link.startswith("http")
    assert "<script" not in newest.content[0].value
    assert all(entry.published_parsed and entry.id for entry in feed.entries)
    times = [entry.updated_parsed for entry in feed.entries]
    assert times == sorted(times, reverse=True)


def test_updates_of_one_moment_are_entries_of_their_own(store: Store) -> None:
    said = [Update(f"u{n}", Phase.IDENTIFIED, at(2), f"Text {n}.") for n in range(3)]
    store.records.record(reading(incident("twin1", *said, slug=GITHUB, minutes=2), slug=GITHUB, minutes=3), Route())
    feed = followed(store, at(4))
    theirs = [(entry.id, entry.content[0].value) for entry in feed.entries if ":twin1:" in entry.id]
    assert [id.rpartition(":")[2] for id, _ in theirs] == ["2", "1", "0"]
    assert [text for _, text in theirs] == [text for n in (2, 1, 0) for _, text in theirs if f"Text {n}." in text]
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)


def test_a_calendar_has_what_was_planned_and_nothing_that_a_vendor_slipped_in(store: Store) -> None:
    [event] = events(store, "/v/github.ics")
    assert event.errors == []
    assert str(event["UID"]) == "plan1@github.lookout"
    assert [event[name].dt for name in ("DTSTART", "DTEND")] == [at(n).replace(microsecond=0) for n in (600, 700)]
    assert str(event["SUMMARY"]).startswith("GitHub: ")
    assert "Fail-over; <script>" in str(event["DESCRIPTION"])
    assert "BEGIN:VEVENT" in str(event["DESCRIPTION"])


def test_a_calendar_is_empty_where_nothing_is_planned(store: Store) -> None:
    assert events(store, "/v/gitlab.ics") == []


def test_a_long_title_in_any_script_comes_back_whole(store: Store) -> None:
    title = "Wartung, Übersicht; 計画メンテナンス \\ 🛠️ " * 8
    planned = incident("long1", slug=GITHUB, minutes=900)
    named = replace(planned, title=title.strip(), kind=IncidentKind.MAINTENANCE, phase=Phase.SCHEDULED)
    store.records.record(reading(named, slug=GITHUB, minutes=3), Route())
    listed = events(store, "/v/github.ics", at(4))
    [summary] = [str(event["SUMMARY"]) for event in listed if str(event["UID"]).startswith("long1")]
    assert " ".join(summary.split()).replace("\ufe0f", "") == f"GitHub: {title.strip()}".replace("\ufe0f", "")


def test_a_badge_is_a_picture_with_a_name(store: Store) -> None:
    for path in ("/v/github.svg", "/v/github.svg?component=API", "/v/gitlab.svg"):
        badge = ElementTree.fromstring(get(store, path).content)
        assert badge.tag == "{http://www.w3.org/2000/svg}svg"
        assert badge.get("role") == "img"
        assert badge.get("aria-label")
        assert badge.get("height") == "20"
        assert not [element for element in badge.iter() if element.tag.endswith(("script", "foreignObject", "image"))]
