"""Pages: the catalog's rows, claiming, and how polls end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain import Filter, Level, Phase, Slug, Subscription, Unreadable
from bot.store import Store
from bot.store.values import Lane, PageCounts, PollOutcome, Validator
from tests.store.given import (
    ACME,
    API,
    BOLT,
    NOON,
    OPS,
    Route,
    at,
    catalog,
    incident,
    leases,
    reading,
    resolved,
    subscribe,
    vendor,
)


def claimed(store: Store, minutes: float = 0, limit: int = 10) -> list[str]:
    return [claim.vendor.slug for claim in store.pages.claim_due(at(minutes), limit, 60)]


def settle(store: Store, *settled: PollOutcome) -> None:
    store.pages.settle(settled)


def test_a_vendor_of_the_catalog_comes_back_as_it_was(store: Store) -> None:
    listed = replace(vendor(), kind="feed", homepage=None, aliases=("a", "ä b"))
    store.pages.sync_catalog([listed], NOON, 0)
    [claim] = store.pages.claim_due(NOON, 1, 60)
    assert claim.vendor == listed


def test_new_pages_fall_due_over_the_spread_at_the_same_place_each_time(store: Store) -> None:
    catalog_of_many = [vendor(f"v{number}") for number in range(50)]
    store.pages.sync_catalog(catalog_of_many, NOON, 600)
    early = store.pages.claim_due(at(5), 100, 60)
    assert 10 < len(early) < 40
    assert all(NOON <= claim.planned <= at(5) for claim in early)
    assert len(claimed(store, 10, 100)) == 50


def test_a_page_stays_where_it_was_when_the_catalog_is_read_again(store: Store) -> None:
    catalog(store)
    settle(store, PollOutcome(ACME, at(30), 60))
    store.pages.sync_catalog([vendor(ACME), replace(vendor(BOLT), name="Bolt Inc")], at(1), 0)
    [claim] = store.pages.claim_due(at(2), 10, 60)
    assert claim.vendor.name == "Bolt Inc"


def test_a_vendor_that_left_the_catalog_is_disabled_and_comes_back(store: Store) -> None:
    catalog(store)
    store.pages.sync_catalog([vendor(ACME)], at(1), 0)
    assert claimed(store, 2) == [ACME]
    assert store.pages.counts() == PageCounts(total=1, read=0, unreadable=0, disabled=1)
    [state] = store.pages.states([BOLT])
    assert not state.vendor.enabled
    store.pages.sync_catalog([vendor(ACME), vendor(BOLT)], at(3), 0)
    assert claimed(store, 3) == [BOLT, ACME]


def test_a_detected_kind_is_kept_while_the_url_is_the_same(store: Store) -> None:
    store.pages.sync_catalog([replace(vendor(), kind="feed")], NOON, 0)
    settle(store, PollOutcome(ACME, at(1), 60, kind="statuspage", validators={"u": Validator("e")}))
    store.pages.sync_catalog([replace(vendor(), kind="other", name="Acme Inc")], NOON, 0)
    [state] = store.pages.states([ACME])
    assert (state.vendor.kind, state.vendor.name) == ("statuspage", "Acme Inc")

    store.pages.sync_catalog([replace(vendor(), kind="other", page_url="https://new.example/")], at(9), 0)
    claim = store.pages.claim(ACME, at(9), 60)
    assert claim is not None
    assert (claim.vendor.kind, claim.validators, claim.planned) == ("other", {}, at(9))


def test_a_page_is_read_where_it_was_found(store: Store) -> None:
    catalog(store, ACME)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    lease = leases(store)[OPS]
    [due] = store.cards.due(lease)
    settle(store, PollOutcome(ACME, at(1), 60, kind="statuspage", page_url="https://found.example/"))
    settle(store, PollOutcome(ACME, at(2), 60))
    [again] = store.cards.due(lease)
    assert due.vendor == vendor()
    assert again.vendor == replace(vendor(), kind="statuspage", page_url="https://found.example/")
    [state] = store.pages.states([ACME])
    assert state.vendor == again.vendor


def test_claiming_is_postponing(store: Store) -> None:
    catalog(store)
    assert sorted(claimed(store)) == [ACME, BOLT]
    assert claimed(store) == []
    assert claimed(store, 0.99) == []
    assert sorted(claimed(store, 1)) == [ACME, BOLT]


def test_watched_pages_come_first_then_the_most_overdue(store: Store) -> None:
    catalog(store, "aa", "bb", "cc")
    settle(store, PollOutcome(Slug("cc"), at(-1), 60))
    subscribe(store, OPS, Slug("bb"))
    assert claimed(store, limit=2) == ["bb", "cc"]
    assert claimed(store) == ["aa"]


def test_one_page_is_claimed_on_demand_even_a_disabled_one(store: Store) -> None:
    store.pages.sync_catalog([replace(vendor(), enabled=False)], NOON, 0)
    assert claimed(store) == []
    claim = store.pages.claim(ACME, at(5), 60)
    assert claim is not None
    assert (claim.planned, claim.watched) == (NOON, False)
    assert store.pages.claim(Slug("nobody"), NOON, 60) is None


def test_what_only_a_good_reading_has_outlives_a_failed_one(store: Store) -> None:
    catalog(store, ACME)
    validators = {"https://x": Validator("etag", "yesterday", "ff", at(0), at(9)), "https://y": Validator()}
    good = PollOutcome(
        ACME,
        at(1),
        60,
        read_at=NOON,
        validators=validators,
        kind="feed",
        history_read_at=at(-5),
        page_updated_at="s1",
        failed_lookups=2,
    )
    settle(store, replace(good, history_due=at(7)))
    trouble = Unreadable("The page answers with an error: look again later.", at(1))
    settle(store, PollOutcome(ACME, at(3), 120, failures=1, unreadable=trouble))

    [claim] = store.pages.claim_due(at(3), 1, 60)
    assert claim.validators == validators
    assert (claim.read_at, claim.vendor.kind, claim.history_read_at, claim.page_updated_at) == (
        NOON,
        "feed",
        at(-5),
        "s1",
    )
    assert (claim.failures, claim.unreadable, claim.history_due, claim.failed_lookups) == (1, trouble, None, 0)
    [state] = store.pages.unreadable()
    assert (state.vendor.slug, state.unreadable, state.interval_s, state.read_at) == (ACME, trouble, 120, NOON)

    settle(store, replace(good, due=at(4)))
    assert store.pages.unreadable() == ()


def test_unreadable_pages_stand_in_order_of_their_trouble(store: Store) -> None:
    catalog(store)
    settle(
        store,
        PollOutcome(ACME, at(1), 60, unreadable=Unreadable("late", at(2))),
        PollOutcome(BOLT, at(1), 60, unreadable=Unreadable("early", at(1))),
    )
    assert [state.vendor.slug for state in store.pages.unreadable()] == [BOLT, ACME]
    assert store.pages.counts() == PageCounts(total=2, read=0, unreadable=2, disabled=0)


def test_states_come_in_the_order_asked_for_with_what_is_open(store: Store) -> None:
    catalog(store)
    over = resolved(incident("old"), -50)
    now = incident("new", minutes=1)
    store.records.record(reading(over, now, minutes=2, level=Level.PARTIAL_OUTAGE), Route())
    bolt, acme = store.pages.states([BOLT, Slug("nobody"), ACME])
    assert (bolt.vendor.slug, bolt.snapshot, bolt.read_at) == (BOLT, None, None)
    assert acme.snapshot is not None
    assert acme.snapshot.incidents == (now,)
    assert acme.snapshot.components[0] == API
    assert (acme.snapshot.level, acme.snapshot.status_text, acme.snapshot.taken_at) == (
        Level.PARTIAL_OUTAGE,
        "so it says",
        at(2),
    )


@pytest.mark.parametrize(
    ("level", "phase", "is_open"),
    [
        (Level.OPERATIONAL, Phase.RESOLVED, False),
        (Level.MAINTENANCE, Phase.RESOLVED, False),
        (None, Phase.RESOLVED, False),
        (Level.DEGRADED, Phase.RESOLVED, True),
        (Level.OPERATIONAL, Phase.MONITORING, True),
    ],
)
def test_a_claim_knows_whether_something_is_open(store: Store, level: Level, phase: Phase, is_open: bool) -> None:
    catalog(store, ACME)
    store.records.record(reading(replace(incident(), phase=phase, level=None), level=level), Route())
    [claim] = store.pages.claim_due(at(5), 1, 60)
    assert claim.open is is_open


def test_a_claim_knows_the_newest_end_and_whether_anybody_watches(store: Store) -> None:
    catalog(store, ACME)
    store.records.record(reading(resolved(incident("a"), 3), resolved(incident("b"), 2)), Route())
    store.channels.subscribe(Subscription(OPS, ACME, Filter(), "U1", NOON), Route())
    [claim] = store.pages.claim_due(at(5), 1, 60)
    assert (claim.recent_end, claim.watched) == (at(3), True)
    store.channels.unsubscribe(OPS, None)
    [claim] = store.pages.claim_due(at(9), 1, 60)
    assert not claim.watched


def test_each_lane_has_its_own_places_for_what_falls_due_by_then(store: Store) -> None:
    store.pages.sync_catalog([vendor(slug) for slug in ("a", "b", "c", "d")], NOON, 0)
    store.pages.settle([PollOutcome(Slug(slug), at(minute), 60) for minute, slug in enumerate("dcba", 1)])
    subscribe(store, slug=Slug("a"))
    store.pages.settle([PollOutcome(Slug("a"), at(5), 60, watched=True)])
    places = {Lane.WATCHED: 1, Lane.IDLE: 2}
    assert [claim.vendor.slug for claim in store.pages.claim_due(NOON, places, 600, at(5))] == ["a", "d", "c"]
    assert claimed(store) == []
    assert [claim.vendor.slug for claim in store.pages.claim_due(at(0.5), places, 60, at(3))] == ["b"]


@pytest.mark.parametrize("failures", [0, 1])
def test_a_subscription_made_while_the_page_is_read_is_not_put_off_by_that_reading(store: Store, failures: int) -> None:
    catalog(store, ACME)
    [claim] = store.pages.claim_due(at(5), 1, 60)
    assert not claim.watched
    store.channels.subscribe(Subscription(OPS, ACME, Filter(), "U1", at(5)), Route())
    store.pages.settle([PollOutcome(ACME, at(10), 300.0, failures, watched=claim.watched)])
    due_now = [again.vendor.slug for again in store.pages.claim_due(at(5), 1, 60)]
    assert due_now == ([] if failures else [ACME])
    store.pages.settle([PollOutcome(ACME, at(10), 60.0, watched=True)])
    assert not store.pages.claim_due(at(9), 1, 60)


# --- out of sight --------------------------------------------------------------------------------------------------


def poll(store: Store, minutes: float, *, readable: bool = True) -> None:
    """The page is claimed and read without news, or cannot be read."""
    assert store.pages.claim(ACME, at(minutes), 60)
    unreadable = None if readable else Unreadable("It does not answer.", at(minutes))
    read_at = at(minutes) if readable else None
    store.pages.settle([PollOutcome(ACME, at(minutes + 1), 60, read_at=read_at, unreadable=unreadable)])


def stretches(store: Store, *, components: bool = False) -> list[tuple[float, float | None]]:
    def minutes(moment: datetime) -> float:
        return (moment - NOON).total_seconds() / 60

    spans = store.records.spans(ACME, at(-9999), components=components)
    return [(minutes(s.start), minutes(s.end) if s.end else None) for s in spans if s.component in (None, "c1")]


def test_what_a_page_showed_is_known_until_its_last_reading_where_nothing_was_read_for_long(store: Store) -> None:
    catalog(store)
    store.records.record(reading(), Route())
    poll(store, 60)
    poll(store, 170)
    assert stretches(store) == [(0, None)], "no longer than the page may be out of sight"
    poll(store, 600)
    assert stretches(store) == [(0, 170), (600, None)]
    assert stretches(store, components=True) == [(0, 170), (600, None)]


def test_a_page_that_cannot_be_read_shows_nothing_meanwhile(store: Store) -> None:
    catalog(store)
    store.records.record(reading(), Route())
    for minutes in (60, 200, 400):
        poll(store, minutes, readable=False)
    assert stretches(store) == [(0, 0)]
    poll(store, 410)
    assert stretches(store) == [(0, 0), (410, None)]


def test_a_page_that_shows_something_else_afterwards_begins_with_that(store: Store) -> None:
    catalog(store)
    store.records.record(reading(), Route())
    assert store.pages.claim(ACME, at(600), 60)
    store.records.record(reading(minutes=600, level=Level.MAJOR_OUTAGE), Route())
    assert stretches(store) == [(0, 0), (600, None)]
    assert store.records.spans(ACME, NOON)[-1].level is Level.MAJOR_OUTAGE
    poll(store, 660)
    assert stretches(store) == [(0, 0), (600, None)]


def test_a_history_is_pending_from_the_first_reading_until_it_is_read(store: Store) -> None:
    catalog(store)

    def pending() -> bool:
        return store.pages.states([ACME])[0].history_pending

    assert not pending()
    first = reading()
    store.records.record(replace(first, outcome=replace(first.outcome, history_due=at(5))), Route())
    assert pending()
    store.pages.settle([PollOutcome(ACME, at(6), 60, read_at=at(5), history_read_at=at(5))])
    assert not pending()
