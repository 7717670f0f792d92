"""The pages as browsers, feed readers, calendars and programs get them, from a store and the shipped catalog."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from bot.catalog import load
from bot.domain import Component, Impact, IncidentKind, Level, Phase, Slug, Update
from bot.store import Store
from bot.web.category_names import OF_TWO_FIELDS, category_name
from tests.databases import sqlite
from tests.store.given import NOON, Route, at, incident, reading, resolved
from tests.web.test_server import served, shipped

GITHUB = Slug("github")
HOSTILE = '<script>alert(1)</script> & "quoted" ]]> \x07 \u202e <b>not bold</b>\r\nBEGIN:VEVENT'
API = Component("c1", "API", Level.OPERATIONAL)
ATOM = "{http://www.w3.org/2005/Atom}"
VOID = {"br", "meta", "link", "input"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """GitHub in trouble: one incident open, one over, a maintenance planned."""
    opened = Store(sqlite(tmp_path))
    opened.pages.sync_catalog(tuple(shipped()), NOON, 0)
    before = incident("old1", slug=GITHUB, minutes=-60 * 24, level=Level.DEGRADED)
    over = resolved(before, -60 * 23)
    now = replace(
        incident("now1", Update("u1", Phase.IDENTIFIED, at(-30), HOSTILE), slug=GITHUB, minutes=-30),
        title=f"Errors {HOSTILE}",
        url="javascript:alert(1)",
    )
    planned = replace(
        incident("plan1", Update("u1", Phase.SCHEDULED, at(-60), f"Fail-over; {HOSTILE}"), slug=GITHUB, minutes=600),
        kind=IncidentKind.MAINTENANCE,
        phase=Phase.SCHEDULED,
        impact=Impact.MAINTENANCE,
        planned_end=at(700),
    )
    opened.records.record(reading(before, slug=GITHUB, minutes=-60 * 24, components=(API,)), Route())
    down = replace(API, level=Level.MAJOR_OUTAGE)
    opened.records.record(
        reading(over, now, planned, slug=GITHUB, level=Level.MAJOR_OUTAGE, components=(down,)), Route()
    )
    yield opened
    opened.close()


LATER = at(1)


def get(store: Store, path: str, now: datetime = LATER, headers: Mapping[str, str] = {}) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with served(store, now) as client:
            return await client.get(path, headers=headers)

    return asyncio.run(asked())


class Page(HTMLParser):
    """What a browser makes of it: its text, links and elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attributes if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_question_is_answered_first(store: Store) -> None:
    answer = get(store, "/v/github")
    page = Page(answer.text)
    assert answer.status_code == 200
    at_question = page.text.index("Is there an outage at GitHub?", page.text.index("Find"))
    assert page.text.index("major outage", at_question) < page.text.index("Open now")
    for shown in ("source-code hosting", "Parts that are not green", "API", "Planned", "Latest incidents", "GitLab"):
        assert shown in page.text
    assert "read 1 min ago" in page.text.lower()
    assert len(answer.content) < 40_000


def test_a_page_that_was_never_read_is_unknown_and_not_green(store: Store) -> None:
    page = Page(get(store, "/v/gitlab").text)
    assert "operational" not in page.text
    assert "not read yet" in page.text.lower()
    assert "Nothing is on record." in page.text
    for claim in ("0 parts", "no incidents", "None on record", "0 of 0"):
        assert claim not in page.text


def test_the_first_page_gives_no_all_clear_of_what_is_not_known(tmp_path: Path) -> None:
    fresh = Store(sqlite(tmp_path))
    fresh.pages.sync_catalog(tuple(shipped()), NOON, 0)
    total = sum(vendor.enabled for vendor in shipped())
    nobody = f"Nobody can say now: the state of none of the {total:,} vendors is known."
    assert nobody in Page(get(fresh, "/").text).text
    fresh.records.record(reading(slug=GITHUB, components=(API,)), Route())
    assert f"None of those whose state is known: 1 of {total:,} vendors." in Page(get(fresh, "/").text).text
    fresh.close()


def test_a_vendor_that_publishes_nothing_for_programs_is_said_so(store: Store) -> None:
    page = Page(get(store, "/v/netflix").text)
    words = " ".join(page.words)
    assert "Netflix has no status page that programs can read" in words
    assert "/subscribe netflix" not in words
    assert "https://help.netflix.com/en/is-netflix-down" in page.links


def test_a_reading_that_is_old_is_unknown_too(store: Store) -> None:
    assert get(store, "/v/github.json", at(600)).json()["level"] == "unknown"


def test_what_a_vendor_writes_is_text_in_every_format(store: Store) -> None:
    page = Page(get(store, "/v/github").text)
    assert not page.tags & {"script", "b", "iframe", "object"}
    assert "<script>alert(1)</script>" in page.text
    assert not [link for link in page.links if link.startswith("javascript:")]
    feed = ElementTree.fromstring(get(store, "/v/github.atom").content)
    assert not feed.findall(".//script")
    lines = get(store, "/v/github.ics").text.split("\r\n")
    assert lines.count("BEGIN:VEVENT") == 1
    badge = ElementTree.fromstring(get(store, "/v/github.svg").content)
    assert [element.tag.rpartition("}")[2] for element in badge.iter()].count("text") == 2
    assert get(store, "/v/github.json").json()["open"][0]["url"] is None


def test_the_feed_has_an_entry_per_update_under_ids_that_stay(store: Store) -> None:
    def ids() -> list[str]:
        feed = ElementTree.fromstring(get(store, "/v/github.atom").content)
        return [entry.findtext(f"{ATOM}id") or "" for entry in feed.findall(f"{ATOM}entry")]

    first = ids()
    assert first == [
        "urn:lookout:github:now1:0",
        "urn:lookout:github:plan1:0",
        "urn:lookout:github:old1:1",
        "urn:lookout:github:old1:0",
    ]
    more = incident(
        "now1",
        Update("u1", Phase.IDENTIFIED, at(-30), "Edited."),
        Update("u2", Phase.MONITORING, at(2), "Better."),
        slug=GITHUB,
        minutes=-30,
    )
    store.records.record(reading(more, slug=GITHUB, minutes=3), Route())
    assert ids()[:2] == ["urn:lookout:github:now1:1", "urn:lookout:github:now1:0"]


def test_the_calendar_has_the_maintenances_in_lines_of_75_octets(store: Store) -> None:
    text = get(store, "/v/github.ics").text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "UID:plan1@github.lookout\r\n" in text
    assert f"DTSTART:{at(600):%Y%m%dT%H%M%SZ}\r\nDTEND:{at(700):%Y%m%dT%H%M%SZ}\r\n" in text


def test_a_badge_says_the_level_of_the_vendor_or_of_a_part(store: Store) -> None:
    assert "GitHub: major outage" in get(store, "/v/github.svg").text
    assert "GitHub API: major outage" in get(store, "/v/github.svg?component=api").text
    assert get(store, "/v/github.svg?component=nothing").status_code == 404
    assert "GitLab: unknown" in get(store, "/v/gitlab.svg").text


def test_what_did_not_change_is_not_sent_again(store: Store) -> None:
    first = get(store, "/v/github")
    again = get(store, "/v/github", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_vendor_is_found_and_what_is_down_is_shown(store: Store) -> None:
    front = Page(get(store, "/").text)
    assert "/v/github" in front.links
    assert "/v/gitlab" not in front.links
    assert "/v/gitlab" in Page(get(store, "/?q=gitlab").text).links
    assert "No vendor is called “qqqqqqqq”." in Page(get(store, "/?q=qqqqqqqq").text).text
    category = next(link for link in front.links if link.startswith("/c/"))
    assert len(Page(get(store, category).text).links) > 3


def test_what_is_not_there_is_said_so(store: Store) -> None:
    paths = ("/v/nothing", "/v/nothing.json", "/v/github.exe", "/c/nothing", "/v/github/incidents/nothing", "/v/%00")
    for path in paths:
        assert get(store, path).status_code == 404, path


def test_one_incident_has_an_address(store: Store) -> None:
    page = Page(get(store, "/v/github/incidents/old1").text)
    assert "All is well." in page.text
    assert "Errors" not in page.text


def test_what_is_said_again_stands_once(store: Store) -> None:
    told = [Update(f"u{n}", Phase.IDENTIFIED, at(-n), "We are still on it.") for n in (50, 40, 30)]
    found = Update("u20", Phase.IDENTIFIED, at(-20), "We found it.")
    again = incident("again1", *told, found, Update("u10", Phase.IDENTIFIED, at(-10), told[0].text), slug=GITHUB)
    store.records.record(reading(again, slug=GITHUB, components=(API,)), Route())
    text = get(store, "/v/github/incidents/again1").text
    assert text.count("We are still on it.") == 2, "something else was said in between"
    assert " · 3×, first <time" in text  # noqa: RUF001
    assert "1×" not in text  # noqa: RUF001
    entry = ElementTree.fromstring(get(store, "/v/github.atom").content)
    assert sum("still on it" in (e.findtext(f"{ATOM}content") or "") for e in entry.iter(f"{ATOM}entry")) == 4


def test_the_data_is_the_same_as_the_page(store: Store) -> None:
    data = json.loads(get(store, "/v/github.json").text)
    assert (data["level"], data["troubled"]) == (
        "major_outage",
        [{"label": "API", "level": "major_outage", "level_text": "major outage"}],
    )
    assert [i["id"] for part in ("open", "planned", "past") for i in data[part]] == ["now1", "plan1", "old1"]
    assert len(data["days"]) == 90
    assert timedelta(0) <= NOON - datetime.fromisoformat(data["read_at"]) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("ai-ml", "AI and ML"),
        ("documents-esign", "Documents and e-signing"),
        ("iot-hardware", "IoT and hardware"),
        ("ecommerce", "E-commerce"),
        ("developer-tools", "Developer tools"),
    ],
)
def test_a_category_is_written_as_people_write_it(category: str, name: str) -> None:
    assert category_name(category) == name


def test_what_is_of_two_fields_is_a_category_of_the_catalog() -> None:
    assert {vendor.category for vendor in load()} >= OF_TWO_FIELDS
