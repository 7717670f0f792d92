"""``lookout doctor``: how the running installation is, for its operator: what is wrong, since when, and what to do.

Reads the database only; asks no page and no chat platform.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.adapters.slack.manifest import weaker_without
from bot.cli.check import Finding
from bot.cli.vitals import damage, vitals
from bot.domain import Health
from bot.domain.refusals import for_operator
from bot.monitor.providers import BY_KIND
from bot.routing import unmatched
from bot.store import Store, StoreError
from bot.store.values import RawField
from bot.wording.phrases import age, count, duration, join

MAX_PAGES = 20
MAX_MOVES = 20
MAX_NAMES = 5
MAX_WORDS = 3
"""Unknown words shown per platform, the commonest first."""
SLOW_AFTER = timedelta(minutes=5)
"""A channel that waits longer than this is late, whatever its platform's limits."""


def examine(store: Store, now: datetime) -> Iterator[Finding]:
    """Each line as soon as it is known; a database that refuses is one line, too."""
    try:
        if (damaged := damage(store)) is not None:
            yield damaged
            return
        yield from vitals(store, now)
        yield from _findings(store, now)
    except StoreError as error:
        yield Finding("database", False, str(error))


def _findings(store: Store, now: datetime) -> Iterator[Finding]:
    yield from _channels(store, now)
    yield _delivery(store, now)
    yield from _boards(store)
    yield from _scopes(store)
    yield from _pages(store, now)
    yield from _filters(store)
    yield from _moved(store, now)
    yield from _distrusted(store, now)
    yield from _odd_dates(store)
    yield from _unknowns(store)
    yield from _detected(store)
    yield _kinds(store)


def _channels(store: Store, now: datetime) -> Iterator[Finding]:
    unhealthy = store.channels.unhealthy()
    for channel, state in unhealthy:
        since = f" for {duration(now - state.since)}" if state.since else ""
        what = f"on hold{since}" if state.health is Health.SUSPENDED else f"in trouble{since}, tried again soon"
        yield Finding(
            "channel", False, f"{channel.platform} {channel.workspace}/{channel.id} is {what}: {state.reason}"
        )
    if not unhealthy:
        yield Finding("channels", True, "all of them can be posted to, as far as is known")


def _delivery(store: Store, now: datetime) -> Finding:
    lag = store.diagnostics.lag(now)
    if lag.since is None:
        return Finding("delivery", True, "nothing waits to be posted")
    waits = f"{count(lag.channels_waiting, 'channel')} waiting, the first of them for {duration(now - lag.since)}"
    if now - lag.since <= SLOW_AFTER:
        return Finding("delivery", True, waits)
    return Finding("delivery", False, f"{waits}: see whether lookout runs, and its log for limits of the platform.")


def _scopes(store: Store) -> Iterator[Finding]:
    weaker: dict[str, list[str]] = {}
    for workspace, granted in store.diagnostics.slack_scopes().items():
        if weakness := weaker_without(granted):
            weaker.setdefault(weakness, []).append(workspace)
    for weakness, workspaces in weaker.items():
        names = join(workspaces[:MAX_NAMES])
        more = f" and {len(workspaces) - MAX_NAMES:,} more" if len(workspaces) > MAX_NAMES else ""
        yield Finding("scopes", True, f"slack {names}{more}: {weakness}")


def _boards(store: Store) -> Iterator[Finding]:
    counts = store.boards.counts()
    for channel, reason in counts.failing:
        where = f"{channel.platform} {channel.workspace}/{channel.id}"
        yield Finding("board", False, f"that of {where} cannot be shown, and is tried again within the hour: {reason}")
    if counts.total and not counts.failing:
        yield Finding(
            "boards", True, f"{count(counts.total, 'channel')} with one; all can be shown, as far as is known"
        )


def _pages(store: Store, now: datetime) -> Iterator[Finding]:
    counts, watched = store.pages.counts(), store.diagnostics.unreadable_and_watched()
    summary = f"{counts.total:,} in all, {counts.read:,} read, {counts.unreadable:,} of them unreadable now"
    yield Finding("pages", not watched, f"{summary}; {watched:,} of those have subscribers")
    for page in store.diagnostics.unreadable(MAX_PAGES):
        why = for_operator(page.unreadable.reason)
        text = f"{page.vendor.name} has been unreadable for {duration(now - page.unreadable.since)}: {why}"
        yield Finding("page", not page.watched, f"{text} ({page.vendor.page_url})")


def _filters(store: Store) -> Iterator[Finding]:
    any_unmatched = False
    for usage in store.diagnostics.filters():
        if names := unmatched(usage.filter, usage.components):
            any_unmatched = True
            quoted = join([f"“{name}”" for name in names])
            whose = f"which the subscription of {count(usage.channels, 'channel')} names"
            text = f"{usage.vendor.name} lists nothing called {quoted}, {whose}: tell them to subscribe again."
            yield Finding("filter", False, text)
    if not any_unmatched:
        yield Finding("filters", True, "all that subscriptions name is on the pages")


def _moved(store: Store, now: datetime) -> Iterator[Finding]:
    for page in store.diagnostics.moved(MAX_MOVES):
        kinds = f"{_title(page.kind_before)} → {_title(page.vendor.kind)}"
        yield Finding(
            "moved", True, f"{page.vendor.name}: {kinds}, {age(page.at, now)}; now read at {page.vendor.page_url}"
        )


def _distrusted(store: Store, now: datetime) -> Iterator[Finding]:
    vendors = store.diagnostics.distrusted(now)
    if vendors:
        names = join([vendor.name for vendor in vendors[:MAX_NAMES]])
        more = f" and {len(vendors) - MAX_NAMES:,} more" if len(vendors) > MAX_NAMES else ""
        text = f"{names}{more}: another body came under an ETag or Last-Modified of before"
        yield Finding("caches", True, f"{text}, so for a day the whole page is asked for each time")


def _odd_dates(store: Store) -> Iterator[Finding]:
    feeds = store.diagnostics.odd_dates()
    for vendor, undated, zoneless in feeds[:MAX_NAMES]:
        facts = [f"{count(undated, 'entry', 'entries')} without a date that can be read, told as of their first sight"]
        facts = facts if undated else []
        facts += [f"{count(zoneless, 'entry', 'entries')} with a date without a zone, read as UTC"] if zoneless else []
        yield Finding("dates", True, f"{vendor.name}: {', and '.join(facts)}")
    if len(feeds) > MAX_NAMES:
        yield Finding("dates", True, f"the same of {len(feeds) - MAX_NAMES:,} more feeds")


def _unknowns(store: Store) -> Iterator[Finding]:
    for row in store.diagnostics.unknowns(MAX_WORDS):
        total = count(row.total, "component" if row.part is RawField.STATE else "incident")
        examples = f": {join([f'“{word}”' for word in row.words])}" if row.words else ""
        text = f"{row.unknown:,} of {total} in a {row.part} that Lookout has no word for{examples}"
        if row.part is RawField.IMPACT:
            text = f"{row.unknown:,} of {total} with an impact that Lookout has no word for{examples}"
        yield Finding("unknown words", True, f"{_title(row.kind)}: {text}; for example of {row.example}")


def _kinds(store: Store) -> Finding:
    counts = []
    for row in store.diagnostics.kinds():
        unreadable = f" ({row.unreadable:,} unreadable)" if row.unreadable else ""
        counts.append(f"{_title(row.kind)} {row.pages:,}{unreadable}")
    return Finding("kinds", True, ", ".join(counts) or "no page is on record: start lookout run")


def _detected(store: Store) -> Iterator[Finding]:
    if pages := store.diagnostics.detected():
        text = f"{count(len(pages), 'page')} found to be otherwise than in the catalog: lookout catalog detected"
        yield Finding("catalog", True, text)


def _title(kind: str | None) -> str:
    if kind is None:
        return "not detected yet"
    return BY_KIND[kind].title if kind in BY_KIND else kind
