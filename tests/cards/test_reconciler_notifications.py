"""Whom a card notifies and when it tells nobody: mentions, mutes, and an end that comes too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards import resume, too_late
from bot.domain import (
    ActKind,
    CardState,
    ChannelSettings,
    Incident,
    IncidentKind,
    Level,
    Mention,
    Mode,
    Mute,
    Post,
    UnknownFingerprint,
)
from tests.cards.room import COMPONENTS, OPEN, OVER, T0, VENDOR, Room, deeds, incident, update

# --- mentions --------------------------------------------------------------------------------------------------------


def test_the_opening_mentions_and_nothing_after_it() -> None:
    room = Room(mention=Mention("@oncall"))
    for count in range(1, 4):
        room.settle(incident(*(update(n) for n in range(count))))
    assert room.mentions() == [("post", "@oncall")]


def test_an_edit_goes_on_naming_whom_its_message_mentioned() -> None:
    room = Room(mention=Mention("@oncall"))
    for count in range(1, 4):
        room.settle(incident(*(update(n) for n in range(count))))
    named = {(act.kind, act.post): act.mentioned for act in room.acts if not act.mention}
    assert named[ActKind.EDIT, 0] == "@oncall"
    assert {whom for (kind, post), whom in named.items() if (kind, post) != (ActKind.EDIT, 0)} == {None}


def test_a_root_that_was_deleted_comes_back_without_a_mention() -> None:
    room = Room(mention=Mention("@oncall"))
    room.settle(incident(update(1)))
    room.card = replace(room.card, state=room.card.state.with_ref(0, None))
    again = room.settle(incident(update(1), update(2)))[0]
    assert (again.kind, again.mention, again.mentioned) == (ActKind.POST, None, None)


@pytest.mark.parametrize("mode", [Mode.THREAD, Mode.FLAT])
def test_the_message_that_first_shows_the_level_mentions_and_no_edit_does(mode: Mode) -> None:
    room = Room(mode, mention=Mention.parse("@oncall@critical"))
    facts = incident(update(1))
    room.settle(facts)
    facts = replace(facts, level=Level.MAJOR_OUTAGE)
    assert room.settle(facts)[-1].kind is ActKind.EDIT
    assert room.mentions() == []
    room.settle(replace(facts, updates=(*facts.updates, update(2), update(3))))
    ((kind, whom),) = room.mentions()
    assert (kind, whom) == ("reply" if mode is Mode.THREAD else "post", "@oncall")
    assert room.acts[-3].mention or room.acts[-2].mention


@pytest.mark.parametrize(
    "facts",
    [
        incident(update(1), update(2, OVER)),
        replace(incident(update(1)), level=None),
        replace(incident(update(1)), level=Level.OPERATIONAL),
        replace(incident(update(1)), kind=IncidentKind.MAINTENANCE),
    ],
)
def test_what_is_over_or_no_outage_mentions_nobody(facts: Incident) -> None:
    room = Room(mention=Mention("@oncall"))
    room.settle(facts)
    assert room.acts
    assert room.mentions() == []


def test_a_message_taken_up_again_mentions_if_it_was_to_and_still_is_worth_it() -> None:
    room = Room(mention=Mention("@oncall"))
    begun = room.next(incident(update(1)))
    assert begun is not None
    for facts, whom in ((incident(update(1)), "@oncall"), (incident(update(1), update(2, OVER)), None)):
        again = resume(
            *(facts, room.card, ChannelSettings(), VENDOR, COMPONENTS, room.mention),
            kind=begun.kind,
            key=begun.key,
            after=begun.after,
            post=0,
        )
        assert (again.mention, again.after.mentioned) == (whom, True)
    silent = replace(begun.after, mentioned=False)
    unmeant = resume(
        *(incident(update(1)), room.card, ChannelSettings(), VENDOR, COMPONENTS, room.mention),
        kind=begun.kind,
        key=begun.key,
        after=silent,
        post=0,
    )
    assert unmeant.mention is None, "what goes on record as not mentioned must not mention"


@pytest.mark.parametrize(
    ("typed", "mention"),
    [
        ("@oncall", Mention("@oncall")),
        ("@oncall@major", Mention("@oncall", Level.PARTIAL_OUTAGE)),
        ("@oncall@Critical+", Mention("@oncall", Level.MAJOR_OUTAGE)),
        ("<!subteam^S1|@on call>@minor", Mention("<!subteam^S1|@on call>")),
        ("<@U1>", Mention("<@U1>")),
        ("@major", Mention("@major")),
        ("@oncall@maintenance", Mention("@oncall")),
    ],
)
def test_a_mention_is_read_with_its_level(typed: str, mention: Mention) -> None:
    assert Mention.parse(typed) == mention


# --- mutes -----------------------------------------------------------------------------------------------------------


def test_a_muted_card_tells_nothing_keeps_its_root_true_and_catches_up_in_one_message() -> None:
    room = Room()
    room.settle(incident(update(1)))
    room.card = replace(room.card, mute=Mute(T0 + timedelta(hours=1)))
    acts = room.settle(incident(update(1), update(2), update(3)))
    assert deeds(acts) == [("edit", "refreshed")]
    assert (
        room.settle(replace(incident(update(1), update(2), update(3)), level=Level.MAJOR_OUTAGE))[0].kind
        == ActKind.EDIT
    )
    assert room.told == ["u1"]
    room.now += timedelta(hours=1)
    acts = room.settle(incident(update(1), update(2), update(3)))
    assert deeds(acts) == [("reply", "dropped"), ("reply", "caught_up"), ("edit", "refreshed")]
    assert room.said(2) == ("text 2", "text 3")


@pytest.mark.parametrize("mode", Mode)
def test_the_end_of_what_is_muted_until_then_is_one_edit(mode: Mode) -> None:
    room = Room(mode)
    room.settle(incident(update(1)))
    room.card = replace(room.card, mute=Mute())
    room.settle(incident(update(1), update(2)))
    acts = room.settle(incident(update(1), update(2), update(3, OVER)))
    assert [a.kind for a in acts] == ["edit"]
    assert room.card.state.covered_updates == {"u1", "u2", "u3"}
    room.card = replace(room.card, mute=None)
    again = room.settle(incident(update(1), update(2), update(3, OVER), update(4)))
    assert again[0].kind == {"flat": "post", "edit": "edit"}.get(mode, "reply")


def test_what_opens_and_ends_while_it_is_muted_is_one_root_afterwards() -> None:
    room = Room(mention=Mention("@oncall"))
    room.card = replace(room.card, mute=Mute(T0 + timedelta(hours=1)))
    facts = incident(update(1), update(2), update(3, OVER))
    assert room.settle(facts) == []
    room.now += timedelta(hours=1)
    assert [(a.kind, a.mention) for a in room.settle(facts)] == [("post", None)]
    assert room.told == ["u1", "u2", "u3"]


def test_what_ends_before_anything_was_posted_under_a_mute_until_then_stays_unsaid() -> None:
    room = Room()
    room.card = replace(room.card, mute=Mute())
    assert room.settle(incident(update(1))) == []
    assert room.settle(incident(update(1), update(2, OVER))) == []


# --- late -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "late"), [(71, False), (73, True)])
def test_an_end_of_long_ago_is_too_late(hours: int, late: bool) -> None:
    facts = replace(incident(update(1, OVER)), resolved=T0)
    now, limit = T0 + timedelta(hours=hours), timedelta(hours=72)
    assert too_late(facts, Room().card, now, limit) is late
    assert not too_late(facts, Room().card, now, None)
    assert not too_late(replace(facts, phase=OPEN, resolved=None), Room().card, now, limit)
    begun = replace(Room().card, state=CardState((Post("m", UnknownFingerprint(), ()),)))
    assert not too_late(facts, begun, now, limit)
