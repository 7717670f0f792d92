"""Better Stack's HTML: the state in the name of the page's icon, sections with the colour of their badge, and names of
resources, whose own states its scripts ask for. Pure; it must not be read where the JSON can be.
"""

from __future__ import annotations

import re
from datetime import datetime

from bot.domain import Component, Level, Slug, Snapshot
from bot.monitor.parsing.assemble import page_level
from bot.monitor.parsing.body import check_ended, check_size
from bot.monitor.parsing.text import one_line
from bot.monitor.provider import Body, ParseFailed

LEVELS = {
    "operational": Level.OPERATIONAL,
    "degraded": Level.DEGRADED,
    "downtime": Level.MAJOR_OUTAGE,
    "maintenance": Level.MAINTENANCE,
}

_ICON = re.compile(r"/assets/status_pages\w{0,10}/favicons/([a-z_]{1,30})-[0-9a-f]{16,128}\.")
_HEADING = re.compile(r"<h1\b[^<>]{0,500}\bheading-large\b[^<>]{0,500}>([^<]{0,500})</h1>")
_PART = re.compile(
    r"data-target=['\"]status-pages-v2--sections\.(section)['\"]"
    r"|class=['\"]text-statuspage-(green|yellow|red|blue)\b"
    r"|\bdata-url=['\"]https?://[^'\"<>]{1,300}/r/([\w/-]{1,100})['\"]"
    r"|\btruncate['\"]>([^<]{1,500})<"
)


def recognises(body: Body) -> bool:
    return _ICON.search(_text(body)) is not None


def parse(vendor: Slug, body: Body, taken_at: datetime) -> Snapshot:
    """What the HTML tells. Raises :class:`ParseFailed`."""
    check_size(body)
    text = _text(body)
    icon, heading = _ICON.search(text), _HEADING.search(text)
    if icon is None:
        raise ParseFailed("The page answered with HTML that is not Better Stack's.")
    check_ended(body)
    components = _components(text)
    return Snapshot(
        vendor=vendor,
        level=page_level(LEVELS.get(icon[1]), components, (), raw=icon[1]),
        status_text=one_line(heading[1]) if heading else icon[1],
        components=components,
        incidents=(),
        taken_at=taken_at,
    )


def _components(text: str) -> tuple[Component, ...]:
    """A resource is green where its whole section is."""
    found: dict[str, Component] = {}
    key, group, green = "", None, False
    for part in _PART.finditer(text):
        section, colour, address, name = part.groups()
        if section:
            key, group, green = "", None, False
        elif colour:
            green = green or colour == "green"
        elif address:
            key = address
        elif key:
            level = Level.OPERATIONAL if green else None
            found.setdefault(key, Component(key, one_line(name), level, group=group))
            key = ""
        elif group is None:
            group = one_line(name) or None
    return tuple(found.values())


def _text(body: Body) -> str:
    return body.content.decode("utf-8", "replace")
