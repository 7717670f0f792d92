"""The manifest against Slack's schema, and what that schema does not know: reserved names, scopes for each event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from bot.adapters.slack.manifest import EVENTS, SCOPES, manifest, scopes
from bot.adapters.slack.options import (
    RESERVED,
    ConnectionMode,
    Managers,
    SlackOptions,
    SlackOptionsError,
    SlashCommands,
)
from bot.cli.main import cli
from tests.shelf import SHARED, needs

SCHEMA = SHARED / "specs" / "slack_manifest.schema.json"
EVENT_PAGES = SHARED / "specs" / "slack_methods" / "events" / "events.json"
URL = "https://lookout.example.org/"


@pytest.mark.skipif(not SCHEMA.is_file(), reason="Slack's manifest schema is not beside this checkout")
@pytest.mark.parametrize("mode", ConnectionMode)
@pytest.mark.parametrize("names", [SlashCommands(), SlashCommands("lookout", "", "")])
@pytest.mark.parametrize("managers", Managers)
def test_slacks_schema_takes_it(mode: ConnectionMode, names: SlashCommands, managers: Managers) -> None:
    made = manifest(names, mode, URL, managers=managers, history=True)
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert [error.message for error in Draft7Validator(schema).iter_errors(made)] == []


def test_socket_mode_needs_no_address_and_http_mode_names_it_everywhere() -> None:
    socket = manifest(SlashCommands(), ConnectionMode.SOCKET)
    assert "http" not in json.dumps(socket["settings"])
    assert socket["settings"]["socket_mode_enabled"] is True
    http = manifest(SlashCommands(), ConnectionMode.HTTP, URL)
    events = "https://lookout.example.org/slack/events"
    assert {command["url"] for command in http["features"]["slash_commands"]} == {events}
    assert http["settings"]["event_subscriptions"]["request_url"] == events
    assert http["settings"]["interactivity"]["request_url"] == events
    assert http["oauth_config"]["redirect_urls"] == ["https://lookout.example.org/slack/oauth_redirect"]
    for wrong in ("", "http://lookout.example.org"):
        with pytest.raises(SlackOptionsError, match="--url https://"):
            manifest(SlashCommands(), ConnectionMode.HTTP, wrong)


def test_the_home_tab_is_on_and_lookout_hears_when_it_is_opened() -> None:
    made = manifest(SlashCommands(), ConnectionMode.SOCKET)
    assert made["features"]["app_home"]["home_tab_enabled"] is True
    assert "app_home_opened" in made["settings"]["event_subscriptions"]["bot_events"]


def test_the_commands_are_escaped_described_and_none_is_slacks_own() -> None:
    commands = manifest(SlashCommands(), ConnectionMode.SOCKET)["features"]["slash_commands"]
    assert [c["command"] for c in commands] == ["/outage", "/subscribe", "/unsubscribe"]
    assert all(c["should_escape"] and c["description"] and c["usage_hint"] for c in commands)
    assert not {c["command"][1:] for c in commands} & RESERVED


@pytest.mark.parametrize("word", ["status", "mute", "help", "dm"])
def test_a_reserved_word_is_refused_with_a_sentence(word: str) -> None:
    for made in ({"command": word}, {"subscribe": word}, {"unsubscribe": word}):
        with pytest.raises(SlackOptionsError, match=rf"LOOKOUT_SLACK_\w+: /{word} belongs to Slack itself"):
            SlashCommands(**made)


@pytest.mark.parametrize("word", ["", "Outage", "out age", "x" * 32, "ünter", "a/b"])
def test_a_word_that_cannot_be_one_is_refused(word: str) -> None:
    with pytest.raises(SlackOptionsError, match="LOOKOUT_SLACK_COMMAND"):
        SlashCommands(word)
    with pytest.raises(SlackOptionsError, match="different words"):
        SlashCommands("outage", "outage")


def test_each_scope_has_a_reason_and_only_what_is_set_asks_for_more() -> None:
    plain = manifest(SlashCommands(), ConnectionMode.SOCKET, history=False)
    assert set(plain["oauth_config"]["scopes"]["bot"]) == set(SCOPES)
    asked = manifest(SlashCommands(), ConnectionMode.SOCKET)["oauth_config"]["scopes"]["bot"]
    assert set(asked) == {*SCOPES, "channels:history", "groups:history"}
    more = scopes(Managers.ADMINS, history=True)
    assert set(more) - set(SCOPES) == {"users:read", "channels:history", "groups:history"}
    assert all(reason[0].islower() and len(reason) > 10 for reason in more.values())


NOT_MIRRORED = {"message.im", "channel_unarchive", "group_unarchive"}
"""In Slack's own documentation, but not in this mirror of it."""


@needs("specs/slack_methods/events")
def test_every_event_is_one_of_slacks() -> None:
    pages: Any = json.loads(EVENT_PAGES.read_text(encoding="utf-8"))
    known = set(pages) if isinstance(pages, dict) else {page["name"] for page in pages}
    assert set(EVENTS) - NOT_MIRRORED <= known


def test_the_command_line_prints_it_or_says_what_is_wrong() -> None:
    run = CliRunner()
    printed = run.invoke(cli, ["slack-manifest", "--mode", "http", "--url", URL, "--history"])
    assert json.loads(printed.stdout) == manifest(SlashCommands(), ConnectionMode.HTTP, URL, history=True)
    refused = run.invoke(cli, ["slack-manifest"], env={"LOOKOUT_SLACK_COMMAND": "/status"})
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "/status belongs to Slack itself" in refused.stderr


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "LOOKOUT_SLACK_BOT_TOKEN is missing"),
        ({"bot_token": "xoxb-1"}, "LOOKOUT_SLACK_APP_TOKEN is missing"),
        ({"bot_token": "xapp-1", "app_token": "xoxb-1"}, "are swapped"),
        ({"bot_token": "xoxp-1", "app_token": "xapp-1"}, "a person's token"),
        (
            {"mode": ConnectionMode.HTTP, "client_id": "1", "client_secret": "s"},
            "LOOKOUT_SLACK_SIGNING_SECRET is missing",
        ),
        ({"mode": ConnectionMode.HTTP, "signing_secret": "s"}, "LOOKOUT_SLACK_CLIENT_ID"),
        ({"mode": ConnectionMode.HTTP, "signing_secret": "s", "client_id": "1"}, "together, or neither"),
    ],
)
def test_a_setup_that_cannot_run_names_the_variable(given: dict[str, Any], says: str) -> None:
    with pytest.raises(SlackOptionsError, match=says):
        SlackOptions(**given)


def test_installations_begin_beside_the_web_api() -> None:
    options = SlackOptions(bot_token="xoxb-1", app_token="xapp-1")
    assert options.authorize_url == "https://slack.com/oauth/v2/authorize"
    local = SlackOptions(bot_token="xoxb-1", app_token="xapp-1", api_url="http://127.0.0.1:7400/api")
    assert local.authorize_url == "http://127.0.0.1:7400/oauth/v2/authorize"
