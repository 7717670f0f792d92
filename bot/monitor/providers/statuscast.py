"""StatusCast: an HTML page of components, each with a class for its state. Pure; no JSON of it is known.

**How an end is known:** the page's incidents are not read, only what its components are now.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from bot.domain import Component, Level, Slug, Snapshot
from bot.monitor.parsing.assemble import page_level
from bot.monitor.parsing.body import check_ended, check_size, first_element
from bot.monitor.parsing.fields import raw_label
from bot.monitor.parsing.text import one_line
from bot.monitor.provider import Body, ParseFailed, Provider

LEVELS = {
    "available": Level.OPERATIONAL,
    "informational": Level.OPERATIONAL,
    "maintenance": Level.MAINTENANCE,
    "monitored": Level.DEGRADED,
    "identified": Level.DEGRADED,
    "investigating": Level.DEGRADED,
    "degraded": Level.DEGRADED,
    "performance": Level.DEGRADED,
    "unavailable": Level.MAJOR_OUTAGE,
}
MOST_COMPONENTS = 2000

_STATUS = re.compile(
    r"<(?:span|div|td|p)\b[^<>]{0,300}\bclass=[\"']([^\"'<>]{0,300}\bstatus-list-component-status-text\b[^\"'<>]{0,300})[\"']"
    r"[^<>]{0,300}>([^<]{0,300})"
)
_STATE = re.compile(r"(?:^|\s)component-([a-z]{1,30})(?=\s|$)")
_NAMED = re.compile(
    r"class=[\"'][^\"'<>]{0,300}component-name[^\"'<>]{0,300}[\"'][^<>]{0,300}>\s{0,200}([^<\s][^<]{0,300})"
)
_TEXT = re.compile(r">([^<>]{1,300})<")


def state_urls(page_url: str) -> tuple[str, ...]:
    return (page_url,)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    check_size(bodies[0])
    components, status_text = _components(bodies[0])
    if not components:
        raise ParseFailed("The page shows no components as StatusCast does: it may have moved to another platform.")
    check_ended(bodies[0])
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, ()),
        status_text=status_text,
        components=components,
        incidents=(),
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    if first_element(body) != "html" or b"status-list-component-status-text" not in body.content:
        return False
    return bool(_components(body)[0])


def _components(body: Body) -> tuple[tuple[Component, ...], str]:
    """Components under the ids that their names give, and the words of the worst."""
    text = body.content.decode("utf-8", "replace")
    seen: Counter[str] = Counter()
    made: list[Component] = []
    words = ""
    at = 0
    for found in _STATUS.finditer(text):
        name = _name(text[at : found.start()])
        at = found.end()
        if not name or len(made) >= MOST_COMPONENTS:
            continue
        state = _STATE.search(found[1])
        level = LEVELS.get(state[1]) if state else None
        if level is not None and level > max((c.level for c in made if c.level is not None), default=-1):
            words = one_line(found[2])
        key = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "component"
        seen[key] += 1
        key = key if seen[key] == 1 else f"{key}-{seen[key]}"
        made.append(Component(key, name, level, raw_status=raw_label(level, state[1] if state else found[2])))
    return tuple({component.id: component for component in made}.values()), words


def _name(between: str) -> str:
    """What stands before a state and after the one before: an element called the name, else the last text."""
    names = _NAMED.findall(between) or [text for text in _TEXT.findall(between + "<") if text.strip()]
    return one_line(names[-1]) if names else ""


PROVIDER = Provider(
    kind="statuscast",
    title="StatusCast",
    rate_limit_group="statuscast",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=("statuscast.com",),
)
