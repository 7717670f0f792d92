"""What processes remember for each other."""

from __future__ import annotations

from bot.store import Store
from tests.databases import Postgres
from tests.store.given import NOON, at
from tests.store.test_processes import identity


def test_a_request_is_taken_once_until_it_is_forgotten(database_url: str) -> None:
    store = Store(database_url, identity("one"))
    assert store.memos.claim("event 1", NOON, at(15))
    assert not store.memos.claim("event 1", at(1), at(16))
    assert store.memos.claim("event 2", at(1), at(16))
    assert store.memos.claim("event 1", at(15), at(30)), "it is over"
    assert store.memos.forget(at(17)) == 1
    assert not store.memos.claim("event 1", at(17), at(30))
    store.close()


def test_a_text_is_recalled_while_it_lasts(database_url: str) -> None:
    store = Store(database_url, identity("one"))
    store.memos.keep("chosen V1", "github", at(60))
    store.memos.keep("chosen V1", "acme", at(60))
    assert store.memos.recall("chosen V1", at(59)) == "acme"
    assert store.memos.recall("chosen V1", at(60)) is None
    assert store.memos.recall("chosen V2", NOON) is None
    store.close()


def test_what_one_process_took_another_does_not_take_unless_the_first_died(postgres: Postgres) -> None:
    with postgres.database() as url:
        one, two = Store(url, identity("one")), Store(url, identity("two"))
        assert one.memos.claim("event 1", NOON, at(15))
        assert not two.memos.claim("event 1", NOON, at(15))
        one.close(at(1))
        assert two.memos.claim("event 1", at(1), at(15)), "nobody knows whether it was done"
        assert not two.memos.claim("event 1", at(1), at(15))
        two.close()
