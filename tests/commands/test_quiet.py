from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.quiet import quiet_typed, split_quiet
from bot.domain import Level, QuietHours
from tests.commands.talk import Talk

NIGHT = QuietHours(time(22), time(7))
MAJOR = replace(NIGHT, except_level=Level.PARTIAL_OUTAGE)


@pytest.mark.parametrize(
    ("typed", "quiet"),
    [
        ("quiet=22:00-07:00", NIGHT),
        ("quiet=22-7", NIGHT),
        ("quiet: 22:00 – 7:00", NIGHT),  # noqa: RUF001
        ("quiet from 10pm to 7am", NIGHT),
        ("quiet hours between 10 pm and 7 am every night", NIGHT),
        ("quiet 22h-7h", NIGHT),
        ("dnd 22:00 until 7:00", NIGHT),
        ("quiet=22:30-06:15", QuietHours(time(22, 30), time(6, 15))),
        ("quiet=22:00-24:00", QuietHours(time(22), time())),
        ("quiet midnight to noon", QuietHours(time(), time(12))),
        ("quiet=22:00-07:00,weekends", replace(NIGHT, weekends=True)),
        ("quiet=22:00-07:00, weekends", replace(NIGHT, weekends=True)),
        ("quiet from 10pm to 7am and on weekends", replace(NIGHT, weekends=True)),
        ("quiet=weekends", QuietHours(None, None, weekends=True)),
        ("quiet=22:00-07:00 except=major", MAJOR),
        ("quiet=22:00-07:00,except=major", MAJOR),
        ("except=major quiet=22:00-07:00", MAJOR),
        ("quiet from 10pm to 7am except major outages", MAJOR),
    ],
)
def test_quiet_hours_in_many_words(talk: Talk, typed: str, quiet: QuietHours) -> None:
    reply = talk.ask(f"settings {typed}")
    assert talk.store.channels.settings(talk.channel).quiet == quiet
    assert reply.public


def test_they_are_shown_and_ended(talk: Talk) -> None:
    talk.say("settings tz=Berlin quiet=22:00-07:00,weekends except=major mode=flat")
    shown = "quiet: 22:00–07:00 and whole weekends in Europe/Berlin, except partial outage or worse"  # noqa: RUF001
    assert shown in talk.say("settings")
    assert "mode: flat" in talk.say("settings")
    assert "Settings changed: quiet=23:00-06:00 and except=major" in talk.say("settings quiet=23:00-06:00")
    assert "Settings changed: except=off" in talk.say("settings except=off")
    assert "Settings changed: quiet=off" in talk.say("settings quiet=off")
    assert talk.store.channels.settings(talk.channel).quiet is None


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("quiet=late", "Give quiet hours as two times, not “late”: quiet=22:00-07:00"),
        ("quiet", "Give quiet hours as two times"),
        ("quiet=22:00-22:00", "Give quiet hours as two times"),
        ("quiet=25:00-07:00", "Give quiet hours as two times"),
        ("quiet from 10 to 7", "Is that morning or evening"),
        ("quiet=22:00-07:00 except=purple", "There is no severity “purple”"),
        ("except=major", "“except=” says what goes through in quiet hours"),
    ],
)
def test_what_cannot_be_says_what_to_type(talk: Talk, typed: str, answer: str) -> None:
    assert answer in talk.say(f"settings {typed}")
    assert talk.store.channels.settings(talk.channel).quiet is None


def test_the_good_part_is_kept(talk: Talk) -> None:
    assert "Settings changed: mode=flat" in talk.say("settings quiet=late mode=flat")


levels = st.sampled_from([None, Level.DEGRADED, Level.PARTIAL_OUTAGE, Level.MAJOR_OUTAGE])
clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(clocks, clocks, st.booleans(), levels)
def test_they_are_read_back_as_they_were_typed(start: time, end: time, weekends: bool, level: Level | None) -> None:
    if start == end:
        return
    quiet = QuietHours(start, end, weekends, level)
    rest, typed = split_quiet(f"mode=flat {quiet_typed(quiet)} tz=UTC")
    assert rest == "mode=flat tz=UTC"
    assert typed is not None
    assert typed.hours == quiet
