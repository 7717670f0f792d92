from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.cards import ActReason
from bot.delivery.port import MessageRejected, OutcomeUnknown, RetryLater, Undeliverable
from bot.delivery.worker import Delivery
from bot.domain import Health, Mode, Mute, Phase
from bot.store import StoreError
from bot.store.cards import Cards
from bot.store.values import ChannelLease
from tests.delivery.story import ACME, Story, channel, incident, quoted, story
from tests.fakes import Cut

A, B, C = channel("a"), channel("b"), channel("c", workspace="w2")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What is logged is not printed: tracebacks of deaths on purpose take long to draw."""
    with capture_logs():
        yield


@pytest.fixture(name="told")
def _told(database_url: str) -> Iterator[Story]:
    with story(database_url) as told:
        yield told


# --- the way things go ----------------------------------------------------------------------------------------------


def test_every_channel_is_told_everything_once_in_order(told: Story) -> None:
    told.subscribe(A)
    told.subscribe(B, mode=Mode.FLAT)
    told.subscribe(C, mode=Mode.EDIT)
    start, texts = told.clock(), ["one", "two", "three", "four"]
    for count in range(1, 5):
        told.record(*(incident(name, start, *(f"{name} {t}" for t in texts[:count])) for name in ("i1", "i2")))
        told.deliver()
        told.deliver()
    for where in (A, B):
        for name in ("i1", "i2"):
            assert [t for t in told.texts(where) if t.startswith(name)] == [f"{name} {t}" for t in texts]
    assert {call.verb for call in told.chat.sent(A)} == {"post", "reply", "edit"}
    assert {call.verb for call in told.chat.sent(B)} == {"post", "edit"}
    assert [call.verb for call in told.chat.sent(C)].count("post") == 2


def test_with_no_chat_at_all_delivery_waits_and_lets_others_work(told: Story) -> None:
    looks: list[datetime] = []

    async def alone() -> None:
        stop = asyncio.Event()

        def now() -> datetime:
            looks.append(told.clock())
            if len(looks) > 100:
                stop.set()
            return told.clock()

        delivering = asyncio.create_task(Delivery(told.store, [], told.threads, now).run(stop))
        for _ in range(10):
            await asyncio.sleep(0)
        # Until what it did beside the channels is done, and nothing is left but to wait.
        while len(asyncio.all_tasks()) > 3:  # noqa: ASYNC110 (tasks of its own)
            await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)
        stop.set()
        await delivering

    asyncio.run(alone())
    assert len(looks) <= 100


def test_the_observer_hears_of_each_act_after_it_was_carried_out(told: Story) -> None:
    told.subscribe(A)
    told.record(incident("i1", told.clock(), "one", "two"))
    seen: list[tuple[str, ActReason, int]] = []
    told.deliver(on_act=lambda now, due, act, message: seen.append((act.kind, act.reason, len(told.chat.calls))))
    assert seen == [
        ("post", ActReason.OPENED, 1),
        ("reply", ActReason.DROPPED, 2),
        ("reply", ActReason.UPDATED, 3),
        ("edit", ActReason.REFRESHED, 4),
    ]


def test_an_end_of_long_ago_is_told_to_nobody_who_did_not_hear_of_it(told: Story) -> None:
    told.subscribe(A)
    told.record(incident("i1", told.clock(), "over", phase=Phase.RESOLVED))
    told.clock.turn(hours=80)
    told.deliver(late_limit=timedelta(hours=72))
    assert told.chat.calls == []
    told.record(incident("i1", told.clock() - timedelta(hours=80), "over", phase=Phase.RESOLVED))
    told.deliver()
    assert told.texts(A) == ["over"]


def test_somebody_is_mentioned_once_whatever_happens_to_the_call(told: Story) -> None:
    told.record()
    told.subscribe(A, mention="@oncall")
    told.record(incident("i1", told.clock(), "one"))
    told.chat.trouble(A, RetryLater(5))
    told.deliver()
    told.clock.turn(seconds=5)
    told.chat.trouble(A, OutcomeUnknown("cut"), after=True)
    told.deliver()
    told.clock.turn(seconds=10)
    told.record(incident("i1", told.clock(), "one", "two"))
    told.deliver()
    assert [(call.verb, call.message.mention) for call in told.chat.sent(A)] == [
        ("post", "@oncall"),
        ("reply", None),
        ("reply", None),
        ("edit", "@oncall"),  # Its message goes on naming them, and pings nobody.
    ]


def test_a_message_in_plain_words_still_mentions(told: Story) -> None:
    told.record()
    told.subscribe(A, mention="@oncall")
    told.chat.trouble(A, MessageRejected("invalid_blocks"))
    told.record(incident("i1", told.clock(), "one"))
    told.deliver()
    assert [(call.message.blocks, call.message.mention) for call in told.chat.sent(A)] == [((), "@oncall")]


def test_a_muted_channel_gets_in_one_message_what_it_missed_and_is_left_alone_until_then(told: Story) -> None:
    told.subscribe(A)
    start = told.clock()
    told.record(incident("i1", start, "one"))
    told.deliver()
    told.store.mutes.mute(A, ACME.slug, "i1", Mute(start + timedelta(hours=1)), told.clock())
    for count in (2, 3):
        told.clock.turn(minutes=10)
        told.record(incident("i1", start, *["one", "two", "three"][:count]))
        told.deliver()
    assert told.texts(A) == ["one"]
    assert told.store.cards.lease_channels(["list"], told.clock(), 9, 60) == ()
    told.clock.turn(minutes=40)
    told.deliver()
    assert told.texts(A) == ["one", "two", "three"]
    assert [call.verb for call in told.chat.sent(A)][-2:] == ["reply", "edit"]
    assert told.store.cards.next_wake(["list"], told.clock()) is None
    told.record(incident("i1", start, "one", "two", "three", "four", "five"))
    told.deliver()
    assert [call.verb for call in told.chat.sent(A)][-3:] == ["reply", "reply", "edit"], "the mute is over for good"


def test_muted_until_it_is_over_ends_with_an_edit_and_hears_of_a_reopening(told: Story) -> None:
    told.subscribe(A)
    start = told.clock()
    told.record(incident("i1", start, "one"))
    told.deliver()
    told.store.mutes.mute(A, ACME.slug, "i1", Mute(), told.clock())
    told.record(incident("i1", start, "one", "two"))
    told.deliver()
    told.record(incident("i1", start, "one", "two", "over", phase=Phase.RESOLVED))
    told.deliver()
    assert {call.verb for call in told.chat.sent(A)[1:]} == {"edit"}
    assert told.chat.sent(A)[-1].message.summary.endswith("resolved after 2 min")
    told.record(incident("i1", start, "one", "two", "over", "again"))
    told.deliver()
    assert told.texts(A) == ["one", "again"]


def test_what_was_begun_before_a_mute_is_finished(told: Story) -> None:
    told.subscribe(A)
    told.record(incident("i1", told.clock(), "one"))
    told.chat.trouble(A, OutcomeUnknown("cut"))
    told.deliver()
    told.store.mutes.mute(A, ACME.slug, "i1", Mute(told.clock() + timedelta(hours=1)), told.clock())
    told.clock.turn(minutes=10)
    told.deliver()
    assert told.texts(A) == ["one"]


# --- limits and trouble ---------------------------------------------------------------------------------------------


def test_a_throttled_channel_slows_no_other_and_goes_on_with_the_same_act(told: Story) -> None:
    told.subscribe(A, B)
    told.record(incident("i1", told.clock(), "one", "two", "three"))
    told.chat.trouble(A, None, RetryLater(30))
    told.deliver()
    assert told.texts(B) == ["one", "two", "three"]
    assert told.texts(A) == ["one"]
    told.clock.turn(seconds=29)
    told.deliver()
    assert told.texts(A) == ["one"]
    told.clock.turn(seconds=1)
    told.deliver()
    assert told.texts(A) == ["one", "two", "three"]
    refused, repeated = [call for call in told.chat.calls if call.channel == A][1:3]
    assert (refused.ref, refused.key) == (None, repeated.key)


def test_a_limit_leaves_no_doubt_on_a_platform_that_cannot_look_messages_up(told: Story) -> None:
    told.chat.finds = False
    told.subscribe(A)
    told.chat.trouble(A, RetryLater(30), Undeliverable("Invite me."))
    told.record(incident("i1", told.clock(), "one"))
    for _ in range(3):
        told.deliver()
        told.clock.turn(minutes=10)
    assert [call.ref for call in told.chat.calls] == [None, None, "m1"]


def test_a_limit_of_the_workspace_holds_its_other_channels_too(told: Story) -> None:
    told.subscribe(A, B, C)
    told.chat.trouble(A, RetryLater(30, whole_workspace=True))
    told.record(incident("i1", told.clock(), "one"))
    told.deliver(max_channels=1)
    assert told.texts(A) == told.texts(B) == []
    assert told.texts(C) == ["one"]
    told.clock.turn(seconds=30)
    told.deliver()
    assert told.texts(A) == told.texts(B) == ["one"]


def test_an_edit_that_has_to_wait_holds_no_news_up_and_those_after_it_are_one_with_it(told: Story) -> None:
    told.subscribe(A)
    told.record(incident("i1", told.clock(), "one"))
    told.deliver()
    for texts in (["one", "two"], ["one", "two", "three"], ["one", "two", "three", "four"]):
        told.chat.trouble(A, *[None] * (2 if texts[-1] == "two" else 1), RetryLater(60))
        told.clock.turn(seconds=10)
        told.record(incident("i1", told.clock() - timedelta(minutes=3), *texts))
        told.deliver()
        assert told.texts(A) == texts
    assert all(call.verb != "edit" for call in told.chat.sent(A))
    told.clock.turn(seconds=60)
    told.deliver()
    assert [(call.verb, quoted(call.message)) for call in told.chat.sent(A) if call.verb == "edit"] == [
        ("edit", ["four"])
    ]
    told.clock.turn(hours=1)
    told.deliver()
    assert len([call for call in told.chat.sent(A) if call.verb == "edit"]) == 1


def test_a_channel_that_never_answers_is_cut_off_and_looked_at_again(told: Story) -> None:
    told.subscribe(A, B)
    told.chat.held[A] = asyncio.Event()
    told.record(incident("i1", told.clock(), "one"))
    told.deliver(call_s=0.05)
    assert told.texts(B) == ["one"]
    del told.chat.held[A]
    told.clock.turn(seconds=10)
    told.deliver()
    assert told.texts(A) == ["one"]


def test_a_lost_channel_is_suspended_its_subscribers_told_once_and_back_it_gets_one_message(told: Story) -> None:
    told.subscribe(A, by="ann")
    start = told.clock()
    told.record(incident("i1", start, "one"))
    told.deliver()
    told.chat.trouble(A, *[Undeliverable("Invite me to the channel.")] * 4)
    told.record(incident("i1", start, "one", "two"))
    healths = []
    for minutes in (0, 10, 20, 30):
        told.clock.turn(minutes=minutes)
        told.deliver()
        healths.append(told.store.channels.state(A).health)
    assert healths == [Health.DEGRADED] * 3 + [Health.SUSPENDED]
    ((where, user, message),) = told.chat.told
    assert (where, user) == (A, "ann")
    assert "Invite me to the channel." in message.summary
    told.record(incident("i1", start, "one", "two", "three"), incident("i2", start, "other one", "other two"))
    told.clock.turn(days=1)
    told.deliver()
    assert told.texts(A) == ["one"]
    assert told.store.channels.mark_recovered(A)
    told.deliver()
    sends = [call for call in told.chat.sent(A)[1:] if call.verb != "edit"]
    assert [call.verb for call in sends] == ["reply", "reply", "post"]
    assert told.texts(A) == ["one", "two", "three", "other one", "other two"]
    assert told.store.channels.state(A).health is Health.ACTIVE
    assert len(told.chat.told) == 1


def test_a_channel_that_can_be_reached_again_is_well_again(told: Story) -> None:
    told.subscribe(A)
    told.chat.trouble(A, Undeliverable("Invite me."))
    told.record(incident("i1", told.clock(), "one"))
    told.deliver()
    told.clock.turn(minutes=10)
    told.deliver()
    assert told.texts(A) == ["one"]
    assert told.store.channels.state(A).health is Health.ACTIVE
    assert len(told.chat.told) == 1


def test_long_suspended_channels_are_forgotten(told: Story) -> None:
    told.subscribe(A)
    told.chat.trouble(A, *[Undeliverable("Invite me.")] * 4)
    told.record(incident("i1", told.clock(), "one"))
    for _ in range(4):
        told.deliver()
        told.clock.turn(minutes=30)
    before = told.clock()
    assert told.store.channels.purge(before - timedelta(days=30)) == 0
    assert told.store.channels.purge(before) == 1
    assert told.store.channels.subscriptions(A) == ()


def test_a_deleted_root_comes_back_with_the_next_news(told: Story) -> None:
    told.subscribe(A)
    start = told.clock()
    told.record(incident("i1", start, "one"))
    told.deliver()
    told.chat.delete(A, "m1")
    told.record(incident("i1", start, "one", "two"))
    told.deliver()
    told.record(incident("i1", start, "one", "two", "three"))
    told.deliver()
    sends = [call for call in told.chat.sent(A) if call.verb != "edit"]
    assert [(call.verb, call.under) for call in sends] == [
        ("post", None),
        ("post", None),
        ("reply", sends[1].ref),
        ("reply", sends[1].ref),
    ]


@pytest.mark.parametrize("mode", list(Mode))
def test_a_card_that_is_deleted_twice_is_muted_until_it_is_over(told: Story, mode: Mode) -> None:
    told.subscribe(A, mode=mode)
    start, texts = told.clock(), ["one"]
    for text in ("two", "three", "four"):
        told.record(incident("i1", start, *texts))
        told.deliver()
        told.chat.messages[A].clear()
        texts.append(text)
    told.record(incident("i1", start, *texts))
    told.deliver()
    late = 1 if mode is Mode.FLAT else 0
    assert len(told.chat.messages[A]) == late, "in flat mode a text is on its way before the root is missed"
    told.chat.messages[A].clear()
    (muted,) = told.store.mutes.of_channel(A, told.clock())
    assert muted.mute == Mute()
    card = told.store.cards.of_incident(A, ACME.slug, "i1")
    assert card is not None
    assert card.deletions == 2
    told.record(incident("i1", start, *texts, "over", phase=Phase.RESOLVED))
    told.deliver()
    assert told.chat.messages[A] == {}
    assert told.store.mutes.unmute(A, ACME.slug, "i1", told.clock()) is False, "the mute is over with it"
    told.record(incident("i2", start, "another"))
    told.deliver()
    assert len(told.chat.messages[A]) == 1, "another incident is another card"


def test_unmuted_a_card_that_was_deleted_twice_comes_back(told: Story) -> None:
    told.subscribe(A)
    start, texts = told.clock(), ["one"]
    for text in ("two", "three", "four"):
        told.record(incident("i1", start, *texts))
        told.deliver()
        told.chat.messages[A].clear()
        texts.append(text)
    assert told.store.mutes.unmute(A, ACME.slug, "i1", told.clock())
    told.record(incident("i1", start, *texts))
    told.deliver()
    assert told.texts(A)[-1] == "four"
    card = told.store.cards.of_incident(A, ACME.slug, "i1")
    assert card is not None
    assert (card.deletions, card.mute) == (0, None)


@pytest.mark.parametrize("refusals", [1, 2])
def test_a_refused_message_is_sent_plain_once_and_counts_as_shown(told: Story, refusals: int) -> None:
    told.subscribe(A)
    start = told.clock()
    told.chat.trouble(A, *[MessageRejected("invalid blocks")] * refusals)
    told.record(incident("i1", start, "one"))
    told.deliver()
    told.deliver()
    assert len(told.chat.calls) == 2
    first, second = (call.message for call in told.chat.calls)
    assert first.blocks
    assert not second.blocks
    assert second.summary == first.summary
    told.record(incident("i1", start, "one", "two"))
    told.deliver()
    assert told.texts(A) == ["one", "two"], "what the plain line left out stands in the thread"


def test_a_card_that_cannot_be_worked_out_holds_no_other_back(told: Story) -> None:
    told.subscribe(A)
    told.record(incident("i1", told.clock(), "one"), incident("i2", told.clock(), "other"))

    def stumble(*_: object) -> None:
        if len(told.chat.calls) == 1:
            raise LookupError("a bug")

    told.deliver(on_act=stumble)
    assert told.texts(A) == ["one", "other"]
    told.clock.turn(minutes=1)
    told.deliver()
    assert told.texts(A) == ["one", "other"]


# --- acts of unknown outcome ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("drops", [False, True], ids=["finds", "drops"])
@pytest.mark.parametrize("good", [0, 1, 2, 3], ids=["root", "opening text", "reply", "edit"])
@pytest.mark.parametrize(
    "error", [Cut(), OutcomeUnknown("reset"), OSError("reset")], ids=["killed", "uncertain", "other"]
)
def test_what_was_under_way_is_neither_lost_nor_doubled(
    told: Story, error: BaseException, good: int, drops: bool, after: bool
) -> None:
    told.chat.drops = drops
    told.subscribe(A)
    told.chat.trouble(A, *[None] * good)
    told.chat.trouble(A, error, after=after)
    told.record(incident("i1", told.clock(), "one", "two"))
    told.deliver()
    told.clock.turn(minutes=2)
    told.deliver()
    assert told.texts(A) == ["one", "two"]
    assert set(told.chat.messages[A]) == {"m1", "m2", "m3"}


def test_facts_that_changed_while_a_message_was_under_way_are_mended_after(told: Story) -> None:
    told.chat.drops = True
    told.subscribe(A)
    start = told.clock()
    told.chat.trouble(A, None, None, OutcomeUnknown("reset"), after=True)
    told.record(incident("i1", start, "one", "two"))
    told.deliver()
    told.record(incident("i1", start, "one", "put right", "three"))
    told.clock.turn(minutes=1)
    told.deliver()
    assert told.texts(A) == ["one", "two", "three"]
    assert told.chat.messages[A]["m3"].summary.endswith("put right")


@pytest.mark.parametrize("after", [False, True])
def test_a_platform_that_cannot_tell_gets_replies_again_but_no_root_without_news(told: Story, after: bool) -> None:
    told.chat.finds = False
    told.subscribe(A, B)
    start = told.clock()
    told.chat.trouble(A, OutcomeUnknown("reset"), after=after)
    told.chat.trouble(B, None, None, OutcomeUnknown("reset"), after=after)
    told.record(incident("i1", start, "one"))
    told.deliver()
    told.clock.turn(minutes=1)
    told.deliver()
    assert [call.verb for call in told.chat.calls if call.channel == A] == ["post"]
    told.record(incident("i1", start, "one", "two"))
    for _ in range(3):
        told.deliver()
        told.clock.turn(minutes=1)
    roots = [call for call in told.chat.sent(A) if call.verb == "post"]
    assert [quoted(call.message) for call in roots] == [["one"]] * after + [["one", "two"]]
    assert told.texts(B) == (["one", "two", "two"] if after else ["one", "two"])


def test_an_act_of_unknown_outcome_is_looked_at_ever_more_rarely(told: Story) -> None:
    told.subscribe(A)
    told.chat.trouble(A, *[OutcomeUnknown("500")] * 50)
    told.record(incident("i1", told.clock(), "one"))
    for _ in range(600):
        told.deliver()
        told.clock.turn(seconds=1)
    assert 5 < len(told.chat.calls) < 12


def test_a_worker_whose_lease_lapsed_writes_nothing_any_more(told: Story) -> None:
    told.chat.drops = True
    told.subscribe(A)
    told.record(incident("i1", told.clock(), "one", "two"))

    async def two_workers() -> None:
        told.chat.held[A] = gate = asyncio.Event()
        slow = asyncio.create_task(told.delivery().run_until_quiet())
        await until(lambda: told.chat.waiting == 1)
        del told.chat.held[A]
        told.clock.turn(minutes=2)
        await told.delivery().run_until_quiet()
        gate.set()
        await slow

    asyncio.run(two_workers())
    assert told.texts(A) == ["one", "two"]
    card = told.store.cards.of_incident(A, ACME.slug, "i1")
    assert card
    assert [post.ref for post in card.state.posts] == ["m1", "m2", "m3"]


# --- running --------------------------------------------------------------------------------------------------------


async def until(wish: Callable[[], bool]) -> None:
    """Until it comes true in the running loop, and no longer than half a minute."""
    async with asyncio.timeout(30):
        while not wish():  # noqa: ASYNC110 (what is waited for is in a database and a list)
            await asyncio.sleep(0.002)


def test_it_delivers_when_woken_and_comes_back_by_itself_when_told_to_wait(database_url: str) -> None:
    with story(database_url) as told:
        told.subscribe(A)

        async def run() -> None:
            stop = asyncio.Event()
            delivery = Delivery(told.store, [told.chat], told.threads, lambda: datetime.now(UTC))
            running = asyncio.create_task(delivery.run(stop))
            told.chat.trouble(A, RetryLater(0.2))
            told.record(incident("i1", told.clock(), "one"))
            delivery.wake()
            await until(lambda: told.texts(A) == ["one"])
            told.record(incident("i2", told.clock(), "two"))
            delivery.wake()
            await until(lambda: told.texts(A) == ["one", "two"])
            await until(lambda: told.store.cards.next_wake(["list"], told.clock()) is None)
            stop.set()
            async with asyncio.timeout(30):
                await running

        asyncio.run(run())


def test_it_goes_on_after_the_store_could_not_be_asked(told: Story) -> None:
    told.subscribe(A)
    told.record(incident("i1", told.clock(), "one"))
    told.store.cards = stumbling = Stumbling(told.store._database)

    async def run() -> None:
        stop = asyncio.Event()
        delivery = told.delivery()
        running = asyncio.create_task(delivery.run(stop))
        await until(lambda: stumbling.asked >= 1)
        delivery.wake()
        await until(lambda: told.texts(A) == ["one"])
        stop.set()
        await running

    asyncio.run(run())


class Stumbling(Cards):
    """Cannot be asked the first time."""

    asked = 0

    def lease_channels(
        self, platforms: Sequence[str], now: datetime, limit: int, lease_s: float, busy: Sequence[int] = ()
    ) -> tuple[ChannelLease, ...]:
        self.asked += 1
        if self.asked == 1:
            raise StoreError("The database is locked: try again.")
        return super().lease_channels(platforms, now, limit, lease_s, busy)


def test_it_stops_in_time_and_its_successor_need_not_wait_for_the_lease(told: Story) -> None:
    told.subscribe(A, B)
    told.record(incident("i1", told.clock(), "one", "two"))

    async def run() -> None:
        stop = asyncio.Event()
        told.chat.held[A] = asyncio.Event()
        running = asyncio.create_task(told.delivery().run(stop))
        await until(lambda: told.texts(B) == ["one", "two"])
        stop.set()
        async with asyncio.timeout(30):
            await running

    asyncio.run(run())
    told.chat.held.clear()
    told.clock.turn(seconds=3)
    told.deliver()
    assert told.texts(A) == ["one", "two"]
