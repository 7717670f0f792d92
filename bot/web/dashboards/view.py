"""What a dashboard shows, worked out from the store: of a channel, or of all channels of a workspace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.catalog import Catalog
from bot.commands.context import CommandContext
from bot.commands.services import listed_services
from bot.domain import (
    Channel,
    ChannelSubscriptions,
    Incident,
    IncidentKind,
    Level,
    Mute,
    PageState,
    Phase,
    Service,
    Slug,
    Workspace,
    level_word,
)
from bot.store.values import HeldNow
from bot.wording.dashboard import held_text, muted_text, place_text
from bot.wording.incidents import reference
from bot.wording.phrases import age, level_text, listing, phase_text
from bot.wording.services import ListedService, service_level, troubled_of, unknown_of
from bot.wording.status import tally
from bot.wording.vendor_state import is_current, rank

Shown = Channel | Workspace
"""Whose dashboard it is."""
MAX_CHANNELS = 500
"""Of a workspace; what more of them subscribe to is not shown, and that is said."""
CHANNELS_NAMED = 3


@dataclass(frozen=True, slots=True)
class ShownVendor:
    name: str
    url: str
    level: str
    level_text: str
    unread: str
    """Why its state is not known; empty where it is."""
    channels: str
    """Which subscribe to it; empty on a channel's own dashboard."""


@dataclass(frozen=True, slots=True)
class ShownIncident:
    vendor: str
    title: str
    url: str
    level: str
    level_text: str
    phase: str
    started: datetime
    until: datetime | None
    """The planned end of a maintenance."""


@dataclass(frozen=True, slots=True)
class ShownService:
    name: str
    level: str
    level_text: str
    owner: str
    hit_by: tuple[ShownIncident | ShownVendor, ...]
    """What is in its way now: incidents, and vendors in trouble that tell of none."""
    planned: tuple[ShownIncident, ...]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """News that a channel does not get for now. ``incident``: ``None`` for all of a vendor's."""

    vendor: str
    incident: ShownIncident | None
    reason: str
    channel: str
    """Empty on a channel's own dashboard."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    place: str
    summary: str
    vendors: tuple[ShownVendor, ...]
    """Worst first."""
    open: tuple[ShownIncident, ...]
    planned: tuple[ShownIncident, ...]
    held: tuple[HeldBack, ...]
    services: tuple[ShownService, ...]
    oldest: datetime | None
    """The oldest reading."""
    channels: int
    """Of a workspace."""
    is_cut: bool
    """There are more channels than are shown."""


def dashboard(shown: Shown, context: CommandContext, public: Catalog) -> Dashboard:
    """``context``: with the pages of the workspace. ``public``: vendors that everybody may look up, and that have a
    page here."""
    now = context.now
    rosters, services, held = _read(shown, context)
    rosters, is_cut = rosters[:MAX_CHANNELS], len(rosters) > MAX_CHANNELS
    subscribed: defaultdict[Slug, list[str]] = defaultdict(list)
    for roster in rosters:
        for subscription in roster.subscriptions:
            subscribed[subscription.vendor].append(roster.channel.id)
    states = sorted(context.by_slug(sorted(subscribed), details=False), key=lambda state: rank(state, now))
    is_whole = isinstance(shown, Workspace)
    open_, planned = _under_way(states, public)
    return Dashboard(
        place=place_text(shown),
        summary=tally(states, now) if states else "Nothing is subscribed here.",
        vendors=tuple(_vendor(s, public, now, subscribed[s.vendor.slug] if is_whole else ()) for s in states),
        open=open_,
        planned=planned,
        held=tuple(_held_back(rosters, states, held, public, now, is_whole=is_whole)),
        services=tuple(_service(one, public, now) for one in listed_services(services, context)),
        oldest=min((s.read_at for s in states if s.read_at and is_current(s, now)), default=None),
        channels=len(rosters) if is_whole else 0,
        is_cut=is_cut,
    )


def _read(
    shown: Shown, context: CommandContext
) -> tuple[Sequence[ChannelSubscriptions], Sequence[Service], Sequence[HeldNow]]:
    """People's direct messages are theirs, and in no dashboard of a workspace."""
    store = context.store
    if isinstance(shown, Channel):
        listed = store.channels.subscriptions(shown)
        roster = ChannelSubscriptions(shown, store.channels.state(shown), tuple(one.subscription for one in listed))
        return [roster], store.services.of(shown), store.held.now(shown, context.now)
    rosters = store.workspaces.subscriptions(shown.platform, shown.id, 2 * MAX_CHANNELS)
    return (
        [roster for roster in rosters if not roster.channel.is_direct],
        store.services.of_workspace(shown.platform, shown.id).get("", ()),
        [one for one in store.held.now(shown, context.now) if not one.channel.is_direct],
    )


def _under_way(
    states: Sequence[PageState], public: Catalog
) -> tuple[tuple[ShownIncident, ...], tuple[ShownIncident, ...]]:
    """What is open, the worst first, and what is planned or being maintained, in order."""
    all_ = [(s, i) for s in states if s.snapshot for i in s.snapshot.incidents if i.explained_by is None]
    planned = [(s, i) for s, i in all_ if i.kind is IncidentKind.MAINTENANCE]
    open_ = [(s, i) for s, i in all_ if i.kind is not IncidentKind.MAINTENANCE]
    open_.sort(key=lambda pair: (-(-1 if pair[1].level is None else pair[1].level), -pair[1].started.timestamp()))
    planned.sort(key=lambda pair: pair[1].started)
    return (
        tuple(_incident(s, i, public) for s, i in open_),
        tuple(_incident(s, i, public) for s, i in planned),
    )


def _held_back(
    rosters: Sequence[ChannelSubscriptions],
    states: Sequence[PageState],
    held: Sequence[HeldNow],
    public: Catalog,
    now: datetime,
    *,
    is_whole: bool,
) -> Iterator[HeldBack]:
    """Vendors that are muted, then incidents of which something waits."""
    by_slug = {state.vendor.slug: state for state in states}
    subscriptions = {(r.channel, s.vendor): s for r in rosters for s in r.subscriptions}
    for (channel, slug), subscription in subscriptions.items():
        until = subscription.muted_until
        if slug in by_slug and until and until > now:
            yield HeldBack(by_slug[slug].vendor.name, None, muted_text(Mute(until)), channel.id if is_whole else "")
    for one in held:
        slug = one.incident.vendor
        found = subscriptions.get((one.channel, slug))
        if found is None or slug not in by_slug:
            continue
        if one.mute and one.mute.until and one.mute.until == found.muted_until:
            continue  # It is muted with all of its vendor's.
        reason = held_text(one.reason, one.mute, one.settings, found.wishes, now)
        incident = _incident(by_slug[slug], one.incident, public)
        yield HeldBack(incident.vendor, incident, reason, one.channel.id if is_whole else "")


def _vendor(state: PageState, public: Catalog, now: datetime, channels: Sequence[str] = ()) -> ShownVendor:
    vendor, current = state.vendor, is_current(state, now)
    level = state.snapshot.level if state.snapshot and current else None
    url = f"/v/{vendor.slug}" if public.get(vendor.slug) else vendor.human_url
    unread = ""
    if not current:
        unread = f"last read {age(state.read_at, now)}" if state.read_at else "not read yet"
    where = listing(channels, CHANNELS_NAMED) if channels else ""
    return ShownVendor(vendor.name, url, level_word(level), level_text(level), unread, where)


def _incident(state: PageState, incident: Incident, public: Catalog) -> ShownIncident:
    slug = state.vendor.slug
    level = Level.MAINTENANCE if incident.kind is IncidentKind.MAINTENANCE else incident.level
    return ShownIncident(
        state.vendor.name,
        incident.title or reference(incident),
        f"/v/{slug}/incidents/{incident.id}" if public.get(slug) else state.vendor.human_url,
        level_word(level),
        "planned maintenance" if incident.phase is Phase.SCHEDULED else level_text(level),
        phase_text(incident.phase) if incident.phase else "",
        incident.started,
        incident.planned_end,
    )


def _service(listed: ListedService, public: Catalog, now: datetime) -> ShownService:
    """Green only if all that it needs is known to be."""
    state = listed.state
    level = service_level(state, now)
    if level is not None and level <= Level.OPERATIONAL and unknown_of(state, now):
        level = None
    hit_by: list[ShownIncident | ShownVendor] = []
    for one in troubled_of(state, now):
        open_, _ = _under_way([one], public)
        hit_by += open_ or [_vendor(one, public, now)]
    _, planned = _under_way(state.states, public)
    return ShownService(
        listed.service.name,
        level_word(level),
        level_text(level),
        listed.service.owner or "",
        tuple(hit_by),
        planned,
    )
