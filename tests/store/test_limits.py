"""Shares of a limit among processes on one database, and what one of them met that holds for all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.limits.shared import Ask, Closure
from bot.store import Store
from bot.store.limits import LASTS_S
from bot.store.processes import SILENT_S
from bot.store.shared_tables import CLOSURE, SHARE
from bot.store.values import ProcessReport
from tests.databases import Postgres
from tests.store.given import NOON, at
from tests.store.test_processes import identity, silence

BUSY, IDLE = Ask("discord", 50, 50), Ask("discord", 50, 0)


@pytest.fixture
def pair(postgres: Postgres) -> Iterator[tuple[Store, Store]]:
    with postgres.database() as url:
        one, two = Store(url, identity("one")), Store(url, identity("two"))
        yield one, two
        one.close()
        two.close()


def units(store: Store, *asks: Ask) -> list[int]:
    shared = store.limits.exchange(asks, {}, NOON)
    assert shared
    return [shared.units[ask.limit] for ask in asks]


def later(store: Store, seconds: float) -> None:
    """So much time passes for shares and closures."""
    with store.engine.begin() as tx:
        for table in (SHARE, CLOSURE):
            tx.execute(update(table).values(until=table.c.until - timedelta(seconds=seconds)))


def test_one_alone_has_all_of_it(database_url: str) -> None:
    store = Store(database_url, identity("one"))
    assert units(store, IDLE) == [50]
    assert units(store, BUSY, Ask("pages", 20, 3)) == [50, 20]
    assert units(store) == [], "one that keeps no limit"
    store.close()


def test_another_gets_what_has_become_free_and_no_more(pair: tuple[Store, Store]) -> None:
    one, two = pair
    assert units(one, BUSY) == [50]
    assert units(two, BUSY) == [0], "the first may be using all of it still"
    assert units(one, BUSY) == [25]
    assert units(two, BUSY) == [25]
    assert units(one, IDLE) == [1], "it is done"
    assert units(two, BUSY) == [49]
    shared = two.limits.exchange([BUSY], {}, NOON)
    assert shared
    assert shared.sharers == {"discord": 2}


def test_the_share_of_one_that_leaves_or_falls_silent_is_free(pair: tuple[Store, Store]) -> None:
    one, two = pair
    assert (units(one, BUSY), units(two, BUSY)) == ([50], [0])
    later(one, LASTS_S - 1)
    assert units(two, BUSY) == [0], "for so long it may use what it was given"
    later(one, 2)
    assert units(two, BUSY) == [50]
    one.close(at(1))
    assert units(two, BUSY) == [50]


def test_one_that_was_found_dead_has_no_share(pair: tuple[Store, Store]) -> None:
    one, two = pair
    assert units(one, BUSY) == [50]
    silence(one, "one", SILENT_S + 1)
    assert two.processes.beat(ProcessReport(), at(1))
    assert one.limits.exchange([BUSY], {}, NOON) is None
    assert units(two, BUSY) == [50]


def test_what_one_met_holds_for_the_others_until_it_is_over(pair: tuple[Store, Store]) -> None:
    one, two = pair
    slack = Ask("slack", 4, 4)
    assert one.limits.exchange([slack], {"slack": [Closure("T1 chat.update", 30)]}, NOON)
    assert one.limits.exchange([slack], {"slack": [Closure("T1 chat.update", 5)]}, NOON), "a shorter one ends no longer"
    shared = two.limits.exchange([slack, BUSY], {}, NOON)
    assert shared
    [closed] = shared.closed["slack"]
    assert closed.name == "T1 chat.update"
    assert 29 < closed.seconds <= 30
    assert shared.closed["discord"] == []
    later(one, 31)
    shared = two.limits.exchange([slack], {}, NOON)
    assert shared
    assert shared.closed == {"slack": []}
    with one.engine.begin() as tx:
        assert tx.execute(CLOSURE.select()).all() == [], "and it is deleted"
