"""How the Slack platform is configured, as plain values, and their validation. Reads no environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_SLACKS_OWN = (
    "me status away dnd shrug remind msg feed who collapse expand leave join open search topic mute pro shortcuts "
    "active archive apps call dm invite kick remove rename star prefs feedback huddle help commands debug kill send "
    "part mentions msgs unarchive"
)
RESERVED = frozenset(_SLACKS_OWN.split())
"""Slack's own slash commands, and words that Slack has refused. One of them makes Slack refuse a whole manifest.
https://slack.com/help/articles/201259356-Slash-commands-in-Slack"""
_NAME = re.compile(r"[a-z0-9_-]{1,31}")
"""A slash and this: 2 to 32 characters."""


class SlackOptionsError(Exception):
    """Slack cannot be run like this: one sentence that names the variable and says what to do."""


class ConnectionMode(StrEnum):
    SOCKET = "socket"
    HTTP = "http"


class Managers(StrEnum):
    """Who may change what a channel gets."""

    EVERYONE = "everyone"
    MEMBERS = "members"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class SlashCommands:
    """The slash commands, without their slash. Raises :class:`SlackOptionsError` for words that Slack does not take."""

    command: str = "outage"
    subscribe: str = "subscribe"
    """``""``: left out. The same goes for ``unsubscribe``."""
    unsubscribe: str = "unsubscribe"

    def __post_init__(self) -> None:
        given = [("COMMAND", self.command), ("SUBSCRIBE", self.subscribe), ("UNSUBSCRIBE", self.unsubscribe)]
        for which, name in given:
            variable = f"LOOKOUT_SLACK_{which}{'' if which == 'COMMAND' else '_COMMAND'}"
            if not name and which != "COMMAND":
                continue
            if name in RESERVED:
                raise SlackOptionsError(
                    f"{variable}: /{name} belongs to Slack itself; take another word, such as outage."
                )
            if not _NAME.fullmatch(name):
                raise SlackOptionsError(
                    f"{variable}: “{name}” cannot be a slash command; take a-z, 0-9, - and _, at most 31 characters."
                )
        used = [name for _, name in given if name]
        if len(used) != len(set(used)):
            raise SlackOptionsError("LOOKOUT_SLACK_COMMAND and the other slash commands have to be different words.")

    @property
    def prefix(self) -> str:
        """What commands are typed after: ``/outage``."""
        return f"/{self.command}"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long Slack is kept waiting, in seconds. What takes longer is shown as loading and follows. Slack itself waits
    3 s, with both ways: https://docs.slack.dev/interactivity/handling-user-interaction"""

    acknowledgement_s: float = 2.4
    """For the answer to a slash command."""
    modal_s: float = 1.5
    """For a modal's content: the press that opens it is valid for 3 s, and opening it takes some of them."""
    form_s: float = 2.4
    """For the answer to a submitted form, and to a search in it."""


@dataclass(frozen=True, slots=True)
class SlackOptions:
    """Raises :class:`SlackOptionsError` for what does not go together."""

    mode: ConnectionMode = ConnectionMode.SOCKET
    bot_token: str = ""
    app_token: str = ""
    signing_secret: str = ""
    client_id: str = ""
    client_secret: str = ""
    api_url: str = "https://slack.com/api/"
    public_url: str = ""
    """Where Slack reaches this process in HTTP mode: ``https://lookout.example.org``."""
    host: str = "0.0.0.0"
    port: int = 3000
    managers: Managers = Managers.EVERYONE
    history: bool = True
    """Installations ask for the scopes to read channels' history."""
    home_refresh_s: float = 60.0
    """The minimum time between two checks whether somebody's Home tab is up to date."""
    slash_commands: SlashCommands = SlashCommands()
    deadlines: Deadlines = Deadlines()
    listens: bool = True
    """Else it posts alone, and hears nothing."""

    def __post_init__(self) -> None:
        if self.bot_token.startswith("xapp-") or self.app_token.startswith("xoxb-"):
            raise SlackOptionsError(
                "LOOKOUT_SLACK_BOT_TOKEN and LOOKOUT_SLACK_APP_TOKEN are swapped: the bot's begins with xoxb-, "
                "the app's with xapp-."
            )
        if self.bot_token.startswith("xoxp-"):
            raise SlackOptionsError(
                "LOOKOUT_SLACK_BOT_TOKEN is a person's token: take the Bot User OAuth Token, xoxb-…."
            )
        if bool(self.client_id) != bool(self.client_secret):
            raise SlackOptionsError(
                "Give LOOKOUT_SLACK_CLIENT_ID and LOOKOUT_SLACK_CLIENT_SECRET together, or neither."
            )
        match self.mode:
            case ConnectionMode.SOCKET:
                if not self.bot_token:
                    raise SlackOptionsError(
                        "LOOKOUT_SLACK_BOT_TOKEN is missing: copy the Bot User OAuth Token, xoxb-…, from the app's "
                        "page OAuth & Permissions."
                    )
                if not self.app_token and self.listens:
                    raise SlackOptionsError(
                        "LOOKOUT_SLACK_APP_TOKEN is missing: make an app-level token with the scope connections:write, "
                        "xapp-…, on the app's page Basic Information."
                    )
            case ConnectionMode.HTTP:
                if not self.signing_secret and self.listens:
                    raise SlackOptionsError(
                        "LOOKOUT_SLACK_SIGNING_SECRET is missing: copy it from the app's page Basic Information."
                    )
                if not self.bot_token and not self.client_id:
                    raise SlackOptionsError(
                        "HTTP mode needs LOOKOUT_SLACK_CLIENT_ID and LOOKOUT_SLACK_CLIENT_SECRET, so that workspaces "
                        "can install the app, or LOOKOUT_SLACK_BOT_TOKEN for one workspace."
                    )

    @property
    def installable(self) -> bool:
        """Workspaces install the app by OAuth; otherwise a token in the settings is for one workspace."""
        return self.mode is ConnectionMode.HTTP and bool(self.client_id)

    @property
    def authorize_url(self) -> str:
        """Where an installation begins: beside the Web API."""
        return f"{self.api_url.rstrip('/').removesuffix('/api')}/oauth/v2/authorize"
