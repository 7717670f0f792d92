"""A workspace at one moment, for its dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.channel import Channel, ChannelState, Subscription
from bot.domain.page import PageState
from bot.domain.service import ServiceState
from bot.domain.vendor import Slug


@dataclass(frozen=True, slots=True, order=True)
class Workspace:
    """A Slack team or a Discord server."""

    platform: str
    id: str


@dataclass(frozen=True, slots=True)
class ChannelSubscriptions:
    """One channel of a workspace with all that it subscribes to."""

    channel: Channel
    state: ChannelState
    subscriptions: tuple[Subscription, ...]


@dataclass(frozen=True, slots=True)
class VendorNote:
    """What a workspace wants to read beside a vendor's name: its runbook, its contract, who owns it."""

    vendor: Slug
    text: str
    """As somebody typed it, on one line."""
    created_by: str
    """The platform's id of the user."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AuditLine:
    """What somebody changed."""

    channel: Channel
    """Where."""
    by: str
    """The platform's id of the user."""
    at: datetime
    text: str
    """The command, as it could be typed."""
    name: str = ""
    """The user's, as the platform told it, where it did."""
    number: int = 0
    """Of the line, in the order in which they were written; 0: not on record yet."""


@dataclass(frozen=True, slots=True)
class WorkspaceState:
    """What a workspace's dashboard shows, as of one moment."""

    channels: tuple[ChannelSubscriptions, ...]
    """Those that subscribe to something, by their ids."""
    states: tuple[PageState, ...]
    """Their vendors, by slug, without components."""
    since: Mapping[Slug, datetime]
    """When each vendor got the level that it has."""
    channels_with_card: Mapping[tuple[Slug, str], frozenset[str]]
    """By vendor and id of an open incident: the ids of the channels that have a card of it."""
    services: Mapping[str, tuple[ServiceState, ...]] = field(default_factory=dict)
    """Those of each person, by the id of their direct messages; under the empty one the workspace's."""
