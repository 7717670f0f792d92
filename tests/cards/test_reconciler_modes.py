"""What a card does in every other mode: key moments for the channel, flat, one message; and when its mode changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.cards import MAX_SINGLE_POSTS, ActReason, NewsView, ReplyView
from bot.domain import Level, Mode, Mute, News, Phase
from tests.cards.room import OVER, T0, Room, deeds, incident, update


def test_thread_with_key_moments_tells_the_channel_what_gets_worse_is_over_or_opens_again() -> None:
    room = Room(Mode.THREAD_KEY)
    facts = incident(update(1))
    room.settle(facts)
    told = []
    for new, level in [
        (update(2), Level.PARTIAL_OUTAGE),
        (update(3), Level.MAJOR_OUTAGE),
        (update(4), Level.DEGRADED),
        (update(5, OVER), Level.OPERATIONAL),
        (update(6, Phase.POSTMORTEM), Level.OPERATIONAL),
        (update(7), Level.OPERATIONAL),
    ]:
        facts = replace(incident(*facts.updates, new), level=level)
        acts = room.settle(facts)
        told.append([act.view.news for act in acts if isinstance(act.view, NewsView) and act.broadcast])
        assert not [act for act in acts if act.broadcast and not isinstance(act.view, NewsView)]
    assert told == [[], [News.WORSE], [], [News.ENDED], [], [News.REOPENED]]


def test_an_end_and_a_worse_level_without_a_word_are_news_for_the_channel() -> None:
    room = Room(Mode.THREAD_KEY)
    facts = incident(update(1))
    room.settle(facts)
    facts = replace(facts, level=Level.MAJOR_OUTAGE)
    assert deeds(room.settle(facts)) == [("reply", "announced"), ("edit", "updated")]
    assert deeds(room.settle(replace(facts, level=Level.DEGRADED))) == [("edit", "updated")]
    assert deeds(room.settle(facts)) == [("edit", "updated")], "as bad as it was told before is no news"
    assert [a.broadcast for a in room.settle(replace(facts, phase=OVER))] == [False, True, False]


def test_an_end_that_came_under_a_mute_is_told_to_the_channel_afterwards() -> None:
    room = Room(Mode.THREAD_KEY)
    room.settle(incident(update(1), update(2)))
    room.card = replace(room.card, mute=Mute(T0 + timedelta(hours=1)))
    facts = incident(update(1), update(2), update(3, OVER))
    assert [act.kind for act in room.settle(facts)] == ["edit"]
    room.now += timedelta(hours=1)
    acts = room.settle(facts)
    assert [isinstance(act.view, NewsView) and act.view.news for act in acts] == [News.ENDED, False, False]


def test_flat_mode_posts_every_update_to_the_channel() -> None:
    room = Room(Mode.FLAT)
    acts = room.settle(incident(update(1), update(2), update(3, OVER)))
    assert [a.kind for a in acts] == ["post", "post", "post", "edit"]
    assert all(isinstance(a.view, ReplyView) and a.view.standalone for a in acts[1:3])


def test_flat_mode_folds_more_than_a_few_at_once() -> None:
    room = Room(Mode.FLAT)
    updates = [update(n) for n in range(MAX_SINGLE_POSTS + 2)]
    room.settle(incident(updates[0]))
    assert deeds(room.settle(incident(*updates)))[0] == ("post", "caught_up")
    assert room.said(1) == tuple(u.text for u in updates[1:])


def test_flat_mode_strikes_its_last_message_and_its_first() -> None:
    room = Room(Mode.FLAT)
    facts = incident(update(1), update(2), update(3))
    room.settle(facts)
    acts = room.settle(replace(facts, vanished=True))
    assert [(a.kind, a.post, a.reason) for a in acts] == [
        ("edit", 2, ActReason.VANISHED),
        ("edit", 0, ActReason.VANISHED),
    ]
    assert {a.reason for a in room.settle(facts)} == {ActReason.RESTORED}


def test_edit_mode_has_one_message_that_covers_everything() -> None:
    room = Room(Mode.EDIT)
    acts = room.settle(incident(update(1), update(2)))
    acts += room.settle(incident(update(1), update(2), update(3, OVER)))
    assert deeds(acts) == [("post", "opened"), ("edit", "resolved")]
    assert room.told == ["u1", "u2", "u3"]


def test_another_mode_midway_tells_nothing_twice() -> None:
    room = Room(Mode.FLAT)
    room.settle(incident(update(1), update(2)))
    room.mode = Mode.THREAD
    assert room.settle(incident(update(1), update(2))) == []
    acts = room.settle(incident(update(1), update(2, text="put right"), update(3)))
    assert [a.kind for a in acts] == ["reply", "edit", "edit"]
    assert isinstance(acts[1].view, ReplyView)
    assert acts[1].view.standalone, "it still stands in the channel, not in the thread"
    room.mode = Mode.EDIT
    assert [a.kind for a in room.settle(incident(update(1), update(2), update(3), update(4)))] == ["edit", "edit"]
    room.mode = Mode.THREAD
    assert room.settle(incident(update(1), update(2), update(3), update(4))) == []
