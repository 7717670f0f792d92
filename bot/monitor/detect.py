"""Which platform a page runs on: what to ask for, in which order, and by what to know the answer. It fetches nothing.

A body is known by its shape alone, never by where it came from: pages move, and several platforms answer on one path.
What is particular to a platform stands in its :class:`bot.monitor.provider.Provider`; nothing here names one but feeds.
"""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from bot.monitor.parsing.body import first_element
from bot.monitor.parsing.urls import is_under
from bot.monitor.provider import Body, Provider
from bot.monitor.providers import BY_KIND, PROVIDERS, feed
from bot.monitor.providers.statuspage.v2 import page_root

MAX_REQUESTS = 12
"""Nearly all pages are known by the first four. A host that gives no hint is asked for the commonest platforms; a rare
one is found there at the address of its API."""
MAX_FEEDS = 2
"""Of those requests, for feeds: they come last, and are not crowded out."""
MAX_LINKS = 2
MAX_LEARNED = 2
"""HTML pages of one host that are searched: a host may answer everything with one."""
HEAD_BYTES = 2**18
"""How much of an HTML page is searched for links to its feeds."""

_STATE_KINDS = frozenset(BY_KIND) - {feed.PROVIDER.kind}
FEED_PATHS = ("/history.atom", "/history.rss")

_LINK = re.compile(r"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z]{1,20})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_FEED_TYPES = ("application/rss+xml", "application/atom+xml")
_STATUS_WORD = re.compile(r"status|incident|outage|history|maintenance|health|uptime", re.IGNORECASE)


class Probe(NamedTuple):
    """One request."""

    kind: str
    """What the answer may be."""
    url: str
    page: str
    """The page's address if the answer is of that kind."""


class Source(NamedTuple):
    """A kind of page at an address."""

    kind: str
    page_url: str
    """What its provider's ``state_urls`` takes."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What detection wants to know of a body."""

    url: str
    kind: str | None
    """Whose shape it has."""
    html: bool
    named: tuple[tuple[str, str], ...] = ()
    """Of HTML: kinds, each with the address of its page that stands there."""
    marked: tuple[str, ...] = ()
    """Of HTML: kinds whose marks it bears."""
    feeds: tuple[str, ...] = ()
    """Of HTML: feeds that it names as its own."""


@dataclass(frozen=True, slots=True)
class Detected:
    """A page of a known kind."""

    kind: str
    page_url: str
    """What the provider's ``state_urls`` takes."""
    body: Body | Examined
    """The answer that it was recognised by."""


@dataclass(frozen=True, slots=True)
class NotDetected:
    """``reason`` is one clear sentence for a user."""

    reason: str
    answered: bool = True
    """Something was there."""


def recognise(body: Body) -> str | None:
    """The kind whose shape a body has."""
    return next((provider.kind for provider in PROVIDERS if provider.recognises(body)), None)


def examine(body: Body) -> Examined:
    """All of it at once, so that it may be done elsewhere: bodies can be large."""
    kind = recognise(body)
    if first_element(body) != "html":
        return Examined(body.url, kind, html=False)
    content = body.content.lower()
    named = tuple((p.kind, found) for p in PROVIDERS if (found := p.page_url_in(body)) and _is_address(found))
    marked = tuple(provider.kind for provider in PROVIDERS if any(mark in content for mark in provider.marks))
    return Examined(body.url, kind, True, named, marked, tuple(_feed_links(body)))


def probes(url: str) -> tuple[Probe, ...]:
    """What to ask for, first to last, before anything is known but the address. Raises ``ValueError`` for no address.

    States come before feeds, which have no state. Only a link to a feed of its own is taken literally: not one that
    every page of a platform has (``/history.atom``). The page itself is asked for second: most platforms show in its
    HTML. On a host that is all about status, what is not at the path that was named is searched for at the root.
    """
    parts = _address(url)
    url = urlunsplit(parts)
    root, origin = page_root(url), f"{parts.scheme}://{parts.netloc}"
    itself = Probe(feed.PROVIDER.kind, url, url)
    own_feed = feed.looks_like_feed(url) and root == url.partition("?")[0].rstrip("/")
    if own_feed:
        root = origin
    known = [provider for provider in PROVIDERS if is_under(url, provider.hosts)]
    given = [url] if known and not own_feed and known[0].state_urls(url) != known[0].state_urls(root) else []
    by_host = [probe for provider in known for probe in _probes_of(provider, (*given, root, origin))]
    bases = (origin, root) if _STATUS_WORD.search(parts.hostname or "") else (root, origin)
    general = [[probe for provider in PROVIDERS for probe in _probes_of(provider, [base])] for base in bases]
    # A path that means something to one platform alone.
    by_path = [p for provider in PROVIDERS if not provider.pages_at(origin) for p in _probes_of(provider, [root])]
    likeliest = [probe for base in (root, origin) for probe in _probes_of(PROVIDERS[0], [base])]
    first = by_host or likeliest[:1]
    order = [itself, *first] if own_feed else [*first, itself, *by_path, *likeliest[1:]]
    guesses = [Probe(feed.PROVIDER.kind, bases[0] + path, bases[0] + path) for path in FEED_PATHS]
    found: dict[str, Probe] = {}
    for probe in (*order, *general[0], *general[1], *guesses):
        found.setdefault(probe.url, probe)
    return tuple(found.values())


def detect(
    url: str, *, excluded: Collection[Source] = ()
) -> Generator[str, Body | Examined | None, Detected | NotDetected]:
    """Yields addresses to get, takes their bodies (``None``: no answer, or none with a good status), returns the end. A
    large body is examined by whoever gets it.

    At most :data:`MAX_REQUESTS` are asked for. ``excluded``: places that are known to be wrong. Feeds come last, those
    that the page itself names before guessed ones; one that answers where a state was hoped for waits for the states.
    """
    try:
        search = _Search(probes(url))
    except ValueError:
        return NotDetected(f"{url} is not a web address.")
    feed_found: Detected | None = None
    while (probe := search.next()) is not None:
        body = yield probe.url
        if body is None:
            continue
        search.answers += 1
        seen = body if isinstance(body, Examined) else examine(body)
        if (kind := seen.kind) is not None:
            page = _page_of(BY_KIND[kind], probe, seen)
            if Source(kind, page) not in excluded:
                detected = Detected(kind, page, body)
                if kind == probe.kind or kind in _STATE_KINDS:
                    return detected
                feed_found = feed_found or detected
        if seen.html:
            search.learn(seen)
    if feed_found:
        return feed_found
    if not search.answers:
        return NotDetected(f"Nothing at {url} answered: check the address, or try later.", answered=False)
    reason = f"No status page of a kind that Lookout reads was found at {url}"
    return NotDetected(f"{reason}: if it has an API or a feed, give its address.")


class _Search:
    """What is still to be asked for. ``answers``: how many requests brought a body."""

    def __init__(self, given: Sequence[Probe]) -> None:
        self.answers = 0
        self._states = deque(probe for probe in given if not probe.url.endswith(FEED_PATHS))
        self._feeds = deque(probe for probe in given if probe.url.endswith(FEED_PATHS))
        self._requested: set[str] = set()
        self._learned = Counter[str]()
        self._hosts = {_host(given[0].url)}

    def next(self) -> Probe | None:
        """The next request; ``None`` when there is no more to ask, or enough was asked."""
        reserved_for_feeds = min(len(self._feeds), MAX_FEEDS)
        while len(self._requested) < MAX_REQUESTS:
            states_left = self._states and len(self._requested) < MAX_REQUESTS - reserved_for_feeds
            if not (states_left or self._feeds):
                return None
            probe = (self._states if states_left else self._feeds).popleft()
            if probe.url not in self._requested:
                self._requested.add(probe.url)
                return probe
        return None

    def learn(self, body: Examined) -> None:
        """From an HTML page of no kind: the address that it names, the platform whose marks it bears, its feeds, and
        the host that it moved to."""
        base, host = page_root(body.url), _host(body.url)
        if self._learned[host] == MAX_LEARNED:
            return
        self._learned[host] += 1
        if host not in self._hosts:
            self._hosts.add(host)
            self._states.extendleft(reversed([p for p in probes(base) if not p.url.endswith(FEED_PATHS)]))
            self._feeds.extendleft(reversed([p for p in probes(base) if p.url.endswith(FEED_PATHS)]))
        bases = dict.fromkeys((base, f"{urlsplit(base).scheme}://{urlsplit(base).netloc}"))
        likely = [probe for kind, found in body.named for probe in _probes_of(BY_KIND[kind], [found], exact=True)]
        likely += [probe for kind in body.marked for probe in _probes_of(BY_KIND[kind], bases)]
        self._states.extendleft(reversed(likely))
        self._feeds.extendleft(Probe(feed.PROVIDER.kind, u, u) for u in reversed(body.feeds))


def _probes_of(provider: Provider, bases: Iterable[str], *, exact: bool = False) -> Iterator[Probe]:
    if provider is not feed.PROVIDER:
        for base in bases:
            for page in (base,) if exact else provider.pages_at(base):
                yield Probe(provider.kind, provider.state_urls(page)[0], page)


def _page_of(provider: Provider, probe: Probe, body: Examined) -> str:
    """The address under which the provider reads what answered, which may be on another host than was asked, or on a
    path that this platform answers for another one's sake."""
    if provider is feed.PROVIDER:
        return body.url
    url = probe.url
    pages: tuple[str, ...] = (probe.page,)
    if _host(body.url) != _host(probe.url):
        tail = probe.url.removeprefix(probe.page)
        url = body.url
        pages = (url.removesuffix(tail) if tail and url.endswith(tail) else page_root(url), url)
    elif body.html:
        pages = (page_root(url), url)
    for page in pages:
        if url in provider.state_urls(page):
            return page
    return url if provider.state_urls(pages[0]) == (pages[0],) else pages[0]


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _is_address(url: str) -> bool:
    try:
        _address(url)
    except ValueError:
        return False
    return True


def _address(url: str) -> SplitResult:
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.port == 0:
        raise ValueError(url)
    return parts._replace(fragment="")


def _feed_links(body: Body) -> Iterator[str]:
    """Feeds that an HTML page names as its own. On a host that is not a status page's, only what is called after one:
    a vendor's blog is none."""
    count = 0
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
        named = _STATUS_WORD.search(f"{urlsplit(link).path} {values.get('title', '')}")
        if usable and count < MAX_LINKS and (named or _STATUS_WORD.search(host)):
            count += 1
            yield link
