"""``test``: who may, in which mode, and what is answered about it in its channel and elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import Mode
from tests.commands.talk import OPS, Talk


def test_it_says_what_is_about_to_happen(talk: Talk) -> None:
    assert talk.say("test").splitlines() == [
        "A test begins here: a made-up outage, shown in mode thread+key.",
        "It opens within seconds, is updated, and is over at 12:01.",
        "Nobody is mentioned, and no other channel hears of it.",
        "(By ana)",
    ]
    assert talk.replies[-1].public


@pytest.mark.parametrize("typed", ["test flat", "test mode=flat", "test mode flat", "test FLAT"])
def test_a_mode_is_taken_and_the_settings_stay(talk: Talk, typed: str) -> None:
    assert "shown in mode flat" in talk.say(typed)
    running = talk.store.drills.running(OPS)
    assert running is not None
    assert running.mode is Mode.FLAT
    assert talk.store.channels.settings(OPS).mode is not Mode.FLAT


def test_a_second_one_is_refused_with_when_to_ask_again(talk: Talk) -> None:
    talk.say("test")
    talk.now += timedelta(seconds=45)
    assert talk.say("test").startswith("A test runs in this channel already: it is over in 30 s. Ask again then.")
    assert not talk.replies[-1].public


def test_what_is_no_mode_starts_nothing(talk: Talk) -> None:
    assert talk.say("test loud").startswith("There is no mode “loud”; take thread, thread+key, flat or edit")
    assert talk.store.drills.running(OPS) is None


def test_only_who_may_manage_starts_one(talk: Talk) -> None:
    for typed in ("test", "test flat"):
        assert talk.say(typed, may_manage=False) == "Only people who can manage this channel can run a test."
    assert talk.store.drills.running(OPS) is None


def test_quiet_hours_keep_nothing_of_it_back_and_why_says_no_such_thing(talk: Talk) -> None:
    talk.say("settings quiet=11:00-13:00")
    talk.say("test")
    talk.post()
    assert "Held back" not in talk.say("why")


def test_its_own_channel_can_ask_about_it_and_no_other(talk: Talk) -> None:
    talk.say("subscribe github")
    talk.say("test")
    talk.post()
    running = talk.store.drills.running(OPS)
    assert running is not None
    name = f"{running.vendor}/{running.incident_id}"
    assert "This is only a test: nothing is down." in talk.say(f"incident {name}")
    assert "it was made up, and nobody else heard of it" in talk.say(f"why {name}")
    assert "Muted “Test — A made-up outage" in talk.say(f"mute {name} 1h")
    elsewhere = replace(talk, channel=replace(OPS, id="dev"), replies=[])
    for line in (f"incident {name}", f"incident {running.incident_id}", f"why {name}"):
        assert "only a test" not in elsewhere.say(line)
    for line in ("status", "incidents", "list", "status test", "history test"):
        assert "made-up" not in talk.say(line)
