"""``lookout doctor``: how the running installation is, for its operator: what ails, since when, and what to do. It asks
the database alone, no page and no chat platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.cli.check import Line
from bot.domain import Health
from bot.monitor.providers import BY_KIND
from bot.routing import unmatched
from bot.store import Store
from bot.store.values import RawField
from bot.wording.phrases import age, count, duration, join

PAGES = 20
MOVES = 20
WORDS = 3
"""Unknown words that are told of each platform, the commonest."""
SLOW = timedelta(minutes=5)
"""A channel that waits longer than this is behind, whatever its platform's limits."""


def examine(store: Store, now: datetime) -> Iterator[Line]:
    """Each line as soon as it is known."""
    yield from _channels(store, now)
    yield _delivery(store, now)
    yield from _boards(store)
    yield from _pages(store, now)
    yield from _filters(store)
    yield from _moved(store, now)
    yield from _unknowns(store)
    yield _kinds(store)


def _channels(store: Store, now: datetime) -> Iterator[Line]:
    trouble = store.channels.unhealthy()
    for channel, state in trouble:
        since = f" for {duration(now - state.since)}" if state.since else ""
        what = f"on hold{since}" if state.health is Health.SUSPENDED else f"in trouble{since}, tried again soon"
        yield Line("channel", False, f"{channel.platform} {channel.workspace}/{channel.id} is {what}: {state.reason}")
    if not trouble:
        yield Line("channels", True, "all of them can be posted to, as far as is known")


def _delivery(store: Store, now: datetime) -> Line:
    lag = store.diagnostics.lag(now)
    if lag.since is None:
        return Line("delivery", True, "nothing waits to be posted")
    waits = f"{count(lag.channels_waiting, 'channel')} waiting, the first of them for {duration(now - lag.since)}"
    if now - lag.since <= SLOW:
        return Line("delivery", True, waits)
    return Line("delivery", False, f"{waits}: see whether lookout runs, and its log for limits of the platform.")


def _boards(store: Store) -> Iterator[Line]:
    counts = store.boards.counts()
    for channel, reason in counts.failing:
        where = f"{channel.platform} {channel.workspace}/{channel.id}"
        yield Line("board", False, f"that of {where} cannot be shown, and is tried again within the hour: {reason}")
    if counts.total and not counts.failing:
        yield Line("boards", True, f"{count(counts.total, 'channel')} with one; all can be shown, as far as is known")


def _pages(store: Store, now: datetime) -> Iterator[Line]:
    counts, watched = store.pages.counts(), store.diagnostics.unreadable_and_watched()
    words = f"{counts.total:,} in all, {counts.read:,} read, {counts.unreadable:,} of them unreadable now"
    yield Line("pages", not watched, f"{words}; {watched:,} of those have subscribers")
    for one in store.diagnostics.unreadable(PAGES):
        told = f"{one.vendor.name} cannot be read since {age(one.unreadable.since, now)}: {one.unreadable.reason}"
        yield Line("page", not one.watched, f"{told} ({one.vendor.page_url})")


def _filters(store: Store) -> Iterator[Line]:
    ill = False
    for one in store.diagnostics.filters():
        if names := unmatched(one.filter, one.components):
            ill = True
            named = join([f"“{name}”" for name in names])
            whose = f"which the subscription of {count(one.channels, 'channel')} names"
            words = f"{one.vendor.name} lists nothing called {named}, {whose}: tell them to subscribe again."
            yield Line("filter", False, words)
    if not ill:
        yield Line("filters", True, "all that subscriptions name is on the pages")


def _moved(store: Store, now: datetime) -> Iterator[Line]:
    for one in store.diagnostics.moved(MOVES):
        kinds = f"{_title(one.kind_before)} → {_title(one.vendor.kind)}"
        yield Line("moved", True, f"{one.vendor.name}: {kinds}, {age(one.at, now)}; now read at {one.vendor.page_url}")


def _unknowns(store: Store) -> Iterator[Line]:
    for one in store.diagnostics.unknowns(WORDS):
        things = count(one.total, "component" if one.part is RawField.STATE else "incident")
        named = f": {join([f'“{word}”' for word in one.words])}" if one.words else ""
        what = f"{one.unknown:,} of {things} in a {one.part} that Lookout has no word for{named}"
        if one.part is RawField.IMPACT:
            what = f"{one.unknown:,} of {things} with an impact that Lookout has no word for{named}"
        yield Line("unknown words", True, f"{_title(one.kind)}: {what}; for example of {one.example}")


def _kinds(store: Store) -> Line:
    told = []
    for one in store.diagnostics.kinds():
        ill = f" ({one.unreadable:,} unreadable)" if one.unreadable else ""
        told.append(f"{_title(one.kind)} {one.pages:,}{ill}")
    return Line("kinds", True, ", ".join(told) or "no page is on record: start lookout run")


def _title(kind: str | None) -> str:
    if kind is None:
        return "not detected yet"
    return BY_KIND[kind].title if kind in BY_KIND else kind
