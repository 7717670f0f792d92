"""RSS and Atom documents as entries. It knows XML and nothing of incidents.

No DTD, no entities, no network; what is large or deep is refused before it is built.
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
from bot.monitor.parsing.text import clean, one_line, time_of, unescape_twice_escaped
from bot.monitor.provider import Body, ParseFailed

MAX_DEPTH = 64
MAX_ENTRIES = 1000
"""Feeds hold their newest entries first; the rest of a longer one is left unread."""

ROOTS = frozenset({"rss", "feed", "rdf"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One item or entry. At least one of its times was there; the other is taken from it."""

    id: str | None
    """The guid or id as written."""
    link: str | None
    """A web address."""
    title: str
    content: str
    """Markup."""
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A feed."""

    entries: tuple[Entry, ...]
    updated_at: str | None
    """Its own time of change as written."""
    undated: int
    """How many entries had no time."""


def read_document(body: Body) -> Document:
    """The entries in the order of the feed. Raises :class:`ParseFailed`."""
    check_size(body)
    match first_element(body):
        case "rss" | "feed" | "rdf":
            pass
        case "html":
            raise ParseFailed("The page answered with HTML where a feed was expected.")
        case None:
            raise ParseFailed("The page answered with something other than a feed.")
        case _:
            raise ParseFailed("The page answered with XML that is no RSS or Atom feed.")
    root = _tree(body.content)
    channel = next(_children(root, "channel"), root)
    # RSS 1.0 has its items beside the channel, RSS 2.0 and Atom inside.
    rows = [*_children(channel, "item", "entry"), *(_children(root, "item") if channel is not root else ())]
    entries = [_entry(row, body.url) for row in islice(rows, MAX_ENTRIES)]
    dated = tuple(entry for entry in entries if entry is not None)
    updated_at = _text(channel, "updated", "lastBuildDate", "pubDate")
    return Document(dated, updated_at or None, len(entries) - len(dated))


def _tree(content: bytes) -> Element:
    parser = DefusedXMLParser(target=_Shallow(), forbid_dtd=True)
    try:
        # Some generators put line ends before the XML declaration.
        parser.feed(content.lstrip(b" \t\r\n"))
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


def _entry(row: Element, base: str) -> Entry | None:
    published = time_of(_text(row, "published", "pubDate", "date", "issued"))
    updated = time_of(_text(row, "updated", "modified"))
    first = published or updated
    if first is None:
        return None
    return Entry(
        id=_text(row, "guid", "id") or None,
        link=_link(row, base),
        title=one_line(_markup(row, "title")) or "Untitled",
        content=unescape_twice_escaped(_markup(row, "encoded", "content", "description", "summary")),
        published=first,
        updated=updated or first,
    )


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
