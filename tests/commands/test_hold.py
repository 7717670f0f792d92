from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.grammar import parse, unparse_wishes
from bot.domain import Hold, Level, Slug, Wishes
from tests.commands.talk import CATALOG, Talk

FIVE = Hold(timedelta(minutes=5))


def held(talk: Talk) -> Hold | None:
    return talk.store.channels.subscriptions(talk.channel)[0].subscription.wishes.hold


@pytest.mark.parametrize(
    ("typed", "hold"),
    [
        ("hold:5m", FIVE),
        ("hold=5min", FIVE),
        ('hold:"5 minutes"', FIVE),
        ("--hold 5m", FIVE),
        ("hold:1h", Hold(timedelta(hours=1))),
        ("hold:5m,all", Hold(timedelta(minutes=5), None)),
        ('hold:"5m all"', Hold(timedelta(minutes=5), None)),
        ("hold:off", None),
        ("hold for 5 minutes", FIVE),
        ("only if it lasts 5 minutes", FIVE),
        ("if it is still open after 5 min", FIVE),
        ("only when down for longer than 5m", FIVE),
        ("severity:minor+ after 5 minutes", FIVE),
    ],
)
def test_a_hold_in_many_words(talk: Talk, typed: str, hold: Hold | None) -> None:
    talk.say(f"subscribe github {typed}")
    assert held(talk) == hold


@pytest.mark.parametrize("typed", ["hold:0m", "hold:2d", "hold:soon", "hold:!5m", "hold:all", "hold:5m,10m"])
def test_what_is_no_hold_is_refused_and_says_what_is(talk: Talk, typed: str) -> None:
    text = talk.say(f"subscribe github {typed}")
    assert "hold:5m,all if major ones are to wait too" in text
    assert talk.store.channels.subscriptions(talk.channel) == ()


def test_it_is_shown_wherever_the_subscription_is(talk: Talk) -> None:
    shown = "only what is still open after 5 min (partial outage or worse at once)"
    assert shown in talk.say("subscribe github hold:5m")
    listed = talk.say("list")
    assert shown in listed
    assert "subscribe github hold:5m" in listed
    assert "after 5 min (however bad)" in talk.say("subscribe github hold:5m,all")
    assert "subscribe github hold:5m,all" in talk.say("unsubscribe github"), "and undone"


def test_the_same_again_without_it_ends_it(talk: Talk) -> None:
    talk.say("subscribe github hold:5m")
    assert "Subscription changed" in talk.say("subscribe github")
    assert held(talk) is None


@given(st.integers(1, 24 * 60), st.booleans())
def test_it_is_read_back_as_it_was_typed(minutes: int, everything: bool) -> None:
    wishes = Wishes(Hold(timedelta(minutes=minutes), None if everything else Level.PARTIAL_OUTAGE))
    parsed = parse(f"github {unparse_wishes(wishes)}", CATALOG)
    assert parsed.wishes == wishes
    assert [vendor.slug for vendor in parsed.vendors] == [Slug("github")]
