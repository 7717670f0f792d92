"""Channels: subscriptions and the cards they bring, settings, trouble and the way back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import (
    Channel,
    ChannelSettings,
    ChannelState,
    Filter,
    Health,
    Level,
    Mode,
    Mute,
    Slug,
    Subscription,
    Verdict,
    VerdictReason,
)
from bot.store import Store, StoreError
from bot.store.channels import SUBSCRIBED_AT_ONCE
from bot.store.values import PollOutcome, Release
from tests.store.given import (
    ACME,
    BOLT,
    DEV,
    ELSEWHERE,
    NOON,
    OPS,
    Route,
    at,
    catalog,
    deliver,
    due_cards,
    incident,
    leases,
    reading,
    resolved,
    settled,
    shown,
    subscribe,
    update,
)

SUSPENDED = ChannelState(Health.SUSPENDED, "The bot was removed: invite it again.", at(1), 3, subscriber_notified=True)


def suspend(store: Store, channel: Channel = OPS, state: ChannelState = SUSPENDED, minutes: float = 1) -> None:
    lease = leases(store, minutes)[channel]
    store.cards.commit([Release(lease, state=state)])


def test_many_at_once_are_as_many_one_by_one(store: Store) -> None:
    slugs = [Slug(f"v{number:02}") for number in range(2 * SUBSCRIBED_AT_ONCE + 1)]
    catalog(store, *slugs)
    for slug in (slugs[0], slugs[-1]):
        store.records.record(reading(incident(slug=slug), slug=slug), Route())
    subscribe(store, slug=slugs[1], minutes=1)
    store.mutes.mute_vendor(OPS, slugs[1], Mute(at(90)), at(2))
    wishes = [Subscription(OPS, slug, Filter(match="x"), "U2", at(3)) for slug in slugs]
    assert store.channels.subscribe_all(wishes, Route()) == {slugs[1]}
    kept = [replace(wish, muted_until=at(90)) if wish.vendor == slugs[1] else wish for wish in wishes]
    assert [listed.subscription for listed in store.channels.subscriptions(OPS)] == kept
    assert sorted(due.card.vendor for due in due_cards(store, minutes=3)) == [slugs[0], slugs[-1]]
    assert store.channels.subscribe_all([], Route()) == frozenset()


def test_a_subscription_comes_back_as_it_was_typed(store: Store) -> None:
    catalog(store)
    typed = Filter(("api*", "Ünï"), ("test",), ("eu",), Level.PARTIAL_OUTAGE, "off", "data loss")
    wishes = [
        Subscription(OPS, BOLT, Filter(), "U2", at(1)),
        Subscription(OPS, ACME, typed, "U1", NOON, mention="<!here>"),
    ]
    assert [store.channels.subscribe(wish, Route()) for wish in wishes] == [False, False]
    listed = store.channels.subscriptions(OPS)
    assert [one.subscription for one in listed] == [wishes[1], wishes[0]]
    assert [one.last_post for one in listed] == [None, None]
    assert store.channels.subscriptions(DEV) == ()


def test_subscribing_again_replaces_all_that_was_typed(store: Store) -> None:
    catalog(store)
    store.channels.subscribe(Subscription(OPS, ACME, Filter(match="x"), "U1", NOON, "@all"), Route())
    wish = Subscription(OPS, ACME, Filter(regions=("eu",)), "U2", at(3))
    assert store.channels.subscribe(wish, Route())
    assert [one.subscription for one in store.channels.subscriptions(OPS)] == [wish]


def test_an_unknown_vendor_is_refused_in_words(store: Store) -> None:
    with pytest.raises(StoreError, match="no vendor nobody"):
        subscribe(store, OPS, Slug("nobody"))
    assert store.channels.subscriptions(OPS) == ()


def test_a_new_subscriber_gets_what_is_open_now_and_passes(store: Store) -> None:
    catalog(store)
    over = resolved(incident("over"), 1)
    store.records.record(reading(over, incident("open", minutes=2), minutes=3), Route())
    route = Route()
    subscribe(store, OPS, minutes=4, route=route)
    assert route.asked == [("open", frozenset({OPS}))]
    [due] = due_cards(store, OPS, 4)
    assert (due.incident.id, due.card.verdict.detail) == ("open", "Core / API")
    subscribe(store, DEV, minutes=4, route=Route(DEV))
    assert leases(store, 4) == {}


def test_a_card_that_a_filter_dropped_is_back_once_the_incident_matches(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    subscribe(store, minutes=1, route=Route(OPS))
    assert leases(store, 1) == {}
    verdict = Verdict(True, VerdictReason.REGION_NAMED, "eu")
    news = reading(incident("inc1", update("u1"), update("u2", 2)), minutes=2)
    store.records.record(news, lambda _, __, subscriptions: [verdict for _ in subscriptions])
    [due] = due_cards(store, OPS, 2)
    assert (due.incident.id, due.card.verdict) == ("inc1", verdict)


def test_unsubscribing_ends_what_is_due(store: Store) -> None:
    catalog(store)
    subscribe(store)
    subscribe(store, OPS, BOLT)
    store.records.record(reading(incident()), Route())
    store.records.record(reading(incident(slug=BOLT), slug=BOLT), Route())
    assert store.channels.unsubscribe(OPS, [ACME, Slug("nobody")]) == (ACME,)
    assert [due.card.vendor for due in due_cards(store)] == [BOLT]
    assert store.channels.unsubscribe(OPS, None) == (BOLT,)
    assert store.channels.unsubscribe(OPS, None) == ()
    assert store.records.record(reading(incident("later")), Route()) == 0
    assert leases(store, 9) == {}


def test_who_comes_back_is_not_shown_the_same_again(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    deliver(store)
    store.channels.unsubscribe(OPS, None)
    store.records.record(reading(incident("inc1", update("u1"), update("u2", 1)), minutes=1), Route())
    assert leases(store, 1) == {}
    subscribe(store, minutes=2)
    [due] = due_cards(store, OPS, 2)
    assert due.card.state == shown("m1")
    assert [u.id for u in due.incident.updates] == ["u1", "u2"]
    assert store.records.record(reading(resolved(incident(), 3), minutes=3, announce=()), Route()) == 1


def test_who_leaves_and_comes_back_meanwhile_misses_nothing(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    lease = leases(store)[OPS]
    [due] = store.cards.due(lease)
    store.channels.unsubscribe(OPS, None)
    newer = incident("inc1", update("u1"), update("u2", 1))
    store.records.record(reading(newer, minutes=1), Route())
    subscribe(store, minutes=1)
    store.cards.commit([settled(lease, due, "m1")])
    [again] = store.cards.due(lease)
    assert (again.incident, again.card.state) == (newer, shown("m1"))


def test_a_narrower_filter_takes_back_only_what_was_not_shown_yet(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident("shown")), Route())
    deliver(store)
    store.records.record(reading(incident("unseen"), minutes=1), Route())
    subscribe(store, minutes=2, route=Route(OPS))
    assert leases(store, 2) == {}
    assert store.records.record(reading(incident("shown"), incident("unseen"), minutes=3), Route(OPS)) == 1
    assert [due.incident.id for due in due_cards(store, OPS, 3)] == ["shown"]


def test_the_last_post_of_each_subscription(store: Store) -> None:
    catalog(store)
    subscribe(store)
    subscribe(store, OPS, BOLT)
    store.records.record(reading(incident()), Route())
    deliver(store, minutes=7)
    assert [one.last_post for one in store.channels.subscriptions(OPS)] == [at(7), None]


def test_settings_of_a_channel(store: Store) -> None:
    assert store.channels.settings(OPS) == ChannelSettings()
    wanted = ChannelSettings(Mode.THREAD_KEY, "Europe/Berlin")
    store.channels.set_settings(OPS, wanted)
    assert store.channels.settings(OPS) == wanted
    assert store.channels.settings(DEV) == ChannelSettings()


def test_new_settings_make_the_cards_of_open_incidents_due(store: Store) -> None:
    catalog(store)
    subscribe(store)
    still_open, over = incident("open"), incident("over")
    store.records.record(reading(still_open, over), Route())
    store.records.record(reading(resolved(over, 1), minutes=1), Route())
    deliver(store, minutes=1)
    store.channels.set_settings(OPS, ChannelSettings(Mode.FLAT))
    lease = leases(store, 2)[OPS]
    assert lease.settings == ChannelSettings(Mode.FLAT)
    assert [due.incident.id for due in store.cards.due(lease)] == ["open"]


def test_a_channel_in_trouble_is_listed_with_its_reason(store: Store) -> None:
    catalog(store)
    assert store.channels.state(OPS) == ChannelState()
    subscribe(store)
    subscribe(store, DEV)
    store.records.record(reading(incident()), Route())
    suspend(store)
    assert store.channels.state(OPS) == SUSPENDED
    assert store.channels.unhealthy() == ((OPS, SUSPENDED),)


def test_a_suspended_channel_is_left_alone_and_gets_what_it_missed_folded(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident("one")), Route())
    lease = leases(store)[OPS]
    store.cards.commit([Release(lease, not_before=at(600), state=SUSPENDED)])
    assert store.records.record(reading(incident("two"), minutes=2), Route()) == 1
    assert leases(store, 900) == {}
    assert store.cards.next_wake(["list"], at(2)) is None

    assert store.channels.mark_recovered(OPS)
    assert store.channels.state(OPS) == ChannelState()
    assert not store.channels.mark_recovered(OPS)
    assert not store.channels.mark_recovered(DEV)
    store.records.record(reading(incident("three"), minutes=3), Route())
    lease = leases(store, 3)[OPS]
    dues = store.cards.due(lease)
    assert [(due.incident.id, due.card.catch_up) for due in dues] == [("one", True), ("two", True), ("three", False)]
    store.cards.commit([settled(lease, dues[0], "m1", minutes=3), settled(lease, dues[1], "m2", done=False)])
    assert [due.card.catch_up for due in store.cards.due(lease)] == [True, False]
    store.records.record(reading(incident("one", update("u2", 4)), minutes=4), Route())
    assert {due.incident.id: due.card.catch_up for due in store.cards.due(lease)} == {
        "one": False,
        "two": True,
        "three": False,
    }


def test_purging_forgets_only_the_long_suspended(store: Store) -> None:
    catalog(store)
    for channel in (OPS, DEV, ELSEWHERE):
        subscribe(store, channel)
    store.records.record(reading(incident()), Route())
    suspend(store, OPS)
    suspend(store, DEV, replace(SUSPENDED, since=at(500)), minutes=3)
    suspend(store, ELSEWHERE, replace(SUSPENDED, health=Health.DEGRADED), minutes=6)
    assert store.channels.purge(at(1)) == 0
    assert store.channels.purge(at(2)) == 1
    assert store.channels.subscriptions(OPS) == ()
    assert store.cards.of_incident(OPS, ACME, "inc1") is None
    assert [channel for channel, _ in store.channels.unhealthy()] == [DEV, ELSEWHERE]
    assert store.channels.purge(at(999)) == 1
    subscribe(store, OPS, minutes=10)
    assert [due.card.state for due in due_cards(store, OPS, 10)] == [shown()]


def test_the_last_channel_that_leaves_ends_the_watch(store: Store) -> None:
    catalog(store, ACME)

    def watched() -> bool:
        claim = store.pages.claim(ACME, NOON, 60)
        assert claim is not None
        return claim.watched

    assert not watched()
    subscribe(store, OPS)
    subscribe(store, DEV)
    store.channels.unsubscribe(OPS, [ACME])
    assert watched()
    store.records.record(reading(incident()), Route())
    suspend(store, DEV)
    store.channels.purge(at(9))
    assert not watched()


def test_the_first_subscription_has_the_page_read_at_once(store: Store) -> None:
    catalog(store)
    store.pages.settle([PollOutcome(ACME, at(60), 300), PollOutcome(BOLT, at(60), 300, failures=2)])
    for slug in (ACME, BOLT):
        subscribe(store, slug=slug)
    assert [claim.vendor.slug for claim in store.pages.claim_due(at(1), 10, 60)] == [ACME]
