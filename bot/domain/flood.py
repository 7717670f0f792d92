"""Many incidents that come in one reading: which of them get a message of their own in a channel, and the list of the
others. Pure.

A page that lists every customer's trouble, or that moved, brings thousands at once; a thousand messages hide the one
that matters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.channel import Channel, ChannelSettings, Hold
from bot.domain.incident import Incident, Phase
from bot.domain.level import Level
from bot.domain.vendor import Vendor

FLOOD_LIMIT = 10
"""More new incidents than this in one reading are a flood, of which so many, the worst, get messages of their own."""


@dataclass(frozen=True, slots=True)
class ListedIncident:
    """A line of a message that stands for many incidents."""

    id: str
    title: str
    level: Level | None
    phase: Phase | None
    open: bool
    started: datetime
    vendor: str = ""
    """Its name, where the message is about several."""
    url: str | None = None
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Flood:
    """Incidents of one vendor that a channel is shown together, in one message, leased."""

    key: int
    channel: Channel
    vendor: Vendor
    created_at: datetime
    listed: tuple[ListedIncident, ...]
    """The open ones first, the worst first."""
    total: int
    open: int
    settings: ChannelSettings
    ref: str | None
    maybe_sent: bool
    """It has no message yet, but an earlier try may have sent one."""
    fingerprint: str | None
    """Of what the message shows."""
    version: int
    lease: int
    hold: Hold | None = None
    """Of the subscription."""


def with_own_root(
    incidents: Mapping[int, Incident], mentioning: Collection[int], limit: int = FLOOD_LIMIT
) -> frozenset[int]:
    """By their keys those of a channel's new incidents that get a message each: all, if they are no more than
    ``limit``; else the worst, every major outage, and what somebody is to be mentioned about."""
    if len(incidents) <= limit:
        return frozenset(incidents)
    ranked = sorted(incidents, key=lambda key: (-_rank(incidents[key]), incidents[key].started, key))
    major = (key for key, incident in incidents.items() if _rank(incident) >= Level.MAJOR_OUTAGE)
    return frozenset([*ranked[:limit], *major, *mentioning])


def _rank(incident: Incident) -> int:
    """An unknown level comes after every known one."""
    return -1 if incident.level is None else int(incident.level)
