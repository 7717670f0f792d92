"""Many threads on one store, and two stores on one database: nobody gets what another one has, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest

from bot.domain import Channel, Filter, Subscription
from bot.store import Store
from bot.store.values import PollOutcome, Release
from tests.store.given import (
    ACME,
    BOLT,
    NOON,
    OPS,
    Route,
    at,
    catalog,
    incident,
    leases,
    reading,
    settled,
    shown,
    subscribe,
    update,
)

T = TypeVar("T")
THREADS = 6


def at_once(work: Callable[[int], T]) -> list[T]:
    """What every thread got that began at the same moment."""
    start = Barrier(THREADS)

    def begin(number: int) -> T:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(begin, range(THREADS)))


@pytest.fixture
def stores(store: Store, url: str) -> Iterator[list[Store]]:
    """Two processes' worth of doors to one database."""
    second = Store(url)
    yield [store, second] * (THREADS // 2)
    second.close()


def test_no_page_is_claimed_twice(stores: list[Store]) -> None:
    slugs = [f"v{number:03}" for number in range(120)]
    catalog(stores[0], *slugs)
    claims = at_once(lambda n: [c.vendor.slug for _ in range(10) for c in stores[n].pages.claim_due(NOON, 3, 60)])
    got = [slug for claimed in claims for slug in claimed]
    assert len(got) == len(set(got))
    left = [claim.vendor.slug for claim in stores[0].pages.claim_due(NOON, 200, 60)]
    assert sorted([*got, *left]) == slugs


def test_no_channel_is_leased_twice(stores: list[Store]) -> None:
    catalog(stores[0])
    channels = [Channel("list", "T1", f"c{number}") for number in range(40)]
    for channel in channels:
        subscribe(stores[0], channel)
    stores[0].records.record(reading(incident()), Route())
    claims = at_once(lambda n: [channel for _ in range(5) for channel in leases(stores[n], limit=2)])
    got = [channel for claimed in claims for channel in claimed]
    assert len(got) == len(set(got))
    assert {*got, *leases(stores[0], limit=99)} == set(channels)


def test_a_subscription_and_a_reading_never_miss_each_other(stores: list[Store]) -> None:
    """Whoever is second sees the first one's: each channel ends up with each incident's card, due or, where it came
    with many others to a new subscription, in their list."""
    catalog(stores[0])
    channels = [Channel("list", "T1", f"c{number}") for number in range(15)]

    def work(number: int) -> None:
        for step in range(5):
            if number < 3:
                wish = Subscription(channels[number * 5 + step], ACME, Filter(), "U1", NOON)
                stores[number].channels.subscribe(wish, Route())
            else:
                stores[number].records.record(reading(incident(f"i{number}-{step}")), Route())

    at_once(work)
    names = {f"i{number}-{step}" for number in range(3, 6) for step in range(5)}
    for channel, lease in leases(stores[0], limit=99).items():
        cards = {name: stores[0].cards.of_incident(channel, ACME, name) for name in names}
        listed = {name for name, card in cards.items() if card and card.flooded}
        assert {due.incident.id for due in stores[0].cards.due(lease)} == names - listed, channel
        channels.remove(channel)
    assert channels == []


def test_readings_and_deliveries_go_on_together_without_losing_a_change(stores: list[Store]) -> None:
    catalog(stores[0])
    channels = [Channel("list", "T1", f"c{number}") for number in range(10)]
    for channel in channels:
        subscribe(stores[0], channel)
        subscribe(stores[0], channel, BOLT)
    posts = {ACME: 12, BOLT: 12}

    def work(number: int) -> None:
        store = stores[number]
        if number < 2:
            slug = [ACME, BOLT][number]
            for step in range(posts[slug]):
                updates = tuple(update(f"u{n}", n) for n in range(step + 1))
                store.records.record(reading(incident("inc1", *updates, slug=slug), slug=slug, minutes=step), Route())
            return
        for step in range(10):
            claimed = leases(store, 20 + step / 10, limit=4)
            for lease in claimed.values():
                dues = store.cards.due(lease)
                entries = [settled(lease, d, *(u.id for u in d.incident.updates), minutes=step) for d in dues]
                store.cards.commit([*entries, Release(lease)])
            store.pages.settle([PollOutcome(ACME, at(step), 60), PollOutcome(BOLT, at(step), 60)])

    at_once(work)
    work(2)
    work(3)
    assert leases(stores[0], 9999) == {}
    for channel in channels:
        for slug, count in posts.items():
            card = stores[0].cards.of_incident(channel, slug, "inc1")
            assert card is not None
            assert card.state == shown(*(f"u{n}" for n in range(count)))


def test_a_store_is_read_while_it_is_written(store: Store) -> None:
    catalog(store)
    subscribe(store)

    def slow_route(*_: object) -> list[object]:
        """A second thread's answer comes while this transaction is under way."""
        with ThreadPoolExecutor(1) as other:
            seen.append(other.submit(lambda: store.records.incidents([ACME], NOON)).result(timeout=5))
        return []

    seen: list[object] = []
    with pytest.raises(ValueError, match="zip"):
        store.records.record(reading(incident()), slow_route)  # type: ignore[arg-type]
    assert seen == [()]
    assert store.records.incidents([ACME], NOON) == ()
    assert store.cards.of_incident(OPS, ACME, "inc1") is None


def test_many_may_fill_an_empty_catalog_at_once(stores: list[Store]) -> None:
    slugs = [f"v{number:03}" for number in range(200)]
    at_once(lambda n: catalog(stores[n], *slugs))
    assert stores[0].pages.counts().total == 200
