"""A channel's board: one message that shows the state of its vendors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.channel import Channel, Mute
from bot.domain.page import PageState


@dataclass(frozen=True, slots=True)
class Board:
    """A channel's board as it is on record."""

    key: int
    channel: Channel
    created_by: str
    """The platform's id of the user."""
    created_at: datetime
    number: int = 1
    """Which of the board's messages the present one is: it is posted anew when it is moved or deleted."""
    ref: str | None = None
    """The platform's reference of the message; ``None``: it is to be sent."""
    maybe_sent: bool = False
    """The message may have been sent although its reference is not known."""
    fingerprint: str | None = None
    """Of what the message shows since ``edited_at``."""
    edited_at: datetime | None = None
    pin_pending: bool = True
    """The message is to be pinned."""
    retired_refs: tuple[str, ...] = ()
    """Messages that are no board any more and have yet to say so."""
    deleted_at: datetime | None = None
    """When its message was last found deleted."""
    error: str | None = None
    """Why it cannot be shown: a sentence."""
    closing: bool = False
    """It is deleted from the record once no ``retired_refs`` remain."""
    version: int = 1
    """Grows with every reason to look again."""
    lease: int = 0
    """Fences what a worker writes back."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A vendor that a channel with a board subscribes to."""

    state: PageState
    since: datetime | None
    """When the level began that its page has now."""
    mute: Mute | None = None
    """Of the whole vendor."""
    muted_incidents: frozenset[str] = frozenset()
    """Ids of open incidents that the channel mutes one by one."""


@dataclass(frozen=True, slots=True)
class ServiceTiles:
    """What a board shows of a service: its vendors that the channel subscribes to, each of what the service needs."""

    service: str
    """Its name."""
    tiles: tuple[Tile, ...]
