"""Pages that cannot be read, and what is made of a page whose platform is not known or changes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from threading import Event

import pytest

from bot.domain import Level
from bot.monitor.poller import Poller
from bot.store import Store
from tests.monitor.acme import INCIDENTS, MAINTENANCES, SUMMARY
from tests.monitor.facts import ACME
from tests.monitor.poller.world import FEED, World, record, state
from tests.servers import PageServer, Reply


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        (range(20_001), "The page lists more than 20,000 components, incidents and updates."),
        (["x" * 501], "The page has an id of more than 500 characters."),
    ],
    ids=["many", "long"],
)
def test_what_the_store_has_no_room_for_makes_a_page_unreadable(
    world: World, server: PageServer, ids: Iterable[object], reason: str
) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        rows = [{"id": str(id)} for id in ids]
        server.say(SUMMARY, Reply(json.dumps({"status": {"indicator": "none"}, "components": rows}).encode()))
        await world.wait(poller, minutes=2)
        unreadable, before = state(store).unreadable, store.records.before(ACME, [], None)
        assert unreadable is not None
        assert unreadable.reason == reason
        assert before is not None
        assert len(before.components) == 2

    world.run(story)


BROKEN = {
    "html": Reply(b"<html><body>Sign in</body></html>", content_type="text/html"),
    "empty": Reply(b""),
    "truncated": Reply(b'{"page": {"id": "acme000', etag=True),
    "wrong": Reply(b'{"page": [], "incidents": 7}'),
    "gone": Reply(status=404),
    "down": Reply(status=503),
    "cut": Reply(b"x" * 100, cut_after=10),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_unreadable_page_keeps_its_last_reading_and_tells_nobody(world: World, name: str) -> None:
    async def story(poller: Poller, store: Store) -> None:
        world.page.set("api", "degraded_performance")
        await world.settle_in(poller, store)
        before, told = state(store), list(world.due)
        world.page.fail(SUMMARY, BROKEN[name])
        await world.wait(poller, minutes=2)
        broken = state(store)
        assert broken.unreadable is not None
        assert broken.unreadable.reason.endswith(".")
        assert "\n" not in broken.unreadable.reason
        assert broken.snapshot == before.snapshot
        assert broken.read_at is not None
        assert broken.read_at < broken.unreadable.since
        world.page.serve()
        await world.wait(poller, minutes=5)
        back = state(store)
        assert back.unreadable is None
        assert back.snapshot is not None
        assert back.snapshot.level is Level.DEGRADED
        assert world.due == told

    world.run(story)


def test_a_failing_page_with_subscribers_is_asked_less_and_less_and_every_five_minutes(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.fail(SUMMARY, Reply(status=503))
        asked = world.server.count(SUMMARY)
        await world.wait(poller, hours=1)
        assert 12 <= world.server.count(SUMMARY) - asked <= 16

    world.run(story)


def test_a_slow_page_is_unreadable_at_its_deadline(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        world.page.fail(SUMMARY, Reply(b"{}", hold=Event()))
        await poller.tick()
        assert state(store).unreadable is not None
        assert "did not answer within 0.3 seconds" in state(store).unreadable.reason  # type: ignore[union-attr]

    world.deadline_s = 0.3
    world.run(story)


def test_a_platform_that_is_not_known_is_detected(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await poller.tick()
        assert state(store).vendor.kind == "statuspage"
        assert state(store).snapshot is not None

    world.kind = None
    world.run(story)


def test_a_page_found_at_another_address_is_read_there_from_then_on(world: World) -> None:
    async def first(poller: Poller, store: Store) -> None:
        await poller.tick()
        assert state(store).snapshot is not None

    async def second(poller: Poller, store: Store) -> None:
        asked = len(world.server.asked)
        await world.wait(poller, minutes=10)
        assert {a.path for a in world.server.asked[asked:]} <= {SUMMARY, INCIDENTS, MAINTENANCES}
        assert world.parsed == 1

    world.path, world.kind = "/status/today", None
    world.run(first)
    world.run(second)


def test_a_page_that_moves_to_another_platform_is_looked_at_anew(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.fail(SUMMARY, Reply(b"<html></html>", content_type="text/html"))
        world.server.say("/history.atom", Reply(FEED, content_type="application/atom+xml"))
        await world.wait(poller, minutes=3)
        assert state(store).vendor.kind == "statuspage"
        await world.wait(poller, minutes=30)
        assert state(store).vendor.kind == "statuspage"
        await world.wait(poller, hours=2)
        assert (state(store).vendor.kind, state(store).unreadable) == ("rss", None)
        assert record(store, "e1").incident.title == "Slow API"
        assert not world.due

    world.run(story)


def test_a_page_that_is_none_says_so(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        world.server.say(SUMMARY, Reply(b"<html></html>", content_type="text/html"))
        await poller.tick()
        assert state(store).unreadable is not None
        assert "No status page" in state(store).unreadable.reason  # type: ignore[union-attr]
        assert state(store).vendor.kind is None

    world.kind = None
    world.run(story)


def test_a_page_of_a_platform_that_programs_cannot_read_says_why(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        world.server.say(SUMMARY, Reply(b"<html></html>", content_type="text/html"))
        await poller.tick()
        assert state(store).unreadable is not None
        assert "is a page of StatusCake, which can't be read by programs" in state(store).unreadable.reason  # type: ignore[union-attr]

    world.kind = "statuscake"
    world.run(story)
