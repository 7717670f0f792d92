"""Which process holds which shard, and who may start a session when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.store import Store
from bot.store.processes import SILENT_S
from bot.store.shards import IDENTIFY_S
from bot.store.shared_tables import IDENTIFY
from bot.store.values import ProcessReport
from tests.databases import Postgres
from tests.store.given import NOON, at
from tests.store.test_processes import identity, silence


@pytest.fixture
def pair(postgres: Postgres) -> Iterator[tuple[Store, Store]]:
    with postgres.database() as url:
        one, two = Store(url, identity("one")), Store(url, identity("two"))
        yield one, two
        one.close()
        two.close()


def held(store: Store, looks: int = 1) -> tuple[set[int], int | None]:
    for _ in range(looks - 1):
        store.shards.hold()
    found = store.shards.hold()
    assert found
    return set(found.numbers), found.give


def test_one_alone_takes_all_of_them_one_at_a_time(database_url: str) -> None:
    store = Store(database_url, identity("one"))
    assert store.shards.agree(3) == 3
    assert [len(held(store)[0]) for _ in range(4)] == [1, 2, 3, 3]
    store.close()


def test_two_have_half_each_and_one_that_dies_leaves_its_own_to_the_other(pair: tuple[Store, Store]) -> None:
    one, two = pair
    assert (one.shards.agree(4), two.shards.agree(4)) == (4, 4)
    assert held(one, looks=9) == ({0, 1}, None)
    assert held(two, looks=9) == ({2, 3}, None)
    silence(one, "one", SILENT_S + 1)
    assert two.processes.beat(ProcessReport(), at(1))
    assert one.shards.hold() is None
    assert held(two, looks=9) == ({0, 1, 2, 3}, None)
    one.processes.join(identity("again", 2))
    assert held(two) == ({0, 1, 2, 3}, 3)
    assert held(one) == (set(), None), "it is another's until it is closed there"
    two.shards.release(3)
    assert held(one) == ({3}, None)


def test_another_number_is_taken_once_nobody_is_connected_by_the_old_one(pair: tuple[Store, Store]) -> None:
    one, two = pair
    assert one.shards.agree(2) == 2
    held(one)
    assert two.shards.agree(4) == 2, "the first is connected"
    one.close(at(1))
    assert two.shards.agree(4) == 4
    assert held(two, looks=9) == ({0, 1, 2, 3}, None)


def later(store: Store, seconds: float) -> None:
    with store.engine.begin() as tx:
        tx.execute(update(IDENTIFY).values(next_at=IDENTIFY.c.next_at - timedelta(seconds=seconds)))


def test_of_a_bucket_one_session_is_started_in_five_seconds_by_whichever_process(pair: tuple[Store, Store]) -> None:
    one, two = pair
    assert one.shards.turn(0, 900, 3600, NOON) == 0
    assert 0 < two.shards.turn(0, 900, 3600, NOON) <= IDENTIFY_S
    assert two.shards.turn(1, 900, 3600, NOON) == 0, "another bucket"
    later(one, IDENTIFY_S)
    assert two.shards.turn(0, 900, 3600, NOON) == 0
    assert one.shards.turn(0, 900, 3600, NOON) > 0


def test_no_more_sessions_are_started_than_discord_has_left(pair: tuple[Store, Store]) -> None:
    one, two = pair
    assert one.shards.turn(0, 2, 3600, NOON) == 0
    assert two.shards.turn(1, 2, 3600, NOON) == 0, "Discord has not counted the first yet"
    assert 3500 < one.shards.turn(2, 2, 3600, NOON) <= 3600
    assert two.shards.turn(2, 0, 60, NOON) > 0
