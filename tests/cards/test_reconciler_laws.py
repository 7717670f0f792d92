"""Laws of the reconciler, over made-up histories and records: everything is told once, in order, and comes to rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import ReplyView, RootView
from bot.domain import ActKind, CardState, Level, Mention, Mode, Mute, Phase, Post, Update, load_fingerprint
from tests.cards.room import FIXED, OPEN, OVER, T0, WATCHED, Room, incident, update

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
