"""Which platform a page runs on: what to ask for, in which order, and by what to know the answer. It fetches nothing.

A body is known by its shape alone, never by where it came from: pages move, and several platforms answer on one path.
"""

from __future__ import annotations

import html
import re
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from bot.monitor.page import Body
from bot.monitor.providers import BY_KIND, PROVIDERS, feed
from bot.monitor.providers.addresses import is_under
from bot.monitor.providers.body import first_element
from bot.monitor.providers.statuspage_v2 import page_root

MAX_REQUESTS = 12
MAX_LINKS = 2
HEAD_BYTES = 2**18
"""How much of an HTML page is searched for links to its feeds."""

FEED_PATHS = ("/history.atom", "/history.rss")

_LINK = re.compile(r"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z]{1,20})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_FEED_TYPES = ("application/rss+xml", "application/atom+xml")
_OF_STATUS = re.compile(r"status|incident|outage|history|maintenance|health|uptime", re.IGNORECASE)


class Probe(NamedTuple):
    """One request. ``kind`` is what is hoped for, ``page`` the page's address if the answer is of that kind."""

    kind: str
    url: str
    page: str


@dataclass(frozen=True, slots=True)
class Detected:
    """``page_url`` is what the provider's ``state_urls`` takes; ``body`` the answer that it was known by."""

    kind: str
    page_url: str
    body: Body


@dataclass(frozen=True, slots=True)
class NotDetected:
    """``reason`` is one clear sentence for a user."""

    reason: str


def recognise(body: Body) -> str | None:
    """The kind whose shape a body has."""
    return next((provider.kind for provider in PROVIDERS if provider.recognises(body)), None)


def probes(url: str) -> tuple[Probe, ...]:
    """What to ask for, first to last, before anything is known but the address. Raises ``ValueError`` for no address.

    States come before feeds, which tell no state. Only a link to a feed of its own is taken at its word: not one that
    every page of a platform has (``/history.atom``). The page itself is asked for early: what it is made of can tell
    its platform.
    """
    parts = _address(url)
    url = urlunsplit(parts)
    root, origin = page_root(url), f"{parts.scheme}://{parts.netloc}"
    itself = Probe(feed.PROVIDER.kind, url, url)
    own_feed = feed.looks_like_feed(url) and root == url.partition("?")[0].rstrip("/")
    if own_feed:
        root = origin
    known = [provider for provider in PROVIDERS if is_under(url, provider.hosts)]
    states = [
        Probe(provider.kind, provider.state_urls(page)[0], page)
        for provider in dict.fromkeys((*known, *PROVIDERS))
        if provider is not feed.PROVIDER
        for page in (root, origin)
    ]
    guesses = [Probe(feed.PROVIDER.kind, root + path, root + path) for path in FEED_PATHS]
    order = [itself, *states] if own_feed else [*states[:2], itself, *states[2:]]
    found: dict[str, Probe] = {}
    for probe in (*order, *guesses):
        found.setdefault(probe.url, probe)
    return tuple(found.values())


def detect(url: str) -> Generator[str, Body | None, Detected | NotDetected]:
    """Yields addresses to get, takes their bodies (``None``: no answer, or none with a good status), returns the end.

    At most :data:`MAX_REQUESTS` are asked for. Feeds come last, those that the page itself names before guessed ones.
    """
    try:
        given = probes(url)
    except ValueError:
        return NotDetected(f"{url} is not a web address.")
    waiting = deque(probe for probe in given if not probe.url.endswith(FEED_PATHS))
    feeds = deque(probe for probe in given if probe.url.endswith(FEED_PATHS))
    asked: set[str] = set()
    answers = 0
    while (waiting or feeds) and len(asked) < MAX_REQUESTS:
        probe = (waiting or feeds).popleft()
        if probe.url in asked:
            continue
        asked.add(probe.url)
        body = yield probe.url
        if body is None:
            continue
        answers += 1
        if (kind := recognise(body)) is not None:
            return Detected(kind, probe.page if probe.url in BY_KIND[kind].state_urls(probe.page) else probe.url, body)
        if probe.url == probe.page and first_element(body) == "html":
            feeds.extendleft(Probe(feed.PROVIDER.kind, link, link) for link in reversed([*_feed_links(body)]))
    if not answers:
        return NotDetected(f"Nothing at {url} answered: check the address, or try later.")
    return NotDetected(f"No status page of a kind that Lookout reads was found at {url}.")


def _address(url: str) -> SplitResult:
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.port == 0:
        raise ValueError(url)
    return parts._replace(fragment="")


def _feed_links(body: Body) -> Iterator[str]:
    """Feeds that an HTML page names as its own. On a host that is not a status page's, only what is called after one:
    a vendor's blog is none."""
    taken = 0
    for tag in _LINK.findall(body.content[:HEAD_BYTES].decode("utf-8", "replace")):
        values = {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag)}
        if "alternate" not in values.get("rel", "").lower() or values.get("type", "").lower() not in _FEED_TYPES:
            continue
        try:
            host = urlsplit(body.url).hostname or ""
            link = urljoin(body.url, values.get("href", "").strip())
            usable = urlsplit(link).scheme in ("http", "https") and link != body.url
        except ValueError:
            continue
        named = _OF_STATUS.search(f"{urlsplit(link).path} {values.get('title', '')}")
        if usable and taken < MAX_LINKS and (named or _OF_STATUS.search(host)):
            taken += 1
            yield link
