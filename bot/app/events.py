"""Implements a chat platform's events: answers its commands and records what happens to its channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.app.command_service import CommandService
from bot.commands.complete import Choice, CompletionRequest
from bot.commands.forms import CheckedForm, SubmittedForm, SubscribeForm
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug, WorkspaceState
from bot.routing import service_state
from bot.store import Store
from bot.threads import Threads


def workspace_state(store: Store, platform: str, workspace: str) -> WorkspaceState:
    """What a workspace's dashboard shows, with its services as they stand."""
    state = store.workspaces.state(platform, workspace)
    services = store.services.of_workspace(platform, workspace)
    if not services:
        return state
    slugs = sorted({slug for known in services.values() for one in known for slug in one.vendors})
    pages = {page.vendor.slug: page for page in store.pages.states(slugs)}
    standing = {direct: tuple(service_state(one, pages) for one in known) for direct, known in services.items()}
    return replace(state, services=standing)


@dataclass(frozen=True, slots=True)
class PlatformEvents:
    """The :class:`bot.adapters.events.Events` of one platform."""

    platform: str
    commands: CommandService
    store: Store
    threads: Threads
    now: Callable[[], datetime]
    wake: Callable[[], None]
    """Called when channels can be posted to again: what they missed is due."""
    announce: Callable[[str], None] = lambda _: None
    """Shows a line to whoever started the program."""

    async def answer(self, request: Request) -> Reply:
        return await self.commands.answer(request)

    async def complete(self, request: CompletionRequest) -> Sequence[Choice]:
        return await self.commands.complete(request)

    async def form(self, channel: Channel, vendor: Slug) -> SubscribeForm | None:
        return await self.commands.form(channel, vendor)

    async def check(self, channel: Channel, submitted: SubmittedForm) -> CheckedForm:
        return await self.commands.check(channel, submitted)

    async def workspace_state(self, workspace: str) -> WorkspaceState:
        return await self.threads(lambda: workspace_state(self.store, self.platform, workspace))

    async def known_channels(self) -> Sequence[Channel]:
        return await self.threads(lambda: self.store.workspaces.channels(self.platform))

    async def namesakes(self, channel: Channel) -> Sequence[Channel]:
        return await self.threads(lambda: self.store.workspaces.namesakes(channel))

    async def is_subscribed(self, channel: Channel) -> bool:
        return bool(await self.threads(lambda: self.store.channels.vendors(channel)))

    async def unhealthy(self) -> Sequence[Channel]:
        unhealthy = await self.threads(self.store.channels.unhealthy)
        return [channel for channel, _ in unhealthy if channel.platform == self.platform]

    async def connected(self, line: str) -> None:
        self.announce(line)

    async def channel_recovered(self, channel: Channel) -> None:
        if await self.threads(lambda: self.store.channels.mark_recovered(channel)):
            self.wake()

    async def channel_reached(self, channel: Channel) -> None:
        if await self.threads(lambda: self.store.channels.try_again(channel)):
            self.wake()

    async def channel_moved(self, old: Channel, new: Channel) -> None:
        if await self.threads(lambda: self.store.workspaces.move_channel(old, new)):
            self.wake()

    async def channel_gone(self, channel: Channel, reason: str) -> None:
        await self.threads(lambda: self.store.workspaces.drop_channel(channel, reason, self.now()))

    async def workspace_left(self, workspace: str, reason: str) -> None:
        await self.threads(lambda: self.store.workspaces.suspend(self.platform, workspace, reason, self.now()))

    async def workspace_back(self, workspace: str, remedy: str = "") -> None:
        if await self.threads(lambda: self.store.workspaces.mark_recovered(self.platform, workspace, ending=remedy)):
            self.wake()
