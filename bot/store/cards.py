"""Cards: what each channel shows, what is due, and which act is under way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Integer, bindparam, case, func, select, update

from bot.domain import (
    Ack,
    Card,
    Channel,
    Component,
    Health,
    Incident,
    ServiceScope,
    Slug,
    Vendor,
    Verdict,
    VerdictReason,
)
from bot.store.database import Database, reads, writes
from bot.store.due import NO_FLOOD, finish_merges, merges_under_way
from bot.store.following import Wanted, followed, typed_mention, wanted
from bot.store.json_columns import dump_ref, load_intent, load_posts, load_through, load_wishes
from bot.store.leases import free_channels, is_mine, may_claim
from bot.store.outcomes import commit
from bot.store.prepared import Prepared
from bot.store.rows import (
    PLATFORM,
    SETTINGS_COLUMNS,
    VENDOR_COLUMNS,
    AnyRow,
    LoadingCache,
    channel_of,
    components_of,
    incidents_of,
    is_channel,
    mute_of,
    settings_of,
    state_of,
    vendor_of,
)
from bot.store.services import services_on
from bot.store.tables import CARD, CHANNEL, INCIDENT, PAGE, SUBSCRIPTION, VENDOR_NOTE
from bot.store.values import ChannelLease, DeliveryWrite, DueCard

MAX_CACHED_INCIDENTS = 1_000
MAX_CACHED_VENDORS = 300
"""Kept for later leases, so that a fan-out reads its incident once and not once a channel."""

# Rows come by the thousand, and each moment in one costs as much as all its words: only what is used is read.
_CHANNEL = (*(CHANNEL.c[name] for name in ("pk", "platform", "workspace", "id", "lease")), *SETTINGS_COLUMNS)
_STATE = tuple(CHANNEL.c[name] for name in ("health", "reason", "since", "tries", "subscriber_notified"))
_CARD = tuple(
    CARD.c[name]
    for name in (
        *("pk", "reason", "detail", "posts", "mentioned"),
        *("catch_up", "muted_until", "deletions", "flood", "root_at", "held", "held_since"),
        *("acked_by", "acked_name", "acked_at", "mode", "ignored"),
    )
)

_NOTED = (
    (VENDOR_NOTE.c.platform == CHANNEL.c.platform)
    & (VENDOR_NOTE.c.workspace == CHANNEL.c.workspace)
    & (VENDOR_NOTE.c.slug == INCIDENT.c.slug)
)
"""The workspace's note on a card's vendor."""
_SUBSCRIBED = (SUBSCRIPTION.c.channel == CARD.c.channel) & (SUBSCRIPTION.c.slug == INCIDENT.c.slug)
"""The subscription that a card comes from."""
_VENDOR_MUTED_UNTIL = SUBSCRIPTION.c.muted_until.label("vendor_muted_until")
NOBODY = (0,)
"""No channel has this key."""
_HAS_DUE = CHANNEL.c.due_since.is_not(None) & (CHANNEL.c.health != Health.SUSPENDED)

# Statements are built once: to build one takes longer than to carry it out.
_c, _ch = CARD.c, CHANNEL.c
_NOW = bindparam("now", type_=_ch.due_since.type)
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_LEASABLE = Prepared(
    select(*_CHANNEL, *_STATE)
    .where(_HAS_DUE, _ch.due_since <= _NOW, PLATFORM.in_(bindparam("platforms", expanding=True)))
    .where(func.coalesce(_ch.leased_until, _NOW) <= _NOW, func.coalesce(_ch.not_before, _NOW) <= _NOW)
    .where(_ch.pk.not_in(bindparam("busy", expanding=True)))
    .order_by(_ch.due_since, _ch.pk)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True)
)
_LEASE = Prepared(
    update(CHANNEL)
    .where(_ch.pk.in_(_KEYS))
    .values(
        lease=_ch.lease + 1,
        leased_by=bindparam("process", type_=_ch.leased_by.type),
        leased_until=bindparam("until", type_=_ch.leased_until.type),
    )
)
_DUE = Prepared(
    select(
        *(*_CARD, _c.incident, _c.intent, _c.version, _c.due_since),
        *(INCIDENT.c.slug, INCIDENT.c.id, SUBSCRIPTION.c.mention, SUBSCRIPTION.c.wishes, _VENDOR_MUTED_UNTIL),
        SUBSCRIPTION.c.through,
        VENDOR_NOTE.c.text.label("note"),
        *(INCIDENT.c.version.label("incident_version"), PAGE.c.version.label("page_version")),
        *(_ch.platform, _ch.workspace, _ch.id.label("name"), _ch.lease),
    )
    .join_from(CARD, CHANNEL, _c.channel == _ch.pk)
    .join(INCIDENT, _c.incident == INCIDENT.c.pk)
    .join(PAGE, INCIDENT.c.slug == PAGE.c.slug)
    .outerjoin(SUBSCRIPTION, _SUBSCRIBED)
    .outerjoin(VENDOR_NOTE, _NOTED)
    .where(_ch.pk.in_(_KEYS), _c.due_since <= _ch.leased_until, NO_FLOOD)
    .order_by(_c.intent.is_(None), _c.due_since, _c.pk)
)


class Cards:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._incidents: LoadingCache[int, Incident] = LoadingCache(MAX_CACHED_INCIDENTS)
        self._vendors: LoadingCache[str, tuple[Vendor, Mapping[str, Component]]] = LoadingCache(MAX_CACHED_VENDORS)

    @writes
    def lease_channels(
        self,
        tx: Connection,
        platforms: Sequence[str],
        now: datetime,
        limit: int,
        lease_s: float,
        busy: Sequence[int] = (),
    ) -> tuple[ChannelLease, ...]:
        """Lease channels of these platforms that have due cards, are not leased and may be acted on at ``now``;
        suspended ones are left alone. The channel that has waited longest comes first. ``busy``: keys of channels that
        whoever asks still works on, though a step of the clock may have ended their leases."""
        asked = {"now": now, "platforms": platforms, "busy": busy or NOBODY, "limit": limit}
        rows = _LEASABLE.all(tx, asked) if may_claim(self._database, tx) else ()
        if rows:
            until = now + timedelta(seconds=lease_s)
            keys = [row.pk for row in rows]
            _LEASE.run(tx, {"keys": keys, "process": self._database.process, "until": until})
            finish_merges(tx, keys)
        return tuple(
            ChannelLease(row.pk, channel_of(row), settings_of(row), state_of(row), row.lease + 1) for row in rows
        )

    @writes
    def free_all_but(self, tx: Connection, served: Sequence[int]) -> None:
        """What this process has leased beyond these channels, by their keys, can be leased at once: leases that it
        never heard were granted."""
        if self._database.process is not None:
            free_channels(tx, is_mine(self._database, CHANNEL.c.leased_by) & CHANNEL.c.pk.not_in(served))

    def due(self, channel_lease: ChannelLease) -> tuple[DueCard, ...]:
        """The channel's cards that are due before the lease ends, in that order, one with an intent first. One that is
        to become another incident's since waits for the next lease."""
        return self.due_of([channel_lease])[0]

    @reads
    def due_of(self, tx: Connection, channel_leases: Sequence[ChannelLease]) -> tuple[tuple[DueCard, ...], ...]:
        """The same for each of these leases, in their order."""
        leased = {
            (lease.channel.platform, lease.channel.workspace, lease.channel.id, lease.lease): number
            for number, lease in enumerate(channel_leases)
        }
        keys = [lease.key for lease in channel_leases]
        unmerged = _unmerged(tx, keys)
        rows = [
            (leased[fence], row)
            for row in _DUE.all(tx, {"keys": keys})
            if (fence := (row.platform, row.workspace, row.name, row.lease)) in leased
            and (row.incident, keys[leased[fence]]) not in unmerged
        ]
        incidents = self._incidents.get(
            [(row.incident, row.incident_version) for _, row in rows], lambda keys: _load_incidents(tx, keys)
        )
        vendors = self._vendors.get(
            [(row.slug, row.page_version) for _, row in rows], lambda keys: _load_vendors(tx, keys)
        )
        scopes = [ServiceScope.of(lease.channel) for lease in channel_leases]
        services = services_on(tx, set(scopes), {row.slug for _, row in rows})
        followed = _followed(tx, channel_leases, rows)
        found: list[list[DueCard]] = [[] for _ in channel_leases]
        for number, row in rows:
            vendor, components = vendors[row.slug, row.page_version]
            found[number].append(
                DueCard(
                    card=_card(row, channel_leases[number].channel, row.note or ""),
                    version=row.version,
                    incident=incidents[row.incident, row.incident_version],
                    components=components,
                    vendor=vendor,
                    intent=load_intent(row.intent) if row.intent else None,
                    mention=typed_mention(row.mention, load_through(row.through)),
                    followed=followed.get((number, row.slug), ()),
                    wishes=load_wishes(row.wishes),
                    since=row.due_since,
                    services=services.get((scopes[number], row.slug), ()),
                )
            )
        return tuple(map(tuple, found))

    @writes
    def commit(self, tx: Connection, entries: Sequence[DeliveryWrite]) -> frozenset[Channel]:
        """Write all of these in one transaction, in their order. Returns the channels whose lease somebody else has:
        their entries were not written."""
        return commit(self._database, tx, entries)

    @reads
    def next_wake(self, tx: Connection, platforms: Sequence[str], now: datetime) -> datetime | None:
        """When the next channel can be leased; ``None`` when nothing is due in any."""
        c = CHANNEL.c
        leased, paused = func.coalesce(c.leased_until, now), func.coalesce(c.not_before, now)
        free = case((leased > paused, leased), else_=paused)
        free = case((free > c.due_since, free), else_=c.due_since)
        wake = tx.scalar(select(func.min(free, type_=c.due_since.type)).where(_HAS_DUE, PLATFORM.in_(platforms)))
        return None if wake is None else max(wake, now)

    @reads
    def of_channel(self, tx: Connection, channel: Channel, since: datetime) -> tuple[Card, ...]:
        """Cards whose root was posted at or after ``since``, newest first."""
        return _cards(tx, channel, CARD.c.root_at >= since)

    @reads
    def by_ref(self, tx: Connection, channel: Channel, ref: str) -> Card | None:
        """The card that this message belongs to."""
        mentioning = _cards(tx, channel, CARD.c.posts.contains(dump_ref(ref), autoescape=True))
        return next((card for card in mentioning if any(post.ref == ref for post in card.state.posts)), None)

    @reads
    def count(self, tx: Connection, channel: Channel) -> int:
        """How many messages the channel's cards have had in all."""
        posts = select(CARD.c.posts).join_from(CARD, CHANNEL, CARD.c.channel == CHANNEL.c.pk).where(is_channel(channel))
        return sum(len(load_posts(text).posts) for text in tx.scalars(posts))

    @reads
    def of_incident(self, tx: Connection, channel: Channel, slug: Slug, incident_id: str) -> Card | None:
        return next(iter(_cards(tx, channel, (INCIDENT.c.slug == slug) & (INCIDENT.c.id == incident_id))), None)


def _unmerged(tx: Connection, channels: Sequence[int]) -> set[tuple[int, int]]:
    """Episodes, each with a channel, whose cards are to become an incident's and are not yet: they would tell that
    something else explains them."""
    merges = {one.episode: one.incident for one in merges_under_way(tx)}
    if not merges:
        return set()
    rows = tx.execute(select(_c.channel, _c.incident).where(_c.channel.in_(channels), _c.incident.in_(merges.values())))
    done = set(map(tuple, rows))
    return {(episode, key) for episode, into in merges.items() for key in channels if (key, into) not in done}


def _followed(
    tx: Connection, leases: Sequence[ChannelLease], rows: Sequence[tuple[int, AnyRow]]
) -> dict[tuple[int, str], Wanted]:
    """By the lease's number and vendor, whom services want mentioned where nobody was typed."""
    asked: defaultdict[int, set[str]] = defaultdict(set)
    for number, row in rows:
        if row.through is not None and not typed_mention(row.mention, load_through(row.through)):
            asked[number].add(row.slug)
    return {
        (number, slug): wanted(needs)
        for number, slugs in asked.items()
        for slug, needs in followed(tx, leases[number].key, sorted(slugs)).items()
    }


def _cards(tx: Connection, channel: Channel, which: ColumnElement[bool]) -> tuple[Card, ...]:
    query = (
        select(*_CARD, INCIDENT.c.slug, INCIDENT.c.id, _VENDOR_MUTED_UNTIL)
        .join_from(CARD, CHANNEL, CARD.c.channel == CHANNEL.c.pk)
        .join(INCIDENT, CARD.c.incident == INCIDENT.c.pk)
        .outerjoin(SUBSCRIPTION, _SUBSCRIBED)
        .where(is_channel(channel), which)
        .order_by(CARD.c.root_at.desc(), CARD.c.pk.desc())
    )
    return tuple(_card(row, channel) for row in tx.execute(query))


def _card(row: AnyRow, channel: Channel, note: str = "") -> Card:
    return Card(
        id=row.pk,
        channel=channel,
        incident=row.id,
        vendor=Slug(row.slug),
        verdict=_verdict(row.reason, row.detail),
        state=load_posts(row.posts, row.mentioned),
        catch_up=row.catch_up,
        deletions=row.deletions,
        flooded=row.flood is not None,
        mute=mute_of(row.muted_until, row.ignored, row.vendor_muted_until),
        ack=None if row.acked_by is None else Ack(row.acked_by, row.acked_at, row.acked_name or ""),
        root_at=row.root_at,
        mode=row.mode,
        held=row.held,
        held_since=row.held_since,
        note=note,
    )


@lru_cache(maxsize=256)
def _verdict(reason: VerdictReason, detail: str) -> Verdict:
    return Verdict(True, reason, detail)


def _load_incidents(tx: Connection, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Incident]:
    rows = tx.execute(select(INCIDENT).where(INCIDENT.c.pk.in_([pk for pk, _ in keys]))).all()
    return {(row.pk, row.version): value for row, value in zip(rows, incidents_of(tx, rows), strict=True)}


def _load_vendors(
    tx: Connection, keys: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], tuple[Vendor, Mapping[str, Component]]]:
    slugs = [slug for slug, _ in keys]
    components = components_of(tx, slugs, gone=True)
    rows = tx.execute(select(*VENDOR_COLUMNS, PAGE.c.version).where(PAGE.c.slug.in_(slugs)))
    return {(row.slug, row.version): (vendor_of(row), components[row.slug]) for row in rows}
