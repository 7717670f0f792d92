"""The chat platforms, as the settings want them: each built if there are credentials for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from bot.adapters.events import Events
from bot.adapters.slack import options as slack
from bot.config import Settings
from bot.delivery.port import Adapter
from bot.store import Store
from bot.threads import Threads


class Platform(Protocol):
    """A chat platform, made inside the event loop."""

    @property
    def adapter(self) -> Adapter: ...
    async def check(self) -> None:
        """Raises for credentials that the platform does not take; that it is away is no error."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``."""

    def wake(self) -> None:
        """There may be news for a dashboard that somebody has open."""

    async def aclose(self) -> None: ...


def slack_platform(
    settings: Settings, store: Store, threads: Threads, now: Callable[[], datetime], events: Callable[[str], Events]
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
    )

    async def revived(channel: Channel) -> None:
        if await threads(lambda: store.channels.mark_recovered(channel)):
            wake()

    async def reached(channel: Channel) -> None:
        if await threads(lambda: store.channels.try_again(channel)):
            wake()

    async def lost(workspace: str, reason: str) -> None:
        await threads(lambda: store.workspaces.suspend("slack", workspace, reason, now()))

    async def back(workspace: str, remedy: str) -> None:
        if await threads(lambda: store.workspaces.mark_recovered("slack", workspace, ending=remedy)):
            wake()

    async def standing(workspace: str) -> WorkspaceState:
        return await threads(lambda: store.workspaces.state("slack", workspace))

    hooks = Hooks(desks.answer, desks.complete, desks.form, desks.check, revived, reached, lost, back, standing)
    return Slack(setup, hooks, now, threads, store.engine)


def discord_platform(settings: Settings, events: Callable[[str], Events]) -> Platform | None:
    """Discord, if there is a token for it."""
    token = settings.discord_token.get_secret_value()
    if not token:
        return None
    # Slow to import, and not needed for the console.
    from bot.adapters.discord.api.guild_cache import PLATFORM
    from bot.adapters.discord.platform import Discord

    async def known() -> Sequence[Channel]:
        return await threads(lambda: store.workspaces.channels(PLATFORM))

    async def subscribes(channel: Channel) -> bool:
        return bool(await threads(lambda: store.channels.vendors(channel)))

    async def ill() -> Sequence[Channel]:
        troubled = await threads(store.channels.unhealthy)
        return [channel for channel, _ in troubled if channel.platform == PLATFORM]

    async def revived(channel: Channel) -> None:
        if await threads(lambda: store.channels.mark_recovered(channel)):
            wake()

    async def lost(channel: Channel, reason: str) -> None:
        await threads(lambda: store.workspaces.drop_channel(channel, reason, now()))

    async def left(server: str, reason: str) -> None:
        await threads(lambda: store.workspaces.suspend(PLATFORM, server, reason, now()))

    async def back(server: str) -> None:
        if await threads(lambda: store.workspaces.mark_recovered(PLATFORM, server)):
            wake()

    asked = (desks.answer, desks.complete, desks.form, desks.check)
    hooks = Hooks(*asked, known, subscribes, ill, revived, lost, left, back)
    return Discord(token, hooks, time.monotonic, settings.discord_api_url)


def slack_names(settings: Settings) -> slack.SlashCommands:
    """The slash commands. Raises :class:`bot.adapters.slack.options.SlackOptionsError`."""
    return slack.SlashCommands(
        settings.slack_command.removeprefix("/"),
        settings.slack_subscribe_command.removeprefix("/"),
        settings.slack_unsubscribe_command.removeprefix("/"),
    )
