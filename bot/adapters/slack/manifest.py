"""The app's manifest, made of the table of commands: what is pasted into Slack once. Pure.

https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

from typing import Any

from bot.adapters.slack.options import ConnectionMode, Managers, SlackOptionsError, SlashCommands
from bot.commands.table import COMMANDS
from bot.wording.phrases import join

EVENTS_PATH = "/slack/events"
INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"

SCOPES = {
    "commands": "to be asked by slash commands",
    "chat:write": "to post, edit and answer",
    "chat:write.public": "to post in public channels without being invited first",
    "channels:read": "to hear that a public channel was archived, or that I was invited; to know who may see what",
    "groups:read": "the same for private channels",
    "app_mentions:read": "to be asked by @lookout, in threads too",
    "im:history": "to be asked by direct message",
    "im:write": "to tell the person who subscribed that a channel cannot be reached",
    "usergroups:read": "to list the groups that a form can mention",
}
"""Every bot scope that is always asked for, and why."""
ADMIN_SCOPES = {"users:read": "to see whether somebody is an admin, where only admins may subscribe"}
HISTORY_SCOPES = {
    "channels:history": "to look whether a message of unknown outcome arrived, instead of guessing",
    "groups:history": "the same for private channels",
}

EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_id_changed",
    "channel_unarchive",
    "group_unarchive",
    "member_joined_channel",
    "message.im",
    "team_access_granted",
    "tokens_revoked",
)


def scopes(managers: Managers, *, history: bool) -> dict[str, str]:
    """The bot scopes, each with its reason."""
    admins = ADMIN_SCOPES if managers is Managers.ADMINS else {}
    return SCOPES | admins | (HISTORY_SCOPES if history else {})


def weaker_without(granted: str) -> str | None:
    """What is promised less with these scopes, as Slack lists them; ``None``: nothing."""
    missing = [scope for scope in HISTORY_SCOPES if scope not in {one.strip() for one in granted.split(",")}]
    if not missing:
        return None
    return (
        f"the app lacks {join(missing)}, so nobody can look whether a message of unknown outcome arrived: "
        "after a crash or a cut connection a card may come late or twice, a reply twice. "
        "To change that, paste the manifest of lookout slack-manifest anew and reinstall the app."
    )


def manifest(
    names: SlashCommands,
    mode: ConnectionMode,
    url: str = "",
    *,
    managers: Managers = Managers.EVERYONE,
    history: bool = True,
) -> dict[str, Any]:
    """``url``: where Slack reaches the bot, for HTTP mode. ``history``: with the scopes to read channels' history."""
    url = url.rstrip("/")
    if mode is ConnectionMode.HTTP and not url.startswith("https://"):
        raise SlackOptionsError(
            "HTTP mode needs the address at which Slack reaches the bot: --url https://lookout.example.org"
        )
    events = f"{url}{EVENTS_PATH}"
    http = mode is ConnectionMode.HTTP
    request_url = {"request_url": events} if http else {}
    oauth: dict[str, Any] = {"scopes": {"bot": list(scopes(managers, history=history))}}
    if http:
        oauth = {"redirect_urls": [f"{url}{REDIRECT_PATH}"], **oauth}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Lookout",
            "description": "Outages of the cloud vendors that this workspace uses, one message per incident.",
            "background_color": "#1a3a4a",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "lookout", "always_online": True},
            "slash_commands": [
                {
                    "command": f"/{name}",
                    **({"url": events} if http else {}),
                    "description": description,
                    "usage_hint": hint,
                    "should_escape": True,
                }
                for name, description, hint in _slash(names)
            ],
        },
        "oauth_config": oauth,
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **request_url}
            | ({"message_menu_options_url": events} if http else {}),
            "org_deploy_enabled": True,
            "socket_mode_enabled": not http,
            "token_rotation_enabled": False,
        },
    }


def _slash(names: SlashCommands) -> list[tuple[str, str, str]]:
    table = {command.name: command for command in COMMANDS}
    verbs = ", ".join(table)
    slash = [(names.command, f"Is there an outage? Also: {verbs}", "dyspatch | subscribe github aws | help")]
    for name, verb in ((names.subscribe, "subscribe"), (names.unsubscribe, "unsubscribe")):
        if name:
            command = table[verb]
            slash.append((name, f"{command.summary[:1].upper()}{command.summary[1:]}", command.usage.partition(" ")[2]))
    return slash
