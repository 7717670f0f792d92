"""What is worked out for the first of many cards holds for those that are alike, and for no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards import next_act, reconcile
from bot.domain import (
    Ack,
    ActKind,
    Card,
    CardState,
    Channel,
    ChannelSettings,
    Component,
    Hit,
    Incident,
    IncidentKind,
    Level,
    Mention,
    Mode,
    Phase,
)
from tests.cards.room import CARD, COMPONENTS, FIXED, T0, VENDOR, incident, update

FACTS = incident(update(1))
SETTINGS = ChannelSettings(Mode.THREAD)


def shown(card: Card, ref: str, facts: Incident = FACTS) -> Card:
    act = reconcile(facts, card, SETTINGS, VENDOR, COMPONENTS, None, T0)
    assert act is not None
    return replace(card, state=act.after.with_ref(act.post, ref))


@pytest.mark.parametrize("facts", [FACTS, incident(update(1), update(2, FIXED))])
@pytest.mark.parametrize(
    "other",
    [
        CARD,
        replace(CARD, id=8, channel=Channel("console", "local", "dev")),
        shown(CARD, "m1"),
        shown(CARD, "m2"),
        replace(shown(CARD, "m1"), state=CardState(tuple(replace(p, ref=None) for p in shown(CARD, "m1").state.posts))),
        replace(CARD, note="call us"),
        replace(shown(CARD, "m1"), note="call us"),
        replace(shown(CARD, "m1"), ack=Ack("ann", T0)),
        replace(shown(CARD, "m1"), hits=(Hit("shop"),)),
        replace(CARD, catch_up=True),
        replace(CARD, state=CardState(mentioned=True)),
    ],
)
def test_cards_that_are_alike_get_the_same_act(other: Card, facts: Incident) -> None:
    for mention in (None, Mention("@ops", Level.DEGRADED)):
        for settings in (SETTINGS, ChannelSettings(Mode.EDIT), ChannelSettings(Mode.FLAT)):
            for components in (COMPONENTS, {"c1": Component("c1", "Web", Level.DEGRADED)}, {}):
                known = (settings, VENDOR, components, mention, T0)
                next_act(facts, CARD, *known)
                next_act(facts, shown(CARD, "m0"), *known)
                assert next_act(facts, other, *known) == reconcile(facts, other, *known)


def settled(card: Card, facts: Incident) -> Card:
    while act := reconcile(facts, card, SETTINGS, VENDOR, COMPONENTS, None, T0):
        ref = act.ref if act.kind is ActKind.EDIT else f"m{card.id}-{act.post}"
        card = replace(card, state=act.after.with_ref(act.post, ref))
    return card


def test_messages_below_the_root_keep_their_own_references() -> None:
    later, edited = incident(update(1), update(2, FIXED)), incident(update(1), update(2, FIXED, "another text"))
    cards = [settled(settled(replace(CARD, id=number), FACTS), later) for number in (1, 2)]
    acts = [next_act(edited, card, SETTINGS, VENDOR, COMPONENTS, None, T0) for card in cards]
    assert [act and act.ref for act in acts] == ["m1-2", "m2-2"]
    refs = [[post.ref for post in act.after.posts] for act in acts if act]
    assert refs == [[f"m{number}-{post}" for post in range(3)] for number in (1, 2)]


def test_a_plan_whose_time_comes_near_is_reminded_of() -> None:
    plan = replace(incident(update(1, Phase.SCHEDULED)), kind=IncidentKind.MAINTENANCE, started=T0 + timedelta(hours=3))
    settings = replace(SETTINGS, remind=(timedelta(hours=1),))
    first = reconcile(plan, CARD, settings, VENDOR, COMPONENTS, None, T0)
    assert first is not None
    card = replace(CARD, state=first.after.with_ref(first.post, "m1"))
    far, near = (
        next_act(plan, card, settings, VENDOR, COMPONENTS, None, T0 + timedelta(hours=hours)) for hours in (0, 2.5)
    )
    assert far is None
    assert near is not None
    assert near.kind is ActKind.REPLY
