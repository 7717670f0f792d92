"""Microsoft 365: the posts of status.cloud.microsoft, its feeds, and Graph's service health. Pure.

A post is the one word and text for a whole surface (the admin centers) or one consumer service; the text is boilerplate
while all is well. Graph's ``healthOverviews`` and ``issues``, which need a token, hold states service by service.
**How an end is known:** the post says "Service restored", or Graph that the issue is resolved. A post that goes back
to "Available" is over by absence: the posts are then read once more, as history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from bot.domain import ENDED, Component, Incident, IncidentKind, Level, Phase, Slug, Snapshot, worst
from bot.monitor.parsing.assemble import EPOCH, Post, page_level, updates_of
from bot.monitor.parsing.body import first_element, read_json
from bot.monitor.parsing.feed_xml import ROOTS
from bot.monitor.parsing.fields import Row, objects, raw_label, row, rows, string, word
from bot.monitor.parsing.microsoft_rss import read_channel
from bot.monitor.parsing.text import one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, History, ParseFailed, Provider

HOSTS = ("status.cloud.microsoft", "status.office.com", "status.office365.com", "portal.office.com")
POSTS = "https://status.cloud.microsoft/api/posts"
HUMAN_URL = "https://status.cloud.microsoft/"

SURFACES = {
    "mac": "Microsoft 365 admin center",
    "ppac": "Power Platform admin center",
    "azure": "Azure",
    "m365Consumer": "Microsoft 365 for consumers",
}
ASKED_FOR = ("mac", "ppac", "m365Consumer")

_OWN = b"<status>"

_GREEN = "available operational serviceoperational"
_ENDED = "servicerestored falsepositive resolved resolvedexternal"
_RECOVERING = "restoringservice extendedrecovery verifyingservice mitigated mitigatedexternal"
_YELLOW = f"servicedegradation investigating investigationsuspended confirmed reported {_RECOVERING}"
LEVELS = {
    **dict.fromkeys([*_GREEN.split(), *_ENDED.split(), "postincidentreviewpublished"], Level.OPERATIONAL),
    **dict.fromkeys(_YELLOW.split(), Level.DEGRADED),
    "serviceinterruption": Level.MAJOR_OUTAGE,
}
PHASES = {
    **dict.fromkeys([*_YELLOW.split(), "serviceinterruption"], Phase.INVESTIGATING),
    **dict.fromkeys(_RECOVERING.split(), Phase.MONITORING),
    **dict.fromkeys(_ENDED.split(), Phase.RESOLVED),
    "postincidentreviewpublished": Phase.POSTMORTEM,
}
"""https://learn.microsoft.com/graph/api/resources/servicehealthissue: ``status``."""


def state_urls(page_url: str) -> tuple[str, ...]:
    path = urlsplit(page_url).path.rstrip("/")
    if not is_under(page_url, HOSTS) or "/api/posts/" in path:
        return (page_url,)
    if "/api/feed/" in path:
        return (f"{POSTS}/{path.rpartition('/')[2]}",)
    return tuple(f"{POSTS}/{surface}" for surface in ASKED_FOR)


def parse(vendor: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
    """A :class:`Snapshot`; each body tells by its shape which it is. Raises :class:`ParseFailed`."""
    found = [_read(vendor, body) for body in bodies]
    if not any(part.components or part.incidents or part.words for part in found):
        raise ParseFailed("The page gave no answer to read.")
    components: dict[str, Component] = {}
    for component in (each for part in found for each in part.components):
        components.setdefault(component.id, component)
    incidents = {incident.id: incident for part in found for incident in part.incidents}
    return Snapshot(
        vendor=vendor,
        level=page_level(None, components.values(), incidents.values()),
        status_text=", ".join(dict.fromkeys(words for part in found for words in part.words)),
        components=tuple(components.values()),
        incidents=tuple(incidents.values()),
        taken_at=taken_at,
    )


def parse_history(vendor: Slug, bodies: tuple[Body, ...]) -> History:
    """The second reading: what it lacks is not there."""
    found = [_read(vendor, body) for body in bodies]
    if not found:
        raise ParseFailed("The page gave no answer to read.")
    return History(tuple({i.id: i for part in found for i in part.incidents}.values()), EPOCH)


def recognises(body: Body) -> bool:
    try:
        if first_element(body) in ROOTS and _OWN not in body.content:
            return False
        return bool(_read(Slug(""), body).words)
    except ParseFailed:
        return False


@dataclass(frozen=True, slots=True)
class _Part:
    """What one body tells. ``words``: its states as written, each once."""

    components: tuple[Component, ...]
    incidents: tuple[Incident, ...]
    words: tuple[str, ...]


def _read(vendor: Slug, body: Body) -> _Part:
    surface = urlsplit(body.url).path.rstrip("/").rpartition("/")[2] if body.url.startswith("http") else ""
    if first_element(body) in ROOTS:
        return _of_posts(vendor, _feed_posts(body), surface)
    found = read_json(body)
    if isinstance(found, dict) and isinstance(found.get("value"), list):
        return _of_graph(vendor, objects(found["value"], "services"))
    return _of_posts(vendor, objects([found] if isinstance(found, dict) else found, "posts"), surface)


def _key(value: object) -> str:
    """``Service degradation`` and ``serviceDegradation`` are one word."""
    return word(value).replace("_", "")


def _words(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one_line(string(each)) for each in values if string(each)))


# --- posts ----------------------------------------------------------------------------------------------------------


def _feed_posts(body: Body) -> list[Row]:
    """The feeds of the admin centers say the same as their posts; what an item has of its own is ``status``."""
    channel = read_channel(body)
    if not all(item.status for item in channel.items):
        raise ParseFailed("The feed is not one of status.cloud.microsoft: its items have no status.")
    return [
        {
            "Id": item.guid,
            "AuthoredDateTime": item.published and item.published.isoformat(),
            "Title": item.title,
            "Message": item.text,
            "Status": item.status,
            "ServiceDisplayName": channel.title,
        }
        for item in channel.items
    ]


def _of_posts(vendor: Slug, posts: list[Row], surface: str) -> _Part:
    if not posts or not all("Status" in post and ("Message" in post or "Title" in post) for post in posts):
        raise ParseFailed("The page's answer is not in the format of status.cloud.microsoft.")
    components: dict[str, Component] = {}
    incidents: dict[str, Incident] = {}
    for post in posts:
        name = one_line(string(post.get("ServiceDisplayName"))) or SURFACES.get(surface, "Microsoft 365")
        key = string(post.get("ServiceWorkloadName")) or (surface if surface in SURFACES else name)
        own = LEVELS.get(_key(post.get("Status")))
        twin = components.get(key)
        level = worst((own, twin.level)) if twin else own
        components[key] = Component(key, name, level, raw_status=raw_label(level, post.get("Status")))
        if (incident := _of_post(vendor, post, key, name)) is not None:
            incidents[incident.id] = incident
    return _Part(tuple(components.values()), tuple(incidents.values()), _words(post["Status"] for post in posts))


def _of_post(vendor: Slug, post: Row, component: str, name: str) -> Incident | None:
    """An incident, if the post says more than that all is well. The times of its refreshing are the server's clock."""
    phase = PHASES.get(_key(post.get("Status")))
    if phase is None:
        return None
    key = string(post.get("Id"))
    started = time_of(post.get("AuthoredDateTime"))
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("A post of the page has no id, or no time that can be read.")
    status = one_line(string(post.get("Status")))
    text = plain(string(post.get("Message")))
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=one_line(string(post.get("Title"))) or f"{name}: {status}",
        phase=phase,
        impact=None,
        started=started,
        resolved=started if phase in ENDED else None,
        url=HUMAN_URL,
        level=None if phase in ENDED else LEVELS.get(_key(post.get("Status"))),
        components=(component,),
        updates=updates_of(key, [Post(started, text, phase if phase in ENDED else None)] if text else ()),
    )


# --- Graph ----------------------------------------------------------------------------------------------------------


def _of_graph(vendor: Slug, listed: list[Row]) -> _Part:
    """``healthOverviews``, whose rows may hold their issues, or ``issues``."""
    if not listed or not all("service" in each and "status" in each for each in listed):
        raise ParseFailed("The page's JSON is not in the format of Graph's service health.")
    overviews = [each for each in listed if "startDateTime" not in each]
    components = {}
    for each in overviews:
        name = one_line(string(each.get("service")))
        key = string(each.get("id")) or name
        if not key:
            raise ParseFailed("A service of the page has no name.")
        level = LEVELS.get(_key(each.get("status")))
        components[key] = Component(key, name or key, level, raw_status=raw_label(level, each.get("status")))
    ids = {component.name: component.id for component in components.values()}
    issues = [each for each in listed if "startDateTime" in each]
    issues += [issue for each in overviews for issue in rows(each.get("issues"))]
    incidents = {i.id: i for each in issues if (i := _issue(vendor, each, ids)) is not None}
    return _Part(
        tuple(components.values()), tuple(incidents.values()), _words(each["status"] for each in overviews or issues)
    )


def _issue(vendor: Slug, raw: Row, ids: dict[str, str]) -> Incident | None:
    key, status = string(raw.get("id")), _key(raw.get("status"))
    phase = PHASES.get(status)
    if raw.get("isResolved") is True and phase not in ENDED:
        phase = Phase.RESOLVED
    started = time_of(raw.get("startDateTime"))
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An issue of the page has no id, or no time that can be read.")
    updates = updates_of(
        key,
        (
            Post(
                time_of(post.get("createdDateTime")) or started,
                plain(string(row(post.get("description")).get("content"))),
            )
            for post in rows(raw.get("posts"))
        ),
    )
    service = one_line(string(raw.get("service")))
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.INCIDENT,
        title=one_line(string(raw.get("title"))) or "Untitled",
        phase=phase,
        impact=None,
        started=started,
        resolved=(time_of(raw.get("endDateTime")) or ended_at(updates) or started) if phase in ENDED else None,
        url=HUMAN_URL,
        level=None if phase in ENDED else LEVELS.get(status),
        components=(ids.get(service, service),) if service else (),
        raw_phase=raw_label(phase, raw.get("status")),
        updates=updates,
    )


PROVIDER = Provider(
    kind="m365",
    title="Microsoft 365 service health",
    rate_limit_group="microsoft",
    state_urls=state_urls,
    parse=parse,
    recognises=recognises,
    history_urls=state_urls,
    parse_history=parse_history,
    hosts=HOSTS,
    lists_all_components=False,
)
