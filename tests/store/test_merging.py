"""An episode that turns out to be the vendor's incident, in thousands of channels: its cards become the incident's in
parts, and whatever is done with a channel in between, it has one card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot.domain import Ack, IncidentKind, Level, Mute
from bot.store import Store
from bot.store.values import DueCard, Recording, Release
from tests.store.given import (
    ACME,
    Route,
    at,
    incident,
    leases,
    reading,
    resolved,
    settled,
    shown,
    subscribe,
    update,
)
from tests.store.parts import AT_ONCE, CHANNELS, finish, in_parts, kill_after_the_first_part

LATER = CHANNELS[4]
EPISODE = replace(incident("episode-1"), kind=IncidentKind.EPISODE)
MERGED = (("episode-1", "inc1"),)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Each channel has the episode's root, whose ref is the channel's own id."""
    with in_parts(url) as opened:
        opened.records.record(reading(EPISODE), Route())
        show_all(opened, 0)
        yield opened


def dues(store: Store, minutes: float) -> dict[str, list[tuple[str, str | None]]]:
    """What each channel is owed: the incident of the card, and its root."""
    found = {}
    for channel, lease in leases(store, minutes, limit=99).items():
        due_cards = store.cards.due(lease)
        found[channel.id] = [(due.incident.id, _root(due)) for due in due_cards]
        store.cards.commit([Release(lease)])
    return found


def show_all(store: Store, minutes: float) -> None:
    for channel, lease in leases(store, minutes, limit=99).items():
        told = [settled(lease, due, channel.id, minutes=minutes) for due in store.cards.due(lease)]
        store.cards.commit([*told, Release(lease)])


def _root(due: DueCard) -> str | None:
    return due.card.state.posts[0].ref if due.card.state.posts else None


def merging(*others: str, minutes: float = 5) -> Recording:
    news = [incident(id, minutes=minutes) for id in ("inc1", *others)]
    return reading(*news, minutes=minutes, merged=MERGED)


EVERYBODY = {channel.id: [("inc1", channel.id)] for channel in CHANNELS}


def test_its_cards_become_the_incident_s_in_parts(store: Store) -> None:
    told: list[int] = []
    assert store.records.record(merging(), Route(), told.append) == len(CHANNELS)
    assert told == [AT_ONCE]
    assert dues(store, 6) == EVERYBODY


def test_what_a_process_left_undone_another_one_does(store: Store, url: str) -> None:
    kill_after_the_first_part(store, merging())
    here = store.cards.of_incident(CHANNELS[0], ACME, "inc1")
    there = store.cards.of_incident(LATER, ACME, "episode-1")
    assert here is not None
    assert there is not None
    assert here.state == shown("c0")
    other = Store(url, channels_at_once=AT_ONCE)
    assert other.records.go_on(Route()) == AT_ONCE
    assert finish(other) == len(CHANNELS) - 2 * AT_ONCE
    other.close()
    assert dues(store, 6) == EVERYBODY


def test_two_processes_do_it_at_once(store: Store, url: str) -> None:
    kill_after_the_first_part(store, merging())
    other = Store(url, channels_at_once=AT_ONCE)
    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(finish, [store, other])) == len(CHANNELS) - AT_ONCE
    other.close()
    assert dues(store, 6) == EVERYBODY


def test_who_delivers_meanwhile_finds_each_card_the_incident_s(store: Store) -> None:
    # What is due is leased, whether the merge has reached it or not.
    went_on = replace(EPISODE, updates=(*EPISODE.updates, update("u2", 1)))
    store.records.record(reading(went_on, minutes=1), Route())
    kill_after_the_first_part(store, merging())
    assert dues(store, 7) == EVERYBODY
    finish(store)
    assert dues(store, 8) == EVERYBODY


def test_who_leased_a_channel_before_is_not_told_that_its_episode_is_explained(store: Store) -> None:
    for channel in CHANNELS:
        store.acks.put(channel, ACME, "episode-1", Ack("U1", at(1)), at(1))
    leased = leases(store, 1, limit=99, lease_s=600)
    kill_after_the_first_part(store, merging())
    assert [due.incident.id for due in store.cards.due(leased[CHANNELS[0]])] == ["inc1"]
    assert store.cards.due(leased[LATER]) == ()
    store.cards.commit([Release(lease) for lease in leased.values()])
    assert dues(store, 6) == EVERYBODY


def test_an_update_of_the_incident_meanwhile_makes_no_second_card(store: Store) -> None:
    kill_after_the_first_part(store, merging())
    # It got worse, so it goes on first.
    went_on = incident("inc1", update("u1", 5), update("u2", 6), minutes=5, level=Level.MAJOR_OUTAGE)
    kill_after_the_first_part(store, reading(went_on, minutes=6))
    finish(store)
    assert dues(store, 7) == EVERYBODY


def test_an_end_meanwhile_is_told_in_the_same_card(store: Store) -> None:
    kill_after_the_first_part(store, merging())
    kill_after_the_first_part(store, reading(resolved(incident("inc1", minutes=5), 6), minutes=6, announce=()))
    finish(store)
    assert dues(store, 7) == EVERYBODY


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(lambda store: subscribe(store, LATER, minutes=6), id="subscribe"),
        pytest.param(lambda store: store.acks.put(LATER, ACME, "inc1", Ack("U1", at(6)), at(6)), id="ack"),
        pytest.param(lambda store: store.mutes.mute(LATER, ACME, "inc1", Mute(), at(6)), id="mute"),
        pytest.param(lambda store: store.mutes.mute_vendor(LATER, ACME, Mute(), at(6)), id="mute all of it"),
    ],
)
def test_what_is_typed_meanwhile_meets_the_incident_s_card(store: Store, command: Callable[[Store], bool]) -> None:
    kill_after_the_first_part(store, merging())
    assert command(store)
    card = store.cards.of_incident(LATER, ACME, "inc1")
    assert card is not None
    assert card.state == shown(LATER.id)
    finish(store)
    assert dues(store, 7) == EVERYBODY


def test_who_leaves_meanwhile_and_comes_back_goes_on_with_its_root(store: Store) -> None:
    kill_after_the_first_part(store, merging())
    store.channels.unsubscribe(LATER, None)
    subscribe(store, LATER, minutes=6)
    finish(store)
    assert dues(store, 7) == EVERYBODY


def test_a_channel_that_moves_meanwhile_takes_its_card_along(store: Store) -> None:
    kill_after_the_first_part(store, merging())
    assert store.workspaces.move_channel(LATER, CHANNELS[0])
    finish(store)
    here = store.cards.of_incident(CHANNELS[0], ACME, "inc1")
    assert here is not None
    assert here.state == shown("c0")
    assert store.cards.of_incident(CHANNELS[0], ACME, "episode-1") is None


def test_what_is_posted_of_the_episode_in_this_very_moment_is_known(store: Store) -> None:
    second = replace(incident("episode-2", minutes=6), kind=IncidentKind.EPISODE)
    store.records.record(merging(), Route())
    store.records.record(reading(second, minutes=6), Route())
    lease = leases(store, 7)[LATER]
    dues = store.cards.due(lease)
    store.records.record(reading(incident("inc1"), minutes=7, merged=(("episode-2", "inc1"),)), Route())
    store.cards.commit([*(settled(lease, due, "m1", minutes=7) for due in dues), Release(lease)])
    there = store.cards.of_incident(LATER, ACME, "episode-2")
    assert there is not None
    assert there.state == shown("m1")


def test_a_second_merge_meanwhile_is_done_too(store: Store) -> None:
    kill_after_the_first_part(store, merging())
    second = replace(incident("episode-2", minutes=6), kind=IncidentKind.EPISODE)
    store.records.record(reading(second, minutes=6), Route(*CHANNELS[1:]))
    kill_after_the_first_part(store, reading(incident("inc2", minutes=7), minutes=7, merged=(("episode-2", "inc2"),)))
    finish(store)
    assert dues(store, 8) == {channel.id: [("inc1", channel.id), ("inc2", None)] for channel in CHANNELS}


def test_a_channel_with_both_cards_keeps_both_and_is_let_go_of(store: Store) -> None:
    """Its episode's is to be closed, while other channels are not reached yet."""
    store.records.record(reading(incident("inc1", minutes=1), minutes=1), Route(*CHANNELS[1:]))
    kill_after_the_first_part(store, merging())
    assert sorted(dues(store, 6)["c0"]) == [("episode-1", "c0"), ("inc1", None)]
    finish(store)
    assert dues(store, 7).items() >= {one.id: [("inc1", one.id)] for one in CHANNELS[1:]}.items()


def test_nobody_s_page_takes_its_dropped_cards_along(store: Store) -> None:
    for channel in CHANNELS:
        store.channels.unsubscribe(channel, None)
    store.records.record(merging(), Route())
    assert dues(store, 6) == {}
    subscribe(store, LATER, minutes=6)
    assert dues(store, 7) == {LATER.id: [("inc1", LATER.id)]}
