"""What a chat platform asks of the bot, and what it reports to it: the app implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.commands.complete import Choice, CompletionRequest
from bot.commands.forms import CheckedForm, SubmittedForm, SubscribeForm
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug, WorkspaceState


class Events(Protocol):
    """One platform's line to the bot. Workspaces and channels are those of that platform."""

    # --- asked -------------------------------------------------------------------------------------------------------

    async def answer(self, request: Request) -> Reply:
        """Run a command."""

    async def complete(self, request: CompletionRequest) -> Sequence[Choice]:
        """What somebody who is still typing may mean."""

    async def form(self, channel: Channel, vendor: Slug) -> SubscribeForm | None:
        """A subscription to be filled in; ``None``: there is no such vendor."""

    async def check(self, channel: Channel, submitted: SubmittedForm) -> CheckedForm:
        """What a filled-in form stands for."""

    async def workspace_state(self, workspace: str) -> WorkspaceState:
        """The workspace as it stands now, for its dashboard."""

    async def known_channels(self) -> Sequence[Channel]:
        """Every channel of the platform on record that is not suspended; may take a while."""

    async def is_subscribed(self, channel: Channel) -> bool:
        """Whether the channel subscribes to anything."""

    async def unhealthy(self) -> Sequence[Channel]:
        """The platform's channels that cannot be posted to."""

    # --- reported ----------------------------------------------------------------------------------------------------

    async def channel_recovered(self, channel: Channel) -> None:
        """It can be posted to again."""

    async def channel_reached(self, channel: Channel) -> None:
        """An answer was just posted in it."""

    async def channel_gone(self, channel: Channel, reason: str) -> None:
        """It was deleted. Told of channels that are not on record, too: servers delete threads all day long."""

    async def workspace_left(self, workspace: str, reason: str) -> None:
        """The bot is not in it any more. ``reason``: one sentence with its remedy."""

    async def workspace_back(self, workspace: str, remedy: str = "") -> None:
        """The bot is in it again. ``remedy``: only channels whose reason ends with it recover."""
