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
    """One answer of a page. ``content_type`` is the header's, lower case, without parameters; ``None`` for a file."""

    url: str
    content: bytes
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Incidents of a page with all their updates, ended ones too: every one that started at or after
    ``complete_since`` (``None``: the page promises nothing)."""

    incidents: tuple[Incident, ...]
    complete_since: datetime | None


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
    """One status-page platform.

    ``state_urls(page_url)`` are read at every poll and handed, in that order, to ``parse(vendor, bodies, taken_at)``.
    ``history_urls`` and ``parse_history`` give the newest incidents with all their updates: read once after the
    first sight, when an incident left the state, and while one may still be edited.
    ``recognises(body)`` says whether a body has this platform's shape: it decides from the content alone.
    ``house``: the infrastructure that serves all pages of this platform, for shared limits.
    ``hosts``: domains under which only this platform's pages live; such a page is asked for in its format first.
    ``partial``: of ``state_urls``, what the server says it does not have is left out, as long as it has any.
    ``more_urls(page_url, bodies)``: what is to be read besides, as the bodies of ``state_urls`` tell: the further pages
    of a list. Their bodies are handed to ``parse`` after those.
    ``lists_all_components``: every reading lists all components, so one without any
    where there were some is of an emptied page.

    For detection, of pages on hosts of their own: ``pages_at(root)``, the page addresses to try below an address, the
    likeliest first; ``marks``, what only this platform's HTML holds, lower case: such a page is asked for in its format
    next; ``page_url_in(body)``, the page's address where its HTML holds one that cannot be worked out otherwise.
    Parsers raise :class:`ParseFailed` and nothing else.
    """

    kind: str
    title: str
    rate_limit_group: str
    state_urls: Callable[[str], tuple[str, ...]]
    parse: Callable[[Slug, tuple[Body, ...], datetime], Snapshot]
    recognises: Callable[[Body], bool]
    history_urls: Callable[[str], tuple[str, ...]] = no_urls
    parse_history: Callable[[Slug, tuple[Body, ...]], History] = no_history
    hosts: tuple[str, ...] = ()
    partial: bool = False
    lists_all_components: bool = True
    more_urls: Callable[[str, tuple[Body, ...]], tuple[str, ...]] = no_more_urls
    pages_at: Callable[[str], tuple[str, ...]] = only_itself
    marks: tuple[bytes, ...] = ()
    page_url_in: Callable[[Body], str | None] = no_page_url
