"""What every chat platform implements, and the errors that it may raise.

Adapters never retry and never wait: they report what happened, and delivery alone decides what follows.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from bot.domain import Channel
from bot.message import Message


class DeliveryError(Exception):
    """What an adapter may raise. Anything else that it raises counts as :class:`OutcomeUnknown`.

    DeliveryError
    ├── RetryLater         nothing was shown; try the same act again after a delay
    ├── Undeliverable      this channel cannot be reached: the reason says what to do
    ├── MessageGone        the message that was to be edited, or replied to, does not exist any more
    ├── MessageRejected    the platform rejects this very message: a bug of ours, never sent again
    ├── OutcomeUnknown     the call may or may not have been carried out
    └── LookupUnsupported  ``find`` has no way to look
    """


class RetryLater(DeliveryError):
    """Try again after ``delay_s`` seconds. ``whole_workspace``: the limit covers every channel of the workspace."""

    def __init__(self, delay_s: float, reason: str = "rate limited", *, whole_workspace: bool = False) -> None:
        super().__init__(f"{reason}: again in {delay_s:g} s")
        self.delay_s = delay_s
        self.whole_workspace = whole_workspace


class Undeliverable(DeliveryError):
    """``reason``: one sentence for the subscriber, with its remedy. ``whole_workspace``: the installation is gone."""

    def __init__(self, reason: str, *, whole_workspace: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.whole_workspace = whole_workspace


class MessageGone(DeliveryError):
    """``ref``: the message that is gone."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"message {ref} is gone")
        self.ref = ref


class MessageRejected(DeliveryError):
    """Its text is the platform's own, for the log."""


class OutcomeUnknown(DeliveryError):
    """A cut connection, a 5xx: the call may have been carried out."""


class LookupUnsupported(DeliveryError):
    """The platform offers no way to look for a message by its key."""


class Adapter(Protocol):
    """One chat platform. ``key`` identifies an act: the same act tried again carries the same key."""

    @property
    def platform(self) -> str:
        """The name in :class:`bot.domain.Channel`: ``slack``, ``discord``, ``console``."""

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        """Send a message to the channel; returns its reference."""

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        """Send a message to the root's thread, with ``broadcast`` to the channel too; returns its reference."""

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        """Replace what the message shows. Idempotent."""

    async def find(self, channel: Channel, key: str) -> str | None:
        """The reference of the message sent with this key; ``None``: there is none for certain.

        A platform that itself drops a repeated key (Discord's enforced nonce) may answer ``None``: the act is then
        sent again under the same key. Raises :class:`LookupUnsupported`.
        """

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        """Send one person a private message about the channel. Best effort: raises only :class:`DeliveryError`."""


@runtime_checkable
class Paced(Protocol):
    """What an adapter may offer besides, whose platform takes so little at a time that acts wait for their turn."""

    @property
    def places(self) -> int | None:
        """How many channels it can serve at once now; ``None``: as many as like."""


@runtime_checkable
class Pinning(Protocol):
    """What an adapter may offer besides."""

    async def pin(self, channel: Channel, ref: str) -> None:
        """Pin the message; nothing where the platform has no pins. Idempotent. Raises :class:`DeliveryError`."""

    async def unpin(self, channel: Channel, ref: str) -> None:
        """Undo :meth:`pin`."""


@runtime_checkable
class Publishing(Protocol):
    """The same: channels of other servers follow one, and are shown what is published in it."""

    def publishes(self, channel: Channel) -> bool:
        """Whether others can follow it."""

    async def publish(self, channel: Channel, ref: str) -> None:
        """Show the message to those who follow. One that was published already stays so, and nobody sees it twice.
        Raises :class:`DeliveryError`."""
