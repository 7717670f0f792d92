"""Stripe's own status site: one word for all, one for each system, one sentence. Pure; there are no incidents.

``/current/full`` is live. ``/current`` has the older shape and has been seen unchanged since 2024 while it was still
served: it can be read, and is never asked for. **How an end is known:** the words are the state itself.
Stripe's customers see another page, a Statuspage, since.
"""

from __future__ import annotations

from datetime import datetime

from bot.domain import Component, Level, Slug, Snapshot
from bot.monitor.parsing.assemble import page_level
from bot.monitor.parsing.fields import Row, objects, raw_label, read_object, row, string, word
from bot.monitor.parsing.text import one_line, plain
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, ParseFailed, Provider

HOSTS = ("status.stripe.com",)

LEVELS = {
    "up": Level.OPERATIONAL,
    "degraded": Level.DEGRADED,
    "down": Level.MAJOR_OUTAGE,
    "paused": Level.MAINTENANCE,
}


def state_urls(page_url: str) -> tuple[str, ...]:
    return ("https://status.stripe.com/current/full" if is_under(page_url, HOSTS) else page_url,)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    found = read_object(bodies[0])
    if not _has_shape(found):
        raise ParseFailed("The page's JSON is not in the format of Stripe's status site.")
    status = found.get("UptimeStatus", found.get("largestatus"))
    components = _components(found)
    indicator = LEVELS.get(word(status))
    known = page_level(indicator, components, ())
    return Snapshot(
        vendor=vendor,
        level=known if indicator is not None or known is not Level.OPERATIONAL else None,
        status_text=plain(string(found.get("message"))) or string(status),
        components=components,
        incidents=(),
        taken_at=taken_at,
        page_updated_at=string(found.get("time")) or None,
    )


def recognises(body: Body) -> bool:
    try:
        return _has_shape(read_object(body))
    except ParseFailed:
        return False


def _has_shape(found: Row) -> bool:
    return bool(string(found.get("UptimeStatus")) or string(found.get("largestatus"))) and "message" in found


def _components(found: Row) -> tuple[Component, ...]:
    """``uptimeData`` has a ``warning`` where something is wrong, without saying how bad; ``statuses`` has words."""
    components = {}
    for raw in objects(found.get("uptimeData"), "systems"):
        key = string(raw.get("key")) or one_line(string(raw.get("title")))
        if key:
            level = Level.OPERATIONAL if raw.get("warning") in (None, "", False) else Level.DEGRADED
            components[key] = Component(key, one_line(string(raw.get("title"))) or key, level)
    for key, status in row(found.get("statuses")).items():
        if name := one_line(string(key)):
            state = LEVELS.get(word(status))
            components.setdefault(name, Component(name, name, state, raw_status=raw_label(state, status)))
    return tuple(components.values())


PROVIDER = Provider(
    kind="stripe",
    title="Stripe Status",
    rate_limit_group="stripe",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    hosts=HOSTS,
    lists_all_components=False,
)
