"""What outlives a reading: second readings that come soon, versions in turn, and the page's first quarter of an
hour."""

from __future__ import annotations

from datetime import timedelta

from bot.domain import Filter, IncidentKind, IncidentRecord, Subscription
from bot.monitor.poller import Poller
from bot.store import Store
from tests.monitor.acme import SUMMARY
from tests.monitor.facts import ACME, NOON
from tests.monitor.poller.world import CHANNEL, World, cards, everything


def records(store: Store, kind: IncidentKind) -> list[IncidentRecord]:
    found = store.records.incidents([ACME], NOON - timedelta(days=9))
    return [record for record in found if record.incident.kind is kind]


def test_a_part_that_was_not_steady_is_read_again_within_twenty_seconds(world: World) -> None:
    async def blip(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.set("api", "degraded_performance")
        await world.wait(poller, minutes=1)
        world.page.set("api", "operational")
        await world.wait(poller, hours=2)
        assert len(records(store, IncidentKind.EPISODE)) == 1

    async def again(poller: Poller, store: Store) -> None:
        """Another process: what was read is on record."""
        world.page.set("api", "degraded_performance")
        await world.wait(poller, minutes=1)
        asked, read = world.server.count(SUMMARY), store.pages.states([ACME])[0].read_at
        assert read is not None
        assert len(records(store, IncidentKind.EPISODE)) == 1
        world.now = read + timedelta(seconds=20)
        await poller.tick()
        assert world.server.count(SUMMARY) == asked + 1
        assert len(records(store, IncidentKind.EPISODE)) == 2

    world.run(blip)
    world.run(again)


def test_an_outage_in_the_first_quarter_of_an_hour_is_told_and_what_was_before_it_is_not(world: World) -> None:
    world.page.post("old", "investigating", "Something is wrong.")
    world.page.post("old", "resolved", "It is over.")

    async def story(poller: Poller, store: Store) -> None:
        await poller.tick()
        store.channels.subscribe(Subscription(CHANNEL, ACME, Filter(), "me", world.now), everything)
        world.now += timedelta(seconds=10)
        world.page.post("new", "investigating", "All is down.")
        world.now += timedelta(seconds=10)
        world.page.post("new", "resolved", "All is well.")
        await world.wait(poller, minutes=20)
        assert {r.incident.id for r in records(store, IncidentKind.INCIDENT)} == {"old", "new"}
        assert cards(store) == ["new"]

    world.run(story)


def test_a_version_that_was_superseded_is_believed_after_ten_minutes(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("i1", "investigating", "We look into it.")
        await world.wait(poller, minutes=2)
        newest = world.page.post("i1", "identified", "Found it.")
        for is_old in (False, True, False, True, False, True):
            world.page.hold_back(newest if is_old else None)
            await world.wait(poller, minutes=1)
        (record,) = records(store, IncidentKind.INCIDENT)
        assert [u.text for u in record.incident.updates] == ["We look into it.", "Found it."]
        await world.wait(poller, minutes=8)
        assert len(records(store, IncidentKind.INCIDENT)[0].incident.updates) == 2
        await world.wait(poller, minutes=3)
        assert [u.text for u in records(store, IncidentKind.INCIDENT)[0].incident.updates] == ["We look into it."]

    world.run(story)
