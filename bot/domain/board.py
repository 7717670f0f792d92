"""A channel's board: one message that shows how its vendors stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.channel import Channel, Mute
from bot.domain.page import PageState


@dataclass(frozen=True, slots=True)
class Board:
    """A channel's board as it is on record: the message ``ref``, its ``number``-th, that shows what has the fingerprint
    ``shows`` since ``edited_at``.

    ``begun``: the message may have been sent although its reference is not known. ``to_pin``: it is to be pinned.
    ``leaving``: messages that are no board any more and have yet to say so. ``gone_at``: when one was found deleted
    last. ``trouble``: why it cannot be shown. ``closing``: once all of them have, it is forgotten. ``version`` grows
    with every reason to look again; ``lease`` fences what a worker writes back.
    """

    key: int
    channel: Channel
    created_by: str
    created_at: datetime
    number: int = 1
    ref: str | None = None
    maybe_sent: bool = False
    fingerprint: str | None = None
    edited_at: datetime | None = None
    pin_pending: bool = True
    retired_refs: tuple[str, ...] = ()
    deleted_at: datetime | None = None
    error: str | None = None
    closing: bool = False
    version: int = 1
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Tile:
    """A vendor that a channel with a board subscribes to. ``since``: when the level began that its page has now.
    ``mute``: of the vendor; ``muted_incidents``: ids of open ones that the channel mutes by themselves."""

    state: PageState
    since: datetime | None
    mute: Mute | None = None
    muted_incidents: frozenset[str] = frozenset()
