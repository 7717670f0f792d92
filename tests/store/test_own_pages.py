"""Pages of one's own: added, found, shared, left and forgotten."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Channel, Slug
from bot.store import Store
from bot.store.values import OwnPage
from tests.store.given import ACME, DEV, ELSEWHERE, NOON, OPS, Route, at, catalog, deliver, incident, reading, subscribe

MOST = 3


def page(url: str = "https://status.mine.example/incidents", channel: Channel = OPS, minutes: float = 0) -> OwnPage:
    host = url.split("/")[2]
    return OwnPage(channel, url, host, "statuspage", f"https://{host}", f"https://{host}", "U1", at(minutes))


def add(store: Store, *, most: int = MOST, url: str = "https://status.mine.example/incidents", **more: object) -> Slug:
    slug = store.own.add(page(url, **more), most)  # type: ignore[arg-type]
    assert slug is not None
    return slug


def seen(store: Store, channel: Channel) -> list[str]:
    return [vendor.slug for vendor in store.own.of(channel)]


def due(store: Store, minutes: float = 0.5) -> list[str]:
    return [claim.vendor.slug for claim in store.pages.claim_due(at(minutes), 10, 60)]


def test_a_page_is_seen_by_its_workspace_alone_and_read_soon(store: Store) -> None:
    slug = add(store)
    assert slug == "own-status-mine-example"
    assert seen(store, OPS) == seen(store, DEV) == [slug]
    assert seen(store, ELSEWHERE) == seen(store, replace(OPS, platform="other")) == []
    [vendor] = store.own.of(OPS)
    assert (vendor.kind, vendor.page_url, vendor.aliases) == (
        "statuspage",
        "https://status.mine.example",
        ("https://status.mine.example/incidents",),
    )
    assert due(store) == [slug]


def test_two_workspaces_with_one_page_share_its_readings_and_not_what_they_typed(store: Store) -> None:
    slug = add(store)
    assert add(store, url="https://status.mine.example/mine", channel=ELSEWHERE) == slug
    assert store.own.of(OPS)[0].aliases == ("https://status.mine.example/incidents",)
    assert store.own.of(ELSEWHERE)[0].aliases == ("https://status.mine.example/mine",)
    assert due(store) == [slug]


def test_the_same_page_again_takes_no_second_place(store: Store) -> None:
    assert add(store, most=1) == add(store, most=1, url="https://status.mine.example/again")
    assert store.own.of(OPS)[0].aliases == ("https://status.mine.example/again",)
    assert store.own.add(page("https://two.example"), 1) is None
    assert store.own.add(page("https://two.example", ELSEWHERE), 1) is not None


def test_a_slug_that_is_taken_gets_a_number(store: Store) -> None:
    catalog(store, "own-company")
    assert add(store, url="https://company/a") == "own-company-2"


def test_the_catalog_leaves_own_pages_alone(store: Store) -> None:
    slug = add(store)
    catalog(store)
    assert [v.enabled for v in store.own.of(OPS)] == [True]
    assert slug in due(store)


def test_it_lasts_as_long_as_a_channel_of_the_workspace_subscribes(store: Store) -> None:
    slug = add(store)
    subscribe(store, OPS, slug)
    subscribe(store, DEV, slug)
    store.channels.unsubscribe(OPS, [slug])
    assert seen(store, OPS) == [slug]
    store.channels.unsubscribe(DEV, None)
    assert seen(store, OPS) == []
    assert due(store) == []


def test_another_workspace_keeps_it(store: Store) -> None:
    slug = add(store)
    add(store, channel=ELSEWHERE)
    subscribe(store, OPS, slug)
    subscribe(store, ELSEWHERE, slug)
    store.channels.unsubscribe(OPS, [slug])
    assert (seen(store, OPS), seen(store, ELSEWHERE)) == ([], [slug])
    assert due(store) == [slug]


def test_taken_up_again_it_goes_on_where_it_was(store: Store) -> None:
    slug = add(store)
    subscribe(store, OPS, slug)
    store.records.record(reading(incident(slug=slug), slug=slug), Route())
    deliver(store)
    store.channels.unsubscribe(OPS, [slug])
    assert add(store, minutes=5) == slug
    assert store.records.find_incident(f"{slug}/inc1", [slug])
    assert due(store, 6) == [slug]


def test_what_nobody_has_is_forgotten_after_a_while(store: Store) -> None:
    catalog(store)
    left, unwanted, kept = (add(store, url=f"https://{name}.example") for name in ("left", "unwanted", "kept"))
    subscribe(store, OPS, left)
    subscribe(store, OPS, kept)
    store.channels.unsubscribe(OPS, [left])
    assert store.own.forget(NOON) == 0
    assert seen(store, OPS) == [kept, unwanted]
    assert store.own.forget(at(60)) == 2
    assert seen(store, OPS) == [kept]
    assert [s.vendor.slug for s in store.pages.states([left, unwanted, kept, ACME])] == [kept, ACME]


def test_incidents_of_own_pages_are_found_only_by_who_sees_them(store: Store) -> None:
    slug = add(store)
    store.records.record(reading(incident("secret123", slug=slug), slug=slug), Route())
    for text in ("secret123", f"{slug}/secret123", "https://stspg.example/secret123", "secr"):
        assert store.records.find_incident(text) == ()
        assert [r.incident.vendor for r in store.records.find_incident(text, [slug])] == [slug]
