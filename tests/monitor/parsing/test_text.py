"""Markup to text, and times to UTC."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.monitor.parsing.text import clean, one_line, plain, time_of, unescape, unescape_twice_escaped, zone_of


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("  as it is:  two  spaces\r\n\r\n\r\nstay \r\n", "as it is:  two  spaces\n\n\nstay"),
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<p> <small>One.</small><br> <strong>Two</strong> </p>", "One.\nTwo"),
        ("one<br/>two<br />\nthree</br>", "one\ntwo\nthree"),
        ("<ul><li>one</li><li>two</li></ul>", "one\n\ntwo"),
        ('See <a href="https://a.example/?x=1&amp;y=2">here</a>.', "See here."),
        ("use <your-host> if 1 < 2 and 3 > 2", "use <your-host> if 1 < 2 and 3 > 2"),
        ("&lt;b&gt; &amp; &#228; &nbsp;.", "<b> & ä \xa0."),
        (
            "R&amp;amp;D isn&amp;amp;amp;#39;t &amp;lt;p&amp;gt;, &amp;bogus &amp;; nor &amp;amp",
            "R&D isn't <p>, &bogus &; nor &amp",
        ),
        ("https://a.example/?a=1&region=eu&copy=2", "https://a.example/?a=1&region=eu&copy=2"),
        ("a<!-- hidden <b> -->b<!-- open", "ab<!-- open"),
        ("<style>p {}</style>a<script>alert(1)</script>b", "ab"),
        ("nul\x00, bell\x07, half \ud800", "nul, bell, half "[:-1]),
        ("&#0;&#xD800;&#99999999;&bogus;", "\ufffd\ufffd&#99999999;&bogus;"),
    ],
)
def test_plain(markup: str, text: str) -> None:
    assert plain(markup) == text


def test_names_stay_on_one_line() -> None:
    assert one_line(" R&amp;D\r\n  <b>Paris</b>\t(CDG)   - x ") == "R&D Paris (CDG)   - x"


def test_only_markup_that_was_escaped_twice_is_unescaped_once() -> None:
    assert unescape_twice_escaped("&lt;p&gt;a &amp;amp; b&lt;/p&gt;") == "<p>a &amp; b</p>"
    assert unescape_twice_escaped("<p>&lt;p&gt; is a tag</p>") == "<p>&lt;p&gt; is a tag</p>"
    assert unescape_twice_escaped("1 &lt; 2") == "1 &lt; 2"


@given(st.text())
def test_what_is_plain_goes_everywhere(text: str) -> None:
    found = plain(text)
    found.encode()
    assert "\x00" not in found
    assert "\r" not in found
    assert found == found.strip()


@given(st.text(st.characters(categories=["L", "N"]), max_size=40))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == clean(text) == unescape(text) == text.strip()


@given(st.lists(st.sampled_from(["&amp;", "&lt;", "&#39;", "amp;", "&", "x", " ", "&quot;", "#39;"]), max_size=12))
def test_no_entity_is_left_however_often_it_was_escaped(pieces: list[str]) -> None:
    once = html.escape(plain("".join(pieces)))
    assert plain(once) == plain(html.escape(once)) == plain(html.escape(html.escape(once))) == plain("".join(pieces))


@pytest.mark.parametrize(
    ("piece", "shown"),
    [
        ("&amp;", "&"),
        ("<", "<"),
        ("<p", "<p"),
        ("<a ", "<a "),
        ("<!--", "<!--"),
        ("<!-- -->", ""),
        ("<script>", ""),
        ("&", "&"),
        ("&lt;", "<"),
        ("&#1", "&#1"),
        ("<br", "<br"),
        ("-", "-"),
        ("<p>\n", ""),
        (" \n", ""),
    ],
)
def test_what_is_broken_stays_however_often_it_stands(piece: str, shown: str) -> None:
    times = 200_000 // len(piece)
    assert plain(piece * times) == (shown * times).strip()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-04-20T17:40:56.860Z", "2026-04-20T17:40:56.860000"),
        ("2026-04-20T17:40:56Z", "2026-04-20T17:40:56"),
        ("2014-05-14T14:22:39.441-06:00", "2014-05-14T20:22:39.441000"),
        (" 2026-04-20T17:40:56 ", "2026-04-20T17:40:56"),
        ("Fri, 23 Aug 2019 02:39:42 PDT", "2019-08-23T09:39:42"),
        ("Mon, 23 Aug 2019 02:39:42 GMT", "2019-08-23T02:39:42"),
        ("Thu, 23 Jul 2026 16:29:09 Z", "2026-07-23T16:29:09"),
        ("5 Mar 2025 8:00 +0100", "2025-03-05T07:00:00"),
        ("Wednesday, 05 March 2025 08:00:00 CEST", "2025-03-05T06:00:00"),
        ("05 Mar 2025 08:00:00", "2025-03-05T08:00:00"),
        ("05 Mar 2025 08:00:00 XYZ", "2025-03-05T08:00:00"),
        ("Wed, 05 Mar 25 08:00:00 GMT", "2025-03-05T08:00:00"),
        ("2026-04-20 17:40:56 UTC", "2026-04-20T17:40:56"),
        ("2026-04-20 17:40:56.5 PDT", "2026-04-21T00:40:56.500000"),
        ("2026-04-20T17:40:56z", "2026-04-20T17:40:56"),
        ("2026-04-20T17:40:56.123456789Z", "2026-04-20T17:40:56.123456"),
        ("2026-04-20T17:40 CEST", "2026-04-20T15:40:00"),
    ],
)
def test_times(text: str, at: str) -> None:
    assert time_of(text) == datetime.fromisoformat(at).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        *("", "yesterday", "99999-01-01T00:00:00Z", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00+14:00", "1066-10-14"),
        *(
            "9999-12-31T23:59:59-14:00",
            "32 Jan 2026 00:00:00 GMT",
            "01 Foo 2026 00:00:00 GMT",
            "01 Jan 2026 25:00:00 GMT",
        ),
        *(None, 17, 1.5, True, [], {}, "2026-04-20T17:40:56Z" * 100, "1" * 5000),
    ],
)
def test_what_is_no_time(value: object) -> None:
    assert time_of(value) is None


FIRST, LAST = (datetime(year, 1, 1) for year in (1971, 2199))  # noqa: DTZ001 (hypothesis takes naive bounds)


@given(st.datetimes(FIRST, LAST), st.integers(-14 * 60, 14 * 60))
def test_every_iso_time_is_read_in_utc(local: datetime, minutes: int) -> None:
    zone = zone_of(f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}")
    at = local.replace(tzinfo=zone)
    assert at.utcoffset() == timedelta(minutes=minutes)
    found = time_of(at.isoformat())
    assert found == at
    assert found is not None
    assert found.tzinfo is UTC


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    found = time_of(text)
    assert found is None or found.tzinfo is UTC
