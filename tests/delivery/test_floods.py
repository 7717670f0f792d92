"""More incidents than anybody reads come in one reading: a few messages, and one that lists the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.delivery.port import OutcomeUnknown
from bot.domain import (
    Channel,
    Dependency,
    Filter,
    FollowedService,
    Hold,
    Incident,
    Level,
    Phase,
    Service,
    Subscription,
    Wishes,
)
from bot.domain.flood import FLOOD_LIMIT, with_own_root
from bot.message import Message
from bot.routing import route
from tests.delivery.story import ACME, Story, channel, incident, story

A, B = channel("a"), channel("b")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture(name="told")
def _told(database_url: str) -> Iterator[Story]:
    with story(database_url) as told:
        yield told


def many(told: Story, count: int, **changes: Level) -> list[Incident]:
    """``changes``: levels by name, the others' are degraded."""
    made = [incident(f"i{number}", told.clock(), f"text {number}") for number in range(count)]
    return [replace(one, level=changes.get(one.id, Level.DEGRADED)) for one in made]


def follow(told: Story, where: Channel, name: str, needs: Filter, mention: str | None) -> None:
    """The channel hears of what hits the service, which needs this of the vendor."""
    now = told.clock()
    told.store.services.define(where, Service(name, (Dependency(ACME.slug, needs),), "ann", now), route)
    told.store.services.follow(where, FollowedService(name, Filter(), "ann", now, mention), route)
    told.clock.turn(minutes=1)


def posts(told: Story, where: Channel = A) -> list[Message]:
    return [call.message for call in told.chat.sent(where) if call.verb == "post"]


def mentioned(told: Story, where: Channel) -> list[tuple[str, str | None]]:
    """Each incident that is told with a mention, and whose."""
    return [(str(one.subject).split()[-1], one.mention) for one in posts(told, where) if one.mention]


def the_list(told: Story) -> Message:
    sent = [call for call in told.chat.sent(A) if call.verb == "post"]
    (ref,) = [call.ref for call in sent if "They came at once" in str(call.message)]
    assert ref
    return told.chat.messages[A][ref]


def settle(told: Story) -> None:
    for _ in range(2):
        told.deliver()
        told.clock.turn(minutes=1)


def test_hundreds_at_once_are_eleven_messages_and_each_is_on_record(told: Story) -> None:
    told.subscribe(A)
    told.record(*many(told, 300, i7=Level.MAJOR_OUTAGE, i150=Level.MAJOR_OUTAGE))
    settle(told)
    assert len(posts(told)) == FLOOD_LIMIT + 1
    subjects = {(message.subject or "").split()[-1] for message in posts(told)}
    assert {"i7", "i150"} <= subjects
    assert the_list(told).summary == "Acme: 290 more incidents open"
    card = told.store.cards.of_incident(A, ACME.slug, "i299")
    assert card is not None
    assert card.flooded
    assert told.store.floods.size(A, ACME.slug) == 290


def test_as_many_as_the_limit_are_no_flood(told: Story) -> None:
    told.subscribe(A)
    told.record(*many(told, FLOOD_LIMIT))
    settle(told)
    assert len(posts(told)) == FLOOD_LIMIT


def test_every_major_outage_has_a_message_of_its_own(told: Story) -> None:
    major = {f"i{number}": Level.MAJOR_OUTAGE for number in range(14)}
    incidents = dict(enumerate(many(told, 30, **major)))
    assert with_own_root(incidents, (), 10) == frozenset(range(14))
    assert with_own_root(incidents, [29], 10) == frozenset([*range(14), 29])
    assert with_own_root(incidents, (), 30) == frozenset(incidents)


def test_an_end_edits_the_list_and_what_gets_worse_leaves_it(told: Story) -> None:
    told.subscribe(A)
    incidents = many(told, 15)
    told.record(*incidents)
    settle(told)
    before = len(posts(told))
    over = incident("i14", incidents[14].started, "text 14", "over", phase=Phase.RESOLVED)
    told.record(over, replace(incidents[13], level=Level.PARTIAL_OUTAGE))
    settle(told)
    assert len(posts(told)) == before + 1
    assert str(posts(told)[-1].subject).endswith("i13")
    assert the_list(told).summary == "Acme: 3 more incidents open, 1 over"
    told.record(*(replace(one, phase=Phase.RESOLVED, resolved=told.clock()) for one in incidents[10:13]))
    settle(told)
    assert the_list(told).summary == "Acme: all 4 incidents are over"
    assert len(posts(told)) == before + 1


def test_what_mentions_somebody_has_a_message_of_its_own_now_and_later(told: Story) -> None:
    told.record()
    told.subscribe(A, mention="@oncall@major")
    incidents = many(told, 15, i12=Level.PARTIAL_OUTAGE)
    told.record(*incidents)
    settle(told)
    assert [message.mention for message in posts(told) if message.mention] == ["@oncall"]
    told.record(replace(incidents[14], level=Level.PARTIAL_OUTAGE))
    settle(told)
    assert [message.mention for message in posts(told) if message.mention] == ["@oncall"] * 2


def test_what_a_service_mentions_somebody_about_leaves_the_list_now_and_later(database_url: str) -> None:
    typed, alone, two, nobody = (channel("ops", name) for name in ("typed", "alone", "two", "nobody"))
    api, web = Filter(components=("api",)), Filter(components=("web",))
    with story(database_url, channels_at_once=30) as told:
        told.record()
        told.subscribe(typed, nobody)
        follow(told, typed, "checkout", api, "@checkout")
        follow(told, alone, "checkout", Filter(), None)
        follow(told, alone, "pay", api, "@pay")
        follow(told, two, "checkout", web, "@web")
        follow(told, two, "pay", Filter(excluded=("web",)), "@pay@major")
        incidents = [replace(one, components=("db",)) for one in many(told, 15)]
        incidents[12] = replace(incidents[12], components=("api",))
        told.record(*incidents)
        settle(told)
        assert mentioned(told, typed) == [("i12", "@checkout")]
        assert mentioned(told, alone) == [("i12", "@pay")]
        assert [mentioned(told, where) for where in (two, nobody)] == [[], []]
        told.record(replace(incidents[13], components=("api",)), replace(incidents[14], components=("web",)))
        settle(told)
        assert mentioned(told, typed) == [("i12", "@checkout"), ("i13", "@checkout")]
        assert mentioned(told, alone) == [("i12", "@pay"), ("i13", "@pay")]
        assert mentioned(told, two) == [("i14", "@web")]
        assert mentioned(told, nobody) == []
        assert [len(posts(told, where)) for where in (typed, alone, two, nobody)] == [13, 13, 12, 11]


def test_what_is_asked_for_gets_a_message_of_its_own(told: Story) -> None:
    told.subscribe(A)
    told.record(*many(told, 15))
    settle(told)
    assert told.store.floods.surface(A, ACME.slug, "i14", told.clock())
    assert not told.store.floods.surface(A, ACME.slug, "i14", told.clock())
    assert not told.store.floods.surface(B, ACME.slug, "i13", told.clock())
    settle(told)
    assert str(posts(told)[-1].subject).endswith("i14")
    assert the_list(told).summary == "Acme: 4 more incidents open"


def test_who_subscribes_to_what_is_flooded_gets_the_list_too(told: Story) -> None:
    told.record(*many(told, 40))
    told.subscribe(A)
    settle(told)
    assert len(posts(told)) == FLOOD_LIMIT + 1


def test_a_list_of_unknown_outcome_is_there_once(told: Story) -> None:
    told.subscribe(A)
    told.chat.trouble(A, *[None] * FLOOD_LIMIT, OutcomeUnknown("cut"), after=True)
    told.record(*many(told, 15))
    settle(told)
    told.clock.turn(minutes=5)
    settle(told)
    lists = [message for message in told.chat.messages[A].values() if "They came at once" in str(message)]
    assert len(lists) == 1


def test_a_list_that_somebody_deletes_does_not_come_back(told: Story) -> None:
    told.subscribe(A)
    incidents = many(told, 15)
    told.record(*incidents)
    settle(told)
    told.chat.messages[A].clear()
    told.record(incident("i14", incidents[14].started, "text 14", "over", phase=Phase.RESOLVED))
    settle(told)
    assert told.chat.messages[A] == {}


def test_muted_and_settings_bring_up_no_thousand_messages(told: Story) -> None:
    told.subscribe(A)
    told.record(*many(told, 30))
    settle(told)
    before = len(posts(told))
    told.subscribe(A)
    settle(told)
    assert told.store.mutes.unmute(A, None, None, told.clock()) is False
    settle(told)
    assert len(posts(told)) == before


def test_a_list_waits_for_the_hold_and_tells_nothing_if_all_is_over_by_then(told: Story) -> None:
    told.subscribe(A)
    wishes = Wishes(Hold(timedelta(minutes=5)))
    told.store.channels.subscribe(Subscription(A, ACME.slug, Filter(), "ann", told.clock(), wishes=wishes), route)
    came = many(told, 20)
    told.record(*came)
    settle(told)
    assert posts(told) == []
    over = [replace(one, phase=Phase.RESOLVED, resolved=told.clock()) for one in came]
    told.record(*over)
    told.clock.turn(minutes=10)
    settle(told)
    assert posts(told) == []
    again = [replace(one, id=f"again{one.id}", started=told.clock()) for one in came]
    told.clock.turn(hours=2)
    told.record(*over, *again)
    settle(told)
    assert len(posts(told)) == FLOOD_LIMIT + 1


def test_who_may_have_been_taken_for_dead_sends_no_list(told: Story) -> None:
    told.subscribe(A)
    came = many(told, 30)
    told.record(*came)
    settle(told)
    before = the_list(told).summary
    told.clock.turn(minutes=1)
    told.record(*(replace(one, phase=Phase.RESOLVED, resolved=told.clock()) for one in came[20:]))
    told.deliver(life=lambda: lambda: False)
    assert the_list(told).summary == before
    told.clock.turn(minutes=3)
    told.deliver()
    assert the_list(told).summary != before
