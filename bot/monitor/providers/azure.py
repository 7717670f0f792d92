"""Azure's status feed: what is going on now, and nothing else. Pure.

In quiet times the channel has no items. An item names services and regions as categories; it has no severity and no
stages, so each counts as degraded. Its guid is made from the title and used again for later incidents: together with
the date it is the key. **How an end is known:** by absence alone, as an item is gone on mitigation. The feed is then
read once more, as history; an item that is missing there too is over, as far as anyone outside can tell.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from bot.domain import Component, Incident, IncidentKind, Level, Phase, Slug, Snapshot
from bot.monitor.parsing.assemble import EPOCH, Post, page_level, updates_of
from bot.monitor.parsing.body import first_element
from bot.monitor.parsing.microsoft_rss import Channel, Item, read_channel
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, History, ParseFailed, Provider

HOSTS = (
    "azure.status.microsoft",
    "status.azure.com",
    "azurestatuscdn.azureedge.net",
    "azure.status.microsoft.com",
    "azure.microsoft.com",
)
FEED = "https://rssfeed.azure.status.microsoft/en-us/status/feed/"
HUMAN_URL = "https://azure.status.microsoft/en-us/status"

_TITLE = b"Azure Status"
_HEAD = 4096

EVERYWHERE = frozenset({"global", "non-regional", "worldwide", "all regions"})
_NAMES = (
    "Australia Central, Australia Central 2, Australia East, Australia Southeast, Austria East, Belgium Central,"
    " Brazil South, Brazil Southeast, Canada Central, Canada East, Central India, Central US, Central US EUAP,"
    " Chile Central, China East, China East 2, China East 3, China North, China North 2, China North 3,"
    " Denmark East, East Asia, East US, East US 2, East US 2 EUAP, East US 3, France Central, France South,"
    " Germany Central, Germany North, Germany Northeast, Germany West Central, Indonesia Central, Israel Central,"
    " Italy North, Japan East, Japan West, Jio India Central, Jio India West, Korea Central, Korea South,"
    " Malaysia South, Malaysia West, Mexico Central, New Zealand North, North Central US, North Europe,"
    " Norway East, Norway West, Poland Central, Qatar Central, South Africa North, South Africa West,"
    " South Central US, South India, Southeast Asia, Spain Central, Sweden Central, Sweden South,"
    " Switzerland North, Switzerland West, Taiwan North, UAE Central, UAE North, UK South, UK West,"
    " US DoD Central, US DoD East, US Gov Arizona, US Gov Iowa, US Gov Texas, US Gov Virginia,"
    " US Sec East, US Sec West, West Central US, West Europe, West India, West US, West US 2, West US 3"
)
REGIONS = frozenset(_NAMES.casefold().split(", "))
"""Public ones, https://azure.microsoft.com/explore/global-infrastructure/geographies; another category is a service."""


def state_urls(page_url: str) -> tuple[str, ...]:
    if urlsplit(page_url).path.rstrip("/").endswith("/feed") or not is_under(page_url, HOSTS):
        return (page_url,)
    return (FEED,)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot` of the first body. Raises :class:`ParseFailed`."""
    channel = _read(bodies)
    incidents = tuple({incident.id: incident for incident in (_incident(vendor, i) for i in channel.items)}.values())
    components = _components(channel)
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components, incidents, when_empty=Level.OPERATIONAL),
        status_text="",
        components=components,
        incidents=incidents,
        taken_at=taken_at,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The second reading: what it lacks is not there."""
    return History(tuple(_incident(vendor, item) for item in _read(bodies).items), EPOCH)


def recognises(body: Body) -> bool:
    try:
        return _TITLE in body.content[:_HEAD] and first_element(body) == "rss" and _is_azure(read_channel(body))
    except ParseFailed:
        return False


def _read(bodies: tuple[Body, ...]) -> Channel:
    if not bodies:
        raise ParseFailed("The page gave no answer to read.")
    channel = read_channel(bodies[0])
    if not _is_azure(channel):
        raise ParseFailed("The feed is not that of Azure's status.")
    return channel


def _is_azure(channel: Channel) -> bool:
    return channel.title.casefold().startswith("azure status")


def _components(channel: Channel) -> tuple[Component, ...]:
    """The services that something listed is about; in a region only while all of it is in that one."""
    regions: dict[str, set[str]] = {}
    for item in channel.items:
        for service in _services(item):
            regions.setdefault(service, set()).update(_regions(item) or ("",))
    return tuple(
        Component(service, service, Level.DEGRADED, region=next(iter(found)) or None if len(found) == 1 else None)
        for service, found in regions.items()
    )


def _services(item: Item) -> tuple[str, ...]:
    return tuple(each for each in item.categories if each.casefold() not in REGIONS | EVERYWHERE)


def _regions(item: Item) -> tuple[str, ...]:
    named = (each.casefold() for each in item.categories)
    if any(each in EVERYWHERE for each in named):
        return ("global",)
    return tuple(each for each in item.categories if each.casefold() in REGIONS)


def _incident(vendor: Slug, item: Item) -> Incident:
    name = item.guid or item.link or item.title
    if item.published is None or not name:
        raise ParseFailed("An item of the feed has no id, or no time that can be read.")
    key = f"{name}@{item.published:%Y%m%dT%H%M%SZ}"
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=item.title or "Untitled",
        phase=Phase.INVESTIGATING,
        impact=None,
        started=item.published,
        url=HUMAN_URL,
        level=Level.DEGRADED,
        components=_services(item),
        regions=_regions(item),
        updates=updates_of(key, [Post(item.published, item.text)] if item.text else ()),
    )


PROVIDER = Provider(
    kind="azure",
    title="Azure Status",
    rate_limit_group="microsoft",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=state_urls,
    parse_history=parse_history,
    hosts=HOSTS,
    lists_all_components=False,
)
