from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.store import Store
from bot.store.jobs import LEASE
from tests.store.given import at

DAY = timedelta(days=1)
DAY_MIN = 24 * 60
LEASE_MIN = LEASE / timedelta(minutes=1)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url)
    yield opened
    opened.close()


def test_a_job_is_one_process_s_until_it_is_due_again(store: Store) -> None:
    assert store.jobs.claim("purge", at(0), DAY)
    assert not store.jobs.claim("purge", at(1), DAY)
    assert store.jobs.claim("other", at(1), DAY)
    store.jobs.done("purge", at(2), DAY)
    assert not store.jobs.claim("purge", at(DAY_MIN), DAY)
    assert store.jobs.claim("purge", at(DAY_MIN + 2), DAY)


def test_what_a_process_did_not_finish_another_does(store: Store) -> None:
    assert store.jobs.claim("purge", at(0), DAY)
    assert store.jobs.claim("purge", at(LEASE_MIN), DAY)


def test_one_that_a_wrong_clock_planned_is_due(store: Store) -> None:
    store.jobs.claim("purge", at(0), DAY)
    store.jobs.done("purge", at(365 * DAY_MIN), DAY)
    assert store.jobs.claim("purge", at(3), DAY)


def test_of_those_who_ask_at_once_one_has_it(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        had = list(pool.map(lambda _: store.jobs.claim("purge", at(0), DAY), range(8)))
    assert had.count(True) == 1
