"""Builds the chat platforms from the settings, each if there are credentials for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

from bot.adapters.discord.shards import ShardLeases
from bot.adapters.events import Events
from bot.adapters.memory import Memory
from bot.adapters.served import Served
from bot.adapters.slack import options as slack
from bot.config import Settings
from bot.delivery.port import Adapter
from bot.limits.shared import Limited
from bot.store import Store
from bot.store.secrets import Cipher, seal_columns
from bot.threads import Threads


class Platform(Protocol):
    """A chat platform, made inside the event loop."""

    @property
    def adapter(self) -> Adapter: ...
    @property
    def listens(self) -> bool:
        """It hears what is typed; else it posts alone."""

    @property
    def connected(self) -> bool:
        """It can be heard from now."""

    @property
    def weakness(self) -> str | None:
        """What is promised less than it could be, and how to change that; ``None``: nothing, as far as is known."""

    @property
    def limited(self) -> Limited:
        """Its limits, to be shared with other processes."""

    @property
    def served(self) -> Served | None:
        """What it wants served over HTTP."""

    async def check(self) -> None:
        """Raises for credentials that the platform refuses; that it cannot be reached is no error."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``."""

    def wake(self) -> None:
        """There may be news for a dashboard that somebody has open."""

    async def aclose(self) -> None: ...


def slack_platform(
    settings: Settings,
    store: Store,
    threads: Threads,
    now: Callable[[], datetime],
    events: Callable[[str], Events],
    cipher: Cipher,
    memory: Memory,
    *,
    listens: bool = True,
) -> Platform | None:
    """Slack, if there are credentials for it. Raises :class:`bot.adapters.slack.options.SlackOptionsError`."""
    bot_token, app_token = settings.slack_bot_token.get_secret_value(), settings.slack_app_token.get_secret_value()
    if not (bot_token or app_token or settings.slack_client_id):
        return None
    # Slow to import, and not needed for the console.
    from bot.adapters.slack.platform import Slack

    options = slack.SlackOptions(
        mode=slack.ConnectionMode(settings.slack_mode),
        bot_token=bot_token,
        app_token=app_token,
        signing_secret=settings.slack_signing_secret.get_secret_value(),
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret.get_secret_value(),
        api_url=settings.slack_api_url,
        public_url=settings.slack_public_url,
        host=settings.slack_http_host,
        port=settings.slack_http_port,
        managers=slack.Managers(settings.slack_managers),
        history=settings.slack_history,
        home_refresh_s=settings.slack_home_refresh_seconds,
        slash_commands=slack_names(settings),
        listens=listens,
    )
    seal = partial(seal_columns, cipher=cipher)
    return Slack(options, events("slack"), now, time.monotonic, threads, store.engine, seal, memory)


def discord_platform(
    settings: Settings,
    events: Callable[[str], Events],
    memory: Memory,
    *,
    listens: bool = True,
    leases: ShardLeases | None = None,
) -> Platform | None:
    """Discord, if there is a token for it. ``leases``: how processes divide its shards."""
    token = settings.discord_token.get_secret_value()
    if not token:
        return None
    # Slow to import, and not needed for the console.
    from bot.adapters.discord.api.guild_cache import PLATFORM
    from bot.adapters.discord.platform import Discord

    return Discord(
        token,
        events(PLATFORM),
        time.monotonic,
        settings.discord_api_url,
        icon_template=settings.discord_icon_url,
        listens=listens,
        leases=leases,
        shards=settings.discord_shards,
        memory=memory,
    )


def slack_names(settings: Settings) -> slack.SlashCommands:
    """The slash commands. Raises :class:`bot.adapters.slack.options.SlackOptionsError`."""
    return slack.SlashCommands(
        settings.slack_command.removeprefix("/"),
        settings.slack_subscribe_command.removeprefix("/"),
        settings.slack_unsubscribe_command.removeprefix("/"),
    )
