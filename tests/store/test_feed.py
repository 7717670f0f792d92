"""The feed of what is new: of whom, and that a late transaction is not passed over."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.store import Store
from bot.store.feed import NewUpdate
from bot.store.tables import INCIDENT, UPDATE
from bot.store.values import OwnPage
from tests.store.given import ACME, BOLT, OPS, Route, at, catalog, incident, reading, update


def test_updates_and_levels_come_in_the_order_of_the_record(store: Store) -> None:
    catalog(store)
    begin = store.feed.end()
    store.records.record(reading(incident("i1", update("u1", 0))), Route())
    store.records.record(reading(incident("i2", slug=BOLT), slug=BOLT, minutes=1), Route())
    new, end = store.feed.after(begin, 10)
    assert sorted(type(entry).__name__ for entry in new if entry.vendor == ACME) == ["NewLevel", "NewUpdate"]
    assert {entry.vendor for entry in new} == {ACME, BOLT}
    assert store.feed.after(end, 10) == ((), end)
    assert {entry.vendor for entry in store.feed.after(begin, 10, [BOLT])[0]} == {BOLT}


def test_a_workspaces_own_page_is_not_for_others(store: Store) -> None:
    catalog(store)
    begin = store.feed.end()
    url = "https://status.own.example"
    page = OwnPage(OPS, url, "Own", "statuspage", url, url, "U1", at(0))
    slug = store.own.add(page, 5)
    assert slug is not None
    store.records.record(reading(incident("i1", slug=slug), slug=slug), Route())
    assert store.feed.after(begin, 10)[0] == ()
    assert {entry.vendor for entry in store.feed.after(begin, 10, own=[slug])[0]} == {slug}


def test_a_transaction_that_commits_late_is_not_passed_over(store: Store) -> None:
    """On PostgreSQL numbers are given before the transaction ends, so a lower one may appear after a higher one."""
    catalog(store)
    store.records.record(reading(incident("i1")), Route())
    begin = store.feed.end()
    if store.file is not None:
        pytest.skip("SQLite has one writer at a time")
    with store.engine.connect() as late, late.begin():
        key = late.scalar(select(INCIDENT.c.pk))
        values = {"incident": key, "phase": None, "at": at(1), "removed": False}
        late.execute(UPDATE.insert().values(id="late", text="Late.", **values))
        with store.engine.begin() as early:
            early.execute(UPDATE.insert().values(id="early", text="Early.", **values))
        assert store.feed.after(begin, 10)[0] == ()
    new, end = store.feed.after(begin, 10)
    assert [entry.text for entry in new if isinstance(entry, NewUpdate)] == ["Late.", "Early."]
    assert store.feed.after(end, 10)[0] == ()
