"""What a card in a thread does about all that happens to an incident or to the messages themselves, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards import MAX_SINGLE_REPLIES, ActReason, NewsView, Reopening, ReplyView, RootView, resume
from bot.domain import (
    ActKind,
    CardState,
    ChannelSettings,
    IncidentKind,
    Level,
    Mode,
    News,
    Phase,
    Post,
    Update,
    load_fingerprint,
)
from tests.cards.room import COMPONENTS, FIXED, OPEN, OVER, T0, VENDOR, Room, deeds, incident, update


def test_an_opening_is_one_root_with_the_first_text() -> None:
    room = Room()
    (act,) = room.settle(incident(update(1)))
    assert (act.kind, act.reason, act.post, act.ref) == ("post", ActReason.OPENED, 0, None)
    assert isinstance(act.view, RootView)
    assert act.view.components == ("Core / API",)
    assert act.view.quote is not None
    assert act.view.quote.text == "text 1"
    assert room.settle(incident(update(1))) == []


def test_each_later_update_is_a_reply_and_then_the_root_follows() -> None:
    room = Room()
    room.settle(incident(update(1)))
    acts = room.settle(incident(update(1), update(2, FIXED), update(3, OVER)))
    assert deeds(acts) == [("reply", "dropped"), ("reply", "updated"), ("reply", "resolved"), ("edit", "refreshed")]
    assert room.told == ["u1", "u2", "u3"]
    assert room.said(1) == ("text 1",), "what the root is to drop stands below it before"
    assert room.said(0) == ("text 3",)


def test_an_end_without_a_word_keeps_the_text_that_the_root_drops() -> None:
    room = Room()
    room.settle(incident(update(1)))
    assert deeds(room.settle(replace(incident(update(1)), phase=OVER))) == [("reply", "dropped"), ("edit", "resolved")]
    assert room.said(1) == ("text 1",)


def test_a_card_of_before_keeps_its_record_its_first_text_and_its_messages() -> None:
    """With other digests every message of an older database would be edited once more."""
    posts = (
        Post("m0", load_fingerprint("open:partial_outage:54b03639d88e5117:fbf0f73824755640:1002472d70bf40ee"), ("u1",)),
        Post("m1", load_fingerprint("thread:shown:f131edbd490705bf"), ("u2",)),
    )
    room = Room()
    room.card = replace(room.card, state=CardState(posts))
    assert room.settle(incident(update(1), update(2))) == []
    assert deeds(room.settle(incident(update(1), update(2), update(3)))) == [
        ("reply", "updated"),
        ("edit", "refreshed"),
    ]
    assert room.said(0) == ("text 1", "text 3")


def test_the_root_shows_no_text_that_was_not_told_yet() -> None:
    room = Room()
    act = room.next(incident(update(1), update(2)))
    assert act is not None
    assert isinstance(act.view, RootView)
    assert act.view.kept == (act.view.quote,) == (act.view.newest,)
    assert act.view.updates == 2


@pytest.mark.parametrize("mode", Mode)
def test_a_text_said_again_costs_one_edit_of_the_root(mode: Mode) -> None:
    room = Room(mode)
    first, hourly = update(1), [update(n, FIXED, "Still at it.") for n in range(2, 15)]
    room.settle(incident(first, hourly[0]))
    shown = len(room.messages)
    for count in range(2, 14):
        acts = room.settle(incident(first, *hourly[:count]))
        assert [(act.kind, act.post) for act in acts] == [("edit", 0)]
    view = room.messages["m0"]
    assert isinstance(view, RootView)
    assert view.newest is not None
    assert (view.newest.count, view.newest.at, view.newest.last) == (13, hourly[0].at, hourly[-1].at)
    assert len(room.messages) == shown


@pytest.mark.parametrize("mode", [Mode.THREAD, Mode.THREAD_KEY])
@pytest.mark.parametrize("end", [[update(4, OVER)], []], ids=["said", "without a word"])
def test_a_text_said_again_hides_no_end_that_came_with_it(mode: Mode, end: list[Update]) -> None:
    """The root must not show the end before its own text is kept and the channel was told."""
    room = Room(mode)
    facts = [update(1), update(2, text="text 1"), update(3, text="text 1"), *end]
    room.settle(incident(update(1)))
    acts = deeds(room.settle(replace(incident(*facts), phase=OVER)))
    assert acts[0] == ("reply", "dropped")
    assert (("reply", "announced") in acts) is (mode is Mode.THREAD_KEY)
    assert [act.kind for act in room.acts[1:]].count(ActKind.EDIT) == 1


def test_a_repeat_never_displaces_the_sentence_that_told_the_cause() -> None:
    room = Room()
    facts = [update(1), update(2, FIXED, "A switch died."), update(3, FIXED, "We are continuing to work on a fix.")]
    room.settle(incident(*facts))
    assert room.said(0) == ("A switch died.",)
    facts += [update(4, FIXED, "Parts arrive at noon."), update(5, FIXED, "A switch died.")]
    room.settle(incident(*facts))
    assert room.said(0) == ("Parts arrive at noon.",)


def test_the_same_text_under_another_phase_is_news() -> None:
    room = Room()
    room.settle(incident(update(1)))
    assert deeds(room.settle(incident(update(1), update(2, OVER, "text 1"))))[1] == ("reply", "resolved")


def test_more_than_a_threads_fill_comes_in_one_reply_in_order() -> None:
    room = Room()
    updates = [update(n) for n in range(MAX_SINGLE_REPLIES + 2)]
    room.settle(incident(updates[0]))
    acts = room.settle(incident(*updates))
    assert deeds(acts) == [("reply", "dropped"), ("reply", "caught_up"), ("edit", "refreshed")]
    assert room.said(2) == tuple(u.text for u in updates[1:])


def test_a_threads_fill_comes_one_by_one() -> None:
    room = Room()
    updates = [update(n) for n in range(MAX_SINGLE_REPLIES + 1)]
    room.settle(incident(updates[0]))
    assert [a.kind for a in room.settle(incident(*updates))] == ["reply"] * (MAX_SINGLE_REPLIES + 1) + ["edit"]


def test_a_channel_that_was_away_gets_one_message() -> None:
    room = Room()
    room.settle(incident(update(1)))
    room.card = replace(room.card, catch_up=True)
    acts = room.settle(incident(update(1), update(2), update(3)))
    assert deeds(acts) == [("reply", "dropped"), ("reply", "caught_up"), ("edit", "refreshed")]
    assert room.said(2) == ("text 2", "text 3")


def test_what_opened_while_the_channel_was_away_is_one_root() -> None:
    room = Room()
    room.card = replace(room.card, catch_up=True)
    (act,) = room.settle(incident(update(1), update(2), update(3, OVER)))
    assert act.kind is ActKind.POST
    assert act.after.covered_updates == {"u1", "u2", "u3"}


def test_an_edited_update_edits_its_reply() -> None:
    room = Room()
    room.settle(incident(update(1), update(2), update(3)))
    acts = room.settle(incident(update(1), update(2, text="put right"), update(3)))
    assert deeds(acts) == [("edit", "edited")]
    assert room.said(2) == ("put right",)


def test_an_edit_of_the_first_update_edits_the_root() -> None:
    room = Room()
    room.settle(incident(update(1)))
    assert deeds(room.settle(incident(update(1, text="put right")))) == [("edit", "edited")]


def test_an_update_that_was_taken_down_is_marked() -> None:
    room = Room()
    room.settle(incident(update(1), update(2), update(3)))
    acts = room.settle(incident(update(1), update(3)))
    assert deeds(acts)[0] == ("edit", "edited")
    view = room.messages["m2"]
    assert isinstance(view, ReplyView)
    assert view.updates[0].removed


def test_news_comes_before_edits_and_edits_before_the_root() -> None:
    room = Room()
    room.settle(incident(update(1), update(2)))
    acts = room.settle(incident(update(1), update(2, text="put right"), update(3)))
    assert [(a.kind, a.post) for a in acts] == [("reply", 3), ("edit", 2), ("edit", 0)]


def test_lines_of_an_episode_stay_in_the_card_of_the_incident_that_explains_it() -> None:
    """The page never took them down. An update of the vendor's that is gone is shown as taken down."""
    start, line = (replace(update(n), id=f"episode-{n}") for n in (1, 2))
    room = Room(Mode.FLAT)
    room.settle(incident(start, line))
    room.card = replace(room.card, catch_up=True)
    room.settle(incident(start, line, replace(update(3), id="episode-3"), update(4)))
    alone, mixed = (post.ref for post in room.card.state.posts[1:])
    assert alone is not None
    assert mixed is not None

    acts = room.settle(incident(update(4)))
    assert [act.ref for act in acts] == [mixed, room.card.state.posts[0].ref], "a reply of lines alone stays as it is"
    shown = room.messages[mixed]
    assert isinstance(shown, ReplyView)
    assert [(one.text, one.removed) for one in shown.updates] == [("text 4", False)]

    room.settle(incident(update(5)))
    shown = room.messages[mixed]
    assert isinstance(shown, ReplyView)
    assert [one.removed for one in shown.updates] == [True]


def test_an_incident_that_was_taken_down_strikes_its_root_and_tells_nothing_more() -> None:
    room = Room()
    room.settle(incident(update(1), update(2)))
    gone = replace(incident(update(1), update(2), update(3)), vanished=True)
    acts = room.settle(gone)
    assert deeds(acts) == [("reply", "announced"), ("edit", "vanished")]
    assert isinstance(acts[0].view, NewsView)
    assert acts[0].view.news is News.VANISHED, "the thread is told: an edit notifies nobody"
    assert not acts[0].broadcast
    assert isinstance(acts[1].view, RootView)
    assert acts[1].view.vanished
    assert deeds(room.settle(replace(gone, vanished=False))) == [
        ("reply", "updated"),
        ("reply", "announced"),
        ("edit", "restored"),
    ]
    assert room.told == ["u1", "u2", "u3"]


def test_what_was_taken_down_before_it_was_told_is_never_told() -> None:
    assert Room().settle(replace(incident(update(1)), vanished=True)) == []


def test_a_reopened_incident_reopens_its_card() -> None:
    room = Room()
    room.settle(incident(update(1), update(2, OVER)))
    acts = room.settle(incident(update(1), update(2, OVER), update(3)))
    assert deeds(acts) == [("reply", "reopened"), ("edit", "refreshed")]
    view = room.messages["m0"]
    assert isinstance(view, RootView)
    assert view.reopening == Reopening(update(3).at, timedelta(minutes=1))


def test_an_end_and_a_reopening_without_a_word_edit_the_root() -> None:
    room = Room(Mode.FLAT)
    facts = incident(update(1))
    room.settle(facts)
    assert deeds(room.settle(replace(facts, phase=OVER))) == [("edit", "resolved")]
    facts = incident(update(1), update(2, OVER))
    room.settle(facts)
    assert deeds(room.settle(replace(facts, phase=OPEN))) == [("edit", "reopened")]


def test_a_worse_level_alone_edits_the_root() -> None:
    room = Room()
    room.settle(incident(update(1)))
    assert deeds(room.settle(replace(incident(update(1)), level=Level.MAJOR_OUTAGE))) == [("edit", "updated")]


def test_a_postmortem_a_week_later_is_an_update_like_any() -> None:
    room = Room()
    room.settle(incident(update(1), update(2, OVER)))
    late = Update("pm", Phase.POSTMORTEM, T0 + timedelta(days=7), "What went wrong")
    assert deeds(room.settle(incident(update(1), update(2, OVER), late)))[0] == ("reply", "updated")


def test_an_incident_without_a_word_gets_a_root_and_its_first_word_a_reply() -> None:
    room = Room()
    assert deeds(room.settle(incident())) == [("post", "opened")]
    assert deeds(room.settle(incident(update(1)))) == [("reply", "updated"), ("edit", "refreshed")]


def test_a_card_merged_into_the_vendors_incident_tells_it_and_leaves_its_own_replies() -> None:
    room = Room()
    updates = [replace(update(n), id=f"episode-20260302T090000Z-{n}") for n in range(2)]
    room.settle(replace(incident(*updates), id="episode-20260302T090000Z", kind=IncidentKind.EPISODE))
    acts = room.settle(incident(update(5)))
    assert [(a.kind, a.post) for a in acts] == [("reply", 2), ("edit", 0)]
    assert room.said(0) == ("text 5",)


def test_an_episode_that_another_card_explains_closes_its_root_and_says_no_more() -> None:
    room = Room()
    updates = [replace(update(n), id=f"episode-20260302T090000Z-{n}") for n in range(2)]
    facts = replace(incident(*updates[:1]), id="episode-20260302T090000Z", kind=IncidentKind.EPISODE)
    room.settle(facts)
    acts = room.settle(replace(facts, updates=tuple(updates), explained_by="Pushes fail"))
    assert deeds(acts) == [("edit", "explained")]
    assert isinstance(acts[0].view, RootView)
    assert acts[0].view.explained_by == "Pushes fail"
    assert Room().settle(replace(facts, explained_by="Pushes fail")) == []


# --- lost messages ---------------------------------------------------------------------------------------------------


def test_a_lost_root_comes_back_with_the_next_news_only() -> None:
    room = Room()
    room.settle(incident(update(1), update(2)))
    room.lose(0)
    assert room.settle(replace(incident(update(1), update(2)), level=Level.MAJOR_OUTAGE)) == []
    acts = room.settle(incident(update(1), update(2), update(3), update(4)))
    assert [(a.kind, a.post) for a in acts] == [("post", 0), ("reply", 3), ("edit", 0)]
    assert room.told == ["u1", "u2", "u3", "u4"]


def test_a_text_said_again_is_told_anew_when_its_message_is_lost() -> None:
    room = Room()
    room.settle(incident(update(1), update(2)))
    room.lose(2)
    assert room.settle(incident(update(1), update(2), update(3, text="text 2")))[0].kind is ActKind.REPLY


def test_a_message_taken_up_again_keeps_its_key_and_its_record() -> None:
    room = Room()
    room.settle(incident(update(1)))
    dropped = room.next(incident(update(1), update(2)))
    assert dropped is not None
    room.carry_out(dropped)
    begun = room.next(incident(update(1), update(2)))
    assert begun is not None
    now = incident(update(1), update(2, text="put right"), update(3))
    again = resume(
        now,
        room.card,
        ChannelSettings(),
        VENDOR,
        COMPONENTS,
        kind=begun.kind,
        key=begun.key,
        after=begun.after,
        post=begun.post,
    )
    assert (again.key, again.after, again.ref, again.kind) == (begun.key, begun.after, begun.ref, "reply")
    assert isinstance(again.view, ReplyView)
    assert [s.text for s in again.view.updates] == ["put right"]
    room.carry_out(again)
    assert [(a.kind, a.post) for a in room.settle(now)] == [("reply", 3), ("edit", 2), ("edit", 0)]
