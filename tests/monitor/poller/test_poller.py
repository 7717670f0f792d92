"""Polling from end to end: a real page server, client, parser and store; only the clock is not real."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from structlog.testing import capture_logs

from bot.domain import (
    Channel,
    Filter,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Phase,
    Slug,
    Subscription,
    Vendor,
)
from bot.monitor.poller import Policy, Poller
from bot.monitor.responses import NotModified
from bot.store import Store
from bot.store.values import PollOutcome, Recording, Validator
from bot.threads import Threads
from tests.monitor.acme import INCIDENTS, MAINTENANCES, SUMMARY
from tests.monitor.facts import ACME, NOON
from tests.monitor.poller.world import CHANNEL, FEED, PACE, World, cards, everything, record, show, state, until
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


def test_the_first_sight_is_a_silent_baseline(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        world.page.post("old", "resolved", "All good again.")
        world.page.post("new", "investigating", "We look into it.")
        await poller.tick()
        assert world.server.count(INCIDENTS) == 0
        await world.wait(poller, minutes=25)
        assert world.server.count(INCIDENTS) == world.server.count(MAINTENANCES) == 1
        assert record(store, "old").incident.phase is Phase.RESOLVED
        assert record(store, "new").incident.is_open
        assert not world.due

    world.run(story)


def test_a_channel_that_subscribed_before_the_first_sight_is_told_what_is_open(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        store.channels.subscribe(Subscription(CHANNEL, ACME, Filter(), "me", world.now), everything)
        world.page.post("old", "resolved", "All good again.")
        world.page.post("new", "investigating", "We look into it.")
        await poller.tick()
        await world.wait(poller, minutes=30)
        assert cards(store) == ["new"]

    world.run(story)


def test_an_incident_is_told_edited_and_found_resolved(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        first = world.page.post("i1", "investigating", "We look into it.", components=("api",))
        await world.wait(poller, minutes=2)
        assert cards(store) == ["i1"]
        world.page.edit(first, "We look into API errors.")
        await world.wait(poller, minutes=2)
        world.page.post("i1", "resolved", "Fixed.")
        await world.wait(poller, minutes=2)
        found = record(store, "i1")
        assert [u.text for u in found.incident.updates] == ["We look into API errors.", "Fixed."]
        assert [r.update.text for r in found.revisions] == ["We look into it."]
        assert (found.incident.phase, found.incident.components) == (Phase.RESOLVED, ("api",))
        assert not found.incident.vanished
        assert len(world.due) == 3

    world.run(story)


def test_an_incident_under_a_word_that_is_not_known_is_told_until_its_end(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("i1", "pondering", "We think about it.", components=("api",))
        await world.wait(poller, minutes=2)
        assert cards(store) == ["i1"]
        found = record(store, "i1").incident
        assert (found.is_open, found.phase, found.raw_phase) == (True, None, "pondering")
        assert state(store).snapshot.incidents == (found,)  # type: ignore[union-attr]
        world.page.post("i1", "resolved", "Fixed.")
        await world.wait(poller, minutes=2)
        assert record(store, "i1").incident.phase is Phase.RESOLVED

    world.run(story)


def test_an_open_incident_is_polled_at_its_own_pace(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        assert state(store).interval_s == 60
        world.page.post("i1", "investigating", "We look into it.")
        await world.wait(poller, minutes=2)
        assert state(store).interval_s == 30

    world.run(story)


def test_an_incident_that_was_taken_down_has_vanished(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("i1", "investigating", "We look into it.")
        await world.wait(poller, minutes=2)
        show(store, world.now)
        world.page.delete("i1")
        await world.wait(poller, minutes=4)
        assert record(store, "i1").incident.is_open, "a cache may be older than the incident"
        await world.wait(poller, minutes=3)
        assert record(store, "i1").incident.vanished
        assert len(world.due) == 2
        assert state(store).snapshot.incidents == ()  # type: ignore[union-attr]

    world.run(story)


def test_without_a_history_an_incident_that_left_vanishes_only_after_patience(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("i1", "investigating", "We look into it.")
        await world.wait(poller, minutes=2)
        world.page.post("i1", "resolved", "Fixed.")
        asked = world.server.count(INCIDENTS)
        world.page.fail(INCIDENTS, Reply(status=404))
        world.page.fail(MAINTENANCES, Reply(status=404))
        await world.wait(poller, minutes=1)
        assert record(store, "i1").incident.is_open
        await world.wait(poller, minutes=4)
        assert record(store, "i1").incident.vanished
        assert world.server.count(INCIDENTS) - asked == world.rules.max_failed_lookups

    world.run(story)


def test_a_history_that_cannot_be_reached_makes_nothing_vanish_and_nothing_unreadable(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("i1", "investigating", "We look into it.")
        await world.wait(poller, minutes=2)
        world.page.post("i1", "resolved", "Fixed.")
        world.page.fail(INCIDENTS, Reply(status=503))
        await world.wait(poller, minutes=30)
        assert record(store, "i1").incident.is_open
        assert state(store).unreadable is None
        world.page.serve()
        await world.wait(poller, minutes=2)
        assert record(store, "i1").incident.phase is Phase.RESOLVED

    world.run(story)


def test_a_restart_between_leaving_and_look_up_loses_nothing(world: World) -> None:
    async def first(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("i1", "investigating", "We look into it.")
        await world.wait(poller, minutes=2)
        show(store, world.now)
        world.page.post("i1", "resolved", "Fixed.")
        world.page.fail(INCIDENTS, Reply(status=503))
        await world.wait(poller, minutes=1)
        world.page.serve()

    async def second(poller: Poller, store: Store) -> None:
        await world.wait(poller, minutes=2)
        assert record(store, "i1").incident.phase is Phase.RESOLVED
        assert len(world.due) == 2

    world.run(first)
    world.run(second)


def test_killed_between_the_news_and_the_look_up_it_is_looked_up_all_the_same(world: World) -> None:
    async def first(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("i1", "investigating", "We look into it.")
        await world.wait(poller, minutes=2)
        world.page.post("i1", "resolved", "Fixed.")
        world.page.post("i2", "investigating", "Something else.")
        world.page.fail(INCIDENTS, Reply(b"{}", hold=Event()))
        world.now += timedelta(minutes=2)
        poller.pulse()
        await until(lambda: store.records.incident(ACME, "i2") is not None)

    async def second(poller: Poller, store: Store) -> None:
        assert record(store, "i1").incident.is_open
        world.page.serve()
        await world.wait(poller, minutes=2)
        assert record(store, "i1").incident.phase is Phase.RESOLVED

    world.run(first)
    world.run(second)


def test_killed_in_the_middle_a_page_is_read_again_when_its_lease_lapses(world: World) -> None:
    async def first(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("i1", "investigating", "We look into it.")
        world.server.say(SUMMARY, Reply(b"{}", hold=Event()))
        world.now += timedelta(minutes=2)
        asked = world.server.count(SUMMARY)
        poller.pulse()
        await until(lambda: world.server.count(SUMMARY) > asked)

    async def second(poller: Poller, store: Store) -> None:
        world.page.serve()
        await world.wait(poller, minutes=3)
        assert cards(store) == ["i1"]

    world.run(first)
    world.run(second)


def test_an_incident_reopens(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("i1", "investigating", "We look into it.")
        await world.wait(poller, minutes=2)
        world.page.post("i1", "resolved", "Fixed.")
        await world.wait(poller, minutes=5)
        assert not record(store, "i1").incident.is_open
        world.page.post("i1", "identified", "It is back.")
        await world.wait(poller, minutes=2)
        found = record(store, "i1").incident
        assert (found.phase, found.resolved) == (Phase.IDENTIFIED, None)
        assert len(found.updates) == 3

    world.run(story)


def test_a_cache_that_lags_behind_takes_nothing_back(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        page = dict(world.page.incidents)
        world.page.touch()
        world.page.post("i1", "investigating", "We look into it.", components=("api",))
        await world.wait(poller, minutes=2)
        told, due = record(store, "i1"), len(world.due)
        now, world.now = world.now, world.now - timedelta(minutes=10)
        newest, world.page.incidents = world.page.incidents, page
        world.page.touch()
        world.now = now
        await world.wait(poller, minutes=1)
        assert (record(store, "i1"), len(world.due)) == (told, due)
        world.page.touch()
        await world.wait(poller, minutes=7)
        assert record(store, "i1").incident.vanished, "the page itself took it down"
        world.page.incidents = newest
        world.page.touch()
        await world.wait(poller, minutes=1)
        assert record(store, "i1").incident.is_open

    world.run(story)


def test_a_postmortem_a_week_later_is_found(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("i1", "investigating", "We look into it.")
        await world.wait(poller, minutes=2)
        world.page.post("i1", "resolved", "Fixed.")
        await world.wait(poller, minutes=2)
        world.now += timedelta(days=7)
        world.page.post("i1", "postmortem", "A full disk.")
        asked = world.server.count(INCIDENTS)
        for _ in range(2):
            world.now += timedelta(hours=7)
            await poller.tick()
        assert record(store, "i1").incident.phase is Phase.POSTMORTEM
        assert world.server.count(INCIDENTS) - asked <= 3

    world.run(story)


def test_what_came_and_went_between_two_readings_is_told(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.now += timedelta(hours=5)
        world.page.post("short", "resolved", "A short one.")
        world.now += timedelta(hours=1)
        await world.wait(poller, minutes=2)
        assert cards(store) == ["short"]

    world.run(story)


def test_what_ended_too_long_ago_is_recorded_and_not_told(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.post("short", "resolved", "A short one.")
        world.now += timedelta(hours=80)
        await world.wait(poller, minutes=2)
        assert record(store, "short").incident.phase is Phase.RESOLVED
        assert not cards(store)

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


def test_trouble_that_nobody_posted_is_an_episode_until_somebody_does(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        world.page.set("api", "major_outage")
        await world.wait(poller, minutes=2)
        (episode,) = state(store).snapshot.incidents  # type: ignore[union-attr]
        assert episode.kind is IncidentKind.EPISODE
        assert world.due == [1]
        world.page.post("i1", "investigating", "We look into it.", components=("api",))
        await world.wait(poller, minutes=2)
        assert record(store, episode.id).merged_into == "i1"
        assert cards(store) == ["i1"]
        assert [i.id for i in state(store).snapshot.incidents] == ["i1"]  # type: ignore[union-attr]

    world.run(story)


def test_those_who_ask_at_once_share_one_reading(world: World) -> None:
    async def story(poller: Poller, store: Store) -> None:
        await asyncio.gather(*(poller.read_now(ACME) for _ in range(5)))
        assert world.server.count(SUMMARY) == 1
        assert state(store).snapshot is not None
        await poller.read_now(Slug("nobody"))

    world.run(story)


def test_the_next_life_goes_on_with_what_one_left_undone(world: World) -> None:
    class Killed(Exception):
        pass

    def kill(_: int) -> None:
        raise Killed

    async def story(poller: Poller, store: Store) -> None:
        await world.settle_in(poller, store)
        others = [Channel("console", "local", f"c{number}") for number in range(3)]
        for channel in others:
            store.channels.subscribe(Subscription(channel, ACME, Filter(), "me", world.now), everything)
        earlier = Store(world.url, channels_at_once=1)
        before = earlier.records.before(ACME, [], None)
        assert before is not None
        news = Incident(ACME, "inc1", IncidentKind.INCIDENT, "Down", Phase.INVESTIGATING, Impact.MAJOR, world.now)
        outcome = PollOutcome(ACME, world.now + timedelta(hours=1), 60, read_at=world.now)
        recording = Recording(replace(before, taken_at=world.now), outcome, (news,), frozenset([news.id]))
        with pytest.raises(Killed):
            earlier.records.record(recording, everything, kill)
        earlier.close()
        world.due.clear()
        # Where several parts are worked on at once, each is left undone by itself.
        for _ in others:
            await poller.tick()
        assert sum(world.due) == len(others)
        assert cards(store) == ["inc1"] * 4

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
