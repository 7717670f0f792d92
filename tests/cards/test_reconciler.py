from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import (
    MAX_SINGLE_POSTS,
    MAX_SINGLE_REPLIES,
    Act,
    ActReason,
    NewsView,
    ReminderView,
    Reopening,
    ReplyView,
    RootView,
    View,
    next_act,
    reconcile,
    resume,
    too_late,
)
from bot.domain import (
    ENDED,
    ActKind,
    Card,
    CardState,
    Channel,
    ChannelSettings,
    Component,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Mention,
    Mode,
    Mute,
    News,
    Phase,
    Post,
    Slug,
    UnknownFingerprint,
    Update,
    Vendor,
    Verdict,
    VerdictReason,
    load_fingerprint,
)

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VENDOR = Vendor(Slug("acme"), "Acme", "https://status.acme.test", "https://status.acme.test", "cloud", "hosting")
CHANNEL = Channel("console", "local", "ops")
CARD = Card(7, CHANNEL, "i1", VENDOR.slug, Verdict(True, VerdictReason.WHOLE_VENDOR))
COMPONENTS = {"c1": Component("c1", "API", Level.DEGRADED, group="Core")}
OPEN, FIXED, WATCHED, OVER = Phase.INVESTIGATING, Phase.IDENTIFIED, Phase.MONITORING, Phase.RESOLVED


def update(number: int, phase: Phase | None = OPEN, text: str | None = None) -> Update:
    return Update(f"u{number}", phase, T0 + timedelta(minutes=number), f"text {number}" if text is None else text)


def incident(*updates: Update, phase: Phase | None = OPEN) -> Incident:
    return Incident(
        VENDOR.slug,
        "i1",
        IncidentKind.INCIDENT,
        "Pushes fail",
        updates[-1].phase if updates else phase,
        Impact.MAJOR,
        T0,
        level=Level.PARTIAL_OUTAGE,
        components=("c1", "unheard of"),
        updates=updates,
    )


@dataclass
class Room:
    """A channel as its readers see it: every message with what it shows now, and every act that was carried out."""

    mode: Mode = Mode.THREAD
    card: Card = CARD
    messages: dict[str, View] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    mention: Mention | None = None
    facts: Incident = field(default_factory=lambda: incident())
    worth_a_mention: bool = False
    now: datetime = T0

    def next(self, facts: Incident) -> Act | None:
        self.facts = facts
        known = (facts, self.card, ChannelSettings(self.mode), VENDOR, COMPONENTS, self.mention, self.now)
        act = reconcile(*known)
        assert next_act(*known) == act
        return act

    def mentions(self) -> list[tuple[str, str]]:
        return [(act.kind, act.mention) for act in self.acts if act.mention]

    def carry_out(self, act: Act) -> None:
        before, post = self.card.state, act.after.posts[act.post]
        assert before.covered_updates <= act.after.covered_updates
        assert len(act.key) <= 25
        match act.kind:
            case "edit":
                assert act.ref == post.ref == before.posts[act.post].ref is not None
                ref = act.ref
            case "post":
                assert act.ref is None
                assert post.ref is None
                ref = f"m{len(self.messages)}"
            case "reply":
                assert act.ref is not None
                assert before.root
                assert act.ref == before.root.ref
                assert post.ref is None
                ref = f"m{len(self.messages)}"
            case _:
                raise AssertionError(act.kind)
        assert ref is not None
        if act.kind is ActKind.EDIT and act.post == 0 and self.mode is not Mode.EDIT:
            self.nothing_is_dropped(ref, act.view)
        self.messages[ref] = act.view
        self.worth_a_mention |= (
            act.kind is not ActKind.EDIT
            and act.reason is not ActReason.DROPPED
            and self.mention is not None
            and self.mention.is_due(self.facts)
        )
        self.told += dict.fromkeys(u for p in act.after.posts for u in p.updates if u not in before.covered_updates)
        self.acts.append(act)
        posts = act.after.posts
        posts = (*posts[: act.post], replace(post, ref=ref), *posts[act.post + 1 :])
        self.card = replace(self.card, state=replace(act.after, posts=posts))

    def nothing_is_dropped(self, root: str, after: View) -> None:
        """A text that leaves the root stands in another message."""
        before = self.messages[root]
        if isinstance(before, RootView) and isinstance(after, RootView):
            below = {
                said.text for view in self.messages.values() if isinstance(view, ReplyView) for said in view.updates
            }
            covered = self.card.state.covered_updates
            current = {update.text for update in self.facts.updates if update.id in covered}
            assert (shown(before) - shown(after)) & current <= below

    def settle(self, facts: Incident) -> list[Act]:
        """Act until the channel shows what is true; returns the acts of this time."""
        start, bound = len(self.acts), 4 + 2 * len(facts.updates) + len(self.card.state.posts)
        while act := self.next(facts):
            assert act.key == (self.next(facts) or act).key
            self.carry_out(act)
            assert len(self.acts) - start <= bound, "never comes to rest"
        return self.acts[start:]

    def lose(self, index: int) -> None:
        posts = self.card.state.posts
        if index < len(posts):
            gone = (*posts[:index], replace(posts[index], ref=None), *posts[index + 1 :])
            self.card = replace(self.card, state=replace(self.card.state, posts=gone))

    def said(self, index: int = -1) -> tuple[str, ...]:
        ref = self.card.state.posts[index].ref
        assert ref is not None
        match self.messages[ref]:
            case RootView() as root:
                return tuple(s.text for s in dict.fromkeys((*root.kept, *([root.quote] if root.quote else ()))))
            case NewsView() | ReminderView():
                return ()
            case ReplyView(updates=said):
                return tuple(s.text for s in said)


def shown(root: RootView) -> set[str]:
    over = root.phase in ENDED or root.vanished
    return {said.text for said in (*root.kept, *([root.quote] if root.quote and not over else ())) if said.text}


def deeds(acts: list[Act]) -> list[tuple[str, str]]:
    return [(act.kind, act.reason.value) for act in acts]


# --- thread mode, step by step --------------------------------------------------------------------------------------


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


# --- the other modes -------------------------------------------------------------------------------------------------


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


# --- laws -----------------------------------------------------------------------------------------------------------

PHASES = st.sampled_from([None, OPEN, FIXED, WATCHED, OVER, Phase.POSTMORTEM])
TEXTS = st.sampled_from(["", "a", "b", "c:d", "\ud800", "x" * 50])
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), PHASES, TEXTS),
        st.tuples(st.just("edit"), st.integers(0, 9), TEXTS),
        st.tuples(st.just("drop"), st.integers(0, 9)),
        st.tuples(st.just("vanish"), st.booleans()),
        st.tuples(st.just("phase"), PHASES),
        st.tuples(st.just("level"), st.sampled_from([None, *Level])),
        st.tuples(st.just("mode"), st.sampled_from(Mode)),
        st.tuples(st.just("lose"), st.integers(0, 3)),
        st.tuples(st.just("fold"), st.booleans()),
        st.tuples(st.just("mute"), st.sampled_from([None, Mute(), Mute(T0 + timedelta(hours=1))])),
        st.tuples(st.just("clock"), st.integers(1, 60)),
        st.tuples(st.just("act"), st.integers(1, 4)),
    ),
    max_size=25,
)


@settings(max_examples=400, deadline=None)
@given(mode=st.sampled_from(Mode), events=EVENTS, least=st.sampled_from([None, Level.DEGRADED, Level.MAJOR_OUTAGE]))
def test_whatever_happens_everything_is_told_once_in_order_and_comes_to_rest(
    mode: Mode, events: list[tuple[object, ...]], least: Level | None
) -> None:
    room, facts, number, ever = Room(mode), incident(), 0, list[str]()
    room.mention = None if least is None else Mention("@oncall", least)
    for event in events:
        updates = list(facts.updates)
        match event:
            case "say", Phase() | None as phase, str(text):
                number += 1
                ever.append(f"u{number}")
                facts = replace(facts, updates=(*updates, update(number, phase, text)), phase=phase)
            case "edit", int(index), str(text) if updates:
                updates[index % len(updates)] = replace(updates[index % len(updates)], text=text)
                facts = replace(facts, updates=tuple(updates))
            case "drop", int(index) if updates:
                del updates[index % len(updates)]
                facts = replace(facts, updates=tuple(updates))
            case "vanish", bool(vanished):
                facts = replace(facts, vanished=vanished)
            case "phase", Phase() | None as phase:
                facts = replace(facts, phase=phase)
            case "level", Level() | None as level:
                facts = replace(facts, level=level)
            case "mode", Mode() as mode:
                room.mode = mode
            case "lose", int(index):
                room.lose(index)
            case "fold", bool(fold):
                room.card = replace(room.card, catch_up=fold)
            case "mute", Mute() | None as mute:
                room.card = replace(room.card, mute=mute)
            case "clock", int(minutes):
                room.now += timedelta(minutes=minutes)
            case "act", int(times):
                for _ in range(times):
                    if act := room.next(facts):
                        room.carry_out(act)
    before, quiet = len(room.acts), room.card.mute is not None and room.card.mute.applies_to(facts, room.now)
    room.settle(facts)
    assert not quiet or {act.kind for act in room.acts[before:]} <= {"edit"}
    room.card = replace(room.card, mute=None)
    room.settle(facts)
    assert max(Counter(room.told).values(), default=0) <= 1
    assert room.told == [u for u in ever if u in room.told]
    if not facts.vanished:
        assert {u.id for u in facts.updates} <= set(room.told)
        keys = [a.key for a in room.acts if a.kind is not ActKind.EDIT]
        assert len(keys) == len(set(keys))
    assert len(room.mentions()) == room.worth_a_mention
    for post in room.card.state.posts[1:]:
        if post.ref and post.updates:
            view = room.messages[post.ref]
            assert isinstance(view, ReplyView)
            wanted = {u.text for u in facts.updates if u.id in post.updates}
            assert wanted == {s.text for s in view.updates if not s.removed}
    root = room.card.state.root
    if root and root.ref:
        view = room.messages[root.ref]
        assert isinstance(view, RootView)
        assert (view.vanished, view.level, view.phase) == (facts.vanished, facts.level, facts.phase)


POSTS = st.lists(
    st.builds(
        Post,
        st.one_of(st.none(), st.text(max_size=3)),
        st.one_of(st.text(max_size=12), st.just("open:degraded:x:y:z"), st.just("flat:shown:q")).map(load_fingerprint),
        st.lists(st.sampled_from(["u1", "u2", "u3", "other", "episode-1"]), max_size=4).map(tuple),
    ),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(
    mode=st.sampled_from(Mode),
    posts=POSTS,
    updates=st.lists(st.builds(update, st.integers(1, 4), PHASES, TEXTS), max_size=6),
    fold=st.booleans(),
)
def test_any_record_of_what_was_shown_leads_to_rest(
    mode: Mode, posts: list[Post], updates: list[Update], fold: bool
) -> None:
    room = Room(mode)
    room.card = replace(room.card, state=CardState(tuple(posts)), catch_up=fold)
    facts = incident(*updates)
    for _ in range(30):
        act = room.next(facts)
        if act is None:
            return
        done = act.after.posts
        shown = CardState((*done[: act.post], replace(done[act.post], ref="m"), *done[act.post + 1 :]))
        room.card = replace(room.card, state=shown)
    raise AssertionError("never comes to rest")
