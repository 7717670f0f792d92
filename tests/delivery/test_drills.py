"""A test goes the way of an outage, in one channel, from its opening to its end, whatever happens in between."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from bot.domain import ChannelSettings, Mode, QuietHours
from bot.domain.digests import DigestSchedule
from bot.domain.drill import STEPS
from tests.delivery.story import Story, channel, incident, story
from tests.text import read

OPS, DEV, ELSEWHERE = channel("ops"), channel("dev"), channel("ops", "w2")


def play(told: Story) -> None:
    """To its end, as the running bot would."""
    for _ in STEPS:
        told.store.drills.advance(told.clock())
        told.deliver()
        told.clock.turn(seconds=40)


def test_it_opens_is_updated_and_ends_in_this_channel_alone(database_url: str) -> None:
    with story(database_url) as told:
        told.subscribe(OPS, DEV, ELSEWHERE, mode=Mode.THREAD_KEY)
        assert told.store.drills.start(OPS, Mode.THREAD_KEY, "ann", told.clock())
        play(told)
        calls = told.chat.sent(OPS)
        assert [call.verb for call in calls if call.verb != "edit"] == ["post", *["reply"] * 4]
        assert all("test" in read(call.message).casefold() for call in calls)
        assert "Test: A made-up outage, only a test" in read(calls[0].message)
        assert "This is only a test: nothing is down." in read(calls[0].message)
        assert "resolved after 1 min" in read(calls[-1].message)
        assert not any(call.message.mention for call in calls)
        assert (told.chat.sent(DEV), told.chat.sent(ELSEWHERE)) == ([], [])
        told.clock.turn(hours=1)
        assert told.store.drills.advance(told.clock()) == 0
        told.deliver()
        assert told.chat.sent(OPS) == calls


@pytest.mark.parametrize("mode", list(Mode))
def test_it_is_shown_in_its_own_mode_and_through_quiet_hours(database_url: str, mode: Mode) -> None:
    with story(database_url) as told:
        told.subscribe(OPS)
        told.store.channels.set_settings(OPS, ChannelSettings(Mode.FLAT, quiet=QuietHours(time(0), time(23, 59))))
        told.store.drills.start(OPS, mode, "ann", told.clock())
        play(told)
        verbs = [call.verb for call in told.chat.sent(OPS)]
        assert verbs.count("post") == (3 if mode is Mode.FLAT else 1)
        assert ("reply" in verbs) == (mode in (Mode.THREAD, Mode.THREAD_KEY))
        assert told.store.channels.settings(OPS).mode is Mode.FLAT


def test_a_crash_in_the_middle_does_not_leave_it_open(database_url: str) -> None:
    with story(database_url) as told:
        told.store.drills.start(OPS, Mode.THREAD, "ann", told.clock())
        told.deliver()
        told.clock.turn(days=2)
        told.store.own.forget(told.clock.now)
        for _ in range(3):
            told.store.drills.advance(told.clock())
        told.deliver()
        assert "resolved after" in read(told.chat.sent(OPS)[-1].message)
        assert told.store.drills.running(OPS) is None
        told.clock.turn(days=2)
        assert told.store.own.forget(told.clock()) == 1
        assert told.store.cards.of_channel(OPS, told.clock.now.replace(year=2000)) == ()


def test_a_second_one_waits_for_the_end_of_the_first(database_url: str) -> None:
    with story(database_url) as told:
        assert told.store.drills.start(OPS, Mode.THREAD, "ann", told.clock())
        assert not told.store.drills.start(OPS, Mode.FLAT, "bob", told.clock())
        assert told.store.drills.start(DEV, Mode.FLAT, "bob", told.clock())
        running = told.store.drills.running(OPS)
        assert running is not None
        assert (running.started_by, running.mode) == ("ann", Mode.THREAD)
        play(told)
        assert told.store.drills.start(OPS, Mode.FLAT, "bob", told.clock())
        play(told)
        assert sum("Test: A made-up outage" in read(call.message) for call in told.chat.sent(OPS)) > 3


def test_it_counts_nowhere(database_url: str) -> None:
    with story(database_url) as told:
        told.subscribe(OPS)
        store, now = told.store, told.clock()
        before = (store.diagnostics.totals(now), store.pages.counts(), store.boards.counts())
        store.drills.start(OPS, Mode.THREAD, "ann", now)
        assert (store.diagnostics.totals(now), store.pages.counts(), store.boards.counts()) == before
        drill = store.drills.running(OPS)
        assert drill is not None
        assert store.records.find_incident(f"{drill.vendor}/{drill.incident_id}") == ()
        assert store.records.find_incident(drill.incident_id) == ()
        assert len(store.records.find_incident(drill.incident_id, [drill.vendor])) == 1
        assert store.workspaces.open_incidents(OPS.platform, OPS.workspace) == ()
        assert store.pages.down(10) == ()
        assert [s.last_post for s in store.channels.subscriptions(OPS)] == [None]
        play(told)
        assert [s.last_post for s in store.channels.subscriptions(OPS)] == [None]
        told.record(incident("one", told.clock(), "Hm."))
        told.deliver()
        assert "Trouble one" in read(told.chat.sent(OPS)[-1].message)


def test_it_is_shown_though_the_channel_gets_its_digest_alone(database_url: str) -> None:
    with story(database_url) as told:
        told.subscribe(OPS)
        now = told.clock()
        only = DigestSchedule(time(9), only=True)
        told.store.digests.set(OPS, only, "ann", now, covered_until=now, due=now + timedelta(days=1))
        told.store.drills.start(OPS, Mode.THREAD, "ann", now)
        play(told)
        shown = told.chat.sent(OPS)
        assert [call.verb for call in shown if call.verb != "edit"] == ["post", *["reply"] * 3]
        told.store.digests.end(OPS, told.clock())
        told.deliver()
        assert told.chat.sent(OPS) == shown
