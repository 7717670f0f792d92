from __future__ import annotations

from bot.store import Store
from bot.store.values import ChannelState, Health
from tests.store.given import DEV, ELSEWHERE, NOON, OPS, Route, at, catalog, incident, owed, reading, subscribe

GONE = "I was uninstalled."


def test_a_lost_workspace_stops_all_its_channels_and_no_other(store: Store) -> None:
    catalog(store)
    for channel in (OPS, DEV, ELSEWHERE):
        subscribe(store, channel)
    assert store.workspaces.suspend("list", "T1", GONE, at(1)) == 2
    assert store.workspaces.suspend("list", "T1", "again", at(2)) == 0
    assert store.channels.state(OPS) == ChannelState(Health.SUSPENDED, GONE, at(1), told=True)
    assert store.channels.state(ELSEWHERE).health is Health.ACTIVE
    store.records.record(reading(incident()), Route())
    lanes = store.cards.claim_lanes(("list",), at(3), 10, 60)
    assert {lane.channel for lane in lanes} == {ELSEWHERE}


def test_what_a_workspace_missed_comes_folded_when_it_is_back(store: Store) -> None:
    catalog(store)
    subscribe(store, OPS)
    store.workspaces.suspend("list", "T1", GONE, NOON)
    store.records.record(reading(incident()), Route())
    assert store.workspaces.revive("list", "T2") == 0
    assert store.workspaces.revive("list", "T1", "archived.") == 0
    assert store.workspaces.revive("list", "T1", "uninstalled.") == 1
    assert store.workspaces.revive("list", "T1") == 0
    assert store.channels.state(OPS) == ChannelState()
    (due,) = owed(store)
    assert due.card.fold
