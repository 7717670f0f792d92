from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from sqlalchemy import Engine, event

from bot.domain import Channel, ChannelState, Health, Level, WorkspaceState
from bot.domain.digests import DigestSchedule
from bot.store import Store
from bot.store.values import Release
from tests.store.given import (
    ACME,
    API,
    BOLT,
    DEV,
    ELSEWHERE,
    NOON,
    OPS,
    WEB,
    Route,
    at,
    catalog,
    deliver,
    due_cards,
    incident,
    leases,
    reading,
    resolved,
    subscribe,
)

GONE = "I was uninstalled."


def test_a_lost_workspace_stops_all_its_channels_and_no_other(store: Store) -> None:
    catalog(store)
    for channel in (OPS, DEV, ELSEWHERE):
        subscribe(store, channel)
    assert store.workspaces.suspend("list", "T1", GONE, at(1)) == 2
    assert store.workspaces.suspend("list", "T1", "again", at(2)) == 0
    assert store.channels.state(OPS) == ChannelState(Health.SUSPENDED, GONE, at(1), subscriber_notified=True)
    assert store.channels.state(ELSEWHERE).health is Health.ACTIVE
    store.records.record(reading(incident()), Route())
    leases = store.cards.lease_channels(("list",), at(3), 10, 60)
    assert {lease.channel for lease in leases} == {ELSEWHERE}


def test_what_a_workspace_missed_comes_folded_when_it_is_back(store: Store) -> None:
    catalog(store)
    subscribe(store, OPS)
    store.workspaces.suspend("list", "T1", GONE, NOON)
    store.records.record(reading(incident()), Route())
    assert store.workspaces.mark_recovered("list", "T2") == 0
    assert store.workspaces.mark_recovered("list", "T1", "archived.") == 0
    assert store.workspaces.mark_recovered("list", "T1", "uninstalled.") == 1
    assert store.workspaces.mark_recovered("list", "T1") == 0
    assert store.channels.state(OPS) == ChannelState()
    (due,) = due_cards(store)
    assert due.card.catch_up


# --- the dashboard ---------------------------------------------------------------------------------------------------


@pytest.fixture
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def test_a_workspace_stands_as_its_own_channels_have_it(store: Store) -> None:
    catalog(store)
    assert store.workspaces.state("list", "T1") == WorkspaceState((), (), {}, {})
    subscribe(store, OPS)
    subscribe(store, DEV, BOLT)
    subscribe(store, ELSEWHERE)
    store.records.record(reading(), Route())
    trouble = incident(minutes=5)
    store.records.record(reading(trouble, minutes=5, level=Level.PARTIAL_OUTAGE), Route())
    store.records.record(reading(incident("inc2", slug=BOLT), slug=BOLT), Route(DEV))
    store.workspaces.drop_channel(DEV, GONE, at(6))

    whole = store.workspaces.state("list", "T1")
    assert [(r.channel, r.state.health, [s.vendor for s in r.subscriptions]) for r in whole.channels] == [
        (DEV, Health.SUSPENDED, [BOLT]),
        (OPS, Health.ACTIVE, [ACME]),
    ]
    acme, bolt = whole.states
    assert (acme.vendor.slug, acme.read_at, bolt.vendor.slug) == (ACME, at(5), BOLT)
    assert acme.snapshot
    assert (acme.snapshot.level, acme.snapshot.incidents, acme.snapshot.components) == (
        Level.PARTIAL_OUTAGE,
        (trouble,),
        (),
    )
    assert whole.since == {ACME: at(5), BOLT: NOON}
    assert whole.channels_with_card == {(ACME, "inc1"): {OPS.id}}

    part = replace(WEB, level=Level.DEGRADED)
    store.records.record(reading(minutes=7, level=Level.PARTIAL_OUTAGE, components=(API, part)), Route())
    assert store.workspaces.state("list", "T1").since[ACME] == at(5)
    subscribe(store, DEV)
    assert store.workspaces.state("list", "T1").channels_with_card == {(ACME, "inc1"): {OPS.id, DEV.id}}
    subscribe(store, OPS, BOLT)
    store.channels.unsubscribe(OPS, [ACME])
    assert store.workspaces.state("list", "T1").channels_with_card[ACME, "inc1"] == {DEV.id}

    store.records.record(reading(resolved(trouble, 9), minutes=9), Route())
    whole = store.workspaces.state("list", "T1")
    assert (whole.since[ACME], whole.channels_with_card.get((ACME, "inc1"))) == (at(9), None)


def test_40_channels_cost_as_many_statements_as_one(store: Store, statements: list[str]) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    statements.clear()
    store.workspaces.state("list", "T1")
    for_one = len(statements)
    for number in range(39):
        for slug in (ACME, BOLT):
            subscribe(store, Channel("list", "T1", f"c{number}"), slug)
    statements.clear()
    whole = store.workspaces.state("list", "T1")
    assert len(statements) == for_one
    assert len(whole.channels) == len(whole.channels_with_card[ACME, "inc1"]) == 40


def test_a_channel_under_another_id_takes_everything_along_and_keeps_what_is_there(store: Store) -> None:
    catalog(store)
    subscribe(store, OPS)
    store.records.record(reading(incident()), Route())
    late = leases(store)[OPS]
    moved = replace(OPS, id="elsewhere")
    assert store.workspaces.move_channel(OPS, moved)
    assert not store.workspaces.move_channel(OPS, moved), "twice is once"
    assert [s.subscription.vendor for s in store.channels.subscriptions(moved)] == [ACME]
    assert store.cards.of_incident(moved, ACME, "inc1") is not None
    assert store.cards.of_incident(OPS, ACME, "inc1") is None
    assert store.cards.commit([Release(late)]) == {OPS}, "whoever held it has lost it"
    deliver(store, moved, minutes=1)
    back = OPS
    subscribe(store, back)
    assert store.workspaces.move_channel(back, moved)
    assert len(store.channels.subscriptions(moved)) == 1
    assert store.channels.subscriptions(back) == ()


def test_a_digest_that_moves_with_its_channel_is_still_all_that_comes(store: Store) -> None:
    catalog(store)
    for channel in (OPS, DEV):
        subscribe(store, channel)
    only = DigestSchedule(time(9), only=True)
    store.digests.set(OPS, only, "ann", NOON, covered_until=NOON, due=at(60))
    assert store.workspaces.move_channel(OPS, DEV)
    assert store.channels.settings(DEV).digest_only
    subscribe(store, OPS)
    assert store.workspaces.move_channel(OPS, DEV)
    assert store.channels.settings(DEV).digest_only, "it kept its own"
