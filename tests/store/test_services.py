"""Services on record: defined, replaced, removed, seen by nobody else; what they hit falls due, their pages read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import routing
from bot.domain import Channel, Dependency, Filter, FollowedService, Level, Service, Slug, Subscription, Through
from bot.store import Store, StoreError
from bot.store.values import OwnPage, PageMove
from tests.store.given import (
    ACME,
    BOLT,
    DEV,
    ELSEWHERE,
    OPS,
    Route,
    at,
    catalog,
    deliver,
    incident,
    leases,
    reading,
    subscribe,
)

API = Filter(components=("Core / API",), regions=("eu",))
DIRECT = Channel("slack", "T1", "D1")


def service(name: str = "checkout", *needs: Dependency, owner: str | None = None, minutes: float = 0) -> Service:
    return Service(name, needs or (Dependency(ACME, API),), "U1", at(minutes), owner)


def names(store: Store, channel: Channel) -> list[str]:
    return [one.name for one in store.services.of(channel)]


def watched(store: Store, minutes: float = 100) -> set[str]:
    return {claim.vendor.slug for claim in store.pages.claim_due(at(minutes), 10, 1) if claim.watched}


def due(store: Store, minutes: float) -> dict[str, list[tuple[str, ...]]]:
    """Cards that are due, by channel, each with the names of the services that count there."""
    found = leases(store, minutes)
    return {
        channel.id: [tuple(one.name for one in card.services) for card in store.cards.due(lease)]
        for channel, lease in found.items()
    }


def test_a_service_is_replaced_whole_and_keeps_its_owner(store: Store) -> None:
    catalog(store)
    first = service("checkout", Dependency(ACME, API), Dependency(BOLT, Filter()), owner="@payments")
    assert store.services.define(OPS, first, Route()) is None
    assert store.services.of(DEV) == (first,)
    second = service("Checkout", Dependency(BOLT, Filter()), minutes=1)
    assert store.services.define(DEV, second, Route()) == first
    assert store.services.of(OPS) == (replace(second, owner="@payments"),)
    assert store.services.set_owner(OPS, "checkout", None)
    assert store.services.remove(OPS, "checkout", Route(), at(2)) == second
    assert store.services.remove(OPS, "checkout", Route(), at(2)) is None
    assert not store.services.set_owner(OPS, "checkout", "@ops")
    assert store.services.of(OPS) == ()


def test_nobody_else_sees_them(store: Store) -> None:
    catalog(store)
    store.services.define(OPS, service("ours"), Route())
    store.services.define(ELSEWHERE, service("theirs"), Route())
    store.services.define(DIRECT, service("mine"), Route())
    store.services.define(replace(DIRECT, id="C1"), service("slack's"), Route())
    assert names(store, OPS) == names(store, DEV) == ["ours"]
    assert names(store, ELSEWHERE) == ["theirs"]
    assert names(store, DIRECT) == ["mine"]
    assert names(store, replace(DIRECT, id="D2")) == []
    assert names(store, replace(DIRECT, id="C2")) == ["slack's"]
    assert names(store, Channel("discord", "@me/7", "7")) == []
    assert store.services.remove(ELSEWHERE, "ours", Route(), at(1)) is None
    assert names(store, OPS) == ["ours"]


def test_a_vendor_without_a_page_is_refused(store: Store) -> None:
    catalog(store)
    with pytest.raises(StoreError, match="no vendor nobody"):
        store.services.define(OPS, service("checkout", Dependency(Slug("nobody"), Filter())), Route())
    assert store.services.of(OPS) == ()


def test_cards_of_what_is_open_fall_due_where_the_service_counts(store: Store) -> None:
    catalog(store)
    for channel in (OPS, DEV, ELSEWHERE):
        subscribe(store, channel)
    store.records.record(reading(incident()), Route())
    for minute, channel in enumerate((OPS, DEV, ELSEWHERE)):
        deliver(store, channel, 2 * minute)
    assert due(store, 10) == {}
    store.services.define(OPS, service(minutes=11), Route())
    assert due(store, 12) == {"ops": [("checkout",)], "dev": [("checkout",)]}
    for minute, channel in enumerate((OPS, DEV)):
        deliver(store, channel, 14 + 2 * minute)
    store.services.define(OPS, service("checkout", Dependency(BOLT, Filter()), minutes=20), Route())
    assert due(store, 21) == {"ops": [()], "dev": [()]}, "it hits them no more"


def test_a_card_gets_the_services_of_its_channel_and_vendor_alone(store: Store) -> None:
    catalog(store)
    for channel in (OPS, ELSEWHERE):
        subscribe(store, channel)
    store.services.define(OPS, service("checkout", Dependency(BOLT, Filter()), Dependency(ACME, API)), Route())
    store.services.define(OPS, service("mail", Dependency(BOLT, Filter())), Route())
    store.services.define(ELSEWHERE, service("theirs"), Route())
    store.records.record(reading(incident()), Route())
    found = leases(store, 1)
    [here], [there] = store.cards.due(found[OPS]), store.cards.due(found[ELSEWHERE])
    assert [(one.name, one.dependencies) for one in here.services] == [("checkout", (Dependency(ACME, API),))]
    assert [one.name for one in there.services] == ["theirs"]


def test_its_vendors_are_watched_as_long_as_somebody_wants_them(store: Store) -> None:
    catalog(store)
    assert watched(store, 10) == set()
    store.services.define(OPS, service("checkout", Dependency(ACME, API), Dependency(BOLT, Filter())), Route())
    assert watched(store, 20) == {ACME, BOLT}
    store.services.define(OPS, service("checkout", Dependency(BOLT, Filter()), minutes=20), Route())
    assert watched(store, 30) == {BOLT}
    subscribe(store, OPS, BOLT)
    store.services.remove(OPS, "checkout", Route(), at(31))
    assert watched(store, 40) == {BOLT}
    store.services.define(OPS, service("checkout", Dependency(BOLT, Filter()), minutes=41), Route())
    store.channels.unsubscribe(OPS, None)
    assert watched(store, 50) == {BOLT}, "the service needs it still"


def test_a_page_of_ones_own_stays_while_a_service_needs_it(store: Store) -> None:
    page = OwnPage(
        OPS, "mine.example", "Mine", "statuspage", "https://mine.example", "https://mine.example", "U1", at(0)
    )
    slug = store.own.add(page, 5)
    assert slug is not None
    store.services.define(OPS, service("intranet", Dependency(slug, Filter())), Route())
    subscribe(store, DEV, slug)
    store.channels.unsubscribe(DEV, None)
    assert store.own.forget(at(60)) == 0
    assert [vendor.slug for vendor in store.own.of(OPS)] == [slug]
    store.services.remove(OPS, "intranet", Route(), at(61))
    store.own.forget(at(62))
    assert store.own.of(OPS) == ()


def test_they_go_with_their_workspace_and_forget_a_person(store: Store) -> None:
    catalog(store)
    store.services.define(OPS, service("ours", owner="<@U1>"), Route())
    store.services.define(ELSEWHERE, service("theirs", owner="@ops"), Route())
    assert store.erasure.person("list", "U1") == 3
    assert [(one.created_by, one.owner) for one in store.services.of(OPS)] == [("erased", None)]
    assert [(one.created_by, one.owner) for one in store.services.of(ELSEWHERE)] == [("erased", "@ops")]
    store.erasure.workspace("list", "T1")
    assert (names(store, OPS), names(store, ELSEWHERE)) == ([], ["theirs"])
    assert watched(store) == {ACME}
    store.erasure.workspace("list", "T2")
    assert watched(store, 200) == set()


def test_a_service_outlives_the_channel_that_defined_it(store: Store) -> None:
    catalog(store)
    store.services.define(OPS, service("checkout"), Route())
    assert store.workspaces.move_channel(OPS, DEV)
    store.workspaces.drop_channel(DEV, "It is gone.", at(1))
    assert store.channels.purge(at(2)) == 1
    assert names(store, OPS) == ["checkout"]


# --- followed --------------------------------------------------------------------------------------------------------


def follow(
    store: Store, channel: Channel = OPS, *, minutes: float = 0, mention: str | None = None, **asked: Any
) -> bool:
    wish = FollowedService("checkout", Filter(**asked), "U1", at(minutes), mention)
    return store.services.follow(OPS, wish, routing.route)


def subscribed(store: Store, channel: Channel = OPS) -> dict[str, tuple[Filter, Filter | None]]:
    """By vendor the filter in force, and what was typed for the vendor itself."""
    found = [listed.subscription for listed in store.channels.subscriptions(channel)]
    return {one.vendor: (one.filter, one.typed) for one in found}


def test_who_follows_a_service_hears_of_what_it_needs_however_it_is_defined(store: Store) -> None:
    catalog(store)
    store.services.define(OPS, service("checkout", Dependency(ACME, API), Dependency(BOLT, Filter())), routing.route)
    assert not follow(store, min_level=Level.PARTIAL_OUTAGE)
    major = Filter(min_level=Level.PARTIAL_OUTAGE)
    api = replace(API, min_level=Level.PARTIAL_OUTAGE)
    assert subscribed(store) == {ACME: (api, None), BOLT: (major, None)}
    assert subscribed(store, DEV) == {}
    [listed] = store.services.followed(OPS)
    assert (listed.name, listed.filter) == ("checkout", major)
    store.services.define(DEV, service("Checkout", Dependency(BOLT, API)), routing.route)
    assert subscribed(store) == {BOLT: (api, None)}
    assert store.services.followed(OPS)[0].name == "Checkout"
    assert follow(store)
    assert subscribed(store) == {BOLT: (API, None)}
    assert store.services.unfollow(OPS, "checkout", routing.route, at(9))
    assert not store.services.unfollow(OPS, "checkout", routing.route, at(9))
    assert subscribed(store) == {}


def test_what_was_typed_for_the_vendor_itself_stands_beside_it(store: Store) -> None:
    catalog(store)
    store.services.define(OPS, service(), routing.route)
    web = Filter(components=("Web",))
    store.channels.subscribe(Subscription(OPS, ACME, web, "U2", at(1), "@web"), routing.route)
    follow(store, mention="@checkout")
    both = replace(web, also=(API,))
    assert subscribed(store) == {ACME: (both, web)}
    [listed] = store.channels.subscriptions(OPS)
    assert (listed.subscription.created_by, listed.subscription.mention) == ("U2", "@web")
    assert listed.subscription.through == Through(("checkout",), web)
    assert store.channels.unsubscribe(OPS, [ACME]) == (ACME,)
    assert subscribed(store) == {ACME: (API, None)}
    assert store.channels.subscriptions(OPS)[0].subscription.mention == "@checkout"
    assert store.channels.unsubscribe(OPS, [ACME]) == (), "it comes through the service alone"
    store.channels.subscribe(Subscription(OPS, ACME, Filter(), "U2", at(2)), routing.route)
    assert subscribed(store) == {ACME: (Filter(also=(API,)), Filter())}
    store.services.remove(OPS, "checkout", routing.route, at(3))
    assert subscribed(store) == {ACME: (Filter(), Filter())}
    assert store.services.followed(OPS) == ()


def test_unsubscribed_from_everything_it_follows_nothing(store: Store) -> None:
    catalog(store)
    store.services.define(OPS, service("checkout", Dependency(ACME, API), Dependency(BOLT, API)), routing.route)
    follow(store)
    assert store.channels.unsubscribe(OPS, None) == (ACME, BOLT)
    assert (subscribed(store), store.services.followed(OPS)) == ({}, ())


def test_cards_follow_the_definition(store: Store) -> None:
    catalog(store)
    store.services.define(OPS, service("checkout", Dependency(ACME, Filter(components=("Web",)))), routing.route)
    follow(store)
    store.records.record(reading(incident()), routing.route)
    assert leases(store, 1) == {}, "it is about the API"
    store.services.define(OPS, service("checkout", Dependency(ACME, API), minutes=2), routing.route)
    assert due(store, 3) == {"ops": [("checkout",)]}
    store.services.define(OPS, service("checkout", Dependency(BOLT, Filter()), minutes=5), routing.route)
    assert due(store, 6) == {}, "nothing was posted of it"


def test_another_workspaces_service_cannot_be_followed(store: Store) -> None:
    catalog(store)
    store.services.define(ELSEWHERE, service(), routing.route)
    with pytest.raises(StoreError, match="no service checkout"):
        follow(store)


def test_who_follows_is_moved_erased_and_forgotten_like_who_subscribes(store: Store) -> None:
    catalog(store)
    store.services.define(OPS, service(), routing.route)
    follow(store, mention="<@U1>")
    subscribe(store, DEV, BOLT)
    assert store.workspaces.move_channel(OPS, DEV)
    assert [one.name for one in store.services.followed(DEV)] == ["checkout"]
    store.erasure.person("list", "U1")
    [listed] = store.services.followed(DEV)
    assert (listed.created_by, listed.mention) == ("erased", None)
    assert store.channels.subscriptions(DEV)[0].subscription.mention is None


def test_a_page_that_moves_takes_what_services_need_along(store: Store) -> None:
    catalog(store)
    store.services.define(OPS, service("checkout", Dependency(ACME, Filter(components=("c1",)))), routing.route)
    follow(store)
    web = Filter(components=("Web",))
    store.channels.subscribe(Subscription(OPS, ACME, web, "U2", at(1)), routing.route)

    def refit(wanted: Filter) -> tuple[Filter, tuple[str, ...]]:
        return replace(wanted, components=tuple(name.replace("c1", "n1") for name in wanted.components)), ()

    move = PageMove({"c1": "n1"}, {}, {}, (), refit)
    store.records.record(replace(reading(minutes=2), move=move), routing.route)
    [one] = store.services.of(OPS)
    moved = Filter(components=("n1",))
    assert one.dependencies == (Dependency(ACME, moved),)
    assert subscribed(store) == {ACME: (replace(web, also=(moved,)), web)}
