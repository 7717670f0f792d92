"""What a whole workspace subscribes to."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Channel, IncidentKind
from bot.store import Store
from bot.store.values import Health
from tests.store.given import ACME, BOLT, DEV, ELSEWHERE, OPS, Route, catalog, incident, reading, resolved, subscribe

ASIDE = Channel("list", "T1", "aside")


def test_channels_come_by_their_ids_with_all_that_they_subscribe_to_page_by_page(store: Store) -> None:
    catalog(store)
    for channel, slug in ((OPS, BOLT), (OPS, ACME), (DEV, ACME), (ELSEWHERE, ACME), (ASIDE, ACME)):
        subscribe(store, channel, slug, mention="@oncall")
    store.channels.unsubscribe(ASIDE, None)
    first = store.workspaces.subscriptions("list", "T1", 1)
    assert [(r.channel, [s.vendor for s in r.subscriptions]) for r in first] == [(DEV, [ACME])]
    second = store.workspaces.subscriptions("list", "T1", 5, after=DEV.id)
    assert [(r.channel, [s.vendor for s in r.subscriptions]) for r in second] == [(OPS, [ACME, BOLT])]
    assert second[0].subscriptions == tuple(listed.subscription for listed in store.channels.subscriptions(OPS))
    assert second[0].state.health is Health.ACTIVE
    assert store.workspaces.subscriptions("list", "T1", 5, after=OPS.id) == ()
    assert store.workspaces.subscriptions("slack", "T1", 5) == ()


def test_a_workspace_s_vendors_and_what_is_open_there(store: Store) -> None:
    catalog(store, ACME, BOLT, "core")
    for channel, slug in ((OPS, BOLT), (DEV, BOLT), (DEV, ACME), (ELSEWHERE, "core")):
        subscribe(store, channel, slug)  # type: ignore[arg-type]
    episode = replace(incident("episode-1"), kind=IncidentKind.EPISODE)
    store.records.record(reading(episode, incident("new", minutes=2), minutes=2), Route())
    store.records.record(reading(resolved(incident("over"), 3), minutes=3, merged=(("episode-1", "new"),)), Route())
    store.records.record(reading(incident("old", slug=BOLT, minutes=-9), slug=BOLT), Route())
    store.records.record(reading(incident("far", slug="core"), slug="core"), Route())  # type: ignore[arg-type]
    assert store.workspaces.vendors("list", "T1") == (ACME, BOLT)
    assert [i.id for i in store.workspaces.open_incidents("list", "T1")] == ["old", "new"]
    assert store.channels.vendors(DEV) == (ACME, BOLT)
    assert store.channels.vendors(Channel("list", "T1", "nowhere")) == ()
    assert store.workspaces.open_incidents("list", "T9") == ()
