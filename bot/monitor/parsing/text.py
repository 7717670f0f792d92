"""What pages write, made plain: markup to text, and times to aware UTC. Takes any value, never raises, runs in linear
time; it must not know which kind of page it reads."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta, timezone

YEARS = range(1970, 2200)
"""A time outside is a typing error or a placeholder, and reads as no time."""

MAX_TIME_CHARS = 64

_APART = re.compile("p|h[1-6]|table|ul|ol|blockquote|pre")
_BLOCK = re.compile("div|li|dl|dt|dd|tr|hr|section|article|header|footer")
_INLINE = re.compile(
    "a|abbr|b|big|center|cite|code|del|em|font|i|img|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|td|th|tbody|thead"
    "|time|tt|u|var|html|head|body|main|nav|style|script|label|input|button|form|iframe|figure|figcaption|picture|source"
    "|svg|path|video|audio|o:p"
)

# Every quantifier stops at the next angle bracket, so that no input makes these go back over what they have read.
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9:]{0,15})(?=[\s/>])[^<>]*>")
_BREAK = re.compile(r"</?br\b[^<>]*>[ \t]*\n?", re.IGNORECASE)
_UNSEEN = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1\s*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TWICE = re.compile(r"&(?:amp;)+(?=(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)")
_ESCAPED_TAG = re.compile(r"&lt;/?(?:p|br|div|b|strong|small|ul|li|a|span|var)\b", re.IGNORECASE)
_LINE_END = re.compile(r"[\t\n\u2028\u2029]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Without control characters and lone surrogates (no database and no chat takes them), line ends as LF."""
    # Nearly all names and words are printable, which is known in a tenth of the time.
    if text.isprintable():
        return text
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(markup: str) -> str:
    """Tags off, entities unescaped, paragraphs apart by an empty line, trimmed.

    Only names that HTML knows count as tags: ``<your-host>`` in a text stays. An entity that was escaped again, by who
    wrote the page or by what feeds read it out with, is meant once: ``R&amp;amp;D`` is ``R&D``.
    """
    text = clean(markup)
    if "<" not in text and "&" not in text:
        return text.strip()
    result = text
    if "<" in text:
        result = _UNSEEN.sub("", _without_comments(text))
        result = _TAG.sub(_spacing, _BREAK.sub("\n", result))
    if result != text:
        lines = [line.strip() for line in result.split("\n")]
        result = "\n".join(line for i, line in enumerate(lines) if line or (i and lines[i - 1]))
    return unescape(_TWICE.sub("&", result)).strip()


def one_line(markup: str) -> str:
    """For names and titles: plain, line ends as one space."""
    text = plain(markup)
    return text if text.isprintable() else _LINE_END.sub(" ", text)


def unescape(text: str) -> str:
    """Entities that end in a semicolon, once. Without one, ``?a=1&region=eu`` would turn into ``?a=1®ion=eu``."""
    return clean(_ENTITY.sub(lambda found: html.unescape(found[0]), text)) if "&" in text else text


def unescape_twice_escaped(markup: str) -> str:
    """Feeds that escape their HTML twice hold no tag but escaped ones; anything else comes back as it is."""
    return unescape(markup) if _ESCAPED_TAG.search(markup) and "<" not in markup else markup


def _spacing(tag: re.Match[str]) -> str:
    name = tag[1].lower()
    if _APART.fullmatch(name):
        return "\n\n"
    if _BLOCK.fullmatch(name):
        return "\n"
    return "" if _INLINE.fullmatch(name) else tag[0]


def _without_comments(text: str) -> str:
    parts = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start)
        if end < 0:
            break
        parts.append(text[at:start])
        at = end + 3
    return "".join(parts) + text[at:]


# --- times ----------------------------------------------------------------------------------------------------------

HOURS = {
    name: float(hours)
    for names, hours in (
        ("UTC GMT UT Z WET", 0),
        ("CET BST WEST", 1),
        ("CEST EET SAST", 2),
        ("EEST MSK", 3),
        ("PKT", 5),
        ("IST", 5.5),
        ("ICT WIB", 7),
        ("SGT HKT AWST PHT", 8),
        ("JST KST", 9),
        ("ACST", 9.5),
        ("AEST", 10),
        ("ACDT", 10.5),
        ("AEDT", 11),
        ("NZST", 12),
        ("NZDT", 13),
        ("NDT", -2.5),
        ("ADT BRT ART", -3),
        ("NST", -3.5),
        ("AST EDT", -4),
        ("EST CDT", -5),
        ("CST MDT", -6),
        ("MST PDT", -7),
        ("PST AKDT", -8),
        ("AKST", -9),
        ("HST", -10),
    )
    for name in names.split()
}
"""Zone abbreviations that pages print. Ambiguous ones have the meaning that most pages give them."""

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
MONTHS = {name: number for number, name in enumerate(_MONTHS.split(), start=1)}

_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?")
_RFC822 = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})[\s-]([A-Za-z]{3})[a-z]{0,6}[\s-](\d{4}|\d{2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?"
    r"\s*([A-Za-z]{1,5}|[+-]\d{2}:?\d{2})?"
)

_ZONE_BY_NAME = re.compile(r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}[\d:.,]{0,16}) ?([A-Za-z]{1,5})")


def zone_of(name: str) -> timezone:
    """``PDT``, ``Z``, ``+0530``, ``-03``, ``GMT+2``. What is not known reads as UTC: off by hours, never unreadable."""
    if offset := _OFFSET.fullmatch(name):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    return timezone(timedelta(hours=HOURS.get(name.upper(), 0)))


def time_of(value: object) -> datetime | None:
    """An ISO 8601 or RFC 822 time, in UTC; without a zone it counts as UTC. Weekdays are skipped: some are wrong.

    ISO with a zone's name (``2026-01-02 15:04:05 PDT``) is how Ruby and others print times.
    """
    if not isinstance(value, str) or len(value) > MAX_TIME_CHARS:
        return None
    text = value.strip()
    named = _ZONE_BY_NAME.fullmatch(text)
    try:
        at = (
            datetime.fromisoformat(named[1]).replace(tzinfo=zone_of(named[2]))
            if named
            else datetime.fromisoformat(text)
        )
    except ValueError:
        found = _RFC822.fullmatch(text)
        return _rfc822(found) if found else None
    return _in_utc(at if at.tzinfo else at.replace(tzinfo=UTC))


def _rfc822(found: re.Match[str]) -> datetime | None:
    day, month, year, hour, minute, second, zone = found.groups()
    try:
        return _in_utc(
            datetime(
                int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 70 else 1900),
                MONTHS[month.lower()],
                int(day),
                int(hour),
                int(minute),
                int(second or 0),
                tzinfo=zone_of(zone or "Z"),
            )
        )
    except (KeyError, ValueError):
        return None


def _in_utc(at: datetime) -> datetime | None:
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        return None
    return at if at.year in YEARS else None
