"""When a page is searched for again, and where: pages change platform and address without notice.

A page that answers with something else is waited for; one that has certainly moved is searched for at once. A feed is a
fallback for a page whose own format is gone: it is taken late, and left again as soon as that is back.
Pages are not read here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto

from bot.domain import Snapshot
from bot.monitor.detect import Source
from bot.monitor.poller.pages import Failed, Found, Parsed, Unchanged, find
from bot.monitor.provider import Provider
from bot.monitor.providers import feed
from bot.monitor.responses import Getter
from bot.monitor.workers import Workers
from bot.store.values import Claim

DETECT_AFTER = 2
"""Failures in a row before a page is searched for, unless it has certainly moved."""
MIN_DETECT_WAIT = timedelta(minutes=10)
MAX_DETECT_WAIT = timedelta(days=1)
"""Between two searches for a page that cannot be read: as long as it has not been readable, within these."""
DETECT_DAILY = timedelta(days=1)
"""Between two searches for something better than what can be read."""
FEED_AFTER = timedelta(hours=1)
"""A page that had more than a feed has to fail for so long before its feed is read."""

FEED = feed.PROVIDER.kind


class ComponentMatch(Enum):
    """Of a page's components: some are still listed under their ids, none is, or none is listed at all."""

    KEPT = auto()
    REPLACED = auto()
    EMPTIED = auto()


State = Parsed[Snapshot] | Unchanged | Failed


def is_search_due(claim: Claim, state: State, now: datetime, *, supported: bool) -> bool:
    """Whether the page is to be searched for now. ``supported``: there is a parser for its kind."""
    if claim.detect_due is not None and now < claim.detect_due:
        return False
    if not isinstance(state, Failed):
        return _is_fallback(claim, claim.vendor.kind, state)
    if claim.read_at is None or state.permanent or not supported:
        return state.wrong_format
    # What moved once may have moved back, also when nothing answers at the new place.
    return claim.failures + 1 >= DETECT_AFTER and (state.wrong_format or _has_moved(claim))


async def search(getter: Getter, workers: Workers, claim: Claim, state: State, now: datetime) -> Found | Failed:
    """Where the page is now: the catalog's address is asked before the one that was found since."""
    vendor = claim.vendor
    excluded = () if vendor.kind is None else (Source(vendor.kind, vendor.page_url),)
    answer: Found | Failed = Failed("")
    for url in dict.fromkeys((claim.catalog_url, vendor.page_url)):
        answer = await find(getter, url, excluded, workers)
        if isinstance(answer, Found):
            return answer if _is_acceptable(answer, claim, state, now) else Failed("")
    return answer


def next_search(claim: Claim, kind: str | None, state: State, now: datetime, *, searched: bool) -> datetime | None:
    """Not before then. ``kind``: what the page was read as, with ``state``; ``searched``: it was searched for now."""
    if not isinstance(state, Failed):
        if not _is_fallback(claim, kind, state):
            return None
        return now + DETECT_DAILY if searched or claim.detect_due is None else claim.detect_due
    if not searched:
        return claim.detect_due
    since = claim.unreadable.since if claim.unreadable else now
    return now + min(max(now - since, MIN_DETECT_WAIT), MAX_DETECT_WAIT)


def component_match(provider: Provider, before: Snapshot | None, after: Snapshot) -> ComponentMatch:
    """What became of the components on record, as far as the platform always lists all of them."""
    if before is None or not before.components or not provider.lists_all_components:
        return ComponentMatch.KEPT
    if not after.components:
        return ComponentMatch.EMPTIED
    known = {component.id for component in before.components}
    return (
        ComponentMatch.REPLACED
        if known.isdisjoint(component.id for component in after.components)
        else ComponentMatch.KEPT
    )


def _is_fallback(claim: Claim, kind: str | None, state: State) -> bool:
    if not isinstance(state, Failed) and state.redirect_note is not None:
        return True
    return kind == FEED and claim.catalog_kind != FEED


def _has_moved(claim: Claim) -> bool:
    return (claim.catalog_url, claim.catalog_kind or claim.vendor.kind) != (claim.vendor.page_url, claim.vendor.kind)


def _is_acceptable(found: Found, claim: Claim, state: State, now: datetime) -> bool:
    if found.kind != FEED or claim.read_at is None or claim.vendor.kind in (None, FEED):
        return found.kind != FEED or isinstance(state, Failed)
    return claim.unreadable is not None and now - claim.unreadable.since >= FEED_AFTER
