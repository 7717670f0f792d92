"""What is new reaches many channels in parts: others write in between, and what was left undone goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, func, select, text

from bot.domain import Channel, Component, Filter, Incident, Level, Subscription, Verdict
from bot.store import Store
from bot.store.tables import CARD, CHANNEL
from bot.store.turns import Turns
from bot.store.values import DueCard, Release
from tests.store.given import (
    ACME,
    BOLT,
    Route,
    at,
    due_cards,
    filter_of,
    incident,
    leases,
    reading,
    resolved,
    settled,
    subscribe,
    update,
)
from tests.store.parts import AT_ONCE, CHANNELS, finish, in_parts, kill_after_the_first_part


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with in_parts(url) as opened:
        yield opened


def owed(store: Store, minutes: float = 9) -> list[str]:
    """The channels that have something due."""
    return sorted(channel.id for channel in leases(store, minutes, limit=99, lease_s=0))


def dues(store: Store, minutes: float = 9) -> list[DueCard]:
    """All that the channels are owed, claimed for good."""
    return [due for lease in leases(store, minutes, limit=99).values() for due in store.cards.due(lease)]


def names(channels: list[Channel]) -> list[str]:
    return [channel.id for channel in channels]


def test_a_recording_is_not_over_before_all_channels_have_it(store: Store) -> None:
    told: list[int] = []
    route = Route(CHANNELS[3])
    assert store.records.record(reading(incident()), route, told.append) == len(CHANNELS) - 1
    assert told == [AT_ONCE]
    assert sorted(channel for _, part in route.asked for channel in part) == CHANNELS
    assert owed(store) == names([channel for channel in CHANNELS if channel != CHANNELS[3]])
    later = reading(incident("inc1", update("u1"), update("u2", 2)), minutes=2)
    assert store.records.record(later, Route(CHANNELS[3])) == len(CHANNELS) - 1
    assert store.records.go_on(Route()) == 0


def test_what_a_process_left_undone_goes_on_as_it_was(store: Store, url: str) -> None:
    kill_after_the_first_part(store, reading(incident()))
    assert owed(store) == names(CHANNELS[:AT_ONCE])
    other = Store(url, channels_at_once=AT_ONCE)
    assert other.records.go_on(Route()) == AT_ONCE
    assert owed(store) == names(CHANNELS[: 2 * AT_ONCE])
    assert finish(other) == len(CHANNELS) - 2 * AT_ONCE
    other.close()
    assert owed(store) == names(CHANNELS)
    last = due_cards(store, CHANNELS[-1], minutes=9)
    assert [(due.incident, due.since) for due in last] == [(incident(), at(0))]


@pytest.mark.parametrize(("old", "new"), [(CHANNELS[4], CHANNELS[0]), (CHANNELS[0], CHANNELS[4])])
def test_who_moves_onto_another_channel_meanwhile_has_its_card_there(store: Store, old: Channel, new: Channel) -> None:
    store.channels.unsubscribe(new, None)
    kill_after_the_first_part(store, reading(incident()))
    assert store.workspaces.move_channel(old, new)
    finish(store)
    assert owed(store) == names([channel for channel in CHANNELS if channel != old])


def test_an_update_of_what_is_still_on_its_way_reaches_everybody_once(store: Store) -> None:
    kill_after_the_first_part(store, reading(incident()))
    over = resolved(incident(), 3)
    assert store.records.record(reading(over, minutes=3, announce=()), Route()) == 0
    assert finish(store) == len(CHANNELS) - AT_ONCE
    assert owed(store) == names(CHANNELS)
    assert {due.incident for due in dues(store)} == {over}


def test_of_what_is_due_already_an_update_touches_what_somebody_is_at(store: Store) -> None:
    store.records.record(reading(incident()), Route())
    held = {channel: (lease, store.cards.due(lease)) for channel, lease in leases(store, 1, limit=2).items()}
    later = incident("inc1", update("u1"), update("u2", 2))
    assert store.records.record(reading(later, minutes=2), Route()) == len(held)
    for channel, (lease, owed_cards) in held.items():
        told = [settled(lease, due, channel.id, minutes=3) for due in owed_cards]
        store.cards.commit([*told, Release(lease)])
    assert owed(store) == names(CHANNELS)
    assert [due.incident for due in dues(store, 99)] == [later] * len(CHANNELS)


@pytest.mark.parametrize("leaver", [CHANNELS[0], CHANNELS[-1]])
def test_who_comes_or_goes_meanwhile_is_not_forgotten_nor_told(store: Store, leaver: Channel) -> None:
    kill_after_the_first_part(store, reading(incident()))
    store.channels.unsubscribe(leaver, None)
    comer = Channel("list", "T2", "new")
    subscribe(store, comer, minutes=1)
    finish(store)
    assert owed(store) == sorted(names([*(c for c in CHANNELS if c != leaver), comer]))
    assert len(due_cards(store, comer, minutes=9)) == 1


def test_an_episode_that_is_explained_meanwhile_brings_no_card_of_its_own(store: Store) -> None:
    episode = incident("episode-1")
    kill_after_the_first_part(store, reading(episode))
    merging = reading(replace(episode), incident(), minutes=1, merged=(("episode-1", "inc1"),))
    store.records.record(merging, Route())
    finish(store)
    assert [due.incident.id for due in dues(store)] == ["inc1"] * len(CHANNELS)


def test_the_worst_goes_first(store: Store) -> None:
    for channel in CHANNELS:
        subscribe(store, channel, BOLT, minutes=-9)
    kill_after_the_first_part(store, reading(incident(level=Level.DEGRADED)))
    worse = incident("inc2", slug=BOLT, level=Level.MAJOR_OUTAGE)
    kill_after_the_first_part(store, reading(worse, slug=BOLT, minutes=1))
    route = Route()
    finish(store, route)
    assert [id for id, _ in route.asked] == ["inc2"] * 3 + ["inc1"] * 3
    both = reading(incident("a", level=Level.DEGRADED), incident("b", level=Level.MAJOR_OUTAGE), minutes=2)
    store.records.record(both, route := Route())
    assert [id for id, _ in route.asked[:2]] == ["b", "a"]


def test_writers_take_turns_in_the_order_in_which_they_came() -> None:
    turns, held, waiting = Turns(), Event(), Event()
    order: list[str] = []

    def wait_for_it() -> None:
        waiting.set()
        with turns:
            order.append("other")

    def hold() -> None:
        with turns:
            held.set()
            waiting.wait(5)
            while not turns.waiting:
                pass
        with turns:
            order.append("again")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(hold)
        held.wait(5)
        threads.submit(wait_for_it).result(5)
        first.result(5)
    assert order == ["other", "again"]


def test_on_a_server_a_part_looks_for_the_channels_that_it_locks_among_its_own(store: Store, url: str) -> None:
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    store.records.record(reading(incident()), Route())
    event.remove(Engine, "before_cursor_execute", note)
    locks = [statement for statement in seen if "FROM channel" in statement and "FOR NO KEY UPDATE" in statement]
    assert len(locks) == (0 if url.startswith("sqlite") else len(range(0, len(CHANNELS), AT_ONCE)))
    assert all("channel.pk > " in lock and "channel.pk <= " in lock for lock in locks)


def test_on_a_server_who_subscribes_meanwhile_waits_for_no_part(store: Store, url: str) -> None:
    comer = Channel("list", "T2", "new")

    class Meanwhile(Route):
        def __call__(self, *facts: Any) -> Sequence[Verdict]:
            if not url.startswith("sqlite") and not store.channels.is_known(comer):
                subscribe(store, comer, minutes=1)
            return super().__call__(*facts)

    kill_after_the_first_part(store, reading(incident()))
    finish(store, Meanwhile())
    assert owed(store) == sorted([*names(CHANNELS), *([] if url.startswith("sqlite") else ["new"])])


def test_on_a_server_a_card_that_is_made_at_once_is_not_made_again(store: Store, url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("writers of SQLite take turns")
    comer, alike = Channel("list", "T2", "new"), CHANNELS[-1]
    columns = [column for column in CARD.c if column.name not in ("pk", "channel")]
    its_channel = select(func.max(CHANNEL.c.pk)).scalar_subquery()
    copy = CARD.insert().from_select(["channel", *columns], select(its_channel, *columns).limit(1))
    blocked = text("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    engine = create_engine(url)
    made: list[Future[None]] = []

    def commit_once_it_is_waited_for() -> None:
        with engine.connect() as watching:
            while not watching.execute(blocked).all():
                watching.rollback()
        other.commit()

    class Meanwhile(Route):
        def __call__(
            self, incident: Incident, components: Mapping[str, Component], filters: Sequence[Filter]
        ) -> Sequence[Verdict]:
            if filter_of(alike) in filters and not made:
                wish = Subscription(comer, ACME, filter_of(alike), "U1", at(1))
                store.channels.subscribe(wish, Route(alike))
                other.execute(copy)
                made.append(threads.submit(commit_once_it_is_waited_for))
            return super().__call__(incident, components, filters)

    kill_after_the_first_part(store, reading(incident()))
    with ThreadPoolExecutor(1) as threads, engine.connect() as other:
        finish(store, Meanwhile())
    engine.dispose()
    assert made
    assert sorted(channel.id for channel in leases(store, 9, limit=99)) == sorted([*names(CHANNELS), "new"])
    assert len(dues(store, 99)) == len(CHANNELS) + 1
