"""The feeds of the AWS Service Health Dashboard, ``/rss/all.rss`` and ``/rss/<service>-<region>.rss``. Pure.

An item is one update; its title starts with the state at that time. **How an end is known:** the newest item of an
incident, or a later one of the same service, says that the service operates normally, or "[RESOLVED]". That mark is
also put on items from before the end, so it counts on the newest alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain import LEVEL_OF_IMPACT, Component, Impact, Incident, IncidentKind, Level, Phase, Slug, worst
from bot.monitor.parsing.assemble import Post, updates_of
from bot.monitor.parsing.feed_xml import Entry, read_document
from bot.monitor.parsing.text import plain
from bot.monitor.provider import Body, ParseFailed

STATES = {
    "service is operating normally": Impact.NONE,
    "informational message": Impact.MINOR,
    "performance issues": Impact.MINOR,
    "service degradation": Impact.MINOR,
    "service disruption": Impact.CRITICAL,
}

LONGEST_SILENCE = timedelta(days=3)
"""Titles come again: an update that follows after more belongs to another incident."""

LONGEST_REGION = 40

_HOST = b"status.aws.amazon.com"
_GUID = re.compile(r"^https?://status\.aws\.amazon\.com/#([a-z0-9.-]{1,80})_(\d{9,11})$", re.IGNORECASE)
_REGION = re.compile(r"-((?:[a-z]{2}|eusc-de)(?:-gov|-iso[a-z]?)?-[a-z]{4,12}-\d{1,2})$")
_MARK = re.compile(r"\[(?:RESOLVED|解決済み?)\]\s*", re.IGNORECASE)


def region_of(service: str) -> str | None:
    """``us-east-1`` of ``ec2-us-east-1``; ``None`` for a service that has none."""
    found = _REGION.search(service[-LONGEST_REGION:])
    return found[1] if found else None


def recognises(body: Body) -> bool:
    return _HOST in body.content and any(_GUID.match(entry.id or "") for entry in read_document(body).entries)


def read(vendor: Slug, body: Body) -> tuple[tuple[Component, ...], tuple[Incident, ...]]:
    """The services that the feed is about, and its incidents. Raises :class:`ParseFailed`."""
    document = read_document(body)
    items = [_Item.read(entry) for entry in document.entries]
    is_aws = any(item.guid for item in items) if items else _HOST in body.content and not document.undated
    if not is_aws:
        raise ParseFailed("The feed is not one of the AWS Service Health Dashboard, or its dates cannot be read.")
    groups = _groups(sorted(items, key=lambda item: item.at))
    components: dict[str, Component] = {}
    for group in groups:
        level = Level.OPERATIONAL if group.resolved else group.level
        twin = components.get(group.service)
        region = region_of(group.service)
        components[group.service] = Component(
            group.service, group.service, worst((level, twin.level)) if twin else level, group=region, region=region
        )
    incidents: dict[str, Incident] = {}
    for incident in (group.incident(vendor) for group in reversed(groups)):
        # An item that is listed twice, under two titles, begins one incident.
        incidents.setdefault(incident.id, incident)
    return tuple(components.values()), tuple(incidents.values())


@dataclass(frozen=True, slots=True)
class _Item:
    guid: str
    service: str
    at: datetime
    title: str
    text: str
    state: Impact | None
    closes: bool

    @classmethod
    def read(cls, entry: Entry) -> _Item:
        found = _GUID.match(entry.id or "")
        prefix, colon, rest = entry.title.partition(":")
        state = STATES.get(prefix.strip().lower()) if colon else None
        title = rest if state else entry.title
        return cls(
            guid=f"{found[1]}_{found[2]}" if found else "",
            service=found[1].lower() if found else "aws",
            at=entry.published,
            title=_MARK.sub("", title).strip() or "Untitled",
            text=plain(entry.content),
            state=state,
            closes=state is Impact.NONE or _MARK.search(title) is not None,
        )


@dataclass(slots=True)
class _Group:
    """The items of one incident, oldest first. ``resolved``: when it ended."""

    service: str
    items: list[_Item] = field(default_factory=list)
    resolved: datetime | None = None

    @property
    def impact(self) -> Impact | None:
        states = [item.state for item in self.items if item.state not in (None, Impact.NONE)]
        return max((s for s in states if s), key=lambda s: LEVEL_OF_IMPACT[s], default=None)

    @property
    def level(self) -> Level | None:
        return LEVEL_OF_IMPACT[self.impact] if self.impact else None

    def incident(self, vendor: Slug) -> Incident:
        first, last = self.items[0], self.items[-1]
        key = first.guid or f"{self.service}_{first.at:%Y%m%dT%H%M%SZ}"
        region = region_of(self.service)
        posts = (
            Post(item.at, item.text, Phase.RESOLVED if item is last and item.closes else None, item.guid)
            for item in self.items
        )
        return Incident(
            vendor=vendor,
            id=key,
            kind=IncidentKind.INCIDENT,
            title=last.title,
            phase=Phase.RESOLVED if self.resolved else Phase.INVESTIGATING,
            impact=self.impact,
            started=first.at,
            resolved=self.resolved,
            url="https://status.aws.amazon.com/",
            level=self.level,
            components=(self.service,),
            regions=(region,) if region else (),
            updates=updates_of(key, posts),
        )


def _groups(items: list[_Item]) -> list[_Group]:
    groups: list[_Group] = []
    newest: dict[tuple[str, str], _Group] = {}
    for item in items:
        key = (item.service, item.title.casefold())
        group = newest.get(key)
        if group is None or item.at - group.items[-1].at > LONGEST_SILENCE:
            group = newest[key] = _Group(item.service)
            groups.append(group)
        group.items.append(item)
        group.resolved = item.at if item.closes else None
        if item.state is Impact.NONE:
            for other in groups:
                if other.service == item.service and other.resolved is None:
                    other.resolved = item.at
    return groups
