from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain import Channel, ChannelSettings, Mode
from tests.commands.talk import Talk

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_bare_shows_what_is_in_force_and_how_to_change_it(talk: Talk) -> None:
    reply = talk.ask("settings")
    assert not reply.public
    assert talk.say("settings").splitlines() == [
        "Settings of this channel",
        "mode: thread+key — thread, plus channel posts for worse, resolved, reopened",
        "tz: UTC",
        "quiet: off — everything is told as it comes",
        "Change them with settings mode=thread tz=Europe/Berlin remind=1h,1d or "
        "settings quiet=22:00-07:00,weekends except=major; mode is thread, thread+key, flat or edit.",
        "[Fill in a form: settings]",
    ]


@pytest.mark.parametrize(
    ("typed", "settings"),
    [
        ("mode=flat", ChannelSettings(Mode.FLAT)),
        ("remind=1h,1d", ChannelSettings(remind=(DAY, HOUR))),
        ("remind: 1h, 1d mode=flat", ChannelSettings(Mode.FLAT, remind=(DAY, HOUR))),
        ("reminders 1 day and 30 minutes before maintenance", ChannelSettings(remind=(DAY, HOUR / 2))),
        ("mode=thread+key tz=Europe/Berlin", ChannelSettings(Mode.THREAD_KEY, "Europe/Berlin")),
        ("Mode: edit, tz:europe/berlin", ChannelSettings(Mode.EDIT, "Europe/Berlin")),
        ("tz=“America/New_York”", ChannelSettings(zone="America/New_York")),
        ("tz=Berlin", ChannelSettings(zone="Europe/Berlin")),
        ("tz New York", ChannelSettings(zone="America/New_York")),
        ("flat Asia/Tokyo", ChannelSettings(Mode.FLAT, "Asia/Tokyo")),
        ("mode flat zone Asia/Tokyo", ChannelSettings(Mode.FLAT, "Asia/Tokyo")),
        ("thread tz=Asia/Tokyo", ChannelSettings(Mode.THREAD, "Asia/Tokyo")),
    ],
)
def test_a_change_is_public_and_shows_the_whole_set(talk: Talk, typed: str, settings: ChannelSettings) -> None:
    reply = talk.ask(f"settings {typed}")
    assert reply.public
    assert reply.messages[0].summary.startswith("Settings changed: ")
    assert talk.store.channels.settings(talk.channel) == settings
    text = talk.say("settings")
    assert f"mode: {settings.mode} — " in text
    assert f"tz: {settings.zone}" in text
    assert ("remind: " in text) == bool(settings.remind)


def test_who_follows_a_discord_channel_is_shown_nothing_once_that_is_turned_off(talk: Talk) -> None:
    assert talk.say("settings publish=off").startswith("No setting was changed.")
    talk.channel = Channel("discord", "1", "2")
    assert "publish:" not in talk.say("settings publish=on")
    assert "publish: off — those who follow this channel" in talk.say("settings publish=OFF")
    assert not talk.store.channels.settings(talk.channel).publish
    assert "Say what “publish” is to be" in talk.say("settings publish=maybe")
    assert not talk.store.channels.settings(talk.channel).publish


def test_reminders_are_shown_and_end(talk: Talk) -> None:
    assert "remind: reminded 30 min and 1 d before a planned maintenance" in talk.say("settings remind=1d,30m")
    assert talk.say("settings remind=off").startswith("Settings changed: remind=off.")
    assert talk.store.channels.settings(talk.channel).remind == ()


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("mode=threads", "There is no mode “threads”; take thread, thread+key, flat or edit, for example"),
        ("tz=Berln", "There is no time zone “Berln”. Did you mean Europe/Berlin"),
        ("tz=Europe/Berln", "There is no time zone “Europe/Berln”. Did you mean Europe/Berlin"),
        ("tz=Atlantis", "There is no time zone “Atlantis”."),
        ("tz=GMT+2", "“GMT+2” knows no summer time: take a zone's name, like Europe/Berlin"),
        ("tz=utc-05:30", "“utc-05:30” knows no summer time"),
        ("tz=EST", "“EST” knows no summer time"),
        ("tz=PST", "There is no time zone “PST”. Did you mean America/Los_Angeles?"),
        ("tz +2", "“+2” knows no summer time"),
        (
            "quiet=22:00-07:00 except=bad",
            "- There is no severity “bad”; use minor, major or critical, for example except=",
        ),
        ("colour=red", "There is no setting “colour”; there are mode, tz, remind, quiet and except"),
        ("remind=soon", "A reminder comes up to 30 days before a maintenance, and 5 of them at most; not “soon”"),
        ("remind=40d", "remind=1h,1d, or remind=off."),
    ],
)
def test_what_is_not_understood_says_what_there_is(talk: Talk, typed: str, answer: str) -> None:
    reply = talk.ask(f"settings {typed}")
    assert not reply.public
    assert reply.messages[0].summary == "No setting was changed."
    assert answer in talk.say(f"settings {typed}")
    assert talk.store.channels.settings(talk.channel) == ChannelSettings()


def test_what_is_to_go_through_is_asked_for_once(talk: Talk) -> None:
    assert talk.say("settings quiet=weekends except=bad").count("There is no severity “bad”") == 1
    talk.say("settings quiet=weekends")
    text = talk.say("settings except=bad mode=flat")
    assert text.startswith("Settings changed: mode=flat.\n- There is no severity “bad”")


def test_a_zone_by_its_whole_name_is_taken_whatever_it_is(talk: Talk) -> None:
    talk.say("settings tz=Etc/GMT-2")
    assert talk.store.channels.settings(talk.channel).zone == "Etc/GMT-2"


def test_the_good_part_of_a_line_is_kept(talk: Talk) -> None:
    text = talk.say("settings mode=flat tz=Atlantis")
    assert text.startswith("Settings changed: mode=flat.\n- There is no time zone “Atlantis”.")
    assert talk.store.channels.settings(talk.channel).mode is Mode.FLAT


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (
            "quiet=22:00-07:00-09:00",
            "Give quiet hours as two times, not “22:00-07:00-09:00”: quiet=22:00-07:00, "
            "with ,weekends for whole weekends too, or quiet=off.",
        ),
        ("mode=", "Say what “mode” is to be, for example settings mode=flat."),
        ("tz:", "Say what “tz” is to be, for example settings tz=Europe/Berlin."),
        ("except=", "Say what “except” is to be, for example settings quiet=22:00-07:00 except=major."),
        ("remind=", "Say how long before a maintenance to remind: remind=1h,1d, or remind=off."),
    ],
)
def test_a_setting_without_a_value_says_what_is_lacking(talk: Talk, typed: str, answer: str) -> None:
    assert talk.say(f"settings {typed}").splitlines()[:2] == ["No setting was changed.", f"- {answer}"]
