"""What a provider is: a platform's requests as data, and pure parsers of their bodies. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain import Incident, Slug, Snapshot


class ParseFailed(Exception):
    """The body is not what its kind promises. The message is one clear sentence for a user; no traceback follows."""


@dataclass(frozen=True, slots=True)
class Body:
    """One answer of a page."""

    url: str
    content: bytes
    content_type: str | None = None
    """The header's, lower case, without parameters; ``None`` for a file."""


@dataclass(frozen=True, slots=True)
class History:
    """Incidents of a page with all their updates, ended ones too."""

    incidents: tuple[Incident, ...]
    complete_since: datetime | None
    """It holds every one that started at or after then; ``None``: the page promises nothing."""


def no_urls(_: str) -> tuple[str, ...]:
    """For a platform whose state already holds its history."""
    return ()


def no_more_urls(_: str, __: tuple[Body, ...]) -> tuple[str, ...]:
    """For a platform whose addresses are all known beforehand."""
    return ()


def only_itself(root: str) -> tuple[str, ...]:
    """For a platform whose pages are read under the address that people know."""
    return (root,)


def no_page_url(_: Body) -> str | None:
    """For a platform whose HTML holds no address to read instead."""
    return None


def no_history(_: Slug, __: tuple[Body, ...]) -> History:
    """For a platform that publishes none, or whose state already holds it."""
    return History((), None)


@dataclass(frozen=True, slots=True)
class Provider:
    """One status-page platform. Its parsers raise :class:`ParseFailed` and nothing else."""

    kind: str
    title: str
    rate_limit_group: str
    """The infrastructure that serves all pages of this platform, for shared limits."""
    state_urls: Callable[[str], tuple[str, ...]]
    """From a page's address to what is read at every poll."""
    parse: Callable[[Slug, tuple[Body, ...], datetime], Snapshot]
    """Vendor, bodies of ``state_urls`` in that order, and the time of the reading."""
    recognises: Callable[[Body], bool]
    """Whether a body has this platform's shape: decided from the content alone."""
    history_urls: Callable[[str], tuple[str, ...]] = no_urls
    """The newest incidents with all their updates: read once after the first state, when an incident left the state,
    and while one may still be edited."""
    parse_history: Callable[[Slug, tuple[Body, ...]], History] = no_history
    hosts: tuple[str, ...] = ()
    """Domains under which only this platform's pages are; such a page is asked for in its format first."""
    partial: bool = False
    """Of ``state_urls``, what the server says it does not have is left out, as long as it has any."""
    lists_all_components: bool = True
    """In every reading: one without any, where there were some, is of a page that was emptied."""
    more_urls: Callable[[str, tuple[Body, ...]], tuple[str, ...]] = no_more_urls
    """From a page's address and the bodies of ``state_urls`` to what is to be read as well: further pages of a list.
    Their bodies are handed to ``parse`` after those."""
    pages_at: Callable[[str], tuple[str, ...]] = only_itself
    """For detection: the page addresses to try below an address, the likeliest first."""
    ids_change: bool = False
    """Ids, links and dates of its incidents are not to be relied on: each is told by any two of them and its title."""
    marks: tuple[bytes, ...] = ()
    """For detection: what only this platform's HTML holds, lower case. Such a page is asked for in its format next."""
    posts: tuple[tuple[str, bytes], ...] = ()
    """How addresses begin that answer to POST alone, each with the JSON to send."""
    page_url_in: Callable[[Body], str | None] = no_page_url
    """For detection: the page's address where its HTML holds one that cannot be worked out otherwise."""
