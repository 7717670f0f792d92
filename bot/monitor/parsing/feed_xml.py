"""RSS and Atom documents as entries. It knows XML and nothing of incidents.

No DTD, no entities, no network; what is large or deep is refused before it is built. What is no XML is mended once
(:mod:`bot.monitor.parsing.feed_repair`) and read as strictly again.
Formats: https://www.rssboard.org/rss-specification and https://www.rfc-editor.org/rfc/rfc4287.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import islice
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from bot.monitor.parsing.body import check_size, first_element
from bot.monitor.parsing.dates import Written, written_date
from bot.monitor.parsing.feed_repair import holds_feed, is_mislabelled, repaired
from bot.monitor.parsing.text import clean, one_line, unescape_twice_escaped
from bot.monitor.provider import Body, ParseFailed

MAX_DEPTH = 64
MAX_ENTRIES = 1000
"""Feeds hold their newest entries first; the rest of a longer one is left unread."""

ROOTS = frozenset({"rss", "feed", "rdf"})
NO_FEEDS = frozenset({"html", "head", "body", "svg"})
"""Documents whose scripts and texts may hold anything."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item or entry. Where only one of its times can be read, the other is taken from it."""

    id: str | None
    """The guid or id as written."""
    link: str | None
    """A web address."""
    title: str
    content: str
    """Markup."""
    published: datetime
    updated: datetime
    dated: bool = True
    """One of them could be read; else both are the time of the reading."""


@dataclass(frozen=True, slots=True)
class Document:
    """A feed."""

    entries: tuple[Entry, ...]
    updated_at: str | None
    """Its own time of change as written."""
    undated: int
    """How many entries had no time that can be read."""
    zoneless: int
    """How many had one without a zone, which counts as UTC."""


def is_feed(body: Body) -> bool:
    """Whether a body is a feed, or holds one behind what should not be there."""
    name = first_element(body)
    return name in ROOTS or (name not in NO_FEEDS and holds_feed(body.content))


def read_document(body: Body, seen_at: datetime | None = None) -> Document:
    """The entries in the order of the feed; those without a time have ``seen_at``, and are left out without one.

    Raises :class:`ParseFailed`.
    """
    root = read_tree(body)
    channel = next(_children(root, "channel"), root)
    # RSS 1.0 has its items beside the channel, RSS 2.0 and Atom inside.
    rows = [*_children(channel, "item", "entry"), *(_children(root, "item") if channel is not root else ())]
    entries = [_entry(row, body.url, seen_at) for row in islice(rows, MAX_ENTRIES)]
    updated_at = _text(channel, "updated", "lastBuildDate", "pubDate")
    return Document(
        entries=tuple(entry for entry, _ in entries if entry is not None),
        updated_at=updated_at or None,
        undated=sum(entry is None or not entry.dated for entry, _ in entries),
        zoneless=sum(zoneless for _, zoneless in entries),
    )


def read_tree(body: Body) -> Element:
    """The root element. Raises :class:`ParseFailed`."""
    check_size(body)
    name = first_element(body)
    if name == "html":
        raise ParseFailed("The page answered with HTML where a feed was expected.")
    if name not in ROOTS and not is_feed(body):
        raise ParseFailed(
            "The page answered with something other than a feed."
            if name is None
            else "The page answered with XML that is no RSS or Atom feed."
        )
    # Some generators put line ends before the XML declaration.
    content = body.content.lstrip(b" \t\r\n")
    if name in ROOTS and not is_mislabelled(content):
        try:
            return _tree(content)
        except ParseFailed:
            pass
    return _tree(repaired(content))


def _tree(content: bytes) -> Element:
    parser = DefusedXMLParser(target=_Shallow(), forbid_dtd=True)
    try:
        parser.feed(content)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise ParseFailed("The feed declares XML entities or a document type, which are not read.") from error
    except ParseError as error:
        raise ParseFailed("The feed's XML is broken or cut off.") from error
    except (ValueError, LookupError) as error:
        raise ParseFailed("The feed is in an encoding that cannot be read.") from error
    return root


class _Shallow(TreeBuilder):
    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ParseFailed("The feed's XML is nested too deeply to be read.")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _entry(row: Element, base: str, seen_at: datetime | None) -> tuple[Entry | None, bool]:
    """The entry, and whether it has a time without a zone."""
    published = _date(row, "published", "pubDate", "date", "issued", "created")
    updated = _date(row, "updated", "modified")
    dates = [date for date in (published, updated) if date is not None]
    first = dates[0].at if dates else seen_at
    if first is None:
        return None, False
    entry = Entry(
        id=_text(row, "guid", "id") or None,
        link=_link(row, base),
        title=one_line(_markup(row, "title")) or "Untitled",
        content=unescape_twice_escaped(_markup(row, "encoded", "content", "description", "summary")),
        published=published.at if published else first,
        updated=updated.at if updated else first,
        dated=bool(dates),
    )
    return entry, any(not date.zoned for date in dates)


def _date(row: Element, *names: str) -> Written | None:
    """The first of these children that can be read as a date."""
    texts = (clean(child.text or "").strip() for name in names for child in _children(row, name))
    return next((date for text in texts if (date := written_date(text))), None)


def _link(row: Element, base: str) -> str | None:
    links = [(link.get("href") or link.text or "").strip() for link in _children(row, "link") if _is_page(link)]
    for link in map(clean, links):
        try:
            address = urljoin(base, link) if base.startswith("http") else link
        except ValueError:
            continue
        if link and address.startswith(("https://", "http://")):
            return address
    return None


def _is_page(link: Element) -> bool:
    return link.get("rel", "alternate") == "alternate"


def _text(row: Element, *names: str) -> str:
    """The first of these children that holds text; the order of the names decides, not that of the children."""
    for name in names:
        for child in _children(row, name):
            if text := clean(child.text or "").strip():
                return text
    return ""


def _markup(row: Element, *names: str) -> str:
    """As :func:`_text`, with inner elements (Atom's ``type="xhtml"``) written out as markup again."""
    for name in names:
        for child in _children(row, name):
            markup = "".join(_written(child)) if len(child) else child.text or ""
            if markup.strip():
                return markup
    return ""


def _written(element: Element) -> Iterator[str]:
    yield escape(element.text or "", quote=False)
    for child in element:
        yield f"<{_local(child)}>"
        yield from _written(child)
        yield f"</{_local(child)}>{escape(child.tail or '', quote=False)}"


def _children(row: Element, *names: str) -> Iterator[Element]:
    return (child for child in row if _local(child) in names)


def _local(element: Element) -> str:
    """Without the namespace: feeds mix several, and their local names do not collide."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
