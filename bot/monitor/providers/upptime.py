"""Upptime: a GitHub repository that checks sites and writes the result into ``history/summary.json``. Pure.

**How an end is known:** a site tells its own. Its incidents are GitHub issues; GitHub gives sixty answers an hour to
those without a key, so they are read as history alone, and trouble shows in the sites first.
Format: https://upptime.js.org/docs.
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from bot.domain import LEVEL_OF_IMPACT, Component, Impact, Incident, IncidentKind, Level, Phase, Slug, Snapshot
from bot.monitor.parsing.assemble import Post, page_level, updates_of
from bot.monitor.parsing.body import first_element, read_json
from bot.monitor.parsing.fields import Row, objects, raw_label, row, rows, string, web_address, word
from bot.monitor.parsing.text import clean, one_line, plain, time_of
from bot.monitor.provider import Body, History, ParseFailed, Provider

RAW = "https://raw.githubusercontent.com"
API = "https://api.github.com"
BRANCH = "master"
LISTED = 50

LEVELS = {"up": Level.OPERATIONAL, "degraded": Level.DEGRADED, "down": Level.MAJOR_OUTAGE}
IMPACTS = {"🛑": Impact.CRITICAL, "⚠": Impact.MINOR}
"""By the sign that the titles of its own issues begin with."""

_NAME = r"[A-Za-z0-9][\w.-]{0,99}"
_REPOSITORY = re.compile(rf"/(?:repos/)?({_NAME}/{_NAME})(?:/|$)")
_HOSTS = ("raw.githubusercontent.com", "api.github.com", "github.com", "www.github.com")
_IN_HTML = re.compile(
    rb"https://(?:raw\.githubusercontent\.com|api\.github\.com/repos|github\.com)/"
    rb"([A-Za-z0-9][\w.-]{0,99}/[\w.-]{1,100}?)(?=/(?:master|HEAD|main|issues|history)\b|[\"'])"
)
_PLANNED = re.compile(r"^\s*(start|end|expectedDown|expectedDegraded)\s*:\s*(.{1,500})$", re.MULTILINE)
_COMMENT = re.compile(r"<!--((?:[^-]|-(?!->)){0,5000})-->")


def state_urls(page_url: str) -> tuple[str, ...]:
    """Of a page on GitHub, its repository's file; any other address is asked for itself."""
    found = _repository(page_url)
    return (f"{RAW}/{found}/{BRANCH}/history/summary.json",) if found else (page_url,)


def history_urls(page_url: str) -> tuple[str, ...]:
    found = _repository(page_url)
    return (f"{API}/repos/{found}/issues?labels=status&state=all&per_page={LISTED}",) if found else ()


def page_url_in(body: Body) -> str | None:
    """The repository behind an HTML page of this platform."""
    if first_element(body) != "html" or b"pptime" not in body.content:
        return None
    found = (name.decode() for name in _IN_HTML.findall(body.content))
    return next((f"https://github.com/{name}" for name in found if not name.startswith("upptime/upptime")), None)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the sites, of the issues, or of both. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    components: tuple[Component, ...] = ()
    issues: list[Row] | None = None
    for body in bodies:
        raw = _rows(body)
        if _are_sites(raw):
            components = _components(raw)
        else:
            issues = raw
    incidents = _incidents(vendor, issues or [])
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents),
        status_text="",
        components=components,
        incidents=incidents,
        taken_at=taken_at,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The newest issues. One that is open does not show in the sites, so what is missing says nothing."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    raw = _rows(bodies[0])
    return History(() if _are_sites(raw) else _incidents(vendor, raw), None)


def recognises(body: Body) -> bool:
    try:
        _rows(body)
    except ParseFailed:
        return False
    return True


def _repository(page_url: str) -> str | None:
    parts = urlsplit(page_url)
    if (parts.hostname or "").endswith(".github.io"):
        owner = (parts.hostname or "").removesuffix(".github.io")
        name = parts.path.strip("/").partition("/")[0]
        return f"{owner}/{name}" if name else None
    found = _REPOSITORY.match(parts.path) if parts.hostname in _HOSTS else None
    return found[1] if found else None


def _rows(body: Body) -> list[Row]:
    """Sites or issues. Raises :class:`ParseFailed`."""
    found = read_json(body)
    raw = objects(found, "sites") if isinstance(found, list) else []
    if not (_are_sites(raw) or (raw and all("labels" in each and "html_url" in each for each in raw))):
        raise ParseFailed("The page's JSON is not in Upptime's format: it may have moved to another platform.")
    return raw


def _are_sites(raw: list[Row]) -> bool:
    return bool(raw) and all({"slug", "status"} <= each.keys() and "uptime" in each for each in raw)


def _components(raw: list[Row]) -> tuple[Component, ...]:
    found: dict[str, Component] = {}
    for site in raw:
        key = string(site.get("slug"))
        if not key:
            raise ParseFailed("A site of the page has no slug.")
        level = LEVELS.get(word(site.get("status")))
        label = raw_label(level, site.get("status"))
        found[key] = Component(key, one_line(string(site.get("name"))) or key, level, raw_status=label)
    return tuple(found.values())


# --- issues ---------------------------------------------------------------------------------------------------------


def _incidents(vendor: Slug, raw: list[Row]) -> tuple[Incident, ...]:
    found: dict[str, Incident] = {}
    for issue in raw:
        labels = [string(row(label).get("name")) for label in rows(issue.get("labels"))]
        if "pull_request" not in issue and (incident := _incident(vendor, issue, labels)) is not None:
            found.setdefault(incident.id, incident)
    return tuple(found.values())


def _incident(vendor: Slug, issue: Row, labels: list[str]) -> Incident | None:
    key = string(issue.get("number"))
    created, closed = time_of(issue.get("created_at")), time_of(issue.get("closed_at"))
    over = word(issue.get("state")) == "closed"
    if not key or created is None:
        if over:
            return None
        raise ParseFailed("An issue of the page has no number, or no time that can be read.")
    text = string(issue.get("body"))
    planned = "maintenance" in labels
    window = dict(_PLANNED.findall("\n".join(_COMMENT.findall(clean(text))))) if planned else {}
    started = time_of(window.get("start", "").strip()) or created
    named = [name.strip() for key in ("expectedDown", "expectedDegraded") for name in window.get(key, "").split(",")]
    title = one_line(string(issue.get("title"))) or "Untitled"
    impact = Impact.MAINTENANCE if planned else next((i for sign, i in IMPACTS.items() if title.startswith(sign)), None)
    ended = Phase.COMPLETED if planned else Phase.RESOLVED
    message = plain(text)
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=title,
        phase=ended if over else Phase.SCHEDULED if planned else Phase.INVESTIGATING,
        impact=impact,
        started=started,
        resolved=max(closed or started, started) if over else None,
        planned_end=time_of(window.get("end", "").strip()),
        url=web_address(issue.get("html_url")),
        level=LEVEL_OF_IMPACT[impact] if impact else None,
        components=tuple(dict.fromkeys(filter(None, [*(n for n in labels if n not in _OWN_LABELS), *named]))),
        updates=updates_of(key, [Post(created, message)] if message else []),
    )


_OWN_LABELS = frozenset({"status", "maintenance", "incident"})


PROVIDER = Provider(
    kind="upptime",
    title="Upptime",
    rate_limit_group="github",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=history_urls,
    parse_history=parse_history,
    page_url_in=page_url_in,
)
