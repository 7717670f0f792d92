"""A database copied into another, of the same kind and of the other: whole, gone on with, refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore
from sqlalchemy import delete, text

from bot.store import Store, StoreError, transfer
from bot.store.tables import SUBSCRIPTION
from bot.store.transfer import Progress, copy_database
from tests.databases import Postgres, sqlite
from tests.store.given import (
    ACME,
    BOLT,
    DEV,
    OPS,
    Route,
    catalog,
    deliver,
    due_cards,
    incident,
    reading,
    subscribe,
    update,
)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[str]:
    with filled(sqlite(tmp_path)) as url:
        yield url


@contextmanager
def filled(url: str) -> Iterator[str]:
    """One incident, shown in one channel and due in another, and an installation."""
    store = Store(url)
    catalog(store)
    subscribe(store, OPS, mention="<@U1>")
    store.records.record(reading(incident("inc1", update("u1", text="Ünavailable 🔥 “quoted”\n"))), Route())
    deliver(store)
    subscribe(store, DEV)
    store.records.record(reading(incident("inc2"), minutes=2), Route())
    installations = SQLAlchemyInstallationStore("client", store.engine)
    installations.metadata.create_all(store.engine)
    installations.save(Installation(app_id="A1", user_id="U1", team_id="T1", bot_token="xoxb-1"))
    try:
        yield url
    finally:
        installations.metadata.drop_all(store.engine)
        store.close()


@pytest.fixture
def target(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'target.db'}"


def test_what_was_shown_stays_shown_and_what_is_due_is_due_once(
    database_url: str, target: str, postgres: Postgres
) -> None:
    """To PostgreSQL and on to SQLite, and the other way round."""
    steps: list[Progress] = []
    with filled(database_url) as source, postgres.empty() as between:
        rows = copy_database(source, between, steps.append)
        assert copy_database(between, target) == rows == steps[-1].total == steps[-1].done
        for copy in (between, target):
            goes_on(copy)


def test_postgresql_knows_what_a_copy_brought(source: str, postgres: Postgres) -> None:
    """Until it does, each look at the clock goes through whole tables."""
    with postgres.empty() as copy:
        copy_database(source, copy)
        store = Store(copy)
        with store.engine.connect() as connection:
            known = connection.scalar(text("SELECT count(*) FROM pg_stats WHERE tablename = 'card'"))
        store.close()
    assert known


def goes_on(copy: str) -> None:
    store = Store(copy)
    try:
        found = store.records.incident(ACME, "inc1")
        assert found is not None
        assert found.incident.updates[0].text == "Ünavailable 🔥 “quoted”\n"
        assert [due.incident.id for due in due_cards(store, DEV, 3)] == ["inc1", "inc2"]
        bot = SQLAlchemyInstallationStore("client", store.engine).find_bot(enterprise_id=None, team_id="T1")
        assert bot is not None
        assert bot.bot_token == "xoxb-1"
        # New rows get keys of their own.
        subscribe(store, DEV, BOLT)
        store.records.record(reading(incident("inc3"), minutes=4), Route())
    finally:
        store.close()


def test_an_interrupted_copy_goes_on_where_it_stopped(
    source: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(Exception):
        pass

    def cut(at: int) -> Callable[[Progress], None]:
        def show(step: Progress) -> None:
            if step.done >= at:
                raise Cut

        return show

    monkeypatch.setattr(transfer, "CHUNK_ROWS", 1)
    with pytest.raises(Cut):
        copy_database(source, target, cut(3))
    with pytest.raises(StoreError, match="unfinished copy"):
        Store(target)
    copied: list[int] = []
    copy_database(source, target, lambda step: None if step.comparing else copied.append(step.done))
    assert copied == sorted(copied)
    assert copied.count(3) == 1
    Store(target).close()


def test_a_source_that_changed_between_two_parts_is_noticed(source: str, target: str) -> None:
    class Cut(Exception):
        pass

    def cut(step: Progress) -> None:
        if step.comparing:
            raise Cut

    with pytest.raises(Cut):
        copy_database(source, target, cut)
    store = Store(source)
    with store.engine.begin() as tx:
        tx.execute(delete(SUBSCRIPTION).where(SUBSCRIPTION.c.mention.is_not(None)))
    store.close()
    with pytest.raises(StoreError, match="subscription changed while it was copied in parts"):
        copy_database(source, target)


def test_a_target_with_something_in_it_is_refused(source: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = sqlite(tmp_path / "other")
    with pytest.raises(StoreError, match="is not empty"):
        copy_database(source, other)
    with pytest.raises(StoreError, match="same database"):
        copy_database(source, source)


def test_a_half_copy_of_another_database_is_refused(source: str, target: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = sqlite(tmp_path / "other")
    with pytest.raises(StopIteration):
        copy_database(source, target, lambda step: next(iter(())))
    with pytest.raises(StoreError, match="unfinished copy of another database"):
        copy_database(other, target)


def test_a_source_that_holds_nothing_is_refused(target: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    nothing = sqlite(tmp_path / "other", empty=True)
    with pytest.raises(StoreError, match="holds no Lookout"):
        copy_database(nothing, target)
