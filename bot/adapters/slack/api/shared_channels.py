"""Channels that several workspaces share: whichever of them somebody types in, it is one channel, with one list of
subscriptions, and what comes is told once.

Slack gives such a channel the same id everywhere, but says of an id alone nothing; so it is asked whether it is shared
with the workspace that has it on record. https://docs.slack.dev/apis/slack-connect
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from cachetools import TTLCache

from bot.adapters.events import Events
from bot.adapters.slack.api.calls import Calls
from bot.adapters.slack.api.tokens import TokenStore
from bot.commands.complete import Choice, CompletionRequest
from bot.commands.forms import CheckedForm, SubmittedForm, SubscribeForm
from bot.commands.request import Reply, Request
from bot.delivery.port import DeliveryError
from bot.domain import Channel, Slug

SHAREABLE = ("C", "G")
"""How the ids of channels begin that more than one workspace can be in; direct messages are one person's."""
KNOWN_S = 300.0
"""How long it is remembered with whom a channel is shared."""
MAX_KNOWN = 10_000
LISTS = ("shared_team_ids", "connected_team_ids", "internal_team_ids")
NAMES = ("conversation_host_id", "context_team_id", "enterprise_id")
"""Of a channel, as ``conversations.info`` describes it: the ids of the workspaces and organisations that are in it."""


class SharedChannels:
    """The events, with each channel as it is on record. ``clock``: seconds that only go forward."""

    def __init__(self, events: Events, calls: Calls, tokens: TokenStore, clock: Callable[[], float]) -> None:
        self._events = events
        self._calls = calls
        self._tokens = tokens
        self._members: TTLCache[Channel, frozenset[str]] = TTLCache(MAX_KNOWN, KNOWN_S, timer=clock)
        self.namesakes = events.namesakes
        self.workspace_state = events.workspace_state
        self.known_channels = events.known_channels
        self.unhealthy = events.unhealthy
        self.connected = events.connected
        self.channel_moved = events.channel_moved
        self.workspace_left = events.workspace_left
        self.workspace_back = events.workspace_back

    async def home(self, channel: Channel) -> Channel:
        """Where it is on record; the channel itself where it is nowhere, or only unrelated ones have its id.

        Of two records of one channel the older one stays and takes over what the other has.
        """
        if not channel.id.startswith(SHAREABLE):
            return channel
        known = await self._events.namesakes(channel)
        if all(one == channel for one in known):
            return channel
        same = [one for one in known if one == channel or await self._is_same(channel, one)]
        home = same[0] if same else channel
        for other in same[1:]:
            await self._events.channel_moved(other, home)
        return home

    async def _is_same(self, channel: Channel, other: Channel) -> bool:
        """Whether the other's workspace, where the app is installed, is in the channel."""
        mine = await self._tokens.of_workspace(channel.workspace)
        theirs = await self._tokens.of_workspace(other.workspace)
        if mine is None or theirs is None:
            return False
        if channel.workspace == theirs.enterprise_id or other.workspace == mine.enterprise_id:
            # One of them is the organisation of the other.
            return True
        return other.workspace in await self._members_of(channel)

    async def _members_of(self, channel: Channel) -> frozenset[str]:
        if channel not in self._members:
            try:
                answer = await self._calls(channel.workspace, "conversations.info", {"channel": channel.id})
            except DeliveryError:
                return frozenset()
            facts = answer.get("channel") or {}
            listed = [str(id) for name in LISTS for id in facts.get(name) or ()]
            self._members[channel] = frozenset([*listed, *(str(facts[name]) for name in NAMES if facts.get(name))])
        return self._members[channel]

    # --- events ------------------------------------------------------------------------------------------------------

    async def answer(self, request: Request) -> Reply:
        return await self._events.answer(replace(request, channel=await self.home(request.channel)))

    async def complete(self, request: CompletionRequest) -> Sequence[Choice]:
        return await self._events.complete(replace(request, channel=await self.home(request.channel)))

    async def form(self, channel: Channel, vendor: Slug) -> SubscribeForm | None:
        return await self._events.form(await self.home(channel), vendor)

    async def check(self, channel: Channel, submitted: SubmittedForm) -> CheckedForm:
        return await self._events.check(await self.home(channel), submitted)

    async def is_subscribed(self, channel: Channel) -> bool:
        return await self._events.is_subscribed(await self.home(channel))

    async def channel_recovered(self, channel: Channel) -> None:
        await self._at_home(channel, self._events.channel_recovered)

    async def channel_reached(self, channel: Channel) -> None:
        await self._at_home(channel, self._events.channel_reached)

    async def channel_gone(self, channel: Channel, reason: str) -> None:
        await self._events.channel_gone(channel, reason)

    async def _at_home(self, channel: Channel, report: Callable[[Channel], Awaitable[None]]) -> None:
        """A workspace that only takes part says nothing of whether the one that posts can."""
        if await self.home(channel) == channel:
            await report(channel)
