"""Boards on record: made, moved, taken down, leased; due when what they show changes and not otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import Board, Channel, ChannelState, Health, Level, Mute, Tile, Unreadable
from bot.store import Store
from bot.store.values import BoardOutcome, PollOutcome, Release
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
    incident,
    leases,
    reading,
    subscribe,
)

HOUR = timedelta(hours=1)


@pytest.fixture(name="board")
def _board(store: Store) -> Board:
    """Of a channel that subscribes to a vendor: shown at noon, and not due for an hour."""
    catalog(store)
    subscribe(store)
    store.records.record(reading(), Route())
    return shown(store, OPS)


def shown(store: Store, channel: Channel) -> Board:
    store.boards.put_up(channel, "U1", NOON)
    (board,) = claim(store)
    board = replace(board, ref="m1", maybe_sent=False, fingerprint="x", edited_at=NOON, pin_pending=False)
    assert store.boards.settle([BoardOutcome(board, NOON + HOUR, None)])
    return board


def claim(store: Store, minutes: float = 0, limit: int = 10) -> tuple[Board, ...]:
    return store.boards.claim(["list"], at(minutes), limit, 60)


def due(store: Store, minutes: float = 1) -> list[str]:
    return [board.channel.id for board in claim(store, minutes)]


def tiles(store: Store, board: Board, minutes: float = 1) -> tuple[Tile, ...]:
    return store.boards.tiles([board], at(minutes))[0]


# --- made, moved, taken down -----------------------------------------------------------------------------------------


def test_a_channel_has_one_board_and_it_is_due_at_once(store: Store) -> None:
    assert store.boards.of(OPS) is None
    assert not store.boards.put_up(OPS, "U1", NOON)
    assert store.boards.put_up(OPS, "U2", at(1))
    board = store.boards.of(OPS)
    assert board
    assert (board.channel, board.ref, board.number, board.edited_at) == (OPS, None, 1, None)
    assert store.boards.counts().total == 1
    assert due(store) == ["ops"]


def test_one_that_is_moved_leaves_its_message_behind(store: Store, board: Board) -> None:
    assert store.boards.put_up(OPS, "U2", at(1))
    moved = store.boards.of(OPS)
    assert moved
    assert (moved.ref, moved.number, moved.retired_refs, moved.maybe_sent) == (None, 2, ("m1",), False)
    assert due(store) == ["ops"]


def test_one_that_is_taken_down_is_none_any_more_and_still_due_until_it_said_so(store: Store, board: Board) -> None:
    assert store.boards.take_down(OPS, at(1))
    assert not store.boards.take_down(OPS, at(1))
    assert store.boards.of(OPS) is None
    assert store.boards.counts().total == 0
    (closing,) = claim(store, 1)
    assert (closing.closing, closing.ref, closing.retired_refs) == (True, None, ("m1",))
    assert store.boards.forget(closing)
    assert claim(store, 60) == ()


def test_put_up_again_while_it_is_taken_down_it_stands(store: Store, board: Board) -> None:
    store.boards.take_down(OPS, at(1))
    (closing,) = claim(store, 1)
    assert not store.boards.put_up(OPS, "U1", at(1))
    assert not store.boards.forget(closing)
    again = store.boards.of(OPS)
    assert again
    assert (again.ref, again.retired_refs) == (None, ("m1",))


def test_a_channel_that_is_forgotten_takes_its_board_with_it(store: Store, board: Board) -> None:
    store.records.record(reading(incident()), Route())
    lost = ChannelState(Health.SUSPENDED, "Invite me.", NOON, 4, subscriber_notified=True)
    store.cards.commit([Release(leases(store)[OPS], state=lost)])
    assert store.channels.purge(at(1)) == 1
    assert store.boards.counts().total == 0


# --- leases ----------------------------------------------------------------------------------------------------------


def test_what_is_leased_is_nobody_elses_until_the_lease_lapses(store: Store) -> None:
    store.boards.put_up(OPS, "U1", NOON)
    store.boards.put_up(DEV, "U1", NOON)
    (first,) = claim(store, limit=1)
    (second,) = claim(store)
    assert {first.channel, second.channel} == {OPS, DEV}
    assert claim(store, 0.9) == ()
    assert len(claim(store, 1)) == 2


def test_what_is_to_be_sent_counts_as_begun_from_the_claim_on(store: Store) -> None:
    store.boards.put_up(OPS, "U1", NOON)
    assert [board.maybe_sent for board in claim(store)] == [False]
    assert [board.maybe_sent for board in claim(store, 2)] == [True]


def test_who_lost_the_lease_writes_nothing(store: Store, board: Board) -> None:
    store.boards.put_up(OPS, "U1", at(1))
    assert not store.boards.save(replace(board, ref="mine"))
    assert not store.boards.settle([BoardOutcome(replace(board, ref="mine"), at(9), None)])
    assert not store.boards.forget(board)
    moved = store.boards.of(OPS)
    assert moved
    assert (moved.ref, moved.number) == (None, 2)


def test_a_reason_to_look_again_outlives_the_look_that_it_came_in(store: Store, board: Board) -> None:
    store.records.record(reading(minutes=1, level=Level.DEGRADED), Route())
    (claimed,) = claim(store, 1)
    store.records.record(reading(minutes=1.5, level=Level.MAJOR_OUTAGE), Route())
    assert store.boards.settle([BoardOutcome(claimed, at(60), at(3))])
    assert due(store, 2) == []
    assert due(store, 3) == ["ops"]


def test_boards_of_other_platforms_and_of_channels_in_trouble_wait(store: Store, board: Board) -> None:
    store.records.record(reading(incident()), Route())
    store.cards.commit([Release(leases(store)[OPS], state=ChannelState(Health.DEGRADED, "Invite me.", NOON, 1))])
    assert claim(store, 120) == ()
    store.channels.mark_recovered(OPS)
    assert store.boards.claim(["other"], at(120), 10, 60) == ()
    assert due(store, 120) == ["ops"]


# --- what makes it due -----------------------------------------------------------------------------------------------


def test_news_of_a_vendor_reach_the_boards_that_show_it(store: Store, board: Board) -> None:
    store.records.record(reading(slug=BOLT, minutes=1, level=Level.DEGRADED), Route())
    assert due(store) == []
    store.records.record(reading(minutes=1, level=Level.DEGRADED), Route())
    assert due(store) == ["ops"]


def test_a_page_that_reads_as_before_is_no_news_and_one_that_cannot_be_read_is(store: Store, board: Board) -> None:
    def settle(unreadable: Unreadable | None) -> None:
        read_at = None if unreadable else at(1)
        store.pages.settle([PollOutcome(ACME, at(2), 60.0, read_at=read_at, unreadable=unreadable)])

    settle(None)
    assert due(store) == []
    settle(Unreadable("it times out", at(1)))
    assert due(store) == ["ops"]
    settle(Unreadable("it times out", at(1)))
    assert due(store, 2) == ["ops"], "its lease has lapsed and nobody has shown it"
    store.boards.settle([BoardOutcome(claim(store, 4)[0], at(60))])
    settle(Unreadable("it times out", at(1)))
    assert due(store, 5) == []
    settle(None)
    assert due(store, 5) == ["ops"]


def test_what_the_channel_wants_and_mutes_makes_it_due(store: Store, board: Board) -> None:
    minutes = 1.0

    def looked() -> None:
        """It was due, and is no longer."""
        nonlocal minutes
        minutes += 5
        (claimed,) = claim(store, minutes)
        store.boards.settle([BoardOutcome(claimed, at(10_000), None)])
        assert claim(store, minutes + 2) == ()

    subscribe(store, slug=BOLT)
    looked()
    store.channels.unsubscribe(OPS, [BOLT])
    looked()
    store.mutes.mute_vendor(OPS, ACME, Mute(at(500)), NOON)
    looked()
    store.mutes.unmute(OPS, ACME, None, at(1))
    looked()


def test_the_slow_refresh_comes_by_itself(store: Store, board: Board) -> None:
    assert due(store, 59) == []
    assert due(store, 60) == ["ops"]


# --- what it shows ---------------------------------------------------------------------------------------------------


def test_it_shows_what_the_channel_subscribes_to_with_levels_since_when_and_mutes(store: Store, board: Board) -> None:
    subscribe(store, slug=BOLT)
    subscribe(store, ELSEWHERE, BOLT)
    store.records.record(reading(incident(level=Level.PARTIAL_OUTAGE), minutes=1, level=Level.PARTIAL_OUTAGE), Route())
    store.mutes.mute(OPS, ACME, "inc1", Mute(), at(1))
    store.mutes.mute_vendor(OPS, BOLT, Mute(at(9)), at(1))
    acme, bolt = tiles(store, board)
    assert acme.state.vendor.slug == ACME
    assert acme.state.snapshot
    assert acme.state.snapshot.level is Level.PARTIAL_OUTAGE
    assert [one.id for one in acme.state.snapshot.incidents] == ["inc1"]
    assert (acme.since, acme.mute, acme.muted_incidents) == (at(1), None, frozenset({"inc1"}))
    assert (bolt.state.snapshot, bolt.since, bolt.mute) == (None, None, Mute(at(9)))
    assert tiles(store, board, 9)[1].mute is None


def test_many_boards_are_asked_for_at_once(store: Store, board: Board) -> None:
    subscribe(store, DEV, BOLT)
    other = shown(store, DEV)
    mine, its = store.boards.tiles([board, other], at(1))
    assert [[tile.state.vendor.slug for tile in shown] for shown in (mine, its)] == [[ACME], [BOLT]]
