"""What no page should answer: facts or one clear sentence, in bounded time, never a traceback."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from bot.domain import Level
from bot.monitor.detect import recognise
from bot.monitor.parsing.body import MAX_BYTES
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests import fuzz
from tests.monitor.long_pages import PARTS, long_pages
from tests.monitor.providers.bodies import ACME, NOW, PAGES, component, page, read, summary

OWN_PAGES = sorted(path for folder in ("statuspage", "incidentio", "feeds") for path in PAGES.glob(f"{folder}/*"))
KINDS = ("statuspage", "incidentio", "rss")
URL = "https://status.acme.example/api/v2/summary.json"
HTML = b"\n<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in.</body></html>"
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">%s]><rss><channel><item><title>&l9;</title>
<pubDate>Mon, 01 Jun 2026 10:00:00 GMT</pubDate></item></channel></rss>""" % b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"&lol;" * 10) for n in range(10)
)
OUTSIDE = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title></channel></rss>'


def sentence(content: bytes, kind: str) -> str:
    with pytest.raises(ParseFailed) as failed:
        read(Body(URL, content), kind)
    assert fuzz.ONE_SENTENCE.fullmatch(str(failed.value))
    return str(failed.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The page answered with an empty body."),
        (b" \n", "The page answered with an empty body."),
        (HTML, "The page answered with HTML where its JSON was expected."),
        (HTML.decode().encode("utf-16"), "The page answered with HTML where its JSON was expected."),
        (b"<rss/>", "The page answered with XML where its JSON was expected."),
        (b'{"page": {"id": "x", "na', "The page's JSON is broken or cut off."),
        (b"k", "The page's JSON is broken or cut off."),
        (b'{"a": ' + b"9" * 5000 + b"}", "The page's JSON is broken or cut off."),
        (b'{"a": "\xff\xfe"}', "The page's JSON is in an encoding that cannot be read."),
        (b"[" * 100_000, "The page's JSON is nested too deeply to be read."),
        (b'{"a":' * 100_000, "The page's JSON is nested too deeply to be read."),
        (b"[]", "The page's JSON is not the object that this kind of page answers with."),
        (b"NaN", "The page's JSON is not the object that this kind of page answers with."),
        (b"{}", "The page's JSON is not in Statuspage's format: it may have moved to another platform."),
        (
            b'{"components": []}',
            "The page's JSON is not in Statuspage's format: it may have moved to another platform.",
        ),
        (
            b'{"page": {"id": "x"}, "components": []}',
            "The page lists no components and no state: it may have moved to another platform.",
        ),
        (b"x" * (MAX_BYTES + 1), "The page's answer is larger than 16 MB."),
    ],
    ids=range(17),
)
def test_json_pages(content: bytes, reason: str) -> None:
    assert sentence(content, "statuspage") == sentence(content, "incidentio") == reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The page answered with an empty body."),
        (HTML, "The page answered with HTML where a feed was expected."),
        (b"k", "The page answered with something other than a feed."),
        (b"{}", "The page answered with something other than a feed."),
        (b"<urlset><url/></urlset>", "The page answered with XML that is no RSS or Atom feed."),
        (b"<rss><channel><item>", "The feed's XML is broken or cut off."),
        (b"<rss><a>" * 1000, "The feed's XML is nested too deeply to be read."),
        (b"<rss>" + b"<a>" * 100_000, "The feed's XML is nested too deeply to be read."),
        (LAUGHS, "The feed declares XML entities or a document type, which are not read."),
        (OUTSIDE, "The feed declares XML entities or a document type, which are not read."),
        (b"<rss>" + b" " * MAX_BYTES + b"</rss>", "The page's answer is larger than 16 MB."),
    ],
    ids=range(11),
)
def test_feeds(content: bytes, reason: str) -> None:
    assert sentence(content, "rss") == reason


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_at_all(kind: str) -> None:
    with pytest.raises(ParseFailed, match="no answer"):
        BY_KIND[kind].parse(ACME, (), NOW)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_encodings_that_name_themselves_are_read(encoding: str) -> None:
    given = page("statuspage/summary.json")
    assert read(Body(URL, given.content.decode().encode(encoding))) == read(given)


def test_feeds_may_be_in_any_encoding_that_they_declare() -> None:
    given = page("feeds/blocks.rss")
    text = given.content.decode().replace("blue", "bläulich")
    for encoding in ("utf-16", "iso-8859-1", "windows-1252", "utf-8"):
        content = text.replace('encoding="utf-8"', f'encoding="{encoding}"').encode(encoding)
        assert read(Body(given.url, content), "rss").incidents[-2].updates[0].text == "They are bläulich."


def test_line_ends_and_marks_before_a_feed_are_passed_over() -> None:
    content = page("feeds/history.rss").content.replace(b"\n", b"\r\n")
    for before in (b"\r\n\r\n", b"\xef\xbb\xbf"):
        assert read(Body(URL, before + content), "rss").incidents == read(Body(URL, content), "rss").incidents


def test_raw_line_ends_in_json_strings_are_read() -> None:
    content = json.dumps(summary(status={"indicator": "none", "description": "All @ good"})).encode()
    assert read(Body(URL, content.replace(b" @ ", b"\n"))).status_text == "All good"


def test_half_characters_and_nul_do_not_come_through() -> None:
    raw = summary(
        status={"indicator": "none", "description": "a\ud800b\x00c"}, components=[component("c\x001", name="\udfff")]
    )
    found = read(Body(URL, json.dumps(raw).encode()))
    assert (found.status_text, found.components[0].id, found.components[0].name) == ("abc", "c1", "c1")
    fuzz.check(found)


@pytest.mark.parametrize("name", long_pages(0))
def test_a_long_page_is_read_whole(name: str) -> None:
    """A tenth of what it may have, in whose parsing nothing is left out."""
    content, kind = long_pages(PARTS // 10)[name]
    snapshot = read(Body(URL, content), kind)
    assert snapshot.level is (Level.MAJOR_OUTAGE if kind == "statuspage" else None)
    assert len(snapshot.incidents) == (1 if name in ("sentence", "heads") else PARTS // 10)


def test_the_longest_pages_are_nearly_as_long_as_may_be() -> None:
    assert {name for name, (content, _) in long_pages().items() if 7_000_000 < len(content) < MAX_BYTES} == {
        *long_pages(0)
    }


def test_entities_are_never_expanded() -> None:
    tracemalloc.start()
    try:
        sentence(LAUGHS, "rss")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("path", OWN_PAGES, ids=lambda path: path.name)
def test_a_page_that_is_cut_off_anywhere_is_not_read_as_a_shorter_one(path: Path) -> None:
    given = page(f"{path.parent.name}/{path.name}")
    kind = recognise(given)
    assert kind is not None
    whole = given.content.rstrip()
    for end in range(0, len(whole) - 1, max(1, len(whole) // 60)):
        sentence(whole[:end], kind)


@pytest.mark.parametrize("kind", BY_KIND)
def test_broken_pages_come_out_as_facts_or_a_sentence(kind: str) -> None:
    assert fuzz.run(kind, 100, seed=1).findings == []
