"""The table of commands as Discord's typed commands, and typed options as the text that they stand for."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.adapters.discord.api.permissions import (
    ALL_FLAGS,
    PIN_MESSAGES,
    THREAD_FLAGS,
    ChannelKind,
    allowed_by_override,
    invite_url,
    may_manage,
    missing,
)
from bot.adapters.discord.interactions.commands import choices, differ, parse_autocomplete, parse_command, payloads
from bot.adapters.discord.interactions.warnings import missing_permissions_message
from bot.adapters.discord.options import SetupError, application_id
from bot.adapters.discord.render.custom_ids import MAX_CUSTOM_ID, RUN, command_of, custom_id
from bot.commands.command import Argument, ArgumentKind, Permission
from bot.commands.complete import Choice
from bot.commands.table import COMMANDS
from bot.domain import Channel
from tests.adapters.discord.spec import complaints

COMMAND = "/applications/{application_id}/commands"
HERE = Channel("discord", "10", "20")


def option(name: str, value: Any, *, focused: bool = False) -> dict[str, Any]:
    return {"name": name, "value": value, "type": 3, **({"focused": True} if focused else {})}


def test_discord_takes_the_whole_table() -> None:
    assert not complaints("PUT", COMMAND, payloads())
    assert [payload["name"] for payload in payloads()] == [command.name for command in COMMANDS]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_what_changes_something_is_for_managers_in_servers_that_the_bot_is_in(command: Any) -> None:
    payload = next(p for p in payloads() if p["name"] == command.name)
    changes = command.permission is Permission.MANAGERS
    assert (payload["default_member_permissions"] == 1 << 5) is changes
    assert (1 in payload["integration_types"]) is not changes
    assert 1 in payload["contexts"], "direct messages"


def test_arguments_are_typed() -> None:
    subscribe = {o["name"]: o for o in next(p for p in payloads() if p["name"] == "subscribe")["options"]}
    assert subscribe["vendor"]["required"]
    assert subscribe["vendor"]["autocomplete"]
    assert not subscribe["vendor2"]["required"]
    assert subscribe["component"]["autocomplete"]
    assert [c["value"] for c in subscribe["severity"]["choices"]] == ["minor", "major", "critical"]
    assert subscribe["mention"]["type"] == 9
    history = {o["name"]: o for o in next(p for p in payloads() if p["name"] == "history")["options"]}
    assert (history["days"]["type"], history["days"]["min_value"], history["days"]["max_value"]) == (4, 1, 366)


def test_they_are_registered_again_only_when_they_differ() -> None:
    shown = copy.deepcopy(payloads())
    for number, payload in enumerate(shown):
        if payload["default_member_permissions"]:
            payload["default_member_permissions"] = str(payload["default_member_permissions"])
        payload |= {"id": str(number), "version": "1", "application_id": "2", "nsfw": False, "name_localizations": None}
        for one in payload["options"]:
            one.setdefault("autocomplete", False)
    assert not differ(payloads(), shown[::-1])
    shown[0]["description"] = "another"
    assert differ(payloads(), shown)
    assert differ(payloads(), shown[1:])
    assert differ(payloads(), [])


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("status", [], ""),
        ("status", [option("vendor", "github"), option("vendor3", "aws")], "github aws"),
        (
            "subscribe",
            [
                option("vendor", "github"),
                option("component", 'Git "Ops"'),
                option("component2", "API"),
                option("severity", "major+"),
                option("maintenance", "on"),
            ],
            'github component:"Git \\"Ops\\"" component:"API" severity:major+ maintenance:on',
        ),
        ("history", [option("vendor", "github"), option("days", 90)], "github --days 90"),
        ("settings", [option("mode", "thread+key"), option("tz", "Europe/Berlin")], "mode=thread+key tz=Europe/Berlin"),
    ],
)
def test_options_are_what_would_have_been_typed(name: str, options: list[Any], text: str) -> None:
    asked = parse_command({"name": name, "options": options})
    assert asked
    assert (asked.command.name, asked.text, asked.other_channel) == (name, text, None)


def test_people_and_roles_are_told_apart() -> None:
    def mention(resolved: dict[str, Any]) -> str:
        options = [option("vendor", "github"), option("mention", "77")]
        asked = parse_command({"name": "subscribe", "options": options, "resolved": resolved})
        return asked.text if asked else ""

    assert mention({"roles": {"77": {}}}) == "github mention:<@&77>"
    assert mention({"users": {"77": {}}}) == "github mention:<@77>"


def test_a_mention_has_its_level_at_its_end() -> None:
    options = [option("vendor", "github"), option("mention", "77"), option("mention_from", "major+")]
    asked = parse_command({"name": "subscribe", "options": options, "resolved": {"roles": {"77": {}}}})
    assert asked
    assert asked.text == "github mention:<@&77>@major"
    alone = parse_command({"name": "subscribe", "options": [options[0], options[2]]})
    assert alone
    assert alone.text == "github"


def test_another_channel_can_be_chosen() -> None:
    asked = parse_command({"name": "subscribe", "options": [option("vendor", "github"), option("channel", "99")]})
    assert asked
    assert (asked.text, asked.other_channel) == ("github", "99")


def test_what_is_no_command_any_more_is_nothing() -> None:
    assert parse_command({"name": "gone"}) is None
    assert parse_autocomplete({"name": "gone"}) is None


def test_what_is_being_typed_comes_with_the_rest() -> None:
    options = [option("vendor", "github"), option("component2", "act", focused=True)]
    asked = parse_autocomplete({"name": "subscribe", "options": options})
    assert asked
    assert (asked.argument.name, asked.text, dict(asked.others)) == ("component", "act", {"vendor": "github"})


def test_choices_are_as_long_as_discord_takes() -> None:
    part = Argument("component", ArgumentKind.COMPONENT, "a part")
    vendor = Argument("vendor", ArgumentKind.VENDOR, "a vendor")
    offered = [Choice("x" * 120, "y" * 120), Choice("fine", "fine"), Choice("", "empty"), Choice("n", "")]
    assert choices(offered, part) == [Choice("x" * 99 + "…", "y" * 99 + "*"), Choice("fine", "fine")]
    assert choices(offered, vendor) == [Choice("fine", "fine")]
    assert len(choices([Choice(str(n), str(n)) for n in range(40)], vendor)) == 25


def test_a_button_carries_its_command_or_its_digest() -> None:
    assert command_of(custom_id(RUN, "incident github/abc"), RUN) == "incident github/abc"
    assert command_of("modal:x", RUN) is None
    long = custom_id(RUN, "incident " + "x" * 200)
    assert len(long) <= MAX_CUSTOM_ID
    assert long != custom_id(RUN, "incident " + "x" * 201)


# --- permissions -----------------------------------------------------------------------------------------------------


def test_the_invitation_asks_for_exactly_what_is_used() -> None:
    assert sum(1 << bit for bit in (10, 11, 14, 16, 35, 38, 51)) == ALL_FLAGS
    assert invite_url(42) == (
        f"https://discord.com/oauth2/authorize?client_id=42&scope=bot+applications.commands&permissions={ALL_FLAGS}"
    )


def test_what_is_missing_is_named_the_needed_first() -> None:
    assert [p.name for p in missing(0, ChannelKind.THREADED)][:2] == ["View Channel", "Send Messages"]
    assert missing(ALL_FLAGS, ChannelKind.THREADED) == missing(1 << 3, ChannelKind.THREADED) == ()
    assert [p.name for p in missing(ALL_FLAGS & ~(1 << 35), ChannelKind.THREADED)] == ["Create Public Threads"]
    assert missing(ALL_FLAGS & ~(1 << 35), ChannelKind.FORUM) == ()
    warning = missing_permissions_message(ALL_FLAGS & ~(1 << 11), ChannelKind.THREADED, HERE)
    assert warning
    assert warning.summary == "I can't post in this channel yet. Missing: Send Messages."
    assert missing_permissions_message(ALL_FLAGS, ChannelKind.THREADED, HERE) is None


def test_pins_are_missed_only_where_a_board_is_to_stand() -> None:
    without = ALL_FLAGS & ~PIN_MESSAGES
    assert missing(without, ChannelKind.THREADED) == ()
    assert [p.name for p in missing(without, ChannelKind.THREADED, board=True)] == ["Pin Messages"]
    assert missing(without, ChannelKind.FORUM, board=True) == missing(without, ChannelKind.NEWS, board=True) == ()
    warning = missing_permissions_message(without, ChannelKind.THREADED, HERE, board=True)
    assert warning
    assert warning.summary == "I'm missing a permission here: Pin Messages."


def test_a_thread_that_is_subscribed_itself_has_a_permission_of_its_own() -> None:
    names = [p.name for p in missing(ALL_FLAGS & ~THREAD_FLAGS, ChannelKind.THREAD)]
    assert names == ["Send Messages in Threads"]
    assert missing(ALL_FLAGS & ~(1 << 11), ChannelKind.THREAD) == ()
    assert missing(ALL_FLAGS & ~THREAD_FLAGS, ChannelKind.THREAD)[0].required


@pytest.mark.parametrize(
    ("granted", "may"), [(0, False), (1 << 5, True), (1 << 4, True), (1 << 3, True), (ALL_FLAGS, False)]
)
def test_who_may_manage(granted: int, may: bool) -> None:
    assert may_manage(granted) is may


def override(kind: int, id: int, allowed: bool) -> dict[str, Any]:
    return {"type": kind, "id": str(id), "permission": allowed}


@pytest.mark.parametrize(
    ("overrides", "allowed"),
    [
        ([], False),
        ([override(1, 10, True)], True),
        ([override(1, 5, True)], True),
        ([override(1, 5, True), override(2, 7, False)], False),
        ([override(1, 10, True), override(1, 5, False)], False),
        ([override(2, 7, True)], True),
        ([override(2, 7, True), override(3, 20, False)], False),
        ([override(2, 7, True), override(3, 9, False)], False),
        ([override(2, 7, True), override(3, 9, False), override(3, 20, True)], True),
        ([override(2, 8, True), override(1, 6, True)], False),
    ],
)
def test_overrides_of_a_servers_admins(overrides: list[dict[str, Any]], allowed: bool) -> None:
    assert allowed_by_override(overrides, guild=10, channel=20, user=7, roles=[10, 5]) is allowed


def test_a_token_tells_its_application() -> None:
    assert application_id("MTIzNDU2Nzg5MDEyMzQ1Njc4.a.b") == 123456789012345678
    with pytest.raises(SetupError, match=r"LOOKOUT_DISCORD_TOKEN is not set; .* --application ID"):
        application_id(" ")
    for wrong in ("xoxb-1", "ümlaut", "abc"):
        with pytest.raises(SetupError, match="LOOKOUT_DISCORD_TOKEN"):
            application_id(wrong)
