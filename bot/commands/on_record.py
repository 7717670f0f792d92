"""What ``status``, ``incidents`` and ``list`` read of what is on record, once for whoever asks: chats are told it in
words, programs as values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.commands.context import CommandContext
from bot.commands.period import Period
from bot.domain import (
    EVERY_INCIDENT,
    Channel,
    ChannelSubscriptions,
    IncidentChoice,
    IncidentOverview,
    IncidentPlace,
    Level,
    ListedSubscription,
    PageState,
    Slug,
    Vendor,
    worst,
)
from bot.wording.vendor_state import level_now, rank

MAX_VENDORS = 200
"""Of a workspace at once."""


@dataclass(frozen=True, slots=True)
class VendorsNow:
    """How some vendors stand, in the order in which they were asked for."""

    states: tuple[PageState, ...]
    now: datetime

    @property
    def worst_first(self) -> tuple[PageState, ...]:
        return tuple(sorted(self.states, key=lambda state: rank(state, self.now)))

    @property
    def level(self) -> Level | None:
        """The worst of all."""
        return worst([level_now(state, self.now) for state in self.states])


@dataclass(frozen=True, slots=True)
class PastIncidents:
    """What happened to some vendors in a time."""

    states: tuple[PageState, ...]
    period: Period
    found: IncidentOverview
    more: bool
    """There are others after the newest."""


@dataclass(frozen=True, slots=True)
class ListedHere:
    """All that a channel subscribes to."""

    listed: tuple[ListedSubscription, ...]
    """Those too that a service brings."""
    vendors: Mapping[Slug, Vendor]


@dataclass(frozen=True, slots=True)
class ListedEverywhere:
    """A page of a workspace's channels, each with all that it subscribes to."""

    channels: tuple[ChannelSubscriptions, ...]
    vendors: Mapping[Slug, Vendor]
    next: str | None
    """After which channel the next page begins; ``None``: this is the last."""


def vendors_now(
    named: Sequence[Vendor] | None,
    where: Channel,
    context: CommandContext,
    *,
    behind: Sequence[Slug] = (),
    details: int | None = None,
) -> VendorsNow:
    """Of those ``named`` and those ``behind`` a name; ``None``: of those of the channel, or where none is meant of the
    workspace. ``details``: of so many at most with components and updates, ``None``: of any number."""
    known = {vendor.slug for vendor in named or ()}
    slugs = _subscribed(where, context) if named is None else [slug for slug in behind if slug not in known]
    full = details is None or len(known) + len(slugs) <= details
    asked = context.states(named, details=full) if named else ()
    return VendorsNow((*asked, *(context.by_slug(slugs, details=full) if slugs else ())), context.now)


def _subscribed(where: Channel, context: CommandContext) -> Sequence[Slug]:
    if where.id:
        return context.store.channels.vendors(where)
    return context.store.workspaces.vendors(where.platform, where.workspace)[:MAX_VENDORS]


def past_incidents(
    of: VendorsNow,
    period: Period,
    context: CommandContext,
    *,
    newest: int,
    open: int = 0,
    choice: IncidentChoice = EVERY_INCIDENT,
    after: IncidentPlace | None = None,
    texts: bool = False,
) -> PastIncidents:
    """As for :meth:`bot.store.records.Records.overview`."""
    slugs = [state.vendor.slug for state in of.states]
    found = context.store.records.overview(
        slugs, period.since, period.until, newest=newest + 1, open=open, choice=choice, after=after, texts=texts
    )
    more = len(found.newest) > newest
    return PastIncidents(of.states, period, replace(found, newest=found.newest[:newest]), more)


def listed_here(channel: Channel, context: CommandContext) -> ListedHere:
    listed = context.store.channels.subscriptions(channel)
    return ListedHere(listed, _vendors({item.subscription.vendor for item in listed}, context))


def listed_everywhere(here: Channel, channels: int, after: str | None, context: CommandContext) -> ListedEverywhere:
    """So many ``channels`` of the workspace, after the one named."""
    pages = context.store.workspaces.subscriptions(here.platform, here.workspace, channels + 1, after)
    shown, more = pages[:channels], len(pages) > channels
    slugs = {subscription.vendor for page in shown for subscription in page.subscriptions}
    return ListedEverywhere(shown, _vendors(slugs, context), shown[-1].channel.id if more else None)


def _vendors(slugs: Collection[Slug], context: CommandContext) -> Mapping[Slug, Vendor]:
    """By their slugs, those that are in the store."""
    return {vendor.slug: vendor for vendor in context.vendors(sorted(slugs))}
