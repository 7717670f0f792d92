from __future__ import annotations

import pytest

from bot.catalog import Catalog, load
from bot.commands.command import Argument, ArgumentKind, Command, Permission
from bot.commands.grammar import parse
from bot.commands.table import COMMANDS
from bot.domain import Filter, Level
from tests.commands.talk import CATALOG, Talk

FOR_EVERYBODY = {"ack", "unack"}
"""Whoever is on call need not be who manages the channel."""
BY_NAME = {command.name: command for command in COMMANDS}


@pytest.fixture(scope="module")
def everyone() -> Catalog:
    return load()


def test_names_are_what_every_platform_takes() -> None:
    names = [name for command in COMMANDS for name in (command.name, *command.aliases)]
    assert len(names) == len(set(names))
    assert all(command.name.isascii() and command.name.isalpha() and command.name.islower() for command in COMMANDS)
    assert all(len(command.name) <= 32 and len(command.summary) <= 100 for command in COMMANDS)
    assert all(len(a.summary) <= 100 and a.name.islower() for command in COMMANDS for a in command.arguments)


def test_required_arguments_come_first() -> None:
    for command in COMMANDS:
        needed = [argument.required for argument in command.arguments]
        assert needed == sorted(needed, reverse=True)


@pytest.mark.parametrize("name", [name for command in COMMANDS for name in (command.name, *command.aliases)])
def test_no_command_hides_a_vendor(everyone: Catalog, name: str) -> None:
    vendor = everyone.exact(name)
    assert vendor is None, f"{name} is {vendor.name if vendor else ''}"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_every_example_is_understood(talk: Talk, command: Command) -> None:
    for example in command.examples:
        assert example.split()[0] == command.name
        assert "There is no" not in talk.say(example)


def test_typed_options_say_what_a_line_would() -> None:
    text = BY_NAME["subscribe"].command_text(
        {
            "vendor": "github",
            "component": ["Git Operations", 'say "hi"'],
            "without": ["Docs"],
            "severity": "major",
            "maintenance": "on",
            "match": "",
        }
    )
    assert (
        text
        == r'github component:"Git Operations" component:"say \"hi\"" component:!"Docs" severity:major maintenance:on'
    )
    assert parse(text, CATALOG).filter == Filter(
        components=("Git Operations", 'say "hi"'), excluded=("Docs",), min_level=Level.PARTIAL_OUTAGE, maintenance="on"
    )


def test_usage_shows_what_is_needed_and_what_may_follow() -> None:
    assert BY_NAME["components"].usage == "components <vendor> [text]"
    assert BY_NAME["incidents"].usage == "incidents [vendor…] [--days …]"
    assert BY_NAME["subscribe"].usage == "subscribe <vendor>… [filters]"
    assert Argument("region", ArgumentKind.REGION, "", template="region:{}").usage == "[region:…]"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_who_may_not_manage_changes_nothing(talk: Talk, command: Command) -> None:
    talk.say("subscribe github aws")
    talk.say("mute aws 1h")

    def state() -> object:
        channels, here = talk.store.channels, talk.channel
        return channels.subscriptions(here), channels.settings(here), talk.store.mutes.of_channel(here, talk.now)

    before = state()
    for typed in (*command.examples, f"{command.name} all", f"{command.name} github", command.name):
        assert not talk.ask(typed, may_manage=False).public
        assert state() == before
    assert command.permission is Permission.MANAGERS or not command.public or command.name in FOR_EVERYBODY
