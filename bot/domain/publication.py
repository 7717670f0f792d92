"""Announcements: messages that are shown in every channel that follows theirs, and how many there may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.channel import Channel
from bot.domain.flood import ListedIncident

WITHIN = timedelta(hours=1)
MAX_WITHIN = 10
"""Publications of a channel: what Discord allows, though its documentation does not say so."""


@dataclass(frozen=True, slots=True)
class Publication:
    """``had_to_wait``: the channel's limit was used up when it came."""

    key: int
    ref: str
    about: ListedIncident
    had_to_wait: bool
    summary: str | None
    """The key of the message that tells it with others."""


@dataclass(frozen=True, slots=True)
class Announcing:
    """All that is to be published of a channel, leased, oldest first. ``published``: when others were, within the last
    :data:`WITHIN`, oldest first."""

    channel: Channel
    pending: tuple[Publication, ...]
    published: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is published now: these by themselves, and one message that tells the others. The rest waits."""

    alone: tuple[Publication, ...] = ()
    together: tuple[Publication, ...] = ()
    free_at: datetime | None = None
    """Nothing can be published before."""


def plan(announcing: Announcing) -> Plan:
    """What had to wait is told in one message, with what came meanwhile; so is what finds no room any more."""
    pending, free = announcing.pending, MAX_WITHIN - len(announcing.published)
    begun = tuple(one for one in pending if one.summary is not None)
    if begun:
        return Plan(together=begun)
    if free <= 0:
        return Plan(free_at=announcing.published[-free] + WITHIN)
    if len(pending) > 1 and any(one.had_to_wait for one in pending):
        return Plan(together=pending)
    if len(pending) <= free:
        return Plan(alone=pending)
    return Plan(pending[: free - 1], pending[free - 1 :])
