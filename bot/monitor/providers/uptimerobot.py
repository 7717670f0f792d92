"""UptimeRobot's status pages: monitors and a count of those that are down, thirty to an answer. Pure.

The page's address does not tell the key that its data is read by: the page's HTML does (:func:`page_url_in`).
**How an end is known:** a monitor is up or down; there are no incidents. The count is of all monitors: it tells that
one is down whose page was not read.
Format: seen in answers of ``https://stats.uptimerobot.com/api/getMonitorList/<key>``.
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from bot.domain import Component, Level, Slug, Snapshot
from bot.monitor.parsing.assemble import page_level
from bot.monitor.parsing.body import first_element
from bot.monitor.parsing.fields import Row, code, number, objects, raw_label, read_object, row, string, word
from bot.monitor.parsing.text import one_line
from bot.monitor.parsing.urls import is_under, origin_of
from bot.monitor.provider import Body, ParseFailed, Provider

HOSTS = ("stats.uptimerobot.com",)
MOST_PAGES = 10

LEVELS = {"success": Level.OPERATIONAL, "warning": Level.DEGRADED, "danger": Level.MAJOR_OUTAGE}
"""Nothing watches a monitor that is "black" or "paused": how it is, is not known."""

_KEY = r"[A-Za-z0-9-]{1,64}"
_LIST = re.compile(rf"/api/getMonitor(?:List)?/{_KEY}/?")
_PAGE = re.compile(rf"/({_KEY})(?:/\d*)?/?")
_IN_HTML = re.compile(
    rb"pspApiPath\s{0,9}=\s{0,9}[\"']((?:https://[A-Za-z0-9.-]{1,253})?/api/getMonitorList/[A-Za-z0-9-]{1,64})"
)


def state_urls(page_url: str) -> tuple[str, ...]:
    """The first page of the list; :func:`more_urls` tells the others."""
    parts = urlsplit(page_url)
    found = _PAGE.fullmatch(parts.path) if is_under(page_url, HOSTS) else None
    if found:
        return (f"{origin_of(page_url)}/api/getMonitorList/{found[1]}?page=1",)
    if _LIST.fullmatch(parts.path):
        return (f"{origin_of(page_url)}{parts.path.rstrip('/')}?page=1",)
    return (page_url,)


def more_urls(page_url: str, bodies: tuple[Body, ...]) -> tuple[str, ...]:
    """The pages after the first, as that one counts them. Raises :class:`ParseFailed`."""
    psp = row(_read(bodies[0]).get("psp")) if bodies else {}
    total, per_page = number(psp.get("totalMonitors")) or 0, max(number(psp.get("perPage")) or 30, 1)
    pages = int(min(-(-total // per_page), MOST_PAGES))
    first = state_urls(page_url)[0]
    return (
        tuple(f"{first.removesuffix('1')}{page}" for page in range(2, pages + 1)) if first.endswith("?page=1") else ()
    )


def page_url_in(body: Body) -> str | None:
    """Where the data of an HTML page of this platform is read from."""
    found = _IN_HTML.search(body.content) if first_element(body) == "html" else None
    if found is None:
        return None
    path = found[1].decode()
    return f"{origin_of(body.url)}{path}" if path.startswith("/") else path


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the pages that were read. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    answers = [_read(body) for body in bodies]
    statistics = row(answers[0].get("statistics"))
    components = {part.id: part for answer in answers for part in _components(answer)}
    if not components:
        raise ParseFailed("The page shows no monitors: it may have moved to another platform.")
    return Snapshot(
        vendor=vendor,
        level=page_level(_indicated(statistics), components.values(), ()),
        status_text=one_line(string(statistics.get("count_result"))),
        components=tuple(components.values()),
        incidents=(),
        taken_at=taken_at,
    )


def recognises(body: Body) -> bool:
    try:
        _read(body)
    except ParseFailed:
        return False
    return True


def _read(body: Body) -> Row:
    found = read_object(body)
    if word(found.get("status")) in ("error", "fail"):
        raise ParseFailed("UptimeRobot refuses the status page: it may be gone, or behind a password.")
    monitors = _monitors(found)
    if word(found.get("status")) != "ok" or monitors is None or not all("statusClass" in each for each in monitors):
        raise ParseFailed("The page's JSON is not in UptimeRobot's format: it may have moved to another platform.")
    return found


def _monitors(found: Row) -> list[Row] | None:
    """Of a page, of a page with one monitor alone, or of newer pages."""
    if isinstance(found.get("monitor"), dict):
        return [row(found["monitor"])]
    for listed in (row(found.get("psp")).get("monitors"), found.get("data")):
        if isinstance(listed, list):
            return objects(listed, "monitors")
    return None


def _components(found: Row) -> list[Component]:
    components = []
    for monitor in _monitors(found) or []:
        key = string(monitor.get("monitorId"))
        if not key:
            raise ParseFailed("A monitor of the page has no id.")
        name = one_line(string(monitor.get("name"))) or key
        level = LEVELS.get(word(monitor.get("statusClass")))
        components.append(Component(key, name, level, raw_status=raw_label(level, monitor.get("statusClass"))))
    return components


def _indicated(statistics: Row) -> Level | None:
    """By the count over all monitors; green only where some are watched."""
    counts = row(statistics.get("counts"))
    if code(counts.get("down")) > 0:
        return Level.MAJOR_OUTAGE
    return Level.OPERATIONAL if code(counts.get("down")) == 0 and code(counts.get("up")) > 0 else None


PROVIDER = Provider(
    kind="uptimerobot",
    title="UptimeRobot",
    rate_limit_group="uptimerobot",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    more_urls=more_urls,
    hosts=HOSTS,
    page_url_in=page_url_in,
)
