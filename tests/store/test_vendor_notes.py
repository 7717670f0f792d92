"""A workspace's notes on the cards that fall due, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain import Slug, VendorNote
from bot.store import Store
from bot.store.transfer import copy_database
from bot.store.values import Release
from tests.databases import sqlite
from tests.store.given import (
    ACME,
    BOLT,
    DEV,
    ELSEWHERE,
    OPS,
    Route,
    at,
    catalog,
    due_cards,
    incident,
    leases,
    reading,
    resolved,
    settled,
    subscribe,
)


def note(text: str = "ask ann", minutes: float = 1, vendor: Slug = ACME) -> VendorNote:
    return VendorNote(vendor, text, "U1", at(minutes))


@pytest.fixture
def told(store: Store) -> Store:
    """Three channels of two workspaces have a card of an open incident."""
    catalog(store)
    for channel in (OPS, DEV, ELSEWHERE):
        subscribe(store, channel)
    store.records.record(reading(incident()), Route())
    show_all(store, 0)
    return store


def show_all(store: Store, minutes: float) -> None:
    """Every channel is shown what it is owed."""
    for lease in leases(store, minutes).values():
        dues = store.cards.due(lease)
        store.cards.commit([*(settled(lease, due, "m1", minutes=minutes) for due in dues), Release(lease)])


def test_a_note_makes_the_workspaces_open_cards_due(told: Store) -> None:
    told.vendor_notes.put(OPS, note())
    assert set(leases(told, 1)) == {OPS, DEV}
    show_all(told, 3)
    assert leases(told, 4) == {}
    told.vendor_notes.put(OPS, note("ask bob", 4))
    [card] = due_cards(told, DEV, 4)
    assert card.card.note == "ask bob"
    show_all(told, 200)
    assert told.vendor_notes.remove(OPS, ACME, at(201))
    [card] = due_cards(told, OPS, 201)
    assert card.card.note == ""
    assert not told.vendor_notes.remove(OPS, ACME, at(202))


def test_a_note_is_on_its_vendor_and_in_its_workspace_alone(told: Store) -> None:
    told.vendor_notes.put(OPS, note())
    told.vendor_notes.put(ELSEWHERE, note("theirs"))
    told.vendor_notes.put(OPS, note("of bolt", vendor=BOLT))
    assert {n.text for n in told.vendor_notes.of(DEV).values()} == {"ask ann", "of bolt"}
    assert [n.text for n in told.vendor_notes.of(ELSEWHERE).values()] == ["theirs"]
    [theirs] = due_cards(told, ELSEWHERE, 1)
    assert theirs.card.note == "theirs"


def test_what_is_over_is_left_alone(told: Store) -> None:
    told.records.record(reading(resolved(incident(), 5), minutes=5), Route())
    show_all(told, 6)
    told.vendor_notes.put(OPS, note(minutes=7))
    assert leases(told, 7) == {}


def test_erasing_takes_notes_and_names(told: Store) -> None:
    told.vendor_notes.put(OPS, note("ask <@U1> or <@U1|ann>, not <@U11>"))
    told.vendor_notes.put(ELSEWHERE, note("theirs"))
    assert told.erasure.person("list", "U1") > 0
    [kept] = told.vendor_notes.of(OPS).values()
    assert (kept.text, kept.created_by) == ("ask <@erased> or <@erased|ann>, not <@U11>", "erased")
    told.erasure.workspace("list", "T1")
    assert not told.vendor_notes.of(OPS)
    assert told.vendor_notes.of(ELSEWHERE)


def test_a_copy_takes_them_along(tmp_path: Path) -> None:
    source, target = sqlite(tmp_path), f"sqlite:///{tmp_path / 'copy.db'}"
    store = Store(source)
    catalog(store)
    store.vendor_notes.put(OPS, note())
    store.close()
    copy_database(source, target)
    copy = Store(target)
    assert copy.vendor_notes.of(OPS)[ACME] == note()
    copy.close()
