"""What becomes of an incident from its page to the store: told, edited, gone, back, and the process killed midway."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from bot.domain import Channel, Filter, Impact, Incident, IncidentKind, Phase, Subscription
from bot.monitor.poller import Poller
from bot.store import Store
from bot.store.values import PollOutcome, Recording
from tests.monitor.acme import INCIDENTS, MAINTENANCES, SUMMARY
from tests.monitor.facts import ACME
from tests.monitor.poller.world import CHANNEL, World, cards, everything, record, show, state, until
from tests.servers import Reply


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
