"""Microsoft's status feeds, item by item, with what a common reader of feeds has no use for: categories, ``status``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from bot.monitor.parsing.feed_xml import MAX_ENTRIES, read_tree
from bot.monitor.parsing.text import clean, one_line, plain, time_of
from bot.monitor.provider import Body, ParseFailed

MAX_CATEGORIES = 500


@dataclass(frozen=True, slots=True)
class Item:
    """``guid`` and ``status`` are ``""`` where there is none; ``published`` is ``None`` where it cannot be read."""

    guid: str
    title: str
    text: str
    link: str
    published: datetime | None
    status: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Channel:
    title: str
    items: tuple[Item, ...]


def read_channel(body: Body) -> Channel:
    """The channel of an RSS 2.0 document. Raises :class:`ParseFailed`."""
    channel = read_tree(body).find("channel")
    if channel is None:
        raise ParseFailed("The page answered with a feed that is not RSS 2.0.")
    items = tuple(_item(element) for element in channel.findall("item")[:MAX_ENTRIES])
    return Channel(one_line(_text(channel, "title")), items)


def _item(element: Element) -> Item:
    categories = (one_line(category.text or "") for category in element.findall("category")[:MAX_CATEGORIES])
    return Item(
        guid=_text(element, "guid"),
        title=one_line(_text(element, "title")),
        text=plain(_text(element, "description")),
        link=_text(element, "link"),
        published=time_of(_text(element, "pubDate")),
        status=one_line(_text(element, "status")),
        categories=tuple(dict.fromkeys(category for category in categories if category)),
    )


def _text(element: Element, name: str) -> str:
    return clean(element.findtext(name) or "").strip()
