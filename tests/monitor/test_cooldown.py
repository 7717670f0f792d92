"""Hosts that asked to be left alone, over the time that they asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.monitor.cooldown import MAX_COOLDOWN_S, Cooldown
from bot.monitor.responses import Hints
from tests.monitor.facts import NOON


@pytest.mark.parametrize(
    ("later", "refused"),
    [(timedelta(), True), (timedelta(seconds=MAX_COOLDOWN_S - 1), True), (timedelta(seconds=MAX_COOLDOWN_S), False)],
)
def test_a_host_is_left_alone_for_no_longer_than_an_hour(later: timedelta, refused: bool) -> None:
    quiet = Cooldown()
    quiet.note("a.example", 503, Hints(retry_after_s=10**9), NOON)
    assert (quiet.refusal("a.example", NOON + later) is not None) == refused


def test_a_clock_that_goes_back_makes_no_wait_longer() -> None:
    quiet = Cooldown()
    quiet.note("a.example", 429, Hints(), NOON)
    assert quiet.refusal("a.example", NOON - timedelta(days=365)) is None
