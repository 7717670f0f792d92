"""What a chat platform asks of the bot, and what it reports. ``bot.app.events`` implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.commands.complete import Choice, CompletionRequest
from bot.commands.forms import CheckedForm, SubmittedForm, SubscribeForm
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug, WorkspaceState


class Events(Protocol):
    """Workspaces and channels are those of one platform."""

    # --- questions ---------------------------------------------------------------------------------------------------

    async def answer(self, request: Request) -> Reply:
        """Run a command."""

    async def complete(self, request: CompletionRequest) -> Sequence[Choice]:
        """Completions of what is being typed."""

    async def form(self, channel: Channel, vendor: Slug) -> SubscribeForm | None:
        """The form to subscribe to a vendor; ``None``: there is no such vendor."""

    async def check(self, channel: Channel, submitted: SubmittedForm) -> CheckedForm:
        """What a submitted form means."""

    async def workspace_state(self, workspace: str) -> WorkspaceState:
        """The workspace as it stands now, for its dashboard."""

    async def known_channels(self) -> Sequence[Channel]:
        """Every stored channel of the platform that is not suspended; may take a while."""

    async def namesakes(self, channel: Channel) -> Sequence[Channel]:
        """Stored channels with its id, in whichever workspace, its own too; the oldest first."""

    async def is_subscribed(self, channel: Channel) -> bool:
        """Whether the channel subscribes to anything."""

    async def unhealthy(self) -> Sequence[Channel]:
        """The platform's channels that cannot be posted to."""

    # --- reports -----------------------------------------------------------------------------------------------------

    async def connected(self, line: str) -> None:
        """The platform is connected; ``line`` is for whoever started the program."""

    async def channel_recovered(self, channel: Channel) -> None:
        """It was unhealthy, and can be posted to again."""

    async def channel_reached(self, channel: Channel) -> None:
        """An answer was just posted in it: what is unhealthy about it is worth another try."""

    async def channel_moved(self, old: Channel, new: Channel) -> None:
        """It is known by another id: what it subscribes to and what it shows goes on there."""

    async def channel_gone(self, channel: Channel, reason: str) -> None:
        """It was deleted. Called for channels that are not stored, too: servers delete threads all day long."""

    async def workspace_left(self, workspace: str, reason: str) -> None:
        """The bot was removed from it. ``reason``: one sentence that ends with the remedy."""

    async def workspace_back(self, workspace: str, remedy: str = "") -> None:
        """The bot is in it again. ``remedy``: only channels whose reason ends with this recover; empty: all of them."""
