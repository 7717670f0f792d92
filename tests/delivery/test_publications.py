"""What opens and what ends is published to those who follow the channel, each once, within the limit of an hour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.delivery.port import MessageGone, MessageRejected, OutcomeUnknown, RetryLater, Undeliverable
from bot.domain import Channel, ChannelSettings, Level, Mode, Phase
from bot.domain.flood import ListedIncident
from bot.domain.publication import MAX_WITHIN, Announcing, Publication, plan
from bot.message import Message
from tests.delivery.story import Story, channel, incident, story
from tests.fakes import Clock, Cut, ListAdapter

A, B = channel("a"), channel("b")


@dataclass
class Followed(ListAdapter):
    """Channels that others follow. ``asked``: every attempt to publish; ``published``: what the others see."""

    asked: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)

    def publishes(self, channel: Channel) -> bool:
        return channel == A

    async def publish(self, channel: Channel, ref: str) -> None:
        self.asked.append(ref)
        trouble = await self._meet(channel)
        if trouble and not trouble.after:
            raise trouble.error
        if ref not in self.published:
            self.published.append(ref)
        if trouble:
            raise trouble.error


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def chat() -> Followed:
    return Followed()


@pytest.fixture
def told(database_url: str, chat: Followed) -> Iterator[Story]:
    with story(database_url) as told:
        told.chat = chat
        told.subscribe(A, mode=Mode.THREAD_KEY)
        told.record()
        yield told


def summaries(chat: Followed) -> list[Message]:
    return [call.message for call in chat.sent(A) if call.verb == "post" and "in one message" in call.message.summary]


def openings(told: Story, count: int, first: int = 0) -> None:
    """So many incidents, one reading each."""
    for number in range(first, first + count):
        told.record(incident(f"i{number}", told.clock(), f"text {number}"))


def test_the_opening_and_the_end_are_published_and_nothing_between(told: Story, chat: Followed) -> None:
    start = told.clock()
    told.subscribe(B)
    for texts, phase in ((1, Phase.INVESTIGATING), (2, Phase.INVESTIGATING), (3, Phase.RESOLVED)):
        told.record(incident("i1", start, *["one", "two", "over"][:texts], phase=phase))
        told.deliver()
        told.clock.turn(minutes=5)
    sent = chat.sent(A)
    root = next(call.ref for call in sent if call.verb == "post")
    end = next(call.ref for call in sent if call.broadcast)
    assert chat.published == chat.asked == [root, end]


@pytest.mark.parametrize("mode", [Mode.FLAT, Mode.THREAD])
def test_an_end_is_published_where_it_is_a_message_in_the_channel(told: Story, chat: Followed, mode: Mode) -> None:
    told.store.channels.set_settings(A, ChannelSettings(mode))
    told.record(incident("i1", told.clock(), "one"))
    told.deliver()
    told.record(incident("i1", told.clock(), "one", "over", phase=Phase.RESOLVED))
    told.deliver()
    assert len(chat.published) == (2 if mode is Mode.FLAT else 1)


def test_who_turned_it_off_publishes_nothing(told: Story, chat: Followed) -> None:
    told.store.channels.set_settings(A, ChannelSettings(publish=False))
    told.record(incident("i1", told.clock(), "one"))
    told.deliver()
    assert (len(chat.sent(A)), chat.asked) == (1, [])


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("error", [Cut(), OutcomeUnknown("cut")])
def test_one_whose_publishing_broke_off_is_published_once(
    told: Story, chat: Followed, error: BaseException, after: bool
) -> None:
    told.record(incident("i1", told.clock(), "one"))
    chat.trouble(A, None)
    chat.trouble(A, error, after=after)
    with suppress(Cut):
        told.deliver()
    told.clock.turn(minutes=10)
    told.deliver()
    told.clock.turn(hours=1)
    told.deliver()
    assert (len(chat.published), len(chat.asked)) == (1, 2)


def test_beyond_the_limit_one_message_tells_the_others(told: Story, chat: Followed) -> None:
    openings(told, MAX_WITHIN + 4)
    told.deliver()
    assert len(chat.published) == MAX_WITHIN
    (summary,) = summaries(chat)
    assert summary.summary == "5 incidents in one message: 5 open, 0 over"
    openings(told, 2, first=50)
    told.deliver()
    assert len(chat.published) == MAX_WITHIN
    told.clock.turn(minutes=30)
    openings(told, 1, first=60)
    told.deliver()
    told.clock.turn(minutes=31)
    told.deliver()
    assert len(chat.published) == MAX_WITHIN + 1
    assert summaries(chat)[1].summary == "3 incidents in one message: 3 open, 0 over"
    told.clock.turn(hours=2)
    told.deliver()
    assert len(chat.asked) == MAX_WITHIN + 1


def test_what_the_platform_refuses_for_now_is_told_together_later(told: Story, chat: Followed) -> None:
    openings(told, 2)
    chat.trouble(A, None, None, RetryLater(600))
    told.deliver()
    assert chat.published == []
    told.clock.turn(minutes=11)
    told.deliver()
    assert len(chat.published) == len(summaries(chat)) == 1


@pytest.mark.parametrize("finds", [False, True])
@pytest.mark.parametrize("cut_at", ["post", "publish"])
def test_a_summary_that_broke_off_is_sent_and_published_once(
    told: Story, chat: Followed, cut_at: str, finds: bool
) -> None:
    chat.finds = finds
    openings(told, 2)
    chat.trouble(A, None, None, RetryLater(600))
    told.deliver()
    told.clock.turn(minutes=11)
    if cut_at == "publish":
        chat.trouble(A, None)
    chat.trouble(A, Cut(), after=True)
    with pytest.raises(Cut):
        told.deliver()
    told.clock.turn(minutes=6)
    told.deliver()
    told.deliver()
    # Where messages cannot be looked up it is not sent again, and nobody knows what to publish.
    assert len(chat.published) == (1 if finds or cut_at == "publish" else 0)
    assert len([m for m in chat.messages[A].values() if "in one message" in m.summary]) == 1


@pytest.mark.parametrize("failure", [Undeliverable("I may not."), MessageGone("m1")])
def test_what_cannot_be_published_is_left(told: Story, chat: Followed, failure: Exception) -> None:
    openings(told, 2)
    chat.trouble(A, None, None, failure)
    told.deliver()
    told.clock.turn(hours=1)
    told.deliver()
    assert (len(chat.published), len(chat.asked)) == (1, 2)


def test_a_summary_that_the_platform_rejects_is_left(told: Story, chat: Followed) -> None:
    openings(told, 2)
    chat.trouble(A, None, None, RetryLater(600))
    told.deliver()
    chat.trouble(A, MessageRejected("too long"))
    for _ in range(3):
        told.clock.turn(minutes=11)
        told.deliver()
    assert (len(chat.asked), summaries(chat)) == (1, [])


def test_a_drill_is_published_to_nobody(told: Story, chat: Followed) -> None:
    told.store.drills.start(A, Mode.FLAT, "U1", told.clock())
    told.deliver()
    assert (len(chat.sent(A)), chat.asked) == (1, [])


NOW = Clock()()
ABOUT = ListedIncident("i", "Trouble", Level.DEGRADED, Phase.INVESTIGATING, True, NOW)
pending = st.lists(
    st.builds(Publication, st.integers(), st.text(), st.just(ABOUT), st.booleans(), st.none()), max_size=30
)


@given(pending, st.integers(0, MAX_WITHIN))
def test_a_plan_stays_within_the_limit_and_forgets_nothing(waiting: list[Publication], used: int) -> None:
    waiting = [replace(one, key=number) for number, one in enumerate(waiting)]
    made = plan(Announcing(A, tuple(waiting), (NOW,) * used))
    assert len(made.alone) + bool(made.together) <= MAX_WITHIN - used
    assert made.free_at is not None or (*made.alone, *made.together) == tuple(waiting)
    assert len(made.together) != 1
