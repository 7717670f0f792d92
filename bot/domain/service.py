"""Services: what a team runs, and which parts of which vendors each depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.channel import NO_WISHES, Channel, Filter, Wishes
from bot.domain.page import PageState
from bot.domain.vendor import Slug


@dataclass(frozen=True, slots=True, order=True)
class ServiceScope:
    """Whose services they are: nobody else sees them."""

    platform: str
    workspace: str
    direct: str = ""
    """The id of a person's direct messages with the bot, whose own they are; empty: the whole workspace's."""

    @classmethod
    def of(cls, channel: Channel) -> ServiceScope:
        """Those that count in this channel."""
        return cls(channel.platform, channel.workspace, channel.id if channel.is_direct else "")


@dataclass(frozen=True, slots=True)
class Dependency:
    """What a service needs of one vendor."""

    vendor: Slug
    filter: Filter
    """Its parts: components and regions alone; empty: all of the vendor."""


@dataclass(frozen=True, slots=True)
class Service:
    """Something that a team runs, or that a person cares for."""

    name: str
    """As it was typed."""
    dependencies: tuple[Dependency, ...]
    """In the order typed; a vendor may have several."""
    created_by: str
    """The platform's id of the user who defined it last."""
    created_at: datetime
    owner: str | None = None
    """Who looks after it, as typed; nobody is pinged."""

    @property
    def key(self) -> str:
        """The same for all ways to write the name."""
        return service_key(self.name)

    @property
    def vendors(self) -> tuple[Slug, ...]:
        """Each once."""
        return tuple(dict.fromkeys(d.vendor for d in self.dependencies))

    def filters(self, vendor: Slug) -> tuple[Filter, ...]:
        """What it needs of this vendor: an incident hits it if it passes one of them."""
        return tuple(d.filter for d in self.dependencies if d.vendor == vendor)


@dataclass(frozen=True, slots=True)
class FollowedService:
    """A channel's wish to hear of what hits a service, however that is defined."""

    name: str
    """The service's."""
    filter: Filter
    """Beyond its parts: severity, maintenance, text."""
    created_by: str
    created_at: datetime
    mention: str | None = None
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True, slots=True)
class Hit:
    """A service that an incident hits."""

    service: str
    """Its name."""
    certain: bool = True
    """``False``: the incident does not say which parts of the vendor it is about."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How a service stands."""

    service: Service
    states: tuple[PageState, ...]
    """Of its vendors, each of what the service needs of it, in the order of its definition."""


def service_key(name: str) -> str:
    """In one case, with single spaces."""
    return " ".join(name.split()).casefold()
