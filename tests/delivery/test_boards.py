"""A channel's board: posted once, edited when what it says changes and now and then, through deaths and refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.delivery.boards import Cadence
from bot.delivery.port import MessageRejected, OutcomeUnknown, RetryLater, Undeliverable
from bot.domain import (
    Channel,
    ChannelState,
    Component,
    Dependency,
    Filter,
    Health,
    Level,
    Mute,
    Service,
    Slug,
    Snapshot,
    Unreadable,
)
from bot.message import Message
from bot.routing import route
from bot.store.values import PollOutcome, Recording, Release
from tests.delivery.story import ACME, Story, channel, incident, story
from tests.fakes import Cut
from tests.text import read

A, B = channel("a"), channel("b")
BOLT = replace(ACME, slug=Slug("bolt"), name="Bolt")


@pytest.fixture(name="told")
def _told(database_url: str) -> Iterator[Story]:
    with capture_logs(), story(database_url) as told:
        told.store.pages.sync_catalog([ACME, BOLT], told.clock(), 1)
        see(told, Level.OPERATIONAL)
        told.subscribe(A)
        yield told


def see(told: Story, level: Level | None, *, slug: Slug = ACME.slug) -> None:
    """The page is read, and says this."""
    now = told.clock()
    snapshot = Snapshot(slug, level, "", (), (), now)
    told.store.records.record(
        Recording(snapshot, PollOutcome(slug, now + timedelta(minutes=1), 60, read_at=now)), route
    )


def same(told: Story) -> None:
    """The page is read, and says what it said."""
    now = told.clock()
    told.store.pages.settle([PollOutcome(ACME.slug, now + timedelta(minutes=1), 60, read_at=now)])


def put_up(told: Story, where: Any = A) -> None:
    told.store.boards.put_up(where, "ann", told.clock())


def acts(told: Story, where: Any = A, **span: float) -> list[tuple[str, str]]:
    """What the channel is sent about its board once all is delivered that is due after this time."""
    before = len(told.chat.calls)
    told.clock.turn(**span)
    told.deliver()
    calls = told.chat.calls[before:]
    return [(call.verb, call.message.title or "") for call in calls if call.channel == where and call.ref is not None]


def on_board(told: Story, where: Any = A) -> Message:
    """The one message that is the channel's board now."""
    board = told.store.boards.of(where)
    assert board is not None
    assert board.ref is not None
    return told.chat.messages[where][board.ref]


GREEN = "No outage: Acme is operational."
BAD = "Acme: partial outage."


# --- what it shows ---------------------------------------------------------------------------------------------------


def test_it_is_posted_and_pinned_once_and_left_alone_while_nothing_happens(told: Story) -> None:
    put_up(told)
    assert acts(told) == [("post", GREEN)]
    assert told.chat.pinned == [(A, "m1")]
    same(told)
    assert acts(told, minutes=5) == []
    assert told.chat.pinned == [(A, "m1")]


def test_a_change_is_shown_at_the_next_look_and_many_changes_in_one_edit(told: Story) -> None:
    put_up(told)
    acts(told)
    see(told, Level.PARTIAL_OUTAGE)
    assert acts(told, seconds=29) == []
    for level in (Level.OPERATIONAL, Level.MAJOR_OUTAGE, Level.PARTIAL_OUTAGE):
        see(told, level)
    assert acts(told, seconds=1) == [("edit", BAD)]
    assert acts(told, seconds=30) == []
    see(told, Level.MAJOR_OUTAGE)
    assert acts(told) == [("edit", "Acme: major outage.")]


def test_a_change_that_it_does_not_show_costs_no_edit(told: Story) -> None:
    put_up(told)
    one = incident("i1", told.clock(), "one")
    told.record(one)
    assert acts(told)[-1] == ("post", "Acme: degraded performance.")
    told.record(incident("i1", told.clock(), "one", "two"))
    assert [verb for verb, title in acts(told, minutes=1) if title == "Acme: degraded performance."] == []
    assert "Trouble i1" in read(on_board(told))


def test_now_and_then_its_age_is_renewed(told: Story) -> None:
    put_up(told)
    acts(told)
    told.clock.turn(minutes=9)
    same(told)
    assert acts(told, minutes=1) == [("edit", GREEN)]
    assert "Oldest reading: 2026-03-02 09:09" in read(on_board(told))
    assert acts(told, minutes=9) == []


def test_what_cannot_be_read_is_shown_at_once_and_is_not_green(told: Story) -> None:
    put_up(told)
    acts(told)
    told.clock.turn(minutes=1)
    now = told.clock()
    failed = PollOutcome(ACME.slug, now, 60, 3, unreadable=Unreadable("it times out", now))
    told.store.pages.settle([failed])
    assert acts(told) == [("edit", "Unknown: Acme.")]
    assert "unknown · Acme, cannot be read since 2026-03-02 09:01; operational before that" in read(on_board(told))
    told.store.pages.settle([failed])
    assert acts(told, minutes=1) == []
    same(told)
    assert acts(told) == [("edit", GREEN)]


def test_a_mute_is_said_and_ends_in_time(told: Story) -> None:
    put_up(told)
    acts(told)
    told.store.mutes.mute_vendor(A, ACME.slug, Mute(told.clock() + timedelta(minutes=5)), told.clock())
    assert acts(told, minutes=1) == [("edit", GREEN)]
    assert "muted until 2026-03-02 09:05" in read(on_board(told))
    assert acts(told, minutes=4) == [("edit", GREEN)]
    assert "muted" not in read(on_board(told))


def test_a_muted_incident_stays_on_it(told: Story) -> None:
    told.record(incident("i1", told.clock(), "one"))
    told.deliver()
    put_up(told)
    told.store.mutes.mute(A, ACME.slug, "i1", Mute(), told.clock())
    acts(told)
    assert "Trouble i1 (muted)" in read(on_board(told))


def test_subscriptions_come_and_go_on_it(told: Story) -> None:
    put_up(told)
    acts(told)
    told.store.channels.unsubscribe(A, None)
    assert acts(told, minutes=1) == [("edit", "This channel subscribes to nothing yet.")]
    assert "Try subscribe github" in read(on_board(told))
    told.subscribe(A)
    assert acts(told, minutes=1) == [("edit", GREEN)]


def test_a_channel_that_subscribes_to_nothing_may_have_one(told: Story) -> None:
    put_up(told, B)
    assert acts(told, B) == [("post", "This channel subscribes to nothing yet.")]


def test_other_channels_boards_are_left_alone(told: Story) -> None:
    told.store.boards.put_up(B, "ann", told.clock())
    put_up(told)
    acts(told)
    see(told, Level.PARTIAL_OUTAGE)
    assert acts(told, B, minutes=1) == []


# --- moved, taken down, deleted --------------------------------------------------------------------------------------


def test_it_moves_down_and_the_one_before_says_so(told: Story) -> None:
    put_up(told)
    acts(told)
    put_up(told)
    assert acts(told) == [("post", GREEN), ("edit", "This board has moved down.")]
    assert [call.ref for call in told.chat.sent(A)] == ["m1", "m2", "m1"]
    assert told.chat.pinned == [(A, "m2")]
    see(told, Level.PARTIAL_OUTAGE)
    assert acts(told, minutes=1) == [("edit", BAD)]
    assert told.chat.sent(A)[-1].ref == "m2"


def test_taken_down_it_says_so_and_is_forgotten(told: Story) -> None:
    put_up(told)
    acts(told)
    assert told.store.boards.take_down(A, told.clock())
    assert told.store.boards.of(A) is None
    assert acts(told) == [("edit", "This board was taken down.")]
    assert told.chat.pinned == []
    see(told, Level.PARTIAL_OUTAGE)
    assert acts(told, minutes=20) == []
    put_up(told)
    assert acts(told) == [("post", BAD)]


@pytest.mark.parametrize("drops", [True, False])
def test_put_up_again_before_it_said_so_it_is_a_new_one(told: Story, drops: bool) -> None:
    told.chat.drops = drops
    put_up(told)
    acts(told)
    told.store.boards.take_down(A, told.clock())
    put_up(told)
    assert acts(told) == [("post", GREEN), ("edit", "This board has moved down.")]


def test_a_deleted_board_is_posted_anew_once_and_not_wanted_if_it_is_deleted_again(told: Story) -> None:
    put_up(told)
    acts(told)
    told.chat.delete(A, "m1")
    see(told, Level.PARTIAL_OUTAGE)
    assert acts(told, minutes=1) == [("post", BAD)]
    told.chat.delete(A, "m2")
    see(told, Level.OPERATIONAL)
    assert acts(told, hours=23) == []
    assert told.store.boards.of(A) is None


def test_a_board_that_is_deleted_long_after_is_posted_anew_again(told: Story) -> None:
    put_up(told)
    acts(told)
    for ref in ("m1", "m2"):
        told.chat.delete(A, ref)
        assert [verb for verb, _ in acts(told, hours=25)] == ["post"]
    assert len(told.chat.messages[A]) == 1


# --- through deaths and refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [True, False])
def test_a_death_between_post_and_record_makes_no_second_board(told: Story, after: bool) -> None:
    put_up(told)
    told.chat.trouble(A, Cut(), after=after)
    with pytest.raises(Cut):
        told.deliver()
    see(told, Level.PARTIAL_OUTAGE)
    acts(told, minutes=6)
    assert len(told.chat.messages[A]) == 1
    assert on_board(told).title == BAD
    assert told.chat.pinned == [(A, "m1")]


@pytest.mark.parametrize("after", [True, False])
def test_a_cut_connection_makes_no_second_board(told: Story, after: bool) -> None:
    put_up(told)
    told.chat.trouble(A, OutcomeUnknown("cut"), after=after)
    acts(told)
    acts(told, seconds=30)
    assert len(told.chat.messages[A]) == 1
    assert on_board(told).title == GREEN


def test_where_nobody_can_look_there_is_one_that_is_kept_up_to_date(told: Story) -> None:
    told.chat.finds = False
    put_up(told)
    told.chat.trouble(A, OutcomeUnknown("cut"), after=True)
    acts(told)
    acts(told, seconds=30)
    assert len(told.chat.messages[A]) == 2
    see(told, Level.PARTIAL_OUTAGE)
    assert acts(told, minutes=1) == [("edit", BAD)]
    assert on_board(told).title == BAD


def test_the_same_key_again_where_the_platform_drops_it(told: Story) -> None:
    told.chat.drops = True
    put_up(told)
    told.chat.trouble(A, OutcomeUnknown("cut"), after=True)
    acts(told)
    acts(told, seconds=30)
    assert list(told.chat.messages[A]) == ["m1"]
    assert told.store.boards.of(A).ref == "m1"  # type: ignore[union-attr]


def test_an_edit_of_unknown_outcome_is_made_again(told: Story) -> None:
    put_up(told)
    acts(told)
    see(told, Level.PARTIAL_OUTAGE)
    told.chat.trouble(A, OutcomeUnknown("cut"))
    assert acts(told, minutes=1) == []
    assert acts(told, seconds=30) == [("edit", BAD)]


def test_a_limit_is_waited_out_whatever_happens_meanwhile(told: Story) -> None:
    put_up(told)
    acts(told)
    see(told, Level.PARTIAL_OUTAGE)
    told.chat.trouble(A, RetryLater(300))
    assert acts(told, minutes=1) == []
    see(told, Level.MAJOR_OUTAGE)
    assert acts(told, seconds=299) == []
    assert acts(told, seconds=1) == [("edit", "Acme: major outage.")]


def test_a_channel_that_does_not_take_it_is_not_lost_and_says_why(told: Story) -> None:
    put_up(told)
    told.chat.trouble(A, Undeliverable("Invite me."), Undeliverable("Invite me."))
    acts(told)
    assert told.store.boards.of(A).error == "Invite me."  # type: ignore[union-attr]
    assert [reason for _, reason in told.store.boards.counts().failing] == ["Invite me."]
    assert told.store.channels.unhealthy() == ()
    assert acts(told, minutes=59) == []
    assert len(told.chat.calls) == 1
    put_up(told)
    told.chat.trouble(A)
    acts(told)
    assert len(told.chat.calls) == 2, "who asks for it again has it tried at once"
    assert [verb for verb, _ in acts(told, hours=1)] == ["post"]
    assert told.store.boards.of(A).error is None  # type: ignore[union-attr]


def test_a_channel_in_trouble_pauses_it(told: Story) -> None:
    put_up(told)
    acts(told)
    told.record(incident("i1", told.clock(), "one"))
    lane = told.store.cards.lease_channels(["list"], told.clock(), 1, 60)[0]
    told.store.cards.commit([Release(lane, state=ChannelState(Health.SUSPENDED, "Invite me.", told.clock(), 4))])
    assert acts(told, hours=1) == []
    told.store.channels.mark_recovered(A)
    assert acts(told)[-1] == ("edit", "Unknown: Acme."), "nobody has read the page for an hour"


def test_what_the_platform_refuses_is_shown_in_plain_words(told: Story) -> None:
    put_up(told)
    told.chat.trouble(A, MessageRejected("too odd"))
    assert acts(told) == [("post", "")]
    assert on_board(told).summary == GREEN
    assert on_board(told).blocks == ()


def test_where_the_second_post_is_dropped_the_first_is_edited_to_what_is_so_now(told: Story) -> None:
    told.chat.drops = True
    put_up(told)
    told.chat.trouble(A, OutcomeUnknown("cut"), after=True)
    acts(told)
    see(told, Level.PARTIAL_OUTAGE)
    acts(told, seconds=30)
    assert len(told.chat.messages[A]) == 1
    assert on_board(told).title == BAD


def test_what_is_refused_in_plain_words_too_waits(told: Story) -> None:
    put_up(told)
    told.chat.trouble(A, MessageRejected("too odd"), MessageRejected("too odd"))
    assert acts(told) == []
    assert acts(told, minutes=59) == []
    assert [verb for verb, _ in acts(told, minutes=1)] == ["post"]


def test_a_board_that_cannot_be_pinned_is_a_board(told: Story) -> None:
    put_up(told)
    told.chat.trouble(A, None, Undeliverable("no"))
    assert acts(told) == [("post", GREEN)]
    assert told.chat.pinned == []
    assert told.store.boards.of(A).error is None  # type: ignore[union-attr]


def test_a_limit_of_pins_is_waited_out(told: Story) -> None:
    put_up(told)
    told.chat.trouble(A, None, RetryLater(10))
    acts(told)
    assert told.chat.pinned == []
    acts(told, seconds=10)
    assert told.chat.pinned == [(A, "m1")]


def test_a_former_board_that_stays_pinned_holds_up_nothing(told: Story) -> None:
    put_up(told)
    acts(told)
    told.store.boards.take_down(A, told.clock())
    told.chat.trouble(A, None, RetryLater(10))
    acts(told)
    told.chat.trouble(A, None, Undeliverable("no"))
    acts(told, seconds=10)
    assert told.chat.pinned == [(A, "m1")]
    assert told.store.boards.counts().total == 0
    assert acts(told, minutes=20) == []


def test_a_former_board_that_cannot_be_changed_holds_up_nothing(told: Story) -> None:
    put_up(told)
    acts(told)
    told.chat.delete(A, "m1")
    put_up(told)
    assert acts(told) == [("post", GREEN)]
    told.store.boards.take_down(A, told.clock())
    told.chat.trouble(A, RetryLater(60))
    assert acts(told) == []
    assert acts(told, seconds=60) == [("edit", "This board was taken down.")]


def test_two_workers_make_one_board(told: Story) -> None:
    for n in range(20):
        put_up(told, channel(f"c{n}"))

    async def both() -> None:
        await asyncio.gather(*(told.delivery().run_until_quiet() for _ in range(2)))

    asyncio.run(both())
    assert {len(told.chat.messages[channel(f"c{n}")]) for n in range(20)} == {1}


def test_a_worker_that_runs_on_keeps_it_too(told: Story) -> None:
    put_up(told)

    async def run() -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(told.delivery().run(stop))
        for _ in range(500):
            if told.chat.pinned:
                break
            await asyncio.sleep(0.01)
        stop.set()
        await work

    asyncio.run(run())
    assert told.chat.pinned == [(A, "m1")]
    assert acts(told) == []


def test_how_often_is_a_setting(told: Story) -> None:
    put_up(told)
    seldom = Cadence(edit_s=300, refresh_s=3_600)
    told.deliver(boards=seldom)
    see(told, Level.PARTIAL_OUTAGE)
    told.clock.turn(minutes=4)
    told.deliver(boards=seldom)
    assert len(told.chat.calls) == 1
    told.clock.turn(minutes=1)
    told.deliver(boards=seldom)
    assert len(told.chat.calls) == 2


def test_a_board_groups_its_vendors_by_service_of_its_workspace(told: Story) -> None:
    def define(where: Channel, name: str, *needs: Dependency) -> None:
        told.store.services.define(where, Service(name, needs, "ann", told.clock()), route)

    now = told.clock()
    parts = (Component("c1", "API", Level.DEGRADED), Component("c2", "Web", Level.OPERATIONAL))
    snapshot = Snapshot(ACME.slug, Level.DEGRADED, "", parts, (), now)
    told.store.records.record(Recording(snapshot, PollOutcome(ACME.slug, now, 60, read_at=now)), route)
    put_up(told)
    acts(told)
    assert "checkout" not in read(on_board(told))
    define(channel("z", "w2"), "theirs", Dependency(ACME.slug, Filter()))
    assert acts(told, minutes=2) == [], "another workspace's"
    define(A, "checkout", Dependency(ACME.slug, Filter(components=("Web",))))
    assert [verb for verb, _ in acts(told, minutes=2)] == ["edit"]
    assert read(on_board(told)).splitlines()[1:3] == ["checkout", "- 🟢 operational · Acme"]
    define(A, "checkout", Dependency(ACME.slug, Filter(components=("API",))))
    acts(told, minutes=2)
    assert read(on_board(told)).splitlines()[1:3] == ["checkout", "- 🟡 degraded performance · Acme"]
    told.store.services.remove(A, "checkout", route, told.clock())
    acts(told, minutes=2)
    assert "checkout" not in read(on_board(told))
