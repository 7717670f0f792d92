"""When the poller reads a page and when it lets it be: a real page server, client, parser and store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from structlog.testing import capture_logs

from bot.domain import Slug, Vendor
from bot.monitor.poller import Policy, Poller
from bot.monitor.responses import NotModified
from bot.store import Store
from bot.store.values import PollOutcome, Validator
from bot.threads import Threads
from tests.monitor.acme import INCIDENTS, SUMMARY
from tests.monitor.facts import ACME, NOON
from tests.monitor.poller.world import PACE, World, everything, state, until
from tests.servers import Reply


def test_an_unchanged_page_is_neither_parsed_nor_recorded(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        parsed, asked = world.parsed, world.server.count(SUMMARY)
        await world.wait(poller, minutes=10)
        assert world.server.count(SUMMARY) >= asked + 9
        assert world.parsed == parsed == 1
        assert state(store).read_at is not None
        assert world.now - state(store).read_at < timedelta(minutes=2)  # type: ignore[operator]
        assert state(store).snapshot.taken_at == NOON  # type: ignore[union-attr]

    world.run(story)


def test_a_page_that_only_ticks_is_not_recorded_and_its_history_is_asked_now_and_then(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        world.page.post("i1", "investigating", "We look into it.", components=("api",))
        await world.settle_in(poller, store)
        taken, asked = state(store).snapshot, world.server.count(INCIDENTS)
        for _ in range(20):
            world.page.touch()
            await world.wait(poller, minutes=1)
        now = state(store).snapshot
        assert now is not None
        assert taken is not None
        assert replace(now, page_updated_at=None) == replace(taken, page_updated_at=None)
        assert 1 <= world.server.count(INCIDENTS) - asked <= 2
        assert not world.due

    world.run(story)


def test_an_open_incident_is_polled_at_its_own_pace(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        assert state(store).interval_s == 60
        world.page.post("i1", "investigating", "We look into it.")
        await world.wait(poller, minutes=2)
        assert state(store).interval_s == 30

    world.run(story)


def test_a_page_that_can_be_read_and_asks_to_be_read_rarely_is(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        reply = world.server.take(SUMMARY, {})
        world.server.say(SUMMARY, replace(reply, headers={"Retry-After": "5400"}))
        await world.wait(poller, minutes=2)
        asked = world.server.count(SUMMARY)
        with capture_logs() as logged:
            await world.wait(poller, minutes=20)
        assert world.server.count(SUMMARY) == asked
        assert [line for line in logged if line["event"] == "clock.mended"] == []

    world.run(story)


def test_retry_after_is_honoured(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.fail(SUMMARY, Reply(status=429, headers={"Retry-After": "5400"}))
        await world.wait(poller, minutes=2)
        asked = world.server.count(SUMMARY)
        await world.wait(poller, minutes=85)
        assert world.server.count(SUMMARY) == asked
        world.page.serve()
        await world.wait(poller, minutes=5)
        assert world.server.count(SUMMARY) > asked
        assert state(store).unreadable is None

    world.run(story)


def test_those_who_ask_at_once_share_one_reading(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await asyncio.gather(*(poller.read_now(ACME) for _ in range(5)))
        assert world.server.count(SUMMARY) == 1
        assert state(store).snapshot is not None
        await poller.read_now(Slug("nobody"))

    world.run(story)


class Quick:
    """Says that nothing has changed, after so many turns of the event loop."""

    def __init__(self, turns: int) -> None:
        self._turns = turns
        self.asked = 0

    async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> NotModified:
        self.asked += 1
        for _ in range(self._turns):
            await asyncio.sleep(0)
        return NotModified(validator or Validator())


@pytest.mark.parametrize("turns", range(6))
def test_a_tick_reads_all_that_is_due_however_soon_pages_answer(turns: int) -> None:
    url = "https://status.acme.example"
    vendors = [Vendor(Slug(f"v{n}"), f"V{n}", url, url, "Cloud", "Compute", kind="statuspage") for n in range(400)]

    async def story() -> int:
        store, threads, getter = Store("sqlite://"), Threads(), Quick(turns)
        store.pages.sync_catalog(vendors, NOON, 0)
        poller = Poller(store, threads, getter, everything, lambda: NOON, Policy(PACE))
        await poller.tick()
        asked = getter.asked
        await poller.aclose()
        threads.close()
        store.close()
        return asked

    assert asyncio.run(story()) >= len(vendors)


def test_a_slow_page_holds_up_nobody(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        slow = replace(world.vendor(), slug=Slug("slow"), page_url=world.server.url("/slow"))
        store.pages.sync_catalog([world.vendor(), slow], world.now, 0)
        world.server.say(f"/slow{SUMMARY}", Reply(b"{}", hold=Event()))
        poller.pulse()
        await until(lambda: state(store).read_at is not None)
        world.page.post("i1", "investigating", "We look into it.")
        world.now += timedelta(minutes=6)
        poller.pulse()
        await until(lambda: store.records.incident(ACME, "i1") is not None)
        assert store.pages.states([Slug("slow")])[0].unreadable is None

    world.run(story)


def test_a_page_is_claimed_before_it_falls_due_and_read_when_it_does(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        later = replace(world.vendor(), slug=Slug("later"))
        store.pages.sync_catalog([world.vendor(), later], world.now, 0)
        soon, in_a_while = (world.now + timedelta(seconds=seconds) for seconds in (0.01, 30))
        store.pages.settle([PollOutcome(ACME, soon, 60), PollOutcome(later.slug, in_a_while, 60)])
        poller.pulse()
        await until(lambda: state(store).read_at is not None)
        assert store.pages.claim_due(in_a_while, 10, 60) == ()
        assert store.pages.states([later.slug])[0].read_at is None

    world.ahead_s = 60
    world.run(story)
