"""Statements that go to SQLite as they are: what they read and how they fail is what SQLAlchemy's do."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, bindparam, event, select

from bot.store import Store, StoreError
from bot.store.prepared import Prepared
from bot.store.tables import CHANNEL, PAGE
from tests.store.given import ACME, BOLT, NOON, Route, catalog, incident, reading

BY_SLUG = select(PAGE.c.slug, PAGE.c.due).where(PAGE.c.slug.in_(bindparam("slugs", expanding=True)), PAGE.c.enabled)


@pytest.mark.parametrize("slugs", [[], [ACME], [ACME, BOLT, "nobody"], [f"v{n}" for n in range(500)] + [BOLT]])
def test_lists_may_have_any_length(store: Store, slugs: list[str]) -> None:
    catalog(store)
    prepared = Prepared(BY_SLUG.order_by(PAGE.c.slug))
    with store.engine.begin() as tx:
        rows = prepared.all(tx, {"slugs": slugs})
    assert [(row.slug, row.due) for row in rows] == [(slug, NOON) for slug in (ACME, BOLT) if slug in slugs]


def test_whoever_listens_hears_of_all_statements(store: Store) -> None:
    catalog(store)
    heard: list[str] = []

    def note(*args: object) -> None:
        heard.append(str(args[2]))

    event.listen(Engine, "before_cursor_execute", note)
    store.records.record(reading(incident()), Route())
    event.remove(Engine, "before_cursor_execute", note)
    assert [statement for statement in heard if statement.startswith("UPDATE page")]


def test_a_refusal_is_a_sentence_that_names_no_values(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/lookout.db")
    catalog(store)
    store.records.record(reading(incident()), Route())
    with store.engine.begin() as tx:
        tx.exec_driver_sql("ALTER TABLE incident_update RENAME COLUMN phase TO stage")
    with pytest.raises(StoreError, match="refused") as raised:
        store.records.before(ACME, ["inc1"], None)
    assert "inc1" not in str(raised.value)
    store.close()


def test_a_parameter_of_no_known_type_is_refused() -> None:
    store = Store("sqlite://")
    prepared = Prepared(select(CHANNEL.c.pk).where(CHANNEL.c.since.op("<>")(bindparam("since")).is_(None)))
    untyped = Prepared(select(CHANNEL.c.pk, bindparam("what").label("what")))
    with store.engine.begin() as tx:
        assert prepared.one(tx, {"since": NOON}) is None
        with pytest.raises(AssertionError, match="what"):
            untyped.all(tx, {"what": NOON})
    store.close()
