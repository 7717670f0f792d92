"""Keys of programs: what opens something, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.domain import ApiKey, Scope
from bot.store import Store
from bot.store.keys import ID_BYTES, SECRET_BYTES
from tests.store.given import NOON, at

KEY = ApiKey("ab" * ID_BYTES, Scope.READ, "list", "T1", "deploys", NOON)
SECRET = bytes(range(SECRET_BYTES))


def test_a_key_opens_what_it_was_made_for(store: Store) -> None:
    token = store.keys.create(KEY, SECRET)
    assert store.keys.authenticate(token, at(5)) == KEY
    assert store.keys.all() == (replace(KEY, last_used_at=at(5)),)


def test_its_secret_is_kept_nowhere(store: Store) -> None:
    token = store.keys.create(KEY, SECRET)
    with store.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM api_key")).all())
    assert SECRET.hex() not in kept
    assert token not in kept


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: token.replace("ab", "cd", 1),
        lambda token: token + "\n",
        lambda token: token.upper(),
        lambda token: token[:-1],
        lambda token: f"lk_{KEY.id}_",
        lambda token: "",
        lambda token: "lk_' OR 1=1 --",
    ],
)
def test_nothing_else_opens_it(store: Store, change: object) -> None:
    token = store.keys.create(KEY, SECRET)
    assert callable(change)
    assert store.keys.authenticate(change(token), at(1)) is None
    assert store.keys.all() == (KEY,)


def test_a_revoked_key_opens_nothing(store: Store) -> None:
    token = store.keys.create(KEY, SECRET)
    other = store.keys.create(replace(KEY, id="cd" * ID_BYTES), SECRET[::-1])
    assert store.keys.revoke(KEY.id, at(1))
    assert not store.keys.revoke(KEY.id, at(2))
    assert store.keys.authenticate(token, at(3)) is None
    assert store.keys.authenticate(other, at(3)) is not None
    assert [key.revoked_at for key in store.keys.all()] == [at(1), None]


def test_its_use_is_noted_once_a_minute(store: Store) -> None:
    token = store.keys.create(KEY, SECRET)
    for minutes, noted in ((1, 1), (1.5, 1), (2, 2)):
        store.keys.authenticate(token, at(minutes))
        assert store.keys.all()[0].last_used_at == at(noted)


def test_keys_go_with_their_workspace(store: Store) -> None:
    gone = store.keys.create(KEY, SECRET)
    stays = store.keys.create(replace(KEY, id="cd" * ID_BYTES, workspace="T2"), SECRET[::-1])
    store.erasure.workspace("list", "T1")
    assert store.keys.authenticate(gone, at(1)) is None
    assert store.keys.authenticate(stays, at(1)) is not None
