from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.grammar import parse, unparse_wishes
from bot.commands.remind import MAX_REMINDERS, parse_leads, unparse_leads
from bot.domain import Hold, Wishes
from tests.commands.talk import CATALOG, Talk

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def wishes(talk: Talk) -> Wishes:
    return talk.store.channels.subscriptions(talk.channel)[0].subscription.wishes


@pytest.mark.parametrize(
    ("typed", "leads"),
    [
        ("remind=1h,1d", (DAY, HOUR)),
        ("remind:1h,1d", (DAY, HOUR)),
        ('remind:"1 hour and 1 day"', (DAY, HOUR)),
        ("--remind 30m", (30 * MINUTE,)),
        ("reminders:2w", (14 * DAY,)),
        ("remind:off", ()),
        ("", None),
    ],
)
def test_a_subscription_may_say_when(talk: Talk, typed: str, leads: tuple[timedelta, ...] | None) -> None:
    talk.say(f"subscribe github maintenance:on {typed}")
    assert wishes(talk).remind == leads


@pytest.mark.parametrize("typed", ["remind:soon", "remind:0h", "remind:40d", "remind:!1h", "remind:1m,2m,3m,4m,5m,6m"])
def test_what_is_no_time_is_refused_and_says_what_is(talk: Talk, typed: str) -> None:
    assert "remind" in talk.say(f"subscribe github {typed}")
    assert talk.store.channels.subscriptions(talk.channel) == ()


def test_it_is_told_listed_and_can_be_typed_again(talk: Talk) -> None:
    said = talk.say("subscribe github maintenance:on hold:5m remind:1d,1h")
    assert "reminded 1 h and 1 d before a planned maintenance" in said
    assert "subscribe github maintenance:on hold:5m remind:1h,1d" in talk.say("list")


@given(st.sets(st.integers(1, 30 * 24 * 60), min_size=1, max_size=MAX_REMINDERS), st.booleans())
def test_what_is_shown_reads_back(minutes: set[int], is_held: bool) -> None:
    leads = tuple(sorted((n * MINUTE for n in minutes), reverse=True))
    assert parse_leads(unparse_leads(leads)) == leads
    wished = Wishes(Hold(5 * MINUTE) if is_held else None, leads)
    assert parse(f"github {unparse_wishes(wished)}", CATALOG).wishes == wished
