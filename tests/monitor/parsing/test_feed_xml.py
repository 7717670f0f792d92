"""Feeds that are no XML: mended once, and read as strictly again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.monitor.detect import recognise
from bot.monitor.parsing.feed_xml import Document, read_document
from bot.monitor.provider import Body, ParseFailed
from tests.monitor.facts import NOON

URL = "https://status.acme.example/rss"
DATE = "<pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate>"


def rss(text: str = "Fähre & Co", *, head: str = '<?xml version="1.0" encoding="UTF-8"?>', more: str = "") -> str:
    item = f"<item><title>Pier</title><guid>1</guid>{DATE}<description>{text}</description></item>"
    return f'{head}<rss version="2.0"><channel><title>Acme</title>{item}{more}</channel></rss>'


def document(content: str | bytes) -> Document:
    return read_document(Body(URL, content.encode() if isinstance(content, str) else content), NOON)


def text_of(content: str | bytes) -> str:
    (entry,) = document(content).entries
    return entry.content


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a \x0b b\x00", "a  b"),
        ("a &#11; b&#xD800;&#65;", "a  bA"),
        ("one&nbsp;two &eacute;&ndash;", "one\xa0two é\u2013"),
        ("Fish &LT; chips &AMP; more &amp; tea", "Fish < chips & more & tea"),
        ("Fish & chips &c &nosuch; &amp;", "Fish & chips &c &nosuch; &"),
        ("5 < 6 & 7 <8", "5 < 6 & 7 <8"),
        ("<![CDATA[R&D &nbsp; <b>]]> & so", "R&D &nbsp; <b> & so"),
        ("a ]]> b & c", "a ]]> b & c"),
        ("\ufffe\uffff!", "!"),
    ],
)
def test_what_xml_does_not_take_is_mended(written: str, read: str) -> None:
    assert text_of(rss(written)) == read


LATIN = rss("Fähre „hält“")


@pytest.mark.parametrize(
    "content",
    [
        LATIN.encode("cp1252"),
        LATIN.replace("UTF-8", "bogus").encode("cp1252"),
        LATIN.replace("UTF-8", "ISO-8859-1").encode("cp1252"),
        LATIN.replace("UTF-8", "ISO-8859-1").encode("utf-8"),
        LATIN.replace("UTF-8", "windows-1252").encode("utf-8"),
        LATIN.replace("UTF-8", "utf-16").encode("utf-8"),
        LATIN.replace("UTF-8", "bogus").encode("utf-8"),
        LATIN.encode("utf-16"),
        LATIN.encode("utf-16-le"),
        LATIN.encode("utf-8-sig"),
    ],
    ids=range(10),
)
def test_an_encoding_that_is_wrong_hides_nothing(content: bytes) -> None:
    assert text_of(content) == "Fähre „hält“"


@pytest.mark.parametrize("encoding", ["shift_jis", "euc-jp", "big5", "gb18030"])
def test_encodings_of_several_bytes_are_read(encoding: str) -> None:
    text = rss("復旧", head=f'<?xml version="1.0" encoding="{encoding}"?>')
    if encoding == "big5":
        text = text.replace("復旧", "恢復")
    assert text_of(text.encode(encoding)) in ("復旧", "恢復")


def test_one_wrong_byte_is_one_wrong_letter() -> None:
    content = rss("Fähre and Kähne").encode().replace("Kähne".encode(), b"K\xe4hne")
    assert text_of(content) == "Fähre and Kähne"


@pytest.mark.parametrize(
    "before",
    [
        "Warning: no disk in /srv/feed.php on line 3\n",
        "<br />\n<b>Notice</b>: x in <b>feed.php</b><br />\n",
        "\n\n<!-- made by hand -->\n",
        '<!DOCTYPE rss PUBLIC "-//A//DTD RSS 0.91//EN" "http://a.example/rss.dtd">',
        "<!DOCTYPE rss>\n",
        "\ufeff\ufeff",
        "\x00",
    ],
)
@pytest.mark.parametrize("after", ["", "<!-- 12 ms -->", "<script>track()</script>", "\x00\x00", " & so on"])
def test_what_stands_around_the_root_is_passed_over(before: str, after: str) -> None:
    content = (before + rss("Fine") + after).encode()
    assert text_of(content) == "Fine"
    assert recognise(Body(URL, content)) == "rss"


@pytest.mark.parametrize(
    "content",
    [
        rss()[:-8],
        rss()[:120],
        "junk & " + rss()[:-4],
        '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + rss("&b;", head=""),
        'junk <!DOCTYPE rss [<!ENTITY a "ha">]>' + rss("&a; & b", head=""),
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rss("&x; \x00", head=""),
        "<html><body>" + rss() + "</body></html>",
        '{"feed": "' + rss() + '"}',
        rss("<b>not closed"),
    ],
    ids=range(9),
)
def test_what_is_cut_off_or_declares_something_stays_unread(content: str) -> None:
    with pytest.raises(ParseFailed):
        document(content)
    assert document(rss("Fähre &amp; Co")).entries


def test_entries_without_a_date_have_the_time_of_their_sight_and_are_counted() -> None:
    items = [
        "<item><title>A</title></item>",
        "<item><title>B</title><pubDate>Mon, 02 Mar 2026 08:00:00 XYZ</pubDate></item>",
        "<item><title>C</title><pubDate>2 March 2026 08:00</pubDate></item>",
        "<item><title>D</title><pubDate>soon</pubDate><date>2026-03-02T08:00:00Z</date></item>",
    ]
    found = document(rss(more="".join(items)).replace("&", "&amp;"))
    assert (found.undated, found.zoneless) == (2, 1)
    assert [(e.title, e.dated, e.published == NOON) for e in found.entries[1:3]] == [
        ("A", False, True),
        ("B", False, True),
    ]
    assert [e.published.hour for e in found.entries[3:]] == [8, 8]


@given(st.data())
def test_one_broken_byte_in_a_text_hides_no_entry(data: st.DataObject) -> None:
    content = bytearray(rss("We look at the pier and write again soon").encode())
    start = content.index(b"We look")
    at = data.draw(st.integers(start, start + 35))
    content[at] = data.draw(st.sampled_from([0, 7, 11, 0x1F, 0x80, 0xC3, 0xE4, 0xFF, ord("&"), ord("x")]))
    (entry,) = document(bytes(content)).entries
    assert (entry.id, entry.title) == ("1", "Pier")
