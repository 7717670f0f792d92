"""What the store's tests begin with: a small catalog, readings of it, channels that want to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain import (
    CardState,
    Channel,
    Component,
    Filter,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Phase,
    Post,
    Slug,
    Snapshot,
    Subscription,
    UnknownFingerprint,
    Update,
    Vendor,
    Verdict,
    VerdictReason,
)
from bot.store import Store
from bot.store.values import ChannelLease, DueCard, PollOutcome, Recording, RecordOutcome, Release

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
ACME, BOLT = Slug("acme"), Slug("bolt")
OPS = Channel("list", "T1", "ops")
DEV = Channel("list", "T1", "dev")
ELSEWHERE = Channel("list", "T2", "ops")
API = Component("c1", "API", Level.OPERATIONAL, group="Core", region="eu", hidden_when_ok=True)
WEB = Component("c2", "Web", Level.OPERATIONAL)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def vendor(slug: str = ACME) -> Vendor:
    return Vendor(
        slug=Slug(slug),
        name=slug.title(),
        page_url=f"https://status.{slug}.example/",
        human_url=f"https://{slug}.example/status",
        category="cloud",
        subcategory="hosting",
        aliases=(f"{slug}-cloud",),
        homepage=f"https://{slug}.example/",
    )


def catalog(store: Store, *slugs: str, now: datetime = NOON) -> None:
    store.pages.sync_catalog([vendor(slug) for slug in slugs or (ACME, BOLT)], now, 0)


def update(id: str, minutes: float = 0, text: str = "We look into it.", phase: Phase = Phase.INVESTIGATING) -> Update:
    return Update(id, phase, at(minutes), text)


def incident(
    id: str = "inc1", *updates: Update, slug: Slug = ACME, minutes: float = 0, level: Level | None = None
) -> Incident:
    return Incident(
        vendor=slug,
        id=id,
        kind=IncidentKind.INCIDENT,
        title="API errors",
        phase=Phase.INVESTIGATING,
        impact=Impact.MAJOR,
        started=at(minutes),
        url=f"https://stspg.example/{id}",
        level=level or Level.PARTIAL_OUTAGE,
        components=("c1",),
        updates=updates or (update("u1", minutes),),
    )


def resolved(one: Incident, minutes: float) -> Incident:
    end = update("end", minutes, "All is well.", Phase.RESOLVED)
    return replace(one, phase=Phase.RESOLVED, resolved=at(minutes), updates=(*one.updates, end))


def reading(
    *incidents: Incident,
    slug: Slug = ACME,
    minutes: float = 0,
    level: Level | None = Level.OPERATIONAL,
    components: tuple[Component, ...] = (API, WEB),
    announce: Iterable[str] | None = None,
    merged: tuple[tuple[str, str], ...] = (),
    explained: tuple[tuple[str, str], ...] = (),
) -> Recording:
    """A reading whose incidents are all news; all announced unless told otherwise."""
    return Recording(
        snapshot=Snapshot(slug, level, "so it says", components, incidents, at(minutes)),
        outcome=PollOutcome(slug, at(minutes + 1), 60.0, read_at=at(minutes)),
        incidents=incidents,
        announce=frozenset(i.id for i in incidents) if announce is None else frozenset(announce),
        merged=merged,
        explained=explained,
    )


def filter_of(channel: Channel) -> Filter:
    """One that tells the channel, for a ``Route`` that lets some through and others not."""
    return Filter(match=f"{channel.platform}/{channel.workspace}/{channel.id}")


class Route:
    """Lets everything through but what is ``closed`` to a channel, and keeps what it was asked."""

    def __init__(self, *closed: Channel) -> None:
        self.closed = set(map(filter_of, closed))
        self.asked: list[tuple[str, frozenset[Channel]]] = []

    def __call__(
        self, incident: Incident, components: Mapping[str, Component], filters: Sequence[Filter]
    ) -> Sequence[Verdict]:
        told = [one.match.split("/") for one in filters if one.match and one.match.count("/") == 2]
        self.asked.append((incident.id, frozenset(Channel(*names) for names in told)))
        detail = ", ".join(components[id].label for id in incident.components if id in components)
        return [
            Verdict(False, VerdictReason.OTHER_COMPONENTS)
            if wanted in self.closed
            else Verdict(True, VerdictReason.COMPONENT_NAMED, detail)
            for wanted in filters
        ]


def subscribe(
    store: Store,
    channel: Channel = OPS,
    slug: Slug = ACME,
    *,
    minutes: float = 0,
    route: Route | None = None,
    mention: str | None = None,
) -> bool:
    wish = Subscription(channel, slug, filter_of(channel), "U1", at(minutes), mention)
    return store.channels.subscribe(wish, route or Route())


def leases(store: Store, minutes: float = 0, limit: int = 10, lease_s: float = 60) -> dict[Channel, ChannelLease]:
    return {lease.channel: lease for lease in store.cards.lease_channels(["list"], at(minutes), limit, lease_s)}


def due_cards(store: Store, channel: Channel = OPS, minutes: float = 0) -> list[DueCard]:
    """What the channel is owed now, claimed for good."""
    lease = leases(store, minutes)[channel]
    return list(store.cards.due(lease))


def shown(*refs: str) -> CardState:
    return CardState(tuple(Post(ref, UnknownFingerprint(f"shows {ref}"), (f"covers {ref}",)) for ref in refs))


def deliver(store: Store, channel: Channel = OPS, minutes: float = 0, ref: str = "m1") -> None:
    """Everything that the channel is owed is shown, all of it as this one message."""
    lease = leases(store, minutes)[channel]
    dues = store.cards.due(lease)
    store.cards.commit([*(settled(lease, due, ref, minutes=minutes) for due in dues), Release(lease)])


def settled(lease: ChannelLease, due: DueCard, *refs: str, minutes: float = 0, done: bool = True) -> RecordOutcome:
    return RecordOutcome(lease, due.card.id, shown(*refs), due.version, done, at(minutes))
