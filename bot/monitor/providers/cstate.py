"""cState, static pages: systems with the issues that are open, all issues in a second file, their texts in the feed.

Pure. Pages are built when something is committed, so they can stand still. The files are templates filled in without
escaping: a title with a quotation mark breaks them, and the list of issues is then left out. An issue has one text,
which is edited, and no stages. **How an end is known:** the issue stays listed with ``resolved``; one that is deleted
was taken down.
Format: https://github.com/cstate/cstate/tree/master/layouts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from bot.domain import (
    LEVEL_OF_IMPACT,
    Component,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Phase,
    Slug,
    Snapshot,
    worst,
)
from bot.monitor.parsing.assemble import EPOCH, Post, page_level, updates_of
from bot.monitor.parsing.body import first_element
from bot.monitor.parsing.feed_xml import ROOTS, read_document
from bot.monitor.parsing.fields import Row, items, objects, raw_label, read_object, rows, string, web_address, word
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.urls import root_of
from bot.monitor.provider import Body, ParseFailed, Provider

LEVELS = {
    "ok": Level.OPERATIONAL,
    "notice": Level.DEGRADED,
    "disrupted": Level.PARTIAL_OUTAGE,
    "down": Level.MAJOR_OUTAGE,
}
IMPACTS = {"notice": Impact.MINOR, "disrupted": Impact.MAJOR, "down": Impact.CRITICAL}

_FILE = re.compile(r"(?:/issues)?/index\.(?:json|xml)$")
_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d{1,9})? ?([+-]\d\d:?\d\d)(?: [\w+-]{1,9})?")


def state_urls(page_url: str) -> tuple[str, ...]:
    root = root_of(page_url, _FILE)
    return (f"{root}/index.json", f"{root}/issues/index.json", f"{root}/index.xml")


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of all bodies together, or of any of them. Raises :class:`ParseFailed`."""
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    page = _Page()
    for each in bodies:
        page.add(each)
    if page.index is None and page.issues is None:
        raise page.failures[0] if page.failures else ParseFailed("The feed of a cState page tells no state.")
    index = page.index or {}
    status = string(index.get("summaryStatus"))
    components = _components(index)
    levels = {component.id: component.level for component in components}
    issues = _distinct([*(page.issues or []), *_unresolved(index), *rows(index.get("pinnedIssues"))])
    incidents = tuple(_incident(vendor, key, each, page.texts, levels) for key, each in issues.items())
    indicator = LEVELS.get(word(status))
    return Snapshot(
        vendor=vendor,
        level=page_level(indicator, components, incidents, raw=status),
        status_text=status,
        components=components,
        incidents=incidents,
        taken_at=taken_at,
        complete_since=None if page.issues is None else EPOCH,
        page_updated_at=" ".join(filter(None, (string(index.get("buildDate")), string(index.get("buildTime")))))
        or None,
        indicator=indicator,
    )


def recognises(body: Body) -> bool:
    try:
        found = read_object(body)
    except ParseFailed:
        return False
    return _is_index(found) or _is_list(found)


@dataclass(slots=True)
class _Page:
    """``failures``: why files beside the first could not be read; the page reads without them."""

    index: Row | None = None
    issues: list[Row] | None = None
    texts: dict[str, str] = field(default_factory=dict)
    failures: list[ParseFailed] = field(default_factory=list)

    def add(self, body: Body) -> None:
        try:
            if first_element(body) in ROOTS:
                document = read_document(body)
                self.texts = {_key(entry.link): plain(entry.content) for entry in document.entries if entry.link}
                return
            found = read_object(body)
            if _is_index(found):
                self.index = found
            elif _is_list(found):
                self.issues = objects(found.get("pages"), "issues")
            else:
                raise ParseFailed("The page's JSON is not in cState's format: it may have moved to another platform.")
        except ParseFailed as failure:
            self.failures.append(failure)


def _is_index(found: Row) -> bool:
    return "cStateVersion" in found and isinstance(found.get("systems"), list)


def _is_list(found: Row) -> bool:
    pages = rows(found.get("pages"))
    return found.get("is") == "issues" and all(page.get("is") == "issue" for page in pages)


def _components(index: Row) -> tuple[Component, ...]:
    """The systems. They have no ids: issues name them by their names."""
    found: dict[str, Component] = {}
    for system in objects(index.get("systems"), "systems"):
        name = one_line(string(system.get("name")))
        if not name:
            raise ParseFailed("A system of the page has no name.")
        twin = found.get(name)
        own = LEVELS.get(word(system.get("status")))
        level = worst((own, twin.level)) if twin else own
        group = one_line(string(system.get("category"))) or None
        found[name] = Component(name, name, level, group=group, raw_status=raw_label(level, system.get("status")))
    return tuple(found.values())


# --- issues ---------------------------------------------------------------------------------------------------------


def _unresolved(index: Row) -> list[Row]:
    """As the systems list them; with the name of the system where they name none."""
    return [
        issue if items(issue.get("affected")) else {**issue, "affected": [system.get("name")]}
        for system in objects(index.get("systems"), "systems")
        for issue in objects(system.get("unresolvedIssues"), "issues")
    ]


def _distinct(listed: Iterable[Row]) -> dict[str, Row]:
    """One issue stands under each system that it affects. Two that share an address are kept apart by their titles."""
    titles: dict[str, list[str]] = {}
    found: dict[str, Row] = {}
    for issue in listed:
        slug = _key(string(issue.get("permalink"))) or string(issue.get("filename")).removesuffix(".md")
        title = one_line(string(issue.get("title")))
        known = titles.setdefault(slug, [])
        if title not in known:
            known.append(title)
        number = known.index(title) + 1
        found.setdefault(slug if number == 1 else f"{slug}.{number}", issue)
    return found


def _key(link: str | None) -> str:
    """The last part of an issue's address: its file, which stays the same."""
    try:
        return urlsplit(link or "").path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return ""


def _incident(
    vendor: Slug, key: str, raw: Row, texts: Mapping[str, str], levels: Mapping[str, Level | None]
) -> Incident:
    started = _time(raw.get("createdAt"))
    if not key or started is None:
        raise ParseFailed("An issue of the page has no address, or no time that can be read.")
    over = raw.get("resolved") is True
    # Pinned ones come without it.
    phase = Phase.RESOLVED if over else Phase.INVESTIGATING if raw.get("resolved") is False else None
    impact = IMPACTS.get(word(raw.get("severity")))
    if raw.get("informational") is True or (phase is None and "severity" not in raw):
        impact = impact or Impact.NONE
    affected = tuple(filter(None, (one_line(string(name)) for name in items(raw.get("affected")))))
    text = texts.get(key, "")
    own = LEVEL_OF_IMPACT[impact] if impact else None
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=phase,
        impact=impact,
        started=started,
        resolved=max(_time(raw.get("resolvedAt")) or _time(raw.get("lastMod")) or started, started) if over else None,
        url=web_address(raw.get("permalink")),
        level=own if over else worst([own, *(levels.get(name) for name in affected)]),
        components=tuple(dict.fromkeys(affected)),
        raw_impact=raw_label(impact, raw.get("severity")),
        updates=updates_of(key, [Post(started, text)] if text else []),
    )


def _time(value: object) -> datetime | None:
    """Go's default format, ``2026-01-02 15:04:05 +0000 UTC``, or as the author wrote it; ``<no value>`` is none."""
    text = string(value)
    found = _GO_TIME.fullmatch(text)
    return time_of(f"{found[1]}T{found[2]}{found[3]}" if found else text)


PROVIDER = Provider(
    kind="cstate",
    title="cState",
    rate_limit_group="cstate",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    partial=True,
    marks=(b"github.com/cstate",),
)
