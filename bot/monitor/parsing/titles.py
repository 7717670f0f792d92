"""What a status page calls itself, for pages that no catalog names. Pure: one body in, a name out."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from bot.monitor.parsing.body import first_element, read_json
from bot.monitor.parsing.text import one_line
from bot.monitor.provider import Body, ParseFailed

NAME_CHARS = 60
HEAD_BYTES = 2**18
_PATHS = (
    ("page", "name"),
    ("data", "attributes", "company_name"),
    ("config", "title"),
    ("status_page", "name"),
    ("summary", "name"),
    ("title",),
    ("name",),
)
"""Where platforms keep a page's name in their JSON."""

_SITE = re.compile(r"<meta\b[^<>]{0,300}\bproperty\s{0,3}=\s{0,3}[\"']og:site_name[\"'][^<>]{0,300}>", re.IGNORECASE)
_CONTENT = re.compile(r"\bcontent\s{0,3}=\s{0,3}(?:\"([^\"]{0,300})\"|'([^']{0,300})')", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{0,300}|<!\[CDATA\[[^\]]{0,300}\]\]>)</title", re.IGNORECASE)
_WORDS = r"(?:(?:system|service|live|current|public)\s)?status(?:\s?page|\sdashboard)?|(?:incident\s)?history|incidents"
_BEHIND = re.compile(rf"(?:\s*[-–—|:·]\s*|['’]s\s+|\s+|^)(?:{_WORDS})$", re.IGNORECASE)  # noqa: RUF001
_BEFORE = re.compile(rf"^(?:{_WORDS})(?:\s+(?:of|for)\s+|\s*[-–—|:·]\s*)", re.IGNORECASE)  # noqa: RUF001


def page_name(body: Body) -> str | None:
    """``GitHub`` of ``GitHub Status - Incident History``; ``None`` where the body has no name or only says "Status"."""
    for found in _titles(body):
        name = one_line(found)[: NAME_CHARS * 4]
        while (shorter := _BEFORE.sub("", _BEHIND.sub("", name)).strip()) != name:
            name = shorter
        if name:
            return name if len(name) <= NAME_CHARS else f"{name[: NAME_CHARS - 1].rstrip()}…"
    return None


def _titles(body: Body) -> Iterator[str]:
    if first_element(body) is None:
        yield from _in_json(body)
        return
    text = body.content[:HEAD_BYTES].decode("utf-8", "replace")
    for tag in _SITE.findall(text):
        for one, other in _CONTENT.findall(tag):
            yield html.unescape(one or other)
    for title in _TITLE.findall(text)[:1]:
        yield html.unescape(title.removeprefix("<![CDATA[").removesuffix("]]>"))


def _in_json(body: Body) -> Iterator[str]:
    try:
        document = read_json(body)
    except ParseFailed:
        return
    for path in _PATHS:
        value: object = document
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            yield value
