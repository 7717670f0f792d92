"""Mutes: nothing falls due while they hold, and what was missed falls due when they end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import ActiveMute, CardState, Mute
from bot.store import Store
from bot.store.values import DueCard, Release
from tests.store.given import (
    ACME,
    BOLT,
    DEV,
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
    subscribe,
    update,
)

HOUR, WHILE_OPEN = Mute(at(60)), Mute()


@pytest.fixture
def store_with_card(store: Store) -> Store:
    """Two channels subscribe, and one was told of an incident."""
    catalog(store)
    for channel in (OPS, DEV):
        subscribe(store, channel)
    store.records.record(reading(incident()), Route(DEV))
    deliver(store)
    return store


def look(store: Store, minutes: float, mute: Mute | None, *, over: bool = False) -> DueCard:
    """What delivery does: claims the channel, finds nothing to say, and settles as the mute wants it."""
    lease = leases(store, minutes)[OPS]
    [due] = store.cards.due(lease)
    assert due.card.mute == mute
    again = mute.until if mute and not over else None
    shown = settled(lease, due, "m1", minutes=minutes)
    store.cards.commit([replace(shown, retry_at=again, clear_mute=over), Release(lease)])
    return due


def test_a_muted_card_sleeps_until_its_time_and_wakes_its_channel_then(store_with_card: Store) -> None:
    assert store_with_card.mutes.mute(OPS, ACME, "inc1", HOUR, at(1))
    look(store_with_card, 1, HOUR)
    assert leases(store_with_card, 59) == {}
    assert store_with_card.cards.next_wake(["list"], at(2)) == at(60)
    look(store_with_card, 60, HOUR, over=True)
    assert store_with_card.cards.next_wake(["list"], at(61)) is None
    store_with_card.records.record(reading(incident("inc1", update("u1"), update("u2", 70)), minutes=70), Route(DEV))
    [due] = due_cards(store_with_card, OPS, 70)
    assert due.card.mute is None


def test_news_of_a_muted_card_is_looked_at_once_and_does_not_keep_its_channel_busy(store_with_card: Store) -> None:
    store_with_card.mutes.mute(OPS, ACME, "inc1", HOUR, at(1))
    look(store_with_card, 1, HOUR)
    store_with_card.records.record(reading(incident("inc1", update("u1"), update("u2", 2)), minutes=2), Route(DEV))
    assert [u.id for u in look(store_with_card, 2, HOUR).incident.updates] == ["u1", "u2"]
    assert OPS not in leases(store_with_card, 3)


def test_another_card_of_the_channel_is_served_alone(store_with_card: Store) -> None:
    store_with_card.mutes.mute(OPS, ACME, "inc1", HOUR, at(1))
    look(store_with_card, 1, HOUR)
    store_with_card.records.record(reading(incident("other"), minutes=2), Route(DEV))
    assert [due.incident.id for due in due_cards(store_with_card, OPS, 2)] == ["other"]


def test_a_mute_that_was_changed_meanwhile_is_not_cleared(store_with_card: Store) -> None:
    store_with_card.mutes.mute(OPS, ACME, "inc1", HOUR, at(1))
    lease = leases(store_with_card, 1)[OPS]
    [due] = store_with_card.cards.due(lease)
    store_with_card.mutes.mute(OPS, ACME, "inc1", WHILE_OPEN, at(1))
    store_with_card.cards.commit([replace(settled(lease, due, "m1"), clear_mute=True), Release(lease)])
    card = store_with_card.cards.of_incident(OPS, ACME, "inc1")
    assert card is not None
    assert card.mute == WHILE_OPEN


def test_a_muted_vendor_mutes_what_it_has_and_what_comes_before_the_end(store_with_card: Store) -> None:
    subscribe(store_with_card, OPS, BOLT)
    assert store_with_card.mutes.mute_vendor(OPS, ACME, HOUR, at(1))
    assert not store_with_card.mutes.mute_vendor(DEV, BOLT, HOUR, at(1)), "it does not subscribe"
    store_with_card.records.record(reading(incident("new"), minutes=2), Route())
    store_with_card.records.record(reading(incident("bolt", slug=BOLT), slug=BOLT, minutes=2), Route())
    assert {due.incident.id: due.card.mute for due in due_cards(store_with_card, OPS, 2)} == {
        "inc1": HOUR,
        "new": HOUR,
        "bolt": None,
    }
    assert [s.subscription.muted_until for s in store_with_card.channels.subscriptions(OPS)] == [at(60), None]
    subscribe(store_with_card, OPS, minutes=3)
    assert store_with_card.channels.subscriptions(OPS)[0].subscription.muted_until == at(60), (
        "a new filter unmutes nothing"
    )


def test_a_vendor_muted_while_it_goes_on_mutes_what_is_open_and_nothing_new(store_with_card: Store) -> None:
    store_with_card.records.record(reading(resolved(incident("over"), 1), minutes=1), Route())
    deliver(store_with_card, OPS, 1)
    assert store_with_card.mutes.mute_vendor(OPS, ACME, WHILE_OPEN, at(2))
    store_with_card.records.record(reading(incident("new"), minutes=3), Route())
    cards = {id: store_with_card.cards.of_incident(OPS, ACME, id) for id in ("inc1", "over", "new")}
    assert {id: card.mute for id, card in cards.items() if card} == {"inc1": WHILE_OPEN, "over": None, "new": None}
    assert not store_with_card.mutes.mute_vendor(OPS, BOLT, WHILE_OPEN, at(2))


def test_what_was_missed_is_owed_and_folded_at_the_end(store_with_card: Store) -> None:
    store_with_card.mutes.mute_vendor(OPS, ACME, HOUR, at(1))
    look(store_with_card, 1, HOUR)
    assert store_with_card.mutes.unmute(OPS, ACME, None, at(5))
    assert not store_with_card.mutes.unmute(OPS, ACME, None, at(5))
    [due] = due_cards(store_with_card, OPS, 5)
    assert (due.card.catch_up, due.card.mute) == (True, None)
    assert store_with_card.mutes.of_channel(OPS, at(5)) == ()


def test_one_incident_or_everything_can_be_unmuted(store_with_card: Store) -> None:
    store_with_card.records.record(reading(incident("two"), minutes=1), Route())
    store_with_card.mutes.mute(OPS, ACME, "inc1", WHILE_OPEN, at(2))
    store_with_card.mutes.mute(OPS, ACME, "two", HOUR, at(2))
    assert store_with_card.mutes.unmute(OPS, ACME, "inc1", at(3))
    assert [m.incident.id for m in store_with_card.mutes.of_channel(OPS, at(3)) if m.incident] == ["two"]
    assert store_with_card.mutes.unmute(OPS, None, None, at(3))
    assert store_with_card.mutes.of_channel(OPS, at(3)) == ()


def test_what_is_muted_is_listed_while_it_is(store_with_card: Store) -> None:
    store_with_card.records.record(reading(incident("two", minutes=1), minutes=1), Route())
    store_with_card.mutes.mute(OPS, ACME, "inc1", WHILE_OPEN, at(2))
    store_with_card.mutes.mute_vendor(OPS, ACME, HOUR, at(2))
    [vendor, one] = store_with_card.mutes.of_channel(OPS, at(59))
    assert vendor == ActiveMute(ACME, HOUR)
    assert (one.mute, one.incident and one.incident.id) == (WHILE_OPEN, "inc1"), "what goes on stays muted beyond that"
    assert [m.incident is None for m in store_with_card.mutes.of_channel(OPS, at(61))] == [False]
    store_with_card.records.record(reading(resolved(incident(), 62), minutes=62), Route())
    assert store_with_card.mutes.of_channel(OPS, at(63)) == ()
    assert store_with_card.mutes.of_channel(DEV, at(3)) == ()


def test_only_a_card_that_the_channel_wants_can_be_muted(store_with_card: Store) -> None:
    store_with_card.channels.unsubscribe(OPS, [ACME])
    assert not store_with_card.mutes.mute(OPS, ACME, "inc1", HOUR, at(1))
    subscribe(store_with_card, OPS, minutes=2)
    store_with_card.mutes.mute(OPS, ACME, "inc1", HOUR, at(3))
    store_with_card.channels.unsubscribe(OPS, [ACME])
    subscribe(store_with_card, OPS, minutes=4)
    [due] = due_cards(store_with_card, OPS, 4)
    assert due.card.mute is None, "who subscribes again wants to hear of it"
    assert due.card.state != CardState()
